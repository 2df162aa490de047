import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

// A node as its users run it: a process of its own.

const BINARY = join(import.meta.dirname, "../../bin/rialto.js");

/** What `rialto start --json` prints when the node is up. */
export interface Ready {
  readonly origin: string;
  readonly nodeId: string;
  readonly readyMs: number;
  readonly recordsReplayed: number;
  readonly demo?: { readonly apiKey: string; readonly secret: string };
}

export interface NodeProcess extends AsyncDisposable {
  readonly ready: Ready;
  /** Its log lines so far. */
  log(): string;
  /** Sends a signal and waits for the end. Returns the exit code; null after SIGKILL. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
  /** Resolves with the exit code when it ends by itself. */
  readonly exited: Promise<number | null>;
}

/** A node that did not come up. */
export class StartRefused extends Error {
  readonly exitCode: number | null;

  constructor(exitCode: number | null, log: string) {
    super(log);
    this.name = "StartRefused";
    this.exitCode = exitCode;
  }
}

/**
 * Starts `rialto start --json --port 0` with more arguments and waits until it is up.
 *
 * Errors   `StartRefused` with what the process wrote, if it ends before.
 */
export async function startNodeProcess(args: readonly string[]): Promise<NodeProcess> {
  const child = spawn(process.execPath, [BINARY, "start", "--json", "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const firstLine = once(createInterface(child.stdout), "line").then(([line]) => line as string);
  const first = await Promise.race([firstLine, exited]);
  if (typeof first !== "string") throw new StartRefused(first, output.join(""));
  return runningProcess(child, JSON.parse(first) as Ready, output, exited);
}

function runningProcess(
  child: ChildProcess,
  ready: Ready,
  output: readonly string[],
  exited: Promise<number | null>,
): NodeProcess {
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return await exited;
  };
  return {
    ready,
    log: () => output.join(""),
    end,
    exited,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await end("SIGKILL");
    },
  };
}
