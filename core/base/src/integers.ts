import { fail } from "./assert.ts";

/** Largest value of an unsigned 32-bit field. */
export const U32_MAX = 0xffff_ffff;
/** Largest value of an unsigned 64-bit field. */
export const U64_MAX: bigint = (1n << 64n) - 1n;

/** `a * b / c`, rounded up. Exact for any non-negative `a`, `b` and positive `c`. */
export function mulDivCeil(a: bigint, b: bigint, c: bigint): bigint {
  if (a < 0n || b < 0n || c <= 0n) fail("mulDivCeil takes non-negative factors, positive divisor");
  return (a * b + c - 1n) / c;
}
