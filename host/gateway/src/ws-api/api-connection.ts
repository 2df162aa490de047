import { ApiError, apiError } from "../api/api-error.ts";
import type { ApiAnswer, Dispatcher } from "../api/dispatcher.ts";
import type { Operation } from "../api/operation.ts";
import { orderLimitRows, weightLimitRow } from "../api/rate-limit-rows.ts";
import type { Services } from "../api/operation.ts";
import type { ClientSocket } from "../streams/client-socket.ts";
import type { ConnectionSession } from "./api-session.ts";
import { type JsonFields, type JsonToken, readJsonObject } from "./json-tokens.ts";

/** What the connections of the WebSocket API share. */
export interface ApiConnectionContext {
  readonly services: Services;
  readonly dispatcher: Dispatcher;
  readonly operations: ReadonlyMap<string, Operation>;
}

const ID_LENGTH_MAX = 64;

/** Answers the requests of one WebSocket API connection. Answers may come in another order than requests. */
export class ApiConnection {
  readonly #context: ApiConnectionContext;
  readonly #socket: ClientSocket;
  readonly #session: ConnectionSession;
  readonly #isMicroseconds: boolean;

  constructor(
    context: ApiConnectionContext,
    socket: ClientSocket,
    session: ConnectionSession,
    isMicroseconds: boolean,
  ) {
    this.#context = context;
    this.#socket = socket;
    this.#session = session;
    this.#isMicroseconds = isMicroseconds;
  }

  async receive(text: string): Promise<void> {
    const fields = readJsonObject(text);
    if (fields === undefined) {
      this.#refuse("null", apiError("INVALID_JSON"));
      return;
    }
    const id = idOf(fields);
    if (id === undefined) {
      this.#refuse("null", apiError("INVALID_DATA", "id"));
      return;
    }
    const operation = this.#context.operations.get(fields.get("method")?.text ?? "");
    if (operation === undefined) {
      this.#refuse(id, apiError("UNKNOWN_ROUTE"));
      return;
    }
    const params = paramsOf(fields.get("params"));
    if (params === undefined) {
      this.#refuse(id, apiError("INVALID_DATA", "params"));
      return;
    }
    const answer = await this.#context.dispatcher.dispatch({
      operation,
      params,
      keyId: params.get("apiKey"),
      payload: signedPayload(params),
      address: this.#socket.address,
      isMicroseconds: this.#isMicroseconds,
      session: this.#session,
    });
    const isQuiet = params.get("returnRateLimits") === "false";
    this.#answer(id, answer, isQuiet);
  }

  #answer(id: string, answer: ApiAnswer, isQuiet: boolean): void {
    const { body } = answer;
    const limits = isQuiet ? "" : `,"rateLimits":${JSON.stringify(this.#rateLimits(answer))}`;
    const what =
      body instanceof ApiError
        ? `"status":${body.status},"error":${JSON.stringify(body.body())}`
        : `"status":200,"result":${JSON.stringify(body)}`;
    this.#socket.sendText(`{"id":${id},${what}${limits}}`);
  }

  /** Answers what never became a request. */
  #refuse(id: string, error: ApiError): void {
    const { requestLimiter, exchange } = this.#context.services;
    const used = requestLimiter.use(this.#socket.address, 1, exchange.nowMs());
    const body = used instanceof ApiError ? used : error;
    const usedWeight = typeof used === "number" ? used : requestLimiter.weightPerMinute;
    this.#answer(id, { body, usedWeight, orderCounts: undefined }, false);
  }

  #rateLimits(answer: ApiAnswer): object[] {
    const { services } = this.#context;
    return [
      ...weightLimitRow(services, answer.usedWeight),
      ...(answer.orderCounts === undefined ? [] : orderLimitRows(services, answer.orderCounts)),
    ];
  }
}

/** The id as it was written, "null" where there is none, undefined where it is none. */
function idOf(fields: JsonFields): string | undefined {
  const token = fields.get("id");
  if (token === undefined) return "null";
  const isKnown = token.kind === "string" || token.kind === "number" || token.kind === "null";
  return isKnown && token.raw.length <= ID_LENGTH_MAX ? token.raw : undefined;
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
