import { ApiError } from "@rialto/client";
import { environmentName, type Setting } from "../config/settings.ts";
import type { CliCommand } from "./command.ts";
import { columns } from "./columns.ts";
import { failureOf } from "./command-failure.ts";
import { toJson } from "./json-line.ts";

/** `rialto --help`. */
export function overview(commands: readonly CliCommand[]): string {
  const rows = commands.map((each) => [usageOf(each), each.summary] as const);
  return [
    "rialto: an exchange that anyone can run and nobody has to trust",
    "",
    "usage: rialto COMMAND [ARGUMENTS] [OPTIONS]",
    "",
    ...columns(rows),
    "",
    "Every command takes --help and --json. Options may also stand in the",
    "environment (RIALTO_...), but for what an order or an operator's command does,",
    "and in a file (--config FILE). With --json an error is a line of JSON on",
    "stderr: code, message, toDo.",
    "rialto --version prints the version.",
    "",
    "exit codes: 0 done, 1 failed, 2 usage, 3 rejected by the exchange, 4 network,",
    "            70 a bug",
  ].join("\n");
}

/** The same for programs: a command as an object. */
export function helpObject(command: CliCommand): object {
  const { name, summary, positionals, examples } = command;
  const options = Object.values(command.options).map((setting) => ({
    ...setting,
    environment: environmentName(setting),
  }));
  return { command: name, summary, positionals, options, examples };
}

function usageOf(command: CliCommand): string {
  return `${command.name} ${command.positionals}`.trim();
}

/** `rialto COMMAND --help`. */
export function helpOf(command: CliCommand): string {
  const options = Object.values(command.options).map(
    (setting) => [optionUsage(setting), describe(setting)] as const,
  );
  if (options.length > 0) {
    options.push(["--config FILE", "options, by their names, as one JSON object"]);
  }
  options.push(["--json", "print JSON, a line for each result; an error is one on stderr"]);
  options.push(["--help", "print this"]);
  return [
    `rialto ${command.name}: ${command.summary}`,
    "",
    `usage: rialto ${usageOf(command)} [OPTIONS]`,
    "",
    ...columns(options),
    "",
    "examples:",
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");
}

function optionUsage(setting: Setting): string {
  switch (setting.kind) {
    case "switch":
      return `--${setting.flag}`;
    case "integer":
      return `--${setting.flag} N`;
    case "choice":
      return `--${setting.flag} ${setting.choices.join("|")}`;
    case "text":
      return `--${setting.flag} ${setting.placeholder}`;
  }
}

function describe(setting: Setting): string {
  if (setting.kind === "switch" || setting.default === "") return setting.help;
  return `${setting.help} (default ${setting.default})`;
}

/** docs/operating/cli.md, which a test compares with the file. */
export function cliDocument(commands: readonly CliCommand[]): string {
  const sections = commands.flatMap((command) => [
    `## rialto ${usageOf(command)}`,
    "",
    `${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`,
    "",
    ...optionTable(command),
    "```",
    ...command.examples,
    "```",
    "",
  ]);
  return [
    "# The command line",
    "",
    "Generated from the table of commands in host/node/src/cli: `npm run docs` writes it, a test compares.",
    "Every command takes `--help` and `--json`. Exit codes: 0 done, 1 failed, 2 usage, 3 rejected by the",
    "exchange, 4 network, 70 a bug. `rialto --help --json` has all of this for programs, a line for each command. An option may stand in the environment, if it has a name there, or in the file of `--config` as well; the",
    "flag wins over the environment, the environment over the file, the file over the default.",
    "",
    "2 says that the call itself is wrong: its arguments, or the options, keys or cards in a file that it names. 1 says that the call",
    "makes sense, and has failed: what it needs is not there, such as a node in `--data-dir`, or does not hold.",
    "",
    "## Errors, for programs",
    "",
    "What a command prints stands on stdout, what went wrong on stderr. With `--json` both are lines of JSON, and the last line on",
    "stderr of a command that failed is such an object, whatever the command; the exit code is the same as without `--json`:",
    "",
    "```",
    toJson(failureOf(new ApiError(400, -2010, "Account has insufficient balance."), "order")),
    "```",
    "",
    "`code` tells cases apart: `USAGE`, `REJECTED` (with the exchange's own number as `detail.apiCode`: [codes](codes.md)),",
    "`UNKNOWN` where the exchange does not know itself whether it was done, `NETWORK`, a fault's name (`JOURNAL_LOCKED`, its fields in `detail`), that of the operating system's refusal (`EADDRINUSE`),",
    "`BUG` and `UNEXPECTED`. `message` is for people and may change; `toDo` says what to do next. Where the result itself is that",
    "something does not hold (`verify`: `valid`; `cluster status`: `ready`; `simulate`, `replay`), it stands on stdout, and the exit code is",
    '1. A note beside a result is a line `{"event":"note","message":...}`; the log of `rialto start`, on stderr too, has lines with a `level`.',
    "",
    ...sections,
  ].join("\n");
}

function optionTable(command: CliCommand): string[] {
  const settings = Object.values(command.options);
  if (settings.length === 0) return [];
  const rows = settings.map((setting) => {
    const [usage, name] = [optionUsage(setting), environmentName(setting)];
    const cells = [usage.replaceAll("|", "\\|"), name ?? "", String(setting.default)];
    const code = cells.map((cell) => (cell === "" ? "" : `\`${cell}\``));
    return `| ${code.join(" | ")} | ${setting.help} |`;
  });
  return ["| option | environment | default | |", "|---|---|---|---|", ...rows, ""];
}
