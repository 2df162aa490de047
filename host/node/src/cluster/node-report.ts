import type { LocalCluster, LocalNode } from "./local-cluster.ts";

const ASK_TIMEOUT_MS = 2_000;
/** Of a port at which nobody listens, or whoever did has ended. */
const CLOSED_CODES: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE"]);

/** How a node of a local cluster stands. */
export interface NodeReport {
  readonly node: number;
  readonly origin: string;
  readonly pid: number | undefined;
  readonly ready: boolean;
  /** Why it is not ready; empty where it is. */
  readonly reason: string;
  /** False while the operator has stopped all trading. */
  readonly trading: boolean;
  readonly profile: string;
  readonly tolerance: string;
  /** From 1, and how many members it has. */
  readonly epoch: number;
  readonly members: number;
  readonly quorum: number;
  readonly round: number;
  readonly committed: number;
  readonly finalized: number;
}

const NOTHING = {
  trading: false,
  profile: "",
  tolerance: "",
  epoch: 0,
  members: 0,
  quorum: 0,
  round: 0,
  committed: 0,
  finalized: 0,
};

/** Asks a node how it stands. One that does not answer is not ready. */
export async function reportNode(cluster: LocalCluster, node: LocalNode): Promise<NodeReport> {
  const { index, origin } = node;
  const pid = cluster.pidOf(node);
  const own = { node: index, origin, pid };
  if (pid === undefined) return { ...own, ready: false, reason: "it does not run", ...NOTHING };
  const answers = await Promise.all([ask(`${origin}/ready`), ask(`${origin}/stats`)]);
  const [told, stats] = answers;
  if (answers.includes("nobody")) {
    return { ...own, ready: false, reason: "it does not answer yet", ...NOTHING };
  }
  if (!isReadiness(told) || !isStanding(stats)) {
    return { ...own, ready: false, reason: "another program answers at its port", ...NOTHING };
  }
  const { trading, profile, tolerance, epoch, members } = stats;
  const { quorum, round, committed, finalized } = stats;
  const counts = { quorum, round, committed, finalized };
  const standing = { trading, profile, tolerance, epoch, members, ...counts };
  return { ...own, ready: told.ready, reason: told.reason, ...standing };
}

type Readiness = Pick<NodeReport, "ready" | "reason">;

function isReadiness(answer: unknown): answer is Readiness {
  return typeof answer === "object" && typeof (answer as Readiness | null)?.ready === "boolean";
}

function isStanding(answer: unknown): answer is typeof NOTHING {
  const standing = answer as typeof NOTHING | null;
  return typeof answer === "object" && typeof standing?.tolerance === "string";
}

/** What is answered; "nobody" where nobody listens or it takes too long; "something else" where it is no JSON, or no HTTP. */
async function ask(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) return "something else";
    if (error instanceof DOMException && error.name === "TimeoutError") return "nobody";
    const { name, code = "" } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (CLOSED_CODES.has(code) || code.startsWith("UND_ERR_")) return "nobody";
    if (name === "HTTPParserError") return "something else";
    throw error;
  }
}

/** A report in one line. What all nodes have in common `describeCommon` says. */
export function describeNode(report: NodeReport): string {
  const { node, origin, pid, ready, reason, epoch, round, committed } = report;
  const process = (pid ?? 0) > 0 ? `  pid ${pid}` : "";
  const state = ready ? "ready" : `not ready: ${reason}`;
  const stands = epoch === 0 ? "" : `  epoch ${epoch}, round ${round}, ${committed} commits`;
  return `  node ${node}  ${origin}  ${state}${stands}${process}`;
}

/** What whoever knows the newest epoch says of it; undefined where nobody answers. */
export function describeCommon(reports: readonly NodeReport[]): string | undefined {
  const [newest] = reports.toSorted((left, right) => right.epoch - left.epoch);
  if (newest === undefined || newest.epoch === 0) return undefined;
  const { epoch, members, tolerance, quorum, trading } = newest;
  const stopped = trading ? "" : "\nthe operator has stopped all trading";
  return `epoch ${epoch}, ${members} members: ${tolerance}; ${quorum} decide${stopped}`;
}
