import { parseHex } from "@rialto/base";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { apiError } from "../api/api-error.ts";
import { charge, type RestContext, sendError, sendJson } from "./rest.ts";

// The epochs of a cluster: who its members are and how that came about; and changes of it, which carry the signatures of a
// quorum and need no key besides.

/** A change is judged by a signature of each of its signers. */
const WEIGHTS = { view: 10, change: 50 } as const;
/** A change is a frame, in hexadecimal. */
const BODY_BYTES_MAX = 2 * 64 * 1024 + 1_024;
const HEX = /^([0-9a-f]{2})+$/;

/** Method, path and what is answered: for the page of the interface. */
export const EPOCH_ROUTES: readonly (readonly [route: string, summary: string])[] = [
  [
    "GET /api/consensus/epochs",
    "The present epoch, its members, and what leads to it from the genesis: for `rialto cluster epochs`. Weight 10.",
  ],
  [
    "POST /api/consensus/epoch-change",
    '`{"change": hexadecimal}`, signed by a quorum of the members: 202 where it waits to be ordered, else -3004 with the ' +
      "reason. Weight 50.",
  ],
];

export function addEpochRoutes(app: FastifyInstance, context: RestContext): void {
  app.get("/api/consensus/epochs", { exposeHeadRoute: false }, (request, reply) => {
    const refusal = charge(context, request, reply, WEIGHTS.view);
    if (refusal !== undefined) return sendError(reply, refusal);
    const { epochs } = context.settings;
    if (epochs === undefined) return sendError(reply, apiError("NO_EPOCHS"));
    return sendJson(reply, 200, epochs.view());
  });
  app.post("/api/consensus/epoch-change", { bodyLimit: BODY_BYTES_MAX }, (request, reply) =>
    take(context, request, reply),
  );
}

async function take(
  context: RestContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const refusal = charge(context, request, reply, WEIGHTS.change);
  if (refusal !== undefined) return sendError(reply, refusal);
  const { epochs } = context.settings;
  if (epochs === undefined) return sendError(reply, apiError("NO_EPOCHS"));
  const change = changeOf(request.body);
  if (change === undefined) {
    return sendError(reply, apiError("ILLEGAL_CHARACTERS", "change", HEX.source));
  }
  const problem = await epochs.change(change);
  if (problem !== "") return sendError(reply, apiError("EPOCH_CHANGE_REFUSED", problem));
  return sendJson(reply, 202, { accepted: true });
}

function changeOf(body: unknown): Uint8Array | undefined {
  let value: unknown;
  try {
    value = JSON.parse(typeof body === "string" ? body : "");
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const isObject = typeof value === "object" && value !== null;
  const text = isObject ? (value as { readonly change?: unknown }).change : undefined;
  return typeof text === "string" && HEX.test(text) ? parseHex(text) : undefined;
}
