import { assert, fail } from "@rialto/base";

// Reads of the engine's memory without a call into it, which costs as much as several of these reads.

// Places of assembly/memory.ts, in words of four bytes; hot-engine.test.ts compares them with what the core answers.
const MARKETS = 0x2309_1200 / 4;
const MARKET_WORDS_SHIFT = 5;
/** Of a market: best prices of bids and asks, and the addresses of their levels, 0 for an empty side. */
const MARKET_BEST = 0;
const MARKET_LEVEL = 16;
const NO_ASK = -1;
/** Of a level: the address of its oldest order. */
const LEVEL_NEXT = 0;
/** Of an order: its lots, 40 bits. */
const ORDER_LOTS = 2;
const LOTS_HIGH_MASK = 0xff;
/** Numbers that `read` writes for each market: best bid, best ask, lots. */
export const QUOTE_NUMBERS = 3;
/** Markets that are read at a time: what is noted of them stays in the nearest cache. */
const TOGETHER = 128;

/**
 * Best prices and the first lots at them, of any market.
 *
 * Shape    `words`: the engine's whole memory. When that has grown, a reader of the old one fails.
 */
export class Quotes {
  readonly #words: Int32Array;
  readonly #levels = new Uint32Array(TOGETHER);
  readonly #orders = new Uint32Array(TOGETHER);

  constructor(memory: ArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** True when memory has grown since, so that nothing can be read here any more. */
  get isStale(): boolean {
    return this.#words.length === 0;
  }

  /** Best price of a side in ticks, 0 for an empty side. */
  bestTicks(market: number, side: number): number {
    const ticks = this.#words[MARKETS + (market << MARKET_WORDS_SHIFT) + MARKET_BEST + side];
    if (ticks === undefined) return fail("quotes are read from memory as it is now");
    return ticks === NO_ASK ? 0 : ticks;
  }

  /** Lots of the oldest order at the best price of a side, 0 for an empty side. */
  headLots(market: number, side: number): number {
    const words = this.#words;
    const level = words[MARKETS + (market << MARKET_WORDS_SHIFT) + MARKET_LEVEL + side];
    if (level === undefined) return fail("quotes are read from memory as it is now");
    if (level === 0) return 0;
    return this.#lotsOf(words[(level >>> 2) + LEVEL_NEXT]!);
  }

  #lotsOf(order: number): number {
    const words = this.#words;
    const lots = (order >>> 2) + ORDER_LOTS;
    return (words[lots + 1]! & LOTS_HIGH_MASK) * 2 ** 32 + (words[lots]! >>> 0);
  }

  /**
   * Best bid, best ask, and the first lots of a side, of each of some markets.
   *
   * What stands behind a market lies anywhere in memory, and so does what stands behind that. In loops so short, the
   * processor waits for many markets at once.
   */
  read(markets: Uint32Array, side: number, quotes: Float64Array): void {
    assert(quotes.length >= markets.length * QUOTE_NUMBERS, "there is room for all quotes");
    for (let from = 0; from < markets.length; from += TOGETHER) {
      const count = Math.min(TOGETHER, markets.length - from);
      this.#followLevels(markets, from, count, side);
      const words = this.#words;
      for (let index = 0; index < count; index++) {
        const at = MARKETS + (markets[from + index]! << MARKET_WORDS_SHIFT) + MARKET_BEST;
        const ask = words[at + 1]!;
        const to = (from + index) * QUOTE_NUMBERS;
        const order = this.#orders[index]!;
        quotes[to] = words[at]!;
        quotes[to + 1] = ask === NO_ASK ? 0 : ask;
        quotes[to + 2] = order === 0 ? 0 : this.#lotsOf(order);
      }
    }
  }

  /** Notes the levels of the best prices, and of each the first order; 0 for an empty side: at address 0 is nothing but 0. */
  #followLevels(markets: Uint32Array, from: number, count: number, side: number): void {
    const words = this.#words;
    const levels = this.#levels;
    const first = MARKETS + MARKET_LEVEL + side;
    for (let index = 0; index < count; index++) {
      levels[index] = words[first + (markets[from + index]! << MARKET_WORDS_SHIFT)]!;
    }
    for (let index = 0; index < count; index++) {
      this.#orders[index] = words[(levels[index]! >>> 2) + LEVEL_NEXT]!;
    }
  }
}
