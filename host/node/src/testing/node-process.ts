import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { Patience } from "./patience.ts";

// A node as its users run it: a process of its own. Every test that needs one starts it here.

const RIALTO = join(import.meta.dirname, "../../bin/rialto.js");
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const LOOK_MS = 50;

/** What `rialto start --json` prints when the node is up. */
export interface Ready {
  readonly origin: string;
  readonly nodeId: string;
  readonly readyMs: number;
  readonly recordsReplayed: number;
  readonly demo?: { readonly apiKey: string; readonly secret: string };
}

/** How a process ended: its exit code, or the signal that ended it. */
export type ExitReason = number | NodeJS.Signals;

/** A node that did not come up. The message has all that it wrote. */
export class StartRefused extends Error {
  readonly exit: ExitReason;

  constructor(exit: ExitReason, log: string) {
    super(`the node ended with ${exit} before it was ready\n${log}`);
    this.name = "StartRefused";
    this.exit = exit;
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Starts `rialto start --json --port 0` with more arguments, of which the last of a kind counts, and waits
 * until the node takes requests. Whatever happens, the process does not outlive this one. Another `program` takes
 * the same arguments. `signal` kills one that is still starting.
 *
 * Errors   `StartRefused` where it ends before, or is not ready in time and is killed.
 */
export async function startNodeProcess(
  args: readonly string[],
  program: string = RIALTO,
  signal?: AbortSignal,
): Promise<NodeProcess> {
  const child = spawn(process.execPath, [program, "start", "--json", "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const running = new RunningChild(child);
  const kill = (): void => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill);
  const spare = killWithout(child, READY_TIMEOUT_MS);
  const line = await readFirstLine(child.stdout);
  spare();
  signal?.removeEventListener("abort", kill);
  if (line === undefined) throw new StartRefused(await running.exited, running.log());
  return new NodeProcess(JSON.parse(line) as Ready, running);
}

/** Kills a process in so long, unless what it returns is called before. */
function killWithout(child: Child, ms: number): () => void {
  const patience = new Patience(ms);
  const looking = setInterval(() => {
    if (patience.isOver()) child.kill("SIGKILL");
  }, LOOK_MS);
  return () => clearInterval(looking);
}

/** Runs another command of the command line. Returns what it printed for programs. Errors: what it said. */
export async function runRialto(...args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [RIALTO, ...args, "--json"]);
  return JSON.parse(stdout) as unknown;
}

/** A node that is up. Disposing of it stops it, unless its end has been seen by then. */
export class NodeProcess implements AsyncDisposable {
  readonly ready: Ready;
  readonly #running: RunningChild;
  #isEndSeen = false;

  constructor(ready: Ready, running: RunningChild) {
    this.ready = ready;
    this.#running = running;
  }

  get pid(): number {
    return this.#running.child.pid!;
  }

  /** Its log lines so far. */
  log(): string {
    return this.#running.log();
  }

  /** Sends a signal and waits for the end. Who asks a node to end and is not obeyed gets "SIGKILL". */
  async end(signal: "SIGTERM" | "SIGHUP" | "SIGKILL"): Promise<ExitReason> {
    this.#running.child.kill(signal);
    const spare = killWithout(this.#running.child, STOP_TIMEOUT_MS);
    const exit = await this.untilEnd();
    spare();
    return exit;
  }

  /** Waits until it ends by itself. */
  async untilEnd(): Promise<ExitReason> {
    this.#isEndSeen = true;
    return await this.#running.exited;
  }

  /**
   * Stops it as an operator would.
   *
   * Errors   with its log: it had ended by itself, or does not end with 0.
   */
  async stop(): Promise<void> {
    const { child } = this.#running;
    const hadEnded = child.exitCode !== null || child.signalCode !== null;
    const exit = await this.end("SIGTERM");
    if (hadEnded) throw new Error(`the node had ended by itself with ${exit}\n${this.log()}`);
    if (exit !== 0) throw new Error(`the node ended with ${exit}\n${this.log()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isEndSeen) await this.stop();
  }
}

/** What is left to a test run that ends without its clean-up. */
const ALIVE = new Set<Child>();
let isListening = false;

/** Nodes end with this process, however it ends but by SIGKILL: vitest ends the process of a test file by SIGTERM. */
function listenForTheEnd(): void {
  if (isListening) return;
  isListening = true;
  const killAll = (): void => {
    for (const child of ALIVE) child.kill("SIGKILL");
  };
  // Before whatever clears away what they write.
  process.prependOnceListener("exit", killAll);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      killAll();
      process.kill(process.pid, signal);
    });
  }
}

/** A process, what it logs, and the promise of its end. */
class RunningChild {
  readonly child: Child;
  readonly exited: Promise<ExitReason>;
  readonly #chunks: Buffer[] = [];

  constructor(child: Child) {
    this.child = child;
    child.stderr.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    listenForTheEnd();
    ALIVE.add(child);
    // "close" and not "exit": by then all that it has written has been read.
    this.exited = once(child, "close").then(([code, signal]) => {
      ALIVE.delete(child);
      return (code ?? signal) as ExitReason;
    });
  }

  log(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** Undefined where the stream ends without one. */
async function readFirstLine(stdout: Readable): Promise<string | undefined> {
  for await (const line of createInterface({ input: stdout })) {
    stdout.resume(); // what is never read must not hold the process up
    return line;
  }
  return undefined;
}
