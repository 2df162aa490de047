import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { appendHistory, readProvenance } from "@rialto/bench";
import { root } from "./check-steps.ts";

// `npm run fuzz -- NAME [options]`: runs one of the long fuzzers. With --record, what the engine's has
// come through goes to bench/history/fuzz-engine.jsonl.

const FUZZERS: Readonly<Record<string, string>> = {
  engine: "core/engine/src/testing/agreement.fuzz.ts",
  auction: "core/engine/src/testing/auction.fuzz.ts",
  gateway: "host/gateway/src/testing/gateway.fuzz.ts",
  ed25519: "host/signing/src/testing/ed25519.fuzz.ts",
  cluster: "host/node/src/testing/chaos.fuzz.ts",
};
const RECORDED = "engine";
const UNITS: Readonly<Record<string, string>> = { seconds: "s" };

const [name = "", ...options] = process.argv.slice(2);
const isRecorded = options.includes("--record");
const program = FUZZERS[name];
const isOfTheEngine = name === RECORDED && !options.some((each) => each.startsWith("--bounds"));
if (program === undefined || (isRecorded && !isOfTheEngine)) {
  console.error(
    `usage: npm run fuzz -- NAME [options]\nNAME is one of: ${Object.keys(FUZZERS).join(", ")}\n` +
      `--record appends the result to the history; only ${RECORDED} has it, without --bounds`,
  );
  process.exit(2);
}
if (options.includes("--help")) {
  console.log(usageOf(program));
  process.exit(0);
}
process.exit(isRecorded ? record(program) : run(program));

/** The comment at the head of a fuzzer, which says how it is called. */
function usageOf(path: string): string {
  const lines = readFileSync(join(root, path), "utf8").split("\n");
  const start = lines.findIndex((line) => line.startsWith("// npm run fuzz"));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("// "));
  return lines
    .slice(start, end)
    .map((line) => line.slice("// ".length))
    .join("\n");
}

function run(path: string): number {
  const done = spawnSync(process.execPath, [join(root, path), ...options], { stdio: "inherit" });
  return done.status ?? 1;
}

/** Runs it for its result as JSON: one number a metric. Where it fails, there is nothing to record. */
function record(path: string): number {
  const given = [...options.filter((option) => option !== "--record"), "--json"];
  const { status, stdout } = spawnSync(process.execPath, [join(root, path), ...given], {
    stdio: ["inherit", "pipe", "inherit"],
    encoding: "utf8",
  });
  process.stdout.write(stdout);
  if (status !== 0) return status ?? 1;
  const provenance = readProvenance(new Date());
  const result = Object.entries(JSON.parse(stdout) as Record<string, number>);
  const none = { spread: null, ratio: null, stateHash: null, durability: null };
  appendHistory(
    result.map(([metric, value]) => {
      const unit = UNITS[metric] ?? "count";
      return { ...provenance, scenario: `fuzz-${name}`, metric, unit, value, ...none };
    }),
  );
  return 0;
}
