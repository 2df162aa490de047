import { PPM } from "./memory";

/**
 * `ceil(received * ppm / 1,000,000)`, exact: split so that no product passes 64 bits.
 *
 * Units    quanta up to 2^62, ppm up to 100,000.
 */
@inline
export function feeOf(received: u64, ppm: u32): u64 {
  return ppm == 0 ? 0 : feeAt(received, <u64>ppm);
}

export function feeAt(received: u64, ppm: u64): u64 {
  if (received < ((<u64>1) << 46)) return (received * ppm + (PPM - 1)) / PPM;
  const whole = received / PPM;
  const rest = received - whole * PPM;
  return whole * ppm + (rest * ppm + (PPM - 1)) / PPM;
}

/** True if `a * b` is above `bound`, exact beyond 64 bits. `a` is not 0. */
export function productExceeds(a: u64, b: u64, bound: u64): bool {
  return b > bound / a;
}

@inline
export function smaller(a: u64, b: u64): u64 {
  return select<u64>(a, b, a < b);
}
