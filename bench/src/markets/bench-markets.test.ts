import { Fault } from "@rialto/base";
import { expect, test } from "vitest";
import { benchEmptyMarkets, benchMarkets } from "./bench-markets.ts";
import { marketsMeasurements } from "./numbers.ts";
import { MARKETS_FULL, marketsShape, RESTING_ORDERS_MIN } from "./shape.ts";

const SMOKE = {
  smoke: true,
  marketAccounts: 4,
  isBare: false,
  seed: 1,
  runs: 2,
  withShards: true,
};

test("the markets have the orders of their bands, 624,000 at the least", () => {
  const { orders, ordersTotal } = marketsShape(1, 1);
  expect(orders.length).toBe(MARKETS_FULL);
  expect(ordersTotal).toBeGreaterThanOrEqual(RESTING_ORDERS_MIN);
  const bands = [
    [0, 20, 1_000, 5_000],
    [20, 100, 500, 1_000],
    [100, 1_000, 100, 500],
    [1_000, 5_000, 20, 100],
    [5_000, MARKETS_FULL, 5, 20],
  ] as const;
  for (const [first, end, least, most] of bands) {
    const band = orders.subarray(first, end);
    expect([band[0], band.at(-1)]).toEqual([most, least]);
    expect(band.toSorted((left, right) => right - left)).toEqual(band);
  }
});

test("shards have all markets between them", () => {
  const [first, second] = [marketsShape(1, 2), marketsShape(2, 2)];
  expect(first.orders.length + second.orders.length).toBe(MARKETS_FULL);
  expect(first.ordersTotal + second.ordersTotal).toBe(marketsShape(1, 1).ordersTotal);
});

test("a small run places, trades, reads, and adds up", async () => {
  const options = {
    smoke: true,
    isBare: false,
    marketAccounts: 4,
    seed: 1,
    runs: 2,
    withShards: true,
  };
  const result = await benchMarkets(options);
  if (result instanceof Fault) throw result;
  expect(result.markets).toBe(MARKETS_FULL / 100);
  expect(result.trades).toBeGreaterThanOrEqual(10_000);
  expect(result.busyVolume).toBeGreaterThan(0.7);
  expect(result.sharded?.orders).toBe(result.orders);
  const { placements, quoteReads, headReads } = result;
  for (const { perSecondMedian } of [placements, quoteReads, headReads]) {
    expect(perSecondMedian).toBeGreaterThan(0);
  }
  const [start, empty, full, traded] = result.footprints;
  expect(result.footprints.map((each) => each.stage)).toEqual(["start", "empty", "full", "traded"]);
  expect([start!.orders, empty!.orders]).toEqual([0, 0]);
  expect([full!.orders, traded!.orders]).toEqual([result.orders, result.orders]);
  expect(full!.engineBytes).toBeGreaterThan(empty!.engineBytes + result.orders * 16);
  expect(full!.residentBytes).toBeGreaterThan(full!.engineBytes);
  const regions = Object.values(full!.engineRegions);
  expect(regions.reduce((sum, bytes) => sum + bytes, 0)).toBe(full!.engineBytes);
  const again = await benchMarkets({ ...SMOKE, runs: 1, withShards: false });
  expect(again instanceof Fault ? again : again.stateHash).toBe(result.stateHash);
});

test("without accounts the same orders rest and the same trades are made", async () => {
  const bare = await benchMarkets({ ...SMOKE, isBare: true, runs: 1 });
  const all = await benchMarkets({ ...SMOKE, runs: 1, withShards: false });
  if (bare instanceof Fault) throw bare;
  if (all instanceof Fault) throw all;
  expect([bare.orders, bare.trades]).toEqual([all.orders, all.trades]);
  expect(marketsMeasurements(bare).map(({ metric }) => metric)).toEqual([
    "barePlacements",
    "barePlacementsSharded",
  ]);
});

test("empty markets start", () => {
  const result = benchEmptyMarkets(1_000);
  if (result instanceof Fault) throw result;
  expect(result.seconds).toBeGreaterThan(0);
  expect(result.footprints.at(-1)!.engineBytes).toBeGreaterThan(1_000 * 128);
});

test("a run that fails says why", () => {
  const result = benchEmptyMarkets(0);
  expect(result).toBeInstanceOf(Fault);
  expect((result as Error).message).toContain("levelPagesMax is a whole number from 1");
});
