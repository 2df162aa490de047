import { createPrng, type Prng } from "@rialto/base";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { ParcelReader, writeParcel } from "./parcels.ts";
import { PARTS_MAX } from "./network-limits.ts";

const BYTES_MAX = 50_000;

/** What a socket would be given. */
function written(parcels: readonly (readonly Uint8Array[])[]): Buffer {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece: Buffer, _, done) {
      pieces.push(piece);
      done();
    },
  });
  for (const parts of parcels) writeParcel(stream, parts);
  return Buffer.concat(pieces);
}

const randomBytes = (prng: Prng, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, () => prng.below(256));

function randomParcel(prng: Prng): Uint8Array[] {
  const isLong = prng.chance(1, 10);
  return Array.from({ length: 1 + prng.below(5) }, () => {
    return randomBytes(prng, prng.below(isLong ? 8_000 : 40));
  });
}

/** Gives `bytes` to a reader in pieces, each of which is written over afterwards. False where it says that they are no parcels. */
function read(prng: Prng, bytes: Uint8Array, onParcel: (parts: Uint8Array[]) => void): boolean {
  const reader = new ParcelReader(BYTES_MAX, PARTS_MAX, onParcel);
  for (let at = 0; at < bytes.length;) {
    const piece = new Uint8Array(
      bytes.subarray(at, at + 1 + prng.below(prng.chance(1, 2) ? 9 : 9_000)),
    );
    if (!reader.push(piece)) return false;
    at += piece.length;
    piece.fill(0xee);
  }
  return true;
}

test("parcels come out of a stream as they went in, however it is cut", () => {
  for (let seed = 0; seed < 60; seed++) {
    const prng = createPrng(seed);
    const parcels = Array.from({ length: prng.below(40) }, () => randomParcel(prng));
    const came: Uint8Array[][] = [];
    expect(read(prng, written(parcels), (parts) => came.push(parts))).toBe(true);
    expect(came.length).toBe(parcels.length);
    for (const [index, parts] of came.entries()) {
      expect(parts.map((part) => Buffer.from(part).toString("hex"))).toEqual(
        parcels[index]!.map((part) => Buffer.from(part).toString("hex")),
      );
    }
  }
});

test("whatever the bytes are: no parcel is longer than it may be, or has more parts", () => {
  let refused = 0;
  for (let seed = 0; seed < 2_000; seed++) {
    const prng = createPrng(seed);
    const bytes = written(Array.from({ length: 1 + prng.below(4) }, () => randomParcel(prng)));
    for (let flips = 1 + prng.below(3); flips > 0; flips--) {
      bytes[prng.below(Math.min(bytes.length, 60))] = prng.below(256);
    }
    const isGood = read(prng, bytes, (parts) => {
      expect(parts.length).toBeLessThanOrEqual(PARTS_MAX);
      expect(parts.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(BYTES_MAX);
    });
    if (!isGood) refused++;
  }
  expect(refused).toBeGreaterThan(100);
});

test.each([
  ["no parts", [0]],
  ["more parts than any packet has", [PARTS_MAX + 1]],
  ["a part longer than a parcel", [1, BYTES_MAX + 1]],
  ["parts together longer than a parcel", [2, BYTES_MAX, 1]],
])("%s: refused by the head alone, before there is room for anything", (_, words) => {
  const reader = new ParcelReader(BYTES_MAX, PARTS_MAX, () => undefined);
  expect(reader.push(new Uint8Array(Uint32Array.from(words).buffer))).toBe(false);
});
