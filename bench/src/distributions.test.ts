import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import { apportion, paretoWeights, WeightedIndex, zipfWeights } from "./distributions.ts";

test("indexes are drawn by their weights", () => {
  const index = new WeightedIndex([1, 0, 2, 5]);
  const prng = createPrng(1);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 80_000; draw++) counts[index.draw(prng)]!++;
  expect(counts.map((count) => Math.round(count / 1_000))).toEqual([10, 0, 20, 50]);
  expect(new WeightedIndex([3]).draw(prng)).toBe(0);
});

test("Zipf weights fall with the power of the rank, in halves", () => {
  expect([...zipfWeights(4, 2)]).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
  expect([...zipfWeights(4, 1)]).toEqual([1, 1 / Math.sqrt(2), 1 / Math.sqrt(3), 1 / 2]);
});

test("Pareto weights add up, with the tail spread evenly", () => {
  const weights = paretoWeights(0.6, 1_500);
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
  const tail = 1_500 ** -0.6;
  expect(weights[0]).toBeCloseTo(1 - 2 ** -0.6 + tail / 1_500, 12);
  expect(weights[1_499]).toBeCloseTo(tail / 1_500, 12);
});

test("parts are whole, at least 1, and add up", () => {
  const parts = apportion(610_000, zipfWeights(21_000, 1));
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(610_000);
  expect(parts[0]).toBeGreaterThan(2_000);
  expect(parts[20_999]).toBeGreaterThan(10);
  expect([...apportion(3, [100, 1, 1])]).toEqual([1, 1, 1]);
});
