// One shard of a node: a worker thread with every so-manieth market, that goes through the same steps as the other
// workers at the same time. Started by bench-markets.ts.

import { assert } from "@rialto/base";
import { parentPort, workerData } from "node:worker_threads";
import { Barrier } from "./barrier.ts";
import { openMarkets } from "./exchange.ts";
import { MarketsFlow } from "./flow.ts";
import { CHUNK_COMMANDS, executeTimed, planReads, readHeads, readQuotes } from "./measure.ts";
import { marketsShape } from "./shape.ts";
import { Tally } from "./tally.ts";

export interface ShardTask {
  /** Of the full test's ranks: the shard's first one, and every how many it has one. */
  readonly first: number;
  readonly step: number;
  readonly marketAccounts: number;
  readonly isBare: boolean;
  readonly seed: number;
  /** Chunks of placements that all shards go through together; of a smaller shard the last ones are empty. */
  readonly chunks: number;
  readonly readPasses: number;
  readonly barrier: SharedArrayBuffer;
  readonly shards: number;
}

/** When a shard began and ended something that all shards did at a time. Milliseconds of the machine's clock. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export interface ShardResult {
  readonly orders: number;
  readonly placements: readonly Span[];
  readonly quotes: Span;
  readonly heads: Span;
}

const task = workerData as ShardTask;
const { first, step, marketAccounts, isBare, seed, chunks, readPasses } = task;
const barrier = new Barrier(task.barrier, task.shards);
const shape = marketsShape(first, step);
const markets = shape.orders.length;
const engine = openMarkets({ markets, marketAccounts, orders: shape.ordersTotal, isBare });
const flow = new MarketsFlow(shape, marketAccounts, seed);
const tally = new Tally();
const placements: Span[] = [];
for (let chunk = 0; chunk < chunks; chunk++) {
  const end = flow.writePlacements(engine, CHUNK_COMMANDS);
  placements.push(timed(() => executeTimed(engine, end, tally)));
}
assert(engine.counts().openOrders === shape.ordersTotal, "every placement of the shard rests");
assert(tally.accepted === shape.ordersTotal, "every placement of the shard is accepted");
if (!isBare) engine.audit();
const plan = planReads(engine, markets, seed);
const result: ShardResult = {
  orders: shape.ordersTotal,
  placements,
  quotes: timed(() => readQuotes(engine, plan, readPasses)),
  heads: timed(() => readHeads(engine, plan, readPasses)),
};
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin.
parentPort!.postMessage(result);

/** Does something when all shards are ready to. */
function timed(act: () => void): Span {
  barrier.wait();
  const startMs = machineMs();
  act();
  return { startMs, endMs: machineMs() };
}

/** A clock that all threads share; `performance.now` counts from the start of each. */
function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
