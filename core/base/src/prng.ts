/** A seeded source of integers. The same seed yields the same numbers on every machine. */
export interface Prng {
  /** A uniform integer in [0, 2^32). */
  nextU32(): number;
  /** A uniform integer in [0, bound), where 1 <= bound <= 2^32. */
  below(bound: number): number;
  /** True in `numerator` of `denominator` draws. */
  chance(numerator: number, denominator: number): boolean;
}

/**
 * Makes a xoshiro128** generator, its state filled from `seed` by splitmix32.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021.
 */
export function createPrng(seed: number): Prng {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e37_79b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let s0 = splitmix();
  let s1 = splitmix();
  let s2 = splitmix();
  let s3 = splitmix() | 1; // never all zero, the one state that xoshiro cannot leave

  const nextU32 = (): number => {
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result >>> 0;
  };
  // Multiply-shift instead of modulo: the bias is below bound / 2^32 and needs no loop.
  const below = (bound: number): number => Math.floor((nextU32() * bound) / 0x1_0000_0000);
  return {
    nextU32,
    below,
    chance: (numerator, denominator) => below(denominator) < numerator,
  };
}
