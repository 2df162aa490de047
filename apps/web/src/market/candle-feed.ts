import {
  ApiError,
  keepConnected,
  type KeptConnection,
  type MarketStreams,
  NetworkError,
  openMarketStreams,
  RestClient,
} from "@rialto/client";

/** The lengths of candles that are offered, shortest first. */
export const INTERVALS = ["1s", "1m", "5m", "15m", "1h", "4h", "1d"] as const;
export type Interval = (typeof INTERVALS)[number];

/** What was traded in an interval. Amounts are texts as the exchange wrote them. */
export interface Candle {
  readonly openMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  /** In the base. */
  readonly volume: string;
}

export interface CandleFeedOptions {
  /** Origin of the node. */
  readonly url: string;
  readonly symbol: string;
  readonly interval: Interval;
  /**
   * All candles, oldest first: at the beginning, after each reconnection, when older ones have come or the oldest are let go,
   * and when one before the newest is corrected.
   */
  readonly onAll: (candles: readonly Candle[]) => void;
  /** The newest candle, again and again until the next one begins. */
  readonly onCandle: (candle: Candle) => void;
  /** Another answer to what there is before the oldest candle; after `onAll` where that changes with it. */
  readonly onPast: (past: Past) => void;
  /** How long after a failure older candles may be asked for again. */
  readonly retryMs?: number;
}

/**
 * What there is before the oldest candle that was told: not known yet; probably more; being asked for; nothing, for here
 * the history begins; more than is kept here; or what could not be had just now.
 */
export type Past = "unknown" | "more" | "loading" | "beginning" | "full" | "failed";

/** Candles of one answer, and as many as are kept where nobody asks for older ones. */
const CANDLES_MAX = 1_000;
/** The most that are kept; as many as an answer has may come until the oldest are let go. */
const KEPT_MAX = 10_000;
const SILENCE_MS = 10_000;
const RETRY_MS = 5_000;

/** The candles of one market and interval, kept current until the feed is closed. */
export class CandleFeed {
  readonly #options: CandleFeedOptions;
  readonly #kept: KeptConnection;
  /** False until what came before the connection began is there. */
  #isCurrent = false;
  /** The newest one that came before that. */
  #early: Candle | undefined;
  /** All that were told, oldest first. */
  #candles: Candle[] = [];
  /** How many of them are kept, when the oldest are let go. */
  #keptCount = CANDLES_MAX;
  #past: Past = "unknown";
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: CandleFeedOptions) {
    this.#options = options;
    this.#enterPast("unknown");
    this.#kept = keepConnected({
      open: () => this.#open(),
      onOpen: () => this.#catchUp(),
      onLost: () => undefined,
    });
  }

  /** Rejects if the feed meets a bug; resolves after `close`. */
  get ended(): Promise<void> {
    return this.#kept.ended;
  }

  /** Nothing is told any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#kept.close();
  }

  /** Asks for candles before the oldest one, if there may be any: one request at a time. */
  async loadOlder(): Promise<void> {
    if (this.#isClosed || this.#past !== "more") return;
    const oldestMs = this.#candles[0]!.openMs;
    const { url, symbol, interval } = this.#options;
    const limit = Math.min(CANDLES_MAX, KEPT_MAX - this.#keptCount);
    this.#enterPast("loading");
    const query = { symbol, interval, limit, endTime: oldestMs - 1 };
    const older = await readCandles(url, query).catch(undefinedIfLost);
    // Meanwhile all may have begun anew, or the oldest may have gone: these belong to what was there.
    const current = this.#candles;
    if (this.#isClosed || current[0]?.openMs !== oldestMs) return;
    if (older === undefined) {
      this.#enterPast("failed");
      this.#retry = setTimeout(() => this.#enterPast("more"), this.#options.retryMs ?? RETRY_MS);
      return;
    }
    this.#keptCount += older.length;
    this.#tellAll([...older, ...current]);
    this.#enterEnd(older.length < limit);
  }

  #enterPast(past: Past): void {
    this.#past = past;
    this.#options.onPast(past);
  }

  /** Says what there is before the oldest candle, once that is known. */
  #enterEnd(isBeginning: boolean): void {
    if (isBeginning) this.#enterPast("beginning");
    else this.#enterPast(this.#keptCount < KEPT_MAX ? "more" : "full");
  }

  #tellAll(candles: Candle[]): void {
    this.#candles = candles;
    this.#options.onAll([...candles]);
  }

  async #open(): Promise<MarketStreams> {
    const { url, symbol, interval } = this.#options;
    this.#isCurrent = false;
    this.#early = undefined;
    const stream = `${symbol.toLowerCase()}@kline_${interval}`;
    const onMessage = ({ data }: { readonly data: Readonly<Record<string, unknown>> }): void =>
      this.#receive(candleOfMessage(data));
    return await openMarketStreams(url, [stream], onMessage, { silenceMs: SILENCE_MS });
  }

  async #catchUp(): Promise<void> {
    const isKnown = await this.#goOn();
    if (this.#isClosed) return;
    if (!isKnown) await this.#begin();
    // Another feed may have what this one told to.
    if (this.#isClosed) return;
    this.#isCurrent = true;
    if (this.#early !== undefined) this.#receive(this.#early);
  }

  /** Adds what came after the newest candle. Returns false where there is nothing to go on from, or there would be a hole. */
  async #goOn(): Promise<boolean> {
    const newest = this.#candles.at(-1);
    if (newest === undefined) return false;
    const { url, symbol, interval } = this.#options;
    const query = { symbol, interval, limit: CANDLES_MAX, startTime: newest.openMs };
    const newer = await readCandles(url, query);
    // An exchange that does not know the newest any more has another history.
    if (newer.length === CANDLES_MAX || newer[0]?.openMs !== newest.openMs) return false;
    if (this.#isClosed) return true;
    this.#tellAll([...this.#candles.slice(0, -1), ...newer]);
    this.#letGo();
    return true;
  }

  async #begin(): Promise<void> {
    const { url, symbol, interval } = this.#options;
    const candles = await readCandles(url, { symbol, interval, limit: CANDLES_MAX });
    if (this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#keptCount = CANDLES_MAX;
    this.#tellAll(candles);
    this.#enterEnd(candles.length < CANDLES_MAX);
  }

  #receive(candle: Candle): void {
    const candles = this.#candles;
    if (!this.#isCurrent) {
      this.#early = candle;
      return;
    }
    const newestMs = candles.at(-1)?.openMs ?? 0;
    if (candle.openMs < newestMs) {
      this.#correct(candle);
      return;
    }
    if (candle.openMs === newestMs) candles.pop();
    candles.push(candle);
    this.#options.onCandle(candle);
    this.#letGo();
  }

  /** A candle that was finished is told once more where a trade in it came late, when the next one had begun. */
  #correct(candle: Candle): void {
    const index = this.#candles.findLastIndex(({ openMs }) => openMs === candle.openMs);
    if (index >= 0) this.#tellAll(this.#candles.with(index, candle));
  }

  /** The oldest go together, when there are too many. */
  #letGo(): void {
    if (this.#candles.length <= this.#keptCount + CANDLES_MAX) return;
    this.#tellAll(this.#candles.slice(-this.#keptCount));
    this.#enterEnd(false);
  }
}

/** What fails with the connection, or by a limit, may come later. Anything else is a bug. */
function undefinedIfLost(error: unknown): undefined {
  if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
}

interface CandlesQuery {
  readonly symbol: string;
  readonly interval: Interval;
  readonly limit: number;
  /** Of the first one's beginning, in milliseconds: then these are the first from there on. */
  readonly startTime?: number;
  /** Of the last one's beginning, in milliseconds; now where nothing is said. */
  readonly endTime?: number;
}

/** Candles, oldest first: the last ones where no beginning is said. Errors: of `RestClient`. */
async function readCandles(url: string, query: CandlesQuery): Promise<Candle[]> {
  const rows = await new RestClient({ url }).request("GET", "/api/v3/klines", { ...query });
  return (rows as readonly (readonly [number, ...string[]])[]).map((row) => ({
    openMs: row[0],
    open: row[1]!,
    high: row[2]!,
    low: row[3]!,
    close: row[4]!,
    volume: row[5]!,
  }));
}

/** Minutes of history from which on a chart of minutes says something. */
const MINUTES_TELLING = 30;

/** The interval to begin with: minutes, or seconds while the market is too young for them. Errors: of `RestClient`. */
export async function chooseInterval(url: string, symbol: string): Promise<Interval> {
  const minutes = await readCandles(url, { symbol, interval: "1m", limit: MINUTES_TELLING });
  return minutes.length < MINUTES_TELLING ? "1s" : "1m";
}

function candleOfMessage(data: Readonly<Record<string, unknown>>): Candle {
  const kline = data["k"] as Readonly<Record<string, unknown>>;
  return {
    openMs: Number(kline["t"]),
    open: String(kline["o"]),
    high: String(kline["h"]),
    low: String(kline["l"]),
    close: String(kline["c"]),
    volume: String(kline["v"]),
  };
}
