import { describe, expect, test } from "vitest";
import { runStrandedMember } from "./stranded-member.ts";

const SEEDS = [1, 2];

describe.each(["crash", "byzantine"] as const)("%s", (profile) => {
  test.each(["cut off", "wiped", "killed while it fetches"] as const)(
    "a member that is %s for longer than the others keep rounds comes level by a snapshot",
    (how) => {
      for (const seed of SEEDS) {
        const run = runStrandedMember(seed, profile, how);
        expect({ seed, violations: run.violations }).toEqual({ seed, violations: [] });
        // Else this would be about nothing: there were rounds that nobody could give it any more.
        expect(run.lowestRound).toBeGreaterThan(run.knownRound + 1);
        expect(run.installed).toBeGreaterThan(0);
        expect(run.behind).toBeLessThan(20);
      }
    },
  );
});
