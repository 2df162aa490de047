// Which orders rest, by symbol, so that a generator can pick one at random.

import { assert, type Prng } from "@rialto/base";

/**
 * The orders at rest of every symbol, in no order.
 *
 * Shape    `slots`: one run of fixed room for each symbol; `positions`: id -> place in its symbol's
 *          run plus one, 0 for an order that does not rest.
 */
export class LiveOrders {
  readonly #slots: Int32Array;
  readonly #starts: Int32Array;
  readonly #counts: Int32Array;
  readonly #positions: Int32Array;

  /** Makes room for twice the `targets` of each symbol and a few. Ids are below `ids`. */
  constructor(targets: Int32Array, ids: number) {
    this.#starts = new Int32Array(targets.length + 1);
    for (let symbol = 0; symbol < targets.length; symbol++) {
      this.#starts[symbol + 1] = this.#starts[symbol]! + 2 * targets[symbol]! + 32;
    }
    this.#slots = new Int32Array(this.#starts[targets.length]!);
    this.#counts = new Int32Array(targets.length);
    this.#positions = new Int32Array(ids);
  }

  count(symbol: number): number {
    return this.#counts[symbol]!;
  }

  /** True where `symbol` has no room for another order. */
  isFull(symbol: number): boolean {
    const room = this.#starts[symbol + 1]! - this.#starts[symbol]!;
    return room === this.#counts[symbol];
  }

  has(id: number): boolean {
    return this.#positions[id] !== 0;
  }

  add(symbol: number, id: number): void {
    assert(!this.isFull(symbol) && !this.has(id), "an order is added once, where there is room");
    const position = this.#counts[symbol]!++;
    this.#slots[this.#starts[symbol]! + position] = id;
    this.#positions[id] = position + 1;
  }

  remove(symbol: number, id: number): void {
    assert(this.has(id), "an order that is removed rests");
    const start = this.#starts[symbol]!;
    const position = this.#positions[id]! - 1;
    const lastId = this.#slots[start + --this.#counts[symbol]!]!;
    this.#slots[start + position] = lastId;
    this.#positions[lastId] = position + 1;
    this.#positions[id] = 0;
  }

  /** A random order of `symbol`, which has some. */
  pick(symbol: number, prng: Prng): number {
    return this.#slots[this.#starts[symbol]! + prng.below(this.#counts[symbol]!)]!;
  }
}
