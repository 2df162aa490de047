import { expect, test } from "vitest";
import { best, median, percentile, percentiles, spread } from "./statistics.ts";

test("the median is the middle value, or the mean of the two middle ones", () => {
  expect(median([9])).toBe(9);
  expect(median([30, 10, 20])).toBe(20);
  expect(median([4, 1, 100, 2])).toBe(3);
});

test("best and spread tell how far runs lie apart", () => {
  expect(best([12, 8, 10])).toBe(8);
  expect(spread([12, 8, 10])).toBeCloseTo(0.4);
  expect(spread([5])).toBe(0);
  expect(spread([0, 0])).toBe(0);
});

test("percentiles are values that were measured, by nearest rank", () => {
  const values = Array.from({ length: 1_000 }, (_, index) => 1_000 - index);
  expect(percentiles(values, [50, 99, 99.9, 100])).toEqual([500, 990, 999, 1_000]);
  expect(percentile([7], 0.1)).toBe(7);
  expect(values[0]).toBe(1_000);
});

test("numbers are sorted as numbers", () => {
  expect(percentile([10, 9, 100], 100)).toBe(100);
});

test("no values, or a percentile out of range, is a bug", () => {
  expect(() => median([])).toThrow("statistics need a value");
  expect(() => percentile([1], 0)).toThrow("a percentile is above 0 and at most 100");
  expect(() => percentile([1], 101)).toThrow("a percentile is above 0 and at most 100");
});
