// How `rialto bench features` is recorded.

import type { Measurement } from "../history.ts";
import type { FeatureCost } from "./bench-features.ts";

/** The scenario that it is recorded under; each feature is a metric. */
export const FEATURES_SCENARIO = "features";

/** What is recorded: nanoseconds a command with the feature, and the ratio to the plain way. */
export function featureMeasurements(costs: readonly FeatureCost[]): Measurement[] {
  return costs.map(({ name, featuredNsPerCommand, ratio, spread }) => ({
    scenario: FEATURES_SCENARIO,
    metric: name,
    unit: "ns",
    value: featuredNsPerCommand,
    spread,
    ratio,
    stateHash: null,
    durability: null,
  }));
}
