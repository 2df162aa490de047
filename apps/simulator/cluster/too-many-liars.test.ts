import { expect, test } from "vitest";
import { drawOptions } from "./draw-options.ts";
import { NO_FAULTS } from "./options.ts";
import { Simulation } from "./simulation.ts";

const TWINS = [1, 2];
const HONEST = [0, 3];

/** Four members, of whom two lie by running twice: one more than is borne. */
function worldOfTwins(seed: number): Simulation {
  const changes = `liars=${TWINS.map((author) => `${author}:twins`).join(";")},hasTooManyLiars=1`;
  return new Simulation({
    ...drawOptions({ seed, nodes: 4, profile: "byzantine", changes }),
    delayUs: 1_000,
    framesPerSecond: 100,
    skewMsMax: 0,
    bytesPerSecond: 0,
    hasWeights: false,
    beginsMismatched: false,
    // Who begins with a certified snapshot of the other side has nothing left that contradicts it.
    prunes: false,
    rates: NO_FAULTS,
  });
}

test.each([1, 2, 3])(
  "with more liars than are borne the order forks, and both sides find out and name them, seed %i",
  (seed) => {
    const simulation = worldOfTwins(seed);
    const { scheduler, checker } = simulation;
    const honest = HONEST.map((author) => simulation.nodes[author]!);
    const commits = (): number[] =>
      honest.map((node) => node.replica!.consensus.sequencer.lastIndex);
    simulation.splitWorld([0, 0, 1, 1]);
    simulation.start();
    scheduler.runUntil(1_000_000, () => false);
    // Nothing less may fork an order, and the checker sees it.
    expect(Math.min(...commits())).toBeGreaterThan(5);
    expect(checker.violations.map((violation) => violation.invariant)).toContain("I1");
    simulation.splitWorld(undefined);
    simulation.heal();
    scheduler.runUntil(4_000_000, () => false);
    const atEnd = commits();
    const isStopped = honest.some((node) => node.replica!.halted !== undefined);
    const named = honest.flatMap((node) =>
      node.replica!.consensus.evidence.all().map((evidence) => evidence.first.author),
    );
    expect(new Set(named)).toEqual(new Set(TWINS));
    scheduler.runUntil(6_000_000, () => false);
    // They have stopped, or cannot go on: the fork does not grow.
    expect(isStopped || commits().every((count, at) => count === atEnd[at])).toBe(true);
  },
);
