import { Fault, InvariantError } from "@rialto/base";
import { ApiError, NetworkError } from "@rialto/client";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Setting, settle } from "../config/settings.ts";
import { VERSION } from "../version.ts";
import { type CliCommand, type CommandContext, ExitCode, UsageError } from "./command.ts";
import { helpOf, overview } from "./help.ts";

/** Where a command line comes from and goes to. Given from outside so that tests run it in their own process. */
export interface CliWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  readonly signal: AbortSignal;
}

/** Runs the command that `args` name. Returns the exit code; writes what went wrong to stderr. */
export async function runCommandLine(
  commands: readonly CliCommand[],
  args: readonly string[],
  world: CliWorld,
): Promise<ExitCode> {
  const [command, rest] = findCommand(commands, args);
  if (command === undefined) {
    const isHelp = args.length === 0 || args[0] === "--help" || args[0] === "help";
    if (isHelp) {
      world.stdout(`${overview(commands)}\n`);
      return ExitCode.Done;
    }
    if (args[0] === "--version" || args[0] === "version") {
      world.stdout(`${args.includes("--json") ? toJson({ version: VERSION }) : VERSION}\n`);
      return ExitCode.Done;
    }
    return answerUnknown(commands, args, world);
  }
  try {
    const context = parseCommand(command, rest, world);
    if (context === undefined) {
      world.stdout(`${helpOf(command)}\n`);
      return ExitCode.Done;
    }
    return await command.run(context);
  } catch (error) {
    return reportError(error, command, world);
  }
}

/** What is no command may be the first word of some. */
function answerUnknown(
  commands: readonly CliCommand[],
  [first, second]: readonly string[],
  world: CliWorld,
): ExitCode {
  const family = commands.filter((each) => each.name.startsWith(`${first} `));
  if (family.length > 0 && (second === "--help" || second === "-h" || second === "help")) {
    world.stdout(`${overview(family)}\n`);
    return ExitCode.Done;
  }
  const isHalf = second === undefined || second.startsWith("-");
  const given = family.length === 0 || isHalf ? first : `${first} ${second}`;
  const names = family.map(({ name }) => `rialto ${name}`);
  const list = names.length === 0 ? "see rialto --help" : `there are\n  ${names.join("\n  ")}`;
  world.stderr(`rialto: there is no command "${given}"; ${list}\n`);
  return ExitCode.Usage;
}

function findCommand(
  commands: readonly CliCommand[],
  args: readonly string[],
): [CliCommand | undefined, readonly string[]] {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(" ");
    const command = commands.find((each) => each.name === name);
    if (command !== undefined) return [command, args.slice(words)];
  }
  return [undefined, args];
}

/** Undefined where the arguments ask for help. */
function parseCommand(
  command: CliCommand,
  args: readonly string[],
  world: CliWorld,
): CommandContext | undefined {
  const settings = Object.values(command.options);
  const typeOf = (setting: Setting): "boolean" | "string" =>
    setting.kind === "switch" ? "boolean" : "string";
  const options = Object.fromEntries(settings.map((each) => [each.flag, { type: typeOf(each) }]));
  const common = {
    help: { type: "boolean", short: "h" },
    json: { type: "boolean" },
    config: { type: "string" },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      options: { ...options, ...common },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(`${firstSentence(error)} See rialto ${command.name} --help.`);
  }
  const flags = parsed.values as Record<string, string | boolean | undefined>;
  if (flags["help"] === true) return undefined;
  checkPositionals(command, parsed.positionals);
  const file = flags["config"] === undefined ? {} : readConfig(String(flags["config"]));
  const settled = settle(command.options, { flags, environment: world.environment, file });
  if (settled instanceof Fault) throw new UsageError(settled.message);
  const json = flags["json"] === true;
  return {
    values: settled.values,
    sources: settled.sources,
    positionals: parsed.positionals,
    environment: world.environment,
    json,
    isTerminal: world.stdoutIsTerminal && !json,
    note: (text) => world.stderr(`${text}\n`),
    print: (result, text) => world.stdout(`${json ? toJson(result) : text}\n`),
    progress: (text) => {
      if (world.stderrIsTerminal) world.stderr(`\r\u001b[2K${text}`);
    },
    get signal() {
      return world.signal;
    },
  };
}

/** Node explains at length what an argument may have been meant to be; its first sentence says what is wrong. */
function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${message.split(/\.\s|\n/)[0]!.replace(/\.$/, "")}.`;
}

function checkPositionals(command: CliCommand, given: readonly string[]): void {
  const wanted = command.positionals.split(" ").filter((word) => word !== "");
  const needed = wanted.filter((word) => !word.startsWith("[")).length;
  if (given.length >= needed && given.length <= wanted.length) return;
  const usage = `rialto ${command.name} ${command.positionals}`.trim();
  throw new UsageError(`usage: ${usage}; see rialto ${command.name} --help`);
}

function readConfig(path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    throw new UsageError(`--config ${path} cannot be read: ${(error as Error).message}`);
  }
  throw new UsageError(`--config ${path} does not hold a JSON object`);
}

/** One line of JSON; integers too large for JSON's numbers as text. */
export function toJson(value: object): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? each.toString() : each,
  );
}

function reportError(error: unknown, command: CliCommand, world: CliWorld): ExitCode {
  if (error instanceof UsageError) {
    world.stderr(`rialto ${command.name}: ${error.message}\n`);
    return ExitCode.Usage;
  }
  if (error instanceof ApiError) {
    world.stderr(
      `rialto ${command.name}: the exchange refuses: ${error.message} (${error.code})\n`,
    );
    return ExitCode.Rejected;
  }
  if (error instanceof NetworkError) {
    world.stderr(`rialto ${command.name}: ${error.message}\n`);
    return ExitCode.Network;
  }
  if (error instanceof Fault) {
    world.stderr(`rialto ${command.name}: ${error.message}\n`);
    return ExitCode.Failed;
  }
  if (error instanceof InvariantError) {
    world.stderr(`rialto ${command.name}: a bug: ${error.stack ?? error.message}\n`);
    return ExitCode.Bug;
  }
  if (isSystemError(error)) {
    world.stderr(`rialto ${command.name}: ${error.message}${hintOf(error)}\n`);
    return ExitCode.Failed;
  }
  throw error;
}

/** What to do where the operating system refuses. */
const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "Stop what listens there, or give another port in its place (--port, --metrics-port, --entry-port)",
  EADDRNOTAVAIL: "No interface of this machine has that address: give another --host",
  ENOTDIR: "A part of that path is a file: give another --data-dir",
  EACCES: "Give the node a place of its own that it may use",
  EPERM: "Give the node a place of its own that it may use",
  EROFS: "Nothing can be written there: give a --data-dir on a disk that takes writes",
  ENOSPC: "The disk is full: make room, and start again; nothing that was answered is lost",
  EDQUOT: "The quota is used up: make room, and start again; nothing that was answered is lost",
  EMFILE: "The process may open no more files: raise the limit (`ulimit -n`), and start again",
  ENFILE: "This machine has no more open files to give: close some, and start again",
};

/** The operating system refuses: an address in use, a directory that may not be written. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function hintOf({ code, syscall }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") {
    return syscall === "mkdir"
      ? ". Make the directory that it shall lie in first"
      : ". Correct the path";
  }
  const hint = HINTS[code ?? ""];
  return hint === undefined ? "" : `. ${hint}`;
}
