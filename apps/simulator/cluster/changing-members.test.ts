import { describe, expect, test } from "vitest";
import type { ProfileName } from "./options.ts";
import { simulateCluster } from "./simulate-cluster.ts";
import { replayCommand } from "./simulate-seeds.ts";

// Members that change again and again, while everything else goes wrong that the seed has drawn.

const CLUSTERS: readonly (readonly [number, ProfileName, number])[] = [
  [3, "crash", 3],
  [5, "crash", 1],
  [4, "byzantine", 2],
  [7, "byzantine", 1],
];
const changes = "changePpm=300000";

describe.each(CLUSTERS)("%i members, %s", (nodes, profile, seeds) => {
  test("change under faults, and nothing wrong happens", () => {
    let epochs = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const request = { seed, nodes, profile, changes };
      const { verdict, violations, ...run } = simulateCluster(request);
      const replay = replayCommand(request);
      expect({ replay, verdict, violations }).toEqual({ replay, verdict: "pass", violations: [] });
      epochs += run.epochs;
    }
    expect(epochs).toBeGreaterThan(seeds);
  }, 60_000);
});
