import { isNoRoom } from "../write-whole.ts";
import { ExitCode } from "./command.ts";
import { loadCommands } from "./commands.ts";
import { type CliWorld, reportFailure, runCommandLine } from "./run-command.ts";

/** The command line of this process. Returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let stop: AbortController | undefined;
  const commands = await loadCommands(args[0]);
  const outlivesOutput = commands.some((each) => each.name === args[0] && each.outlivesOutput);
  const world: CliWorld = {
    environment: process.env,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdoutIsTerminal: process.stdout.isTTY,
    get stdoutRows() {
      return process.stdout.rows;
    },
    stderrIsTerminal: process.stderr.isTTY,
    // A process that listens for a signal no longer ends by it: only what asks for it does.
    get signal() {
      stop ??= abortOnSignals();
      return stop.signal;
    },
  };
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (outlivesOutput && isNoRoom(error)) return;
    if (!isLeft(error)) process.exit(reportFailure(commands, args, error, world));
    // The rest is for nobody. A command that ends in its own way does so.
    if (stop === undefined) process.exit(ExitCode.Done);
    stop.abort(error);
  });
  // What is told of is told to nobody then; the command itself may go on.
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (!isLeft(error) && !isNoRoom(error)) throw error;
  });
  return await runCommandLine(commands, args, world);
}

/** Whoever read what is written has left, as `head` does; or the terminal is gone. */
function isLeft({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || code === "EIO";
}

/**
 * A Ctrl-C reaches all processes of a terminal, and npm passes it on to those that it has started, as rialto.js does under an
 * older Node: within this time the same signal is the same Ctrl-C.
 */
const ECHO_MS = 1_000;

/** The first signal is left to the command; the second ends it. */
function abortOnSignals(): AbortController {
  const stop = new AbortController();
  let first: { readonly signal: NodeJS.Signals; readonly ms: number } | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = { signal, ms: performance.now() };
      stop.abort(signal);
    } else if (signal === "SIGHUP") {
      // Who ends all that a terminal has started says this behind the first, and nobody asks for more by it.
      return;
    } else if (signal !== first.signal || performance.now() - first.ms > ECHO_MS) {
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    }
  };
  // The last is a terminal that is closed, or a connection to it that is lost.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  return stop;
}
