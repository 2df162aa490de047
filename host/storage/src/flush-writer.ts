import type { AppendQueue } from "./append-queue.ts";
import type { StoredFile } from "./file-operations.ts";
import {
  encodeSectorPlace,
  FLUSH_LAST,
  SECTOR_BYTES,
  SECTOR_FRAME_BYTES,
  SECTOR_PAYLOAD_BYTES,
  sectorsFor,
} from "./journal-layout.ts";
import { CHUNK_SECTORS, SectorBuffer } from "./sector-buffer.ts";

/** Where a flush goes. */
export interface FlushPlace {
  readonly file: StoredFile;
  readonly segment: number;
  readonly seed: number;
  readonly firstSector: number;
}

/** Frames queued records into sectors and writes them. Allocates nothing per flush. */
export class FlushWriter {
  readonly #sectors = new SectorBuffer(CHUNK_SECTORS);
  /** The record to frame next, counted from the oldest queued, and its first byte not framed. */
  #recordIndex = 0;
  #recordOffset = 0;

  /**
   * Writes the oldest `recordCount` records as one flush.
   *
   * Units    `flushBytes` is the sum of their sizes.
   * Effects  resolves when all of it is durable; reads the queue's memory until then.
   * Errors   STORAGE_IO.
   */
  async write(
    place: FlushPlace,
    queue: AppendQueue,
    recordCount: number,
    flushBytes: number,
  ): Promise<void> {
    this.#recordIndex = 0;
    this.#recordOffset = 0;
    const endSector = place.firstSector + sectorsFor(flushBytes);
    for (let sector = place.firstSector; sector < endSector; sector += CHUNK_SECTORS) {
      const count = Math.min(CHUNK_SECTORS, endSector - sector);
      for (let index = 0; index < count; index++) {
        this.#fillPayload(index, queue, recordCount);
        const isLast = sector + index === endSector - 1;
        const flushWord = place.firstSector + (isLast ? FLUSH_LAST : 0);
        const offset = index * SECTOR_BYTES;
        encodeSectorPlace(this.#sectors.view, offset, place.segment, sector + index, flushWord);
        this.#sectors.seal(index, place.seed);
      }
      await place.file.write(this.#sectors.bytes, count * SECTOR_BYTES, sector * SECTOR_BYTES);
    }
  }

  #fillPayload(index: number, queue: AppendQueue, recordCount: number): void {
    const bytes = this.#sectors.bytes;
    let position = index * SECTOR_BYTES + SECTOR_FRAME_BYTES;
    const end = position + SECTOR_PAYLOAD_BYTES;
    while (position < end && this.#recordIndex < recordCount) {
      const record = queue.at(this.#recordIndex);
      const begin = record.offset + this.#recordOffset;
      const count = Math.min(end - position, record.bytes - this.#recordOffset);
      queue.memory.copy(bytes, position, begin, begin + count);
      position += count;
      this.#recordOffset += count;
      if (this.#recordOffset === record.bytes) {
        this.#recordIndex++;
        this.#recordOffset = 0;
      }
    }
    bytes.fill(0, position, end);
  }
}
