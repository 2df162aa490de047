import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { blankGuard, encodeGuardSector, parseGuardSector, readGuard } from "./signing-guard.ts";

const mark = (seq: number, round: number) => ({
  seq,
  epoch: 4,
  round,
  digest: testHash(Uint8Array.of(round)),
});

test("a sector is read as it was written", () => {
  expect(parseGuardSector(encodeGuardSector(mark(7, 9), testHash), testHash)).toEqual(mark(7, 9));
});

test("any flipped bit makes a sector unreadable, and the other one stands", () => {
  const older = encodeGuardSector(mark(6, 8), testHash);
  for (let bit = 0; bit < 4_096 * 8; bit += 97) {
    const newer = encodeGuardSector(mark(7, 9), testHash);
    newer[bit >> 3]! ^= 1 << (bit & 7);
    expect(parseGuardSector(newer, testHash)).toBeUndefined();
    expect(readGuard([older, newer], testHash)).toEqual(mark(6, 8));
  }
});

test("the newer mark counts, in whichever sector it is", () => {
  const [older, newer] = [mark(6, 8), mark(7, 9)].map((each) => encodeGuardSector(each, testHash));
  expect(readGuard([older!, newer!], testHash)).toEqual(mark(7, 9));
  expect(readGuard([newer!, older!], testHash)).toEqual(mark(7, 9));
});

test("a torn write at any length leaves the old mark or none of its own", () => {
  const newer = encodeGuardSector(mark(7, 9), testHash);
  for (let length = 0; length < 4_096; length += 31) {
    const torn = new Uint8Array(4_096);
    torn.set(newer.subarray(0, length));
    expect(parseGuardSector(torn, testHash)).toBeUndefined();
  }
});

test("a member that never signed has a guard that says so", () => {
  expect(readGuard(blankGuard(4, testHash), testHash)).toMatchObject({
    epoch: 4,
    round: 0,
    seq: 1,
  });
});
