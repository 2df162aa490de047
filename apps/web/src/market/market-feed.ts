import {
  ApiError,
  keepConnected,
  type KeptConnection,
  type MarketStreams,
  NetworkError,
  openMarketStreams,
  RestClient,
  type StreamMessage,
} from "@rialto/client";
import type { Market } from "./market.ts";
import { type DepthSnapshot, type LevelText, SNAPSHOT_LEVELS, SyncedBook } from "./synced-book.ts";
import { type Ticker, tickerOfMessage, tickerOfReply } from "./ticker.ts";
import { type Trade, tradeOfMessage, tradeOfReply, TradeTape } from "./trade-tape.ts";

/** How a feed stands: `syncing` while it waits for a snapshot of the book, for the first time or after a gap. */
export type FeedState = "connecting" | "syncing" | "live" | "reconnecting";

export interface FeedHealth {
  readonly state: FeedState;
  /** Gaps found in the updates of the book since the page was opened; each has led to a new snapshot. */
  readonly gapCount: number;
  readonly reconnectCount: number;
}

export interface MarketFeedOptions {
  /** Origin of the node. */
  readonly url: string;
  readonly market: Market;
  /** Something is to be shown anew. Called very often: gather before drawing. */
  readonly onChange: () => void;
  /** After this much silence the connection is asked whether it lives. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 10_000;
const SNAPSHOT_RETRY_MS = 200;
const TRADES_SHOWN = 60;

/** The book, the trades and the day of one market, kept current for as long as it is open. */
export class MarketFeed {
  readonly book: SyncedBook;
  readonly tape: TradeTape = new TradeTape(TRADES_SHOWN);
  ticker: Ticker | undefined;
  readonly #options: MarketFeedOptions;
  readonly #rest: RestClient;
  readonly #kept: KeptConnection;
  /** The connection that is in use. */
  #streams: MarketStreams | undefined;
  /** A ticker has been told over it. */
  #hasTicker = false;
  #state: FeedState = "connecting";
  #gapCount = 0;
  /** It was there once, and is not any more. */
  #isLost = false;
  #reconnectCount = 0;

  constructor(options: MarketFeedOptions) {
    this.#options = options;
    this.book = new SyncedBook(options.market);
    this.#rest = new RestClient({ url: options.url });
    this.#kept = keepConnected({
      open: () => this.#open(),
      onOpen: (streams) => this.#catchUp(streams),
      onLost: () => {
        this.#streams = undefined;
        this.#isLost ||= this.book.updateId > 0;
        this.#enter("reconnecting");
      },
    });
  }

  get health(): FeedHealth {
    return {
      state: this.#state,
      gapCount: this.#gapCount,
      reconnectCount: this.#reconnectCount,
    };
  }

  /** Rejects if the feed meets a bug; resolves after `close`. */
  get ended(): Promise<void> {
    return this.#kept.ended;
  }

  close(): void {
    this.#streams = undefined;
    this.#kept.close();
  }

  #enter(state: FeedState): void {
    this.#state = state;
    this.#options.onChange();
  }

  async #open(): Promise<MarketStreams> {
    const name = this.#options.market.symbol.toLowerCase();
    const streams = [`${name}@depth@100ms`, `${name}@trade`, `${name}@ticker`];
    this.book.restart();
    this.tape.restart();
    this.#hasTicker = false;
    const silenceMs = this.#options.silenceMs ?? SILENCE_MS;
    const onMessage = (message: StreamMessage): void => this.#receive(message);
    return await openMarketStreams(this.#options.url, streams, onMessage, { silenceMs });
  }

  /** What happened before the streams began. */
  async #catchUp(streams: MarketStreams): Promise<void> {
    this.#streams = streams;
    const { symbol } = this.#options.market;
    const [ticker, trades] = await Promise.all([
      this.#rest.request("GET", "/api/v3/ticker/24hr", { symbol }),
      this.#rest.request("GET", "/api/v3/trades", { symbol, limit: TRADES_SHOWN }),
      this.#sync(streams),
    ]);
    // One that was told meanwhile is newer.
    if (!this.#hasTicker) this.ticker = tickerOfReply(ticker);
    this.tape.add((trades as readonly unknown[]).map((each): Trade => tradeOfReply(each)));
    this.#options.onChange();
  }

  /** Brings the book to the exchange's by a snapshot, for as long as `streams` are in use. */
  async #sync(streams: MarketStreams): Promise<void> {
    this.#enter("syncing");
    const query = { symbol: this.#options.market.symbol, limit: SNAPSHOT_LEVELS };
    for (;;) {
      const reply = await this.#rest.request("GET", "/api/v3/depth", query);
      // Without the streams that belong to it a snapshot is old at once.
      if (this.#streams !== streams) return;
      // Another snapshot may have come first, and changes after it: this one would lead back.
      if (this.book.isSynced) break;
      const verdict = this.book.snapshot(reply as DepthSnapshot);
      if (verdict === "applied") break;
      if (verdict === "gap") this.#gapCount += 1;
      await new Promise((resolve) => setTimeout(resolve, SNAPSHOT_RETRY_MS));
    }
    if (this.#isLost) this.#reconnectCount += 1;
    this.#isLost = false;
    this.#enter("live");
  }

  #receive({ stream, data }: StreamMessage): void {
    if (stream.includes("@depth")) this.#receiveDepth(data);
    else if (stream.endsWith("@trade")) this.tape.add([tradeOfMessage(data)]);
    else {
      this.ticker = tickerOfMessage(data);
      this.#hasTicker = true;
    }
    this.#options.onChange();
  }

  #receiveDepth(data: Readonly<Record<string, unknown>>): void {
    const verdict = this.book.change({
      firstId: Number(data["U"]),
      lastId: Number(data["u"]),
      bids: data["b"] as readonly LevelText[],
      asks: data["a"] as readonly LevelText[],
    });
    if (verdict === "gap") this.#gapCount += 1;
    else if (verdict === "applied" && this.book.isUsedUp) this.book.restart();
    else return;
    if (this.#streams !== undefined) this.#syncAgain(this.#streams);
  }

  #syncAgain(streams: MarketStreams): void {
    this.#sync(streams).catch((error: unknown) => {
      if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
      // Without a snapshot there is no book: begin again, after a while.
      streams.close();
    });
  }
}
