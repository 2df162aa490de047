import { Fault } from "@rialto/base";
import { parseArgs } from "node:util";
import { type Setting, settle } from "../config/settings.ts";
import { VERSION } from "../version.ts";
import { readText, SMALL_TEXT_BYTES_MAX } from "../read-text.ts";
import { type CliCommand, type CommandContext, ExitCode, UsageError } from "./command.ts";
import { failureOf } from "./command-failure.ts";
import { helpObject, helpOf, overview } from "./help.ts";
import { toJson } from "./json-line.ts";

/** Where a command line comes from and goes to. Given from outside so that tests run it in their own process. */
export interface CliWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly stdoutIsTerminal: boolean;
  /** Lines that fit on it; undefined where it is no terminal. */
  readonly stdoutRows?: number | undefined;
  readonly stderrIsTerminal: boolean;
  readonly signal: AbortSignal;
}

/** Runs the command that `args` name. Returns the exit code; writes what went wrong to stderr, with --json as one line of it. */
export async function runCommandLine(
  commands: readonly CliCommand[],
  args: readonly string[],
  world: CliWorld,
): Promise<ExitCode> {
  const [command, rest] = findCommand(commands, args);
  if (command === undefined) {
    if (args.length === 0 || HELP_WORDS.has(args[0]!)) return answerHelp(commands, args, world);
    if (args[0] === "--version" || args[0] === "version") {
      world.stdout(`${args.includes("--json") ? toJson({ version: VERSION }) : VERSION}\n`);
      return ExitCode.Done;
    }
    return answerUnknown(commands, args, world);
  }
  const json = asksForJson(args);
  const output = outputOf(world);
  try {
    const context = parseCommand(command, rest, world, output);
    if (context === undefined) {
      return printHelp(command, world, json);
    }
    return await command.run(context);
  } catch (error) {
    return reportError(error, command.name, output, json);
  }
}

const HELP_WORDS: ReadonlySet<string> = new Set(["--help", "-h", "help"]);

/** `rialto help`, of everything or of the command that follows. */
function answerHelp(
  commands: readonly CliCommand[],
  args: readonly string[],
  world: CliWorld,
): ExitCode {
  const words = args.filter((word) => !HELP_WORDS.has(word) && word !== "--json");
  const [command] = findCommand(commands, words);
  const json = asksForJson(args);
  if (command === undefined && words.length > 0) {
    return answerUnknown(commands, [...words, "--help", ...(json ? ["--json"] : [])], world);
  }
  return command === undefined
    ? printOverview(commands, world, json)
    : printHelp(command, world, json);
}

function printHelp(command: CliCommand, world: CliWorld, json: boolean): ExitCode {
  world.stdout(`${json ? toJson(helpObject(command)) : helpOf(command)}\n`);
  return ExitCode.Done;
}

/** For programs a line for each command. */
function printOverview(commands: readonly CliCommand[], world: CliWorld, json: boolean): ExitCode {
  const lines = json ? commands.map((each) => toJson(helpObject(each))) : [overview(commands)];
  world.stdout(`${lines.join("\n")}\n`);
  return ExitCode.Done;
}

/** Says why the command that `args` name has failed beside its run. Returns the exit code. */
export function reportFailure(
  commands: readonly CliCommand[],
  args: readonly string[],
  error: unknown,
  world: CliWorld,
): ExitCode {
  const [command] = findCommand(commands, args);
  return reportError(error, command?.name ?? "", world, asksForJson(args));
}

/** What is no command may be the first word of some. */
function answerUnknown(
  commands: readonly CliCommand[],
  args: readonly string[],
  world: CliWorld,
): ExitCode {
  const [first, second] = args;
  const family = commands.filter((each) => each.name.startsWith(`${first} `));
  if (family.length > 0 && second !== undefined && HELP_WORDS.has(second)) {
    return printOverview(family, world, asksForJson(args));
  }
  const isHalf = second === undefined || second.startsWith("-");
  const given = family.length === 0 || isHalf ? first : `${first} ${second}`;
  const names = family.map(({ name }) => `rialto ${name}`);
  const list = names.length === 0 ? "see rialto --help" : `there are\n  ${names.join("\n  ")}`;
  const error = new UsageError(`there is no command "${given}"; ${list}`);
  return reportError(error, "", world, asksForJson(args));
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
  output: Output,
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
    get rows() {
      // Some terminals have no size, and say 0.
      return world.stdoutRows || Infinity;
    },
    note: (text) => output.stderr(`${json ? toJson({ event: "note", message: text }) : text}\n`),
    fail: (error) => reportError(error, command.name, output, json),
    print: (result, text) => output.stdout(`${json ? toJson(result) : text}\n`),
    progress: output.progress,
    get signal() {
      return world.signal;
    },
  };
}

interface Output extends Pick<CliWorld, "stdout" | "stderr"> {
  readonly progress: (text: string) => void;
}

const CLEAR_LINE = "\r\u001b[2K";

/** What a command writes to: whatever comes after a line of progress takes its place. */
function outputOf({ stdout, stderr, stderrIsTerminal }: CliWorld): Output {
  let isShown = false;
  const clear = (): void => {
    if (isShown) stderr(CLEAR_LINE);
    isShown = false;
  };
  return {
    stdout: (text) => {
      clear();
      stdout(text);
    },
    stderr: (text) => {
      clear();
      stderr(text);
    },
    progress: (text) => {
      if (!stderrIsTerminal) return;
      stderr(`${CLEAR_LINE}${text}`);
      isShown = text !== "";
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
    const value: unknown = JSON.parse(readText(path, SMALL_TEXT_BYTES_MAX));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    throw new UsageError(`--config ${path} cannot be read: ${(error as Error).message}`);
  }
  throw new UsageError(`--config ${path} does not hold a JSON object`);
}

/** Failures whose message says what happened alone, and not what to do. */
const MUTE_CODES: ReadonlySet<string> = new Set(["REJECTED", "NETWORK", "BUG", "UNEXPECTED"]);

/** Writes what went wrong to stderr: text for people, with --json one of JSON. Returns the exit code. */
function reportError(
  error: unknown,
  command: string,
  { stderr }: Pick<CliWorld, "stderr">,
  json: boolean,
): ExitCode {
  const failure = failureOf(error, command);
  const advice = MUTE_CODES.has(failure.code) ? `\n${failure.toDo}` : "";
  const text = `${`rialto ${command}`.trimEnd()}: ${failure.message}${advice}`;
  stderr(`${json ? toJson(failure) : text}\n`);
  return failure.exitCode;
}

/** True where the arguments ask for JSON, even where they make no sense otherwise. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
}
