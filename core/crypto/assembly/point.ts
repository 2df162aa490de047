// Adding points of the curve -x^2 + y^2 = 1 + d x^2 y^2, each lane its own: x = X / Z, y = Y / Z, T = X Y / Z.
//
// The formulas hold for every two points, equal and neutral ones and those of small order too: no case is special, and Z
// is never 0. Source: Hisil, Wong, Carter, Dawson, Twisted Edwards curves revisited, 2008, section 3.1.

import {
  ADDEND,
  ADDEND_MINUS,
  ADDEND_PLUS,
  ADDEND_XY,
  ADDEND_Z,
  CURVE_D,
  ELEMENT,
  ENTRY_MINUS,
  ENTRY_XY,
  FACTORS,
  HALF,
  LANE,
  ONE,
  POINT,
  SUM,
  SUM_T,
  SUM_X,
  SUM_Y,
  SUM_Z,
  WIDE,
} from "./memory";
import {
  carryDifference,
  carrySum,
  clearVectors,
  copyElement,
  difference,
  multiply,
  multiplyWide,
  sum,
  widen,
} from "./field";

const A: usize = WIDE;
const B: usize = WIDE + ELEMENT;
const C: usize = WIDE + 2 * ELEMENT;
const D: usize = WIDE + 3 * ELEMENT;
const E: usize = FACTORS;
const F: usize = FACTORS + ELEMENT;
const G: usize = FACTORS + 2 * ELEMENT;
const H: usize = FACTORS + 3 * ELEMENT;

/** Sets both lanes of SUM to the neutral element. */
export function clearSum(): void {
  clearVectors(SUM, POINT);
  copyElement(SUM_Y, ONE);
  copyElement(SUM_Z, ONE);
}

/** SUM += ADDEND, whose Z is 1. */
// @ts-ignore: decorator
@inline
export function addEntry(): void {
  multiplyParts();
  widen(D, SUM_Z);
  finishAddition();
}

/** SUM += ADDEND. */
export function addAddend(): void {
  multiplyParts();
  multiplyWide(D, SUM_Z, ADDEND_Z);
  finishAddition();
}

// @ts-ignore: decorator
@inline
function multiplyParts(): void {
  difference(E, SUM_Y, SUM_X);
  sum(F, SUM_Y, SUM_X);
  multiplyWide(A, E, ADDEND_MINUS);
  multiplyWide(B, F, ADDEND_PLUS);
  multiplyWide(C, SUM_T, ADDEND_XY);
}

/** Everything is half of what the source has, since addends are; only ratios count. */
function finishAddition(): void {
  carryDifference(E, B, A);
  carryDifference(F, D, C);
  carrySum(G, D, C);
  carrySum(H, B, A);
  multiply(SUM_X, E, F);
  multiply(SUM_Y, G, H);
  multiply(SUM_Z, F, G);
  multiply(SUM_T, E, H);
}

/** ADDEND = the point at `point`. */
export function setAddend(point: usize): void {
  sum(E, point + ELEMENT, point);
  multiply(ADDEND_PLUS, E, HALF);
  difference(E, point + ELEMENT, point);
  multiply(ADDEND_MINUS, E, HALF);
  multiply(ADDEND_XY, point + 3 * ELEMENT, CURVE_D);
  copyElement(ADDEND_Z, point + 2 * ELEMENT);
}

/**
 * ADDEND = two table entries, one a lane. Each is an address, and 1 where the entry is to be subtracted: -(x, y) is
 * (-x, y), so its first two elements change places and the third its sign.
 */
// @ts-ignore: decorator
@inline
export function setEntries(first: u32, second: u32): void {
  const sign0 = first & 1;
  const sign1 = second & 1;
  const at0 = <usize>(first ^ sign0);
  const at1 = <usize>(second ^ sign1);
  const swap0 = <usize>sign0 * ENTRY_MINUS;
  const swap1 = <usize>sign1 * ENTRY_MINUS;
  gather(ADDEND_PLUS, at0 + swap0, at1 + swap1);
  gather(ADDEND_MINUS, at0 + ENTRY_MINUS - swap0, at1 + ENTRY_MINUS - swap1);
  gather(ADDEND_XY, at0 + ENTRY_XY, at1 + ENTRY_XY);
  const signs = i64x2(<i64>sign0 << 63, <i64>sign1 << 63);
  for (let at: usize = 0; at < ELEMENT; at += 16) {
    v128.store(ADDEND_XY + at, v128.xor(v128.load(ADDEND_XY + at), signs));
  }
}

// @ts-ignore: decorator
@inline
function gather(out: usize, first: usize, second: usize): void {
  v128.store(out, v128.load64_lane(second, v128.load64_zero(first), 1));
  v128.store(out, v128.load64_lane(second, v128.load64_zero(first, 8), 1, 8), 16);
  v128.store(out, v128.load64_lane(second, v128.load64_zero(first, 16), 1, 16), 32);
  v128.store(out, v128.load64_lane(second, v128.load64_zero(first, 24), 1, 24), 48);
  v128.store(out, v128.load64_lane(second, v128.load64_zero(first, 32), 1, 32), 64);
}

/** SUM = the sum of its two lanes, in both. */
export function joinLanes(): void {
  setAddend(SUM);
  for (let at = ADDEND; at < ADDEND + POINT; at += 16) {
    const lanes = v128.load(at);
    v128.store(at, i64x2.shuffle(lanes, lanes, 1, 0));
  }
  addAddend();
}

/** Copies a lane of an element into a lane of another. */
// @ts-ignore: decorator
@inline
export function copyLane(out: usize, outLane: u32, a: usize, lane: u32): void {
  for (let at: usize = 0; at < ELEMENT; at += 16) {
    store<u64>(out + at + <usize>outLane * LANE, load<u64>(a + at + <usize>lane * LANE));
  }
}
