import type { HistoryTrade } from "@rialto/storage";
import type { MarketSpec } from "../markets/market-catalog.ts";
import { Candle } from "../read-model/candle.ts";
import { type IntervalIndex, openOf } from "../read-model/intervals.ts";
import type { MarketState } from "../read-model/market-state.ts";
import { klineMessage } from "./stream-messages.ts";
import { Message, type Outgoing, StateTopic } from "./topic.ts";

/**
 * A trade may be told this much after it was stamped: a candle is not closed before. Members of a cluster that are
 * far from each other may take longer; the candle is corrected then.
 */
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
      if (previousMs !== undefined) {
        this.#close(outgoing, this.#find(previousMs), nowMs);
        this.#told = { openMs: previousMs, tradeId: lastTrade.tradeId };
      }
      this.#flat = Candle.flat(openMs, lastTrade.priceTicks);
      this.markDirty();
    }
    super.beat(outgoing, beat, nowMs);
  }

  /** Tells the candle that was told as done once more where a trade in it came later than was waited for. */
  #correct(outgoing: Outgoing, lastTrade: HistoryTrade, nowMs: number): void {
    const told = this.#told;
    if (told === undefined || told.tradeId === lastTrade.tradeId) return;
    this.#told = { openMs: told.openMs, tradeId: lastTrade.tradeId };
    const candle = this.#find(told.openMs);
    if (candle === undefined || candle.lastTradeId <= told.tradeId) return;
    this.#close(outgoing, candle, nowMs);
    if (this.#flat !== undefined) {
      this.#flat = Candle.flat(this.#flat.openMs, candle.closeTicks);
    }
  }

  /** The candle that begins at `openMs`: a trade after it may have finished it, or none was in it. */
  #find(openMs: number): Candle | undefined {
    const live = this.#state.klines.live(this.#interval);
    return [live, this.#closed, this.#flat].find((each) => each?.openMs === openMs);
  }

  /** Tells a candle that is done. */
  #close(outgoing: Outgoing, candle: Candle | undefined, nowMs: number): void {
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
