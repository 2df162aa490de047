import { Fault } from "@rialto/base";
import type { Authenticator } from "../auth/authenticator.ts";
import { ApiKey } from "../keys/api-key.ts";
import type { OrderCounts } from "../limits/order-limiter.ts";
import { ApiError, apiError } from "./api-error.ts";
import type { ApiSession, Operation, Services } from "./operation.ts";
import { readParams, type SentParams } from "./params.ts";

/** A request for an operation, whatever it came through. */
export interface ApiRequest {
  readonly operation: Operation;
  readonly params: SentParams;
  readonly keyId: string | undefined;
  /** What a signature is over. */
  readonly payload: string;
  readonly address: string;
  readonly isMicroseconds: boolean;
  readonly session: ApiSession | undefined;
}

export interface ApiAnswer {
  /** What is answered: an error, or anything that JSON can say. */
  readonly body: unknown;
  readonly usedWeight: number;
  /** Of an order. */
  readonly orderCounts: OrderCounts | undefined;
}

/** What is told of requests, for metrics and the log. */
export interface RequestObservers {
  /** Of every answer. */
  readonly answered: (request: ApiRequest, body: unknown, tookMs: number) => void;
  /** Of what the operator has commanded, whatever came of it. */
  readonly commanded: (request: ApiRequest, key: ApiKey, body: unknown) => void;
  /** Of a fault that a request met. */
  readonly faulted: (request: ApiRequest, fault: Fault<{ readonly code: string }>) => void;
}

/** Takes a request through limits, parameters, signature and handler, in that order, to its answer. */
export class Dispatcher {
  readonly #services: Services;
  readonly #authenticator: Authenticator;
  readonly #observers: RequestObservers;

  constructor(services: Services, authenticator: Authenticator, observers: RequestObservers) {
    this.#services = services;
    this.#authenticator = authenticator;
    this.#observers = observers;
  }

  async dispatch(request: ApiRequest): Promise<ApiAnswer> {
    const startedMs = performance.now();
    const answer = await this.#answer(request);
    this.#observers.answered(request, answer.body, performance.now() - startedMs);
    return answer;
  }

  async #answer(request: ApiRequest): Promise<ApiAnswer> {
    const { operation, address } = request;
    const services = this.#services;
    const nowMs = services.exchange.nowMs();
    const params = readParams(operation.params, request.params, services.catalog);
    const weight = weightOf(operation, params);
    const used = services.requestLimiter.use(address, weight, nowMs);
    const usedWeight =
      used instanceof ApiError ? services.requestLimiter.used(address, nowMs) : used;
    const answer = (body: unknown, orderCounts?: OrderCounts): ApiAnswer => {
      return { body, usedWeight, orderCounts };
    };
    if (used instanceof ApiError && !this.#isOfOperator(request)) return answer(used);
    if (params instanceof ApiError) return answer(params);
    const key = this.#findKey(request);
    if (key instanceof ApiError) return answer(key);
    let counts: OrderCounts | undefined;
    if (operation.orderCount > 0 && key !== undefined) {
      const refusal = services.orderLimiter.use(key.account, operation.orderCount, nowMs);
      counts = services.orderLimiter.counts(key.account, nowMs);
      if (refusal !== undefined) return answer(refusal, counts);
    }
    const time = request.isMicroseconds ? microseconds : milliseconds;
    const call = { params, services, key, nowMs, time, session: request.session };
    const body = await this.#handle(request, call);
    const isCommand = operation.security === "operator" && operation.http?.method !== "GET";
    if (isCommand && key !== undefined) this.#observers.commanded(request, key, body);
    const more = rowsWeight(body);
    if (more === 0) return answer(body, counts);
    const { requestLimiter, exchange } = services;
    const withRows = requestLimiter.add(address, more, exchange.nowMs());
    return { ...answer(body, counts), usedWeight: withRows };
  }

  async #handle(request: ApiRequest, call: Parameters<Operation["handle"]>[0]): Promise<unknown> {
    try {
      return await request.operation.handle(call);
    } catch (error) {
      return this.#faultError(request, error);
    }
  }

  /** True for what an operator has signed: it is heard however much others of its address ask for. */
  #isOfOperator(request: ApiRequest): boolean {
    return request.operation.security === "operator" && this.#findKey(request) instanceof ApiKey;
  }

  /** The same as `#keyOf`, where keys that cannot be read are answered: nothing has been done yet. */
  #findKey(request: ApiRequest): ApiKey | undefined | ApiError {
    try {
      return this.#keyOf(request);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#observers.faulted(request, error);
      return apiError("UNAVAILABLE", "its keys cannot be read now.");
    }
  }

  /** Who sends the request; undefined where it does not matter. */
  #keyOf(request: ApiRequest): ApiKey | undefined | ApiError {
    const { operation, params } = request;
    const { security } = operation;
    switch (security) {
      case "none":
      case "own":
      case "connection":
        return undefined;
      case "session":
        return this.#loggedOnKey(request) ?? apiError("NOT_AUTHORIZED");
      case "key": {
        const key = this.#authenticator.findKey(request.keyId, request.address);
        if (key instanceof ApiError) return key;
        return this.#authenticator.checkPermission(key, "read") ?? key;
      }
      case "demo": {
        const { demo } = this.#services;
        if (demo !== undefined && request.keyId === undefined) return demo.key;
        return this.#authenticator.authenticate(request, "trade");
      }
      default: {
        // A request that is signed stands for itself, also on a connection that is logged on.
        const isSigned = params.has("signature") || request.keyId !== undefined;
        const loggedOn = isSigned ? undefined : this.#loggedOnKey(request);
        if (loggedOn === undefined) return this.#authenticator.authenticate(request, security);
        if (loggedOn instanceof ApiError) return loggedOn;
        const late = params.has("timestamp") ? this.#authenticator.checkTime(params) : undefined;
        return late ?? this.#authenticator.checkPermission(loggedOn, security) ?? loggedOn;
      }
    }
  }

  /** The key of the connection, looked up again: it may have been revoked since. */
  #loggedOnKey({ session, address }: ApiRequest): ApiKey | ApiError | undefined {
    const key = session?.key;
    return key === undefined ? undefined : this.#authenticator.findKey(key.id, address);
  }

  /** A fault is the world's, and is answered; anything else is a bug and goes up. */
  #faultError(request: ApiRequest, error: unknown): ApiError {
    if (!(error instanceof Fault)) throw error;
    this.#observers.faulted(request, error);
    // What was met after a command was sent says nothing about what became of the command.
    const isCommand = ["trade", "operator", "demo"].includes(request.operation.security);
    return isCommand
      ? apiError("TIMEOUT")
      : apiError("UNAVAILABLE", "its records cannot be read now.");
  }
}

function weightOf(operation: Operation, params: object): number {
  if (typeof operation.weight === "number") return operation.weight;
  return params instanceof ApiError ? 1 : operation.weight(params as never);
}

/** Rows of an answer that are in its operation's weight: as many as a page has at most. */
export const ROWS_OF_WEIGHT = 1_000;
/** Rows beyond them that count for one more. */
export const ROWS_PER_WEIGHT = 25;

/** What an answer of many rows costs beyond its operation's weight: an account may have 65,535 open orders. */
function rowsWeight(body: unknown): number {
  const count = Array.isArray(body) ? body.length : 0;
  return Math.ceil(Math.max(0, count - ROWS_OF_WEIGHT) / ROWS_PER_WEIGHT);
}

const milliseconds = (timeMs: number): number => timeMs;
const microseconds = (timeMs: number): number => timeMs * 1_000;
