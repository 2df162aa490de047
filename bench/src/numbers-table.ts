// The README's table of numbers: what was recorded last, and nothing that was not.

import { Fault } from "@rialto/base";
import { type HistoryEntry, readHistory } from "./history.ts";

interface Row {
  readonly scenario: string;
  readonly title: string;
  readonly command: string;
  /** What the ratio is to, where it is not the C++ limit. */
  readonly anchor?: string;
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
];

/**
 * The newest entry of every scenario as a table in Markdown.
 *
 * Errors   a damaged history file, thrown.
 */
export function numbersTable(directory?: string): string {
  const rows = ROWS.flatMap((row) => {
    const entries = readHistory(row.scenario, directory);
    if (entries instanceof Fault) throw entries;
    const newest = entries.at(-1);
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
    ({ cpu, node, commit, date }) =>
      `Measured on ${cpu}, Node ${node}, commit ${commit}, ${date.slice(0, 10)}; in memory, nothing synced.`,
  );
  return [...new Set(lines)];
}
