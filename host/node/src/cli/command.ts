import type { SettingTable, Source, Values } from "../config/settings.ts";

/** Exit codes of every command. Source: ARCHITECTURE.md, "Interfaces that others rely on". */
export const ExitCode = {
  Done: 0,
  Failed: 1,
  Usage: 2,
  /** The exchange has answered, and refuses. */
  Rejected: 3,
  Network: 4,
  /** An invariant of our own code broke. */
  Bug: 70,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What a running command has: its arguments, and where its output goes. */
export interface CommandContext<T extends SettingTable = SettingTable> {
  readonly values: Values<T>;
  /** Where each value comes from. */
  readonly sources: Readonly<Record<string, Source>>;
  readonly positionals: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  /** Results go to somebody who looks, not to a file or a program. */
  readonly isTerminal: boolean;
  /** Lines that fit on their screen now. */
  readonly rows: number;
  /** Prints a result: the object as one line of JSON with --json, else the text. */
  readonly print: (result: object, text: string) => void;
  /** Says something beside the result, on stderr: as a line of JSON with --json. */
  readonly note: (text: string) => void;
  /**
   * Says why a command fails that ends its process by itself; others throw. Returns the exit code. Effects: a line on stderr, of
   * JSON with --json.
   */
  readonly fail: (error: unknown) => ExitCode;
  /** Shows how far a long command has come: on a terminal only, over the last such line. */
  readonly progress: (text: string) => void;
  /** Fires on SIGINT, SIGTERM and SIGHUP. A command that reads it ends in its own way; any other is ended by them. */
  readonly signal: AbortSignal;
}

/** A command of the command line, as a table entry: parsing, help and docs/operating/cli.md come from it. */
export interface CliCommand<T extends SettingTable = SettingTable> {
  /** One word, or two: "start", "keys new". */
  readonly name: string;
  readonly summary: string;
  /** What follows the name: "SYMBOL", "[FILE]". Empty for nothing. */
  readonly positionals: string;
  readonly options: T;
  readonly examples: readonly string[];
  /** What it prints is by the way: where a full disk has no room for that, it goes on. */
  readonly outlivesOutput?: boolean;
  run(context: CommandContext<T>): Promise<ExitCode>;
}

/** Keeps the types of a command's options. */
export function defineCommand<const T extends SettingTable>(command: CliCommand<T>): CliCommand {
  return command as unknown as CliCommand;
}

/** The arguments make no sense. The message says what would. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
