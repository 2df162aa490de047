import {
  keepConnected,
  type KeptConnection,
  type MarketStreams,
  openMarketStreams,
  RestClient,
  type StreamMessage,
} from "@rialto/client";

/** How a market stands, for a list of all. Amounts are texts as the exchange wrote them. */
export interface MarketGlance {
  readonly symbol: string;
  readonly last: string;
  /** Of the last 24 hours, in percent, with a sign if it is below zero. */
  readonly changePercent: string;
  readonly quoteVolume: string;
}

const SILENCE_MS = 10_000;

export interface OverviewFeedOptions {
  /** Origin of the node. */
  readonly url: string;
  readonly onChange: () => void;
  /** After this much silence the connection is asked whether it lives. */
  readonly silenceMs?: number;
}

/** The last price of every market, kept current until the feed is closed. */
export class OverviewFeed {
  readonly glances: Map<string, MarketGlance> = new Map();
  readonly #options: OverviewFeedOptions;
  readonly #kept: KeptConnection;

  constructor(options: OverviewFeedOptions) {
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

  close(): void {
    this.#kept.close();
  }

  async #open(): Promise<MarketStreams> {
    const { url, silenceMs = SILENCE_MS } = this.#options;
    const onMessage = ({ data }: StreamMessage): void => {
      // The one stream whose message is a list.
      const list = data as unknown as readonly Readonly<Record<string, string>>[];
      for (const each of list) this.#set(each["s"]!, each["o"]!, each["c"]!, each["q"]!);
      this.#options.onChange();
    };
    return await openMarketStreams(url, ["!miniTicker@arr"], onMessage, { silenceMs });
  }

  async #catchUp(): Promise<void> {
    const rest = new RestClient({ url: this.#options.url });
    const reply = await rest.request("GET", "/api/v3/ticker/24hr", { type: "MINI" });
    for (const each of reply as readonly Readonly<Record<string, string>>[]) {
      this.#set(each["symbol"]!, each["openPrice"]!, each["lastPrice"]!, each["quoteVolume"]!);
    }
    this.#options.onChange();
  }

  #set(symbol: string, open: string, last: string, quoteVolume: string): void {
    const change = Number(open) === 0 ? 0 : (Number(last) / Number(open) - 1) * 100;
    this.glances.set(symbol, { symbol, last, changePercent: change.toFixed(2), quoteVolume });
  }
}
