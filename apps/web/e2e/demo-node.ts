import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NodeProcess, runRialto, startNodeProcess } from "@rialto/node/testing";
import { findTestPort } from "@rialto/node/testing/free-port";

const BUILT_PAGE = join(import.meta.dirname, "../dist/index.html");

/** A demo node in a directory of its own, that can be stopped and started again at the same address. */
export class DemoNode implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "rialto-web-"));
  readonly #port: number;
  readonly #options: readonly string[];
  #process: NodeProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.#port = port;
    this.#options = options;
  }

  /** `options` are further ones of its command. Errors: the terminal has not been built; those of `startNodeProcess`. */
  static async start(options: readonly string[] = []): Promise<DemoNode> {
    if (!existsSync(BUILT_PAGE)) {
      throw new Error("the terminal has not been built: node tools/bootstrap.js");
    }
    await using cleanup = new AsyncDisposableStack();
    const node = cleanup.use(new DemoNode(await findTestPort(), options));
    await node.start();
    cleanup.move();
    return node;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const place = ["--port", String(this.#port), "--data-dir", this.#directory];
    this.#process = await startNodeProcess(["--demo", ...place, ...this.#options]);
  }

  /** Ends the node as an operator would. Errors: it does not end, or not with 0. */
  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    await running?.stop();
  }

  /** Sets a market's state as an operator does. */
  async setMarket(
    symbol: string,
    state: "TRADING" | "POST_ONLY" | "CANCEL_ONLY" | "HALT",
  ): Promise<void> {
    const key = await this.#operatorKey();
    await runRialto("operator", "market", symbol, state, "--url", this.origin, ...key);
  }

  /** Makes a key of an operator. Returns the options that use it. */
  async #operatorKey(): Promise<string[]> {
    const of = ["--account", "1", "--type", "hmac", "--permissions", "operator"];
    const made = await runRialto("keys", "new", ...of, "--data-dir", this.#directory);
    const { apiKey, secret } = made as { readonly apiKey: string; readonly secret: string };
    const secretFile = join(this.#directory, "operator.secret");
    writeFileSync(secretFile, secret);
    return ["--api-key", apiKey, "--secret-file", secretFile];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }
}
