import { crc32 } from "node:zlib";
import { assert, setSafeU64, viewOf } from "@rialto/base";
import { describeChecksums } from "./journal-layout.ts";

/*
 * A snapshot file is a header, the stored blocks and a bitmap. The content is cut into blocks of
 * 64 KiB, the last one shorter; a block of zeros is not stored. Integers are little-endian.
 *
 *   offset  size  field
 *        0     8  magic           "RIALTOSN"
 *        8     4  version         1
 *       12     4  blockBytes      65,536
 *       16     8  sequence
 *       24     8  contentBytes
 *       32     8  storedBytes     sum of the stored blocks
 *       40    32  stateHash
 *       72    32  journalHash
 *      104    32  networkHash
 *      136    32  digest          SHA-256 of the stored blocks, the bitmap, and bytes 0..136
 *      168   340  zero
 *      508     4  checksum        CRC-32 of bytes 0..508
 *      512     …  stored blocks
 *        …     …  bitmap          bit (block % 8) of byte (block / 8) is 1 if the block is stored
 */
export const SNAPSHOT_HEADER_BYTES = 512;
export const SNAPSHOT_VERSION = 1;
export const BLOCK_BYTES = 65_536;
/** The part of the header that the digest covers. */
export const SNAPSHOT_DIGESTED_BYTES = 136;
/** Limit: what is read is allocated at once, and a damaged size must not exhaust the memory. */
const CONTENT_BYTES_MAX = 0x2_0000_0000;

const MAGIC: Uint8Array = new TextEncoder().encode("RIALTOSN");
const VERSION = 8;
const BLOCK_SIZE = 12;
const SEQUENCE = 16;
const CONTENT_BYTES = 24;
const STORED_BYTES = 32;
const STATE_HASH = 40;
const JOURNAL_HASH = 72;
const NETWORK_HASH = 104;
const DIGEST = 136;
const CHECKSUM = 508;

assert(DIGEST === SNAPSHOT_DIGESTED_BYTES, "the digest covers what stands before it");
assert(CHECKSUM + 4 === SNAPSHOT_HEADER_BYTES, "the checksum ends the header");

export interface SnapshotHeader {
  readonly sequence: number;
  readonly contentBytes: number;
  readonly storedBytes: number;
  readonly stateHash: Uint8Array;
  readonly journalHash: Uint8Array;
  readonly networkHash: Uint8Array;
  readonly digest: Uint8Array;
}

/** 512 bytes, newly allocated. Bytes 0..136 do not depend on `digest`. */
export function encodeSnapshotHeader(header: SnapshotHeader): Uint8Array {
  const bytes = new Uint8Array(SNAPSHOT_HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint32(VERSION, SNAPSHOT_VERSION, true);
  view.setUint32(BLOCK_SIZE, BLOCK_BYTES, true);
  setSafeU64(view, SEQUENCE, header.sequence);
  setSafeU64(view, CONTENT_BYTES, header.contentBytes);
  setSafeU64(view, STORED_BYTES, header.storedBytes);
  bytes.set(header.stateHash, STATE_HASH);
  bytes.set(header.journalHash, JOURNAL_HASH);
  bytes.set(header.networkHash, NETWORK_HASH);
  bytes.set(header.digest, DIGEST);
  view.setUint32(CHECKSUM, crc32(bytes.subarray(0, CHECKSUM)), true);
  return bytes;
}

export type SnapshotHeaderDefect =
  | { readonly kind: "damaged"; readonly expected: string; readonly found: string }
  | { readonly kind: "version"; readonly version: number };

/** Parses the first 512 bytes of a file. Sizes are as claimed, for the caller to compare. */
export function parseSnapshotHeader(bytes: Uint8Array): SnapshotHeader | SnapshotHeaderDefect {
  const view = viewOf(bytes);
  const expected = crc32(bytes.subarray(0, CHECKSUM));
  const found = view.getUint32(CHECKSUM, true);
  if (expected !== found) {
    return { kind: "damaged", ...describeChecksums("header checksum", expected, found) };
  }
  const isOurs = MAGIC.every((byte, index) => bytes[index] === byte);
  if (!isOurs) return { kind: "damaged", expected: "a snapshot", found: "another kind of file" };
  const version = view.getUint32(VERSION, true);
  if (version !== SNAPSHOT_VERSION) return { kind: "version", version };
  const contentBytes = Number(view.getBigUint64(CONTENT_BYTES, true));
  const blockBytes = view.getUint32(BLOCK_SIZE, true);
  if (blockBytes !== BLOCK_BYTES || contentBytes > CONTENT_BYTES_MAX) {
    const expectedSizes = `blocks of ${BLOCK_BYTES} and at most ${CONTENT_BYTES_MAX} bytes`;
    const foundSizes = `blocks of ${blockBytes} and ${contentBytes} bytes`;
    return { kind: "damaged", expected: expectedSizes, found: foundSizes };
  }
  return {
    sequence: Number(view.getBigUint64(SEQUENCE, true)),
    contentBytes,
    storedBytes: Number(view.getBigUint64(STORED_BYTES, true)),
    stateHash: bytes.slice(STATE_HASH, JOURNAL_HASH),
    journalHash: bytes.slice(JOURNAL_HASH, NETWORK_HASH),
    networkHash: bytes.slice(NETWORK_HASH, DIGEST),
    digest: bytes.slice(DIGEST, DIGEST + 32),
  };
}

/** Size of the bitmap of a content of `contentBytes`. */
export function bitmapBytesFor(contentBytes: number): number {
  return Math.ceil(Math.ceil(contentBytes / BLOCK_BYTES) / 8);
}
