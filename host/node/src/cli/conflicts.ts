import type { SettingTable, Source, Values } from "../config/settings.ts";
import { UsageError } from "./command.ts";

/**
 * Refuses flags that would do nothing beside another. What stands in the environment or a file is for many commands, and passes.
 *
 * Units    `names` are those of the table; `beside` says what makes them idle: "--smoke".
 * Errors   a `UsageError` that names each of them which was given, thrown.
 */
export function refuseIdle<T extends SettingTable>(
  beside: string,
  { options, sources }: { readonly options: T; readonly sources: Readonly<Record<string, Source>> },
  names: readonly (keyof T & string)[],
): void {
  const idle = names.filter((name) => sources[name] === "flag");
  if (idle.length === 0) return;
  const flags = idle.map((name) => `--${options[name]!.flag}`).join(", ");
  throw new UsageError(`${flags}: does nothing beside ${beside}; leave out one or the other`);
}

/** Timed runs of which a recorded figure is the median, at the least. */
const RECORDED_RUNS_MIN = 5;

/** Errors: a `UsageError` for fewer runs than a recorded figure is made of, thrown. */
export function checkRecordedRuns(runs: number): void {
  if (runs >= RECORDED_RUNS_MIN) return;
  throw new UsageError(`--record takes the median of ${RECORDED_RUNS_MIN} runs or more`);
}

/**
 * Refuses to record what the history and the documents would show under the name of something else, wherever it was said.
 *
 * Units    `names` are those of the table.
 * Errors   a `UsageError` that names each that has another value than its default, thrown.
 */
export function checkRecorded<T extends SettingTable>(
  { options, values }: { readonly options: T; readonly values: Values<T> },
  names: readonly (keyof T & string)[],
): void {
  const other = names.filter((name) => values[name] !== options[name]!.default);
  if (other.length === 0) return;
  const flags = other.map((name) => `--${options[name]!.flag}`).join(", ");
  throw new UsageError(
    `${flags}: other figures than those of the documents; leave out one or --record`,
  );
}
