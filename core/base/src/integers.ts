import { fail } from "./assert.ts";

/** Largest value of an unsigned 32-bit field. */
export const U32_MAX = 0xffff_ffff;
/** Largest value of a signed 64-bit field: every balance, amount and product fits below it. */
export const I64_MAX: bigint = (1n << 63n) - 1n;
/** Largest value of an unsigned 64-bit field. */
export const U64_MAX: bigint = (1n << 64n) - 1n;

/** `a * b / c`, rounded up. Exact for any non-negative `a`, `b` and positive `c`. */
export function mulDivCeil(a: bigint, b: bigint, c: bigint): bigint {
  if (a < 0n || b < 0n || c <= 0n) fail("mulDivCeil takes non-negative factors, positive divisor");
  return (a * b + c - 1n) / c;
}

/** `a * b / c`, rounded down. Exact for any non-negative `a`, `b` and positive `c`. */
export function mulDivFloor(a: bigint, b: bigint, c: bigint): bigint {
  if (a < 0n || b < 0n || c <= 0n) fail("mulDivFloor takes non-negative factors, positive divisor");
  return (a * b) / c;
}

/** `a / b` where the caller knows that nothing is left over. */
export function divExact(a: bigint, b: bigint): bigint {
  if (b === 0n || a % b !== 0n) fail("divExact leaves no remainder");
  return a / b;
}
