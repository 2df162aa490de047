import { describe, expect, test } from "vitest";
import { runStrandedMember } from "./stranded-member.ts";

/** Who is asked for what is chance: in some of these several members give it chunks. */
const SEEDS = [1, 2, 4, 8];
/** And in some of these a liar gives it chunks that are not right. */
const LYING_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe.each(["crash", "byzantine"] as const)("%s", (profile) => {
  test.each(["cut off", "wiped", "killed while it fetches"] as const)(
    "a member that is %s for longer than the others keep rounds comes level by a snapshot",
    (how) => {
      const sourceCounts = SEEDS.map((seed) => {
        const run = runStrandedMember(seed, profile, how);
        expect({ seed, violations: run.violations }).toEqual({ seed, violations: [] });
        // Else this would be about nothing: there were rounds that nobody could give it any more.
        expect(run.lowestRound).toBeGreaterThan(run.knownRound + 1);
        expect(run.installed.length).toBeGreaterThan(0);
        expect(run.behind).toBeLessThan(20);
        const { chunkCount, heldCount, sources } = run.installed[0]!;
        expect(chunkCount).toBeGreaterThan(10);
        // Who was killed goes on with what had come in.
        expect(heldCount).toBeGreaterThanOrEqual(how === "killed while it fetches" ? 1 : 0);
        return sources.size;
      });
      expect(Math.max(...sourceCounts)).toBeGreaterThan(1);
    },
  );
});

test("who gives a chunk that is not right is refused, and the snapshot is had of the others", () => {
  const refused = LYING_SEEDS.flatMap((seed) => {
    const { violations, installed, behind } = runStrandedMember(seed, "byzantine", "wiped");
    const count = installed.length;
    expect({ seed, violations, count }).toEqual({ seed, violations: [], count: 1 });
    expect([...installed[0]!.sources].some((source) => source !== 3)).toBe(true);
    expect(behind).toBeLessThan(20);
    return [...installed[0]!.refused];
  });
  expect(new Set(refused)).toEqual(new Set([3]));
});
