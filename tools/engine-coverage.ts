// `npm run coverage:engine`: which branches of the hot core's source the scenarios and the fuzzers reach, each of its two ways.
//
//   npm run coverage:engine [-- --commands N] [-- --books N] [-- --json] [-- --record]
//
// The core is compiled again without optimization, so that every branch of the source is one of the module, and told to report
// which way each goes; it runs in place of the shipped one, which must come to the same results. --record writes what was never
// reached to docs/operating/engine-coverage.md.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readProvenance } from "@rialto/bench";
import { main as compile } from "assemblyscript/asc";
import { root } from "./check-steps.ts";
import { describeCoverage, type SourceBranch, sumUp } from "./engine-coverage/branches.ts";
import { instrument } from "./engine-coverage/instrument.ts";
import { SourcePlaces } from "./engine-coverage/source-map.ts";

const SOURCE = "core/engine/assembly/index.ts";
const GENERATED = "core/engine/src/generated/engine-wasm.ts";
const DOCUMENT = "docs/operating/engine-coverage.md";
const MEMORY_PAGE_BYTES = 0x1_0000;
/** What is told about branches takes time. */
const PATIENTLY = ["--reporter=dot", "--testTimeout=600000"];
/** Of the names of tests: what is told about branches takes memory itself. The agreement test is a part of the fuzzer's work. */
const NOT_OF_THE_HEAP = "^(?!the heap)";

/** Measures it, in a folder that is gone afterwards. */
async function measureCoverage(commands: number, books: number): Promise<readonly SourceBranch[]> {
  const folder = mkdtempSync(join(tmpdir(), "rialto-engine-coverage-"));
  try {
    const branches = await prepare(folder);
    const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", ...PATIENTLY];
    run(folder, [...vitest, "core/engine/src/scenarios"]);
    const others = ["--exclude", "**/agreement.test.ts", "-t", NOT_OF_THE_HEAP];
    run(folder, [...vitest, "core/engine/src/hot", ...others]);
    const fuzzers = join(root, "core/engine/src/testing");
    run(folder, [join(fuzzers, "agreement.fuzz.ts"), "--commands", String(commands)]);
    if (books > 0) run(folder, [join(fuzzers, "auction.fuzz.ts"), "--books", String(books)]);
    return sumUp(branches, readSeen(folder, branches.length), readSource);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sources = new Map<string, string>();

function readSource(path: string): string {
  const text = sources.get(path) ?? readFileSync(join(root, path), "utf8");
  sources.set(path, text);
  return text;
}

/** Compiles and instruments the core. Returns where each of its branches comes from. */
async function prepare(folder: string): Promise<Parameters<typeof sumUp>[0]> {
  const shipped = shippedBytes();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(shipped), {});
  const { memory } = exports as unknown as { readonly memory: WebAssembly.Memory };
  const pages = memory.buffer.byteLength / MEMORY_PAGE_BYTES;
  const flags =
    "--outFile out.wasm --runtime stub --noAssert --debug --sourceMap -O0 --enable simd,bulk-memory " +
    `--initialMemory ${pages} --maximumMemory 65536`;
  const outputs = new Map<string, string | Uint8Array>();
  const { error } = await compile([SOURCE, "--baseDir", root, ...flags.split(" ")], {
    writeFile: (name: string, contents: string | Uint8Array) => void outputs.set(name, contents),
  });
  if (error !== null) throw error;
  const { bytes, branches } = instrument(outputs.get("out.wasm") as Uint8Array);
  writeFileSync(join(folder, "shipped.wasm"), shipped);
  writeFileSync(join(folder, "instrumented.wasm"), bytes);
  writeFileSync(join(folder, "branches"), String(branches.length));
  const places = new SourcePlaces(outputs.get("out.wasm.map") as string);
  return branches.map(({ kind, offset }) => ({ kind, place: places.find(offset) }));
}

function shippedBytes(): Buffer<ArrayBuffer> {
  const base64 = /"([A-Za-z0-9+/=]+)"/.exec(readFileSync(join(root, GENERATED), "utf8"))?.[1];
  if (base64 === undefined) throw new Error(`${GENERATED} has no module: node tools/build-wasm.js`);
  return Buffer.from(base64, "base64");
}

/** Runs a program with the instrumented core. Errors: thrown, if it fails. */
function run(folder: string, args: readonly string[]): void {
  const preload = join(root, "tools/engine-coverage/preload.ts");
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, RIALTO_ENGINE_COVERAGE: folder, NODE_OPTIONS: `--import=${preload}` },
  });
  if (status !== 0) throw new Error(`with the instrumented core this fails: ${args.join(" ")}`);
}

/** What all processes have seen together. */
function readSeen(folder: string, branchCount: number): Uint8Array {
  const all = new Uint8Array(2 * branchCount);
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".seen"))) {
    const seen = readFileSync(join(folder, name));
    for (let at = 0; at < all.length; at++) all[at]! |= seen[at]!;
  }
  return all;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      commands: { type: "string", default: "2000000" },
      books: { type: "string", default: "20000" },
      json: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
    },
  });
  const [commands, books] = [Number(values.commands), Number(values.books)];
  const branches = await measureCoverage(commands, books);
  const { commit, date } = readProvenance(new Date());
  const how =
    `Measured on ${date.slice(0, 10)}, commit ${commit}: all scenarios and tests of the hot core, ${commands} random commands against the oracle, ` +
    `${books} random auctions.`;
  const text = describeCoverage(branches, how, readSource);
  console.log(values.json ? JSON.stringify(branches) : text);
  if (values.record) writeFileSync(join(root, DOCUMENT), text);
}
