import { assert } from "@rialto/base";
import { encodeRecord, RECORD_HEADER_BYTES, sectorsFor } from "./journal-layout.ts";

/** One record that is not yet durable, in the queue's memory at [offset, offset + bytes). */
export interface QueuedRecord {
  readonly offset: number;
  readonly bytes: number;
  /** Sectors that it fills as a flush of its own; together records fill no more than their sum. */
  readonly sectors: number;
  readonly sequence: number;
  readonly hash: Uint8Array;
  /** Undefined if it was acknowledged when it was queued. */
  readonly settle: Settle | undefined;
}

export interface Settle {
  resolve(sequence: number): void;
  reject(reason: Error): void;
}

/**
 * Records waiting for the disk, first in first out, in a ring of fixed size. Each lies in one piece,
 * encoded and hashed when it arrives, while the disk is busy with the ones before.
 */
export class AppendQueue {
  readonly memory: Buffer;
  #records: QueuedRecord[] = [];
  #first = 0;
  #queuedBytes = 0;
  #pushedCount = 0;
  #flushingCount = 0;
  #waitingSectors = 0;
  /** Where the next record goes if it fits. The oldest one begins at its own offset. */
  #tail = 0;

  constructor(limitBytes: number) {
    this.memory = Buffer.allocUnsafeSlow(limitBytes);
  }

  get count(): number {
    return this.#records.length - this.#first;
  }

  /** Records ever pushed. */
  get pushedCount(): number {
    return this.#pushedCount;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get limitBytes(): number {
    return this.memory.length;
  }

  /** The record `index` places behind the oldest. */
  at(index: number): QueuedRecord {
    const record = this.#records[this.#first + index];
    assert(record !== undefined, "a queued record is taken from within the queue");
    return record;
  }

  /** Records that are not part of the flush under way. */
  get waitingCount(): number {
    return this.count - this.#flushingCount;
  }

  /** Sectors that the waiting records fill at most, however they are cut into flushes. */
  get waitingSectors(): number {
    return this.#waitingSectors;
  }

  /** Turns the oldest `count` waiting records into the flush under way. */
  beginFlush(count: number): void {
    assert(this.#flushingCount === 0, "one flush is under way at a time");
    for (let index = 0; index < count; index++) this.#waitingSectors -= this.at(index).sectors;
    this.#flushingCount = count;
  }

  /** Where a record of `bytes` would go, or -1 if the ring has no room for it in one piece. */
  place(bytes: number): number {
    if (this.count === 0) return bytes <= this.memory.length ? 0 : -1;
    const head = this.at(0).offset;
    if (this.#tail <= head) return bytes <= head - this.#tail ? this.#tail : -1;
    if (bytes <= this.memory.length - this.#tail) return this.#tail;
    return bytes <= head ? 0 : -1;
  }

  /** Encodes a record at `offset`, which `place` returned, behind all others. */
  push(
    offset: number,
    payload: Uint8Array,
    link: { readonly previousHash: Uint8Array; readonly sequence: number },
    settle: Settle | undefined,
  ): QueuedRecord {
    const { previousHash, sequence } = link;
    const hash = encodeRecord(this.memory, offset, previousHash, sequence, payload);
    const bytes = RECORD_HEADER_BYTES + payload.length;
    const record = { offset, bytes, sectors: sectorsFor(bytes), sequence, hash, settle };
    this.#records.push(record);
    this.#pushedCount++;
    this.#waitingSectors += record.sectors;
    this.#queuedBytes += bytes;
    this.#tail = offset + bytes;
    return record;
  }

  /** Removes and returns the oldest record. */
  shift(): QueuedRecord {
    const record = this.at(0);
    this.#first++;
    this.#queuedBytes -= record.bytes;
    if (this.#flushingCount > 0) this.#flushingCount--;
    else this.#waitingSectors -= record.sectors;
    if (this.#first === this.#records.length) {
      this.#records.length = 0;
      this.#first = 0;
      this.#tail = 0;
    } else if (this.#first >= 4_096) {
      this.#records = this.#records.slice(this.#first);
      this.#first = 0;
    }
    return record;
  }
}
