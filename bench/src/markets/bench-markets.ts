// `rialto bench markets`: very many markets in one exchange.

import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Fault } from "@rialto/base";
import { benchFault, type BenchFault } from "../bench-fault.ts";
import { median, spread } from "../statistics.ts";
import { WORKLOAD_CACHE_DIRECTORY } from "../workload-cache.ts";
import { BARRIER_BYTES } from "./barrier.ts";
import { CHUNK_COMMANDS, PASS_READS } from "./measure.ts";
import type { EmptyResult, Footprint, FullResult, ProcessTask } from "./one-process.ts";
import { marketsShape } from "./shape.ts";
import type { ShardResult, ShardTask, Span } from "./shard-worker.ts";

export interface MarketsBenchOptions {
  /** A hundredth of the markets, and few trades and reads: shows that it works, not how fast. */
  readonly smoke: boolean;
  /** Accounts that trade in one market: an even number. */
  readonly marketAccounts: number;
  /** On the build without accounts. */
  readonly isBare: boolean;
  readonly seed: number;
  readonly runs: number;
  /** Measures two shards on two threads as well. */
  readonly withShards: boolean;
}

/** Rates of several runs. */
export interface Rate {
  readonly perSecondMedian: number;
  readonly perSecondBest: number;
  readonly spread: number;
}

export interface MarketsBenchResult {
  readonly markets: number;
  readonly orders: number;
  readonly marketAccounts: number;
  readonly isBare: boolean;
  readonly balanceRows: number;
  readonly footprints: readonly Footprint[];
  readonly trades: number;
  readonly busyVolume: number;
  /** Takers and the orders that come in their makers' stead. */
  readonly tradingCommandsPerSecond: number;
  /** One thread, events on; accounts, reserves and fees too unless it is bare. */
  readonly placements: Rate;
  readonly quoteReads: Rate;
  readonly headReads: Rate;
  /** A node of two threads with half of the markets each; null where it was left out. */
  readonly sharded: ShardedRates | null;
  readonly stateHash: string;
}

export interface ShardedRates {
  readonly shards: number;
  readonly orders: number;
  readonly placementsPerSecond: number;
  readonly quoteReadsPerSecond: number;
  readonly headReadsPerSecond: number;
}

const SMOKE_STEP = 100;
const SHARDS = 2;
const TRADES_MIN = 1_000_000;
const SMOKE_TRADES_MIN = 10_000;
const READ_PASSES = 50;
const SMOKE_READ_PASSES = 2;
const PROGRAM = fileURLToPath(new URL("./one-process.ts", import.meta.url));
const WORKER = new URL("./shard-worker.ts", import.meta.url);
/** Compiled code of the measured process: it starts as it would the second time, without a compiler in its memory. */
const COMPILE_CACHE = join(WORKLOAD_CACHE_DIRECTORY, "compiled");

/**
 * Fills an exchange of very many markets, trades on it and reads it: in a process of its own, whose size is measured, and
 * then as two shards on two threads.
 *
 * Errors   MARKETS_RUN where one of them fails, with what it has said: each checks its counts, its money and its audit.
 */
export async function benchMarkets(
  options: MarketsBenchOptions,
): Promise<MarketsBenchResult | BenchFault> {
  const { smoke, marketAccounts, isBare, seed, runs, withShards } = options;
  const step = smoke ? SMOKE_STEP : 1;
  const tradesMin = smoke ? SMOKE_TRADES_MIN : TRADES_MIN;
  const readPasses = smoke ? SMOKE_READ_PASSES : READ_PASSES;
  const common = { step, marketAccounts, isBare, seed };
  const task = { kind: "full", ...common, tradesMin, runs, readPasses } as const;
  const full = runProcess(task) as FullResult | BenchFault;
  if (full instanceof Fault) return full;
  const sharded = withShards ? await runShards(options, step, readPasses) : null;
  if (sharded instanceof Fault) return sharded;
  return {
    markets: full.markets,
    orders: full.orders,
    marketAccounts,
    isBare,
    balanceRows: full.balanceRows,
    footprints: full.footprints,
    trades: full.trades.trades,
    busyVolume: full.trades.busyVolume,
    tradingCommandsPerSecond: (full.trades.commands / full.trades.ms) * 1_000,
    placements: rateOf(full.placementsPerSecond),
    quoteReads: rateOf(full.quotesPerSecond),
    headReads: rateOf(full.headsPerSecond),
    sharded,
    stateHash: full.stateHash,
  };
}

/**
 * Starts an exchange with `markets` markets that are listed, have their ladders, and no order.
 *
 * Errors   MARKETS_RUN.
 */
export function benchEmptyMarkets(markets: number): EmptyResult | BenchFault {
  return runProcess({ kind: "empty", markets }) as EmptyResult | BenchFault;
}

function rateOf(perSecond: readonly number[]): Rate {
  return {
    perSecondMedian: median(perSecond),
    perSecondBest: Math.max(...perSecond),
    spread: spread(perSecond),
  };
}

/**
 * An exchange on one thread needs neither a large nursery for young objects nor many helpers. Two of these, not one: with one
 * Node 24.21 at times does not end beside other work, its main thread and its helper waiting for each other.
 */
const MEASURED_FLAGS = ["--expose-gc", "--max-semi-space-size=1", "--v8-pool-size=2"];
/** Several times what the longest takes. */
const PROCESS_MS_MAX = 300_000;

/** Runs the program that holds one exchange, once to fill the cache of compiled code and once to be measured. */
function runProcess(task: ProcessTask): unknown {
  mkdirSync(COMPILE_CACHE, { recursive: true });
  const run = (todo: ProcessTask): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [...MEASURED_FLAGS, PROGRAM, JSON.stringify(todo)], {
      encoding: "utf8",
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
      timeout: PROCESS_MS_MAX,
    });
  const warmUp = run({ kind: "empty", markets: 1 });
  const measured = warmUp.status === 0 ? run(task) : warmUp;
  if (measured.status === null) {
    const seconds = PROCESS_MS_MAX / 1_000;
    return runFault(`its process was ended by ${measured.signal}; it may take ${seconds} s`);
  }
  if (measured.status !== 0) return runFault(measured.stderr.trim());
  return JSON.parse(measured.stdout) as unknown;
}

async function runShards(
  { marketAccounts, isBare, seed }: MarketsBenchOptions,
  step: number,
  readPasses: number,
): Promise<ShardedRates | BenchFault> {
  const barrier = new SharedArrayBuffer(BARRIER_BYTES);
  const shardStep = step * SHARDS;
  const firsts = Array.from({ length: SHARDS }, (_, shard) => 1 + shard * step);
  const ordersMost = Math.max(...firsts.map((first) => marketsShape(first, shardStep).ordersTotal));
  const chunks = Math.ceil(ordersMost / CHUNK_COMMANDS);
  const tasks = firsts.map((first): ShardTask => {
    const common = { marketAccounts, isBare, seed, chunks, readPasses, barrier, shards: SHARDS };
    return { first, step: shardStep, ...common };
  });
  const workers = tasks.map((task) => new Worker(WORKER, { workerData: task }));
  try {
    const results = await Promise.all(workers.map(resultOf));
    const orders = results.reduce((sum, result) => sum + result.orders, 0);
    const placedMs = results[0]!.placements.reduce(
      (sum, _, chunk) => sum + wallMs(results.map((result) => result.placements[chunk]!)),
      0,
    );
    const reads = SHARDS * readPasses * PASS_READS;
    return {
      shards: SHARDS,
      orders,
      placementsPerSecond: (orders / placedMs) * 1_000,
      quoteReadsPerSecond: (reads / wallMs(results.map((result) => result.quotes))) * 1_000,
      headReadsPerSecond: (reads / wallMs(results.map((result) => result.heads))) * 1_000,
    };
  } catch (error) {
    return runFault((error as Error).message, error);
  } finally {
    // When one has failed, the others wait for it.
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** From when the first of them began until the last one was done. */
function wallMs(spans: readonly Span[]): number {
  const starts = spans.map((span) => span.startMs);
  return Math.max(...spans.map((span) => span.endMs)) - Math.min(...starts);
}

async function resultOf(worker: Worker): Promise<ShardResult> {
  return await new Promise<ShardResult>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`a shard ended with ${code} and no result`)));
  });
}

function runFault(problem: string, cause?: unknown): BenchFault {
  return benchFault({ code: "MARKETS_RUN", problem }, `bench markets fails: ${problem}`, cause);
}
