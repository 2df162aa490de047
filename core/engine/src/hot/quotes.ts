import { fail } from "@rialto/base";

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

/**
 * Best prices and the first lots at them, of any market.
 *
 * Shape    `words`: the engine's whole memory. When that has grown, a reader of the old one fails.
 */
export class Quotes {
  readonly #words: Int32Array;

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
    const lots = (words[(level >>> 2) + LEVEL_NEXT]! >>> 2) + ORDER_LOTS;
    return (words[lots + 1]! & LOTS_HIGH_MASK) * 2 ** 32 + (words[lots]! >>> 0);
  }
}
