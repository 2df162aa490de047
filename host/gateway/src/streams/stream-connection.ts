import type { JsonToken } from "../ws-api/json-tokens.ts";
import type { Services } from "../api/operation.ts";
import type { AccountFeeds } from "./account-feeds.ts";
import { AccountListeners } from "./account-listeners.ts";
import type { ClientSocket } from "./client-socket.ts";
import type { StreamHub } from "./stream-hub.ts";
import { parseStreamRequest, type StreamRequest, StreamRefusal } from "./stream-request.ts";
import type { FrameForm, StreamClient } from "./topic.ts";

export interface StreamLimits {
  readonly streamsMax: number;
  /** Messages that a client may send at once, and in each second after that. */
  readonly messagesBurst: number;
  readonly messagesPerSecond: number;
}

/** What connections work with. */
export interface StreamContext {
  readonly hub: StreamHub;
  readonly feeds: AccountFeeds;
  readonly services: Services;
}

/** Of an unknown stream's name, as much is said back. */
const NAME_SHOWN_MAX = 100;

/** One connection to market streams: its subscriptions and the form it wants messages in. */
export class StreamConnection implements StreamClient {
  readonly socket: ClientSocket;
  readonly form: { isCombined: boolean; readonly isMicroseconds: boolean };
  readonly #hub: StreamHub;
  readonly #accounts: AccountListeners;
  readonly #limits: StreamLimits;
  #credit: number;
  #creditMs: number;

  constructor(
    socket: ClientSocket,
    { hub, feeds, services }: StreamContext,
    form: FrameForm,
    limits: StreamLimits,
  ) {
    this.socket = socket;
    this.form = { ...form };
    this.#hub = hub;
    this.#accounts = new AccountListeners(services, feeds, this);
    this.#limits = limits;
    this.#credit = limits.messagesBurst;
    this.#creditMs = performance.now();
  }

  /** Subscribes to the streams of the connection's address; what is none there is passed over. */
  open(names: readonly string[]): void {
    for (const name of names.slice(0, this.#limits.streamsMax)) this.#add(name);
  }

  /** A market stream, or a listen key; nothing where it is neither. */
  #add(name: string): void {
    this.#hub.subscribe(this, name);
    this.#accounts.add(name);
  }

  /** Ends what no longer may be followed. */
  check(): void {
    this.#accounts.check();
  }

  /** Resolves when the client has been given what has happened to the accounts that it follows. */
  told(): Promise<void> {
    return this.#accounts.told();
  }

  /** The connection is gone. */
  end(): void {
    this.#hub.leave(this);
    this.#accounts.end();
  }

  #names(): string[] {
    return [...this.#hub.subscriptions(this), ...this.#accounts.names()];
  }

  /** Counts a message or a ping. One who sends too many is disconnected. */
  count(): boolean {
    const { messagesBurst, messagesPerSecond } = this.#limits;
    if (messagesPerSecond === 0) return true;
    const nowMs = performance.now();
    const earned = ((nowMs - this.#creditMs) / 1_000) * messagesPerSecond;
    this.#credit = Math.min(messagesBurst, this.#credit + earned) - 1;
    this.#creditMs = nowMs;
    if (this.#credit >= 0) return true;
    this.socket.drop("flood");
    return false;
  }

  receive(text: string): void {
    if (!this.count()) return;
    const request = parseStreamRequest(text);
    if (request instanceof StreamRefusal) this.#answer(request.id, request);
    else this.#answer(request.id, this.#handle(request));
  }

  #answer(id: string, result: unknown): void {
    this.socket.sendText(
      result instanceof StreamRefusal
        ? `{"error":${JSON.stringify(result.body())},"id":${id}}`
        : `{"result":${JSON.stringify(result)},"id":${id}}`,
    );
  }

  #handle({ method, params, id }: StreamRequest): unknown {
    switch (method) {
      case "LIST_SUBSCRIPTIONS":
        return this.#names();
      case "SET_PROPERTY":
        return this.#setProperty(params, id);
      case "GET_PROPERTY":
        return this.#getProperty(params, id);
      case "SUBSCRIBE":
        return this.#subscribe(params, id);
      case "UNSUBSCRIBE":
        return this.#unsubscribe(params, id);
    }
  }

  #subscribe(values: readonly JsonToken[], id: string): StreamRefusal | null {
    const names = values.map(({ text }) => text);
    const added = new Set(this.#names());
    for (const { kind, text } of values) {
      const isKnown = this.#hub.isKnown(text) || this.#accounts.isKnown(text);
      if (kind !== "string" || !isKnown) {
        return new StreamRefusal("STREAM_UNKNOWN", id, text.slice(0, NAME_SHOWN_MAX));
      }
      added.add(text);
    }
    const { streamsMax } = this.#limits;
    if (added.size > streamsMax) return new StreamRefusal("STREAMS_MANY", id, String(streamsMax));
    for (const name of names) this.#add(name);
    return null;
  }

  #unsubscribe(values: readonly JsonToken[], id: string): StreamRefusal | null {
    if (values.some(({ kind }) => kind !== "string")) return new StreamRefusal("NAME_TYPE", id);
    for (const { text } of values) {
      this.#hub.unsubscribe(this, text);
      this.#accounts.remove(text);
    }
    return null;
  }

  #setProperty([name, value]: readonly JsonToken[], id: string): StreamRefusal | null {
    if (name?.kind !== "string") return new StreamRefusal("NAME_TYPE", id);
    if (name.text !== "combined") return new StreamRefusal("PROPERTY_UNKNOWN", id);
    if (value?.kind !== "boolean") return new StreamRefusal("PROPERTY_TYPE", id);
    this.form.isCombined = value.text === "true";
    return null;
  }

  #getProperty([name]: readonly JsonToken[], id: string): StreamRefusal | boolean {
    if (name?.kind !== "string") return new StreamRefusal("NAME_TYPE", id);
    return name.text === "combined"
      ? this.form.isCombined
      : new StreamRefusal("PROPERTY_UNKNOWN", id);
  }
}
