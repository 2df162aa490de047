// What a workload turns out to be when it is carried out, to hold against its profile.

import { fail } from "@rialto/base";
import { LOB1_RECORD_WORDS, Lob1Op, type Workload } from "./lob1.ts";
import { addTrades, ReferenceBook } from "./reference-book.ts";
import { percentile } from "./statistics.ts";
import { TradeChecksum } from "./trade-checksum.ts";

/** The touch is sampled once in this many commands, of the symbol of that command. */
const TOUCH_SAMPLE_PERIOD = 64;

/** The timed part as executed. Shares are percent of its commands. */
export interface WorkloadReport {
  readonly commands: number;
  /** NEW that did not trade. */
  readonly passivePercent: number;
  /** NEW that traded. */
  readonly crossingPercent: number;
  readonly iocPercent: number;
  /** IOC that found nothing to trade with: part of `iocPercent`. */
  readonly iocIdlePercent: number;
  readonly cancelPercent: number;
  readonly deadCancelPercent: number;
  readonly movePercent: number;
  readonly tradesPer100: number;
  readonly ordersAtStart: number;
  readonly ordersAtEnd: number;
  readonly ordersMax: number;
  readonly levelsAtStart: number;
  readonly levelsAtEnd: number;
  /** Ask minus bid as commands found it, in ticks; books with an empty side left out. */
  readonly spreadTicksP50: number;
  readonly spreadTicksP99: number;
  /** Ask minus bid of every symbol after the last command, in ticks. */
  readonly endSpreadTicksP50: number;
  readonly endSpreadTicksP99: number;
  /** Symbols with an empty side after the last command. */
  readonly oneSidedSymbols: number;
  /** Samples that found the middle of their symbol's touch elsewhere than the sample before. */
  readonly touchMoves: number;
}

/**
 * Carries out `workload` in a reference book and measures its timed part.
 *
 * Errors   fails where the workload makes other trades than its header promises.
 */
export function measureWorkload(workload: Workload): WorkloadReport {
  const { header, records } = workload;
  const book = new ReferenceBook(header);
  const meter = new WorkloadMeter();
  const sum = new TradeChecksum();
  const timedStart = header.prefillCommands * LOB1_RECORD_WORDS;
  for (let at = 0; at < records.length; at += LOB1_RECORD_WORDS) {
    if (at === timedStart) meter.start(book);
    book.apply(records[at]!, records[at + 1]!, records[at + 2]!, records[at + 3]!);
    addTrades(book, sum);
    if (at >= timedStart) meter.add(records[at]!, book);
  }
  if (sum.checksum1 !== header.checksum1 || sum.checksum2 !== header.checksum2) {
    fail("a workload makes the trades that its header promises");
  }
  return meter.finish(book);
}

/** The report as lines of "name value", for people. */
export function formatReport(report: WorkloadReport): string {
  return Object.entries(report)
    .map(([name, value]: [string, number]) => `${name.padEnd(20)}${formatFigure(value)}\n`)
    .join("");
}

function formatFigure(value: number): string {
  return (Number.isInteger(value) ? String(value) : value.toFixed(2)).padStart(10);
}

class WorkloadMeter {
  #commands = 0;
  #passive = 0;
  #crossing = 0;
  #ioc = 0;
  #iocIdle = 0;
  #cancel = 0;
  #deadCancel = 0;
  #move = 0;
  #trades = 0;
  #ordersAtStart = 0;
  #levelsAtStart = 0;
  #ordersBefore = 0;
  #touchMoves = 0;
  #touches = new Int32Array(0);
  readonly #spreads: number[] = [];

  /** Called when the books are filled, before the first timed command. */
  start(book: ReferenceBook): void {
    this.#ordersAtStart = book.liveOrders;
    this.#levelsAtStart = book.levels;
    this.#ordersBefore = book.liveOrders;
    this.#touches = new Int32Array(book.symbols);
  }

  /** Called after each timed command, with the first word of its record. */
  add(word: number, book: ReferenceBook): void {
    const op = word & 15;
    this.#commands++;
    this.#trades += book.tradeCount;
    if (op === Lob1Op.New) {
      if (book.tradeCount === 0) this.#passive++;
      else this.#crossing++;
    } else if (op === Lob1Op.Ioc) {
      this.#ioc++;
      if (book.tradeCount === 0) this.#iocIdle++;
    } else if (op === Lob1Op.Move) {
      this.#move++;
    } else if (book.liveOrders < this.#ordersBefore) {
      this.#cancel++;
    } else {
      this.#deadCancel++;
    }
    this.#ordersBefore = book.liveOrders;
    if (this.#commands % TOUCH_SAMPLE_PERIOD === 0) this.#sample(word >>> 8, book);
  }

  finish(book: ReferenceBook): WorkloadReport {
    const percent = (count: number): number => (100 * count) / this.#commands;
    const endSpreads: number[] = [];
    for (let symbol = 0; symbol < book.symbols; symbol++) {
      if (isTwoSided(book, symbol)) endSpreads.push(book.bestAsk(symbol) - book.bestBid(symbol));
    }
    return {
      commands: this.#commands,
      passivePercent: percent(this.#passive),
      crossingPercent: percent(this.#crossing),
      iocPercent: percent(this.#ioc),
      iocIdlePercent: percent(this.#iocIdle),
      cancelPercent: percent(this.#cancel),
      deadCancelPercent: percent(this.#deadCancel),
      movePercent: percent(this.#move),
      tradesPer100: percent(this.#trades),
      ordersAtStart: this.#ordersAtStart,
      ordersAtEnd: book.liveOrders,
      ordersMax: book.liveOrdersMax,
      levelsAtStart: this.#levelsAtStart,
      levelsAtEnd: book.levels,
      spreadTicksP50: percentileOrZero(this.#spreads, 50),
      spreadTicksP99: percentileOrZero(this.#spreads, 99),
      endSpreadTicksP50: percentileOrZero(endSpreads, 50),
      endSpreadTicksP99: percentileOrZero(endSpreads, 99),
      oneSidedSymbols: book.symbols - endSpreads.length,
      touchMoves: this.#touchMoves,
    };
  }

  #sample(symbol: number, book: ReferenceBook): void {
    if (!isTwoSided(book, symbol)) return;
    this.#spreads.push(book.bestAsk(symbol) - book.bestBid(symbol));
    const touch = book.bestAsk(symbol) + book.bestBid(symbol);
    if (this.#touches[symbol] !== 0 && this.#touches[symbol] !== touch) this.#touchMoves++;
    this.#touches[symbol] = touch;
  }
}

/** 0 where no spread was seen: every book had an empty side. */
function percentileOrZero(values: readonly number[], percent: number): number {
  return values.length === 0 ? 0 : percentile(values, percent);
}

function isTwoSided(book: ReferenceBook, symbol: number): boolean {
  return book.bestBid(symbol) > 0 && book.bestAsk(symbol) < book.pricesMax;
}
