// A process that holds one exchange of many markets and nothing else, so that its size is the exchange's. Started by
// bench-markets.ts with what it is to do as JSON; prints what it has measured as JSON.

import { assert, encodeHex } from "@rialto/base";
import { type SnapshotEngine, stateHash } from "@rialto/engine";
import type { MarketIndex } from "@rialto/protocol";
import { type ExchangeSize, openMarkets } from "./exchange.ts";
import { MarketsFlow } from "./flow.ts";
import {
  fill,
  PASS_READS,
  planReads,
  readHeads,
  readQuotes,
  trade,
  type TradesRun,
} from "./measure.ts";
import { marketsShape } from "./shape.ts";
import { Tally } from "./tally.ts";

/** What the process is to do. */
export type ProcessTask =
  | { readonly kind: "empty"; readonly markets: number }
  | {
      readonly kind: "full";
      /** Every how many ranks of the full test there is a market. */
      readonly step: number;
      readonly marketAccounts: number;
      readonly isBare: boolean;
      readonly seed: number;
      readonly tradesMin: number;
      readonly runs: number;
      /** Passes over the random markets of one timed run of reads. */
      readonly readPasses: number;
    };

/** Sizes of the process at one moment, after a collection of garbage. */
export interface Footprint {
  readonly stage: "start" | "empty" | "full" | "traded";
  readonly orders: number;
  /** Memory of the engine that holds state. */
  readonly engineBytes: number;
  /** The same by what it holds. */
  readonly engineRegions: Readonly<Record<string, number>>;
  /** The engine's, V8's heap, and buffers outside of both. */
  readonly heapAndBuffersBytes: number;
  /** The whole process. */
  readonly residentBytes: number;
}

export interface EmptyResult {
  readonly markets: number;
  readonly seconds: number;
  readonly footprints: readonly Footprint[];
}

export interface FullResult {
  readonly markets: number;
  readonly orders: number;
  readonly footprints: readonly Footprint[];
  readonly trades: TradesRun;
  readonly balanceRows: number;
  readonly stateHash: string;
  /** Of each run. */
  readonly placementsPerSecond: readonly number[];
  readonly quotesPerSecond: readonly number[];
  readonly headsPerSecond: readonly number[];
}

function footprint(stage: Footprint["stage"], engine: SnapshotEngine | undefined): Footprint {
  assert(globalThis.gc !== undefined, "the process is started with --expose-gc");
  // As V8 collects when memory is short: what it does not need it gives back.
  globalThis.gc({ type: "major", execution: "sync", flavor: "last-resort" });
  const { heapTotal, arrayBuffers, rss } = process.memoryUsage();
  const engineBytes = engine?.stateBytes() ?? 0;
  const engineRegions = Object.fromEntries(engine?.stateRegions() ?? []);
  return {
    stage,
    orders: engine?.counts().openOrders ?? 0,
    engineBytes,
    engineRegions,
    heapAndBuffersBytes: engineBytes + heapTotal + arrayBuffers,
    residentBytes: rss,
  };
}

function runEmpty(markets: number): EmptyResult {
  const before = footprint("start", undefined);
  const start = performance.now();
  const engine = openMarkets({ markets, marketAccounts: 0, orders: 1, isBare: false });
  const took = seconds(performance.now() - start);
  assert(engine.counts().markets === markets, "all markets are listed");
  return { markets, seconds: took, footprints: [before, footprint("empty", engine)] };
}

async function runFull(task: Extract<ProcessTask, { kind: "full" }>): Promise<FullResult> {
  const { marketAccounts, isBare, seed, tradesMin, runs, readPasses } = task;
  const footprints = [footprint("start", undefined)];
  const shape = marketsShape(1, task.step);
  const size = { markets: shape.orders.length, marketAccounts, orders: shape.ordersTotal, isBare };
  const engine = openMarkets(size);
  footprints.push(footprint("empty", engine));
  const flow = new MarketsFlow(shape, marketAccounts, seed);
  const rates = [shape.ordersTotal / seconds(fillChecked(engine, flow, shape.ordersTotal))];
  footprints.push(footprint("full", engine));
  const trades = trade(engine, flow, shape, tradesMin);
  footprints.push(footprint("traded", engine));
  check(engine, size, trades.trades);
  // Loaded late: what is not needed before is not in the process that was looked at.
  const { createHash } = await import("node:crypto");
  const hash = encodeHex(stateHash(engine, createHash("sha256")));
  const balanceRows = engine.counts().balances;
  const plan = planReads(engine, size.markets, seed);
  const reads = readPasses * PASS_READS;
  const quotesPerSecond: number[] = [];
  const headsPerSecond: number[] = [];
  for (let run = 0; run < runs; run++) {
    quotesPerSecond.push(reads / seconds(readQuotes(engine, plan, readPasses)));
    headsPerSecond.push(reads / seconds(readHeads(engine, plan, readPasses)));
  }
  while (rates.length < runs) {
    const other = openMarkets(size);
    const again = new MarketsFlow(shape, marketAccounts, seed);
    rates.push(shape.ordersTotal / seconds(fillChecked(other, again, shape.ordersTotal)));
  }
  return {
    markets: size.markets,
    orders: shape.ordersTotal,
    footprints,
    trades,
    balanceRows,
    stateHash: hash,
    placementsPerSecond: rates,
    quotesPerSecond,
    headsPerSecond,
  };
}

function fillChecked(engine: SnapshotEngine, flow: MarketsFlow, orders: number): number {
  const tally = new Tally();
  const ms = fill(engine, flow, tally);
  assert(tally.accepted === orders && tally.rejected === 0, "every placement is accepted");
  assert(tally.fills === 0, "no placement trades");
  assert(engine.counts().openOrders === orders, "every placement rests");
  return ms;
}

/** Money, orders and trades add up, and, where there are accounts, the audit of everything that can be derived passes. */
function check(engine: SnapshotEngine, size: ExchangeSize, trades: number): void {
  engine.auditBalances();
  if (!size.isBare) engine.audit();
  assert(engine.counts().openOrders === size.orders, "as many orders rest as before the trading");
  let counted = 0;
  for (let market = 0; market < size.markets; market++) {
    counted += engine.market(market as MarketIndex).tradeCount;
  }
  assert(counted === trades && trades > 0, "the markets have counted the same trades");
}

function seconds(ms: number): number {
  return ms / 1_000;
}

const todo = JSON.parse(process.argv[2]!) as ProcessTask;
const result = todo.kind === "empty" ? runEmpty(todo.markets) : await runFull(todo);
process.stdout.write(JSON.stringify(result));
