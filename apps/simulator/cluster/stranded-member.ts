import type { Violation } from "./checker.ts";
import { drawOptions } from "./draw-options.ts";
import { CALM, NO_FAULTS, type ProfileName, type RunOptions } from "./options.ts";
import type { SimNode } from "./sim-node.ts";
import { Simulation } from "./simulation.ts";
import type { FetchedSnapshot } from "./snapshot-life.ts";

/** Lives of a member that is killed while it fetches. */
const KILLS = 3;

/** What has become of a member that was away for longer than the others keep what it lacks. */
export interface StrandedMember {
  readonly violations: readonly Violation[];
  /** Snapshots that were installed. */
  readonly installed: readonly FetchedSnapshot[];
  /** The first round that the others still had when it came back, and the last one that it knew. */
  readonly lowestRound: number;
  readonly knownRound: number;
  /** Commits that it is behind the others in the end. */
  readonly behind: number;
}

/**
 * A member is cut off, or loses its disk, while the others go on and let go of what it lacks; one of them may lie about what
 * it has, and messages are lost. Back again it must come level by a snapshot, and go on by blocks.
 */
export function runStrandedMember(
  seed: number,
  profile: ProfileName,
  how: "cut off" | "wiped" | "killed while it fetches",
): StrandedMember {
  const simulation = new Simulation(strandedOptions(seed, profile));
  const { scheduler, network, checker, nodes } = simulation;
  const [victim, ...others] = simulation.honest;
  const forMs = (ms: number): void => {
    scheduler.runUntil(scheduler.nowUs + ms * 1_000, () => checker.violations.length > 0);
  };
  simulation.start();
  forMs(500);
  const knownRound = how === "wiped" ? 0 : victim!.replica!.consensus.dag.quorumRound;
  if (how === "wiped") victim!.crash();
  network.isolate(victim!.number);
  forMs(2_000);
  const lowestRound = Math.min(...others.map(({ disk }) => disk.lowestRound(1)));
  if (how === "wiped") victim!.start("wiped");
  network.reconnect();
  for (let times = how === "killed while it fetches" ? KILLS : 0; times > 0; times--) {
    untilMoreHasCome(simulation, victim!);
    victim!.crash();
    victim!.start("none");
  }
  forMs(3_000);
  const newest = Math.max(...nodes.map((node) => node.deliveredIndex));
  return {
    violations: checker.violations,
    installed: checker.installed,
    lowestRound,
    knownRound,
    behind: newest - victim!.deliveredIndex,
  };
}

/** Until some chunks have come in, in a life in which any do. */
function untilMoreHasCome({ scheduler }: Simulation, { disk }: SimNode): void {
  const { incoming } = disk.snapshots;
  const before = incoming.size;
  scheduler.runUntil(scheduler.nowUs + 500_000, () => incoming.size >= before + 5);
}

function strandedOptions(seed: number, profile: ProfileName): RunOptions {
  const nodes = profile === "byzantine" ? 4 : 3;
  return {
    ...drawOptions({ seed, nodes, profile }),
    ...CALM,
    delayUs: 10_000,
    safetyMs: 30_000,
    gcDepth: 8,
    leadersPerRound: 1,
    answerBytes: 50_000_000,
    restartsByChance: false,
    checkpointEvery: 5,
    snapshotCommits: 20,
    chunkBytes: 512,
    prunes: true,
    liars:
      profile === "byzantine"
        ? [{ author: nodes - 1, strategies: ["lyingSync", "lyingSnapshots"] }]
        : [],
    rates: { ...NO_FAULTS, lossPpm: 50_000, duplicatePpm: 20_000 },
  };
}
