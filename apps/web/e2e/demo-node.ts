import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// A demo node as `npm start` runs it: a process of its own, on a free port, with a directory of its own.

const ROOT = join(import.meta.dirname, "../../..");
const RIALTO = join(ROOT, "host/node/bin/rialto.js");
const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;

/** A demo node that can be stopped and started again, as the same node at the same address. */
export class DemoNode implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "rialto-web-"));
  #port = 0;
  #child: ReturnType<typeof startChild> | undefined;

  /** Errors: an error with what the node has logged, where it ends or is not ready in time. */
  static async start(): Promise<DemoNode> {
    if (!existsSync(join(ROOT, "apps/web/dist/index.html"))) {
      throw new Error("the terminal has not been built: node tools/bootstrap.js");
    }
    const node = new DemoNode();
    await node.start();
    return node;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const child = startChild(this.#directory, this.#port);
    this.#child = child;
    let log = "";
    child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
    const killer = setTimeout(() => child.kill("SIGKILL"), READY_TIMEOUT_MS);
    for await (const line of createInterface({ input: child.stdout })) {
      clearTimeout(killer);
      const { origin } = JSON.parse(line) as { readonly origin: string };
      this.#port = Number(new URL(origin).port);
      return;
    }
    throw new Error(`the node ended, or was not ready in time\n${log}`);
  }

  /** Ends the node as an operator would. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "exit");
    const killer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(killer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function startChild(directory: string, port: number) {
  const args = ["start", "--demo", "--json", "--port", String(port), "--data-dir", directory];
  return spawn(process.execPath, [RIALTO, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}
