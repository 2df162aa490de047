// Loaded before a program whose engine is to be watched (node --import): where the program compiles the engine, the
// instrumented one takes its place, and what it says goes to a file.

import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HIT_MODULE, HIT_NAME } from "./instrument.ts";

const folder = process.env["RIALTO_ENGINE_COVERAGE"];
if (folder === undefined) throw new Error("RIALTO_ENGINE_COVERAGE names the folder of the run");
const shipped = readFileSync(join(folder, "shipped.wasm"));
const instrumented = readFileSync(join(folder, "instrumented.wasm"));
/** For each branch: a byte for each way that it went. */
const seen = new Uint8Array(2 * Number(readFileSync(join(folder, "branches"), "utf8")));

const path = join(folder, `${randomUUID()}.seen`);
let isDue = false;

/** Written when the program comes to rest, and at its end, which a test runner does not let its workers come to. */
function flush(): void {
  isDue = false;
  writeFileSync(path, seen);
}

function hit(condition: number, branch: number): number {
  const way = 2 * branch + (condition === 0 ? 0 : 1);
  if (seen[way] === 0) {
    seen[way] = 1;
    if (!isDue) setImmediate(flush);
    isDue = true;
  }
  return condition;
}

const imports = { [HIT_MODULE]: { [HIT_NAME]: hit } };

const { Module, Instance } = WebAssembly;
const watched = new WeakSet<WebAssembly.Module>();

WebAssembly.Module = class extends Module {
  constructor(bytes: ConstructorParameters<typeof Module>[0]) {
    const isEngine = ArrayBuffer.isView(bytes) && shipped.equals(bytes as Uint8Array);
    super(isEngine ? instrumented : bytes);
    if (isEngine) watched.add(this);
  }
};
WebAssembly.Instance = class extends Instance {
  constructor(...[module, given]: ConstructorParameters<typeof Instance>) {
    super(module, watched.has(module) ? { ...given, ...imports } : given);
  }
};

process.on("exit", () => {
  if (isDue) flush();
});
