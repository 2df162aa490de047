// Compiles our AssemblyScript to WebAssembly and writes the bytes, as base64, into modules that node and browsers
// import alike. Plain JavaScript: the bootstrap runs it before anything else can run.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { main } from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const LADDERS = 0x7020_0000; // of core/engine/assembly/memory.ts: where the engine's memory begins to grow
const KEY_TABLES = 0x15_5000; // of core/crypto/assembly/memory.ts: where the verifier's memory begins to grow
const MEMORY_PAGE_BYTES = 0x1_0000;
const BOUNDS = "core/engine/assembly/bounds.ts";

const MODULES = [
  {
    source: "core/engine/assembly/index.ts",
    target: "core/engine/src/generated/engine-wasm.ts",
    constant: "ENGINE_WASM_BASE64",
    memory: `--initialMemory ${LADDERS / MEMORY_PAGE_BYTES} --maximumMemory 65536`,
  },
  {
    // The same without accounts, which benchmarks compare it with.
    source: "core/engine/assembly/index.ts",
    instead: { "core/engine/assembly/variant.ts": "export const KEEPS_ACCOUNTS: bool = false;\n" },
    target: "bench/src/generated/bare-wasm.ts",
    constant: "BARE_WASM_BASE64",
    memory: `--initialMemory ${LADDERS / MEMORY_PAGE_BYTES} --maximumMemory 65536`,
  },
  {
    // The same with its bounds as imports, which a fuzzer makes small.
    source: "core/engine/assembly/index.ts",
    instead: { [BOUNDS]: importsFor(BOUNDS) },
    target: "core/engine/src/testing/generated/bounded-wasm.ts",
    constant: "BOUNDED_WASM_BASE64",
    memory: `--initialMemory ${LADDERS / MEMORY_PAGE_BYTES} --maximumMemory 65536`,
  },
  {
    source: "core/replica/assembly/finality-index.ts",
    target: "core/replica/src/generated/finality-wasm.ts",
    constant: "FINALITY_WASM_BASE64",
    memory: "--initialMemory 1 --maximumMemory 65536",
  },
  {
    source: "core/crypto/assembly/index.ts",
    target: "core/crypto/src/generated/ed25519-wasm.ts",
    constant: "ED25519_WASM_BASE64",
    memory: `--initialMemory ${Math.ceil(KEY_TABLES / MEMORY_PAGE_BYTES)} --maximumMemory 65536`,
    features: "relaxed-simd",
    // With -O3 products are computed where they are added up: more of them wait in memory, a sixth of the time.
    level: "-O2",
  },
  {
    source: "bench/assembly/driver.ts",
    target: "bench/src/generated/driver-wasm.ts",
    constant: "DRIVER_WASM_BASE64",
    // Its few statics would lie in the engine's memory: it has none, its globals are wasm's.
    memory: "--importMemory --initialMemory 1",
  },
];

for (const { source, target, constant, memory, features, level = "-O3", instead } of MODULES) {
  const outputs = new Map();
  const enabled = ["simd", "bulk-memory", features].filter((name) => name !== undefined).join();
  const flags = `--outFile out.wasm --runtime stub --noAssert ${level} --enable ${enabled} ${memory}`;
  const { error, stderr } = await main([source, "--baseDir", root, ...flags.split(" ")], {
    writeFile: (name, contents) => void outputs.set(name, contents),
    readFile: (name) => read(name, instead),
  });
  if (error) {
    process.stderr.write(`${error.message}\n${Buffer.concat(stderr).toString()}`);
    process.exit(1);
  }
  const wasm = outputs.get("out.wasm");
  mkdirSync(dirname(join(root, target)), { recursive: true });
  writeFileSync(
    join(root, target),
    `/** ${source}, compiled by tools/build-wasm.js. */\n` +
      `export const ${constant}: string =\n  "${Buffer.from(wasm).toString("base64")}";\n`,
  );
  process.stderr.write(`${target}: ${wasm.length} bytes\n`);
}

/** A source file, or what is compiled instead of it; null if there is none. `name`: its path from the root. */
function read(name, instead = {}) {
  const path = join(root, name);
  return instead[name] ?? (existsSync(path) ? readFileSync(path, "utf8") : null);
}

/** A source file of constants with each of them imported: TOUCHES_MAX as `touchesMax` of module "bounds". */
function importsFor(path) {
  return readFileSync(join(root, path), "utf8").replaceAll(
    /^export const (\w+): u32 = .*$/gm,
    (_, name) => {
      const field = name.toLowerCase().replaceAll(/_(\w)/g, (__, letter) => letter.toUpperCase());
      return `@external("bounds", "${field}")\nexport declare const ${name}: u32;`;
    },
  );
}
