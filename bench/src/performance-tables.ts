// The tables of docs/performance.md: the newest recorded figure of everything that is measured, and nothing that was not.

import { clusterTables } from "./cluster-tables.ts";
import { LATENCY_BATCHES } from "./latency.ts";
import { FEATURES } from "./features/features.ts";
import { FEATURES_SCENARIO } from "./features/numbers.ts";
import { type HistoryEntry, newestEntries } from "./history.ts";
import { MARKETS_METRICS, MARKETS_SCENARIO, marketsFigure } from "./markets/numbers.ts";
import {
  ENGINE_ROWS,
  latencyMetric,
  machines,
  numbersTable,
  PERCENTILES,
} from "./numbers-table.ts";

const NOTHING = "Nothing has been recorded yet.";

/**
 * All tables, each below its heading.
 *
 * Errors   a damaged history file, thrown.
 */
export function performanceTables(directory?: string): string {
  return [
    "### A command, a lookup, a signature",
    numbersTable(directory),
    "### A call, in batches",
    latencyTable(directory),
    "### 21,000 markets",
    marketsTable(directory),
    "### Features",
    featuresTable(directory),
    "### A cluster",
    clusterTables(directory),
  ].join("\n\n");
}

function latencyTable(directory?: string): string {
  const rows = ENGINE_ROWS.flatMap(({ scenario, title }) => {
    const newest = newestEntries(scenario, directory);
    return LATENCY_BATCHES.flatMap((batch) => {
      const entries = PERCENTILES.map((percentile) => newest.get(latencyMetric(batch, percentile)));
      if (!entries.every((entry) => entry !== undefined)) return [];
      const figures = entries.map((entry) => nanoseconds(entry.value));
      return [{ line: `| ${title} | ${batch} | ${figures.join(" | ")} |`, entries }];
    });
  });
  if (rows.length === 0) return NOTHING;
  return [
    `| what | commands at the most | ${PERCENTILES.join(" | ")} |`,
    "|---|---|---|---|---|---|",
    ...rows.map((row) => row.line),
    "",
    ...machines(rows.flatMap((row) => row.entries)),
  ].join("\n");
}

function nanoseconds(ns: number): string {
  return ns < 1_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1_000).toFixed(2)} us`;
}

function marketsTable(directory?: string): string {
  const newest = newestEntries(MARKETS_SCENARIO, directory);
  const rows = MARKETS_METRICS.flatMap(({ metric, title, unit, goal }) => {
    const entry = newest.get(metric);
    return entry === undefined
      ? []
      : [{ title, figure: marketsFigure(unit, entry.value), goal, entry }];
  });
  if (rows.length === 0) return NOTHING;
  return [
    "| what | measured | spread | goal |",
    "|---|---|---|---|",
    ...rows.map(
      ({ title, figure, goal, entry }) =>
        `| ${title} | ${figure} | ${percent(entry)} | ${goal ?? ""} |`,
    ),
    "",
    ...machines(rows.map((row) => row.entry)),
  ].join("\n");
}

function featuresTable(directory?: string): string {
  const newest = newestEntries(FEATURES_SCENARIO, directory);
  const rows = FEATURES.flatMap(({ name, title, against }) => {
    const entry = newest.get(name);
    return entry === undefined ? [] : [{ title, against, entry }];
  });
  if (rows.length === 0) return NOTHING;
  return [
    "| feature | ns a command | time for the same end, ratio | spread of the ratio | against |",
    "|---|---|---|---|---|",
    ...rows.map(({ title, against, entry }) => {
      const ratio = entry.ratio === null ? "" : entry.ratio.toFixed(2);
      return `| ${title} | ${entry.value.toFixed(1)} | ${ratio} | ${percent(entry)} | ${against} |`;
    }),
    "",
    ...machines(rows.map((row) => row.entry)),
  ].join("\n");
}

function percent({ spread }: HistoryEntry): string {
  return spread === null ? "" : `${(spread * 100).toFixed(0)} %`;
}
