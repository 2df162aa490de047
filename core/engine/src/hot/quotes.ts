import { assert, fail } from "@rialto/base";

// Reads of the engine's memory without a call into it, which costs as much as several of these reads.

// Places of assembly/memory.ts, in words of four bytes; hot-engine.test.ts compares what is read there with the depth.
const MARKET_COUNT = 0x0001_0018 / 4;
const MARKETS = 0x2309_1200 / 4;
const MARKET_WORDS_SHIFT = 5;
/** Of a market, in its first line: best prices of bids and asks, and the lots of the first orders there, 0 for an empty side. */
const MARKET_BEST = 0;
const MARKET_HEAD = 14;
/** In its second line: the addresses of the levels at the best prices. */
const MARKET_LEVEL = 16;
const NO_ASK = -1;
/** So many lots or more: only the order has their number. */
const HEAD_LONG = 0x7fff_ffff;
/** Of a level: the address of its oldest order. */
const LEVEL_NEXT = 0;
/** Of an order: its lots, 40 bits. */
const ORDER_LOTS = 2;
const LOTS_HIGH_MASK = 0xff;
/** Numbers that `read` writes for each market: best bid, best ask, the first lots at each. */
export const QUOTE_NUMBERS = 4;

/**
 * Best prices and the first lots at them, of any market.
 *
 * Shape    `words`: the engine's whole memory. When that has grown, a reader of the old one fails.
 * Errors   an `InvariantError` for a market that does not exist: what lies there is nobody's.
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
    const words = this.#words;
    if (market >>> 0 !== market || market >= words[MARKET_COUNT]! || side >>> 1 !== 0) {
      return this.#fail(market, side);
    }
    const ticks = words[MARKETS + (market << MARKET_WORDS_SHIFT) + MARKET_BEST + side];
    if (ticks === undefined) return this.#fail(market, side);
    return ticks === NO_ASK ? 0 : ticks;
  }

  /** Lots of the oldest order at the best price of a side, 0 for an empty side. */
  headLots(market: number, side: number): number {
    const words = this.#words;
    if (market >>> 0 !== market || market >= words[MARKET_COUNT]! || side >>> 1 !== 0) {
      return this.#fail(market, side);
    }
    const at = MARKETS + (market << MARKET_WORDS_SHIFT) + side;
    const lots = words[at + MARKET_HEAD];
    if (lots === undefined) return this.#fail(market, side);
    return lots === HEAD_LONG ? longLots(words, at) : lots;
  }

  /** Says what was wrong with a question: out of line, for a good one takes some nanoseconds. */
  #fail(market: number, side: number): never {
    const count = this.#words[MARKET_COUNT];
    if (count === undefined) return fail("quotes are read from memory as it is now");
    if (market >>> 0 !== market || market >= count) return failAbsent("market", market, count);
    return failSide(side);
  }

  /**
   * Best bid, best ask, and the first lots at them, of each of some markets: one line of memory for each.
   *
   * Errors   where a market does not exist, `quotes` holds nothing of use.
   */
  read(markets: Uint32Array, quotes: Float64Array): void {
    assert(quotes.length >= markets.length * QUOTE_NUMBERS, "there is room for all quotes");
    const words = this.#words;
    const count = words[MARKET_COUNT]!;
    let [to, highest] = [0, 0];
    for (let index = 0; index < markets.length; index++) {
      const market = markets[index]!;
      if (market > highest) highest = market;
      const at = MARKETS + (market << MARKET_WORDS_SHIFT);
      const ask = words[at + MARKET_BEST + 1]!;
      const bidLots = words[at + MARKET_HEAD]!;
      const askLots = words[at + MARKET_HEAD + 1]!;
      quotes[to] = words[at + MARKET_BEST]!;
      quotes[to + 1] = ask === NO_ASK ? 0 : ask;
      quotes[to + 2] = bidLots === HEAD_LONG ? longLots(words, at) : bidLots;
      quotes[to + 3] = askLots === HEAD_LONG ? longLots(words, at + 1) : askLots;
      to += QUOTE_NUMBERS;
    }
    // Once for all: a test of each would cost each.
    if (markets.length > 0 && highest >= count) failAbsent("market", highest, count);
  }
}

/** Says which row is asked for and is not there. `what` has `count` rows, from 0. */
export function failAbsent(what: string, row: number, count: number): never {
  return fail(`${what} ${String(row)} does not exist: there are ${count}, from 0`);
}

export function failSide(side: number): never {
  return fail(`a side is Buy (0) or Sell (1), not ${String(side)}`);
}

/** What the first order at a best price says of its lots. `at`: the market, and one more for asks. */
function longLots(words: Int32Array, at: number): number {
  const level = words[at + MARKET_LEVEL]! >>> 2;
  const lots = (words[level + LEVEL_NEXT]! >>> 2) + ORDER_LOTS;
  return (words[lots + 1]! & LOTS_HIGH_MASK) * 2 ** 32 + (words[lots]! >>> 0);
}
