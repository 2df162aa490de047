// Compiles core/engine/assembly to WebAssembly and writes the bytes, as base64, into a module that node and
// browsers import alike. Plain JavaScript: the bootstrap runs it before anything else can run.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const INITIAL_MEMORY_BYTES = 0x2f00_0000; // LADDERS of assembly/memory.ts
const MEMORY_PAGE_BYTES = 0x1_0000;

const outputs = new Map();
const flags =
  "--runtime stub --noAssert -O3 --enable simd,bulk-memory --outFile engine.wasm " +
  `--initialMemory ${INITIAL_MEMORY_BYTES / MEMORY_PAGE_BYTES} --maximumMemory 65536`;
const { error, stderr } = await main(
  ["core/engine/assembly/index.ts", "--baseDir", root, ...flags.split(" ")],
  { writeFile: (name, contents) => void outputs.set(name, contents) },
);
if (error) {
  process.stderr.write(`${error.message}\n${Buffer.concat(stderr)}`);
  process.exit(1);
}
const wasm = outputs.get("engine.wasm");
const folder = join(root, "core", "engine", "src", "generated");
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "engine-wasm.ts"),
  "/** The compiled hot core: core/engine/assembly, by tools/build-engine.js. */\n" +
    `export const ENGINE_WASM_BASE64: string =\n  "${Buffer.from(wasm).toString("base64")}";\n`,
);
process.stderr.write(`engine.wasm: ${wasm.length} bytes\n`);
