import { describe, expect, test } from "vitest";
import { drawOptions } from "./draw-options.ts";
import { type ProfileName } from "./options.ts";
import { runSimulation, simulateCluster } from "./simulate-cluster.ts";
import { replayCommand, simulateSeeds } from "./simulate-seeds.ts";

// A fixed part of what `rialto simulate cluster` runs without end.

const CLUSTERS: readonly (readonly [number, ProfileName, number])[] = [
  [1, "solo", 10],
  [3, "crash", 14],
  [5, "crash", 6],
  [4, "byzantine", 14],
  [7, "byzantine", 6],
];

describe.each(CLUSTERS)("%i members, %s", (nodes, profile, seeds) => {
  const all = Array.from({ length: seeds }, (_, at) => at + 1);
  test.each(all)("seed %i: nothing wrong happens, and all goes on when the faults end", (seed) => {
    const { verdict, violations, commits } = simulateCluster({ seed, nodes, profile });
    const replay = replayCommand({ seed, nodes, profile });
    expect({ replay, verdict, violations }).toEqual({ replay, verdict: "pass", violations: [] });
    expect(commits).toBeGreaterThan(0);
  });
});

// Blocks are known to come in time: what one liar alone, or one that another helps, is given room for is all that is tried.
const FLOODS = [
  [4, "2:twinFlood"],
  [7, "2:twinFlood;5:twinFlood"],
] as const;

test.each(FLOODS)("of %i members %s make second blocks without end", (nodes, liars) => {
  const calm = "crashPpm=0,stormPpm=0,powerLossPpm=0,stepCrashPpm=0,hasWeights=0,delayUs=1000";
  const changes = `liars=${liars},${calm},gcDepth=64,prunes=0,safetyMs=2000,framesPerSecond=20`;
  const result = simulateCluster({ seed: 1, nodes, profile: "byzantine", changes });
  expect(result).toMatchObject({ verdict: "pass", violations: [] });
  expect(result.faults.get("twinFlood")).toBeGreaterThan(50);
});

test("a snapshot of hundreds of chunks comes in though newer ones come faster (7 byzantine, seed 9029)", () => {
  const request = {
    seed: 9_029,
    nodes: 7,
    profile: "byzantine",
    changes: "chunkBytes=64,leadersPerRound=1",
  } as const;
  const { verdict, violations, faults } = simulateCluster(request);
  expect({ verdict, violations }).toEqual({ verdict: "pass", violations: [] });
  expect(faults.get("snapshotFetched")).toBeGreaterThan(0);
});

/** Runs that have found something, and what it was about. */
const FOUND = [
  ["an epoch ends where only a liar's own blocks wait for its second one", 4, "byzantine", 101],
  ["an epoch's last commit comes behind the guard of what was signed in it", 3, "crash", 114],
  ["who has lost its first mark of an epoch is faulty before it comes there", 3, "crash", 129],
  ["who began with a snapshot has no first rounds to go through again", 3, "crash", 958],
  ["the only one with room for a frame begins again with a snapshot", 3, "crash", 5],
] as const;

test.each(FOUND)("%s (%i %s, seed %i)", (_, nodes, profile, seed) => {
  const { verdict, violations } = simulateCluster({ seed, nodes, profile });
  expect({ verdict, violations }).toEqual({ verdict: "pass", violations: [] });
});

test("the same seed is the same run, to the last message", () => {
  const runs = [1, 2].map(() => simulateCluster({ seed: 12, nodes: 4, profile: "byzantine" }));
  expect(runs[0]).toEqual(runs[1]);
});

test("with real signatures a cluster does the same as with cheap ones", () => {
  const options = drawOptions({ seed: 5, nodes: 4, profile: "byzantine" });
  const short = { ...options, safetyMs: 800, framesPerSecond: 20 };
  const result = runSimulation({ ...short, hasRealSignatures: true });
  expect(result).toMatchObject({ verdict: "pass", violations: [] });
});

test("many seeds on several threads make one report, with the faults that struck", async () => {
  const report = await simulateSeeds({
    firstSeed: 1,
    seeds: 3,
    clusters: [{ nodes: 3, profile: "crash" }],
    hasRealSignatures: false,
    workers: 2,
  });
  expect(report).toMatchObject({ runs: 3, pass: 3, noProgress: 0, diverged: 0, failures: [] });
  expect(report.simulatedHours).toBeGreaterThan(0);
  expect(Object.keys(report.faults).length).toBeGreaterThan(2);
  expect(report.commitsCompared).toBeGreaterThan(report.commits);
});
