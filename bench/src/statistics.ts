// Figures of repeated measurements.

import { assert } from "@rialto/base";

/** What rounding may add to a rank that is a whole number. */
const RANK_ALLOWANCE = 1e-6;

/** The middle value of `values`, or the mean of the two middle ones. At least one value. */
export function median(values: ArrayLike<number>): number {
  const sorted = sortedCopy(values);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The best of times: the smallest. At least one value. */
export function best(values: ArrayLike<number>): number {
  return sortedCopy(values)[0]!;
}

/** How far measurements lie apart: (largest - smallest) / median. 0 for a single one. */
export function spread(values: ArrayLike<number>): number {
  const sorted = sortedCopy(values);
  const range = sorted[sorted.length - 1]! - sorted[0]!;
  return range === 0 ? 0 : range / median(values);
}

/**
 * The smallest value that `percent` of all do not exceed (nearest rank). At least one value.
 *
 * Units    percent: 0 < percent <= 100.
 */
export function percentile(values: ArrayLike<number>, percent: number): number {
  return percentiles(values, [percent])[0]!;
}

/** Several percentiles of the same values, which are sorted once. */
export function percentiles(values: ArrayLike<number>, percents: readonly number[]): number[] {
  const sorted = sortedCopy(values);
  return percents.map((percent) => {
    assert(percent > 0 && percent <= 100, "a percentile is above 0 and at most 100");
    // The allowance keeps 99.9 % of 1,000 at rank 999: the product is 999.0000000000001.
    const rank = Math.ceil((percent * sorted.length) / 100 - RANK_ALLOWANCE);
    return sorted[Math.max(rank, 1) - 1]!;
  });
}

function sortedCopy(values: ArrayLike<number>): Float64Array {
  assert(values.length > 0, "statistics need a value");
  return Float64Array.from(values).sort();
}
