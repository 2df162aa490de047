// The table of commands and lookups: what was recorded last, and nothing that was not.

import { ANCHOR_MACHINE, LIMIT_ANCHORS_NS } from "./anchors.ts";
import type { FinalityBenchResult } from "./bench-finality.ts";
import type { IdMode } from "./driver-script.ts";
import { type HistoryEntry, type Measurement, newestEntries } from "./history.ts";
import type { ProfileName } from "./profiles.ts";

export interface Row {
  readonly scenario: string;
  readonly metric: string;
  readonly title: string;
  readonly command: string;
  /** Where the C++ limit has a recorded figure for the same commands. */
  readonly profile?: ProfileName;
  /** What the ratio is to, where it is not the C++ limit. */
  readonly anchor?: string;
}

const PROFILE_TITLES: Readonly<Record<ProfileName, string>> = {
  p1: "P1 (core market)",
  p2: "P2 (deep books)",
  p3: "P3 (wide and sparse)",
};

/** How `rialto bench engine` runs a profile. */
export interface EngineWay {
  /** How the client names its orders. */
  readonly ids: IdMode;
  /** On the build without accounts, which shows what accounts cost. */
  readonly isBare: boolean;
}

const ENGINE_WAYS: readonly (EngineWay & { readonly title: string; readonly flag: string })[] = [
  { ids: "handles", isBare: false, title: "ids issued by the engine", flag: "" },
  { ids: "client", isBare: false, title: "sparse client ids of 64 bits", flag: " --ids client" },
  { ids: "handles", isBare: true, title: "bare: no accounts", flag: " --bare" },
];

/** The metrics that the table shows: of the engine's scenarios, and of those of finality. */
export const COMMAND_METRIC = "command";
export const LOOKUP_METRIC = "lookup";

/** The engine's scenarios, in the order of the documents. */
export const ENGINE_ROWS: readonly Row[] = ENGINE_WAYS.flatMap((way) =>
  (["p1", "p2", "p3"] as const).map((profile): Row => ({
    scenario: engineScenario(profile, way),
    metric: COMMAND_METRIC,
    title: `a command, ${PROFILE_TITLES[profile]}, ${way.title}`,
    command: `rialto bench engine --profile ${profile}${way.flag}`,
    profile,
  })),
);

/** The scenario that `rialto bench engine` is recorded under. */
export function engineScenario(profile: ProfileName, { ids, isBare }: EngineWay): string {
  return `engine-${profile}${ids === "client" ? "-client-ids" : ""}${isBare ? "-bare" : ""}`;
}

/** What is recorded of the times of batches. */
export const PERCENTILES = ["p50", "p99", "p99.9", "max"] as const;

/** The metric of a percentile of the times of batches of up to `commandsMax`. */
export function latencyMetric(
  commandsMax: number,
  percentile: (typeof PERCENTILES)[number],
): string {
  return `batch of ${commandsMax}, ${percentile}`;
}

const FINALITY_ROWS: readonly Row[] = [1, 1_000, 1_000_000].map((blocks) => ({
  scenario: finalityScenario(blocks),
  metric: LOOKUP_METRIC,
  title: `a finality lookup by hash, ${blocks.toLocaleString("en-US")} block${blocks === 1 ? "" : "s"}`,
  command: "rialto bench finality",
  anchor: "a plain read of a table of that size",
}));

export function finalityScenario(blocks: number): string {
  return `finality-${blocks}`;
}

/** What is recorded of lookups in an index of so many blocks. */
export function finalityMeasurement(result: FinalityBenchResult): Measurement {
  return {
    scenario: finalityScenario(result.blocks),
    metric: LOOKUP_METRIC,
    unit: "ns",
    value: result.nsPerLookupMedian,
    spread: result.spread,
    ratio: result.ratioToPlainRead,
    stateHash: result.answersHash,
    durability: null,
  };
}

/** What is recorded of signatures: metrics of one scenario, with what they are. */
export const SIGNATURES_SCENARIO = "signatures";
export const SIGNATURE_METRICS = {
  sign: "an Ed25519 signature made",
  "verify-known": "an Ed25519 signature verified, its key's table made before",
  "verify-together": "the same, 64 together",
  "verify-first": "the first signature of a key verified",
  "verify-table": "the signature of a key verified with which its table is made",
  "verify-sodium": "an Ed25519 signature verified by libsodium",
  "verify-node": "an Ed25519 signature verified by node:crypto",
  "verify-threads":
    "an Ed25519 signature verified by a thread a core: until the last answer, over all signatures",
} as const;
export type SignatureMetric = keyof typeof SIGNATURE_METRICS;

const SIGNATURE_ROWS: readonly Row[] = Object.entries(SIGNATURE_METRICS).map(([metric, title]) => ({
  scenario: SIGNATURES_SCENARIO,
  metric,
  title,
  command: "rialto bench signatures",
  anchor: "verifying by node:crypto",
}));

/**
 * The newest entry of each of these scenarios as a table in Markdown.
 *
 * Errors   a damaged history file, thrown.
 */
export function numbersTable(directory?: string): string {
  const rows = [...ENGINE_ROWS, ...FINALITY_ROWS, ...SIGNATURE_ROWS].flatMap((row) => {
    const newest = newestEntries(row.scenario, directory).get(row.metric);
    return newest === undefined ? [] : [{ row, newest }];
  });
  if (rows.length === 0) return "Nothing has been recorded yet.";
  return [
    "| what | median | spread | ratio, to the C++ limit of the same run unless it says | C++ limit, recorded | measured by |",
    "|---|---|---|---|---|---|",
    ...rows.map(({ row, newest }) => formatRow(row, newest)),
    "",
    ...machines(rows.map(({ newest }) => newest)),
    "",
    `"Recorded" is the limit on another machine (${ANCHOR_MACHINE}): a reference, from which no ratio is made.`,
  ].join("\n");
}

function formatRow(row: Row, { value, unit, spread, ratio }: HistoryEntry): string {
  const figure = `${value.toFixed(1)} ${unit}`;
  const range = spread === null ? "" : `${(spread * 100).toFixed(0)} %`;
  const anchor = row.anchor === undefined ? "" : ` to ${row.anchor}`;
  const relation = ratio === null ? "" : `${ratio.toFixed(2)}${anchor}`;
  const recorded =
    row.profile === undefined ? "" : `${LIMIT_ANCHORS_NS[row.profile].toFixed(1)} ns`;
  return `| ${row.title} | ${figure} | ${range} | ${relation} | ${recorded} | \`${row.command}\` |`;
}

/** Where and when, in a line for each machine and sync mode. */
export function machines(entries: readonly HistoryEntry[]): string[] {
  const places = Map.groupBy(
    entries,
    ({ cpu, node, durability }) =>
      `${cpu}, Node ${node}; ${durability ?? "in memory, nothing synced"}`,
  );
  return [...places].map(([place, at]) => {
    const commits = [...new Set(at.map(({ commit, date }) => `${commit} of ${date.slice(0, 10)}`))];
    return `- Measured on ${place}. Commit${commits.length === 1 ? "" : "s"}: ${commits.join(", ")}.`;
  });
}
