import { describe, expect, test } from "vitest";
import { runStrandedMember } from "./stranded-member.ts";

/** Who is asked for what is chance, and how fast rounds come beside a liar: in these they come fast enough, and in some several members give it chunks. */
const SEEDS = [3, 4, 5, 8];
/** In about one seed of seven a liar gives it chunks that are not right. */
const LYING_SEEDS_MAX = 100;

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
  let refusals = 0;
  for (let seed = 1; refusals === 0; seed++) {
    expect(seed).toBeLessThanOrEqual(LYING_SEEDS_MAX);
    const { violations, installed, behind } = runStrandedMember(seed, "byzantine", "wiped");
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    expect(behind).toBeLessThan(20);
    // Some come level by rounds, before a snapshot is there.
    expect(installed.length).toBeLessThanOrEqual(1);
    for (const { sources, refused } of installed) {
      expect([...sources].some((source) => source !== 3)).toBe(true);
      if (refused.size === 0) continue;
      expect([...refused]).toEqual([3]);
      expect([...sources]).toEqual(expect.arrayContaining([1, 2]));
      refusals++;
    }
  }
});
