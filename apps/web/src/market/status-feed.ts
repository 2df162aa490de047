import { ApiError, NetworkError, RestClient } from "@rialto/client";

/** What a market takes, in the API's words. */
export type MarketStatus = "TRADING" | "CANCEL_ONLY" | "HALT" | "BREAK";

export interface StatusFeedOptions {
  /** Origin of the node. */
  readonly url: string;
  readonly symbol: string;
  readonly onChange: () => void;
  /** How long after an answer it is asked again. */
  readonly intervalMs?: number;
}

/** No stream tells of it. At a weight of 20 this is a twenty-fifth of what an address may ask for. */
const INTERVAL_MS = 5_000;

/** Whether one market trades, asked for until the feed is closed. */
export class StatusFeed {
  /** Undefined while it is not known. */
  status: MarketStatus | undefined;
  readonly #options: StatusFeedOptions;
  readonly #stop = Promise.withResolvers<void>();
  #isClosed = false;
  /** Rejects if the feed meets a bug; resolves after `close`. */
  readonly ended: Promise<void>;

  constructor(options: StatusFeedOptions) {
    this.#options = options;
    this.ended = this.#follow();
  }

  close(): void {
    this.#isClosed = true;
    this.#stop.resolve();
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      const status = await this.#read();
      if (this.#isClosed) return;
      if (status !== this.status) {
        this.status = status;
        this.#options.onChange();
      }
      await this.#pause();
    }
  }

  async #read(): Promise<MarketStatus | undefined> {
    const { url, symbol } = this.#options;
    try {
      const reply = await new RestClient({ url }).request("GET", "/api/v3/exchangeInfo", {
        symbol,
      });
      const { symbols } = reply as { readonly symbols: readonly { status: MarketStatus }[] };
      return symbols[0]?.status;
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
      return undefined;
    }
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
