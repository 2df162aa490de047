import { openFrame } from "@rialto/consensus";
import { drawOptions } from "./draw-options.ts";
import { sha256 } from "./keys.ts";
import { encodeTransfer } from "./ledger.ts";
import { NO_FAULTS, type ProfileName } from "./options.ts";
import { Simulation } from "./simulation.ts";

/** Longer than frames may live, twice over. */
const SILENCE_MS = 4 * 24 * 3_600_000;
const FRAME_LIFE_MS = 3_600_000;

/**
 * Nobody hears of anybody for days; then links and clients are back at once. What is ordered first rests on blocks from before, and is of
 * their time: a frame in it would be found too early, though who took it has promised to propose it.
 *
 * Returns  what went wrong, in words, or undefined.
 */
export function runSilentCluster(
  seed: number,
  profile: ProfileName,
  nodes: number,
): string | undefined {
  const simulation = new Simulation({
    ...drawOptions({ seed, nodes, profile }),
    delayUs: 5_000,
    heavyTail: false,
    splitsVotes: false,
    skewMsMax: 0,
    framesPerSecond: 100,
    shortLifeMs: 0,
    gcDepth: 64,
    leadersPerRound: nodes,
    hasWeights: false,
    leavesSomeDown: false,
    beginsMismatched: false,
    bytesPerSecond: 0,
    mempoolFrames: 2_000,
    restartsByChance: false,
    liars: [],
    rates: NO_FAULTS,
  });
  const { scheduler, network, checker } = simulation;
  const forMs = (ms: number): void => {
    scheduler.runUntil(scheduler.nowUs + ms * 1_000, () => checker.violations.length > 0);
  };
  simulation.start();
  forMs(300 + (seed % 40));
  // At once, or one after the other: then the others go on for a while, and who was first comes back behind them.
  const apartMs = (seed % 4) * 50;
  for (let member = 0; member < nodes; member++) {
    network.isolate(member);
    forMs(apartMs);
  }
  forMs(200);
  for (const { clock } of simulation.nodes) clock.set(SILENCE_MS);
  network.reconnect();
  const taken: string[] = [];
  for (const [id, node] of simulation.nodes.entries()) {
    const expiresMs = node.nowMs() + FRAME_LIFE_MS;
    const frame = encodeTransfer({ id: 2 ** 31 + id, source: 0, target: 1, amount: 1, expiresMs });
    node.submit(frame, () => taken.push(openFrame(frame, sha256).key));
  }
  forMs(3_000);
  const [violation] = checker.violations;
  if (violation !== undefined) return `${violation.invariant}: ${violation.detail}`;
  const lost = taken.filter((key) => checker.executedIn(key) === undefined);
  if (taken.length === nodes && lost.length === 0) return undefined;
  return `of ${taken.length} frames that ${nodes} members took ${lost.length} were not executed`;
}
