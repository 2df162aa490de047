import type { FileOperations, StoredFile } from "./file-operations.ts";
import { SECTOR_BYTES, type SectorPlace, type SegmentHeader } from "./journal-layout.ts";
import type { JournalRecord } from "./journal.ts";
import { CHUNK_SECTORS, inspectSector, SectorBuffer } from "./sector-buffer.ts";
import { SegmentDecoder, type SegmentEnd } from "./segment-decoder.ts";
import type { SegmentMarks } from "./segment-marks.ts";
import { storageFault, type StorageFault } from "./storage-fault.ts";

/** A segment that has a header. */
export interface SegmentFile {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly marks: SegmentMarks;
}

/**
 * What a reader knows of the segment's end:
 * `sealed`   another segment follows, so its last flush is whole and only zeros come after it;
 * `newest`   a crash may have cut its last flush short; nothing comes after that;
 * a number   the writer vouches for all sectors before this one; what follows is not looked at.
 */
export type SegmentExtent = "sealed" | "newest" | number;

/** A flush that a crash cut short: at least one of its sectors was never written. */
export interface TornFlush {
  readonly flushFirst: number;
  /** One past the last of its sectors that was written. */
  readonly endSector: number;
  /** How many of its sectors were written. */
  readonly sectorCount: number;
}

/** Reads one segment from its first sector on, or from the end of a flush, verifying every byte from there within its extent. */
export class SegmentCursor {
  /** Set once `next` has returned false on a `newest` segment with a torn end. */
  torn: TornFlush | undefined = undefined;

  readonly #file: StoredFile;
  readonly #extent: SegmentExtent;
  readonly #decoder: SegmentDecoder;
  readonly #sectors: SectorBuffer;
  readonly #endSector: number;

  constructor(
    file: StoredFile,
    header: SegmentHeader,
    extent: SegmentExtent,
    start: SegmentEnd | undefined,
  ) {
    this.#file = file;
    this.#extent = extent;
    this.#decoder = new SegmentDecoder(file.path, header, start);
    this.#endSector = typeof extent === "number" ? extent : this.#decoder.sectorCount;
    this.#sectors = new SectorBuffer(Math.min(CHUNK_SECTORS, this.#decoder.sectorCount));
  }

  /** Where the last complete flush ends. Final once `next` has returned false. */
  get end(): SegmentEnd {
    return this.#decoder.end;
  }

  /**
   * Reads on, appending records. False once the extent is read and found correct.
   *
   * Effects  in a `newest` segment, records of a flush that proves torn may have been appended.
   * Errors   JOURNAL_CORRUPT, STORAGE_IO.
   */
  async next(records: JournalRecord[]): Promise<boolean> {
    const decoder = this.#decoder;
    const count = await this.#readFrom(decoder.sector, this.#endSector);
    const decoded = decoder.decode(this.#sectors, count, records);
    if (decoded === count && decoder.sector < this.#endSector) return true;
    if (this.#extent === "newest") await this.#checkNewestTail();
    else await this.#checkTail();
    return false;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** All flushes are whole and, in a `sealed` segment, followed by zeros. */
  async #checkTail(): Promise<void> {
    const { sector, isInsideFlush } = this.#decoder;
    const isShort = typeof this.#extent === "number" && sector < this.#endSector;
    if (isInsideFlush || isShort) throw this.#missing(sector, "the rest of a durable flush");
    for (let first = sector; first < this.#endSector;) {
      const count = await this.#readFrom(first, this.#endSector);
      const position = this.#sectors.findWritten(0, count);
      if (position !== -1) {
        this.#failBeyondEnd(first, position);
      }
      first += count;
    }
  }

  /** The last flush is whole and followed by zeros, or torn and followed by zeros. */
  async #checkNewestTail(): Promise<void> {
    const { sector, sectorCount, isInsideFlush, end } = this.#decoder;
    if (sector === sectorCount && isInsideFlush) {
      throw this.#missing(sector, "the end of a flush that reaches the end of the file");
    }
    let written = sector - end.sector;
    let endSector = sector;
    let isEnded = false;
    for (let first = sector; first < sectorCount;) {
      const count = await this.#readFrom(first, sectorCount);
      if (this.#sectors.findWritten(0, count) !== -1) {
        for (let index = 0; index < count; index++) {
          const place = inspectSector(this.#sectors, index, this.#decoder.origin, first + index);
          if (place === undefined) continue;
          this.#checkTornSector(place, isEnded);
          isEnded = place.isLast;
          written++;
          endSector = first + index + 1;
        }
      }
      first += count;
    }
    if (written === 0) return;
    this.torn = { flushFirst: end.sector, endSector, sectorCount: written };
  }

  /** A written sector behind an unwritten one is believable only as part of the same, last flush. */
  #checkTornSector(place: SectorPlace, isEnded: boolean): void {
    const { sector, end } = this.#decoder;
    if (place.flushFirst > end.sector) {
      throw this.#missing(sector, `a sector written before the flush at ${place.flushFirst}`);
    }
    if (place.flushFirst === end.sector && !isEnded) return;
    throw storageFault({
      code: "JOURNAL_CORRUPT",
      path: this.#file.path,
      offset: place.sector * SECTOR_BYTES,
      expected: `zeros or the flush that begins at sector ${end.sector}`,
      found: `a sector of the flush at sector ${place.flushFirst}`,
    });
  }

  #failBeyondEnd(first: number, position: number): never {
    const index = Math.floor(position / SECTOR_BYTES);
    const place = inspectSector(this.#sectors, index, this.#decoder.origin, first + index);
    const found = place === undefined ? "none" : `one of the flush at sector ${place.flushFirst}`;
    throw this.#missing(this.#decoder.sector, `a sector, because ${found} follows`);
  }

  #missing(sector: number, expected: string): StorageFault {
    const { path } = this.#file;
    const offset = sector * SECTOR_BYTES;
    return storageFault({ code: "JOURNAL_CORRUPT", path, offset, expected, found: "zeros" });
  }

  /** Fills the buffer with sectors from `first` and returns their number. */
  async #readFrom(first: number, end: number): Promise<number> {
    const count = Math.min(end - first, this.#sectors.sectorCount);
    const bytes = count * SECTOR_BYTES;
    const read = await this.#file.read(this.#sectors.bytes, bytes, first * SECTOR_BYTES);
    if (read === bytes) return count;
    throw storageFault({
      code: "JOURNAL_CORRUPT",
      path: this.#file.path,
      offset: first * SECTOR_BYTES + read,
      expected: "the rest of the segment",
      found: "the end of the file",
    });
  }
}

/** Opens `segment` for reading, from `start` on if there is one. The caller closes the cursor. */
export async function openSegmentCursor(
  files: FileOperations,
  segment: SegmentFile,
  extent: SegmentExtent,
  start?: SegmentEnd,
): Promise<SegmentCursor> {
  const file = await files.open(segment.path, "read");
  return new SegmentCursor(file, segment.header, extent, start);
}
