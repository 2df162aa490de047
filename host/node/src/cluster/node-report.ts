import type { LocalCluster, LocalNode } from "./local-cluster.ts";

const ASK_TIMEOUT_MS = 2_000;

/** How a node of a local cluster stands. */
export interface NodeReport {
  readonly node: number;
  readonly origin: string;
  readonly pid: number | undefined;
  readonly ready: boolean;
  /** Why it is not ready; empty where it is. */
  readonly reason: string;
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
  const [ready, stats] = await Promise.all([ask(`${origin}/ready`), ask(`${origin}/stats`)]);
  if (ready === undefined || stats === undefined) {
    return { ...own, ready: false, reason: "it does not answer yet", ...NOTHING };
  }
  const told = ready as { readonly ready: boolean; readonly reason: string };
  const { profile, tolerance, epoch, members, quorum, round } = stats as typeof NOTHING;
  const { committed, finalized } = stats as typeof NOTHING;
  const counts = { quorum, round, committed, finalized };
  const standing = { profile, tolerance, epoch, members, ...counts };
  return { ...own, ready: told.ready, reason: told.reason, ...standing };
}

/** Undefined where no node answers: the report says so. */
async function ask(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    return await response.json();
  } catch {
    return undefined; // not listening yet, or no more, or another program has the port
  }
}

/** A report in one line. */
export function describeNode(report: NodeReport): string {
  const { node, origin, pid, ready, reason, tolerance, epoch, members } = report;
  const { round, committed, finalized } = report;
  const process = pid === undefined ? "" : `  pid ${pid}`;
  const state = ready ? "ready" : `not ready: ${reason}`;
  const stands =
    tolerance === ""
      ? ""
      : `  epoch ${epoch} (${members} members), round ${round}, ${committed} commits, ${finalized} blocks final`;
  const what = tolerance === "" ? "" : `  ${tolerance}`;
  return `  node ${node}  ${origin}  ${state}${stands}${what}${process}`;
}
