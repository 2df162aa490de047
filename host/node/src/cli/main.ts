import { isNoRoom } from "../cluster/snapshot/write-whole.ts";
import { ExitCode } from "./command.ts";
import { loadCommands } from "./commands.ts";
import { runCommandLine } from "./run-command.ts";

/** The command line of this process. Returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let stop: AbortController | undefined;
  const commands = await loadCommands(args[0]);
  const outlivesOutput = commands.some((each) => each.name === args[0] && each.outlivesOutput);
  // Whoever read the output has left, as `head` does: the rest is for nobody. A command that ends in its own way does so.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (outlivesOutput && isNoRoom(error)) return;
    if (error.code !== "EPIPE") throw error;
    if (stop === undefined) process.exit(ExitCode.Done);
    stop.abort(error);
  });
  return await runCommandLine(commands, args, {
    environment: process.env,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdoutIsTerminal: process.stdout.isTTY,
    stderrIsTerminal: process.stderr.isTTY,
    // A process that listens for a signal no longer ends by it: only what asks for it does.
    get signal() {
      stop ??= abortOnSignals();
      return stop.signal;
    },
  });
}

/** The first signal is left to the command; the second ends it. */
function abortOnSignals(): AbortController {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => stop.abort(signal));
  return stop;
}
