import { expect, test } from "vitest";
import { benchFeatures } from "./bench-features.ts";
import { FEATURES } from "./features.ts";
import { featureMeasurements } from "./numbers.ts";
import { Lap } from "./lap.ts";

test("every feature goes round, does what it says, and is measured", () => {
  const costs = benchFeatures({ samples: 2, laps: 2 });
  expect(costs.map((cost) => cost.name)).toEqual(FEATURES.map((feature) => feature.name));
  for (const { plainNsPerCommand, featuredNsPerCommand, ratio } of costs) {
    expect(plainNsPerCommand).toBeGreaterThan(0);
    expect(featuredNsPerCommand).toBeGreaterThan(0);
    expect(ratio).toBeGreaterThan(0);
  }
  const metrics = featureMeasurements(costs).map((measurement) => measurement.metric);
  expect(new Set(metrics).size).toBe(FEATURES.length);
});

test("a ratio is of the times to the same end, with the feature over without it", () => {
  for (const cost of benchFeatures({ samples: 1, laps: 1 })) {
    const plainNs = cost.plainNsPerCommand * cost.plainCommands;
    const featuredNs = cost.featuredNsPerCommand * cost.featuredCommands;
    expect(cost.ratio).toBeCloseTo(featuredNs / plainNs);
  }
});

test("a lap that does something else than it says fails", () => {
  const { plain } = FEATURES[0]!;
  const wrong = new Lap({ ...plain, events: { Accepted: 1, Fill: 1 } });
  expect(() => wrong.go()).toThrow("lap 1: 0 events Fill, 64 expected");
  const more = new Lap({ ...plain, events: { Accepted: 1 } });
  expect(() => more.go()).toThrow("lap 1: 64 events Canceled, 0 expected");
});
