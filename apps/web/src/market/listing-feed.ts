import { ApiError, NetworkError, RestClient } from "@rialto/client";
import { isSameMarket, type Market, marketsOf } from "./market.ts";

/** What a market takes, in the API's words; it has none for one that takes only post-only orders. */
export type MarketStatus = "TRADING" | "POST_ONLY" | "CANCEL_ONLY" | "HALT" | "BREAK";

export interface ListingFeedOptions {
  /** Origin of the node. */
  readonly url: string;
  readonly symbol: string;
  readonly onChange: () => void;
  /** How long after an answer it is asked again. */
  readonly intervalMs?: number;
}

/** No stream tells of it. At a weight of 20 this is a twenty-fifth of what an address may ask for. */
const INTERVAL_MS = 5_000;

/** Of an answer of exchangeInfo what is read here. */
interface StatusInfo {
  readonly status: Exclude<MarketStatus, "POST_ONLY">;
  readonly orderTypes: readonly string[];
}

/** How one market is listed now: whether it trades, and by which rules. Asked for until the feed is closed. */
export class ListingFeed {
  /** Undefined while it is not known. */
  status: MarketStatus | undefined;
  /** The same object until a rule has changed; undefined until it has been told. */
  market: Market | undefined;
  readonly #options: ListingFeedOptions;
  readonly #stop = Promise.withResolvers<void>();
  #isClosed = false;
  /** Rejects if the feed meets a bug; resolves after `close`. */
  readonly ended: Promise<void>;

  constructor(options: ListingFeedOptions) {
    this.#options = options;
    this.ended = this.#follow();
  }

  close(): void {
    this.#isClosed = true;
    this.#stop.resolve();
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      const reply = await this.#read();
      if (this.#isClosed) return;
      this.#take(reply);
      await this.#pause();
    }
  }

  /** Undefined where there is no answer. */
  async #read(): Promise<unknown> {
    const { url, symbol } = this.#options;
    try {
      return await new RestClient({ url }).request("GET", "/api/v3/exchangeInfo", { symbol });
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
      return undefined;
    }
  }

  #take(reply: unknown): void {
    const known = [this.status, this.market];
    // Rules hold where nobody answers; whether anything trades there is not known.
    this.status = reply === undefined ? undefined : statusOf(reply);
    const market = reply === undefined ? undefined : marketsOf(reply)[0];
    const isNew = this.market === undefined || (market && !isSameMarket(market, this.market));
    if (isNew) this.market = market;
    if (this.status !== known[0] || this.market !== known[1]) this.#options.onChange();
  }

  async #pause(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const due = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.intervalMs ?? INTERVAL_MS);
    });
    await Promise.race([due, this.#stop.promise]);
    clearTimeout(timer);
  }
}

function statusOf(reply: unknown): MarketStatus | undefined {
  const { symbols } = reply as { readonly symbols: readonly StatusInfo[] };
  const [info] = symbols;
  const isPostOnly = info?.status === "TRADING" && !info.orderTypes.includes("LIMIT");
  return isPostOnly ? "POST_ONLY" : info?.status;
}
