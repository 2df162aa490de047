import type { HistoryKline } from "@rialto/storage";
import { Candle, type CandleTrade } from "./candle.ts";
import {
  INTERVAL_1M,
  INTERVAL_1S,
  INTERVALS,
  type IntervalIndex,
  openOf,
  sourceOf,
} from "./intervals.ts";

/** Told of every candle that is finished. */
export type CandleClosed = (interval: IntervalIndex, candle: Candle) => void;

const COUNT = INTERVALS.length;

/** For each interval, the longer ones that its finished candles go into. */
const FED: readonly (readonly IntervalIndex[])[] = INTERVALS.map((_, source) =>
  INTERVALS.map((_name, interval) => interval).filter((interval) => sourceOf(interval) === source),
);

/**
 * The candles of one market that the newest trade falls into. Only the second and the minute are touched
 * by a trade; a longer candle holds its finished parts, and what is still growing is added when it is read.
 *
 * Invariant: every candle here begins where the interval of the newest trade begins.
 */
export class KlineSet {
  readonly #parts: (Candle | undefined)[] = Array.from({ length: COUNT });
  readonly #onClosed: CandleClosed;

  constructor(onClosed: CandleClosed) {
    this.#onClosed = onClosed;
  }

  /**
   * Goes on where `rows` end: the candles of the second and the minute of the newest trade, and the
   * finished ones of the hour, day and month that they are in.
   */
  restore(rows: readonly HistoryKline[], lastTradeMs: number): void {
    const isCurrent = (interval: IntervalIndex, openMs: number): boolean =>
      openOf(interval, lastTradeMs) === openOf(interval, openMs);
    for (const row of rows) {
      const candle = new Candle(row);
      const { interval, openMs } = row;
      if (interval <= INTERVAL_1M && isCurrent(interval, openMs)) this.#parts[interval] = candle;
      // Finished, for the newest trade is not in it.
      else if (!isCurrent(interval, openMs)) this.#feed(interval, candle, isCurrent);
    }
  }

  #feed(
    interval: IntervalIndex,
    candle: Candle,
    isCurrent: (interval: IntervalIndex, openMs: number) => boolean,
  ): void {
    for (const fed of FED[interval]!) {
      if (isCurrent(fed, candle.openMs)) this.#appendTo(fed, candle);
    }
  }

  #appendTo(interval: IntervalIndex, candle: Candle): void {
    const part = this.#parts[interval];
    if (part === undefined) {
      this.#parts[interval] = candle.copyAt(openOf(interval, candle.openMs));
    } else part.append(candle);
  }

  add(trade: CandleTrade): void {
    const second = this.#parts[INTERVAL_1S];
    if (second !== undefined && trade.timeMs < second.openMs + 1_000) second.add(trade);
    else {
      this.#advance(trade.timeMs);
      this.#parts[INTERVAL_1S] = Candle.ofTrade(openOf(INTERVAL_1S, trade.timeMs), trade);
    }
    const minute = this.#parts[INTERVAL_1M];
    if (minute !== undefined) minute.add(trade);
    else this.#parts[INTERVAL_1M] = Candle.ofTrade(openOf(INTERVAL_1M, trade.timeMs), trade);
  }

  /** Finishes the candles that `timeMs` is no longer in, the shortest first: each feeds longer ones. */
  #advance(timeMs: number): void {
    for (let interval = 0; interval < COUNT; interval++) {
      const candle = this.#parts[interval];
      if (candle === undefined) continue;
      if (candle.openMs === openOf(interval, timeMs)) continue;
      this.#parts[interval] = undefined;
      this.#onClosed(interval, candle);
      for (const fed of FED[interval]!) this.#appendTo(fed, candle);
    }
  }

  /**
   * The candle of the newest trade.
   *
   * Shape    for the second and the minute the growing one itself, else a copy.
   */
  live(interval: IntervalIndex): Candle | undefined {
    const part = this.#parts[interval];
    const source = sourceOf(interval);
    if (source === undefined) return part;
    const growing = this.live(source);
    if (growing === undefined) return part?.copyAt(part.openMs);
    if (part === undefined) return growing.copyAt(openOf(interval, growing.openMs));
    const candle = part.copyAt(part.openMs);
    candle.append(growing);
    return candle;
  }
}
