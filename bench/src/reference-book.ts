// A small matching engine with LOB1's semantics: the judge of workloads, not a contender. It shares
// no code and no layout with the real engine.

import { assert } from "@rialto/base";
import { LOB1_RECORD_WORDS, Lob1Op, type Workload } from "./lob1.ts";
import { TradeChecksum } from "./trade-checksum.ts";

// Words of an order's row. Links hold an order's id plus one, so that zeroed memory means "none".
const NEXT = 0;
const PREVIOUS = 1;
/** `symbol * pricesMax + price`. */
const LEVEL = 2;
/** Lots that rest. 0: the order is dead, or was never alive. */
const LOTS = 3;
const ORDER_WORDS = 4;

/** Limit: levels are numbered in 31 bits; a ladder of 8 bytes a level stays within 2 GiB. */
const REFERENCE_LEVELS_MAX: number = 2 ** 28 - 1;

/** Words of one trade in `ReferenceBook.trades`: taker id, maker id, price in ticks, lots. */
export const TRADE_WORDS = 4;

/**
 * Books of all symbols, by price and then time.
 *
 * Shape    `orders`: one row of 4 words an id. Levels: a dense ladder of `symbols * pricesMax`,
 *          first and last order of each, and one bit that says whether it holds any. Both sides
 *          share the ladder: what rests at or below the best bid is a bid.
 * Effects  memory is committed by the system only where it is touched, so an empty ladder is cheap.
 */
export class ReferenceBook {
  readonly symbols: number;
  readonly pricesMax: number;
  /** Trades of the last command, `tradeCount` of them. Borrowed until the next command. */
  trades: Uint32Array = new Uint32Array(64 * TRADE_WORDS);
  tradeCount = 0;
  liveOrders = 0;
  liveOrdersMax = 0;
  /** Levels that hold orders. */
  levels = 0;
  readonly #orders: Int32Array;
  readonly #firsts: Int32Array;
  readonly #lasts: Int32Array;
  readonly #occupied: Int32Array;
  /** Price of the best bid of each symbol; 0: no bid. */
  readonly #bids: Int32Array;
  /** Price of the best ask of each symbol; pricesMax: no ask. */
  readonly #asks: Int32Array;
  /** Words of `occupied` of one symbol. */
  readonly #bitWords: number;

  constructor(size: { symbols: number; pricesMax: number; ids: number }) {
    const levels = size.symbols * size.pricesMax;
    assert(levels <= REFERENCE_LEVELS_MAX, "a dense ladder fits its index");
    this.symbols = size.symbols;
    this.pricesMax = size.pricesMax;
    this.#orders = new Int32Array((size.ids + 1) * ORDER_WORDS);
    this.#firsts = new Int32Array(levels);
    this.#lasts = new Int32Array(levels);
    this.#bitWords = Math.ceil(size.pricesMax / 32);
    this.#occupied = new Int32Array(size.symbols * this.#bitWords);
    this.#bids = new Int32Array(size.symbols);
    this.#asks = new Int32Array(size.symbols).fill(size.pricesMax);
  }

  /** Price of the best bid of `symbol`, or 0. */
  bestBid(symbol: number): number {
    return this.#bids[symbol]!;
  }

  /** Price of the best ask of `symbol`, or pricesMax. */
  bestAsk(symbol: number): number {
    return this.#asks[symbol]!;
  }

  /** Lots of order `id` that rest; 0 for a dead one. */
  restingLots(id: number): number {
    return this.#orders[id * ORDER_WORDS + LOTS]! >>> 0;
  }

  /** Price at which live order `id` rests. */
  restingPrice(id: number): number {
    return this.#orders[id * ORDER_WORDS + LEVEL]! % this.pricesMax;
  }

  /**
   * Carries out one record that `parseLob1` would accept. Its trades are then in `trades`.
   *
   * A CANCEL or a MOVE of a dead id does nothing. A MOVE leaves its place in the queue even where
   * it names the old price.
   */
  apply(word: number, id: number, price: number, lots: number): void {
    this.tradeCount = 0;
    const op = word & 15;
    if (op === Lob1Op.Cancel || op === Lob1Op.Move) {
      if (this.restingLots(id) === 0) return;
      this.#remove(id);
      if (op === Lob1Op.Cancel) return;
    }
    const symbol = word >>> 8;
    const left =
      (word & 16) === 0 ? this.#buy(symbol, id, price, lots) : this.#sell(symbol, id, price, lots);
    if (left > 0 && op !== Lob1Op.Ioc) this.#rest(word, id, price, left);
  }

  #buy(symbol: number, id: number, price: number, lots: number): number {
    let left = lots;
    while (left > 0 && this.#asks[symbol]! <= price)
      left = this.#take(symbol, this.#asks[symbol]!, id, left);
    return left;
  }

  #sell(symbol: number, id: number, price: number, lots: number): number {
    let left = lots;
    while (left > 0 && this.#bids[symbol]! >= price)
      left = this.#take(symbol, this.#bids[symbol]!, id, left);
    return left;
  }

  /** Trades with the first order of the level at `price`; returns what is left of `lots`. */
  #take(symbol: number, price: number, takerId: number, lots: number): number {
    const makerId = this.#firsts[symbol * this.pricesMax + price]! - 1;
    const resting = this.restingLots(makerId);
    const traded = resting < lots ? resting : lots;
    this.#pushTrade(takerId, makerId, price, traded);
    if (traded === resting) this.#remove(makerId);
    else this.#orders[makerId * ORDER_WORDS + LOTS] = resting - traded;
    return lots - traded;
  }

  #pushTrade(takerId: number, makerId: number, price: number, lots: number): void {
    const at = this.tradeCount * TRADE_WORDS;
    if (at === this.trades.length) {
      const grown = new Uint32Array(this.trades.length * 2);
      grown.set(this.trades);
      this.trades = grown;
    }
    this.trades[at] = takerId;
    this.trades[at + 1] = makerId;
    this.trades[at + 2] = price;
    this.trades[at + 3] = lots;
    this.tradeCount++;
  }

  #rest(word: number, id: number, price: number, lots: number): void {
    const symbol = word >>> 8;
    const level = symbol * this.pricesMax + price;
    const row = id * ORDER_WORDS;
    const last = this.#lasts[level]!;
    this.#orders[row + NEXT] = 0;
    this.#orders[row + PREVIOUS] = last;
    this.#orders[row + LEVEL] = level;
    this.#orders[row + LOTS] = lots;
    this.#lasts[level] = id + 1;
    this.liveOrders++;
    if (this.liveOrders > this.liveOrdersMax) this.liveOrdersMax = this.liveOrders;
    if (last !== 0) {
      this.#orders[(last - 1) * ORDER_WORDS + NEXT] = id + 1;
      return;
    }
    this.#firsts[level] = id + 1;
    this.#occupied[symbol * this.#bitWords + (price >>> 5)]! |= 1 << (price & 31);
    this.levels++;
    if ((word & 16) !== 0) {
      if (price < this.#asks[symbol]!) this.#asks[symbol] = price;
    } else if (price > this.#bids[symbol]!) {
      this.#bids[symbol] = price;
    }
  }

  #remove(id: number): void {
    const row = id * ORDER_WORDS;
    const next = this.#orders[row + NEXT]!;
    const previous = this.#orders[row + PREVIOUS]!;
    const level = this.#orders[row + LEVEL]!;
    this.#orders[row + LOTS] = 0;
    this.liveOrders--;
    if (next === 0) this.#lasts[level] = previous;
    else this.#orders[(next - 1) * ORDER_WORDS + PREVIOUS] = previous;
    if (previous === 0) this.#firsts[level] = next;
    else this.#orders[(previous - 1) * ORDER_WORDS + NEXT] = next;
    if (next === 0 && previous === 0) this.#clearLevel(level);
  }

  #clearLevel(level: number): void {
    const symbol = Math.floor(level / this.pricesMax);
    const price = level - symbol * this.pricesMax;
    this.#occupied[symbol * this.#bitWords + (price >>> 5)]! &= ~(1 << (price & 31));
    this.levels--;
    if (price === this.#bids[symbol]) this.#bids[symbol] = this.#occupiedBelow(symbol, price);
    else if (price === this.#asks[symbol]) this.#asks[symbol] = this.#occupiedAbove(symbol, price);
  }

  /** The highest occupied price below `price`, or 0. */
  #occupiedBelow(symbol: number, price: number): number {
    const base = symbol * this.#bitWords;
    let word = price >>> 5;
    let bits = this.#occupied[base + word]! & ((1 << (price & 31)) - 1);
    while (bits === 0 && word > 0) bits = this.#occupied[base + --word]!;
    return bits === 0 ? 0 : word * 32 + 31 - Math.clz32(bits);
  }

  /** The lowest occupied price above `price`, or pricesMax. */
  #occupiedAbove(symbol: number, price: number): number {
    const base = symbol * this.#bitWords;
    let word = price >>> 5;
    let bits = this.#occupied[base + word]! & (-2 << (price & 31));
    while (bits === 0 && word < this.#bitWords - 1) bits = this.#occupied[base + ++word]!;
    return bits === 0 ? this.pricesMax : word * 32 + 31 - Math.clz32(bits & -bits);
  }
}

/** What a workload must lead to. */
export interface Replay {
  readonly trades: number;
  readonly checksum1: number;
  readonly checksum2: number;
  readonly liveOrdersMax: number;
  readonly levelsAtEnd: number;
}

/** Runs a whole workload through a new reference book. */
export function replayReference(workload: Workload): Replay {
  const { header, records } = workload;
  const book = new ReferenceBook(header);
  const sum = new TradeChecksum();
  for (let at = 0; at < records.length; at += LOB1_RECORD_WORDS) {
    book.apply(records[at]!, records[at + 1]!, records[at + 2]!, records[at + 3]!);
    addTrades(book, sum);
  }
  return {
    trades: sum.trades,
    checksum1: sum.checksum1,
    checksum2: sum.checksum2,
    liveOrdersMax: book.liveOrdersMax,
    levelsAtEnd: book.levels,
  };
}

/** Adds the trades of the book's last command to `sum`. */
export function addTrades(book: ReferenceBook, sum: TradeChecksum): void {
  const { trades, tradeCount } = book;
  for (let at = 0; at < tradeCount * TRADE_WORDS; at += TRADE_WORDS) {
    sum.add(trades[at]!, trades[at + 1]!, trades[at + 2]!, trades[at + 3]!);
  }
}
