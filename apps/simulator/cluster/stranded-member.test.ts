import { describe, expect, test } from "vitest";
import { runStrandedMember } from "./stranded-member.ts";

/** In which several members give it chunks. */
const SEEDS = [1, 3, 8, 5];
/** In some of which a liar gives it chunks that are not right: it depends on who is asked for what. */
const LYING_SEEDS = [6, 10, 13];

describe.each(["crash", "byzantine"] as const)("%s", (profile) => {
  test.each(["cut off", "wiped", "killed while it fetches"] as const)(
    "a member that is %s for longer than the others keep rounds comes level by a snapshot",
    (how) => {
      for (const seed of SEEDS) {
        const run = runStrandedMember(seed, profile, how);
        expect({ seed, violations: run.violations }).toEqual({ seed, violations: [] });
        // Else this would be about nothing: there were rounds that nobody could give it any more.
        expect(run.lowestRound).toBeGreaterThan(run.knownRound + 1);
        expect(run.installed.length).toBeGreaterThan(0);
        expect(run.behind).toBeLessThan(20);
        const { chunkCount, heldCount, sources } = run.installed[0]!;
        expect(chunkCount).toBeGreaterThan(10);
        expect(sources.size).toBeGreaterThan(1);
        // Who was killed goes on with what had come in.
        expect(heldCount).toBeGreaterThanOrEqual(how === "killed while it fetches" ? 1 : 0);
      }
    },
  );
});

test("who gives a chunk that is not right is refused, and the snapshot is had of the others", () => {
  const refused = LYING_SEEDS.flatMap((seed) => {
    const { violations, installed, behind } = runStrandedMember(seed, "byzantine", "wiped");
    const count = installed.length;
    expect({ seed, violations, count }).toEqual({ seed, violations: [], count: 1 });
    expect([...installed[0]!.sources]).toEqual(expect.arrayContaining([1, 2]));
    expect(behind).toBeLessThan(20);
    return [...installed[0]!.refused];
  });
  expect(new Set(refused)).toEqual(new Set([3]));
});
