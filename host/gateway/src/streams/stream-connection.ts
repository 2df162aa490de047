import { readJsonArray, readJsonObject, type JsonToken } from "../ws-api/json-tokens.ts";
import type { ClientSocket } from "./client-socket.ts";
import type { StreamHub } from "./stream-hub.ts";
import type { FrameForm, StreamClient } from "./topic.ts";

// What a client may say on a stream connection, and how it is answered.

export interface StreamLimits {
  readonly streamsMax: number;
  /** Messages that a client may send at once, and in each second after that. */
  readonly messagesBurst: number;
  readonly messagesPerSecond: number;
}

/** Codes of errors on stream connections. */
const ErrorCode = { property: 0, type: 1, request: 2, json: 3 } as const;

class Refusal {
  readonly code: number;
  readonly text: string;
  constructor(code: number, text: string) {
    this.code = code;
    this.text = text;
  }
}

const METHODS = [
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "LIST_SUBSCRIPTIONS",
  "SET_PROPERTY",
  "GET_PROPERTY",
] as const;
const ID_LENGTH_MAX = 64;

/** One connection to market streams: its subscriptions and the form it wants messages in. */
export class StreamConnection implements StreamClient {
  readonly socket: ClientSocket;
  readonly form: { isCombined: boolean; readonly isMicroseconds: boolean };
  readonly #hub: StreamHub;
  readonly #limits: StreamLimits;
  #credit: number;
  #creditMs: number;

  constructor(socket: ClientSocket, hub: StreamHub, form: FrameForm, limits: StreamLimits) {
    this.socket = socket;
    this.form = { ...form };
    this.#hub = hub;
    this.#limits = limits;
    this.#credit = limits.messagesBurst;
    this.#creditMs = performance.now();
  }

  /** Subscribes to the streams of the connection's address; what is none there is passed over. */
  open(names: readonly string[]): void {
    for (const name of names.slice(0, this.#limits.streamsMax)) this.#hub.subscribe(this, name);
  }

  /** The connection is gone. */
  end(): void {
    this.#hub.leave(this);
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
    const fields = readJsonObject(text);
    if (fields === undefined) {
      this.#answer("null", new Refusal(ErrorCode.json, "Invalid JSON: not a JSON object"));
      return;
    }
    const id = idOf(fields.get("id"));
    if (id === undefined) {
      const refusal = "Invalid request: request ID must be an integer, a string or null";
      this.#answer("null", new Refusal(ErrorCode.request, refusal));
      return;
    }
    this.#answer(id, this.#handle(fields.get("method"), fields.get("params")));
  }

  #answer(id: string, result: unknown): void {
    this.socket.sendText(
      result instanceof Refusal
        ? `{"error":{"code":${result.code},"msg":${JSON.stringify(result.text)}},"id":${id}}`
        : `{"result":${JSON.stringify(result)},"id":${id}}`,
    );
  }

  #handle(method: JsonToken | undefined, params: JsonToken | undefined): unknown {
    const name = METHODS.find((each) => method?.kind === "string" && each === method.text);
    if (name === undefined) {
      const expected = METHODS.join(", ");
      return refuse(`Invalid request: unknown method, expected one of ${expected}`);
    }
    if (name === "LIST_SUBSCRIPTIONS") return this.#hub.subscriptions(this);
    const values = params?.kind === "array" ? readJsonArray(params.raw) : undefined;
    if (values === undefined) return refuse("Invalid request: params must be an array");
    switch (name) {
      case "SET_PROPERTY":
        return this.#setProperty(values);
      case "GET_PROPERTY":
        return this.#getProperty(values);
      case "SUBSCRIBE":
        return this.#subscribe(values);
      case "UNSUBSCRIBE":
        return this.#unsubscribe(values);
    }
  }

  #subscribe(values: readonly JsonToken[]): Refusal | null {
    const names = values.map(({ text }) => text);
    const added = new Set(this.#hub.subscriptions(this));
    for (const { kind, text } of values) {
      if (kind !== "string" || !this.#hub.isKnown(text)) {
        return refuse(`Invalid request: unknown stream ${text.slice(0, 100)}`);
      }
      added.add(text);
    }
    if (added.size > this.#limits.streamsMax) {
      return refuse(`Invalid request: more than ${this.#limits.streamsMax} streams`);
    }
    for (const name of names) this.#hub.subscribe(this, name);
    return null;
  }

  #unsubscribe(values: readonly JsonToken[]): Refusal | null {
    for (const { kind, text } of values) {
      if (kind !== "string") return refuse("Invalid request: a stream's name must be a string");
      this.#hub.unsubscribe(this, text);
    }
    return null;
  }

  #setProperty([name, value]: readonly JsonToken[]): Refusal | null {
    if (name?.kind !== "string") return refuse("Invalid request: property name must be a string");
    if (name.text !== "combined") return new Refusal(ErrorCode.property, "Unknown property");
    if (value?.kind !== "boolean") {
      return new Refusal(ErrorCode.type, "Invalid value type: expected Boolean");
    }
    this.form.isCombined = value.text === "true";
    return null;
  }

  #getProperty([name]: readonly JsonToken[]): Refusal | boolean {
    if (name?.kind !== "string") return refuse("Invalid request: property name must be a string");
    if (name.text !== "combined") return new Refusal(ErrorCode.property, "Unknown property");
    return this.form.isCombined;
  }
}

function refuse(text: string): Refusal {
  return new Refusal(ErrorCode.request, text);
}

/** The id as it was written; "null" where there is none, undefined where it is none. */
function idOf(token: JsonToken | undefined): string | undefined {
  if (token === undefined) return "null";
  const isKnown = token.kind === "string" || token.kind === "number" || token.kind === "null";
  return isKnown && token.raw.length <= ID_LENGTH_MAX ? token.raw : undefined;
}
