import type { MarketSpec } from "../markets/market-catalog.ts";
import { Candle } from "../read-model/candle.ts";
import { type IntervalIndex, openOf } from "../read-model/intervals.ts";
import type { MarketState } from "../read-model/market-state.ts";
import { klineMessage } from "./stream-messages.ts";
import { Message, type Outgoing, StateTopic } from "./topic.ts";

/** A trade may be told this much after it was stamped: a candle is not closed before. */
const LATE_MS = 250;
const BEATS = 2;

/** One length of candles of a market: the growing one as it changes, and each once more when it is done. */
export class KlineTopic extends StateTopic {
  readonly #market: MarketSpec;
  readonly #state: MarketState;
  readonly #interval: IntervalIndex;
  /** Where the candle begins that was last told, and what it is if nothing is traded in it. */
  #openMs: number | undefined;
  #flat: Candle | undefined;
  /** The candle of this interval that was finished last. */
  #closed: Candle | undefined;

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
    if (this.#state.lastTrade === undefined) return;
    const openMs = this.#clockOf(nowMs);
    const previousMs = this.#openMs;
    if (previousMs !== openMs) {
      this.#openMs = openMs;
      if (previousMs !== undefined) this.#close(outgoing, previousMs, nowMs);
      this.#flat = Candle.flat(openMs, this.#state.lastTrade.priceTicks);
      this.markDirty();
    }
    super.beat(outgoing, beat, nowMs);
  }

  /** Tells a candle that is done: a trade after it may have finished it, or none was in it. */
  #close(outgoing: Outgoing, openMs: number, nowMs: number): void {
    const live = this.#state.klines.live(this.#interval);
    const candle = [live, this.#closed, this.#flat].find((each) => each?.openMs === openMs);
    if (candle === undefined) return;
    const message = new Message(this.name, (time) =>
      klineMessage(this.#market, this.#interval, candle, true, nowMs, time),
    );
    this.sendAll(outgoing, message);
  }

  candleClosed(interval: IntervalIndex, candle: Candle): void {
    if (interval === this.#interval) this.#closed = candle;
  }
}
