import { describe, expect, test } from "vitest";
import { runIgnorantAnswer, runRestoredMember, runThinBeginning } from "./restored-member.ts";

describe.each([
  { nodes: 3, profile: "crash", missing: 1 },
  { nodes: 5, profile: "crash", missing: 2 },
  { nodes: 4, profile: "byzantine", missing: 1 },
  { nodes: 7, profile: "byzantine", missing: 2 },
] as const)("of $nodes, $profile", ({ missing, ...shape }) => {
  test.each([1, 2, 3])(
    "who is restored from the key ceremony finds out, and comes back, seed %i",
    (seed) => {
      expect(runRestoredMember({ ...shape, seed })).toEqual([]);
    },
  );

  test("a quorum begins, whoever else is dead", () => {
    expect(runThinBeginning({ ...shape, seed: 1 }, missing)).toBeGreaterThan(2);
  });
});

test.each([1, 2, 3])("the word of one that has heard nothing is not enough, seed %i", (seed) => {
  expect(runIgnorantAnswer(seed)).toEqual([]);
});

test("one alone begins", () => {
  expect(runThinBeginning({ nodes: 1, profile: "solo", seed: 1 }, 0)).toBeGreaterThan(2);
});
