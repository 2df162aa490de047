import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import { encodeRecord, headerChecksum, parseHeader, SECTOR_BYTES } from "./journal-layout.ts";
import { faultOf, readAll } from "./testing/journal-texts.ts";
import {
  makePayloads,
  NETWORK_HASH,
  openSmall,
  readSegments,
  writeJournal,
  writeSegments,
} from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

// Three segments in use with unused sectors behind their last flushes, and the spare.
const PAYLOADS = makePayloads(5, { seed: 1, bytesMin: 0, bytesMax: 700 });

test("a flipped byte anywhere is found, named and left alone", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, PAYLOADS);
  const images = readSegments(root.path);
  expect([...images.keys()].length).toBe(4);

  const missed: string[] = [];
  let flipCount = 0;
  const flipAll = async (name: string, bytes: Buffer, number: number): Promise<void> => {
    const directory = join(root.path, String(number));
    mkdirSync(directory);
    writeSegments(directory, images);
    const prng = createPrng(number);
    const path = join(directory, name);
    const file = openSync(path, "r+");
    for (let offset = 0; offset < bytes.length; offset++) {
      writeSync(file, Uint8Array.of(bytes[offset]! ^ (1 + prng.below(255))), 0, 1, offset);
      const fault = await faultOf(openSmall(directory));
      writeSync(file, bytes, offset, 1, offset);
      flipCount++;
      const isNamed =
        fault.code === "JOURNAL_CORRUPT" &&
        fault.path === path &&
        Math.floor(fault.offset / SECTOR_BYTES) === Math.floor(offset / SECTOR_BYTES);
      if (!isNamed) missed.push(`flip at ${name}:${offset} gave ${JSON.stringify(fault)}`);
    }
    closeSync(file);
    // Byte for byte as before: a journal that is refused is not touched.
    expect(readSegments(directory)).toEqual(images);
  };
  await Promise.all([...images].map(([name, bytes], number) => flipAll(name, bytes, number)));
  expect(missed).toEqual([]);
  expect(flipCount).toBe(4 * 2_048);
});

test("a byte flipped after opening is found by the reader", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, PAYLOADS);
  const [name] = [...readSegments(root.path).keys()];
  await using journal = await openSmall(root.path);
  const file = openSync(join(root.path, name!), "r+");
  writeSync(file, Uint8Array.of(0xaa), 0, 1, 700);
  closeSync(file);
  const fault = await faultOf(readAll(journal));
  expect(fault).toMatchObject({ code: "JOURNAL_CORRUPT", offset: 512 });
});

test("a flush that turned to zeros after opening is found by the reader", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, [new Uint8Array(10), new Uint8Array(20)]);
  const [name, bytes] = [...readSegments(root.path)][0]!;
  await using journal = await openSmall(root.path);
  writeFileSync(join(root.path, name), bytes.fill(0, 2 * SECTOR_BYTES, 3 * SECTOR_BYTES));
  const fault = await faultOf(readAll(journal));
  expect(fault).toMatchObject({ code: "JOURNAL_CORRUPT", offset: 1_024, found: "zeros" });
});

test("with verify: tail an older segment is verified when it is read", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, PAYLOADS);
  const [name] = [...readSegments(root.path).keys()];
  const file = openSync(join(root.path, name!), "r+");
  writeSync(file, Uint8Array.of(0xaa), 0, 1, 700);
  closeSync(file);
  await using journal = await openSmall(root.path, { verify: "tail" });
  expect(await faultOf(readAll(journal))).toMatchObject({ code: "JOURNAL_CORRUPT", offset: 512 });
});

test("a sector in the wrong place is found although its checksum holds", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, makePayloads(3, { seed: 4, bytesMin: 300, bytesMax: 300 }));
  const [name, bytes] = [...readSegments(root.path)][0]!;
  bytes.copy(bytes, 2 * SECTOR_BYTES, SECTOR_BYTES, 2 * SECTOR_BYTES);
  writeFileSync(join(root.path, name), bytes);
  expect(await faultOf(openSmall(root.path))).toMatchObject({
    code: "JOURNAL_CORRUPT",
    offset: 1_024,
    expected: "sector 2 of segment 1",
    found: "sector 1 of segment 1, written to the wrong place",
  });
});

test("a sector of another journal is found although its checksum held there", async () => {
  using ours = makeTemporaryDirectory("memory");
  using other = makeTemporaryDirectory("memory");
  await writeJournal(ours.path, makePayloads(2, { seed: 4, bytesMin: 300, bytesMax: 300 }));
  await writeJournal(other.path, makePayloads(2, { seed: 5, bytesMin: 300, bytesMax: 300 }), {
    networkHash: new Uint8Array(32),
  });
  const [name, bytes] = [...readSegments(ours.path)][0]!;
  const [, foreign] = [...readSegments(other.path)][0]!;
  foreign.copy(bytes, 2 * SECTOR_BYTES, 2 * SECTOR_BYTES, 3 * SECTOR_BYTES);
  writeFileSync(join(ours.path, name), bytes);
  expect(await faultOf(openSmall(ours.path))).toMatchObject({
    code: "JOURNAL_CORRUPT",
    offset: 1_024,
  });
});

/** Opens a one-record journal after a change to one of its sectors, its checksum right again. */
async function openForged(
  forge: (sector: Buffer, record: Buffer) => void,
  { payloadBytes = 100, sectorNumber = 1 } = {},
): Promise<unknown> {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, [new Uint8Array(payloadBytes).fill(1)]);
  const [name, bytes] = [...readSegments(root.path)][0]!;
  const header = parseHeader(bytes.subarray(0, SECTOR_BYTES));
  if ("kind" in header) throw new Error("the journal has a header");
  const begin = sectorNumber * SECTOR_BYTES;
  const sector = bytes.subarray(begin, begin + SECTOR_BYTES);
  forge(sector, sector.subarray(16));
  sector.writeUInt32LE(crc32(sector.subarray(4), headerChecksum(header)), 0);
  writeFileSync(join(root.path, name), bytes);
  const { code, ...detail } = await faultOf(openSmall(root.path));
  expect(code).toBe("JOURNAL_CORRUPT");
  return detail;
}

test("forged sectors with right checksums fail on the flush they claim", async () => {
  const otherFlush = await openForged((sector) => sector.writeUInt8(2, 12));
  expect(otherFlush).toMatchObject({ found: "one of the flush at sector 2" });
  const endless = await openForged((sector) => sector.writeUInt32LE(1, 12), {
    payloadBytes: 1_444,
    sectorNumber: 3,
  });
  expect(endless).toMatchObject({ offset: 2_048, found: "zeros" });
  const claimFlush = (first: number) => (sector: Buffer) => {
    sector.writeUInt32LE(1, 4);
    sector.writeUInt32LE(3, 8);
    sector.writeUInt32LE(first, 12);
  };
  const stale = await openForged(claimFlush(1), { sectorNumber: 3 });
  expect(stale).toMatchObject({ offset: 1_536, found: "a sector of the flush at sector 1" });
  const later = await openForged(claimFlush(3), { sectorNumber: 3 });
  expect(later).toMatchObject({ offset: 1_024, found: "zeros" });
});

test("forged sectors with right checksums fail on the records inside", async () => {
  const changedPayload = await openForged((_, record) => record.writeUInt8(9, 60));
  expect(changedPayload).toMatchObject({
    offset: 528,
    expected: expect.stringContaining("record hash"),
  });
  const wrongSequence = await openForged((_, record) => record.writeUInt8(7, 32));
  expect(wrongSequence).toMatchObject({ expected: "sequence 1", found: "sequence 7" });
  const hugeSequence = await openForged((_, record) => record.fill(0xff, 32, 40));
  expect(hugeSequence).toMatchObject({ found: "sequence 18446744073709551615" });
  const hugeLength = await openForged((_, record) => record.fill(0xff, 40, 44));
  expect(hugeLength).toMatchObject({ expected: "a record of at most 1488 bytes" });
  const longLength = await openForged((_, record) => record.writeUInt16LE(1_000, 40));
  expect(longLength).toMatchObject({ expected: "a whole record" });
  const dirtyPadding = await openForged((_, record) => record.writeUInt8(1, 495));
  expect(dirtyPadding).toMatchObject({ offset: 1_023, expected: "zeros after the last record" });
  const wrongChain = await openForged((_, record) => {
    encodeRecord(record, 0, new Uint8Array(32), 1, new Uint8Array(100).fill(1));
  });
  expect(wrongChain).toMatchObject({ expected: expect.stringContaining("record hash") });
});

test("the network is told apart from damage", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, PAYLOADS);
  const other = new Uint8Array(32).fill(0xab);
  expect(await faultOf(openSmall(root.path, { networkHash: other }))).toMatchObject({
    code: "STORAGE_NETWORK_MISMATCH",
    expected: Buffer.from(other).toString("hex"),
    found: Buffer.from(NETWORK_HASH).toString("hex"),
  });
});

test("another format version is told apart from damage", async () => {
  using root = makeTemporaryDirectory("memory");
  await writeJournal(root.path, PAYLOADS);
  const [name, bytes] = [...readSegments(root.path)][0]!;
  bytes.writeUInt32LE(2, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 508)), 508);
  writeFileSync(join(root.path, name), bytes);
  expect(await faultOf(openSmall(root.path))).toMatchObject({
    code: "STORAGE_VERSION_UNKNOWN",
    found: 2,
    supported: 1,
  });
});
