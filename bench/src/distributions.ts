// Distributions as integer tables: the same draws on every machine.

import { assert, type Prng } from "@rialto/base";

/**
 * Draws an index by weight: the first whose threshold is above a random u32.
 *
 * Shape    `thresholds`: cumulative shares of 2^32, the last one left out as it is 2^32 itself.
 */
export class WeightedIndex {
  readonly #thresholds: Uint32Array;

  /** Makes an index over `weights`, of which none is negative and some positive. */
  constructor(weights: ArrayLike<number>) {
    let total = 0;
    for (let index = 0; index < weights.length; index++) total += weights[index]!;
    assert(total > 0, "some weight is positive");
    this.#thresholds = new Uint32Array(weights.length - 1);
    let sum = 0;
    for (let index = 0; index < this.#thresholds.length; index++) {
      sum += weights[index]!;
      this.#thresholds[index] = Math.min(Math.floor((sum / total) * 2 ** 32), 2 ** 32 - 1);
    }
  }

  draw(prng: Prng): number {
    const thresholds = this.#thresholds;
    const point = prng.nextU32();
    let low = 0;
    let high = thresholds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (point < thresholds[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/**
 * Weights of ranks 1 .. count that fall as `rank ** -(halves / 2)`.
 *
 * Square root and division are exact to the last bit on every machine, which a power need not be.
 */
export function zipfWeights(count: number, halves: number): Float64Array {
  const weights = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const rank = index + 1;
    weights[index] = 1 / (rank ** (halves >> 1) * (halves % 2 === 1 ? Math.sqrt(rank) : 1));
  }
  return weights;
}

/**
 * Weights of the distances 1 .. distanceMax: the whole part of a Pareto variable of minimum 1.
 *
 * The tail beyond `distanceMax` is spread evenly over all distances. Clamped to the last one, it
 * would pile 30 % of the orders of P2 on a single level; left out, P2 would have 36,500 levels.
 * Spread, it has the 40,000 of the published profile.
 */
export function paretoWeights(shape: number, distanceMax: number): Float64Array {
  const weights = new Float64Array(distanceMax);
  const beyond = distanceMax ** -shape;
  for (let distance = 1; distance <= distanceMax; distance++) {
    const within = distance < distanceMax ? distance ** -shape - (distance + 1) ** -shape : 0;
    weights[distance - 1] = within + beyond / distanceMax;
  }
  return weights;
}

/** `total` split over `weights` in whole parts of at least 1. */
export function apportion(total: number, weights: ArrayLike<number>): Int32Array {
  assert(total >= weights.length, "there is one for everybody");
  let sum = 0;
  for (let index = 0; index < weights.length; index++) sum += weights[index]!;
  const parts = new Int32Array(weights.length);
  let exact = 0;
  let given = 0;
  for (let index = 0; index < parts.length; index++) {
    exact += (weights[index]! / sum) * (total - parts.length);
    const part = Math.round(exact) - given; // rounding the running sum loses nothing over all
    parts[index] = part + 1;
    given += part;
  }
  return parts;
}
