import { createHash } from "node:crypto";
import { encodeHex, equalBytes } from "@rialto/base";
import type { FileOperations, StoredFile } from "./file-operations.ts";
import {
  bitmapBytesFor,
  BLOCK_BYTES,
  parseSnapshotHeader,
  SNAPSHOT_DIGESTED_BYTES,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_VERSION,
  type SnapshotHeader,
} from "./snapshot-layout.ts";
import type { Snapshot, StoredContent } from "./snapshots.ts";
import { storageFault, type StorageFault } from "./storage-fault.ts";

const BLOCKS_PER_READ = 16;

/**
 * Loads one snapshot file and verifies all of it.
 *
 * Errors   SNAPSHOT_CORRUPT, STORAGE_NETWORK_MISMATCH, STORAGE_VERSION_UNKNOWN, STORAGE_IO.
 */
export async function readSnapshot(
  files: FileOperations,
  path: string,
  expected: { readonly sequence: number; readonly networkHash: Uint8Array },
): Promise<Snapshot> {
  const fileBytes = await files.sizeOf(path);
  const file = await files.open(path, "read");
  try {
    const headerBytes = await readExactly(file, new Uint8Array(SNAPSHOT_HEADER_BYTES), 0);
    const header = parseHeader(path, headerBytes, expected);
    const bitmap = new Uint8Array(bitmapBytesFor(header.contentBytes));
    const wholeBytes = SNAPSHOT_HEADER_BYTES + header.storedBytes + bitmap.length;
    if (fileBytes !== wholeBytes) {
      throw corrupt(path, `a file of ${wholeBytes} bytes`, `${fileBytes} bytes`);
    }
    await readExactly(file, bitmap, SNAPSHOT_HEADER_BYTES + header.storedBytes);
    checkStoredBytes(path, header, bitmap);

    const content = new Uint8Array(header.contentBytes);
    const digest = createHash("sha256");
    let position = SNAPSHOT_HEADER_BYTES;
    for (const { begin, end } of storedRuns(content.length, bitmap)) {
      const part = await readExactly(file, content.subarray(begin, end), position);
      digest.update(part);
      position += end - begin;
    }
    digest.update(bitmap).update(headerBytes.subarray(0, SNAPSHOT_DIGESTED_BYTES));
    const found = digest.digest();
    if (!equalBytes(found, header.digest)) {
      throw corrupt(path, `content hash ${encodeHex(header.digest)}`, encodeHex(found));
    }
    const { sequence, stateHash, journalHash } = header;
    return { sequence, stateHash, journalHash, content };
  } finally {
    await file.close();
  }
}

/**
 * Opens one snapshot file to read its content in parts.
 *
 * Errors   those of `readSnapshot`; the stored blocks are not verified.
 */
export async function openSnapshotContent(
  files: FileOperations,
  path: string,
  expected: { readonly sequence: number; readonly networkHash: Uint8Array },
): Promise<StoredContent> {
  const file = await files.open(path, "read");
  try {
    const headerBytes = await readExactly(file, new Uint8Array(SNAPSHOT_HEADER_BYTES), 0);
    const header = parseHeader(path, headerBytes, expected);
    const bitmap = new Uint8Array(bitmapBytesFor(header.contentBytes));
    await readExactly(file, bitmap, SNAPSHOT_HEADER_BYTES + header.storedBytes);
    checkStoredBytes(path, header, bitmap);
    return new FileContent(file, header.contentBytes, bitmap);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class FileContent implements StoredContent {
  readonly contentBytes: number;
  readonly #file: StoredFile;
  /** Where each block is stored; -1 for one of zeros. */
  readonly #places: Float64Array;

  constructor(file: StoredFile, contentBytes: number, bitmap: Uint8Array) {
    this.#file = file;
    this.contentBytes = contentBytes;
    this.#places = new Float64Array(Math.ceil(contentBytes / BLOCK_BYTES));
    let at = SNAPSHOT_HEADER_BYTES;
    for (let block = 0; block < this.#places.length; block++) {
      const isStored = (bitmap[block >> 3]! & (1 << (block & 7))) !== 0;
      this.#places[block] = isStored ? at : -1;
      if (isStored) at += BLOCK_BYTES;
    }
  }

  async read(target: Uint8Array, position: number): Promise<void> {
    const end = position + target.length;
    if (end > this.contentBytes) {
      throw corrupt(this.#file.path, `${end} bytes of content`, `${this.contentBytes} bytes`);
    }
    for (let at = position; at < end;) {
      const block = Math.floor(at / BLOCK_BYTES);
      const next = Math.min((block + 1) * BLOCK_BYTES, end);
      const part = target.subarray(at - position, next - position);
      const place = this.#places[block]!;
      if (place < 0) part.fill(0);
      else await readExactly(this.#file, part, place + at - block * BLOCK_BYTES);
      at = next;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

function parseHeader(
  path: string,
  bytes: Uint8Array,
  expected: { readonly sequence: number; readonly networkHash: Uint8Array },
): SnapshotHeader {
  const header = parseSnapshotHeader(bytes);
  if ("kind" in header) {
    if (header.kind === "damaged") throw corrupt(path, header.expected, header.found);
    const supported = SNAPSHOT_VERSION;
    throw storageFault({ code: "STORAGE_VERSION_UNKNOWN", path, found: header.version, supported });
  }
  if (!equalBytes(header.networkHash, expected.networkHash)) {
    throw storageFault({
      code: "STORAGE_NETWORK_MISMATCH",
      path,
      expected: encodeHex(expected.networkHash),
      found: encodeHex(header.networkHash),
    });
  }
  if (header.sequence === expected.sequence) return header;
  throw corrupt(path, `sequence ${expected.sequence}, as in its name`, `${header.sequence}`);
}

/** The bitmap must account for every stored byte before memory is spent on the content. */
function checkStoredBytes(path: string, header: SnapshotHeader, bitmap: Uint8Array): void {
  let bytes = 0;
  for (const { begin, end } of storedRuns(header.contentBytes, bitmap)) bytes += end - begin;
  if (bytes === header.storedBytes) return;
  throw corrupt(path, `a bitmap of ${header.storedBytes} stored bytes`, `one of ${bytes}`);
}

/** Ranges of the content that are stored, in order, of at most 1 MiB. */
function* storedRuns(
  contentBytes: number,
  bitmap: Uint8Array,
): Generator<{ readonly begin: number; readonly end: number }, void, undefined> {
  const blockCount = Math.ceil(contentBytes / BLOCK_BYTES);
  const isStored = (block: number): boolean =>
    block < blockCount && (bitmap[block >> 3]! & (1 << (block & 7))) !== 0;
  for (let block = 0; block < blockCount;) {
    const first = block;
    while (isStored(block) && block - first < BLOCKS_PER_READ) block++;
    if (block === first) block++;
    else yield { begin: first * BLOCK_BYTES, end: Math.min(block * BLOCK_BYTES, contentBytes) };
  }
}

async function readExactly(
  file: StoredFile,
  target: Uint8Array,
  position: number,
): Promise<Uint8Array> {
  const bytes = await file.read(target, target.length, position);
  if (bytes === target.length) return target;
  throw corrupt(file.path, `at least ${position + target.length} bytes`, `${position + bytes}`);
}

function corrupt(path: string, expected: string, found: string): StorageFault {
  return storageFault({ code: "SNAPSHOT_CORRUPT", path, expected, found });
}
