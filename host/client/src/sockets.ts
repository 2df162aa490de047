import { ApiError, NetworkError } from "./client-error.ts";
import type { Credentials } from "./credentials.ts";
import type { Parameters } from "./rest-client.ts";

/** The address of a node's sockets: ws for http, wss for https. */
export function socketUrl(url: string): string {
  return url.replace(/^http/, "ws").replace(/\/+$/, "");
}

function openSocket(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.addEventListener("open", () => resolve(socket), { once: true });
    const fail = (): void => reject(new NetworkError(`no connection to ${url}`));
    socket.addEventListener("error", fail, { once: true });
  });
}

export interface StreamMessage {
  readonly stream: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface MarketStreams {
  /** Resolves when the connection has ended, however it did. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Subscribes to market streams ("btcusd@trade") on one combined socket. */
export async function openMarketStreams(
  url: string,
  streams: readonly string[],
  onMessage: (message: StreamMessage) => void,
): Promise<MarketStreams> {
  const socket = await openSocket(`${socketUrl(url)}/stream?streams=${streams.join("/")}`);
  socket.addEventListener("message", (event) => {
    const message = JSON.parse(String(event.data)) as StreamMessage;
    if (typeof message.stream === "string") onMessage(message);
  });
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener("close", () => resolve(), { once: true });
  });
  return { closed, close: () => socket.close() };
}

interface Answer {
  readonly id: number;
  readonly status: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly msg: string };
}
interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The WebSocket API of one node: requests may overlap, answers are matched by id. */
export interface WsApi {
  readonly closed: Promise<void>;
  call(method: string, parameters?: Parameters): Promise<unknown>;
  /** The same with key, timestamp and signature. */
  signed(method: string, parameters?: Parameters): Promise<unknown>;
  close(): void;
}

export interface WsApiOptions {
  readonly url: string;
  readonly credentials?: Credentials;
  /** Events of the user data stream, once subscribed. */
  readonly onEvent?: (event: Readonly<Record<string, unknown>>) => void;
}

export async function openWsApi(options: WsApiOptions): Promise<WsApi> {
  const socket = await openSocket(`${socketUrl(options.url)}/ws-api/v3`);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  socket.addEventListener("message", (event) => {
    const answer = JSON.parse(String(event.data)) as Answer | { readonly event: object };
    if ("event" in answer) {
      options.onEvent?.(answer.event as Readonly<Record<string, unknown>>);
      return;
    }
    const waiter = waiting.get(answer.id);
    if (waiter === undefined) return;
    waiting.delete(answer.id);
    if (answer.error === undefined) waiter.resolve(answer.result);
    else waiter.reject(new ApiError(answer.status, answer.error.code, answer.error.msg));
  });
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener(
      "close",
      (event) => {
        const reason = event.reason === "" ? `code ${event.code}` : event.reason;
        const error = new NetworkError(`the connection was closed: ${reason}`);
        for (const waiter of waiting.values()) waiter.reject(error);
        waiting.clear();
        resolve();
      },
      { once: true },
    );
  });
  const call = (method: string, parameters: Parameters = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) {
        reject(new NetworkError("the connection is closed"));
        return;
      }
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params: parameters }));
    });
  return {
    closed,
    call,
    async signed(method, parameters = {}) {
      const { credentials } = options;
      if (credentials === undefined) throw new Error("a signed request needs credentials");
      return await call(method, await signParameters(credentials, parameters));
    },
    close: () => socket.close(),
  };
}

/** Source: exchange-api: parameters sorted by name, joined k=v with &, not percent-encoded. */
async function signParameters(
  credentials: Credentials,
  parameters: Parameters,
): Promise<Parameters> {
  const all: Record<string, string | number | boolean> = {
    apiKey: credentials.apiKey,
    timestamp: Date.now(),
  };
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) all[name] = value;
  const payload = Object.keys(all)
    .sort((left, right) => (left < right ? -1 : 1))
    .map((name) => `${name}=${all[name]}`)
    .join("&");
  return { ...all, signature: await credentials.sign(payload) };
}
