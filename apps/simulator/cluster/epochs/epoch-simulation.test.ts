import { expect, test } from "vitest";
import { simulateEpochs } from "./epoch-simulation.ts";
import type { EpochRequest } from "./epoch-options.ts";

// A fixed part of what `rialto simulate epochs` runs without end.

const CLUSTERS: readonly (readonly [number, EpochRequest["profile"], number])[] = [
  [3, "crash", 3],
  [4, "byzantine", 3],
  [7, "byzantine", 1],
];

test.each(CLUSTERS)(
  "%i members, %s: they change under faults in %i seeds, and nothing wrong happens",
  (nodes, profile, seeds) => {
    let epochs = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const { verdict, violations, ...run } = simulateEpochs({ seed, nodes, profile });
      const replay = `rialto simulate epochs --first-seed ${seed} --seeds 1 --nodes ${nodes} --profile ${profile}`;
      expect({ replay, verdict, violations }).toEqual({ replay, verdict: "pass", violations: [] });
      epochs += run.epochs;
    }
    expect(epochs).toBeGreaterThan(2 * seeds);
  },
  60_000,
);

test("the same seed is the same run", () => {
  const runs = [1, 2].map(() => simulateEpochs({ seed: 2, nodes: 3, profile: "crash" }));
  expect(runs[0]).toEqual(runs[1]);
});
