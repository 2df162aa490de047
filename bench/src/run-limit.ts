// Builds and runs the C++ engine of bench/limit, where there is a compiler for it.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault } from "@rialto/base";
import { benchFault, type BenchFault } from "./bench-fault.ts";

/** What the limit reached on one workload, of which it has verified trades and checksum. */
export interface LimitResult {
  readonly trades: number;
  /** Both checksums, 16 hexadecimal digits. */
  readonly checksum: string;
  /** Nanoseconds a timed command, of each run in order. */
  readonly samples: readonly number[];
  readonly nsPerCommandMedian: number;
  readonly nsPerCommandBest: number;
  readonly runs: number;
  readonly prefetch: boolean;
}

export interface LimitOptions {
  /** Timed runs after the verifying one. */
  readonly runs?: number;
  /** The variant that prefetches and asks for huge pages. It is not the limit. */
  readonly prefetch?: boolean;
}

const SOURCE_PATH: string = fileURLToPath(new URL("../limit/limit.cpp", import.meta.url));
const BUILD_DIRECTORY: string = fileURLToPath(new URL("../limit/build", import.meta.url));
// Without packing pairs of links into vector registers: that costs 3 % on P1.
const FLAGS = ["-O3", "-march=native", "-std=c++20", "-fno-tree-slp-vectorize"];
const RUNS_DEFAULT = 9;

/**
 * The path of the limit's program, compiled where that has not happened yet.
 *
 * Effects  writes into bench/limit/build, atomically; the name holds a digest of source, flags,
 *          compiler and processor, so that a stale program is never run.
 * Errors   undefined where there is no g++. LIMIT_BUILD where it fails.
 */
export function buildLimit(): string | undefined | BenchFault {
  const compiler = spawnSync("g++", ["--version"], { encoding: "utf8" });
  if (compiler.status !== 0) return undefined;
  const digest = createHash("sha256")
    .update(readFileSync(SOURCE_PATH))
    .update(JSON.stringify([FLAGS, compiler.stdout, cpus()[0]?.model]))
    .digest("hex");
  const path = join(BUILD_DIRECTORY, `limit-${digest.slice(0, 12)}`);
  if (existsSync(path)) return path;
  mkdirSync(BUILD_DIRECTORY, { recursive: true });
  const partPath = `${path}.${process.pid}.part`;
  const build = spawnSync("g++", [...FLAGS, SOURCE_PATH, "-o", partPath], { encoding: "utf8" });
  if (build.status !== 0) {
    return benchFault({ code: "LIMIT_BUILD", output: build.stderr }, "g++ refuses bench/limit");
  }
  renameSync(partPath, path);
  return path;
}

/**
 * Runs the limit on the LOB1 file at `workloadPath`.
 *
 * Errors   undefined where there is no g++. LIMIT_BUILD. LIMIT_RUN where the workload is refused,
 *          or where its trades or checksums differ from what its header says.
 */
export function runLimit(
  workloadPath: string,
  options: LimitOptions = {},
): LimitResult | undefined | BenchFault {
  const program = buildLimit();
  if (program === undefined || program instanceof Fault) return program;
  const runs = String(options.runs ?? RUNS_DEFAULT);
  const variant = options.prefetch === true ? ["--prefetch"] : [];
  const run = spawnSync(program, ["--runs", runs, ...variant, workloadPath], { encoding: "utf8" });
  if (run.status === 0) return JSON.parse(run.stdout) as LimitResult;
  const exitCode = run.status ?? -1;
  const output = run.stderr.trim();
  return benchFault({ code: "LIMIT_RUN", exitCode, output }, `the limit fails: ${output}`);
}
