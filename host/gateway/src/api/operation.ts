import type { ListenKeys } from "../auth/listen-keys.ts";
import type { ExchangePort } from "../exchange-port.ts";
import type { ApiKey } from "../keys/api-key.ts";
import type { OrderLimiter } from "../limits/order-limiter.ts";
import type { RequestLimiter } from "../limits/request-limiter.ts";
import type { MarketCatalog } from "../markets/market-catalog.ts";
import type { GatewayReadModel } from "../read-model/read-model.ts";
import type { ApiError } from "./api-error.ts";
import type { OrderDesk } from "./order-desk.ts";
import type { ParamSpecs, ParamValues } from "./params.ts";

// An operation is one thing that a client can ask, whatever it asks through. The table of operations
// (operations.ts) is where routes, WebSocket methods, weights and the documentation come from.

/**
 * Who may ask: anybody (none); anybody but the pages of other origins (own); the holder of a key with the
 * permission, by a signed request; the holder of a key that may read, by its id alone (key); whoever has logged
 * on to the WebSocket connection (session); anybody, about the WebSocket connection itself (connection); as for
 * trade, or on a demo node anybody of this machine for the demo account (demo).
 */
export type Security =
  | "none"
  | "own"
  | "read"
  | "trade"
  | "operator"
  | "session"
  | "connection"
  | "demo"
  | "key";

/** What operations work with. */
export interface Services {
  readonly exchange: ExchangePort;
  readonly model: GatewayReadModel;
  readonly catalog: MarketCatalog;
  readonly desk: OrderDesk;
  readonly requestLimiter: RequestLimiter;
  readonly orderLimiter: OrderLimiter;
  readonly listenKeys: ListenKeys;
  /** The account of a demo node that anybody of this machine may trade for. */
  readonly demo: DemoAccess | undefined;
}

export interface DemoAccess {
  readonly key: ApiKey;
  readonly secret: string;
  /** Where the gateway is reached, once it listens. */
  readonly origin: () => string;
}

/** The state of a WebSocket connection that operations may change. */
export interface ApiSession {
  readonly key: ApiKey | undefined;
  readonly authorizedMs: number;
  readonly connectedMs: number;
  logOn(key: ApiKey, nowMs: number): void;
  /** Forgets the key, and ends what was subscribed to by being logged on. */
  logOff(): void;
  /** Begins to send what happens to the key's account. Returns the subscription's id. */
  subscribe(key: ApiKey, isOfSession: boolean): Promise<number | ApiError>;
  /** Ends one subscription, or all of them. Returns false for one that is not there. */
  unsubscribe(subscriptionId: number | undefined): boolean;
  subscriptions(): readonly number[];
}

export interface Call<Params> {
  readonly params: Params;
  readonly services: Services;
  /** Of a signed request. */
  readonly key: ApiKey | undefined;
  readonly nowMs: number;
  /** A time as the client wants it: in milliseconds or microseconds. */
  readonly time: (timeMs: number) => number;
  readonly session: ApiSession | undefined;
}

/** A call that is known to come with a key. */
export interface SignedCall<Params> extends Call<Params> {
  readonly key: ApiKey;
}

export interface Operation {
  readonly name: string;
  readonly summary: string;
  readonly http: { readonly method: HttpMethod; readonly path: string } | undefined;
  /** Name of the WebSocket API's method. */
  readonly ws: string | undefined;
  readonly weight: number | ((params: ParamValues<ParamSpecs>) => number);
  /** The weight in words, where it is no constant. */
  readonly weightText: string;
  /** As how many orders it counts. */
  readonly orderCount: number;
  /** How a body is written. */
  readonly bodyKind: "form" | "json";
  readonly security: Security;
  readonly params: ParamSpecs;
  readonly handle: (call: Call<ParamValues<ParamSpecs>>) => unknown;
}

export type HttpMethod = "GET" | "POST" | "PUT" | "DELETE";

interface OperationForm<Specs extends ParamSpecs, Handled> {
  readonly name: string;
  readonly summary: string;
  readonly http?: `${HttpMethod} /${string}`;
  readonly ws?: string;
  readonly weight?: number | ((params: ParamValues<Specs>) => number);
  readonly weightText?: string;
  readonly orderCount?: number;
  readonly bodyKind?: "json";
  readonly params?: Specs;
  readonly handle: (call: Handled) => unknown;
}

/** Declares an operation that anybody may ask for. */
export function publicOperation<Specs extends ParamSpecs = ParamSpecs>(
  form: OperationForm<Specs, Call<ParamValues<Specs>>>,
  security: "none" | "own" = "none",
): Operation {
  return operation(security, form);
}

/** Declares an operation that needs a signed request. */
export function signedOperation<Specs extends ParamSpecs = ParamSpecs>(
  security: Exclude<Security, "none" | "own">,
  form: OperationForm<Specs, SignedCall<ParamValues<Specs>>>,
): Operation {
  return operation(security, form);
}

function operation<Specs extends ParamSpecs, Handled>(
  security: Security,
  form: OperationForm<Specs, Handled>,
): Operation {
  const [method, path] = form.http?.split(" ") ?? [];
  const weight = form.weight ?? 1;
  return {
    name: form.name,
    summary: form.summary,
    http: path === undefined ? undefined : { method: method as HttpMethod, path },
    ws: form.ws,
    weight: weight as Operation["weight"],
    weightText: form.weightText ?? String(weight),
    orderCount: form.orderCount ?? 0,
    bodyKind: form.bodyKind ?? "form",
    security,
    params: form.params ?? {},
    // The dispatcher reads the parameters by `params`, and brings a key where `security` asks for one.
    handle: form.handle as Operation["handle"],
  };
}
