import { ApiError, NetworkError } from "./client-error.ts";
import type { Credentials } from "./credentials.ts";
import { parseAnswer } from "./parse-answer.ts";
import type { Parameters } from "./rest-client.ts";

/** The address of a node's sockets: ws for http, wss for https. */
function socketUrl(url: string): string {
  return url.replace(/^http/, "ws").replace(/\/+$/, "");
}

const OPEN_TIMEOUT_MS = 15_000;

interface OpenOptions {
  /** How long the handshake may take. Default 15,000. */
  readonly openTimeoutMs?: number;
}

/** The platform's sockets wait for ever where somebody takes the connection and says nothing. Errors: NetworkError. */
function openSocket(
  url: string,
  { openTimeoutMs = OPEN_TIMEOUT_MS }: OpenOptions,
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const timer = setTimeout(() => {
      reject(NetworkError.unsent(`no connection to ${url} within ${openTimeoutMs} ms`));
      socket.close();
    }, openTimeoutMs);
    const onOpen = (): void => {
      clearTimeout(timer);
      resolve(socket);
    };
    const onError = (): void => {
      clearTimeout(timer);
      reject(NetworkError.unsent(`no connection to ${url}`));
    };
    socket.addEventListener("open", onOpen, { once: true });
    socket.addEventListener("error", onError, { once: true });
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

export interface MarketStreamsOptions extends OpenOptions {
  /** A connection on which nothing is heard for this long is asked whether it lives, and ended after as long again. */
  readonly silenceMs?: number;
}

/** Subscribes to market streams ("btcusd@trade") on one combined socket. What comes besides them is not told. */
export async function openMarketStreams(
  url: string,
  streams: readonly string[],
  onMessage: (message: StreamMessage) => void,
  options: MarketStreamsOptions = {},
): Promise<MarketStreams> {
  const socket = await openSocket(`${socketUrl(url)}/stream?streams=${streams.join("/")}`, options);
  const asked = new Set(streams);
  const { promise: closed, resolve: end } = Promise.withResolvers<void>();
  socket.addEventListener("close", () => end(), { once: true });
  socket.addEventListener("message", (event) => {
    // What was on its way when this side closed is for nobody.
    if (socket.readyState !== WebSocket.OPEN) return;
    const message = parseAnswer(String(event.data)) as StreamMessage | undefined;
    if (message === undefined) {
      // No node talks like that, nor does one part from us.
      socket.close();
      end();
      return;
    }
    // Answers have no stream; that the node is about to stop comes on one of its own.
    if (asked.has(message.stream)) onMessage(message);
  });
  const { silenceMs } = options;
  if (silenceMs !== undefined) void silenceOf(socket, silenceMs).then(end);
  return { closed, close: () => socket.close() };
}

/** Resolves when a socket has not even answered a question. It is not waited for then: nobody is there to part from. */
function silenceOf(socket: WebSocket, silenceMs: number): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    let timer = setTimeout(onSilence, silenceMs);
    function onSilence(): void {
      // Who has been given up is asked nothing more, and may never part.
      if (isAsked || socket.readyState !== WebSocket.OPEN) {
        socket.close();
        resolve();
        return;
      }
      isAsked = true;
      socket.send(JSON.stringify({ id: null, method: "LIST_SUBSCRIPTIONS" }));
      timer = setTimeout(onSilence, silenceMs);
    }
    socket.addEventListener("message", () => {
      isAsked = false;
      clearTimeout(timer);
      timer = setTimeout(onSilence, silenceMs);
    });
    socket.addEventListener("close", () => clearTimeout(timer), { once: true });
  });
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
  readonly timer: ReturnType<typeof setTimeout>;
}

const ANSWER_TIMEOUT_MS = 15_000;

/**
 * The WebSocket API of one node: requests may overlap, answers are matched by id.
 *
 * Errors   `ApiError` where the exchange refuses, `NetworkError` where it does not answer: a request that
 *          changes something may have been carried out all the same.
 */
export interface WsApi {
  readonly closed: Promise<void>;
  call(method: string, parameters?: Parameters): Promise<unknown>;
  /** The same with key, timestamp and signature. */
  signed(method: string, parameters?: Parameters): Promise<unknown>;
  close(): void;
}

export interface WsApiOptions extends OpenOptions {
  readonly url: string;
  readonly credentials?: Credentials;
  /** How far the node's clock is ahead of this one, for the time in signed requests. Default 0. */
  readonly clockAheadMs?: () => number;
  /** Events of the user data stream, once subscribed. */
  readonly onEvent?: (event: Readonly<Record<string, unknown>>) => void;
  /** How long an answer is waited for. Default 15,000. */
  readonly timeoutMs?: number;
}

export async function openWsApi(options: WsApiOptions): Promise<WsApi> {
  const socket = await openSocket(`${socketUrl(options.url)}/ws-api/v3`, options);
  const { timeoutMs = ANSWER_TIMEOUT_MS, credentials, clockAheadMs = () => 0 } = options;
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  const ending = Promise.withResolvers<void>();
  const end = (reason: string): void => {
    const error = new NetworkError(`the connection was closed: ${reason}`);
    for (const waiter of waiting.values()) {
      clearTimeout(waiter.timer);
      waiter.reject(error);
    }
    waiting.clear();
    ending.resolve();
  };
  const close = (reason: string): void => {
    socket.close();
    // The platform waits for the other side to part, and for a dead one a minute.
    end(reason);
  };
  socket.addEventListener("close", ({ reason, code }) => end(reason || `code ${code}`), {
    once: true,
  });
  socket.addEventListener("message", (event) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const answer = parseAnswer(String(event.data)) as
      | Answer
      | { readonly event: object }
      | undefined;
    if (answer === undefined) close("what answers is no node");
    else if ("event" in answer) {
      options.onEvent?.(answer.event as Readonly<Record<string, unknown>>);
    } else settle(waiting, answer);
  });
  const call = (method: string, parameters: Parameters = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) {
        reject(NetworkError.unsent("the connection is closed"));
        return;
      }
      const id = ++lastId;
      const onTimeout = (): void => {
        waiting.delete(id);
        reject(new NetworkError(`${method} was not answered within ${timeoutMs} ms`));
      };
      waiting.set(id, { resolve, reject, timer: setTimeout(onTimeout, timeoutMs) });
      socket.send(JSON.stringify({ id, method, params: parameters }));
    });
  return {
    closed: ending.promise,
    call,
    async signed(method, parameters = {}) {
      if (credentials === undefined) throw new Error("a signed request needs credentials");
      const nowMs = Date.now() + clockAheadMs();
      return await call(method, await signParameters(credentials, parameters, nowMs));
    },
    close: () => close("by this side"),
  };
}

function settle(waiting: Map<number, Waiting>, { id, status, result, error }: Answer): void {
  const waiter = waiting.get(id);
  if (waiter === undefined) return;
  waiting.delete(id);
  clearTimeout(waiter.timer);
  if (error === undefined) waiter.resolve(result);
  else waiter.reject(new ApiError(status, error.code, error.msg));
}

/**
 * Parameters with key, timestamp and signature, ready for `call`: for who must know when they are sent.
 *
 * Source   exchange-api: parameters sorted by name, joined k=v with &, not percent-encoded.
 */
export async function signParameters(
  credentials: Credentials,
  parameters: Parameters,
  nowMs: number = Date.now(),
): Promise<Parameters> {
  const all: Record<string, string | number | boolean> = {
    apiKey: credentials.apiKey,
    timestamp: nowMs,
  };
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) all[name] = value;
  const payload = Object.keys(all)
    .sort((left, right) => (left < right ? -1 : 1))
    .map((name) => `${name}=${all[name]}`)
    .join("&");
  return { ...all, signature: await credentials.sign(payload) };
}
