import type { Violation } from "./checker.ts";
import { drawOptions } from "./draw-options.ts";
import { CALM, NO_FAULTS, type RunRequest } from "./options.ts";
import { Simulation } from "./simulation.ts";

type Shape = Pick<RunRequest, "nodes" | "profile" | "seed">;

function calmSimulation(shape: Shape): Simulation {
  return new Simulation({
    ...drawOptions(shape),
    ...CALM,
    delayUs: 1_000,
    safetyMs: 10_000,
    restartsByChance: false,
    liars: [],
    rates: NO_FAULTS,
  });
}

/**
 * Of a running cluster one member comes back with its keys and the guard of the key ceremony. It may not begin anew; and when
 * all know of it again, it takes part. Returns what went wrong.
 */
export function runRestoredMember(shape: Shape): readonly Violation[] {
  const simulation = calmSimulation(shape);
  const { scheduler, checker } = simulation;
  const restored = simulation.nodes[1]!;
  const forMs = (ms: number): void => {
    scheduler.runUntil(scheduler.nowUs + ms * 1_000, () => checker.violations.length > 0);
  };
  simulation.start();
  forMs(500);
  const signed = restored.sentIn(1);
  restored.crash();
  forMs(500);
  restored.start("restoredKeys");
  forMs(3_000);
  const hasSigned = restored.sentIn(1) > signed;
  if (checker.violations.length > 0 || hasSigned) return checker.violations;
  return [{ invariant: "PROGRESS", member: restored.number, detail: "it never signs again" }];
}

/**
 * The same where at first nobody answers but one that has heard nothing of it: of four members the last is cut off from the beginning,
 * and is there, alone, when the second is restored.
 */
export function runIgnorantAnswer(seed: number): readonly Violation[] {
  const simulation = calmSimulation({ nodes: 4, profile: "byzantine", seed });
  const { scheduler, checker, network } = simulation;
  const [first, restored, third] = simulation.nodes;
  const forMs = (ms: number): void => {
    scheduler.runUntil(scheduler.nowUs + ms * 1_000, () => checker.violations.length > 0);
  };
  network.isolate(3);
  simulation.start();
  forMs(500);
  for (const node of [first, restored, third]) node!.crash();
  network.reconnect();
  restored!.start("restoredKeys");
  forMs(1_000);
  for (const node of [first, third]) node!.start("none");
  forMs(3_000);
  return checker.violations;
}

/** A cluster that begins with so many of its members down. Returns the rounds that it has come to. */
export function runThinBeginning(shape: Shape, missing: number): number {
  const { scheduler, nodes, checker } = calmSimulation(shape);
  for (const node of nodes.slice(missing)) node.start("none");
  scheduler.runUntil(scheduler.nowUs + 2_000_000, () => checker.violations.length > 0);
  return checker.violations.length > 0 ? 0 : nodes.at(-1)!.replica!.lastProposed;
}

/** What goes wrong in any of these, of three that trust each other and of four that do not; undefined where nothing does. */
export function findRestoredMember(): string | undefined {
  const shapes = [
    { nodes: 3, profile: "crash", seed: 1 },
    { nodes: 4, profile: "byzantine", seed: 1 },
  ] as const;
  for (const shape of shapes) {
    const [violation] = runRestoredMember(shape);
    if (violation !== undefined) return violation.detail;
    if (runThinBeginning(shape, 1) === 0) return "a quorum does not begin";
  }
  return runIgnorantAnswer(1)[0]?.detail;
}
