import { type ApiError, apiError } from "../api/api-error.ts";
import type { Operation } from "../api/operation.ts";
import { type JsonToken, readJsonObject, readRequestId } from "./json-tokens.ts";

/** A request of the WebSocket API that names an operation. */
export interface SocketRequest {
  /** As it was written. */
  readonly id: string;
  readonly operation: Operation;
  readonly params: ReadonlyMap<string, string>;
  /** What the signature is over; empty where there is none. */
  readonly payload: string;
}

/** What never became a request, with the id to answer it by. */
export interface RefusedRequest {
  readonly id: string;
  readonly error: ApiError;
}

/** Reads a message of untrusted text. */
export function parseSocketRequest(
  text: string,
  operations: ReadonlyMap<string, Operation>,
): SocketRequest | RefusedRequest {
  const fields = readJsonObject(text);
  if (fields === undefined) return { id: "null", error: apiError("INVALID_JSON") };
  const id = readRequestId(fields);
  if (id === undefined) return { id: "null", error: apiError("INVALID_DATA", "id") };
  const method = fields.get("method");
  const operation = method?.kind === "string" ? operations.get(method.text) : undefined;
  if (operation === undefined) return { id, error: apiError("UNKNOWN_ROUTE") };
  const params = paramsOf(fields.get("params"));
  if (params === undefined) return { id, error: apiError("INVALID_DATA", "params") };
  return { id, operation, params, payload: signedPayload(params) };
}

/** Parameters by name, as text; what is null was not sent. */
function paramsOf(token: JsonToken | undefined): ReadonlyMap<string, string> | undefined {
  if (token === undefined || token.kind === "null") return new Map();
  const fields = token.kind === "object" ? readJsonObject(token.raw) : undefined;
  if (fields === undefined) return undefined;
  const params = new Map<string, string>();
  for (const [name, { kind, text }] of fields) if (kind !== "null") params.set(name, text);
  return params;
}

/** Names in the order of their letters, joined with their values as they were written. */
function signedPayload(params: ReadonlyMap<string, string>): string {
  if (!params.has("signature")) return "";
  const names = [...params.keys()].filter((name) => name !== "signature");
  names.sort((left, right) => (left < right ? -1 : 1));
  return names.map((name) => `${name}=${params.get(name)}`).join("&");
}
