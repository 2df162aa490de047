import { equalBytes, Fault } from "@rialto/base";
import { concatBytes } from "@rialto/consensus";
import {
  CHUNK_BYTES,
  type CertifiedManifest,
  chunkBytes,
  type SnapshotManifest,
} from "@rialto/replica";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../sha256.ts";
import { writeWhole } from "../../write-whole.ts";

// A snapshot that comes in, as a file of its content: chunks stand where they belong, and what is not there yet is zeros.
// Which chunks are there, their digests say: so a process that was killed goes on where it was, and chunks of another
// snapshot that are the same in this one need not come again.

/** The file of a snapshot on its way in. */
export class IncomingSnapshot {
  readonly #path: string;
  readonly #begunPath: string;
  #file: FileHandle | undefined;

  /** `directory` is for what comes in alone; it is made when something does. */
  constructor(directory: string) {
    this.#path = join(directory, "content");
    this.#begunPath = join(directory, "begun");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /**
   * Makes room for a snapshot's content.
   *
   * Returns  which of its chunks are there already.
   * Errors   what the system says, thrown.
   */
  async begin(manifest: SnapshotManifest): Promise<boolean[]> {
    await this.#file?.close();
    this.#file = await openOrMake(this.#path);
    await this.#file.truncate(manifest.contentBytes);
    const held: boolean[] = [];
    for (let index = 0; index < manifest.chunks.length; index++) {
      const bytes = await this.#read(manifest, index);
      held.push(equalBytes(sha256(bytes), manifest.chunks[index]!));
    }
    return held;
  }

  /** Digest of the manifest that was begun last, to go on with after a restart; undefined where there is none. */
  get begun(): Uint8Array | undefined {
    return existsSync(this.#begunPath) ? new Uint8Array(readFileSync(this.#begunPath)) : undefined;
  }

  /** Notes which one is begun. Errors: what the system says, thrown; ENOSPC where the disk is full. */
  noteBegun(digest: Uint8Array): void {
    writeWhole(this.#begunPath, digest);
  }

  async #read(manifest: SnapshotManifest, index: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(chunkBytes(manifest.contentBytes, index, CHUNK_BYTES));
    await this.#file!.read(bytes, 0, bytes.length, index * CHUNK_BYTES);
    return bytes;
  }

  /** Keeps a chunk. Errors: what the system says, thrown; ENOSPC where the disk is full. */
  async store(index: number, bytes: Uint8Array): Promise<void> {
    // A disk that fills up takes a part, and says with the next write that it is full.
    for (let at = 0; at < bytes.length;) {
      const position = index * CHUNK_BYTES + at;
      const { bytesWritten } = await this.#file!.write(bytes, at, bytes.length - at, position);
      at += bytesWritten;
    }
  }

  /** The content, chunk by chunk, each verified as it is read again. Errors: SNAPSHOT_LOST, thrown. */
  async *chunks({ manifest }: CertifiedManifest): AsyncGenerator<Uint8Array, void, undefined> {
    for (let index = 0; index < manifest.chunks.length; index++) {
      yield await this.#readVerified(manifest, index);
    }
  }

  /** A piece of the content, its chunks verified; shorter where the content ends. Errors: SNAPSHOT_LOST, thrown. */
  async readPiece(
    { manifest }: CertifiedManifest,
    at: number,
    length: number,
  ): Promise<Uint8Array> {
    const end = Math.min(at + length, manifest.contentBytes);
    const parts: Uint8Array[] = [];
    for (let index = Math.floor(at / CHUNK_BYTES); index * CHUNK_BYTES < end; index++) {
      const bytes = await this.#readVerified(manifest, index);
      const first = index * CHUNK_BYTES;
      parts.push(bytes.subarray(Math.max(0, at - first), end - first));
    }
    return concatBytes(...parts);
  }

  async #readVerified(manifest: SnapshotManifest, index: number): Promise<Uint8Array> {
    const bytes = await this.#read(manifest, index);
    if (!equalBytes(sha256(bytes), manifest.chunks[index]!)) throw lost(index);
    return bytes;
  }

  /** It is kept elsewhere by now. */
  async remove(): Promise<void> {
    await this.close();
    rmSync(this.#begunPath, { force: true });
    rmSync(this.#path, { force: true });
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return await open(path, "wx+", 0o600);
  }
}

export type IncomingFaultDetail = { readonly code: "SNAPSHOT_LOST"; readonly index: number };

function lost(index: number): Fault<IncomingFaultDetail> {
  const message = `chunk ${index} of the snapshot that came in is not what was written: check the disk`;
  return new Fault<IncomingFaultDetail>({ code: "SNAPSHOT_LOST", index }, "error", message);
}
