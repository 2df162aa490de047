// `rialto bench engine`: the real engine on one LOB1 workload, beside the C++ limit.

import { createHash } from "node:crypto";
import { encodeHex, Fault } from "@rialto/base";
import { stateHash } from "@rialto/engine";
import { benchFault, type BenchFault } from "./bench-fault.ts";
import { EngineDriver } from "./engine-driver.ts";
import { type BatchLatency, describeBatches, LATENCY_BATCHES } from "./latency.ts";
import type { Workload } from "./lob1.ts";
import type { EngineWay } from "./numbers-table.ts";
import { limitAnchor } from "./anchors.ts";
import { runLimit } from "./run-limit.ts";
import { best, median, spread } from "./statistics.ts";
import { formatChecksum } from "./trade-checksum.ts";
import { loadOrGenerate, type WorkloadSource } from "./workload-cache.ts";

export interface EngineBenchOptions {
  readonly source: WorkloadSource;
  readonly way: EngineWay;
  /** Timed runs, after one that verifies. */
  readonly runs: number;
  /** Runs the C++ limit between ours, where there is a compiler for it. */
  readonly withLimit: boolean;
  /** Times every batch of 1, 16 and 256 commands by itself, in runs of their own. */
  readonly withLatency: boolean;
  /** Told after each run: its number and its nanoseconds a command. */
  readonly onRun?: (run: number, nsPerCommand: number) => void;
}

export interface EngineBenchResult extends EngineWay {
  readonly trades: number;
  /** Both checksums over all trades, 16 hexadecimal digits. */
  readonly checksum: string;
  readonly commandsPerSecond: number;
  readonly nsPerCommandMedian: number;
  readonly nsPerCommandBest: number;
  /** (largest - smallest) / median. */
  readonly spread: number;
  readonly runs: number;
  readonly rssMb: number;
  /** Bytes of linear memory that hold the exchange's state. */
  readonly engineMb: number;
  readonly stateHash: string;
  /** Median of the C++ limit in the same minutes, and ours over it; null where there is no compiler. */
  readonly limitNsPerCommand: number | null;
  readonly ratioToLimit: number | null;
  /** What the C++ limit took on this profile on the machine of anchors.ts: recorded, not measured here. */
  readonly limitRecordedNs: number | null;
  /** By the size of the batch; empty where it was not asked for. */
  readonly latency: readonly BatchLatency[];
}

/**
 * Verifies trades and checksum in a run of its own, then times more runs, each from an empty exchange, each of which
 * must make as many trades and end in the same state.
 *
 * Errors   a fault for a workload that cannot be read, or whose trades or checksum the engine does not reproduce,
 *          or that makes no trades.
 */
export function benchEngine(options: EngineBenchOptions): EngineBenchResult | BenchFault {
  const loaded = loadOrGenerate(options.source);
  if (loaded instanceof Fault) return loaded;
  const { workload, path } = loaded;
  const { way } = options;
  const verified = verify(workload, way);
  if (verified instanceof Fault) return verified;
  const samples: number[] = [];
  const limits: number[] = [];
  let engineMb = 0;
  for (let run = 1; run <= options.runs; run++) {
    const driver = new EngineDriver(workload, way);
    driver.prefill();
    const nsPerCommand = driver.timed() / workload.header.timedCommands;
    if (!isAsVerified(driver, verified)) return mismatch(`run ${run} ${OTHER_STATE}`);
    engineMb = driver.engine.stateBytes() / 1e6;
    samples.push(nsPerCommand);
    options.onRun?.(run, nsPerCommand);
    if (!options.withLimit) continue;
    const limit = runLimit(path, { runs: 1 });
    if (limit instanceof Fault) return limit;
    if (limit !== undefined) limits.push(limit.nsPerCommandMedian);
  }
  const latency = options.withLatency ? measureLatency(workload, way, verified) : [];
  if (latency instanceof Fault) return latency;
  const nsMedian = median(samples);
  const limitNs = limits.length === 0 ? null : median(limits);
  return {
    ...verified,
    ...way,
    commandsPerSecond: Math.round(1e9 / nsMedian),
    nsPerCommandMedian: nsMedian,
    nsPerCommandBest: best(samples),
    spread: spread(samples),
    runs: options.runs,
    rssMb: Math.round(process.memoryUsage.rss() / 1e6),
    engineMb,
    limitNsPerCommand: limitNs,
    ratioToLimit: limitNs === null ? null : nsMedian / limitNs,
    limitRecordedNs: limitAnchor(options.source),
    latency,
  };
}

const OTHER_STATE = "ended in another state than the run that was verified";

/** A run for each size of batch, each of which must end as the verified one has. */
function measureLatency(
  workload: Workload,
  way: EngineWay,
  verified: Verified,
): BatchLatency[] | BenchFault {
  const rows: BatchLatency[] = [];
  for (const commandsMax of LATENCY_BATCHES) {
    const driver = new EngineDriver(workload, { ...way, batchMax: commandsMax });
    driver.prefill();
    const samples = driver.latencies();
    if (!isAsVerified(driver, verified)) {
      return mismatch(`the run in batches of ${commandsMax} ${OTHER_STATE}`);
    }
    rows.push(describeBatches(commandsMax, workload.header.timedCommands, samples));
  }
  return rows;
}

function isAsVerified(driver: EngineDriver, verified: Verified): boolean {
  return driver.trades === verified.trades && hashOf(driver) === verified.stateHash;
}

interface Verified {
  readonly trades: number;
  readonly checksum: string;
  readonly stateHash: string;
}

function verify(workload: Workload, way: EngineWay): Verified | BenchFault {
  const driver = new EngineDriver(workload, { ...way, verify: true });
  driver.prefill();
  driver.timed();
  driver.engine.auditBalances();
  const { trades, checksum1, checksum2 } = workload.header;
  const expected = formatChecksum(checksum1, checksum2);
  const checksum = driver.checksum();
  if (driver.trades !== trades || checksum !== expected) {
    return mismatch(
      `the engine made ${driver.trades} trades with checksum ${checksum}; ` +
        `the workload says ${trades} with ${expected}`,
    );
  }
  if (trades === 0) return mismatch("a matching benchmark that makes no trades measures nothing");
  return { trades, checksum, stateHash: hashOf(driver) };
}

function hashOf(driver: EngineDriver): string {
  return encodeHex(stateHash(driver.engine, createHash("sha256")));
}

function mismatch(message: string): BenchFault {
  return benchFault({ code: "ENGINE_MISMATCH", problem: message }, message);
}
