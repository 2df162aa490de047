import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { NetworkConfig } from "@rialto/protocol";

// A node as anybody starts it: its own process, its own directory, reached over loopback.

const RIALTO = join(import.meta.dirname, "../../host/node/bin/rialto.js");
const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;

export interface NodeOptions {
  /** Undefined for the demo's own. */
  readonly network?: NetworkConfig;
  /** Further flags of `rialto start`: ["--demo"]. */
  readonly flags?: readonly string[];
}

/** What the node says once it takes requests. */
export interface ReadyLine {
  readonly origin: string;
  readonly demo?: { readonly apiKey: string; readonly secret: string };
}

/** A running node. Disposing of it stops it as an operator would, and removes its directory. */
export interface NodeProcess extends AsyncDisposable {
  readonly origin: string;
  readonly demo: ReadyLine["demo"];
  readonly dataDirectory: string;
}

type Child = ReturnType<typeof startChild>;

/**
 * Starts a node on a free port and a directory of its own, and waits until it takes requests.
 *
 * Errors   an error with all that the node has logged, where it ends or is not ready in time.
 */
export async function startNodeProcess(options: NodeOptions = {}): Promise<NodeProcess> {
  const directory = mkdtempSync(join(tmpdir(), "rialto-conformance-"));
  const dataDirectory = join(directory, "data");
  const flags = [...(options.flags ?? [])];
  if (options.network !== undefined) {
    const path = join(directory, "network.json");
    writeFileSync(path, JSON.stringify(options.network));
    flags.push("--network", path);
  }
  const child = startChild(dataDirectory, flags);
  const log = collect(child);
  const clear = (): void => rmSync(directory, { recursive: true, force: true });
  // What is left to a test run that ends without its clean-up.
  const abandon = (): void => {
    child.kill("SIGKILL");
    clear();
  };
  process.once("exit", abandon);
  const release = (): void => {
    process.removeListener("exit", abandon);
    clear();
  };
  try {
    const { origin, demo } = await readReadyLine(child, log);
    const stop = async (): Promise<void> => {
      await stopChild(child, log).finally(release);
    };
    return { origin, demo, dataDirectory, [Symbol.asyncDispose]: stop };
  } catch (error) {
    child.kill("SIGKILL");
    release();
    throw error;
  }
}

/** Runs a command of the command line and returns what it printed for programs. Errors: what it said. */
export async function runRialto(...args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [RIALTO, ...args, "--json"]);
  return JSON.parse(stdout) as unknown;
}

function startChild(dataDirectory: string, flags: readonly string[]) {
  const args = ["start", "--port", "0", "--data-dir", dataDirectory, "--json", ...flags];
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  return spawn(process.execPath, [RIALTO, ...args], { stdio });
}

/** All that the node logs, for whoever has to say why it failed. */
function collect(child: Child): () => string {
  const chunks: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  return () => chunks.join("");
}

async function readReadyLine(child: Child, log: () => string): Promise<ReadyLine> {
  const killer = setTimeout(() => child.kill("SIGKILL"), READY_TIMEOUT_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      return JSON.parse(line) as ReadyLine;
    }
  } finally {
    clearTimeout(killer);
  }
  throw new Error(`the node ended, or was not ready in time\n${log()}`);
}

/** Errors: a node that does not end when told to, or not with 0. */
async function stopChild(child: Child, log: () => string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`the node has ended by itself\n${log()}`);
  }
  const killer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  child.kill("SIGTERM");
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(killer);
  if (code !== 0) throw new Error(`the node ended with ${code ?? signal}\n${log()}`);
}
