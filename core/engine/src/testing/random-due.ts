import type { DrawState } from "./random-model.ts";

/** Draws when something is to end: soon, and in some seeds with other things at one time. */
export function drawDueMs({ prng, options, nowMs }: DrawState): number {
  const { dueStepMs } = options;
  return (Math.floor((nowMs + prng.below(300)) / dueStepMs) + 1) * dueStepMs;
}
