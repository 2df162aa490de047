import type { Violation } from "./checker.ts";
import { drawOptions } from "./draw-options.ts";
import { NO_FAULTS } from "./options.ts";
import { Simulation } from "./simulation.ts";

/**
 * Why a rejoining member leaves out one round more than it hears of: all links are cut, and the member that was just
 * ahead of the others, with a block that it has let out and nobody has got, loses its disk. What the others tell it is a round
 * behind what it has signed.
 *
 * Returns  undefined where the moment was not such a one: then another seed may be.
 */
function runHastyMember(seed: number): readonly Violation[] | undefined {
  const simulation = new Simulation({
    ...drawOptions({ seed, nodes: 3, profile: "crash" }),
    delayUs: 5_000,
    flushUs: 100,
    splitsVotes: false,
    skewMsMax: 0,
    bytesPerSecond: 0,
    framesPerSecond: 100,
    gcDepth: 64,
    leadersPerRound: 1,
    hasWeights: false,
    leavesSomeDown: false,
    beginsMismatched: false,
    restartsByChance: false,
    rates: NO_FAULTS,
  });
  const { scheduler, network, checker, nodes } = simulation;
  const forMs = (ms: number): void => {
    scheduler.runUntil(scheduler.nowUs + ms * 1_000, () => checker.violations.length > 0);
  };
  simulation.start();
  forMs(300 + (seed % 40));
  for (let member = 0; member < nodes.length; member++) network.isolate(member);
  forMs(60);
  const [ahead, ...others] = [...nodes].sort((a, b) => b.sentIn(1) - a.sentIn(1));
  if (others.some((node) => node.sentIn(1) >= ahead!.sentIn(1))) return undefined;
  ahead!.crash();
  network.reconnect();
  ahead!.start("wiped");
  forMs(1_000);
  return checker.violations;
}

/** Looks for such a moment. Returns what went wrong at the first, or undefined where there was none. */
export function findHastyMember(seeds: number): readonly Violation[] | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const violations = runHastyMember(seed);
    if (violations !== undefined) return violations;
  }
  return undefined;
}
