import type { Candle } from "./candle.ts";
import { DAY_MS, INTERVAL_1M, MINUTE_MS, openOf } from "./intervals.ts";

/** What was traded in a window of time. */
export interface WindowStatistics {
  readonly openMs: number;
  readonly closeMs: number;
  readonly openTicks: number;
  readonly highTicks: number;
  readonly lowTicks: number;
  readonly lastTicks: number;
  readonly lots: bigint;
  readonly quanta: bigint;
  /** -1 where there is no trade. */
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  readonly tradeCount: number;
}

/** Expired minutes that may stand at the front before the list is shortened. */
const EXPIRED_MAX = 256;

/**
 * The finished minutes of the last day, from which every window up to a day is made. A window begins at a
 * whole minute: it is up to 59,999 ms longer than its name says.
 *
 * Shape    one candle for each minute with a trade, at most 1,441; the growing minute comes as an argument.
 */
export class RollingWindow {
  #minutes: Candle[] = [];
  #first = 0;
  #lots = 0n;
  #quanta = 0n;
  #highTicks = 0;
  #lowTicks = 0;
  /** The price before the window: that of the last minute that left it. */
  #previousTicks: number | undefined;

  /** Goes on with what was there before: the price before the first of `minutes`. */
  restore(minutes: readonly Candle[], previousTicks: number | undefined): void {
    for (const minute of minutes) this.push(minute);
    this.#previousTicks = previousTicks;
  }

  push(minute: Candle): void {
    if (this.#first === this.#minutes.length) {
      this.#highTicks = minute.highTicks;
      this.#lowTicks = minute.lowTicks;
    } else {
      this.#highTicks = Math.max(this.#highTicks, minute.highTicks);
      this.#lowTicks = Math.min(this.#lowTicks, minute.lowTicks);
    }
    this.#minutes.push(minute);
    this.#lots += minute.lots;
    this.#quanta += minute.quanta;
    // Without a reader the front would never move: what cannot be in any window again goes here.
    this.#expire(minute.openMs - DAY_MS);
  }

  /** Removes minutes that begin before `openMs`. */
  #expire(openMs: number): void {
    let isExtremeGone = false;
    for (; this.#first < this.#minutes.length; this.#first++) {
      const minute = this.#minutes[this.#first]!;
      if (minute.openMs >= openMs) break;
      this.#lots -= minute.lots;
      this.#quanta -= minute.quanta;
      this.#previousTicks = minute.closeTicks;
      isExtremeGone ||= minute.highTicks === this.#highTicks || minute.lowTicks === this.#lowTicks;
    }
    if (this.#first > EXPIRED_MAX) {
      this.#minutes = this.#minutes.slice(this.#first);
      this.#first = 0;
    }
    if (isExtremeGone) this.#findExtremes();
  }

  #findExtremes(): void {
    this.#highTicks = 0;
    this.#lowTicks = Number.MAX_SAFE_INTEGER;
    for (let index = this.#first; index < this.#minutes.length; index++) {
      const { highTicks, lowTicks } = this.#minutes[index]!;
      if (highTicks > this.#highTicks) this.#highTicks = highTicks;
      if (lowTicks < this.#lowTicks) this.#lowTicks = lowTicks;
    }
  }

  /** The price of the last trade before the day that ends at `nowMs`, if there was one. */
  previousTicks(nowMs: number): number | undefined {
    this.#expire(openOf(INTERVAL_1M, nowMs - DAY_MS));
    return this.#previousTicks;
  }

  /**
   * The day that ends at `nowMs`.
   *
   * Shape    `growing` is the minute of the newest trade, `lastTicks` its price, 0 for none ever.
   * Effects  forgets what is older.
   */
  day(nowMs: number, growing: Candle | undefined, lastTicks: number): WindowStatistics {
    const openMs = openOf(INTERVAL_1M, nowMs - DAY_MS);
    this.#expire(openMs);
    const front = this.#minutes[this.#first];
    const back = growing !== undefined && growing.openMs >= openMs ? growing : undefined;
    if (front === undefined && back === undefined) return emptyWindow(openMs, nowMs, lastTicks);
    const first = front ?? back!;
    const last = back ?? this.#minutes.at(-1)!;
    const high = front === undefined ? 0 : this.#highTicks;
    const low = front === undefined ? Number.MAX_SAFE_INTEGER : this.#lowTicks;
    return {
      openMs,
      closeMs: nowMs,
      openTicks: first.openTicks,
      highTicks: Math.max(high, back?.highTicks ?? 0),
      lowTicks: Math.min(low, back?.lowTicks ?? low),
      lastTicks: last.closeTicks,
      lots: this.#lots + (back?.lots ?? 0n),
      quanta: this.#quanta + (back?.quanta ?? 0n),
      firstTradeId: first.firstTradeId,
      lastTradeId: last.lastTradeId,
      tradeCount: last.lastTradeId - first.firstTradeId + 1,
    };
  }

  /** A window of `minutes` that ends at `nowMs`, at most a day. Reads as many candles. */
  window(
    nowMs: number,
    minutes: number,
    growing: Candle | undefined,
    lastTicks: number,
  ): WindowStatistics {
    const openMs = openOf(INTERVAL_1M, nowMs - minutes * MINUTE_MS);
    let from = this.#minutes.length;
    while (from > this.#first && this.#minutes[from - 1]!.openMs >= openMs) from -= 1;
    const front = this.#minutes[from];
    const back = growing !== undefined && growing.openMs >= openMs ? growing : undefined;
    const start = front ?? back;
    if (start === undefined) return emptyWindow(openMs, nowMs, lastTicks);
    const sum = start.copyAt(start.openMs);
    for (let index = from + 1; index < this.#minutes.length; index++) {
      sum.append(this.#minutes[index]!);
    }
    if (back !== undefined && back !== start) sum.append(back);
    return {
      openMs,
      closeMs: nowMs,
      openTicks: sum.openTicks,
      highTicks: sum.highTicks,
      lowTicks: sum.lowTicks,
      lastTicks: sum.closeTicks,
      lots: sum.lots,
      quanta: sum.quanta,
      firstTradeId: sum.firstTradeId,
      lastTradeId: sum.lastTradeId,
      tradeCount: sum.tradeCount,
    };
  }
}

function emptyWindow(openMs: number, closeMs: number, ticks: number): WindowStatistics {
  return {
    openMs,
    closeMs,
    openTicks: ticks,
    highTicks: ticks,
    lowTicks: ticks,
    lastTicks: ticks,
    lots: 0n,
    quanta: 0n,
    firstTradeId: -1,
    lastTradeId: -1,
    tradeCount: 0,
  };
}
