import { hash } from "node:crypto";
import {
  FLUSH_LAST,
  flushWordOf,
  HASH_BYTES,
  headerChecksum,
  RECORD_HEADER_BYTES,
  RECORD_PAYLOAD_BYTES,
  RECORD_SEQUENCE,
  SECTOR_BYTES,
  SECTOR_FRAME_BYTES,
  SECTOR_PAYLOAD_BYTES,
  type SegmentHeader,
} from "./journal-layout.ts";
import type { JournalRecord } from "./journal.ts";
import { inspectSector, type SectorBuffer, type SectorOrigin } from "./sector-buffer.ts";
import { storageFault, type StorageFault } from "./storage-fault.ts";

/** Where the last complete flush ends, and the chain there. */
export interface SegmentEnd {
  /** First sector after it, where the next flush belongs. */
  readonly sector: number;
  /** First sector of it, 0 if the segment holds no flush. */
  readonly flushFirst: number;
  readonly sequence: number;
  readonly hash: Uint8Array;
}

/**
 * Turns the sectors of one segment into records, in order, believing nothing: checksums, places,
 * sequences, lengths, padding and the hash chain are all checked on the way.
 */
export class SegmentDecoder {
  readonly origin: SectorOrigin;
  readonly sectorCount: number;
  /** The next sector to decode. */
  sector: number;
  /** After the last complete flush. Records decoded beyond it belong to a flush still open. */
  end: SegmentEnd;

  #sequence: number;
  #hash: Uint8Array;
  /** First sector of the flush being decoded, 0 between flushes. */
  #flushFirst = 0;
  /** Record bytes of this flush that are already records. */
  #flushParsedBytes = 0;
  /** Joined payloads of sectors, in [#parsed, #filled). Never overwritten: records keep parts. */
  #joined: Buffer = Buffer.alloc(0);
  #filled = 0;
  #parsed = 0;
  /** Size of the record at `#parsed` if it is known and not yet complete, else 0. */
  #awaitedBytes = 0;
  readonly #storedHash: Buffer = Buffer.alloc(HASH_BYTES);

  /** `start` is the end of a flush that was written or verified before; left out for the segment's beginning. */
  constructor(path: string, header: SegmentHeader, start?: SegmentEnd) {
    this.origin = { path, segment: header.segment, seed: headerChecksum(header) };
    this.sectorCount = header.segmentBytes / SECTOR_BYTES;
    this.end = start ?? {
      sector: 1,
      flushFirst: 0,
      sequence: header.firstSequence - 1,
      hash: header.previousHash,
    };
    this.sector = this.end.sector;
    this.#sequence = this.end.sequence;
    this.#hash = this.end.hash;
  }

  /** True between the first and the last sector of a flush. */
  get isInsideFlush(): boolean {
    return this.#flushFirst !== 0;
  }

  /**
   * Decodes the first `count` of `sectors`, which start at sector `this.sector` of the segment, and
   * appends finished records to `records`. Returns how many it took: fewer than `count` means that
   * the next one was never written.
   *
   * Errors   JOURNAL_CORRUPT.
   */
  decode(sectors: SectorBuffer, count: number, records: JournalRecord[]): number {
    this.#reserve(count * SECTOR_PAYLOAD_BYTES);
    for (let index = 0; index < count; index++) {
      const flushWord = this.#admit(sectors, index);
      if (flushWord === 0) return index;
      const begin = index * SECTOR_BYTES + SECTOR_FRAME_BYTES;
      sectors.bytes.copy(this.#joined, this.#filled, begin, begin + SECTOR_PAYLOAD_BYTES);
      this.#filled += SECTOR_PAYLOAD_BYTES;
      if (this.#flushFirst === 0) this.#flushFirst = this.sector;
      this.sector++;
      if (flushWord >= FLUSH_LAST) this.#finishFlush(records);
    }
    if (this.#flushFirst !== 0) this.#parse(records, false);
    return count;
  }

  /** The flush word of a sector that continues the segment, 0 if it was never written. */
  #admit(sectors: SectorBuffer, index: number): number {
    const offset = index * SECTOR_BYTES;
    const { segment, seed } = this.origin;
    const flushFirst = this.#flushFirst === 0 ? this.sector : this.#flushFirst;
    const flushWord = flushWordOf(sectors.view, offset, segment, this.sector);
    const fits = flushWord !== -1 && (flushWord & ~FLUSH_LAST) === flushFirst;
    if (fits && sectors.computeChecksum(index, seed) === sectors.storedChecksum(index)) {
      return flushWord;
    }
    const place = inspectSector(sectors, index, this.origin, this.sector);
    if (place === undefined) return 0;
    throw this.#corrupt(
      this.sector * SECTOR_BYTES,
      `a sector of the flush that begins at sector ${flushFirst}`,
      `one of the flush at sector ${place.flushFirst}`,
    );
  }

  #finishFlush(records: JournalRecord[]): void {
    this.#parse(records, true);
    for (let position = this.#parsed; position < this.#filled; position++) {
      if (this.#joined[position] !== 0) {
        throw this.#corrupt(this.#offset(position), "zeros after the last record", "other bytes");
      }
    }
    this.end = {
      sector: this.sector,
      flushFirst: this.#flushFirst,
      sequence: this.#sequence,
      hash: this.#hash,
    };
    this.#parsed = this.#filled;
    this.#flushFirst = 0;
    this.#flushParsedBytes = 0;
  }

  /** Takes complete records from the joined payloads. `isWhole` if the flush ends there. */
  #parse(records: JournalRecord[], isWhole: boolean): void {
    for (;;) {
      const available = this.#filled - this.#parsed;
      this.#awaitedBytes = 0;
      // Padding lies in the last sector alone, so less than a sector of it is left to the caller.
      if (isWhole && available < SECTOR_PAYLOAD_BYTES && this.#isPadding(available)) return;
      if (available < RECORD_HEADER_BYTES) return;
      const bytes = this.#checkRecordHeader();
      if (bytes > available) {
        if (isWhole) {
          throw this.#corrupt(this.#offset(this.#parsed), "a whole record", "a part of one");
        }
        this.#awaitedBytes = bytes;
        return;
      }
      records.push(this.#takeRecord(bytes));
    }
  }

  #isPadding(available: number): boolean {
    if (available < RECORD_HEADER_BYTES) return true;
    return (
      this.#joined.readUInt32LE(this.#parsed + RECORD_SEQUENCE) === 0 &&
      this.#joined.readUInt32LE(this.#parsed + RECORD_SEQUENCE + 4) === 0
    );
  }

  /** Size of the record at `#parsed`, its sequence and length having been checked. */
  #checkRecordHeader(): number {
    const low = this.#joined.readUInt32LE(this.#parsed + RECORD_SEQUENCE);
    const high = this.#joined.readUInt32LE(this.#parsed + RECORD_SEQUENCE + 4);
    const sequence = this.#sequence + 1;
    if (high * 0x1_0000_0000 + low !== sequence) {
      const found = `sequence ${(BigInt(high) << 32n) | BigInt(low)}`;
      throw this.#corrupt(this.#offset(this.#parsed), `sequence ${sequence}`, found);
    }
    const bytes =
      RECORD_HEADER_BYTES + this.#joined.readUInt32LE(this.#parsed + RECORD_PAYLOAD_BYTES);
    const room =
      (this.sectorCount - this.#flushFirst) * SECTOR_PAYLOAD_BYTES - this.#flushParsedBytes;
    if (bytes <= room) return bytes;
    const found = `one of ${bytes} bytes`;
    throw this.#corrupt(this.#offset(this.#parsed), `a record of at most ${room} bytes`, found);
  }

  #takeRecord(bytes: number): JournalRecord {
    const begin = this.#parsed;
    const record = this.#joined.subarray(begin, begin + bytes);
    record.copy(this.#storedHash, 0, 0, HASH_BYTES);
    record.set(this.#hash, 0);
    const digest = hash("sha256", record, "buffer");
    if (!digest.equals(this.#storedHash)) {
      const stored = this.#storedHash.toString("hex");
      throw this.#corrupt(this.#offset(begin), `record hash ${digest.toString("hex")}`, stored);
    }
    this.#sequence++;
    this.#hash = Buffer.from(digest); // the record is the reader's to change
    this.#parsed += bytes;
    this.#flushParsedBytes += bytes;
    return {
      sequence: this.#sequence,
      payload: record.subarray(RECORD_HEADER_BYTES),
      hash: digest,
    };
  }

  /** Byte of the file that stands at `position` of the joined payloads, which is in this flush. */
  #offset(position: number): number {
    const inFlush = this.#flushParsedBytes + position - this.#parsed;
    const sector = this.#flushFirst + Math.floor(inFlush / SECTOR_PAYLOAD_BYTES);
    return sector * SECTOR_BYTES + SECTOR_FRAME_BYTES + (inFlush % SECTOR_PAYLOAD_BYTES);
  }

  /** Makes room for `bytes` more, moving only the record in progress. */
  #reserve(bytes: number): void {
    if (this.#joined.length - this.#filled >= bytes) return;
    const open = this.#joined.subarray(this.#parsed, this.#filled);
    const next = Buffer.allocUnsafeSlow(Math.max(open.length, this.#awaitedBytes) + bytes);
    next.set(open, 0);
    this.#joined = next;
    this.#filled = open.length;
    this.#parsed = 0;
  }

  #corrupt(offset: number, expected: string, found: string): StorageFault {
    const { path } = this.origin;
    return storageFault({ code: "JOURNAL_CORRUPT", path, offset, expected, found });
  }
}
