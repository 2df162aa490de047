import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { assert, setSafeU64, viewOf } from "@rialto/base";

/*
 * A segment is a file of a fixed number of 512-byte sectors, all zero until written. Every sector
 * is written once. Sector 0 is the header, the others are data. Integers are little-endian.
 *
 * Header sector
 *   offset  size  field
 *        0     8  magic           "RIALTOJL"
 *        8     4  version         1
 *       12     4  segment         number of this segment, from 1
 *       16     8  segmentBytes    size of this file
 *       24     8  firstSequence   sequence of the first record written to it
 *       32    32  previousHash    hash of the record before; the network hash before the first
 *       64    32  networkHash
 *       96   412  zero
 *      508     4  checksum        CRC-32 of bytes 0..508
 *
 * Data sector
 *        0     4  checksum        CRC-32 of bytes 4..512, continued from the header's checksum
 *        4     4  segment         never zero, nor is the next: no flipped byte turns an unwritten
 *        8     4  sector            sector into a valid one
 *       12     4  flush           bits 0-30: first sector of this flush, bit 31: its last sector
 *       16   496  payload
 *
 * The payloads of one flush, joined, are records without gaps, then zeros to the end of the last
 * sector. A flush begins when the one before is durable, on a fresh sector of the same segment.
 *
 * Record
 *        0    32  hash            SHA-256 of (hash of the record before, bytes 32..end)
 *       32     8  sequence        from 1, without gaps
 *       40     4  payloadBytes
 *       44     …  payload
 */
export const SECTOR_BYTES = 512;
export const SECTOR_FRAME_BYTES = 16;
export const SECTOR_PAYLOAD_BYTES = 496;
export const HASH_BYTES = 32;
export const RECORD_HEADER_BYTES = 44;
export const FORMAT_VERSION = 1;
export const FLUSH_LAST = 0x8000_0000;

const MAGIC: Uint8Array = new TextEncoder().encode("RIALTOJL");
const HEADER_VERSION = 8;
const HEADER_SEGMENT = 12;
const HEADER_SEGMENT_BYTES = 16;
const HEADER_FIRST_SEQUENCE = 24;
const HEADER_PREVIOUS_HASH = 32;
const HEADER_NETWORK_HASH = 64;
const HEADER_CHECKSUM = 508;

export const SECTOR_CHECKED = 4;
const SECTOR_SEGMENT = 4;
const SECTOR_INDEX = 8;
const SECTOR_FLUSH = 12;

export const RECORD_SEQUENCE = 32;
export const RECORD_PAYLOAD_BYTES = 40;

assert(SECTOR_FRAME_BYTES + SECTOR_PAYLOAD_BYTES === SECTOR_BYTES, "a sector is frame and payload");
assert(HEADER_CHECKSUM + 4 === SECTOR_BYTES, "the header's checksum ends its sector");

/** Limit: a header, and room for a record of 1,444 bytes. */
export const SEGMENT_BYTES_MIN = 2_048;
/** Limit: sector numbers stay far below bit 31, and preparing a segment takes seconds, not minutes. */
export const SEGMENT_BYTES_MAX = 0x4000_0000;

/** What stands in sector 0 of a segment. Hashes are 32 bytes and not shared. */
export interface SegmentHeader {
  readonly segment: number;
  readonly segmentBytes: number;
  readonly firstSequence: number;
  readonly previousHash: Uint8Array;
  readonly networkHash: Uint8Array;
}

/** One sector of 512 bytes, newly allocated. */
export function encodeHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint32(HEADER_VERSION, FORMAT_VERSION, true);
  view.setUint32(HEADER_SEGMENT, header.segment, true);
  setSafeU64(view, HEADER_SEGMENT_BYTES, header.segmentBytes);
  setSafeU64(view, HEADER_FIRST_SEQUENCE, header.firstSequence);
  bytes.set(header.previousHash, HEADER_PREVIOUS_HASH);
  bytes.set(header.networkHash, HEADER_NETWORK_HASH);
  view.setUint32(HEADER_CHECKSUM, crc32(bytes.subarray(0, HEADER_CHECKSUM)), true);
  return bytes;
}

/** The checksum of an encoded header, from which the checksums of the segment's sectors continue. */
export function headerChecksum(header: SegmentHeader): number {
  return viewOf(encodeHeader(header)).getUint32(HEADER_CHECKSUM, true);
}

/** Why sector 0 is no header of this format. */
export type HeaderDefect =
  | { readonly kind: "damaged"; readonly expected: string; readonly found: string }
  | { readonly kind: "version"; readonly version: number };

/** Parses sector 0. The caller compares every field with what it expects. */
export function parseHeader(sector: Uint8Array): SegmentHeader | HeaderDefect {
  const view = viewOf(sector);
  const expected = crc32(sector.subarray(0, HEADER_CHECKSUM));
  const found = view.getUint32(HEADER_CHECKSUM, true);
  if (expected !== found) {
    return { kind: "damaged", ...describeChecksums("header checksum", expected, found) };
  }
  if (!MAGIC.every((byte, index) => sector[index] === byte)) {
    return { kind: "damaged", expected: "a journal segment", found: "another kind of file" };
  }
  const version = view.getUint32(HEADER_VERSION, true);
  if (version !== FORMAT_VERSION) return { kind: "version", version };
  return {
    segment: view.getUint32(HEADER_SEGMENT, true),
    // Only compared, never trusted: a value beyond 2^53 merely differs from the right one.
    segmentBytes: Number(view.getBigUint64(HEADER_SEGMENT_BYTES, true)),
    firstSequence: Number(view.getBigUint64(HEADER_FIRST_SEQUENCE, true)),
    previousHash: sector.slice(HEADER_PREVIOUS_HASH, HEADER_PREVIOUS_HASH + HASH_BYTES),
    networkHash: sector.slice(HEADER_NETWORK_HASH, HEADER_NETWORK_HASH + HASH_BYTES),
  };
}

/** Texts for a fault about two checksums. */
export function describeChecksums(
  name: string,
  expected: number,
  found: number,
): { readonly expected: string; readonly found: string } {
  return { expected: `${name} ${toHex(expected)}`, found: toHex(found) };
}

/** Where a data sector says that it belongs. Both are sector numbers in its segment. */
export interface SectorPlace {
  readonly segment: number;
  readonly sector: number;
  readonly flushFirst: number;
  readonly isLast: boolean;
}

/** The place that the data sector at `offset` claims, believable only if its checksum holds. */
export function decodeSectorPlace(view: DataView, offset: number): SectorPlace {
  const flush = view.getUint32(offset + SECTOR_FLUSH, true);
  return {
    segment: view.getUint32(offset + SECTOR_SEGMENT, true),
    sector: view.getUint32(offset + SECTOR_INDEX, true),
    flushFirst: (flush & ~FLUSH_LAST) >>> 0,
    isLast: flush >= FLUSH_LAST,
  };
}

/** Bit 31 and the flush of the sector at `offset` if it claims to be (`segment`, `sector`), else -1. */
export function flushWordOf(
  view: DataView,
  offset: number,
  segment: number,
  sector: number,
): number {
  if (view.getUint32(offset + SECTOR_SEGMENT, true) !== segment) return -1;
  if (view.getUint32(offset + SECTOR_INDEX, true) !== sector) return -1;
  return view.getUint32(offset + SECTOR_FLUSH, true);
}

/** Writes the frame of the data sector at `offset`, all but the checksum. */
export function encodeSectorPlace(
  view: DataView,
  offset: number,
  segment: number,
  sector: number,
  flushWord: number,
): void {
  view.setUint32(offset + SECTOR_SEGMENT, segment, true);
  view.setUint32(offset + SECTOR_INDEX, sector, true);
  view.setUint32(offset + SECTOR_FLUSH, flushWord, true);
}

/** Sectors that `recordBytes` of records take when they are a flush of their own. */
export function sectorsFor(recordBytes: number): number {
  return Math.ceil(recordBytes / SECTOR_PAYLOAD_BYTES);
}

/** Bytes of records that a segment of `segmentBytes` can hold. */
export function segmentCapacityBytes(segmentBytes: number): number {
  return (segmentBytes / SECTOR_BYTES - 1) * SECTOR_PAYLOAD_BYTES;
}

/** The least size of segments that have room for a record of `payloadBytes`. */
export function segmentBytesFor(payloadBytes: number): number {
  return (1 + sectorsFor(RECORD_HEADER_BYTES + payloadBytes)) * SECTOR_BYTES;
}

/**
 * Writes a record of 44 + `payload.length` bytes at `offset` of `target` and returns its hash.
 *
 * The previous hash first stands where the record's own hash belongs, so that the bytes to hash
 * lie in one piece.
 */
export function encodeRecord(
  target: Buffer,
  offset: number,
  previousHash: Uint8Array,
  sequence: number,
  payload: Uint8Array,
): Buffer {
  const end = offset + RECORD_HEADER_BYTES + payload.length;
  target.set(previousHash, offset);
  target.writeUInt32LE(sequence >>> 0, offset + RECORD_SEQUENCE);
  target.writeUInt32LE(Math.floor(sequence / 0x1_0000_0000), offset + RECORD_SEQUENCE + 4);
  target.writeUInt32LE(payload.length, offset + RECORD_PAYLOAD_BYTES);
  target.set(payload, offset + RECORD_HEADER_BYTES);
  // As text it comes without memory of its own, which costs more than hashing.
  const digest = Buffer.from(hash("sha256", target.subarray(offset, end), "binary"), "binary");
  target.set(digest, offset);
  return digest;
}

/** The hash that a record must carry, for those who check a journal from outside. Pure. */
export function computeRecordHash(
  previousHash: Uint8Array,
  sequence: number,
  payload: Uint8Array,
): Uint8Array {
  const record = Buffer.alloc(RECORD_HEADER_BYTES + payload.length);
  return encodeRecord(record, 0, previousHash, sequence, payload);
}

function toHex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
