import { Fault } from "@rialto/base";
import { NetworkError } from "@rialto/client";
import { expect, test } from "vitest";
import { type CliCommand, type CommandContext, defineCommand, ExitCode } from "./command.ts";
import { runCommandLine } from "./run-command.ts";

/** Runs a command of its own with a terminal on both sides. Returns its exit code, and all that the terminal was sent. */
async function onTerminal(
  run: (context: CommandContext) => Promise<ExitCode>,
): Promise<readonly [code: ExitCode, shown: string]> {
  const command: CliCommand = defineCommand({
    name: "slow",
    summary: "take its time",
    positionals: "",
    options: {},
    examples: ["rialto slow"],
    run,
  });
  let shown = "";
  const show = (text: string): void => void (shown += text);
  const code = await runCommandLine([command], ["slow"], {
    environment: {},
    stdout: show,
    stderr: show,
    stdoutIsTerminal: true,
    stderrIsTerminal: true,
    signal: new AbortController().signal,
  });
  return [code, shown];
}

const CLEAR = "\r\u001b[2K";

test("what is written while a line of progress stands there takes its place", async () => {
  const [code, shown] = await onTerminal(async ({ progress, note, print }) => {
    progress("1 of 3");
    note("by the way");
    print({}, "a result");
    progress("2 of 3");
    progress("");
    print({}, "another");
    progress("3 of 3");
    throw new Fault({ code: "LATE" }, "error", "too late");
  });
  expect(code).toBe(ExitCode.Failed);
  expect(shown).toBe(
    `${CLEAR}1 of 3${CLEAR}by the way\na result\n${CLEAR}2 of 3${CLEAR}another\n${CLEAR}3 of 3${CLEAR}rialto slow: too late\n`,
  );
});

test("where the message does not say what to do, the next line does", async () => {
  const [code, shown] = await onTerminal(async () => {
    throw new NetworkError("no answer from http://127.0.0.1:1");
  });
  expect(code).toBe(ExitCode.Network);
  expect(shown).toMatch(/^rialto slow: no answer from \S+\nsee that the node runs/);
});

test.each([
  { args: ["keys", "new", "--help", "--json"], told: ["keys new"] },
  { args: ["help", "keys", "new", "--json"], told: ["keys new"] },
  { args: ["keys", "--help", "--json"], told: ["keys new", "keys list"] },
  { args: ["help", "--json", "keys"], told: ["keys new", "keys list"] },
  { args: ["--help", "--json"], told: ["keys new", "keys list", "start"] },
])("$args tells programs of commands, a line each", async ({ args, told }) => {
  const commands = ["keys new", "keys list", "start"].map((name) =>
    defineCommand({
      name,
      summary: `do ${name}`,
      positionals: "",
      options: {
        port: { kind: "integer", flag: "port", help: "where", default: 1, min: 0, max: 2 },
      },
      examples: [],
      run: async () => ExitCode.Bug,
    }),
  );
  let shown = "";
  const code = await runCommandLine(commands, args, {
    environment: {},
    stdout: (text) => void (shown += text),
    stderr: () => undefined,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    signal: new AbortController().signal,
  });
  const lines = shown.trimEnd().split("\n");
  const objects = lines.map((line) => JSON.parse(line) as { command: string; options: object[] });
  expect(objects.map(({ command }) => command)).toEqual(told);
  for (const { options } of objects) {
    expect(options).toMatchObject([{ flag: "port", environment: "RIALTO_PORT", max: 2 }]);
  }
  expect(code).toBe(ExitCode.Done);
});
