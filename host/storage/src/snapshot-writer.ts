import { createHash } from "node:crypto";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { StoredFile } from "./file-operations.ts";
import { BLOCK_BYTES, SNAPSHOT_HEADER_BYTES } from "./snapshot-layout.ts";

const BATCH_BYTES = 0x10_0000;
/** Syncing on the way keeps the last sync short and the journal's own writes in between. */
const SYNC_BYTES = 0x80_0000;
/** Looking for zeros in 4 MiB takes about a tenth of a millisecond. */
const BLOCKS_PER_TURN = 64;
const ZERO_BLOCK: Buffer = Buffer.alloc(BLOCK_BYTES);

/** Writes the content of a snapshot behind its header, block by block, leaving out zero blocks. */
export class SnapshotWriter {
  contentBytes = 0;
  storedBytes = 0;
  readonly #file: StoredFile;
  readonly #digest = createHash("sha256");
  readonly #stored: boolean[] = [];
  readonly #batch: Buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #batchBytes = 0;
  #unsyncedBytes = 0;
  readonly #block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #blockBytes = 0;

  constructor(file: StoredFile) {
    this.#file = file;
  }

  /** Adds `chunk` to the content. */
  async write(chunk: Uint8Array): Promise<void> {
    this.contentBytes += chunk.length;
    for (let position = 0; position < chunk.length;) {
      const count = Math.min(BLOCK_BYTES - this.#blockBytes, chunk.length - position);
      const part = chunk.subarray(position, position + count);
      position += count;
      if (count === BLOCK_BYTES) {
        await this.#addBlock(part);
        continue;
      }
      this.#block.set(part, this.#blockBytes);
      this.#blockBytes += count;
      if (this.#blockBytes === BLOCK_BYTES) await this.#endBlock();
    }
  }

  /** Writes what is left and the bitmap. Returns the digest of both and of `digestedHeader`. */
  async finish(digestedHeader: () => Uint8Array): Promise<Uint8Array> {
    if (this.#blockBytes > 0) await this.#endBlock();
    await this.#writeBatch();
    const bitmap = new Uint8Array(Math.ceil(this.#stored.length / 8));
    for (const [block, isStored] of this.#stored.entries()) {
      if (isStored) bitmap[block >> 3] = bitmap[block >> 3]! | (1 << (block & 7));
    }
    await this.#file.write(bitmap, bitmap.length, SNAPSHOT_HEADER_BYTES + this.storedBytes);
    return this.#digest.update(bitmap).update(digestedHeader()).digest();
  }

  async #endBlock(): Promise<void> {
    const block = this.#block.subarray(0, this.#blockBytes);
    this.#blockBytes = 0;
    await this.#addBlock(block);
  }

  async #addBlock(block: Uint8Array): Promise<void> {
    const isStored = ZERO_BLOCK.compare(block, 0, block.length, 0, block.length) !== 0;
    this.#stored.push(isStored);
    if (isStored) {
      this.#batch.set(block, this.#batchBytes);
      this.#batchBytes += block.length;
      if (this.#batchBytes === BATCH_BYTES) await this.#writeBatch();
    } else if (this.#stored.length % BLOCKS_PER_TURN === 0) await yieldToEvents();
  }

  async #writeBatch(): Promise<void> {
    const bytes = this.#batchBytes;
    this.#digest.update(this.#batch.subarray(0, bytes));
    await this.#file.write(this.#batch, bytes, SNAPSHOT_HEADER_BYTES + this.storedBytes);
    this.storedBytes += bytes;
    this.#batchBytes = 0;
    this.#unsyncedBytes += bytes;
    if (this.#unsyncedBytes < SYNC_BYTES) return;
    await this.#file.sync();
    this.#unsyncedBytes = 0;
  }
}
