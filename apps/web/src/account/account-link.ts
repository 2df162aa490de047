import {
  ApiError,
  type Credentials,
  keepConnected,
  type KeptConnection,
  NetworkError,
  openWsApi,
  type Parameters,
  type WsApi,
} from "@rialto/client";
import { AccountState } from "./account-state.ts";

export type LinkState = "connecting" | "live" | "reconnecting";

export interface LinkHealth {
  readonly state: LinkState;
  /** From a question to its answer. */
  readonly roundTripMs: number | undefined;
  /** How far the node's clock is ahead of this one. */
  readonly clockAheadMs: number | undefined;
  /** Why the account cannot be used, if it cannot: what the exchange says of the key, or of the last attempt. */
  readonly refusal: string;
}

export interface AccountLinkOptions {
  /** Origin of the node. */
  readonly url: string;
  /** Asked for at each connection: a node may have a new demo account after a restart. Undefined for none. */
  readonly credentials: () => Promise<Credentials | undefined>;
  /** Something is to be shown anew. Gather before drawing. */
  readonly onChange: () => void;
}

const PING_INTERVAL_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;
const HISTORY_ROWS = 200;

/** The WebSocket API of a node and, with credentials, the account behind them, for as long as it is open. */
export class AccountLink {
  readonly state: AccountState = new AccountState();
  readonly #options: AccountLinkOptions;
  readonly #kept: KeptConnection;
  #health: LinkHealth = {
    state: "connecting",
    roundTripMs: undefined,
    clockAheadMs: undefined,
    refusal: "",
  };
  #api: WsApi | undefined;
  #hasAccount = false;
  /** Markets whose history has been asked for over this connection, and those where it has come. */
  readonly #asked = new Set<string>();
  readonly #loaded = new Set<string>();

  constructor(options: AccountLinkOptions) {
    this.#options = options;
    this.#kept = keepConnected({
      open: () => this.#open(),
      onOpen: (api) => this.#begin(api),
      onLost: (reason) => this.#lose(reason),
    });
  }

  get health(): LinkHealth {
    return this.#health;
  }

  /** True while orders can be sent. */
  get hasAccount(): boolean {
    return this.#hasAccount;
  }

  /** Rejects if the link meets a bug; resolves after `close`. */
  get ended(): Promise<void> {
    return this.#kept.ended;
  }

  close(): void {
    this.#kept.close();
  }

  /** A signed request. Errors: `ApiError`, `NetworkError`, also where there is no connection. */
  async signed(method: string, parameters: Parameters): Promise<unknown> {
    if (this.#api === undefined) throw NetworkError.unsent("not connected to the node");
    return await this.#api.signed(method, parameters);
  }

  /** Fetches the ended orders and the fills of a market, once for each connection. Errors: those of `signed`. */
  async loadHistory(symbol: string): Promise<void> {
    if (!this.#hasAccount || this.#asked.has(symbol)) return;
    this.#asked.add(symbol);
    const query = { symbol, limit: HISTORY_ROWS };
    try {
      const [orders, fills] = await Promise.all([
        this.signed("allOrders", query),
        this.signed("myTrades", query),
      ]);
      this.state.ordersReply(orders);
      this.state.fillsReply(fills);
      this.#loaded.add(symbol);
    } catch (error) {
      // Without an answer it is not known, and to be asked for again.
      this.#asked.delete(symbol);
      throw error;
    }
    this.#options.onChange();
  }

  /** True when the ended orders and the fills of a market are those of the exchange. */
  knowsHistory(symbol: string): boolean {
    return this.#loaded.has(symbol);
  }

  #set(part: Partial<LinkHealth>): void {
    this.#health = { ...this.#health, ...part };
    this.#options.onChange();
  }

  async #open(): Promise<WsApi> {
    const { url, credentials } = this.#options;
    const known = await credentials();
    this.#hasAccount = known !== undefined;
    return await openWsApi({
      url,
      timeoutMs: ANSWER_TIMEOUT_MS,
      clockAheadMs: () => this.#health.clockAheadMs ?? 0,
      ...(known === undefined ? {} : { credentials: known }),
      onEvent: (event) => this.#receive(event),
    });
  }

  #receive(event: Readonly<Record<string, unknown>>): void {
    // The account is not told of any more, as its key has ended: the next connection says why.
    if (event["e"] === "eventStreamTerminated") this.#api?.close();
    this.state.event(event);
    this.#options.onChange();
  }

  async #begin(api: WsApi): Promise<void> {
    this.#api = api;
    this.#asked.clear();
    this.#loaded.clear();
    this.state.clear();
    await this.#measure(api);
    const refusal = this.#hasAccount ? await this.#beginAccount(api) : "";
    this.#set({ state: "live", refusal });
    const timer = setInterval(() => void this.#ping(api), PING_INTERVAL_MS);
    void api.closed.then(() => clearInterval(timer));
  }

  /** Follows the account. Returns what the exchange has against the key, "" if nothing. */
  async #beginAccount(api: WsApi): Promise<string> {
    try {
      // Followed first: what happens while the rest is fetched is told as events.
      await api.signed("userDataStream.subscribe.signature");
      const [account, orders] = await Promise.all([
        api.signed("account.status"),
        api.signed("openOrders.status"),
      ]);
      this.state.balancesReply(account);
      this.state.ordersReply(orders);
      return "";
    } catch (error) {
      if (!(error instanceof ApiError) || !isAboutKey(error)) throw error;
      this.#hasAccount = false;
      return error.message;
    }
  }

  #lose(reason: ApiError | NetworkError | undefined): void {
    this.#api = undefined;
    const refusal = reason instanceof ApiError ? reason.message : "";
    this.#set({ state: "reconnecting", roundTripMs: undefined, refusal });
  }

  /** Ends a connection that does not answer any more. */
  async #ping(api: WsApi): Promise<void> {
    try {
      await this.#measure(api);
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
      api.close();
    }
  }

  async #measure(api: WsApi): Promise<void> {
    const [sentMs, sentAtMs] = [performance.now(), Date.now()];
    const { serverTime } = (await api.call("time")) as { readonly serverTime: number };
    const roundTripMs = performance.now() - sentMs;
    const clockAheadMs = Math.round(serverTime - (sentAtMs + roundTripMs / 2));
    this.#set({ roundTripMs, clockAheadMs });
  }
}

/** True where another attempt with the same key would be answered the same. */
function isAboutKey({ code }: ApiError): boolean {
  return code === -2014 || code === -2015 || code === -1022 || code === -1002;
}
