// Arithmetic modulo p = 2^255 - 19, on two elements at once.
//
// An element is the sum of five limbs l_i 2^(51 i), integers that f64 holds exactly. *Reduced* limbs are those that `carry`
// leaves: from -2^50 to 2^50 + 2^16. Factors may be a sum or difference of reduced elements, but not both may.
//
// The product of two limbs has more bits than an f64, and a fused multiplication and addition rounds once: so
//   high = a b + 3 * 2^102         keeps the multiple of 2^51 that is nearest to a b, as the lower bits of the f64;
//   low  = a b - high's multiple   is exact, from -2^50 to 2^50, and kept in the same way beside 3 * 2^51.
// Both are added up as 64-bit integers, exponents and all; a constant takes the exponents off again. |a b| must be below
// 2^102 for it: reduced limbs are at most 2^50 + 2^16, their sums 2^51 + 2^17.
// Emmart, Zheng, Weems: Faster modular exponentiation using double precision floating point arithmetic on the GPU, 2018.
//
// Nothing here runs in constant time: only what is public is computed with.

import {
  CARRY_FIX,
  CENTRE,
  ELEMENT,
  EXPONENT,
  HALF,
  HIGH,
  HIGH_AND_LOW,
  LANE,
  LIMB_MASK,
  LIMBS,
  MIDDLE,
  MULTIPLY_CARRY_FIX,
  MULTIPLY_FIX,
  NINETEEN,
  ONE,
  POWERS,
  SQUARE_CARRY_FIX,
} from "./memory";

const LIMB_BITS: i32 = 51;
const LIMB: u64 = 1 << 51;
const TWO_51: f64 = <f64>LIMB;
const TWO_52: f64 = 2 * TWO_51;
const HIGH_VALUE: f64 = 1.5 * TWO_52 * TWO_51;
const LOW_VALUE: f64 = 1.5 * TWO_52;
/** Half a limb: added before a carry and taken off after it, so that limbs lie around zero. */
const HALF_LIMB: u64 = 1 << 50;
/** Multiples of p that are added before a carry, so that nothing is negative: each limb becomes at least 2^61 - 2^15. */
const MULTIPLES_OF_P: u64 = 1 << 10;

// @ts-ignore: decorator
@inline
function high(a: v128, b: v128, base: v128): v128 {
  return f64x2.relaxed_madd(a, b, base);
}

/** `bases`: those of a high and a low part, added. */
// @ts-ignore: decorator
@inline
function low(a: v128, b: v128, bases: v128, highPart: v128): v128 {
  return f64x2.relaxed_madd(a, b, f64x2.sub(bases, highPart));
}

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

/** a + 19 b: what stands 255 bits higher counts nineteen times. */
// @ts-ignore: decorator
@inline
function fold(a: v128, b: v128): v128 {
  return add(add(a, b), add(i64x2.shl(b, 4), i64x2.shl(b, 1)));
}

/** Sets the constants. Before anything else here. */
export function initializeField(): void {
  v128.store(HIGH, f64x2.splat(HIGH_VALUE));
  v128.store(HIGH_AND_LOW, f64x2.splat(HIGH_VALUE + LOW_VALUE));
  v128.store(LIMB_MASK, i64x2.splat(LIMB - 1));
  v128.store(NINETEEN, i64x2.splat(19));
  v128.store(EXPONENT, f64x2.splat(TWO_52));
  v128.store(CENTRE, f64x2.splat(TWO_52 + <f64>HALF_LIMB));
  v128.store(MIDDLE, f64x2.splat(LOW_VALUE));
  for (let limb: u32 = 0; limb < LIMBS; limb++) {
    const at = <usize>limb << 4;
    const carryFix = MULTIPLES_OF_P * (LIMB - (limb == 0 ? 19 : 1)) + HALF_LIMB;
    v128.store(CARRY_FIX + at, i64x2.splat(carryFix));
    v128.store(MULTIPLY_FIX + at, i64x2.splat(exponentsOff(limb, false)));
    v128.store(MULTIPLY_CARRY_FIX + at, i64x2.splat(exponentsOff(limb, false) + carryFix));
    v128.store(SQUARE_CARRY_FIX + at, i64x2.splat(exponentsOff(limb, true) + carryFix));
    v128.store(ONE + at, f64x2.splat(limb == 0 ? 1 : 0));
    // (p + 1) / 2 = 2^254 - 9.
    v128.store(HALF + at, f64x2.splat(limb == 0 ? -9 : limb == LIMBS - 1 ? <f64>HALF_LIMB : 0));
  }
}

/** What to add to a limb of a product, modulo 2^64, to be rid of the exponents of its parts. */
function exponentsOff(limb: u32, isSquare: bool): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < LIMBS; i++) {
    for (let j: u32 = isSquare ? i : 0; j < LIMBS; j++) {
      const place = i + j;
      if (place % LIMBS == limb) sum -= reinterpret<u64>(LOW_VALUE) * (place < LIMBS ? 1 : 19);
      if ((place + 1) % LIMBS == limb) {
        sum -= reinterpret<u64>(HIGH_VALUE) * (place + 1 < LIMBS ? 1 : 19);
      }
    }
  }
  return sum;
}

/** True where a multiplication and addition rounds once here, as everything in this file needs. */
export function isFused(): bool {
  // (1 + 2^-30) (1 - 2^-30) - 1 = -2^-60, which is lost where the product is rounded by itself.
  const tiny = <f64>reinterpret<f64>(<u64>(1023 - 30) << 52);
  v128.store(POWERS, f64x2.splat(1 + tiny));
  v128.store(POWERS, f64x2.splat(1 - tiny), 16);
  v128.store(POWERS, f64x2.splat(-1), 32);
  const rest = f64x2.relaxed_madd(v128.load(POWERS), v128.load(POWERS, 16), v128.load(POWERS, 32));
  return !v128.any_true(v128.xor(rest, f64x2.splat(-tiny * tiny)));
}

/** out = a b, reduced. */
export function multiply(out: usize, a: usize, b: usize): void {
  product(out, a, b, true);
}

/** out = a b, as integers of up to 2^58 in each limb: for `carrySum` and `carryDifference`. */
export function multiplyWide(out: usize, a: usize, b: usize): void {
  product(out, a, b, false);
}

// @ts-ignore: decorator
@inline
function product(out: usize, pa: usize, pb: usize, isReduced: bool): void {
  const base = v128.load(HIGH);
  const bases = v128.load(HIGH_AND_LOW);
  const b0 = v128.load(pb);
  const b1 = v128.load(pb, 16);
  const b2 = v128.load(pb, 32);
  const b3 = v128.load(pb, 48);
  const b4 = v128.load(pb, 64);
  let a = v128.load(pa);
  let h = high(a, b0, base);
  let s0 = low(a, b0, bases, h);
  let s1 = h;
  h = high(a, b1, base);
  s1 = add(s1, low(a, b1, bases, h));
  let s2 = h;
  h = high(a, b2, base);
  s2 = add(s2, low(a, b2, bases, h));
  let s3 = h;
  h = high(a, b3, base);
  s3 = add(s3, low(a, b3, bases, h));
  let s4 = h;
  h = high(a, b4, base);
  s4 = add(s4, low(a, b4, bases, h));
  let s5 = h;
  a = v128.load(pa, 16);
  h = high(a, b0, base);
  s1 = add(s1, low(a, b0, bases, h));
  s2 = add(s2, h);
  h = high(a, b1, base);
  s2 = add(s2, low(a, b1, bases, h));
  s3 = add(s3, h);
  h = high(a, b2, base);
  s3 = add(s3, low(a, b2, bases, h));
  s4 = add(s4, h);
  h = high(a, b3, base);
  s4 = add(s4, low(a, b3, bases, h));
  s5 = add(s5, h);
  h = high(a, b4, base);
  s5 = add(s5, low(a, b4, bases, h));
  let s6 = h;
  a = v128.load(pa, 32);
  h = high(a, b0, base);
  s2 = add(s2, low(a, b0, bases, h));
  s3 = add(s3, h);
  h = high(a, b1, base);
  s3 = add(s3, low(a, b1, bases, h));
  s4 = add(s4, h);
  h = high(a, b2, base);
  s4 = add(s4, low(a, b2, bases, h));
  s5 = add(s5, h);
  h = high(a, b3, base);
  s5 = add(s5, low(a, b3, bases, h));
  s6 = add(s6, h);
  h = high(a, b4, base);
  s6 = add(s6, low(a, b4, bases, h));
  let s7 = h;
  a = v128.load(pa, 48);
  h = high(a, b0, base);
  s3 = add(s3, low(a, b0, bases, h));
  s4 = add(s4, h);
  h = high(a, b1, base);
  s4 = add(s4, low(a, b1, bases, h));
  s5 = add(s5, h);
  h = high(a, b2, base);
  s5 = add(s5, low(a, b2, bases, h));
  s6 = add(s6, h);
  h = high(a, b3, base);
  s6 = add(s6, low(a, b3, bases, h));
  s7 = add(s7, h);
  h = high(a, b4, base);
  s7 = add(s7, low(a, b4, bases, h));
  let s8 = h;
  a = v128.load(pa, 64);
  h = high(a, b0, base);
  s4 = add(s4, low(a, b0, bases, h));
  s5 = add(s5, h);
  h = high(a, b1, base);
  s5 = add(s5, low(a, b1, bases, h));
  s6 = add(s6, h);
  h = high(a, b2, base);
  s6 = add(s6, low(a, b2, bases, h));
  s7 = add(s7, h);
  h = high(a, b3, base);
  s7 = add(s7, low(a, b3, bases, h));
  s8 = add(s8, h);
  h = high(a, b4, base);
  s8 = add(s8, low(a, b4, bases, h));
  const fix = isReduced ? MULTIPLY_CARRY_FIX : MULTIPLY_FIX;
  s0 = add(fold(s0, s5), v128.load(fix));
  s1 = add(fold(s1, s6), v128.load(fix, 16));
  s2 = add(fold(s2, s7), v128.load(fix, 32));
  s3 = add(fold(s3, s8), v128.load(fix, 48));
  s4 = add(fold(s4, h), v128.load(fix, 64));
  if (isReduced) carry(out, s0, s1, s2, s3, s4);
  else storeLimbs(out, s0, s1, s2, s3, s4);
}

/** out = a a, reduced. `a` is reduced: not a sum. */
export function square(out: usize, a: usize): void {
  squareTimes(out, a, 1);
}

/** out = a^(2^times), reduced. `a` is reduced; `times` at least 1. Limbs stay out of memory in between. */
export function squareTimes(out: usize, pa: usize, times: u32): void {
  const base = v128.load(HIGH);
  const bases = v128.load(HIGH_AND_LOW);
  let a0 = v128.load(pa);
  let a1 = v128.load(pa, 16);
  let a2 = v128.load(pa, 32);
  let a3 = v128.load(pa, 48);
  let a4 = v128.load(pa, 64);
  for (let done: u32 = 0; done < times; done++) {
    let h = high(a0, a0, base);
    let s0 = low(a0, a0, bases, h);
    let s1 = h;
    let twice = f64x2.add(a0, a0);
    h = high(twice, a1, base);
    s1 = add(s1, low(twice, a1, bases, h));
    let s2 = h;
    h = high(twice, a2, base);
    s2 = add(s2, low(twice, a2, bases, h));
    let s3 = h;
    h = high(twice, a3, base);
    s3 = add(s3, low(twice, a3, bases, h));
    let s4 = h;
    h = high(twice, a4, base);
    s4 = add(s4, low(twice, a4, bases, h));
    let s5 = h;
    h = high(a1, a1, base);
    s2 = add(s2, low(a1, a1, bases, h));
    s3 = add(s3, h);
    twice = f64x2.add(a1, a1);
    h = high(twice, a2, base);
    s3 = add(s3, low(twice, a2, bases, h));
    s4 = add(s4, h);
    h = high(twice, a3, base);
    s4 = add(s4, low(twice, a3, bases, h));
    s5 = add(s5, h);
    h = high(twice, a4, base);
    s5 = add(s5, low(twice, a4, bases, h));
    let s6 = h;
    h = high(a2, a2, base);
    s4 = add(s4, low(a2, a2, bases, h));
    s5 = add(s5, h);
    twice = f64x2.add(a2, a2);
    h = high(twice, a3, base);
    s5 = add(s5, low(twice, a3, bases, h));
    s6 = add(s6, h);
    h = high(twice, a4, base);
    s6 = add(s6, low(twice, a4, bases, h));
    let s7 = h;
    h = high(a3, a3, base);
    s6 = add(s6, low(a3, a3, bases, h));
    s7 = add(s7, h);
    twice = f64x2.add(a3, a3);
    h = high(twice, a4, base);
    s7 = add(s7, low(twice, a4, bases, h));
    let s8 = h;
    h = high(a4, a4, base);
    s8 = add(s8, low(a4, a4, bases, h));
    s0 = add(fold(s0, s5), v128.load(SQUARE_CARRY_FIX));
    s1 = add(fold(s1, s6), v128.load(SQUARE_CARRY_FIX, 16));
    s2 = add(fold(s2, s7), v128.load(SQUARE_CARRY_FIX, 32));
    s3 = add(fold(s3, s8), v128.load(SQUARE_CARRY_FIX, 48));
    s4 = add(fold(s4, h), v128.load(SQUARE_CARRY_FIX, 64));
    a0 = settle(s0, i16x8.mul(i64x2.shr_u(s4, LIMB_BITS), v128.load(NINETEEN)));
    a1 = settle(s1, i64x2.shr_u(s0, LIMB_BITS));
    a2 = settle(s2, i64x2.shr_u(s1, LIMB_BITS));
    a3 = settle(s3, i64x2.shr_u(s2, LIMB_BITS));
    a4 = settle(s4, i64x2.shr_u(s3, LIMB_BITS));
  }
  storeLimbs(out, a0, a1, a2, a3, a4);
}

/** Limbs from 0 to 2^62 become reduced ones. What goes over is below 2^11 a limb, and goes to the next all at once. */
// @ts-ignore: decorator
@inline
function carry(out: usize, s0: v128, s1: v128, s2: v128, s3: v128, s4: v128): void {
  // 19 times a number of 11 bits: of 16-bit words only the lowest is not 0.
  const over4 = i16x8.mul(i64x2.shr_u(s4, LIMB_BITS), v128.load(NINETEEN));
  storeLimbs(
    out,
    settle(s0, over4),
    settle(s1, i64x2.shr_u(s0, LIMB_BITS)),
    settle(s2, i64x2.shr_u(s1, LIMB_BITS)),
    settle(s3, i64x2.shr_u(s2, LIMB_BITS)),
    settle(s4, i64x2.shr_u(s3, LIMB_BITS)),
  );
}

// @ts-ignore: decorator
@inline
function settle(limb: v128, carried: v128): v128 {
  const kept = add(v128.and(limb, v128.load(LIMB_MASK)), carried);
  return f64x2.sub(v128.or(kept, v128.load(EXPONENT)), v128.load(CENTRE));
}

// @ts-ignore: decorator
@inline
function storeLimbs(out: usize, s0: v128, s1: v128, s2: v128, s3: v128, s4: v128): void {
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out, s4, 64);
}

/** out = a + b of wide elements, reduced. */
export function carrySum(out: usize, a: usize, b: usize): void {
  carry(
    out,
    add(add(v128.load(a), v128.load(b)), v128.load(CARRY_FIX)),
    add(add(v128.load(a, 16), v128.load(b, 16)), v128.load(CARRY_FIX, 16)),
    add(add(v128.load(a, 32), v128.load(b, 32)), v128.load(CARRY_FIX, 32)),
    add(add(v128.load(a, 48), v128.load(b, 48)), v128.load(CARRY_FIX, 48)),
    add(add(v128.load(a, 64), v128.load(b, 64)), v128.load(CARRY_FIX, 64)),
  );
}

/** out = a - b of wide elements, reduced. */
export function carryDifference(out: usize, a: usize, b: usize): void {
  carry(
    out,
    i64x2.sub(add(v128.load(a), v128.load(CARRY_FIX)), v128.load(b)),
    i64x2.sub(add(v128.load(a, 16), v128.load(CARRY_FIX, 16)), v128.load(b, 16)),
    i64x2.sub(add(v128.load(a, 32), v128.load(CARRY_FIX, 32)), v128.load(b, 32)),
    i64x2.sub(add(v128.load(a, 48), v128.load(CARRY_FIX, 48)), v128.load(b, 48)),
    i64x2.sub(add(v128.load(a, 64), v128.load(CARRY_FIX, 64)), v128.load(b, 64)),
  );
}

/** out = a as a wide element. `a` is reduced. */
// @ts-ignore: decorator
@inline
export function widen(out: usize, a: usize): void {
  for (let at: usize = 0; at < ELEMENT; at += 16) {
    const bits = f64x2.add(v128.load(a + at), v128.load(MIDDLE));
    v128.store(out + at, i64x2.sub(bits, v128.load(MIDDLE)));
  }
}

/** out = a + b of reduced elements, not reduced. */
// @ts-ignore: decorator
@inline
export function sum(out: usize, a: usize, b: usize): void {
  v128.store(out, f64x2.add(v128.load(a), v128.load(b)));
  v128.store(out, f64x2.add(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, f64x2.add(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, f64x2.add(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, f64x2.add(v128.load(a, 64), v128.load(b, 64)), 64);
}

/** out = a - b of reduced elements, not reduced. */
// @ts-ignore: decorator
@inline
export function difference(out: usize, a: usize, b: usize): void {
  v128.store(out, f64x2.sub(v128.load(a), v128.load(b)));
  v128.store(out, f64x2.sub(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, f64x2.sub(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, f64x2.sub(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, f64x2.sub(v128.load(a, 64), v128.load(b, 64)), 64);
}

// @ts-ignore: decorator
@inline
export function copyElement(out: usize, a: usize): void {
  copyVectors(out, a, ELEMENT);
}

/** Copies `bytes`, a multiple of 16. memory.copy would be a call out of WebAssembly, which takes longer than few vectors do. */
// @ts-ignore: decorator
@inline
export function copyVectors(out: usize, source: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(out + at, v128.load(source + at));
}

// @ts-ignore: decorator
@inline
export function clearVectors(out: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(out + at, i64x2.splat(0));
}

/** out = 1 / a = a^(p - 2); 0 of 0. `a` is reduced, and not `out`. */
export function invert(out: usize, a: usize): void {
  const five = POWERS; // names say of how many ones in a row the exponent is
  const ten = POWERS + ELEMENT;
  const fifty = POWERS + 2 * ELEMENT;
  const eleven = POWERS + 3 * ELEMENT; // the exponent itself
  square(out, a);
  multiply(five, out, a);
  squareTimes(eleven, out, 2);
  multiply(eleven, eleven, five);
  squareTimes(ten, five, 2);
  multiply(five, ten, five);
  square(five, five);
  multiply(five, five, a);
  squareTimes(ten, five, 5);
  multiply(ten, ten, five);
  squareTimes(out, ten, 10);
  multiply(out, out, ten);
  squareTimes(fifty, out, 20);
  multiply(out, fifty, out);
  squareTimes(fifty, out, 10);
  multiply(fifty, fifty, ten);
  squareTimes(ten, fifty, 50);
  multiply(ten, ten, fifty);
  squareTimes(out, ten, 100);
  multiply(out, out, ten);
  squareTimes(out, out, 50);
  multiply(out, out, fifty);
  squareTimes(out, out, 5);
  multiply(out, out, eleven);
}

/** Writes lane `lane` of a reduced element as 32 bytes, little-endian, the only way there is to write it. */
export function encodeLane(out: usize, a: usize, lane: u32): void {
  const at = a + <usize>lane * LANE;
  // p is added: no limb is below -2^50.
  let l0 = <i64>load<f64>(at) + (LIMB - 19);
  let l1 = <i64>load<f64>(at, 16) + (LIMB - 1);
  let l2 = <i64>load<f64>(at, 32) + (LIMB - 1);
  let l3 = <i64>load<f64>(at, 48) + (LIMB - 1);
  let l4 = <i64>load<f64>(at, 64) + (LIMB - 1);
  // Below 2 p, for limbs are below 2^50 + 2^16: so at most p is to be taken off, where 19 more reach 2^255.
  let over = (l0 + 19) >> LIMB_BITS;
  over = (l1 + over) >> LIMB_BITS;
  over = (l2 + over) >> LIMB_BITS;
  over = (l3 + over) >> LIMB_BITS;
  over = (l4 + over) >> LIMB_BITS;
  l0 += 19 * over;
  const mask: i64 = LIMB - 1;
  l1 += l0 >> LIMB_BITS;
  l0 &= mask;
  l2 += l1 >> LIMB_BITS;
  l1 &= mask;
  l3 += l2 >> LIMB_BITS;
  l2 &= mask;
  l4 += l3 >> LIMB_BITS;
  l3 &= mask;
  l4 &= mask;
  store<u64>(out, l0 | (l1 << 51));
  store<u64>(out, (l1 >> 13) | (l2 << 38), 8);
  store<u64>(out, (l2 >> 26) | (l3 << 25), 16);
  store<u64>(out, (l3 >> 39) | (l4 << 12), 24);
}
