// Results of benchmarks over time, as JSON lines: one file a scenario (bench/README.md, "History").

import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, Fault } from "@rialto/base";
import { benchFault, type BenchFault } from "./bench-fault.ts";

/** Where results are kept, in git. */
const HISTORY_DIRECTORY: string = fileURLToPath(new URL("../history", import.meta.url));

/** Where and when a measurement was made. */
export interface Provenance {
  /** Abbreviated commit; "+" after it: the working tree differed. "unknown" outside git. */
  readonly commit: string;
  /** ISO 8601, in UTC. */
  readonly date: string;
  readonly cpu: string;
  readonly node: string;
}

/** One measured figure. What does not apply to it is null. */
export interface Measurement {
  /** Names the file as well: small letters, digits and hyphens. */
  readonly scenario: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  /** (largest - smallest) / median of the runs. */
  readonly spread: number | null;
  /** To the limit or the anchor of the same run. */
  readonly ratio: number | null;
  /** Digest of what was computed, so that speed is not bought with wrongness. */
  readonly stateHash: string | null;
  /** The sync mode, where something was written. */
  readonly durability: string | null;
}

export type HistoryEntry = Provenance & Measurement;

/** The provenance of a measurement made now, from the sources of this repository. */
export function readProvenance(now: Date): Provenance {
  return {
    commit: readCommit(),
    date: now.toISOString(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    node: process.version,
  };
}

/**
 * Appends `entries` to the files of their scenarios, in order.
 *
 * Effects  creates the directory and the files where they are missing.
 */
export function appendHistory(
  entries: readonly HistoryEntry[],
  directory: string = HISTORY_DIRECTORY,
): void {
  mkdirSync(directory, { recursive: true });
  for (const entry of entries) {
    assert(Number.isFinite(entry.value), "a measurement is a finite number");
    appendFileSync(historyPath(entry.scenario, directory), encodeLine(entry));
  }
}

/**
 * All entries of `scenario`, oldest first; none where nothing was ever recorded.
 *
 * Errors   HISTORY_LINE for a line that is no entry of this scenario.
 */
export function readHistory(
  scenario: string,
  directory: string = HISTORY_DIRECTORY,
): HistoryEntry[] | BenchFault {
  const path = historyPath(scenario, directory);
  if (!existsSync(path)) return [];
  const entries: HistoryEntry[] = [];
  const lines = readFileSync(path, "utf8").split("\n");
  for (let index = 0; index < lines.length; index++) {
    if (lines[index] === "" && index === lines.length - 1) break;
    const entry = parseLine(lines[index]!);
    if (entry?.scenario !== scenario) {
      const line = index + 1;
      return benchFault({ code: "HISTORY_LINE", path, line }, `${path}:${line}: not an entry`);
    }
    entries.push(entry);
  }
  return entries;
}

/**
 * The newest entry of each metric of `scenario`, by its name, in the order in which metrics first came.
 *
 * Errors   a damaged history file, thrown.
 */
export function newestEntries(scenario: string, directory?: string): Map<string, HistoryEntry> {
  const entries = readHistory(scenario, directory);
  if (entries instanceof Fault) throw entries;
  return new Map(entries.map((entry) => [entry.metric, entry]));
}

function historyPath(scenario: string, directory: string): string {
  assert(/^[a-z0-9][a-z0-9-]*$/.test(scenario), "a scenario is small letters, digits and hyphens");
  return join(directory, `${scenario}.jsonl`);
}

/** One line, its fields in the order of bench/README.md whatever that of `entry` is. */
function encodeLine(entry: HistoryEntry): string {
  const ordered = {
    commit: entry.commit,
    date: entry.date,
    cpu: entry.cpu,
    node: entry.node,
    scenario: entry.scenario,
    metric: entry.metric,
    unit: entry.unit,
    value: entry.value,
    spread: entry.spread,
    ratio: entry.ratio,
    stateHash: entry.stateHash,
    durability: entry.durability,
  };
  return `${JSON.stringify(ordered)}\n`;
}

function parseLine(line: string): HistoryEntry | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof fields !== "object" || fields === null) return undefined;
  const record = fields as Record<string, unknown>;
  const texts = ["commit", "date", "cpu", "node", "scenario", "metric", "unit"];
  const isComplete =
    texts.every((name) => typeof record[name] === "string") &&
    typeof record["value"] === "number" &&
    ["spread", "ratio"].every((name) => isNullOr("number", record[name])) &&
    ["stateHash", "durability"].every((name) => isNullOr("string", record[name]));
  return isComplete ? (fields as HistoryEntry) : undefined;
}

function isNullOr(type: "number" | "string", value: unknown): boolean {
  return value === null || typeof value === type;
}

function readCommit(): string {
  const head = runGit(["rev-parse", "--short=12", "HEAD"]);
  if (head === undefined) return "unknown";
  // What is appended to the history must not look like a change of the sources to the next entry.
  const changes = runGit([
    "status",
    "--porcelain",
    "--untracked-files=no",
    "--",
    ":!bench/history",
  ]);
  return changes === "" ? head : `${head}+`;
}

/** What git prints, or undefined where there is no git or no repository. */
function runGit(options: readonly string[]): string | undefined {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const { status, stdout } = spawnSync("git", options, { cwd, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
