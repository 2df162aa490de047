import {
  type JsonToken,
  readJsonArray,
  readJsonObject,
  readRequestId,
} from "../ws-api/json-tokens.ts";

// What a client may say on a stream connection, and the refusals there are.

export const STREAM_METHODS = [
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "LIST_SUBSCRIPTIONS",
  "SET_PROPERTY",
  "GET_PROPERTY",
] as const;
export type StreamMethod = (typeof STREAM_METHODS)[number];

interface StreamErrorForm {
  readonly code: number;
  readonly text: string;
}

/** Every refusal on a stream connection; `%s` is filled in. */
export const STREAM_ERRORS = {
  PROPERTY_UNKNOWN: { code: 0, text: "Unknown property" },
  PROPERTY_TYPE: { code: 1, text: "Invalid value type: expected Boolean" },
  METHOD_UNKNOWN: { code: 2, text: "Invalid request: unknown method, expected one of %s" },
  PARAMS_TYPE: { code: 2, text: "Invalid request: params must be an array" },
  NAME_TYPE: { code: 2, text: "Invalid request: a name must be a string" },
  ID_TYPE: {
    code: 2,
    text: "Invalid request: request ID must be an integer, a string or null, of at most 64 characters",
  },
  STREAM_UNKNOWN: { code: 2, text: "Invalid request: unknown stream %s" },
  STREAMS_MANY: { code: 2, text: "Invalid request: more than %s streams" },
  JSON: { code: 3, text: "Invalid JSON: not a JSON object" },
} as const satisfies Readonly<Record<string, StreamErrorForm>>;
export type StreamErrorName = keyof typeof STREAM_ERRORS;

/** Why a request of a stream client is not done. */
export class StreamRefusal {
  /** Of the request, as it was written; "null" where it had none that could be read. */
  readonly id: string;
  readonly #form: StreamErrorForm;
  readonly #value: string;

  constructor(name: StreamErrorName, id: string, value = "") {
    this.#form = STREAM_ERRORS[name];
    this.id = id;
    this.#value = value;
  }

  body(): { readonly code: number; readonly msg: string } {
    const { code, text } = this.#form;
    return { code, msg: text.replace("%s", () => this.#value) };
  }
}

export interface StreamRequest {
  /** As it was written. */
  readonly id: string;
  readonly method: StreamMethod;
  /** Empty where the method takes none. */
  readonly params: readonly JsonToken[];
}

/** Reads a message of untrusted text. */
export function parseStreamRequest(text: string): StreamRequest | StreamRefusal {
  const fields = readJsonObject(text);
  if (fields === undefined) return new StreamRefusal("JSON", "null");
  const id = readRequestId(fields);
  if (id === undefined) return new StreamRefusal("ID_TYPE", "null");
  const name = fields.get("method");
  const method = STREAM_METHODS.find((each) => name?.kind === "string" && each === name.text);
  if (method === undefined) {
    return new StreamRefusal("METHOD_UNKNOWN", id, STREAM_METHODS.join(", "));
  }
  if (method === "LIST_SUBSCRIPTIONS") return { id, method, params: [] };
  const given = fields.get("params");
  const params = given?.kind === "array" ? readJsonArray(given.raw) : undefined;
  return params === undefined ? new StreamRefusal("PARAMS_TYPE", id) : { id, method, params };
}
