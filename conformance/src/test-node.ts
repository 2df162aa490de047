import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodeProcess } from "@rialto/node/testing";
import type { NetworkConfig } from "@rialto/protocol";

// A node as anybody starts it: its own process, its own directory, reached over loopback.

export interface TestNodeOptions {
  /** Undefined for the demo's own. */
  readonly network?: NetworkConfig;
  /** Further flags of `rialto start`: ["--demo"]. */
  readonly flags?: readonly string[];
}

/** A running node. Disposing of it stops it as an operator would, and removes its directory. */
export interface TestNode extends AsyncDisposable {
  readonly origin: string;
  readonly demo?: { readonly apiKey: string; readonly secret: string };
  readonly dataDirectory: string;
}

/** Starts a node on a free port and a directory of its own. Errors: those of `startNodeProcess`. */
export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  await using cleanup = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "rialto-conformance-"));
  cleanup.defer(() => rmSync(directory, { recursive: true, force: true }));
  const dataDirectory = join(directory, "data");
  const flags = [...(options.flags ?? [])];
  if (options.network !== undefined) {
    const path = join(directory, "network.json");
    writeFileSync(path, JSON.stringify(options.network));
    flags.push("--network", path);
  }
  const { ready } = cleanup.use(await startNodeProcess(["--data-dir", dataDirectory, ...flags]));
  const owned = cleanup.move();
  return { ...ready, dataDirectory, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
