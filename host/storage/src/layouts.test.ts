import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { viewOf } from "@rialto/base";
import { expect, test } from "vitest";
import {
  computeRecordHash,
  encodeHeader,
  encodeRecord,
  headerChecksum,
  parseHeader,
  sectorsFor,
  segmentCapacityBytes,
  type SegmentHeader,
} from "./journal-layout.ts";
import {
  bitmapBytesFor,
  encodeSnapshotHeader,
  parseSnapshotHeader,
  type SnapshotHeader,
} from "./snapshot-layout.ts";
import { makePayloads, readSegments, writeJournal } from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

interface DrawnField {
  readonly offset: number;
  /** Undefined where the drawing shows an ellipsis. */
  readonly bytes: number | undefined;
  readonly name: string;
}

/** The tables of a layout comment: each line is offset, size and name; a table starts at 0. */
function readDrawings(file: string): DrawnField[][] {
  const source = readFileSync(join(import.meta.dirname, file), "utf8");
  const tables: DrawnField[][] = [];
  for (const [, offset, bytes, name] of source.matchAll(/^ \* +(\d+) +(\d+|…) {2}(\w+)/gm)) {
    if (offset === "0") tables.push([]);
    const size = bytes === "…" ? undefined : Number(bytes);
    tables.at(-1)!.push({ offset: Number(offset), bytes: size, name: name! });
  }
  return tables;
}

/** Offsets at which the drawn fields must start, each where the one before ends, and the end. */
function boundariesOf(table: readonly DrawnField[]): { drawn: number[]; computed: number[] } {
  const computed = [0];
  for (const { bytes } of table) computed.push(computed.at(-1)! + (bytes ?? 0));
  return { drawn: table.map(({ offset }) => offset), computed };
}

function fieldAt(table: readonly DrawnField[], bytes: Uint8Array, name: string): Uint8Array {
  const field = table.find((drawn) => drawn.name === name)!;
  return bytes.slice(field.offset, field.offset + field.bytes!);
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

const [headerTable, sectorTable, recordTable] = readDrawings("journal-layout.ts");
const [snapshotTable] = readDrawings("snapshot-layout.ts");

const HEADER: SegmentHeader = {
  segment: 0x0102_0304,
  segmentBytes: 0x1122_3344,
  firstSequence: 2 ** 53 - 1,
  previousHash: new Uint8Array(32).fill(0xaa),
  networkHash: new Uint8Array(32).fill(0xbb),
};

test("the drawings have no gaps and fill their sectors", () => {
  const tables = [
    [headerTable!, 512],
    [sectorTable!, 512],
    [recordTable!, 44],
    [snapshotTable!, 512],
  ] as const;
  for (const [table, totalBytes] of tables) {
    const { drawn, computed } = boundariesOf(table);
    expect([...drawn, totalBytes]).toEqual(computed);
  }
});

test("a segment header is encoded as drawn, and parsed back", () => {
  const bytes = encodeHeader(HEADER);
  const field = (name: string): Uint8Array => fieldAt(headerTable!, bytes, name);
  expect(Buffer.from(field("magic")).toString()).toBe("RIALTOJL");
  expect(numberOf(field("version"))).toBe(1);
  expect(numberOf(field("segment"))).toBe(HEADER.segment);
  expect(numberOf(field("segmentBytes"))).toBe(HEADER.segmentBytes);
  expect(numberOf(field("firstSequence"))).toBe(HEADER.firstSequence);
  expect(field("previousHash")).toEqual(HEADER.previousHash);
  expect(field("networkHash")).toEqual(HEADER.networkHash);
  expect(field("zero").every((byte) => byte === 0)).toBe(true);
  expect(numberOf(field("checksum"))).toBe(crc32(bytes.subarray(0, 508)));
  expect(headerChecksum(HEADER)).toBe(numberOf(field("checksum")));
  expect(parseHeader(bytes)).toEqual(HEADER);
});

test("a file that is no segment is told so even if its checksum holds", () => {
  const bytes = encodeHeader(HEADER);
  bytes[0] = 0;
  viewOf(bytes).setUint32(508, crc32(bytes.subarray(0, 508)), true);
  expect(parseHeader(bytes)).toMatchObject({ kind: "damaged", found: "another kind of file" });
});

test("a record is encoded as drawn, its hash over the one before and all of itself", () => {
  const previous = new Uint8Array(32).fill(3);
  const payload = Uint8Array.of(9, 8, 7);
  const bytes = Buffer.alloc(47);
  encodeRecord(bytes, 0, previous, 2 ** 40 + 5, payload);
  const field = (name: string): Uint8Array => fieldAt(recordTable!, bytes, name);
  expect(numberOf(field("sequence"))).toBe(2 ** 40 + 5);
  expect(numberOf(field("payloadBytes"))).toBe(3);
  expect([...bytes.subarray(44)]).toEqual([9, 8, 7]);
  const digest = createHash("sha256").update(previous).update(bytes.subarray(32)).digest();
  expect(Buffer.from(field("hash"))).toEqual(digest);
  expect(Buffer.from(computeRecordHash(previous, 2 ** 40 + 5, payload))).toEqual(digest);
});

test("a data sector on disk is framed as drawn", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, makePayloads(2, { seed: 1, bytesMin: 500, bytesMax: 500 }), {
    segmentBytes: 4_096,
  });
  const [image] = [...readSegments(root.path).values()];
  const seed = image!.readUInt32LE(508);
  // Two flushes of two sectors each: sectors 1-2 and 3-4.
  const words = [1, 0x8000_0001, 3, 0x8000_0003];
  for (const [index, word] of words.entries()) {
    const bytes = image!.subarray((index + 1) * 512, (index + 2) * 512);
    const field = (name: string): number => numberOf(fieldAt(sectorTable!, bytes, name));
    expect(field("checksum")).toBe(crc32(bytes.subarray(4), seed));
    expect(field("segment")).toBe(1);
    expect(field("sector")).toBe(index + 1);
    expect(field("flush")).toBe(word);
  }
});

test("capacities follow from the drawing", () => {
  expect(sectorsFor(1)).toBe(1);
  expect(sectorsFor(496)).toBe(1);
  expect(sectorsFor(497)).toBe(2);
  expect(segmentCapacityBytes(2_048)).toBe(3 * 496);
  expect([0, 1, 65_536, 65_537, 8 * 65_536, 8 * 65_536 + 1].map(bitmapBytesFor)).toEqual([
    0, 1, 1, 1, 1, 2,
  ]);
});

test("a snapshot header is encoded as drawn, and parsed back", () => {
  const header: SnapshotHeader = {
    sequence: 2 ** 53 - 1,
    contentBytes: 0x1_2345_6789,
    storedBytes: 0x2345,
    stateHash: new Uint8Array(32).fill(1),
    journalHash: new Uint8Array(32).fill(2),
    networkHash: new Uint8Array(32).fill(3),
    digest: new Uint8Array(32).fill(4),
  };
  const bytes = encodeSnapshotHeader(header);
  const field = (name: string): Uint8Array => fieldAt(snapshotTable!, bytes, name);
  expect(Buffer.from(field("magic")).toString()).toBe("RIALTOSN");
  expect(numberOf(field("version"))).toBe(1);
  expect(numberOf(field("blockBytes"))).toBe(65_536);
  expect(numberOf(field("sequence"))).toBe(header.sequence);
  expect(numberOf(field("contentBytes"))).toBe(header.contentBytes);
  expect(numberOf(field("storedBytes"))).toBe(header.storedBytes);
  for (const name of ["stateHash", "journalHash", "networkHash", "digest"] as const) {
    expect(field(name)).toEqual(header[name]);
  }
  expect(numberOf(field("checksum"))).toBe(crc32(bytes.subarray(0, 508)));
  expect(parseSnapshotHeader(bytes)).toEqual(header);
});
