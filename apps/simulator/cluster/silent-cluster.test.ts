import { expect, test } from "vitest";
import { runSilentCluster } from "./silent-cluster.ts";

test.each(["crash", "byzantine"] as const)(
  "%s members lose nothing that they take right after a silence of days",
  (profile) => {
    for (let seed = 1; seed <= 4; seed++) {
      expect({ seed, problem: runSilentCluster(seed, profile) }).toEqual({ seed });
    }
  },
);
