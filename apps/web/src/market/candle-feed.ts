import {
  keepConnected,
  type KeptConnection,
  type MarketStreams,
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
  /** All candles anew, oldest first: at the beginning, after each reconnection, and when the oldest are let go. */
  readonly onAll: (candles: readonly Candle[]) => void;
  /** The newest candle, again and again until the next one begins. */
  readonly onCandle: (candle: Candle) => void;
}

const CANDLES_MAX = 1_000;
const SILENCE_MS = 10_000;

/** The candles of one market and interval, kept current until the feed is closed. */
export class CandleFeed {
  readonly #options: CandleFeedOptions;
  readonly #kept: KeptConnection;
  /** The newest one that came before the history did. */
  #early: Candle | undefined;
  /** All that were told, oldest first; undefined until the history is there. */
  #candles: Candle[] | undefined;
  #isClosed = false;

  constructor(options: CandleFeedOptions) {
    this.#options = options;
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
    this.#kept.close();
  }

  async #open(): Promise<MarketStreams> {
    const { url, symbol, interval } = this.#options;
    this.#candles = undefined;
    this.#early = undefined;
    const stream = `${symbol.toLowerCase()}@kline_${interval}`;
    const onMessage = ({ data }: { readonly data: Readonly<Record<string, unknown>> }): void =>
      this.#receive(candleOfMessage(data));
    return await openMarketStreams(url, [stream], onMessage, { silenceMs: SILENCE_MS });
  }

  async #catchUp(): Promise<void> {
    const { url, symbol, interval, onAll } = this.#options;
    const candles = await readCandles(url, symbol, interval, CANDLES_MAX);
    // Another feed may have what this one told to.
    if (this.#isClosed) return;
    this.#candles = [...candles];
    onAll(candles);
    if (this.#early !== undefined) this.#receive(this.#early);
  }

  #receive(candle: Candle): void {
    const candles = this.#candles;
    if (candles === undefined) {
      this.#early = candle;
      return;
    }
    const newestMs = candles.at(-1)?.openMs ?? 0;
    // One that was finished may be told once more when the next one has begun.
    if (candle.openMs < newestMs) return;
    if (candle.openMs === newestMs) candles.pop();
    candles.push(candle);
    this.#options.onCandle(candle);
    if (candles.length <= 2 * CANDLES_MAX) return;
    this.#candles = candles.slice(-CANDLES_MAX);
    this.#options.onAll([...this.#candles]);
  }
}

/** The last candles, oldest first. Errors: of `RestClient`. */
export async function readCandles(
  url: string,
  symbol: string,
  interval: Interval,
  limit: number,
): Promise<readonly Candle[]> {
  const query = { symbol, interval, limit };
  const rows = await new RestClient({ url }).request("GET", "/api/v3/klines", query);
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
  const minutes = await readCandles(url, symbol, "1m", MINUTES_TELLING);
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
