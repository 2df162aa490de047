import { dirname, join } from "node:path";
import { encodeHex, equalBytes } from "@rialto/base";
import type { FileOperations, StoredFile } from "./file-operations.ts";
import {
  encodeHeader,
  FORMAT_VERSION,
  parseHeader,
  SECTOR_BYTES,
  SEGMENT_BYTES_MIN,
  type SegmentHeader,
} from "./journal-layout.ts";
import type { SegmentFile } from "./segment-cursor.ts";
import type { SegmentEnd } from "./segment-decoder.ts";
import { SegmentMarks } from "./segment-marks.ts";
import { CHUNK_SECTORS, SectorBuffer } from "./sector-buffer.ts";
import { isAbsent, storageFault } from "./storage-fault.ts";

const NAME = /^journal-(\d{10})\.segment$/;
const UNFINISHED = /^journal-\d{10}\.segment\.unfinished$/;
/** Limit: zeros written and synced at a time. A flush of the journal may have to wait behind them. */
export const SLICE_BYTES_MAX = 0x40_0000;
/** A sync costs as much as a slice: one for several. Where zeros go through the kernel's cache, no more than that and a slice lies there. */
const SYNCED_BYTES_MIN = 0x10_0000;
/** Made with the first segment and kept: memory of that size for each segment is memory that the system has to clear. */
let zeros: Buffer | undefined;

/** Path of segment number `segment`. */
export function segmentPath(directory: string, segment: number): string {
  return join(directory, `journal-${String(segment).padStart(10, "0")}.segment`);
}

/** What the directory holds: segment numbers in order, and names that a crash left half made. */
export async function listSegments(
  files: FileOperations,
  directory: string,
): Promise<{ readonly segments: readonly number[]; readonly unfinished: readonly string[] }> {
  const names = await files.list(directory);
  const segments = names.flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  const unfinished = names.filter((name) => UNFINISHED.test(name));
  return {
    segments: segments.sort((left, right) => left - right),
    unfinished: unfinished.map((name) => join(directory, name)),
  };
}

/**
 * Makes a segment of durable zeros under its final name. A crash at any step leaves either a file
 * that the next open removes, or the finished one.
 *
 * Effects  asks `nextSliceBytes` before every slice, which may take its time and ends it all by 0.
 *          Removes what it made if that happens or a call fails.
 * Errors   STORAGE_IO, also for a full disk (`isOutOfSpace`). Returns false if it was ended.
 */
export async function prepareSegment(
  files: FileOperations,
  path: string,
  segmentBytes: number,
  nextSliceBytes: (doneBytes: number) => Promise<number>,
): Promise<boolean> {
  const unfinished = `${path}.unfinished`;
  const file = await files.open(unfinished, "create");
  let isWhole = false;
  try {
    isWhole = await fillWithZeros(file, segmentBytes, nextSliceBytes);
  } finally {
    await file.close();
    if (!isWhole) await files.remove(unfinished);
  }
  if (!isWhole) return false;
  await files.rename(unfinished, path);
  await files.syncDirectory(dirname(path));
  return true;
}

async function fillWithZeros(
  file: StoredFile,
  fileBytes: number,
  nextSliceBytes: (doneBytes: number) => Promise<number>,
): Promise<boolean> {
  zeros ??= Buffer.alloc(SLICE_BYTES_MAX);
  let unsyncedBytes = 0;
  for (let position = 0; position < fileBytes;) {
    const bytes = Math.min(await nextSliceBytes(position), zeros.length, fileBytes - position);
    if (bytes === 0) return false;
    await file.write(zeros, bytes, position);
    position += bytes;
    unsyncedBytes += bytes;
    if (unsyncedBytes < SYNCED_BYTES_MIN && position < fileBytes) continue;
    await file.sync();
    unsyncedBytes = 0;
  }
  return true;
}

export interface BegunSegment {
  readonly file: StoredFile;
  readonly segment: SegmentFile;
  readonly end: SegmentEnd;
}

interface BeginOptions {
  readonly files: FileOperations;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly networkHash: Uint8Array;
}

/** Gives prepared segment number `segment` its header, durably, before any of its data. */
export async function beginSegment(
  options: BeginOptions,
  segment: number,
  previous: { readonly sequence: number; readonly hash: Uint8Array },
): Promise<BegunSegment> {
  const { files, directory, segmentBytes, networkHash } = options;
  const { sequence, hash } = previous;
  const path = segmentPath(directory, segment);
  const firstSequence = sequence + 1;
  const header = { segment, segmentBytes, firstSequence, previousHash: hash, networkHash };
  const file = await files.open(path, "durable");
  try {
    await file.write(encodeHeader(header), SECTOR_BYTES, 0);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    file,
    segment: { path, header, marks: new SegmentMarks() },
    end: { sector: 1, flushFirst: 0, sequence, hash },
  };
}

/** What `readSegmentHeader` found in sector 0. */
export type FoundHeader =
  | { readonly kind: "header"; readonly header: SegmentHeader }
  /** All zero: prepared and not yet used, if the rest of the file is zero too. */
  | { readonly kind: "blank"; readonly segmentBytes: number };

/**
 * Reads and checks sector 0 and the size of the file.
 *
 * Errors   JOURNAL_CORRUPT, JOURNAL_SEGMENT_MISSING, STORAGE_VERSION_UNKNOWN,
 *          STORAGE_NETWORK_MISMATCH, STORAGE_IO.
 */
export async function readSegmentHeader(
  files: FileOperations,
  directory: string,
  segment: number,
  networkHash: Uint8Array,
): Promise<FoundHeader> {
  const path = segmentPath(directory, segment);
  const fileBytes = await files.sizeOf(path).catch((error: unknown) => {
    if (isAbsent(error)) throw storageFault({ code: "JOURNAL_SEGMENT_MISSING", path }, error);
    throw error;
  });
  if (fileBytes < SEGMENT_BYTES_MIN || fileBytes % SECTOR_BYTES !== 0) {
    throw corrupt(path, fileBytes, "whole sectors up to the segment's size", "the end of the file");
  }
  const sector = Buffer.alloc(SECTOR_BYTES);
  const file = await files.open(path, "read");
  try {
    await file.read(sector, SECTOR_BYTES, 0);
  } finally {
    await file.close();
  }
  if (sector.every((byte) => byte === 0)) return { kind: "blank", segmentBytes: fileBytes };

  const header = parseHeader(sector);
  if ("kind" in header) {
    if (header.kind === "damaged") throw corrupt(path, 0, header.expected, header.found);
    const { version: found } = header;
    throw storageFault({
      code: "STORAGE_VERSION_UNKNOWN",
      path,
      found,
      supported: FORMAT_VERSION,
    });
  }
  if (!equalBytes(header.networkHash, networkHash)) {
    const expected = encodeHex(networkHash);
    const found = encodeHex(header.networkHash);
    throw storageFault({ code: "STORAGE_NETWORK_MISMATCH", path, expected, found });
  }
  if (header.segment !== segment) {
    throw corrupt(path, 0, `segment ${segment}`, `segment ${header.segment}`);
  }
  if (header.segmentBytes !== fileBytes) {
    const offset = Math.min(header.segmentBytes, fileBytes);
    throw corrupt(path, offset, `a file of ${header.segmentBytes} bytes`, `${fileBytes} bytes`);
  }
  return { kind: "header", header };
}

/**
 * Checks that `header` continues the chain where the segment before it ends.
 *
 * Errors   JOURNAL_CORRUPT.
 */
export function checkContinues(
  path: string,
  header: SegmentHeader,
  previous: { readonly sequence: number; readonly hash: Uint8Array },
): void {
  const expected = encodeHeader({
    ...header,
    firstSequence: previous.sequence + 1,
    previousHash: previous.hash,
  });
  const found = encodeHeader(header);
  const offset = expected.findIndex((byte, index) => byte !== found[index]);
  if (offset === -1) return;
  const texts = [
    `a segment that continues sequence ${previous.sequence} with hash ${encodeHex(previous.hash)}`,
    `one that continues ${header.firstSequence - 1} with ${encodeHex(header.previousHash)}`,
  ] as const;
  throw corrupt(path, offset, texts[0], texts[1]);
}

/**
 * Checks that a prepared segment holds nothing but zeros.
 *
 * Errors   JOURNAL_CORRUPT at the first other byte, STORAGE_IO.
 */
export async function checkBlank(
  files: FileOperations,
  path: string,
  segmentBytes: number,
): Promise<void> {
  const file = await files.open(path, "read");
  try {
    const sectorCount = segmentBytes / SECTOR_BYTES;
    const sectors = new SectorBuffer(Math.min(CHUNK_SECTORS, sectorCount));
    for (let first = 0; first < sectorCount; first += sectors.sectorCount) {
      const count = Math.min(sectors.sectorCount, sectorCount - first);
      const bytes = count * SECTOR_BYTES;
      const read = await file.read(sectors.bytes, bytes, first * SECTOR_BYTES);
      if (read < bytes) {
        const offset = first * SECTOR_BYTES + read;
        throw corrupt(path, offset, "the rest of the segment", "the end of the file");
      }
      const position = sectors.findWritten(0, count);
      if (position === -1) continue;
      const offset = first * SECTOR_BYTES + position;
      throw corrupt(
        path,
        offset,
        "zero, as the segment has no header",
        `byte ${sectors.bytes[position]}`,
      );
    }
  } finally {
    await file.close();
  }
}

function corrupt(path: string, offset: number, expected: string, found: string): Error {
  return storageFault({ code: "JOURNAL_CORRUPT", path, offset, expected, found });
}
