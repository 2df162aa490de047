// What is measured of one exchange of many markets, in one thread.

import { assert, createPrng } from "@rialto/base";
import type { SnapshotEngine } from "@rialto/engine";
import { COMMAND_BUFFER_BYTES, COMMAND_BYTES, type MarketIndex, Side } from "@rialto/protocol";
import { Gone, type MarketsFlow } from "./flow.ts";
import type { MarketsShape } from "./shape.ts";
import { collectFills, Tally } from "./tally.ts";

/** Commands that are written, untimed, before the engine executes them, timed: 64 KiB, as a network would leave them. */
const WRITTEN_COMMANDS = 2_048;
/** The same for shards, which wait for each other before each of these. */
export const CHUNK_COMMANDS: number = COMMAND_BUFFER_BYTES / COMMAND_BYTES;
const TAKERS_PER_CHUNK = 8_192;
/** Commands of a call of `execute`. */
const BATCH_BYTES = 256 * COMMAND_BYTES;
/** Random markets that reads go through again and again. */
const DRAWS = 65_536;
/** Markets of one call that reads many. */
const DRAWS_PER_CALL = 256;
const QUOTE_NUMBERS = 4;

/** Executes commands that lie in the engine's buffer in batches, and counts their events. Returns milliseconds. */
export function executeTimed(engine: SnapshotEngine, endBytes: number, tally: Tally): number {
  const start = performance.now();
  for (let batch = 0; batch < endBytes; batch += BATCH_BYTES) {
    const end = Math.min(batch + BATCH_BYTES, endBytes);
    for (let at = batch; at < end;) {
      at = engine.execute(at, end, 1);
      tally.count(engine);
    }
  }
  return performance.now() - start;
}

/** Places all resting orders of a flow. Returns milliseconds of the engine and its client. */
export function fill(engine: SnapshotEngine, flow: MarketsFlow, tally: Tally): number {
  let ms = 0;
  for (;;) {
    const end = flow.writePlacements(engine, WRITTEN_COMMANDS);
    if (end === 0) return ms;
    ms += executeTimed(engine, end, tally);
  }
}

export interface TradesRun {
  readonly trades: number;
  /** Takers, and the orders that rest again where others have traded in full. */
  readonly commands: number;
  readonly ms: number;
  /** Of the lots that traded, how many did in the busy fifth of all markets. */
  readonly busyVolume: number;
}

/** Trades until there were `tradesMin`, and lets as many orders rest again as have traded in full. */
export function trade(
  engine: SnapshotEngine,
  flow: MarketsFlow,
  shape: MarketsShape,
  tradesMin: number,
): TradesRun {
  const tally = new Tally();
  const lots = new Float64Array(shape.orders.length);
  const gone = new Gone(CHUNK_COMMANDS);
  let [ms, commands] = [0, 0];
  while (tally.fills < tradesMin) {
    const takers = Math.min(TAKERS_PER_CHUNK, tradesMin - tally.fills);
    const end = flow.writeTakers(engine, takers);
    for (let batch = 0; batch < end; batch += BATCH_BYTES) {
      const batchEnd = Math.min(batch + BATCH_BYTES, end);
      for (let at = batch; at < batchEnd;) {
        const start = performance.now();
        at = engine.execute(at, batchEnd, 1);
        tally.count(engine);
        ms += performance.now() - start;
        collectFills(engine, gone, lots);
      }
    }
    commands += takers + gone.count;
    if (gone.count > 0) ms += executeTimed(engine, flow.writeReplacements(engine, gone), tally);
  }
  assert(tally.rejected === 0, "no order of the trading is refused");
  assert(tally.accepted === commands, "every order of the trading is accepted");
  return { trades: tally.fills, commands, ms, busyVolume: shareOfBusy(lots, shape) };
}

function shareOfBusy(lots: Float64Array, { isBusy }: MarketsShape): number {
  let [busy, all] = [0, 0];
  for (let market = 0; market < lots.length; market++) {
    all += lots[market]!;
    if (isBusy[market] === 1) busy += lots[market]!;
  }
  return busy / all;
}

/** Random markets, and what all reads of them add up to. */
export interface ReadPlan {
  readonly draws: Uint32Array;
  readonly quotesSum: number;
  /** The first lots of bids and of asks. */
  readonly headsSum: number;
}

/** Draws markets to read, and adds up what the slower queries say of them. */
export function planReads(engine: SnapshotEngine, markets: number, seed: number): ReadPlan {
  const prng = createPrng(seed);
  const draws = Uint32Array.from({ length: DRAWS }, () => prng.below(markets));
  let [quotesSum, headsSum] = [0, 0];
  for (const draw of draws) {
    const market = draw as MarketIndex;
    for (const side of [Side.Buy, Side.Sell]) {
      const best = engine.depth(market, side, 1)[0];
      quotesSum += best?.priceTicks ?? 0;
      const lots = engine.headLots(market, side);
      const levelLots = best?.lots ?? 0n;
      assert(
        lots > 0 === levelLots > 0n && BigInt(lots) <= levelLots,
        "a level has its head's lots",
      );
      headsSum += lots;
    }
  }
  return { draws, quotesSum, headsSum };
}

/** Reads best bid and ask of random markets. Returns milliseconds. */
export function readQuotes(engine: SnapshotEngine, plan: ReadPlan, passes: number): number {
  const { draws, quotesSum } = plan;
  let sum = 0;
  const start = performance.now();
  for (let pass = 0; pass < passes; pass++) {
    for (let index = 0; index < DRAWS; index++) {
      const market = draws[index] as MarketIndex;
      sum += engine.bestTicks(market, Side.Buy) + engine.bestTicks(market, Side.Sell);
    }
  }
  const ms = performance.now() - start;
  assert(sum === passes * quotesSum, "fast reads and slow ones agree on best prices");
  return ms;
}

/** Reads best bid, best ask, and the lots of the first order at each. Returns milliseconds. */
export function readHeads(engine: SnapshotEngine, plan: ReadPlan, passes: number): number {
  const { draws, quotesSum, headsSum } = plan;
  const calls = Array.from({ length: DRAWS / DRAWS_PER_CALL }, (_, call) =>
    draws.subarray(call * DRAWS_PER_CALL, (call + 1) * DRAWS_PER_CALL),
  );
  const quotes = new Float64Array(DRAWS_PER_CALL * QUOTE_NUMBERS);
  let [prices, lots] = [0, 0];
  const start = performance.now();
  for (let pass = 0; pass < passes; pass++) {
    for (const markets of calls) {
      engine.readQuotes(markets, quotes);
      for (let at = 0; at < quotes.length; at += QUOTE_NUMBERS) {
        prices += quotes[at]! + quotes[at + 1]!;
        lots += quotes[at + 2]! + quotes[at + 3]!;
      }
    }
  }
  const ms = performance.now() - start;
  assert(prices === passes * quotesSum, "every pass reads the best prices of the slower queries");
  assert(lots === passes * headsSum, "and the first lots there");
  return ms;
}

/** Reads of one pass. */
export const PASS_READS: number = DRAWS;
