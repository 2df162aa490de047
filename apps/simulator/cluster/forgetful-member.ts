import type { Violation } from "./checker.ts";
import { drawOptions } from "./draw-options.ts";
import { CALM, NO_FAULTS } from "./options.ts";
import { Simulation } from "./simulation.ts";

/**
 * The case for which a member that lost its disk must hear a quorum of others, written out: of three members the
 * third is cut off; the first two go on, and then the first dies and the second loses its disk. The third alone,
 * which knows nothing of the last rounds, must not be enough for the second to sign again.
 */
export function runForgetfulMember(seed: number): readonly Violation[] {
  const simulation = new Simulation({
    ...drawOptions({ seed, nodes: 3, profile: "crash" }),
    ...CALM,
    delayUs: 1_000,
    safetyMs: 10_000,
    restartsByChance: false,
    rates: NO_FAULTS,
  });
  const { scheduler, network, checker } = simulation;
  const [first, second] = simulation.nodes;
  const forMs = (ms: number): void => {
    scheduler.runUntil(scheduler.nowUs + ms * 1_000, () => checker.violations.length > 0);
  };
  simulation.start();
  forMs(200);
  network.isolate(2);
  forMs(800);
  first!.crash();
  second!.crash();
  second!.start("wiped");
  network.reconnect();
  forMs(2_000);
  first!.start("none");
  forMs(3_000);
  return checker.violations;
}
