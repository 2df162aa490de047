import { Fault } from "@rialto/base";
import { computeThresholds } from "@rialto/consensus";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { coverageOf, type StepCoverage } from "./fault-menu.ts";
import { bearsLiars, PROFILE_OF, type ProfileName, type RunRequest } from "./options.ts";
import type { RunResult } from "./simulate-cluster.ts";

/** One kind of cluster to simulate. */
export interface ClusterKind {
  readonly nodes: number;
  readonly profile: ProfileName;
}

/** What is simulated unless something else is asked for. */
export const USUAL_CLUSTERS: readonly ClusterKind[] = [
  { nodes: 3, profile: "crash" },
  { nodes: 4, profile: "byzantine" },
  { nodes: 7, profile: "byzantine" },
];

/** Why there is no such cluster; undefined where there is. */
export function findClusterProblem({ nodes, profile }: ClusterKind): string | undefined {
  const weights = Array.from({ length: nodes }, () => 1);
  const thresholds = computeThresholds(PROFILE_OF[profile], weights);
  return thresholds instanceof Fault ? thresholds.message : undefined;
}

export interface SeedsRequest {
  readonly firstSeed: number;
  /** Seeds of each kind of cluster. */
  readonly seeds: number;
  readonly clusters: readonly ClusterKind[];
  readonly hasRealSignatures: boolean;
  /** What is other than the seeds say; see overrides.ts. */
  readonly changes?: string;
  readonly workers: number;
  readonly onRun?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** A run that did not pass, and how to see it again. */
export interface Failure {
  readonly seed: number;
  readonly nodes: number;
  readonly profile: ProfileName;
  readonly verdict: string;
  readonly violations: readonly { readonly invariant: string; readonly detail: string }[];
  readonly replay: string;
}

/** What many runs have shown. Rates are of simulated and of real time, as their names say. */
export interface SeedsReport {
  /** Runs that were asked for, and those that there was time for before an interruption. */
  readonly asked: number;
  readonly runs: number;
  readonly pass: number;
  readonly noProgress: number;
  readonly diverged: number;
  readonly simulatedHours: number;
  readonly wallSeconds: number;
  /** Blocks accepted by all members together, for a second of real time. */
  readonly blocksPerWallSecond: number;
  readonly epochs: number;
  readonly commits: number;
  readonly commitsCompared: number;
  readonly certificates: number;
  readonly quantumCertificates: number;
  readonly framesExecuted: number;
  readonly messages: number;
  readonly restarts: number;
  readonly faults: Readonly<Record<string, number>>;
  /** How often a fault struck at a durable step. */
  readonly faultSteps: Readonly<Record<string, number>>;
  /** How many of the pairs (fault, durable step) that are possible were struck. */
  readonly coverage: StepCoverage;
  readonly failures: readonly Failure[];
}

/** Runs many seeds on several threads. The report does not depend on how many. */
export async function simulateSeeds(request: SeedsRequest): Promise<SeedsReport> {
  const startMs = performance.now();
  const tasks: RunRequest[] = [];
  for (let seed = request.firstSeed; seed < request.firstSeed + request.seeds; seed++) {
    for (const cluster of request.clusters) {
      const { hasRealSignatures, changes = "" } = request;
      tasks.push({ ...cluster, seed, hasRealSignatures, changes });
    }
  }
  const results: (RunResult | undefined)[] = Array.from({ length: tasks.length });
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(join(import.meta.dirname, "simulate-worker.ts"));
    try {
      for (let index = next++; index < tasks.length; index = next++) {
        if (request.signal?.aborted === true) return;
        results[index] = await runOn(worker, tasks[index]!);
        request.onRun?.(++done, tasks.length);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(request.workers, tasks.length) }, work));
  return summarise(tasks, results, (performance.now() - startMs) / 1_000);
}

function runOn(worker: Worker, task: RunRequest): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const onMessage = (result: RunResult): void => {
      worker.off("error", onError);
      resolve(result);
    };
    const onError = (error: unknown): void => {
      worker.off("message", onMessage);
      const where = `seed ${task.seed}, ${task.nodes} ${task.profile}`;
      reject(new Error(`the simulator failed at ${where}`, { cause: error }));
    };
    worker.once("message", onMessage);
    worker.once("error", onError);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(task);
  });
}

function summarise(
  tasks: readonly RunRequest[],
  results: readonly (RunResult | undefined)[],
  wallSeconds: number,
): SeedsReport {
  const finished = results.filter((result) => result !== undefined);
  const sum = (of: (result: RunResult) => number): number =>
    finished.reduce((total, result) => total + of(result), 0);
  const count = (verdict: string): number => sum((result) => Number(result.verdict === verdict));
  const failures: Failure[] = [];
  const faultSteps = merge(finished.map((result) => result.faultSteps));
  const isLyingBorne = tasks.some((task) => bearsLiars(task.profile));
  for (const [index, result] of results.entries()) {
    if (result === undefined || result.verdict === "pass") continue;
    const { seed, nodes, profile } = tasks[index]!;
    const { verdict, violations } = result;
    failures.push({
      seed,
      nodes,
      profile,
      verdict,
      violations,
      replay: replayCommand(tasks[index]!),
    });
  }
  return {
    asked: tasks.length,
    runs: finished.length,
    pass: count("pass"),
    noProgress: count("noProgress"),
    diverged: count("diverged"),
    simulatedHours: sum((result) => result.simulatedMs) / 3_600_000,
    wallSeconds,
    blocksPerWallSecond: sum((result) => result.blocksAccepted) / wallSeconds,
    epochs: sum((result) => result.epochs),
    commits: sum((result) => result.commits),
    commitsCompared: sum((result) => result.commitsCompared),
    certificates: sum((result) => result.certificates),
    quantumCertificates: sum((result) => result.quantumCertificates),
    framesExecuted: sum((result) => result.framesExecuted),
    messages: sum((result) => result.messages),
    restarts: sum((result) => result.restarts),
    faults: merge(finished.map((result) => result.faults)),
    faultSteps,
    coverage: coverageOf(faultSteps, isLyingBorne),
    failures,
  };
}

/** The command that runs one seed again. */
export function replayCommand(request: RunRequest): string {
  const { seed, nodes, profile, hasRealSignatures = false, changes = "" } = request;
  const real = hasRealSignatures ? " --real-signatures" : "";
  const set = changes === "" ? "" : ` --set "${changes}"`;
  return `rialto simulate cluster --seed ${seed} --nodes ${nodes} --profile ${profile}${real}${set}`;
}

function merge(counts: readonly ReadonlyMap<string, number>[]): Record<string, number> {
  const merged = new Map<string, number>();
  for (const each of counts) {
    for (const [name, count] of each) merged.set(name, (merged.get(name) ?? 0) + count);
  }
  return Object.fromEntries([...merged].sort(([left], [right]) => (left < right ? -1 : 1)));
}
