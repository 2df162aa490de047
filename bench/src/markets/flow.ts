// The orders of many markets, written as commands into an engine's command buffer.

import { createPrng, fail, type Prng } from "@rialto/base";
import type { SnapshotEngine } from "@rialto/engine";
import { COMMAND_BYTES, CommandKind, OrderType, SelfTrade, Side } from "@rialto/protocol";
import { paretoWeights, WeightedIndex } from "../distributions.ts";
import { MIDDLE_TICKS, PRICE_TICKS_MAX, traderOf } from "./exchange.ts";
import type { MarketsShape } from "./shape.ts";

const COMMAND_WORDS = COMMAND_BYTES / 4;
/** Distances of orders from the middle: those of profile P3. */
const DISTANCE_SHAPE = 0.8;
const DISTANCE_MAX = 150;
/** Sizes of orders fall by a power law. */
const LOTS_SHAPE = 1;
const ORDER_LOTS_MAX = 1_000;

/** Sides of markets where makers have traded in full: another order is to rest in place of each. */
export class Gone {
  /** Market and, in the lowest bit, side. */
  readonly #places: Uint32Array;
  count = 0;

  constructor(placesMax: number) {
    this.#places = new Uint32Array(placesMax);
  }

  add(market: number, side: number): void {
    if (this.count === this.#places.length) fail("what has gone fits the command buffer");
    this.#places[this.count++] = market * 2 + side;
  }

  placeAt(index: number): number {
    return this.#places[index]!;
  }
}

/** Draws orders for the markets of a shape, the same ones for the same seed. */
export class MarketsFlow {
  readonly #prng: Prng;
  readonly #marketAccounts: number;
  readonly #distances = new WeightedIndex(paretoWeights(DISTANCE_SHAPE, DISTANCE_MAX));
  readonly #lots = new WeightedIndex(paretoWeights(LOTS_SHAPE, ORDER_LOTS_MAX));
  readonly #takers: WeightedIndex;
  /** The market of each order that is to rest, in the order of their coming. */
  readonly #markets: Uint16Array;
  #placed = 0;

  constructor(shape: MarketsShape, marketAccounts: number, seed: number) {
    this.#prng = createPrng(seed);
    this.#marketAccounts = marketAccounts;
    this.#takers = new WeightedIndex(shape.takers);
    this.#markets = new Uint16Array(shape.ordersTotal);
    let index = 0;
    for (let market = 0; market < shape.orders.length; market++) {
      const end = index + shape.orders[market]!;
      this.#markets.fill(market, index, end);
      index = end;
    }
    this.#shuffle();
  }

  #shuffle(): void {
    const markets = this.#markets;
    for (let left = markets.length - 1; left > 0; left--) {
      const other = this.#prng.below(left + 1);
      const market = markets[left]!;
      markets[left] = markets[other]!;
      markets[other] = market;
    }
  }

  /** Writes the next orders that are to rest. Returns their bytes, 0 when all have come. */
  writePlacements(engine: SnapshotEngine, commandsMax: number): number {
    const words = wordsOf(engine);
    const end = Math.min(this.#placed + commandsMax, this.#markets.length);
    let at = 0;
    while (this.#placed < end) {
      this.#writeMaker(words, at, this.#markets[this.#placed++]!, this.#prng.below(2));
      at += COMMAND_WORDS;
    }
    return at * 4;
  }

  /** Writes orders to rest where `gone` have traded in full, and empties it. Returns their bytes. */
  writeReplacements(engine: SnapshotEngine, gone: Gone): number {
    const words = wordsOf(engine);
    const { count } = gone;
    for (let index = 0; index < count; index++) {
      const place = gone.placeAt(index);
      this.#writeMaker(words, index * COMMAND_WORDS, place >>> 1, place & 1);
    }
    gone.count = 0;
    return count * COMMAND_BYTES;
  }

  /** Writes `count` orders that take what they find, in markets by their share of takers. Returns their bytes. */
  writeTakers(engine: SnapshotEngine, count: number): number {
    const words = wordsOf(engine);
    for (let at = 0; at < count * COMMAND_WORDS; at += COMMAND_WORDS) {
      const market = this.#takers.draw(this.#prng);
      const side = this.#prng.below(2);
      const price = side === Side.Buy ? PRICE_TICKS_MAX : 1;
      this.#write(words, at, OrderType.ImmediateOrCancel, market, side, price);
    }
    return count * COMMAND_BYTES;
  }

  #writeMaker(words: Uint32Array, at: number, market: number, side: number): void {
    const distance = 1 + this.#distances.draw(this.#prng);
    const price = side === Side.Buy ? MIDDLE_TICKS - distance : MIDDLE_TICKS + distance;
    this.#write(words, at, OrderType.Limit, market, side, price);
  }

  /** PLACE, as core/protocol command.ts draws it. */
  #write(
    words: Uint32Array,
    at: number,
    orderType: OrderType,
    market: number,
    side: number,
    price: number,
  ): void {
    const trader = 2 * this.#prng.below(this.#marketAccounts >>> 1) + side;
    words[at] = CommandKind.Place | (side << 8) | (orderType << 16) | (SelfTrade.ExpireTaker << 24);
    words[at + 1] = market;
    words[at + 2] = traderOf(market, this.#marketAccounts, trader);
    words[at + 3] = price;
    words[at + 4] = 1 + this.#lots.draw(this.#prng);
    words[at + 5] = 0;
    words[at + 6] = 0;
    words[at + 7] = 0;
  }
}

function wordsOf({ commands }: SnapshotEngine): Uint32Array {
  return new Uint32Array(commands.buffer, commands.byteOffset, commands.byteLength / 4);
}
