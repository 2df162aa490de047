import type { SettingTable, Source } from "../config/settings.ts";
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
