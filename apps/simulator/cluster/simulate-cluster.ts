import { createPrng, encodeHex, InvariantError } from "@rialto/base";
import {
  type BlockHeader,
  Consensus,
  type Dag,
  ORDER_BEGINNING,
  type OrderStart,
  type VerifiedBlock,
} from "@rialto/consensus";
import type { Violation } from "./checker.ts";
import { type DagView, drawSvg, drawText } from "./dag-picture.ts";
import { sha256 } from "./keys.ts";
import { drawOptions } from "./draw-options.ts";
import { type RunOptions, type RunRequest } from "./options.ts";
import { Simulation } from "./simulation.ts";
import type { SimNode } from "./sim-node.ts";

export type Verdict = "pass" | "noProgress" | "diverged";

/** What a run has shown. */
export interface RunResult {
  readonly seed: number;
  readonly verdict: Verdict;
  /** Of a run that diverged: what may never happen and did. */
  readonly violations: readonly Violation[];
  readonly simulatedMs: number;
  /** Epochs that have begun, the first included. */
  readonly epochs: number;
  readonly rounds: number;
  /** Blocks accepted by all members that run in the end. */
  readonly blocksAccepted: number;
  readonly commits: number;
  readonly commitsCompared: number;
  readonly certificates: number;
  /** Of these, with a quorum of quantum signatures. */
  readonly quantumCertificates: number;
  readonly framesExecuted: number;
  readonly messages: number;
  readonly events: number;
  readonly restarts: number;
  readonly faults: ReadonlyMap<string, number>;
  /** "fault @ durable step" pairs. */
  readonly faultSteps: ReadonlyMap<string, number>;
}

/** Simulated time in which a healed cluster must have executed what it was given. */
const LIVENESS_MS = 60_000;
/** Events of that time: a hundred times as many as there usually are. Who keeps busy without end makes no progress. */
const LIVENESS_EVENTS = 500_000;
/** Times that each member is given a frame after the faults have ended. */
const PROBES = 3;
/** Rounds of a picture: more do not fit a page. */
const PICTURE_ROUNDS = 14;

/** Runs one seed: a phase of faults, in which nothing wrong may happen, then a healed one, in which all must go on. */
export function simulateCluster(request: RunRequest): RunResult {
  return runSimulation(drawOptions(request));
}

/** Runs exactly these options. */
export function runSimulation(options: RunOptions): RunResult {
  return runWhole(options).result;
}

/** A run with a picture of the DAG at its end, as who broke an invariant sees it, or else who has come farthest. */
export function drawSimulation(options: RunOptions): {
  readonly result: RunResult;
  readonly text: string;
  readonly svg: string;
} {
  const { simulation, result } = runWhole(options);
  const view = viewEnd(simulation, result);
  if (view === undefined) return { result, text: "nobody is up", svg: "" };
  return { result, text: drawText(view), svg: drawSvg(view) };
}

function viewEnd(simulation: Simulation, result: RunResult): DagView | undefined {
  const [violation] = result.violations;
  const up = simulation.nodes.filter((node) => node.isUp);
  const roundOf = (node: SimNode): number => node.replica!.consensus.dag.quorumRound;
  const guilty = up.find((node) => node.isHonest && node.number === violation?.member);
  const node = guilty ?? up.sort((a, b) => roundOf(b) - roundOf(a))[0];
  if (node === undefined) return undefined;
  const { dag, committer } = node.replica!.consensus;
  const { decidedRound } = committer;
  const toRound = Math.min(dag.highestRound, decidedRound + PICTURE_ROUNDS / 2);
  const fromRound = Math.max(1, toRound - PICTURE_ROUNDS + 1);
  const what = violation === undefined ? "" : `, ${violation.invariant}: ${violation.detail}`;
  const { seed, nodes, profile } = simulation.options;
  const title = `seed ${seed}, ${nodes} ${profile}, as member ${node.number} sees it: ${result.verdict}${what.split("\n")[0]}`;
  return { title, dag, decidedRound, leaders: simulation.checker.leaders, fromRound, toRound };
}

function runWhole(options: RunOptions): {
  readonly simulation: Simulation;
  readonly result: RunResult;
} {
  const simulation = new Simulation(options);
  const { scheduler, checker } = simulation;
  const isBroken = (): boolean => checker.violations.length > 0;
  let verdict: Verdict = "pass";
  try {
    simulation.start();
    if (scheduler.runUntil(options.safetyMs * 1_000, isBroken)) {
      simulation.checkConduct();
      verdict = runHealed(simulation, isBroken);
    }
    simulation.checkConduct();
    if (!isBroken()) checkOrder(simulation);
    if (!isBroken()) checkChains(simulation);
  } catch (error) {
    // Whatever the code under test throws is a finding like any other.
    if (!(error instanceof Error)) throw error;
    const invariant = error instanceof InvariantError ? "ASSERT" : "THROWN";
    const detail = error.stack ?? error.message;
    checker.violations.push({ invariant, member: undefined, detail });
  }
  return { simulation, result: summarise(simulation, isBroken() ? "diverged" : verdict) };
}

function runHealed(simulation: Simulation, isBroken: () => boolean): Verdict {
  const { scheduler, checker, book } = simulation;
  simulation.heal();
  const probes: { readonly key: string; readonly node: SimNode; readonly life: number }[] = [];
  let given = 0;
  let seen = 0;
  const give = (): void => {
    // All may be full still, or about to change; who had room may begin again: then it is tried until they are not.
    const { length } = asked();
    if (length > seen && book.planned === undefined) given++;
    seen = length;
    if (given < PROBES || length === 0) {
      for (const node of simulation.present) {
        simulation.submitFrame(node, (key) => {
          probes.push({ key, node, life: node.restartCount });
        });
      }
    }
    scheduler.after(200_000, give);
  };
  scheduler.after(1_000, give);
  const isThere = (node: SimNode, key: string): boolean => {
    const index = checker.executedIn(key);
    return index !== undefined && node.deliveredIndex >= index;
  };
  // Who begins again with a snapshot has forgotten what it was given: only the disk outlives a process. Who has left says so.
  const asked = (): string[] =>
    probes
      .filter(({ node, life }) => node.restartCount === life && book.isMember(node.number))
      .map(({ key }) => key);
  const isLevel = (node: SimNode): boolean =>
    node.epoch === book.newest.committee.epoch && asked().every((key) => isThere(node, key));
  const isDone = (): boolean =>
    given >= PROBES &&
    book.planned === undefined &&
    asked().length > 0 &&
    asked().every((key) => checker.executedIn(key) !== undefined) &&
    // I20: what was promised in the middle of all the faults, too.
    simulation.promised.every((key) => checker.executedIn(key) !== undefined) &&
    simulation.present.every(isLevel);
  let events = 0;
  // Asking is dear: not after every event.
  const stop = (): boolean =>
    isBroken() || (++events % 256 === 0 && (events > LIVENESS_EVENTS || isDone()));
  scheduler.runUntil(scheduler.nowUs + LIVENESS_MS * 1_000, stop);
  return isDone() ? "pass" : "noProgress";
}

/** E8: what each member would show a stranger. */
function checkChains(simulation: Simulation): void {
  for (const node of simulation.present) {
    simulation.checker.epochs.checkChain(node, node.chain!);
  }
}

/** I14: one member's blocks of its epoch, offered in another order, lead to the same commits. */
function checkOrder(simulation: Simulation): void {
  const { checker } = simulation;
  const node = simulation.honest.find((each) => each.isUp && hasAllRounds(each));
  if (node === undefined) return;
  const { dag, sequencer } = node.replica!.consensus;
  const blocks: VerifiedBlock[] = [];
  for (let round = 1; round <= dag.highestRound; round++) {
    for (const { block } of dag.round(round)) if (block !== undefined) blocks.push(block);
  }
  const prng = createPrng(simulation.options.seed);
  const closed = node.chain!.begun.certificate?.checkpoint;
  const start: OrderStart =
    closed === undefined
      ? ORDER_BEGINNING
      : { index: closed.commitIndex, digest: closed.commitDigest, tsMs: closed.tsMs };
  const consensus = new Consensus({
    committee: node.chain!.epoch.committee,
    hash: sha256,
    pendingLimits: { blocksPerAuthor: blocks.length + 1, bytesPerAuthor: 1_000_000_000 },
    retainRounds: 100_000,
    start,
  });
  const digests: string[] = [];
  // Disorder within a window: a full shuffle would only test the pending set.
  for (let at = 0; at < blocks.length; at += 40) {
    const window = blocks.slice(at, at + 40);
    while (window.length > 0) {
      const [block] = window.splice(prng.below(window.length), 1);
      // As from a journal: each was accepted, a liar's second block too, whoever vouched for it.
      for (const batch of consensus.offer(block!).batches) digests.push(encodeHex(batch.digest));
    }
  }
  checker.compareOrder(node, digests, start.index, sequencer.lastIndex);
}

/**
 * Who has let go of its first rounds, or began behind them with a snapshot, cannot go through them again: also one that has got some
 * of them since, though they are of no use to it.
 */
function hasAllRounds(node: SimNode): boolean {
  const { dag, committer } = node.replica!.consensus;
  if (dag.lowestRound > 0 || dag.highestRound < Math.max(1, committer.decidedRound)) return false;
  for (let round = 1; round <= dag.highestRound; round++) {
    const isWhole = dag
      .round(round)
      .every(({ block }) => block === undefined || restsOnBlocks(block, dag));
    if (!isWhole) return false;
  }
  return true;
}

function restsOnBlocks({ strong, weak }: BlockHeader, dag: Dag): boolean {
  return [...strong, ...weak].every((ref) => ref.round === 0 || dag.find(ref)?.block !== undefined);
}

function summarise(simulation: Simulation, verdict: Verdict): RunResult {
  const { checker, scheduler, network, faults, options, nodes } = simulation;
  return {
    seed: options.seed,
    verdict,
    violations: checker.violations,
    simulatedMs: Math.floor(scheduler.nowUs / 1_000),
    epochs: simulation.book.newest.committee.epoch,
    rounds: Math.max(...nodes.map((node) => node.replica?.consensus.dag.quorumRound ?? 0)),
    blocksAccepted: nodes.reduce(
      (sum, node) => sum + (node.replica?.consensus.dag.blockCount ?? 0),
      0,
    ),
    commits: checker.orderLength,
    commitsCompared: checker.commitsCompared,
    certificates: checker.certificateCount,
    quantumCertificates: checker.quantumCount,
    framesExecuted: checker.executedCount,
    messages: network.messageCount,
    events: scheduler.eventCount,
    restarts: nodes.reduce((sum, node) => sum + node.restartCount - 1, 0),
    faults: faults.byKind,
    faultSteps: faults.bySteps,
  };
}
