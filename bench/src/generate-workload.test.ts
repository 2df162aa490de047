import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Fault } from "@rialto/base";
import { generateWorkload } from "./generate-workload.ts";
import { encodeLob1, Lob1Op, parseLob1 } from "./lob1.ts";
import { type ProfileName, PROFILES, resizeProfile, smokeProfile } from "./profiles.ts";
import { replayReference } from "./reference-book.ts";
import { NaiveBook } from "./testing/naive-book.ts";
import { TradeChecksum } from "./trade-checksum.ts";
import { measureWorkload, type WorkloadReport } from "./workload-report.ts";

const NAMES: readonly ProfileName[] = ["p1", "p2", "p3"];

function expectMix(report: WorkloadReport, tolerance: number): void {
  const mix: readonly [number, number][] = [
    [report.passivePercent, 48.6],
    [report.crossingPercent, 1],
    [report.iocPercent, 4],
    [report.cancelPercent, 41],
    [report.deadCancelPercent, 0.4],
    [report.movePercent, 5],
    [report.tradesPer100, 12.6],
  ];
  for (const [got, wanted] of mix) expect(Math.abs(got - wanted)).toBeLessThan(tolerance);
}

test("the same seed makes the same bytes", () => {
  const profile = smokeProfile("p1");
  const digest = (seed: number): string =>
    createHash("sha256")
      .update(encodeLob1(generateWorkload(profile, seed)))
      .digest("hex");
  expect(digest(1)).toBe("845aaaffafe6736c7888ba9036ae9ebf18a05e05194990db80c82d700048eef4");
  expect(digest(2)).not.toBe(digest(1));
});

test.each(NAMES)("a small %s is a sound workload that makes its trades", (name) => {
  const workload = generateWorkload(smokeProfile(name), 7);
  const parsed = parseLob1(encodeLob1(workload));
  if (parsed instanceof Fault) throw parsed;
  const { trades, checksum1, checksum2, liveOrdersMax, levelsAtEnd } = parsed.header;
  expect(trades).toBeGreaterThan(2_000);
  const header = { trades, checksum1, checksum2, liveOrdersMax, levelsAtEnd };
  expect(replayReference(parsed)).toEqual(header);
});

test("a small p1 makes the trades of the naive book", () => {
  const { header, records } = generateWorkload(
    resizeProfile(PROFILES.p1, { restingOrders: 200, timedCommands: 3_000 }),
    3,
  );
  const naive = new NaiveBook();
  const sum = new TradeChecksum();
  for (let at = 0; at < records.length; at += 4) {
    const [word, id, price, lots] = records.subarray(at, at + 4);
    for (const trade of naive.apply(word!, id!, price!, lots!)) {
      sum.add(trade[0]!, trade[1]!, trade[2]!, trade[3]!);
    }
  }
  expect([sum.trades, sum.checksum1, sum.checksum2]).toEqual([
    header.trades,
    header.checksum1,
    header.checksum2,
  ]);
});

test("p1 in full is as published", () => {
  const workload = generateWorkload(PROFILES.p1, 1);
  const report = measureWorkload(workload);
  expect(workload.header.prefillCommands).toBe(1_000);
  expect(report.commands).toBe(2_000_000);
  expectMix(report, 0.25);
  expect(report.ordersMax).toBeLessThan(1_200);
  expect(Math.abs(report.ordersAtEnd - 1_000)).toBeLessThan(150);
  expect(report.spreadTicksP50).toBe(1);
  expect(report.touchMoves).toBeGreaterThan(500);
});

test("p2 with a fifth of its orders keeps its depth and its width", () => {
  const size = { restingOrders: 200_000, timedCommands: 200_000 };
  const report = measureWorkload(generateWorkload(resizeProfile(PROFILES.p2, size), 1));
  expectMix(report, 0.6);
  expect(Math.abs(report.ordersAtEnd - 200_000)).toBeLessThan(4_000);
  // About 8 of 10 levels; with all the orders it is all the 40,000.
  expect(report.levelsAtEnd).toBeGreaterThan(32_000);
  expect(report.levelsAtEnd).toBeLessThan(41_000);
});

test("p3 at a tenth keeps its books and their activity", () => {
  const size = { symbols: 2_100, restingOrders: 61_000, timedCommands: 200_000 };
  const workload = generateWorkload(resizeProfile(PROFILES.p3, size), 1);
  const report = measureWorkload(workload);
  expectMix(report, 0.8);
  expect(Math.abs(report.ordersAtEnd - 61_000)).toBeLessThan(2_000);
  // 270,000 of 610,000 in full.
  expect(report.levelsAtStart / report.ordersAtStart).toBeGreaterThan(0.41);
  expect(report.levelsAtStart / report.ordersAtStart).toBeLessThan(0.47);
  const counts = countCommands(workload.records, 61_000, 2_100);
  // Zipf 1.0 over 2,100: the busiest symbol gets one command in 8.2, and twice as many as the next.
  expect(counts[0]! / 200_000).toBeCloseTo(1 / 8.2, 2);
  expect(counts[0]! / counts[1]!).toBeCloseTo(2, 0);
});

/** Timed commands of each symbol, dead cancels left out, most first. */
function countCommands(records: Uint32Array, prefill: number, symbols: number): Int32Array {
  const counts = new Int32Array(symbols);
  for (let at = prefill * 4; at < records.length; at += 4) {
    const word = records[at]!;
    if ((word & 15) <= Lob1Op.Move) counts[word >>> 8]!++;
  }
  return counts.sort().reverse();
}
