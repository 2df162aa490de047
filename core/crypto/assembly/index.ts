// Verifying Ed25519 signatures of keys whose tables are made: encode(S B - k A) is R, without the cofactor.
//
// The host has looked at encodings before (core/crypto/src/ed25519.ts): key and R are canonical and no points of small order, S is
// below L. Nothing here runs in constant time: a verification touches nothing secret.

import {
  ANSWERS,
  BASE_TABLE,
  BASE_WIDTH,
  BASE_WINDOWS,
  BATCH,
  CLAIMS,
  ELEMENT,
  KEY_HEAD,
  KEY_TABLE,
  KEY_TABLES,
  KEY_WIDTH,
  KEY_WINDOWS,
  NEUTRAL,
  ONE,
  POINT,
  SIGNED,
  SUM,
  SUM_Z,
  SUMS,
  WORK,
} from "./memory";
import { copyElement, copyVectors, encodeLane, initializeField, invert, isFused, multiply } from "./field";
import { addEntry, clearSum, copyLane, joinLanes, setEntries } from "./point";
import { CHALLENGE, reduce, RESPONSE, selectEntries } from "./scalar";
import { sha512 } from "./sha512";
import { buildTable, initializeTables } from "./table";

export {
  ANSWERS,
  BATCH_MAX,
  CLAIMS,
  KEY_TABLE,
  KEY_TABLES,
  MESSAGE,
  MESSAGE_MAX,
  SIGNED,
  TABLE_X,
  TABLE_Y,
} from "./memory";
// What tests hold against big integers.
export { CHALLENGE, reduce } from "./scalar";
export { carryDifference, carrySum, encodeLane, invert, multiply, multiplyWide, square } from "./field";
export { sha512 } from "./sha512";

const ENTRIES: u32 = BASE_WINDOWS + KEY_WINDOWS;
const PRODUCT: usize = 3 * ELEMENT;

/** Before anything else. False where this machine's arithmetic is not what field.ts needs: then nothing may be asked. */
export function initialize(): bool {
  if (!isFused()) return false;
  initializeField();
  initializeTables();
  return true;
}

/** Makes the table of the base point, which stands at TABLE_X and TABLE_Y. */
export function buildBaseTable(): void {
  buildTable(BASE_TABLE, BASE_WIDTH, BASE_WINDOWS);
}

/** Makes table `slot` of the key whose 32 bytes stand at its head already, and whose point, *negated*, at TABLE_X and TABLE_Y. */
export function buildKeyTable(slot: u32): void {
  buildTable(headOf(slot) + KEY_HEAD, KEY_WIDTH, KEY_WINDOWS);
}

// @ts-ignore: decorator
@inline
function headOf(slot: u32): usize {
  return KEY_TABLES + <usize>slot * KEY_TABLE;
}

/** Computes S B - k A of the signature and message at SIGNED, by the key of table `slot`, and keeps it as number `place` of a batch. */
export function compute(slot: u32, messageBytes: u32, place: u32): void {
  const head = headOf(slot);
  copyVectors(CLAIMS + (<usize>place << 5), SIGNED, 32);
  copyVectors(RESPONSE, SIGNED + 32, 32);
  copyVectors(SIGNED + 32, head, 32);
  sha512(CHALLENGE, SIGNED, 64 + messageBytes);
  reduce();
  selectEntries(SUMS, RESPONSE, BASE_TABLE, BASE_WIDTH, BASE_WINDOWS);
  selectEntries(SUMS + BASE_WINDOWS * 4, CHALLENGE, head + KEY_HEAD, KEY_WIDTH, KEY_WINDOWS);
  store<u32>(SUMS + ENTRIES * 4, <u32>NEUTRAL);
  touch();
  clearSum();
  for (let at: usize = SUMS; at < SUMS + ENTRIES * 4; at += 8) {
    setEntries(load<u32>(at), load<u32>(at, 4));
    addEntry();
  }
  joinLanes();
  keep(place);
}

/**
 * Reads both lines of each entry, and nothing else, so that as many reads as can be are under way together: tables seldom stay
 * in the nearest caches from one signature to the next.
 */
function touch(): void {
  let read: u64 = 0;
  for (let at: usize = SUMS; at < SUMS + ENTRIES * 4; at += 4) {
    const entry = <usize>(load<u32>(at) & ~1);
    read += load<u64>(entry) + load<u64>(entry, 64);
  }
  store<u64>(WORK, read);
}

/** Both lanes hold the point: the second is replaced by the next signature's, if there is one. */
function keep(place: u32): void {
  const kept = BATCH + <usize>(place >> 1) * POINT;
  if ((place & 1) == 0) {
    copyVectors(kept, SUM, 3 * ELEMENT);
    return;
  }
  for (let at: usize = 0; at < 3 * ELEMENT; at += ELEMENT) copyLane(kept + at, 1, SUM + at, 1);
}

/** Answers for the first `count` of a batch at ANSWERS: a byte each, 1 where the signature holds. */
export function judge(count: u32): void {
  const end = BATCH + <usize>((count + 1) >> 1) * POINT;
  const product = WORK;
  const inverse = WORK + ELEMENT;
  copyElement(product, ONE);
  for (let kept = BATCH; kept < end; kept += POINT) {
    copyElement(kept + PRODUCT, product);
    multiply(product, product, kept + 2 * ELEMENT);
  }
  invert(inverse, product);
  for (let kept = end - POINT; kept >= BATCH; kept -= POINT) {
    multiply(product, inverse, kept + PRODUCT);
    multiply(inverse, inverse, kept + 2 * ELEMENT);
    multiply(kept, kept, product);
    multiply(kept + ELEMENT, kept + ELEMENT, product);
  }
  for (let place: u32 = 0; place < count; place++) {
    store<u8>(ANSWERS + place, isClaimed(place));
  }
}

/** True where the point of `place`, affine now, is encoded as its signature says. */
function isClaimed(place: u32): bool {
  const kept = BATCH + <usize>(place >> 1) * POINT;
  const claim = CLAIMS + (<usize>place << 5);
  const x = WORK;
  const y = WORK + 32;
  encodeLane(x, kept, place & 1);
  encodeLane(y, kept + ELEMENT, place & 1);
  store<u8>(y, load<u8>(y, 31) | (load<u8>(x) << 7), 31);
  const low = v128.xor(v128.load(y), v128.load(claim));
  const high = v128.xor(v128.load(y, 16), v128.load(claim, 16));
  return !v128.any_true(v128.or(low, high));
}
