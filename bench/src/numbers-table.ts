// The README's table of numbers: what was recorded last, and nothing that was not.

import { Fault } from "@rialto/base";
import { type HistoryEntry, readHistory } from "./history.ts";

interface Row {
  readonly scenario: string;
  readonly title: string;
  readonly command: string;
  /** What the ratio is to, where it is not the C++ limit. */
  readonly anchor?: string;
  /** Which figure, where the scenario has several. */
  readonly metric?: string;
}

const ROWS: readonly Row[] = [
  {
    scenario: "engine-p1",
    title: "a command, profile P1 (core market), everything on",
    command: "rialto bench engine --profile p1",
  },
  {
    scenario: "engine-p2",
    title: "a command, profile P2 (deep books), everything on",
    command: "rialto bench engine --profile p2",
  },
  {
    scenario: "engine-p3",
    title: "a command, profile P3 (wide and sparse), everything on",
    command: "rialto bench engine --profile p3",
  },
  {
    scenario: "finality-1",
    title: "a finality lookup by hash, 1 block",
    command: "rialto bench finality",
    anchor: "a plain read of a table of that size",
  },
  {
    scenario: "finality-1000",
    title: "a finality lookup by hash, 1,000 blocks",
    command: "rialto bench finality",
    anchor: "a plain read of a table of that size",
  },
  {
    scenario: "finality-1000000",
    title: "a finality lookup by hash, 1,000,000 blocks",
    command: "rialto bench finality",
    anchor: "a plain read of a table of that size",
  },
  ...clusterRows("rialto-byzantine-n-4", "4 members, one may lie"),
  ...clusterRows("rialto-crash-n-3", "3 members, one may be down"),
  ...clusterRows(
    "nats-jetstream-r3",
    "beside it NATS JetStream, 3 processes, the same frames neither checked nor executed",
  ),
  ...clusterRows("etcd-n-3", "beside it etcd, 3 processes, likewise"),
];

function clusterRows(carrier: string, who: string): Row[] {
  const row = (orders: number, phase: string, metric: string, what: string): Row => ({
    scenario: `cluster-${carrier}-${orders}-${phase}`,
    metric,
    title: `${what}: ${who}, ${orders} orders a signed frame`,
    command: "rialto bench cluster",
    anchor: "the saturated rate",
  });
  return [
    ...[1, 16, 256].map((orders) => row(orders, "saturated", "committed", "orders committed")),
    row(256, "steady", "p99", "99th percentile of the time to commit"),
    row(256, "overload", "committed", "orders committed at 1.5 times that rate"),
  ];
}

/**
 * The newest entry of every scenario as a table in Markdown.
 *
 * Errors   a damaged history file, thrown.
 */
export function numbersTable(directory?: string): string {
  const rows = ROWS.flatMap((row) => {
    const entries = readHistory(row.scenario, directory);
    if (entries instanceof Fault) throw entries;
    const newest = entries.findLast(({ metric }) => metric === (row.metric ?? metric));
    return newest === undefined ? [] : [{ row, newest }];
  });
  if (rows.length === 0) return "Nothing has been recorded yet.";
  return [
    "| what | median | spread | ratio, to the C++ limit unless it says | measured by |",
    "|---|---|---|---|---|",
    ...rows.map(({ row, newest }) => formatRow(row, newest)),
    "",
    ...machines(rows.map(({ newest }) => newest)),
  ].join("\n");
}

function formatRow(row: Row, { value, unit, spread, ratio }: HistoryEntry): string {
  const figure = `${value.toFixed(1)} ${unit}`;
  const range = spread === null ? "" : `${(spread * 100).toFixed(0)} %`;
  const anchor = row.anchor === undefined ? "" : ` to ${row.anchor}`;
  const relation = ratio === null ? "" : `${ratio.toFixed(2)}${anchor}`;
  return `| ${row.title} | ${figure} | ${range} | ${relation} | \`${row.command}\` |`;
}

/** Where and when, once for each machine and commit. */
function machines(entries: readonly HistoryEntry[]): string[] {
  const lines = entries.map(
    ({ cpu, node, commit, date, durability }) =>
      `Measured on ${cpu}, Node ${node}, commit ${commit}, ${date.slice(0, 10)}; ${durability ?? "in memory, nothing synced"}.`,
  );
  return [...new Set(lines)];
}
