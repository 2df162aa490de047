import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ApiError } from "../api/api-error.ts";
import type { Services } from "../api/operation.ts";
import type { GatewayMetrics } from "../metrics/gateway-metrics.ts";
import type { FinalityPort } from "../finality-port.ts";
import type { ConsensusStatistics, GatewaySettings } from "../options.ts";
import { addressOf, isLoopbackAddress } from "./access.ts";
import { EPOCH_ROUTES } from "./epoch-routes.ts";
import { FINALITY_ROUTES } from "./finality-routes.ts";
import { charge, sendError, sendJson } from "./rest.ts";

// What a node says of itself, for operators and their tools.

export interface NodeRoutesContext {
  readonly services: Services;
  readonly metrics: GatewayMetrics;
  readonly settings: GatewaySettings;
  readonly isDraining: () => boolean;
}

/** Method, path and what is answered: for the page of the interface. */
export const NODE_ROUTES: readonly (readonly [route: string, summary: string])[] = [
  ["GET /health", "That the process is alive. Never asks anybody else."],
  [
    "GET /ready",
    "200 while orders are taken, else 503 with the reason; `?verbose` for each check.",
  ],
  [
    "GET /stats",
    "Where the node and its log stand, and whether it is a demo (`demo`). Weight 1; on loopback none.",
  ],
  ["GET /metrics", "Metrics in the Prometheus text format. Weight 10; on loopback none."],
  ...FINALITY_ROUTES,
  ...EPOCH_ROUTES,
];

/** Metrics are gathered and written anew for each who asks. */
const WEIGHTS = { stats: 1, metrics: 10 } as const;

/** What the seed's surface shows for a node alone, of which any threshold is the whole. */
const SOLO_VOTE_THRESHOLD = 0.65;

/** A node alone: a committee of one, to which each log record is final when it is durable. */
function soloStatistics(
  services: Services,
  finality: FinalityPort | undefined,
): ConsensusStatistics {
  const { sequence } = services.exchange.status();
  const statistics = finality?.statistics();
  return {
    profile: "solo",
    tolerance: "single member, no fault tolerance",
    voteThreshold: SOLO_VOTE_THRESHOLD,
    epoch: 1,
    members: 1,
    quorum: 1,
    round: sequence,
    vertices: sequence,
    finalized: sequence,
    committed: sequence,
    certificates: statistics?.certificates ?? 0,
    isFpcEnabled: false,
    quantumFinality: statistics?.quantumCertificates ?? 0,
  };
}

export function addNodeRoutes(app: FastifyInstance, context: NodeRoutesContext): void {
  const { services, metrics, settings, isDraining } = context;
  app.get("/health", (_request, reply) => sendJson(reply, 200, { status: "ok" }));

  app.get("/ready", (request, reply) => {
    const { ready, reason } = services.exchange.status();
    const { isLoaded } = services.model;
    const checks = {
      exchange: { ready, reason },
      readModel: { ready: isLoaded, reason: isLoaded ? "" : "the history is being read" },
      gateway: { ready: !isDraining(), reason: isDraining() ? "stopping" : "" },
    };
    const failed = Object.values(checks).find((check) => !check.ready);
    const body = { ready: failed === undefined, reason: failed?.reason ?? "" };
    const isVerbose = /[?&]verbose\b/.test(request.raw.url ?? "");
    return sendJson(reply, body.ready ? 200 : 503, isVerbose ? { ...body, checks } : body);
  });

  app.get("/stats", (request, reply) => {
    const refusal = chargeStranger(context, request, reply, WEIGHTS.stats);
    if (refusal !== undefined) return sendError(reply, refusal);
    const { exchange } = services;
    const status = exchange.status();
    const consensus = settings.consensus?.() ?? soloStatistics(services, settings.finality);
    return sendJson(reply, 200, {
      node_id: exchange.nodeId,
      vertices: consensus.vertices,
      finalized: consensus.finalized,
      fpc_enabled: consensus.isFpcEnabled,
      vote_threshold: consensus.voteThreshold,
      quantum_finality: consensus.quantumFinality,
      profile: consensus.profile,
      tolerance: consensus.tolerance,
      epoch: consensus.epoch,
      members: consensus.members,
      quorum: consensus.quorum,
      round: consensus.round,
      committed: consensus.committed,
      certificates: consensus.certificates,
      trading: !exchange.engine.isSuspended(),
      durability: status.durability,
      network: exchange.network.name,
      network_hash: exchange.networkHash,
      demo: services.demo !== undefined,
      commands: status.commands,
      version: settings.version,
    });
  });

  app.get("/metrics", async (request, reply) => {
    const refusal = chargeStranger(context, request, reply, WEIGHTS.metrics);
    if (refusal !== undefined) return sendError(reply, refusal);
    return reply.header("content-type", metrics.contentType).send(await metrics.text());
  });
}

/** An operator's tools on this machine are told of a node also where its clients have used up what they may. */
function chargeStranger(
  context: NodeRoutesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  weight: number,
): ApiError | undefined {
  if (isLoopbackAddress(addressOf(request.raw))) return undefined;
  return charge(context, request, reply, weight);
}
