import { parseHex } from "@rialto/base";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError, apiError } from "../api/api-error.ts";
import type { FinalityPort } from "../finality-port.ts";
import { allowedOrigin } from "./access.ts";
import { readForm } from "./form.ts";
import { charge, type RestContext, sendError, sendJson } from "./rest.ts";

// How final something is, and the proof of it. Public: what a stranger checks must be open to strangers.

const HASH_PATTERN = /^[0-9a-fA-F]{64}$/;
const TRADE_PATTERN = /^[1-9]\d{0,15}$/;
const ROUNDS_DEFAULT = 40;
/** Rounds of one picture. Limit: an answer of some hundred kilobytes. */
const ROUNDS_MAX = 100;
/** After how many seconds a trade without a certificate is worth asking for again. */
const PENDING_RETRY_S = 1;
/** A proof reads a checkpoint's records and hashes them. */
const WEIGHTS = { finality: 1, genesis: 1, dag: 10, proof: 20 } as const;

type Answer = (port: FinalityPort, request: FastifyRequest) => unknown;

/** Method, path and what is answered: for the page of the interface. */
export const FINALITY_ROUTES: readonly (readonly [route: string, summary: string])[] = [
  [
    "GET /api/consensus/finality/:hash",
    "How final the commit, block or frame with this hash of 64 hexadecimal digits is: UNKNOWN, COMMITTED, CERTIFIED, FAST " +
      "or ECONOMIC. A malformed hash is refused with -1100. Weight 1.",
  ],
  [
    "GET /api/consensus/proof/:symbol/:tradeId",
    "The proof of a trade, for `rialto verify`. -3001 where there is none (yet: `Retry-After`). Weight 20.",
  ],
  ["GET /api/consensus/genesis", "The genesis file. Compare it with one from somebody you trust."],
  ["GET /dag", "The newest rounds with their blocks; `?rounds=N`, at most 100. Weight 10."],
];

export function addFinalityRoutes(app: FastifyInstance, context: RestContext): void {
  const add = (path: string, weight: number, answer: Answer): void => {
    app.get(path, { exposeHeadRoute: false }, (request, reply) =>
      respond(context, weight, answer, request, reply),
    );
  };
  add("/api/consensus/finality/:hash", WEIGHTS.finality, answerFinality);
  add("/api/consensus/genesis", WEIGHTS.genesis, ({ genesis }) => genesis);
  add("/dag", WEIGHTS.dag, answerDag);
  add("/api/consensus/proof/:symbol/:tradeId", WEIGHTS.proof, (port, request) =>
    answerProof(port, request, context),
  );
}

/** What is text already goes out as it is: a proof has one form. */
function respond(
  context: RestContext,
  weight: number,
  answer: Answer,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const refusal = charge(context, request, reply, weight);
  if (refusal !== undefined) return sendError(reply, refusal);
  const { settings } = context;
  const origin = allowedOrigin(request.raw, settings);
  if (origin !== undefined) {
    void reply.header("access-control-allow-origin", origin).header("vary", "origin");
  }
  if (settings.finality === undefined) return sendError(reply, apiError("NO_CERTIFICATES"));
  const body = answer(settings.finality, request);
  if (body instanceof ApiError) return sendError(reply, body);
  if (typeof body !== "string") return sendJson(reply, 200, body);
  return reply
    .code(200)
    .header("content-type", "application/json;charset=UTF-8")
    .header("x-content-type-options", "nosniff")
    .send(body);
}

function paramOf(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? "";
}

function answerFinality(port: FinalityPort, request: FastifyRequest): unknown {
  const text = paramOf(request, "hash");
  const hash = HASH_PATTERN.test(text) ? parseHex(text) : undefined;
  if (hash === undefined) return apiError("ILLEGAL_CHARACTERS", "hash", HASH_PATTERN.source);
  const { level, commitIndex, isQuantum } = port.find(hash);
  return {
    hash: text.toLowerCase(),
    level,
    commitIndex,
    quantum: isQuantum,
    guarantee: port.guarantee,
  };
}

function answerProof(
  port: FinalityPort,
  request: FastifyRequest,
  { services }: RestContext,
): string | ApiError {
  const market = services.catalog.findMarket(paramOf(request, "symbol").replace("-", ""));
  if (market === undefined) return apiError("INVALID_SYMBOL");
  const tradeId = paramOf(request, "tradeId");
  if (!TRADE_PATTERN.test(tradeId)) {
    return apiError("ILLEGAL_CHARACTERS", "tradeId", TRADE_PATTERN.source);
  }
  const answer = port.proveFill(market.index, Number(tradeId));
  switch (answer.kind) {
    case "proof":
      return answer.text;
    case "pending":
      return apiError("NO_PROOF", "no certificate covers it yet").after(PENDING_RETRY_S);
    case "tooLong":
      return apiError("NO_PROOF", "what leads to its certificate is longer than a proof may be");
    case "absent":
      return apiError(
        "NO_PROOF",
        "it is not known here, or was before what this node keeps of them",
      );
  }
}

function answerDag(port: FinalityPort, request: FastifyRequest): unknown {
  const url = request.raw.url ?? "";
  const questionAt = url.indexOf("?");
  const form = readForm(questionAt < 0 ? "" : url.slice(questionAt + 1));
  if (form instanceof ApiError) return form;
  const text = form.params.get("rounds") ?? String(ROUNDS_DEFAULT);
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > ROUNDS_MAX) {
    return apiError("ILLEGAL_CHARACTERS", "rounds", `1 to ${ROUNDS_MAX}`);
  }
  return { guarantee: port.guarantee, ...port.dag(Number(text)) };
}
