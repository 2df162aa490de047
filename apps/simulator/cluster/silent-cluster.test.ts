import { expect, test } from "vitest";
import { runSilentCluster } from "./silent-cluster.ts";

test.each([
  ["crash", 3],
  ["crash", 5],
  ["byzantine", 4],
] as const)(
  "%s, %i members: nothing is lost that they take right after a silence of days",
  (profile, nodes) => {
    for (let seed = 1; seed <= 8; seed++) {
      expect({ seed, problem: runSilentCluster(seed, profile, nodes) }).toEqual({ seed });
    }
  },
);
