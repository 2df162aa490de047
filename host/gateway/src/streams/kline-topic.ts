import type { HistoryTrade } from "@rialto/storage";
import type { MarketSpec } from "../markets/market-catalog.ts";
import { Candle } from "../read-model/candle.ts";
import { type IntervalIndex, nextOpen, openBefore, openOf } from "../read-model/intervals.ts";
import type { MarketState } from "../read-model/market-state.ts";
import { klineMessage } from "./stream-messages.ts";
import { Message, type Outgoing, StateTopic } from "./topic.ts";

/**
 * A trade may be told this much after it was stamped: a candle is not closed before. Members of a cluster that are
 * far from each other may take longer; the candle is corrected then.
 */
const LATE_MS = 250;
const BEATS = 2;
/** Candles that are told as done at once, after the node has stood still: as many as an answer has. */
const CLOSED_MAX = 1_000;

/**
 * One length of candles of a market: the growing one as it changes, and each once more when it is done. None that is done
 * is missing, whether the node stands still or the client is congested: no later message makes up for it.
 */
export class KlineTopic extends StateTopic {
  readonly #market: MarketSpec;
  readonly #state: MarketState;
  readonly #interval: IntervalIndex;
  /** Where the candle begins that was last told, and what it is if nothing is traded in it. */
  #openMs: number | undefined;
  #flat: Candle | undefined;
  /** The candles of this interval that trades have finished since the last beat, and the last one before. */
  #finished: Candle[] = [];
  /** Where the candle begins that was last told as done, and the newest trade of then. */
  #told: { readonly openMs: number; readonly tradeId: number } | undefined;

  constructor(name: string, market: MarketSpec, state: MarketState, interval: IntervalIndex) {
    super(name, BEATS, (nowMs, time) =>
      klineMessage(market, interval, this.#candleAt(this.#clockOf(nowMs)), false, nowMs, time),
    );
    this.#market = market;
    this.#state = state;
    this.#interval = interval;
  }

  #clockOf(nowMs: number): number {
    return openOf(this.#interval, Math.max(nowMs - LATE_MS, this.#state.lastTrade?.timeMs ?? 0));
  }

  /** The candle that begins at `openMs`: the live one, or a flat one after it. */
  #candleAt(openMs: number): Candle {
    const live = this.#state.klines.live(this.#interval);
    if (live?.openMs === openMs) return live;
    return Candle.flat(openMs, this.#state.lastTrade?.priceTicks ?? 0);
  }

  override beat(outgoing: Outgoing, beat: number, nowMs: number): void {
    const { lastTrade } = this.#state;
    if (lastTrade === undefined) return;
    this.#correct(outgoing, lastTrade, nowMs);
    const openMs = this.#clockOf(nowMs);
    const previousMs = this.#openMs;
    if (previousMs !== openMs) {
      this.#openMs = openMs;
      if (previousMs !== undefined) this.#closeAll(outgoing, previousMs, openMs, nowMs);
      this.#finished = this.#finished.slice(-1);
      this.#flat = Candle.flat(openMs, lastTrade.priceTicks);
      this.markDirty();
    }
    super.beat(outgoing, beat, nowMs);
  }

  /** Tells the candles as done that begin from `fromMs` on and before `untilMs`. */
  #closeAll(outgoing: Outgoing, fromMs: number, untilMs: number, nowMs: number): void {
    const interval = this.#interval;
    let openMs = Math.max(fromMs, openBefore(interval, untilMs, CLOSED_MAX));
    let closeTicks = this.#closeBefore(openMs);
    for (; openMs < untilMs; openMs = nextOpen(interval, openMs)) {
      const candle = this.#find(openMs) ?? Candle.flat(openMs, closeTicks);
      closeTicks = candle.closeTicks;
      this.#close(outgoing, candle, nowMs);
      this.#told = { openMs, tradeId: this.#state.lastTrade!.tradeId };
    }
  }

  /** Tells candles that were told as done once more where a trade in them came later than was waited for. */
  #correct(outgoing: Outgoing, lastTrade: HistoryTrade, nowMs: number): void {
    const told = this.#told;
    if (told === undefined || told.tradeId === lastTrade.tradeId) return;
    this.#told = { openMs: told.openMs, tradeId: lastTrade.tradeId };
    const traded = [...this.#finished, this.#state.klines.live(this.#interval)];
    for (const candle of traded) {
      if (candle === undefined || candle.openMs > told.openMs) continue;
      if (candle.lastTradeId <= told.tradeId) continue;
      this.#close(outgoing, candle, nowMs);
      if (this.#flat !== undefined) {
        this.#flat = Candle.flat(this.#flat.openMs, candle.closeTicks);
      }
    }
  }

  /** The candle that begins at `openMs`: a trade after it may have finished it, or none was in it. */
  #find(openMs: number): Candle | undefined {
    return this.#known().find((each) => each.openMs === openMs);
  }

  /** What the newest candle that begins before `openMs` has closed at. */
  #closeBefore(openMs: number): number {
    let newest: Candle | undefined;
    for (const each of this.#known()) {
      const isNewer = newest === undefined || each.openMs > newest.openMs;
      if (each.openMs < openMs && isNewer) newest = each;
    }
    return newest?.closeTicks ?? this.#state.lastTrade!.priceTicks;
  }

  /** Of two that begin together, what was traded in comes first. */
  #known(): Candle[] {
    const live = this.#state.klines.live(this.#interval);
    return [live, ...this.#finished, this.#flat].filter((each) => each !== undefined);
  }

  /** Tells a candle that is done to everyone, congested or not. */
  #close(outgoing: Outgoing, candle: Candle, nowMs: number): void {
    const message = new Message(this.name, (time) =>
      klineMessage(this.#market, this.#interval, candle, true, nowMs, time),
    );
    for (const client of this.subscribers) outgoing.send(client, message.frame(client.form));
  }

  candleClosed(interval: IntervalIndex, candle: Candle): void {
    if (interval === this.#interval) this.#finished.push(candle);
  }
}
