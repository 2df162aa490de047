import { assert, Fault } from "@rialto/base";
import { AppendQueue, type QueuedRecord, type Settle } from "./append-queue.ts";
import type { FileOperations, StoredFile } from "./file-operations.ts";
import { FlushWriter } from "./flush-writer.ts";
import {
  headerChecksum,
  RECORD_HEADER_BYTES,
  SECTOR_BYTES,
  SECTOR_PAYLOAD_BYTES,
  segmentCapacityBytes,
  sectorsFor,
} from "./journal-layout.ts";
import { JournalPruner } from "./journal-pruner.ts";
import { checkHeld, readRecords } from "./journal-reader.ts";
import type { Journal, JournalEvent, JournalMode, JournalRecord } from "./journal.ts";
import type { SegmentFile } from "./segment-cursor.ts";
import type { SegmentEnd } from "./segment-decoder.ts";
import { beginSegment } from "./segment-files.ts";
import { SpareSegment } from "./spare-segment.ts";
import { isStorageFault, storageFault, type StorageFault } from "./storage-fault.ts";
import type { WriterLock } from "./writer-lock.ts";

/** Limit: bounds how long a record waits for those it shares a write with: 4 MiB take a few ms. */
const FLUSH_BYTES_MAX = 0x40_0000;

export interface WriterOptions {
  readonly files: FileOperations;
  readonly directory: string;
  readonly networkHash: Uint8Array;
  readonly mode: JournalMode;
  readonly segmentBytes: number;
  readonly queueBytes: number;
  readonly spaceRetryMs: number;
  readonly observe: (event: JournalEvent) => void;
}

export class JournalWriter implements Journal {
  readonly mode: JournalMode;
  readonly #options: WriterOptions;
  readonly #lock: WriterLock;
  readonly #queue: AppendQueue;
  readonly #writer = new FlushWriter();
  readonly #spare: SpareSegment;
  readonly #payloadBytesMax: number;
  /** Oldest first; the last one is written to. */
  readonly #segments: SegmentFile[];
  #file: StoredFile;
  #seed: number;
  /** First sector of the next flush. Beyond `#durable.sector` while a flush is under way. */
  #nextSector: number;
  /** Ends of the chain: on disk, acknowledged, and queued. Each is at or behind the next. */
  #durable: SegmentEnd;
  #acknowledged: ChainEnd;
  #queued: ChainEnd;
  #pumping: Promise<void> | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;
  #failure: StorageFault | undefined = undefined;
  #hasLostAcknowledged = false;
  readonly #pruner: JournalPruner;
  /** In order of `pushedCount`. */
  readonly #flushWaits: FlushWait[] = [];

  constructor(options: WriterOptions, lock: WriterLock, recovered: RecoveredEnd) {
    this.mode = options.mode;
    this.#options = options;
    this.#lock = lock;
    this.#queue = new AppendQueue(options.queueBytes);
    const recordBytesMax = Math.min(segmentCapacityBytes(options.segmentBytes), options.queueBytes);
    this.#payloadBytesMax = recordBytesMax - RECORD_HEADER_BYTES;
    this.#segments = recovered.segments;
    this.#pruner = new JournalPruner(options.files, options.directory, this.#segments);
    this.#file = recovered.file;
    this.#seed = headerChecksum(this.#newest.header);
    this.#durable = recovered.end;
    this.#acknowledged = recovered.end;
    this.#queued = recovered.end;
    this.#nextSector = recovered.end.sector;
    this.#spare = new SpareSegment({
      ...options,
      usedShare: () => (this.#nextSector * SECTOR_BYTES) / this.#newest.header.segmentBytes,
      onFatal: (fault) => this.#fail(fault),
    });
    const next = this.#newest.header.segment + 1;
    if (recovered.hasSpare) this.#spare.adopt(next);
    else this.#spare.prepare(next);
  }

  get lastSequence(): number {
    return this.#acknowledged.sequence;
  }

  get firstSequence(): number {
    return this.#segments[0]!.header.firstSequence;
  }

  get lastHash(): Uint8Array {
    return new Uint8Array(this.#acknowledged.hash);
  }

  append(payload: Uint8Array): Promise<number> {
    const bytes = RECORD_HEADER_BYTES + payload.length;
    const refusal = this.#findRefusal(payload.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    const offset = this.#queue.place(bytes);
    if (offset === -1) {
      const { queuedBytes, limitBytes } = this.#queue;
      return Promise.reject(storageFault({ code: "JOURNAL_BUSY", queuedBytes, limitBytes }));
    }
    if (this.mode === "memory" && this.#hasCertainRoom(sectorsFor(bytes))) {
      this.#acknowledged = this.#push(offset, payload, undefined);
      return Promise.resolve(this.#acknowledged.sequence);
    }
    return new Promise((resolve, reject) => {
      this.#push(offset, payload, { resolve, reject });
    });
  }

  async *read(fromSequence: number): AsyncGenerator<JournalRecord, void, undefined> {
    if (this.#closing !== undefined) throw storageFault({ code: "JOURNAL_CLOSED" });
    const lastSequence = this.#acknowledged.sequence;
    checkHeld(fromSequence, this);
    const release = this.#pruner.keep(fromSequence);
    try {
      // Only in memory mode can the disk be behind what was acknowledged.
      if (this.#durable.sequence < lastSequence) await this.flush();
      yield* readRecords(this.#options.files, [...this.#segments], {
        fromSequence,
        lastSequence,
        endSector: this.#durable.sector,
      });
    } finally {
      release();
    }
  }

  async prune(beforeSequence: number): Promise<void> {
    if (this.#closing === undefined) await this.#pruner.prune(beforeSequence);
  }

  flush(): Promise<void> {
    const { pushedCount } = this.#queue;
    return new Promise((resolve, reject) => {
      this.#flushWaits.push({ pushedCount, resolve, reject });
      this.#settleFlushWaits();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #newest(): SegmentFile {
    return this.#segments.at(-1)!;
  }

  #findRefusal(payloadBytes: number): StorageFault | undefined {
    if (this.#closing !== undefined) return storageFault({ code: "JOURNAL_CLOSED" });
    if (this.#failure !== undefined) return this.#failure;
    const limitBytes = this.#payloadBytesMax;
    if (payloadBytes <= limitBytes) return undefined;
    return storageFault({ code: "JOURNAL_RECORD_TOO_LARGE", payloadBytes, limitBytes });
  }

  /**
   * True if `sectors` more are sure to fit behind the waiting records. All of these were
   * acknowledged, or the new one may not be: records are acknowledged in order.
   */
  #hasCertainRoom(sectors: number): boolean {
    if (this.#acknowledged.sequence !== this.#queued.sequence) return false;
    const needed = this.#queue.waitingSectors + sectors;
    if (needed <= this.#roomSectors()) return true;
    return this.#spare.isReady && needed <= this.#options.segmentBytes / SECTOR_BYTES - 1;
  }

  /** Sectors of the newest segment that no flush has taken. */
  #roomSectors(): number {
    return this.#newest.header.segmentBytes / SECTOR_BYTES - this.#nextSector;
  }

  #push(offset: number, payload: Uint8Array, settle: Settle | undefined): QueuedRecord {
    const link = { previousHash: this.#queued.hash, sequence: this.#queued.sequence + 1 };
    const record = this.#queue.push(offset, payload, link, settle);
    this.#queued = record;
    // Starts after the caller's synchronous work, so that its other appends share the first flush.
    this.#pumping ??= Promise.resolve().then(() => this.#pump());
    return record;
  }

  /** Writes until nothing waits. Never rejects for a fault of the disk, only for a bug of ours. */
  async #pump(): Promise<void> {
    try {
      while (this.#queue.count > 0 && this.#failure === undefined) {
        const flush = this.#cutFlush();
        if (flush.recordCount > 0) await this.#flush(flush);
        else await this.#roll();
      }
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      this.#fail(error);
    } finally {
      this.#pumping = undefined;
    }
    if (this.#failure !== undefined) this.#rejectQueue(this.#failure);
  }

  /** As many of the oldest records as the mode and the segment allow. None if the first is too large. */
  #cutFlush(): Flush {
    const roomBytes = this.#roomSectors() * SECTOR_PAYLOAD_BYTES;
    const countMax = this.mode === "strict" ? 1 : this.#queue.count;
    let recordCount = 0;
    let bytes = 0;
    while (recordCount < countMax) {
      const next = bytes + this.#queue.at(recordCount).bytes;
      if (next > roomBytes || (recordCount > 0 && next > FLUSH_BYTES_MAX)) break;
      bytes = next;
      recordCount++;
    }
    return { recordCount, bytes };
  }

  async #flush({ recordCount, bytes }: Flush): Promise<void> {
    const firstSector = this.#nextSector;
    this.#queue.beginFlush(recordCount);
    this.#nextSector += sectorsFor(bytes);
    const { segment } = this.#newest.header;
    const place = { file: this.#file, segment, seed: this.#seed, firstSector };
    await this.#writer.write(place, this.#queue, recordCount, bytes);

    const { sequence, hash } = this.#queue.at(recordCount - 1);
    this.#durable = { sector: this.#nextSector, flushFirst: firstSector, sequence, hash };
    this.#newest.marks.note(this.#durable);
    for (let count = 0; count < recordCount; count++) {
      const record = this.#queue.shift();
      if (record.settle === undefined) continue;
      this.#acknowledged = record;
      record.settle.resolve(record.sequence);
    }
    this.#settleFlushWaits();
  }

  /** Goes on to the spare. Without one, what waits does not fit and is rejected. */
  async #roll(): Promise<void> {
    const spare = await this.#spare.take();
    if (spare instanceof Fault) {
      assert(this.#acknowledged.sequence === this.#durable.sequence, "acknowledged records fit");
      this.#rejectQueue(spare);
      return;
    }
    const next = this.#newest.header.segment + 1;
    const begun = await beginSegment(this.#options, next, this.#durable);
    const old = this.#file;
    this.#file = begun.file;
    this.#segments.push(begun.segment);
    this.#seed = headerChecksum(begun.segment.header);
    this.#durable = begun.end;
    this.#nextSector = begun.end.sector;
    await old.close();
    this.#spare.prepare(next + 1);
    const { path, header } = begun.segment;
    const { firstSequence } = header;
    this.#options.observe({ name: "journal.rolled", path, firstSequence });
  }

  /** Ends those calls of `flush` for which no record is left in the queue. */
  #settleFlushWaits(): void {
    if (this.#flushWaits.length === 0) return;
    const settledCount = this.#queue.pushedCount - this.#queue.count;
    const open = this.#flushWaits.findIndex(({ pushedCount }) => pushedCount > settledCount);
    const ended = this.#flushWaits.splice(0, open === -1 ? this.#flushWaits.length : open);
    for (const wait of ended) {
      if (this.#failure !== undefined && this.#hasLostAcknowledged) wait.reject(this.#failure);
      else wait.resolve();
    }
  }

  #rejectQueue(fault: StorageFault): void {
    while (this.#queue.count > 0) {
      const { settle } = this.#queue.shift();
      if (settle === undefined) this.#hasLostAcknowledged = true;
      else settle.reject(fault);
    }
    this.#queued = this.#durable;
    this.#settleFlushWaits();
  }

  /** Makes `fault` the answer to everything from now on. A failed sync is never tried again. */
  #fail(fault: StorageFault): void {
    if (this.#failure !== undefined) return;
    this.#failure = fault;
    this.#options.observe({ name: "journal.failed", fault });
  }

  async #close(): Promise<void> {
    try {
      while (this.#pumping !== undefined) await this.#pumping;
      await this.#spare.stop();
      await this.#pruner.settled;
      await this.#file.close();
    } finally {
      this.#lock.release();
    }
    if (this.#hasLostAcknowledged) throw this.#failure;
  }
}

interface ChainEnd {
  readonly sequence: number;
  readonly hash: Uint8Array;
}

interface FlushWait {
  /** Records pushed before the call. */
  readonly pushedCount: number;
  resolve(): void;
  reject(reason: Error): void;
}

interface Flush {
  readonly recordCount: number;
  readonly bytes: number;
}

/** Where writing goes on. */
export interface RecoveredEnd {
  readonly segments: SegmentFile[];
  readonly end: SegmentEnd;
  readonly file: StoredFile;
  readonly hasSpare: boolean;
}
