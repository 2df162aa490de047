// Tables of multiples of one point: with them a scalar times the point is a sum of entries, without doublings.
//
// A table of width w has windows; window i holds 2^(w i) P times 1, 2, ... 2^(w - 1). An entry is an affine point as additions
// want it: (y + x) / 2, (y - x) / 2, d x y.

import {
  CURVE_D,
  ELEMENT,
  ENTRY,
  ENTRY_MINUS,
  ENTRY_XY,
  FIRSTS,
  HALF,
  LANE,
  NEUTRAL,
  ONE,
  POINT,
  ROUGH,
  SUM,
  SUM_T,
  SUM_X,
  SUM_Y,
  SUM_Z,
  TABLE_X,
  TABLE_Y,
  WORK,
} from "./memory";
import { clearVectors, copyElement, copyVectors, difference, invert, multiply, sum } from "./field";
import { addAddend, copyLane, setAddend } from "./point";

// A rough entry: X, Y, Z of two windows' multiples, one a lane, and the product of all Z before it.
const ROUGH_ENTRY: usize = 4 * ELEMENT;
const PRODUCT: usize = 3 * ELEMENT;
const INVERSE: usize = WORK;
const X: usize = WORK + ELEMENT;
const Y: usize = WORK + 2 * ELEMENT;
const TEMPORARY: usize = WORK + 3 * ELEMENT;

/** Sets d, and the entry that adds nothing. */
export function initializeTables(): void {
  clearVectors(X, 2 * ELEMENT);
  v128.store(X, f64x2.splat(-121_665));
  v128.store(Y, f64x2.splat(121_666));
  invert(INVERSE, Y);
  multiply(CURVE_D, X, INVERSE);
  clearVectors(NEUTRAL, ENTRY);
  copyElement(TEMPORARY, HALF);
  writeElements(NEUTRAL, NEUTRAL);
  writeElements(NEUTRAL + ENTRY_MINUS, NEUTRAL + ENTRY_MINUS);
}

/** Makes the table of the point at TABLE_X and TABLE_Y. Its windows have 2^(width - 1) entries. */
export function buildTable(table: usize, width: u32, windows: u32): void {
  const half = (<u32>1) << (width - 1);
  const pairs = (windows + 1) >> 1;
  computeFirsts(width, windows);
  for (let pair: u32 = 0; pair < pairs; pair++) {
    computeMultiples(
      ROUGH + <usize>(pair * half) * ROUGH_ENTRY,
      pair * 2,
      secondOf(pair, windows),
      half,
    );
  }
  const count = pairs * half;
  multiplyAll(count);
  for (let each = count; each > 0;) {
    each--;
    const pair = each / half;
    const place = each % half;
    normalize(ROUGH + <usize>each * ROUGH_ENTRY);
    writeEntries(
      table + <usize>(pair * 2 * half + place) * ENTRY,
      table + <usize>(secondOf(pair, windows) * half + place) * ENTRY,
    );
  }
}

/** The window in a pair's second lane: the last one stands in both if it has no other. */
function secondOf(pair: u32, windows: u32): u32 {
  return min(pair * 2 + 1, windows - 1);
}

function computeFirsts(width: u32, windows: u32): void {
  multiply(SUM_X, TABLE_X, ONE);
  multiply(SUM_Y, TABLE_Y, ONE);
  copyElement(SUM_Z, ONE);
  multiply(SUM_T, SUM_X, SUM_Y);
  for (let window: u32 = 0; window < windows; window++) {
    copyVectors(FIRSTS + <usize>window * POINT, SUM, POINT);
    for (let doubled: u32 = 0; doubled < width; doubled++) {
      setAddend(SUM);
      addAddend();
    }
  }
}

/** 1, 2, ... `half` times the first points of two windows. */
function computeMultiples(rough: usize, window0: u32, window1: u32, half: u32): void {
  for (let at: usize = 0; at < POINT; at += ELEMENT) {
    copyLane(SUM + at, 0, FIRSTS + <usize>window0 * POINT + at, 0);
    copyLane(SUM + at, 1, FIRSTS + <usize>window1 * POINT + at, 1);
  }
  setAddend(SUM);
  for (let multiple: u32 = 0; multiple < half; multiple++) {
    copyVectors(rough + <usize>multiple * ROUGH_ENTRY, SUM, 3 * ELEMENT);
    addAddend();
  }
}

/** INVERSE = 1 over the product of all Z, of each lane; each entry gets the product of those before it. */
function multiplyAll(count: u32): void {
  copyElement(TEMPORARY, ONE);
  for (let each: u32 = 0; each < count; each++) {
    const rough = ROUGH + <usize>each * ROUGH_ENTRY;
    copyElement(rough + PRODUCT, TEMPORARY);
    multiply(TEMPORARY, TEMPORARY, rough + 2 * ELEMENT);
  }
  invert(INVERSE, TEMPORARY);
}

/** The affine coordinates of a rough entry, the last whose Z is still in INVERSE; takes it out. */
function normalize(rough: usize): void {
  multiply(TEMPORARY, INVERSE, rough + PRODUCT);
  multiply(INVERSE, INVERSE, rough + 2 * ELEMENT);
  multiply(X, rough, TEMPORARY);
  multiply(Y, rough + ELEMENT, TEMPORARY);
}

/** Writes the entries of X and Y, one a lane. */
function writeEntries(first: usize, second: usize): void {
  sum(TEMPORARY, Y, X);
  multiply(TEMPORARY, TEMPORARY, HALF);
  writeElements(first, second);
  difference(TEMPORARY, Y, X);
  multiply(TEMPORARY, TEMPORARY, HALF);
  writeElements(first + ENTRY_MINUS, second + ENTRY_MINUS);
  multiply(TEMPORARY, X, Y);
  multiply(TEMPORARY, TEMPORARY, CURVE_D);
  writeElements(first + ENTRY_XY, second + ENTRY_XY);
}

function writeElements(first: usize, second: usize): void {
  for (let at: usize = 0; at < ELEMENT; at += 16) {
    store<u64>(first + (at >> 1), load<u64>(TEMPORARY + at));
    store<u64>(second + (at >> 1), load<u64>(TEMPORARY + at, LANE));
  }
}
