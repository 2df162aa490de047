import { expect, test } from "vitest";
import type { ProfileName } from "./options.ts";
import { simulateCluster } from "./simulate-cluster.ts";
import { replayCommand } from "./simulate-seeds.ts";

// Members that change again and again, let go of old rounds and begin with snapshots of each other, while everything else
// goes wrong that the seed has drawn.

const CLUSTERS: readonly (readonly [number, ProfileName, number])[] = [
  [3, "crash", 3],
  [4, "byzantine", 2],
  [7, "byzantine", 1],
];
const CHANGING = "changePpm=300000,prunes=1";

test.each(CLUSTERS)(
  "%i members, %s, change under faults, and nothing wrong happens",
  (nodes, profile, seeds) => {
    let epochs = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const request = { seed, nodes, profile, changes: CHANGING };
      const { verdict, violations, ...run } = simulateCluster(request);
      const replay = replayCommand(request);
      expect({ replay, verdict, violations }).toEqual({ replay, verdict: "pass", violations: [] });
      epochs += run.epochs;
    }
    expect(epochs).toBeGreaterThan(seeds);
  },
  60_000,
);

/** What once failed, and why. */
const FOUND = [
  [
    "who began on a damaged journal asked again in each later epoch",
    27,
    "changePpm=200000,prunes=1",
  ],
  [
    "nobody had a certificate of an epoch's end to offer its snapshot with",
    3,
    "changePpm=300000,badChangePpm=0,prunes=1,snapshotCommits=8,damagePpm=600000,crashPpm=60000,garblePpm=400000",
  ],
] as const;

test.each(FOUND)("%s: seed %i passes", (_what, seed, changes) => {
  const { verdict, violations } = simulateCluster({ seed, nodes: 3, profile: "crash", changes });
  expect({ verdict, violations }).toEqual({ verdict: "pass", violations: [] });
});
