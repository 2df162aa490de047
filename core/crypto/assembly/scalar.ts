// Scalars: integers modulo L, the order of the base point, in words of 32 bits; and which table entries they select.

import { clearVectors, copyVectors } from "./field";
import { ENTRY, NEUTRAL, SCALARS } from "./memory";

/** The challenge: SHA-512's 64 bytes, in place of which its remainder of 32 stands after `reduce`. */
export const CHALLENGE: usize = SCALARS;
/** S of a signature. */
export const RESPONSE: usize = SCALARS + 0x80;
const PRODUCT: usize = SCALARS + 0x100;
const REMAINDER: usize = SCALARS + 0x180;
const WORDS: u32 = 9;

/** L = 2^252 + 27742317777372353535851937790883648493, in nine words. */
const ORDER: usize = memory.data<u32>([
  0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0x00000000, 0x00000000, 0x00000000, 0x10000000,
  0x00000000,
]);
/** 2^512 / L, rounded down. */
const RECIPROCAL: usize = memory.data<u32>([
  0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb, 0xffffffff, 0xffffffff, 0xffffffff,
  0x0000000f,
]);

/**
 * The challenge modulo L. Exactly the remainder: with a key whose order is a multiple of L another number of the same class
 * would give another point.
 *
 * Source   Barrett's reduction: Menezes, van Oorschot, Vanstone, Handbook of Applied Cryptography, algorithm 14.42.
 */
export function reduce(): void {
  // The quotient from the highest nine of 16 words is at most 1 too small: 2^512 / L is 0.23 more than the reciprocal, and the
  // words that are left out count 2^-28.
  multiplyWords(PRODUCT, CHALLENGE + 7 * 4, RECIPROCAL, 2 * WORDS);
  multiplyWords(REMAINDER, PRODUCT + WORDS * 4, ORDER, WORDS);
  subtractWords(REMAINDER, CHALLENGE, REMAINDER);
  const isBelow = subtractWords(PRODUCT, REMAINDER, ORDER);
  copyVectors(CHALLENGE, isBelow ? REMAINDER : PRODUCT, 32);
  clearVectors(CHALLENGE + 32, 32);
}

/** out = a b of nine words each, its first `count` words. */
function multiplyWords(out: usize, a: usize, b: usize, count: u32): void {
  clearVectors(out, <usize>(count + 3) * 4);
  for (let i: u32 = 0; i < WORDS; i++) {
    const factor = <u64>load<u32>(a + ((<usize>i) << 2));
    const end = min(WORDS, count - i);
    let carried: u64 = 0;
    for (let j: u32 = 0; j < end; j++) {
      const at = out + ((<usize>(i + j)) << 2);
      carried += factor * <u64>load<u32>(b + ((<usize>j) << 2)) + load<u32>(at);
      store<u32>(at, <u32>carried);
      carried >>= 32;
    }
    if (i + WORDS < count) store<u32>(out + ((<usize>(i + WORDS)) << 2), <u32>carried);
  }
}

/** out = a - b of nine words, modulo 2^288; true where b was more than a. */
function subtractWords(out: usize, a: usize, b: usize): bool {
  let borrowed: i64 = 0;
  for (let at: usize = 0; at < WORDS * 4; at += 4) {
    borrowed += <i64>load<u32>(a + at) - <i64>load<u32>(b + at);
    store<u32>(out + at, <u32>borrowed);
    borrowed >>= 32;
  }
  return borrowed < 0;
}

/**
 * Writes the addresses of the entries that add up to a scalar times a table's point, a window each, and 1 in those to
 * subtract: signed digits of `width` bits, from -2^(width - 1) + 1 to 2^(width - 1). After 32 bytes of scalar 4 of zeros.
 */
export function selectEntries(
  sums: usize,
  scalar: usize,
  table: usize,
  width: u32,
  windows: u32,
): void {
  const half = 1 << (width - 1);
  const mask = (1 << width) - 1;
  let carried: i32 = 0;
  let windowTable = table - ENTRY;
  for (let window: u32 = 0; window < windows; window++) {
    const bit = window * width;
    let digit = <i32>((load<u32>(scalar + (bit >> 3)) >> (bit & 7)) & mask) + carried;
    carried = i32(digit > half);
    digit -= carried << width;
    const size = <usize>abs(digit);
    const entry = select<usize>(NEUTRAL, windowTable + size * ENTRY, size == 0);
    store<u32>(sums + ((<usize>window) << 2), <u32>entry | u32(digit < 0));
    windowTable += <usize>half * ENTRY;
  }
}
