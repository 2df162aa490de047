import type { Prng } from "@rialto/base";

// Draws that the generator of random commands is made of.

/** A uniform integer in [low, high]. */
export function between(prng: Prng, low: number, high: number): number {
  return low + prng.below(high - low + 1);
}

/** One of `choices`, each as likely. */
export function pick<T>(prng: Prng, choices: readonly T[]): T {
  const choice = choices[prng.below(choices.length)];
  if (choice === undefined) throw new Error("there is something to pick from");
  return choice;
}

/** One of the `[weight, choice]` pairs, as likely as its weight says. */
export function pickWeighted<T>(prng: Prng, choices: readonly (readonly [number, T])[]): T {
  let total = 0;
  for (const [weight] of choices) total += weight;
  let left = prng.below(total);
  for (const [weight, choice] of choices) {
    if (left < weight) return choice;
    left -= weight;
  }
  throw new Error("there is something to pick from");
}

/** A nearly uniform integer in [0, bound), for bounds up to 2^64. */
export function belowBig(prng: Prng, bound: bigint): bigint {
  const draw = (BigInt(prng.nextU32()) << 32n) | BigInt(prng.nextU32());
  return (draw * bound) >> 64n;
}

/** An index in [0, count), the low ones far likelier: a few things are popular. */
export function popularIndex(prng: Prng, count: number): number {
  return prng.below(prng.below(count) + 1);
}

/** Identities that stress hash tables and field widths, but for 0 and a few repeats all different. */
export type IdFamily = (prng: Prng, serial: number) => bigint;

const U64_MASK = (1n << 64n) - 1n;

export const idFamilies: readonly IdFamily[] = [
  (_, serial) => BigInt(serial),
  (_, serial) => BigInt(serial) << 4n,
  (_, serial) => BigInt(serial) << 20n,
  (_, serial) => BigInt(serial) << 32n,
  (_, serial) => (BigInt(serial) << 48n) & U64_MASK,
  // High bits set: wrong if read as signed or as a double.
  (_, serial) => (1n << 63n) | BigInt(serial),
  (_, serial) => U64_MASK - BigInt(serial),
  // The same low bits, which is where a table without mixing looks.
  (_, serial) => (BigInt(serial) << 24n) | 0xab_cdefn,
  // The same value once folded to 32 bits by xor.
  (_, serial) => (BigInt(serial) << 32n) | BigInt(serial),
  // What is no safe integer is not told from its neighbour as a double.
  (_, serial) => (1n << 53n) + BigInt(serial),
  (prng) => (BigInt(prng.nextU32()) << 32n) | BigInt(prng.nextU32()),
  (prng) => BigInt(prng.below(8)),
];
