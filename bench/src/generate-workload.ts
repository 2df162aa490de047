// Makes LOB1 workloads of a profile. The same profile, seed and version yield the same bytes.

import { createPrng, fail, type Prng } from "@rialto/base";
import { apportion, paretoWeights, WeightedIndex, zipfWeights } from "./distributions.ts";
import { LiveOrders } from "./live-orders.ts";
import { LOB1_RECORD_WORDS, Lob1Op, Lob1Side, packLob1Word, type Workload } from "./lob1.ts";
import { PASSIVE_LOTS_MAX, type Profile, TAKER_LOTS_MAX } from "./profiles.ts";
import { addTrades, ReferenceBook, TRADE_WORDS } from "./reference-book.ts";
import { TradeChecksum } from "./trade-checksum.ts";

/** Raised whenever the same profile and seed yield other bytes than before. */
export const GENERATOR_VERSION = 1;

/** Twice the target in a book moves this many parts of 1,000 from passive orders to cancels. */
const STEER_GAIN = 400;
const STEER_MAX = 300;
/** In how many of 4 draws a taker trades against the side that the reference price has passed. */
const FOLLOW_QUARTERS = 3;
/** How many of 1,000 moves cross; the others are passive. Tuned for the published trades. */
const CROSSING_MOVES = 30;
/** Ticks that every taker goes beyond the touch, besides the drawn distance: for thin books. */
const TAKER_SLACK_TICKS = 4;

/**
 * Makes a workload of `profile`: a prefill of passive orders, then timed commands that keep the
 * books as they are.
 *
 * Effects  pure. Allocates about 60 bytes a command, and 8 bytes a price that is used.
 */
export function generateWorkload(profile: Profile, seed: number): Workload {
  const generator = new Generator(profile, seed);
  generator.prefill();
  for (let command = 0; command < profile.timedCommands; command++) generator.step();
  return generator.finish();
}

class Generator {
  readonly #book: ReferenceBook;
  readonly #profile: Profile;
  readonly #prng: Prng;
  readonly #records: Uint32Array;
  readonly #sum = new TradeChecksum();
  /** Orders that should rest, by symbol. */
  readonly #targets: Int32Array;
  readonly #live: LiveOrders;
  /** Ids that no longer rest, in the order of their deaths. */
  readonly #deadIds: Int32Array;
  /** First word of the NEW of each id. */
  readonly #words: Uint32Array;
  /** The price around which orders come, by symbol: bids at or below it, asks above. */
  readonly #references: Int32Array;
  /** Activity rank -> symbol. Shuffled, so that busy symbols are no neighbours in memory. */
  readonly #symbolByRank: Int32Array;
  readonly #ranks: WeightedIndex;
  readonly #distances: WeightedIndex;
  #deadCount = 0;
  #nextId = 0;
  #cursor = 0;

  constructor(profile: Profile, seed: number) {
    const { symbols, pricesMax } = profile;
    const commands = profile.restingOrders + profile.timedCommands;
    this.#profile = profile;
    this.#prng = createPrng(seed);
    this.#records = new Uint32Array(commands * LOB1_RECORD_WORDS);
    this.#book = new ReferenceBook({ symbols, pricesMax, ids: commands });
    this.#symbolByRank = shuffle(
      Int32Array.from({ length: symbols }, (_, index) => index),
      this.#prng,
    );
    this.#targets = new Int32Array(symbols);
    const depths = apportion(profile.restingOrders, zipfWeights(symbols, profile.depthHalves));
    for (let rank = 0; rank < symbols; rank++) {
      this.#targets[this.#symbolByRank[rank]!] = depths[rank]!;
    }
    this.#live = new LiveOrders(this.#targets, commands);
    this.#deadIds = new Int32Array(commands);
    this.#words = new Uint32Array(commands);
    this.#references = new Int32Array(symbols).fill(pricesMax >>> 1);
    this.#ranks = new WeightedIndex(zipfWeights(symbols, profile.activityHalves));
    this.#distances = new WeightedIndex(paretoWeights(profile.distanceShape, profile.distanceMax));
  }

  /** Builds the books with passive orders, symbols in random order. */
  prefill(): void {
    const symbols = new Int32Array(this.#profile.restingOrders);
    let filled = 0;
    for (let symbol = 0; symbol < this.#targets.length; symbol++) {
      symbols.fill(symbol, filled, filled + this.#targets[symbol]!);
      filled += this.#targets[symbol]!;
    }
    shuffle(symbols, this.#prng);
    for (let index = 0; index < symbols.length; index++) this.#placePassive(symbols[index]!);
  }

  /** Writes and carries out one timed command. */
  step(): void {
    const { mix } = this.#profile;
    const symbol = this.#symbolByRank[this.#ranks.draw(this.#prng)]!;
    this.#walk(symbol);
    let point = this.#prng.below(1_000);
    if ((point -= mix.crossing) < 0) this.#placeTaker(symbol, Lob1Op.New);
    else if ((point -= mix.ioc) < 0) this.#placeTaker(symbol, Lob1Op.Ioc);
    else if ((point -= mix.deadCancel) < 0 && this.#deadCount > 0) this.#cancelDead();
    else if ((point -= mix.move) < 0 && this.#live.count(symbol) > 0) this.#move(symbol);
    else if (this.#shouldPlace(symbol, point - mix.passive)) this.#placePassive(symbol);
    else this.#cancel(symbol);
  }

  finish(): Workload {
    if (this.#cursor !== this.#records.length) fail("a generator writes the records it promised");
    const header = {
      symbols: this.#profile.symbols,
      prefillCommands: this.#profile.restingOrders,
      timedCommands: this.#profile.timedCommands,
      ids: this.#nextId,
      pricesMax: this.#profile.pricesMax,
      trades: this.#sum.trades,
      checksum1: this.#sum.checksum1,
      checksum2: this.#sum.checksum2,
      liveOrdersMax: this.#book.liveOrdersMax,
      levelsAtEnd: this.#book.levels,
    };
    return { header, records: this.#records };
  }

  /** Steers towards the target: where no correction is due, `point` below 0 is a passive order. */
  #shouldPlace(symbol: number, point: number): boolean {
    const count = this.#live.count(symbol);
    if (count === 0) return true;
    if (this.#live.isFull(symbol)) return false;
    const target = this.#targets[symbol]!;
    const shift = Math.floor(((target - count) * STEER_GAIN) / target);
    return point < Math.max(-STEER_MAX, Math.min(STEER_MAX, shift));
  }

  /** Lets the reference price take a step now and then, within its bounds. */
  #walk(symbol: number): void {
    const { walkPeriod, walkTicksMax, pricesMax } = this.#profile;
    const point = this.#prng.below(2 * walkPeriod);
    if (point > 1) return;
    const walked = this.#references[symbol]! - (pricesMax >>> 1) + 2 * point - 1;
    if (Math.abs(walked) <= walkTicksMax) this.#references[symbol]! += 2 * point - 1;
  }

  #placePassive(symbol: number): void {
    const side = this.#drawSide();
    const price = this.#drawPassivePrice(symbol, side);
    const lots = 1 + this.#prng.below(PASSIVE_LOTS_MAX);
    this.#place(packLob1Word(Lob1Op.New, side, symbol), price, lots);
  }

  #placeTaker(symbol: number, op: Lob1Op): void {
    const ask = this.#book.bestAsk(symbol);
    const bid = this.#book.bestBid(symbol);
    const reference = this.#references[symbol]!;
    let side = this.#drawSide();
    if (ask <= reference && this.#prng.below(4) < FOLLOW_QUARTERS) side = Lob1Side.Buy;
    if (bid > reference && this.#prng.below(4) < FOLLOW_QUARTERS) side = Lob1Side.Sell;
    const price = this.#drawTakerPrice(symbol, side);
    this.#place(packLob1Word(op, side, symbol), price, 1 + this.#prng.below(TAKER_LOTS_MAX));
  }

  #place(word: number, price: number, lots: number): void {
    const id = this.#nextId++;
    this.#words[id] = word;
    this.#apply(word, id, price, lots);
  }

  #cancel(symbol: number): void {
    const id = this.#live.pick(symbol, this.#prng);
    this.#apply(this.#wordOf(id, Lob1Op.Cancel), id, 0, 0);
  }

  #cancelDead(): void {
    const id = this.#deadIds[this.#prng.below(this.#deadCount)]!;
    this.#apply(this.#wordOf(id, Lob1Op.Cancel), id, 0, 0);
  }

  #move(symbol: number): void {
    const id = this.#live.pick(symbol, this.#prng);
    const word = this.#wordOf(id, Lob1Op.Move);
    const side = (word & 16) === 0 ? Lob1Side.Buy : Lob1Side.Sell;
    const price = this.#prng.chance(CROSSING_MOVES, 1_000)
      ? this.#drawTakerPrice(symbol, side)
      : this.#drawPassivePrice(symbol, side);
    this.#apply(word, id, price, 1 + this.#prng.below(PASSIVE_LOTS_MAX));
  }

  #wordOf(id: number, op: Lob1Op): number {
    return ((this.#words[id]! & ~15) | op) >>> 0;
  }

  #drawSide(): Lob1Side {
    return this.#prng.below(2) === 0 ? Lob1Side.Buy : Lob1Side.Sell;
  }

  /** A price at the drawn distance from the reference that crosses nothing. */
  #drawPassivePrice(symbol: number, side: Lob1Side): number {
    const distance = 1 + this.#distances.draw(this.#prng);
    const reference = this.#references[symbol]!;
    return side === Lob1Side.Buy
      ? Math.min(reference + 1 - distance, this.#book.bestAsk(symbol) - 1)
      : Math.max(reference + distance, this.#book.bestBid(symbol) + 1);
  }

  /** A price beyond the opposite touch, or beyond the reference where nothing rests. */
  #drawTakerPrice(symbol: number, side: Lob1Side): number {
    const { pricesMax } = this.#profile;
    const slack = TAKER_SLACK_TICKS + this.#distances.draw(this.#prng);
    const ask = this.#book.bestAsk(symbol);
    const bid = this.#book.bestBid(symbol);
    const buys = side === Lob1Side.Buy;
    const isEmpty = buys ? ask === pricesMax : bid === 0;
    const touch = isEmpty ? this.#references[symbol]! : buys ? ask : bid;
    // One tick stays free at either end: what is left may rest, and the other side must fit beyond.
    return Math.max(2, Math.min(pricesMax - 2, buys ? touch + slack : touch - slack));
  }

  #apply(word: number, id: number, price: number, lots: number): void {
    const records = this.#records;
    records[this.#cursor] = word;
    records[this.#cursor + 1] = id;
    records[this.#cursor + 2] = price;
    records[this.#cursor + 3] = lots;
    this.#cursor += LOB1_RECORD_WORDS;
    const book = this.#book;
    book.apply(word, id, price, lots);
    addTrades(book, this.#sum);
    const symbol = word >>> 8;
    for (let trade = 0; trade < book.tradeCount; trade++) {
      this.#track(symbol, book.trades[trade * TRADE_WORDS + 1]!);
    }
    this.#track(symbol, id);
  }

  /** Notes whether order `id` rests after the command that touched it. */
  #track(symbol: number, id: number): void {
    const listed = this.#live.has(id);
    if (this.#book.restingLots(id) > 0) {
      if (!listed) this.#live.add(symbol, id);
    } else if (listed) {
      this.#live.remove(symbol, id);
      this.#deadIds[this.#deadCount++] = id;
    }
  }
}

function shuffle(values: Int32Array, prng: Prng): Int32Array {
  for (let index = values.length - 1; index > 0; index--) {
    const other = prng.below(index + 1);
    const value = values[index]!;
    values[index] = values[other]!;
    values[other] = value;
  }
  return values;
}
