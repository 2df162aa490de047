import { ApiError } from "../api/api-error.ts";
import type { ApiAnswer, Dispatcher } from "../api/dispatcher.ts";
import type { Operation, Services } from "../api/operation.ts";
import { orderLimitRows, weightLimitRow } from "../api/rate-limit-rows.ts";
import type { GatewayMetrics } from "../metrics/gateway-metrics.ts";
import type { ClientSocket } from "../streams/client-socket.ts";
import { timeIn } from "../streams/stream-messages.ts";
import { parseSocketRequest, type SocketRequest } from "./api-request.ts";
import type { ConnectionSession } from "./api-session.ts";

/** What the connections of the WebSocket API share. */
export interface ApiConnectionContext {
  readonly services: Services;
  readonly dispatcher: Dispatcher;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly metrics: GatewayMetrics;
}

export interface ApiConnectionOptions {
  readonly isMicroseconds: boolean;
  /** Requests without an answer beyond which nothing more is read from the connection. */
  readonly requestsMax: number;
}

/** Answers the requests of one WebSocket API connection. Answers may come in another order than requests. */
export class ApiConnection {
  readonly #context: ApiConnectionContext;
  readonly #socket: ClientSocket;
  readonly #session: ConnectionSession;
  readonly #options: ApiConnectionOptions;
  readonly #unanswered = new Set<Promise<void>>();

  constructor(
    context: ApiConnectionContext,
    socket: ClientSocket,
    session: ConnectionSession,
    options: ApiConnectionOptions,
  ) {
    this.#context = context;
    this.#socket = socket;
    this.#session = session;
    this.#options = options;
  }

  receive(text: string): void {
    const request = parseSocketRequest(text, this.#context.operations);
    if ("error" in request) {
      if (request.error.status === 404) this.#context.metrics.unknownRoute("method");
      this.#refuse(request.id, request.error);
      return;
    }
    const { requestsMax } = this.#options;
    // What is rejected here is a bug, and nobody's to catch.
    const work = this.#serve(request).finally(() => {
      this.#unanswered.delete(work);
      if (this.#unanswered.size === requestsMax - 1) this.#socket.resume();
    });
    this.#unanswered.add(work);
    if (this.#unanswered.size === requestsMax) this.#socket.pause();
  }

  /** Resolves when everything received so far has been answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#unanswered);
  }

  async #serve({ id, operation, params, payload }: SocketRequest): Promise<void> {
    const answer = await this.#context.dispatcher.dispatch({
      operation,
      params,
      keyId: params.get("apiKey"),
      payload,
      address: this.#socket.address,
      isMicroseconds: this.#options.isMicroseconds,
      session: this.#session,
    });
    this.#answer(id, answer, params.get("returnRateLimits") === "false");
  }

  #answer(id: string, answer: ApiAnswer, isQuiet: boolean): void {
    const { body } = answer;
    const limits = isQuiet ? "" : `,"rateLimits":${JSON.stringify(this.#rateLimits(answer))}`;
    const what =
      body instanceof ApiError
        ? `"status":${body.status},"error":${JSON.stringify(this.#errorOf(body))}`
        : `"status":200,"result":${JSON.stringify(body)}`;
    this.#socket.sendText(`{"id":${id},${what}${limits}}`);
  }

  /** Here there is no header to say when to try again in. */
  #errorOf(error: ApiError): object {
    const { retryAfterS } = error;
    if (retryAfterS === undefined) return error.body();
    const time = timeIn(this.#options.isMicroseconds);
    const nowMs = this.#context.services.exchange.nowMs();
    const data = { serverTime: time(nowMs), retryAfter: time(nowMs + retryAfterS * 1_000) };
    return error.with(data).body();
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
