import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError, apiError } from "../api/api-error.ts";
import type { Dispatcher } from "../api/dispatcher.ts";
import type { Operation, Services } from "../api/operation.ts";
import type { GatewaySettings } from "../options.ts";
import { readJsonObject } from "../ws-api/json-tokens.ts";
import { addressOf, allowedOrigin, checkOrigin } from "./access.ts";
import { type Form, joinForms, readForm } from "./form.ts";

/** What the routes share. */
export interface RestContext {
  readonly services: Services;
  readonly dispatcher: Dispatcher;
  readonly settings: GatewaySettings;
}

const JSON_TYPE = "application/json;charset=UTF-8";

/** Makes a route of every operation that has one. */
export function addOperationRoutes(
  app: FastifyInstance,
  context: RestContext,
  operations: readonly Operation[],
): void {
  for (const operation of operations) {
    const { http } = operation;
    if (http === undefined) continue;
    app.route({
      method: http.method,
      url: http.path,
      exposeHeadRoute: false,
      handler: (request, reply) => answer(context, operation, request, reply),
    });
  }
}

async function answer(
  context: RestContext,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { headers } = request.raw;
  const keyId = headers["x-mbx-apikey"];
  const isByKey = typeof keyId === "string";
  const input = readInput(operation, request);
  const isOwn = operation.security === "own" || (operation.security === "demo" && !isByKey);
  const refusal = isOwn ? checkOrigin(request.raw) : undefined;
  const isSbe = headers["x-mbx-sbe"] !== undefined;
  const problem = refusal ?? (isSbe ? apiError("SBE_DISABLED") : undefined);
  if (input instanceof ApiError || problem !== undefined) {
    const error = problem ?? (input as ApiError);
    return sendError(reply, charge(context, request, reply, 1) ?? error);
  }
  const isMicroseconds = String(headers["x-mbx-time-unit"] ?? "").toUpperCase() === "MICROSECOND";
  const { body, usedWeight, orderCounts } = await context.dispatcher.dispatch({
    operation,
    params: input.params,
    keyId: isByKey ? keyId : undefined,
    payload: input.payload,
    address: addressOf(request.raw),
    isMicroseconds,
    session: undefined,
  });
  if (context.services.requestLimiter.weightPerMinute > 0) {
    void reply.header("x-mbx-used-weight-1m", String(usedWeight));
  }
  if (orderCounts !== undefined) {
    void reply.header("x-mbx-order-count-10s", String(orderCounts.short));
    void reply.header("x-mbx-order-count-1d", String(orderCounts.day));
  }
  // Data that anybody may have, also through the page of an origin that the operator names.
  const origin =
    operation.security === "none" ? allowedOrigin(request.raw, context.settings) : undefined;
  if (origin !== undefined) {
    void reply.header("access-control-allow-origin", origin).header("vary", "origin");
  }
  return body instanceof ApiError ? sendError(reply, body) : sendJson(reply, 200, body);
}

interface Input {
  readonly params: ReadonlyMap<string, string>;
  readonly payload: string;
}

/** The parameters of a request, and the text that its signature is over. */
function readInput(operation: Operation, request: FastifyRequest): Input | ApiError {
  const url = request.raw.url ?? "";
  const questionAt = url.indexOf("?");
  const query = readForm(questionAt < 0 ? "" : url.slice(questionAt + 1));
  if (query instanceof ApiError) return query;
  const text = typeof request.body === "string" ? request.body : "";
  const body = operation.bodyKind === "json" ? readJsonForm(text) : readForm(text);
  if (body instanceof ApiError) return body;
  return { params: joinForms(query, body), payload: query.unsigned + body.unsigned };
}

/** A JSON object as a form: numbers as they were written, and all of its text signed. */
function readJsonForm(text: string): Form | ApiError {
  const fields = readJsonObject(text);
  if (fields === undefined) return apiError("INVALID_JSON");
  const params = new Map<string, string>();
  for (const [name, { kind, text: value }] of fields) if (kind !== "null") params.set(name, value);
  return { params, unsigned: text };
}

/**
 * Counts a request that reaches no operation for its address, and says in the answer what that has used. Returns why it is
 * refused, if it is.
 */
export function charge(
  { services }: Pick<RestContext, "services">,
  request: FastifyRequest,
  reply: FastifyReply,
  weight: number,
): ApiError | undefined {
  const { requestLimiter, exchange } = services;
  const used = requestLimiter.use(addressOf(request.raw), weight, exchange.nowMs());
  if (used instanceof ApiError) return used;
  if (requestLimiter.weightPerMinute > 0) void reply.header("x-mbx-used-weight-1m", String(used));
  return undefined;
}

export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .header("content-type", JSON_TYPE)
    .header("x-content-type-options", "nosniff")
    .send(JSON.stringify(body));
}

export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  if (error.retryAfterS !== undefined) void reply.header("retry-after", String(error.retryAfterS));
  return sendJson(reply, error.status, error.body());
}
