// What of `rialto bench markets` is recorded, and how the documents show it.

import type { Measurement } from "../history.ts";
import type { MarketsBenchResult, Rate } from "./bench-markets.ts";
import type { EmptyResult } from "./one-process.ts";

/** A value as the documents write it. */
export function marketsFigure(unit: MarketsMetric["unit"], value: number): string {
  if (unit === "1/s") return `${(value / 1e6).toFixed(1)} M/s`;
  return unit === "bytes" ? `${(value / 1e6).toFixed(1)} MB` : `${value.toFixed(2)} s`;
}

/** The scenario that `rialto bench markets` is recorded under. */
export const MARKETS_SCENARIO = "markets";

/** What the documents call a metric, and how they write its value. */
export interface MarketsMetric {
  readonly metric: string;
  readonly title: string;
  readonly unit: "1/s" | "bytes" | "s";
  /** What the project has set itself. */
  readonly goal?: string;
}

const STAGES = { empty: "empty", full: "full", traded: "after the trades" } as const;

function goalsOf(stage: string): readonly [engine: object, heap: object, resident: object] {
  if (stage === "empty") return [{}, {}, {}];
  return [{ goal: "<= 45 MB" }, { goal: "<= 83 MB" }, { goal: "<= 100 MB" }];
}

/** All metrics, in the order of the documents. */
export const MARKETS_METRICS: readonly MarketsMetric[] = [
  { metric: "placements", title: "placements, one core", unit: "1/s", goal: ">= 12 M" },
  {
    metric: "placementsSharded",
    title: "placements, a node of two shards",
    unit: "1/s",
  },
  { metric: "barePlacements", title: "placements without accounts", unit: "1/s", goal: ">= 18 M" },
  {
    metric: "barePlacementsSharded",
    title: "the same, a node of two shards",
    unit: "1/s",
    goal: ">= 33.7 M",
  },
  { metric: "quoteReads", title: "reads of best bid and ask, one core", unit: "1/s" },
  { metric: "quoteReadsSharded", title: "the same, a node of two shards", unit: "1/s" },
  {
    metric: "headReads",
    title: "reads of best bid, ask and first lots, one core",
    unit: "1/s",
    goal: ">= 45 M",
  },
  {
    metric: "headReadsSharded",
    title: "the same, a node of two shards",
    unit: "1/s",
    goal: ">= 70.8 M",
  },
  ...Object.entries(STAGES).flatMap(([stage, title]): MarketsMetric[] => {
    const [engine, heap, resident] = goalsOf(stage);
    const unit = "bytes";
    return [
      { metric: `${stage}EngineBytes`, title: `engine, ${title}`, unit, ...engine },
      { metric: `${stage}HeapAndBuffersBytes`, title: `heap and buffers, ${title}`, unit, ...heap },
      { metric: `${stage}ResidentBytes`, title: `whole process, ${title}`, unit, ...resident },
    ];
  }),
  { metric: "millionEngineBytes", title: "engine, 1,000,000 empty markets", unit: "bytes" },
  {
    metric: "millionResidentBytes",
    title: "whole process, the same",
    unit: "bytes",
    goal: "<= 3.6 GB",
  },
  {
    metric: "millionSeconds",
    title: "start of 1,000,000 empty markets",
    unit: "s",
    goal: "< 30 s",
  },
];

/** What is recorded of a run. */
export function marketsMeasurements(result: MarketsBenchResult): Measurement[] {
  const { sharded, stateHash } = result;
  if (result.isBare) return bareMeasurements(result);
  const rates: readonly (readonly [string, Rate, number | undefined])[] = [
    ["placements", result.placements, sharded?.placementsPerSecond],
    ["quoteReads", result.quoteReads, sharded?.quoteReadsPerSecond],
    ["headReads", result.headReads, sharded?.headReadsPerSecond],
  ];
  const measured = rates.flatMap(([metric, rate, shardedPerSecond]) => {
    const own = measurement(metric, rate.perSecondMedian, stateHash, rate.spread);
    if (shardedPerSecond === undefined) return [own];
    return [own, measurement(`${metric}Sharded`, shardedPerSecond, stateHash)];
  });
  const sizes = result.footprints
    .filter(({ stage }) => stage !== "start")
    .flatMap(({ stage, engineBytes, heapAndBuffersBytes, residentBytes }) => [
      measurement(`${stage}EngineBytes`, engineBytes, stateHash),
      measurement(`${stage}HeapAndBuffersBytes`, heapAndBuffersBytes, stateHash),
      measurement(`${stage}ResidentBytes`, residentBytes, stateHash),
    ]);
  return [...measured, ...sizes];
}

/** Without accounts only placements are another matter. */
function bareMeasurements({ placements, sharded, stateHash }: MarketsBenchResult): Measurement[] {
  const { perSecondMedian, spread } = placements;
  const own = measurement("barePlacements", perSecondMedian, stateHash, spread);
  if (sharded === null) return [own];
  return [own, measurement("barePlacementsSharded", sharded.placementsPerSecond, stateHash)];
}

/** What is recorded of a start with a million empty markets. */
export function millionMeasurements({ seconds, footprints }: EmptyResult): Measurement[] {
  const { engineBytes, residentBytes } = footprints.at(-1)!;
  return [
    measurement("millionEngineBytes", engineBytes, null),
    measurement("millionResidentBytes", residentBytes, null),
    measurement("millionSeconds", seconds, null),
  ];
}

function measurement(
  metric: string,
  value: number,
  stateHash: string | null,
  spread: number | null = null,
): Measurement {
  const unit = MARKETS_METRICS.find((each) => each.metric === metric)!.unit;
  const scenario = MARKETS_SCENARIO;
  return { scenario, metric, unit, value, spread, ratio: null, stateHash, durability: null };
}
