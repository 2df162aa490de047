import { crc32 } from "node:zlib";
import { viewOf } from "@rialto/base";
import {
  decodeSectorPlace,
  describeChecksums,
  SECTOR_BYTES,
  SECTOR_CHECKED,
  type SectorPlace,
} from "./journal-layout.ts";
import { storageFault } from "./storage-fault.ts";

/** Sectors moved by one system call: 1 MiB keeps each step on the event loop near a millisecond. */
export const CHUNK_SECTORS = 2_048;

const ZEROS: Buffer = Buffer.alloc(CHUNK_SECTORS * SECTOR_BYTES);

/** Memory for consecutive sectors, with the views that checksums need made once. */
export class SectorBuffer {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** `checked[index]` is sector `index` without its checksum. */
  readonly #checked: readonly Buffer[];

  constructor(sectorCount: number) {
    this.bytes = Buffer.allocUnsafeSlow(sectorCount * SECTOR_BYTES);
    this.view = viewOf(this.bytes);
    this.#checked = Array.from({ length: sectorCount }, (_, index) =>
      this.bytes.subarray(index * SECTOR_BYTES + SECTOR_CHECKED, (index + 1) * SECTOR_BYTES),
    );
  }

  get sectorCount(): number {
    return this.#checked.length;
  }

  storedChecksum(index: number): number {
    return this.view.getUint32(index * SECTOR_BYTES, true);
  }

  computeChecksum(index: number, seed: number): number {
    return crc32(this.#checked[index]!, seed);
  }

  /** Completes a sector whose other bytes are in place. */
  seal(index: number, seed: number): void {
    this.view.setUint32(index * SECTOR_BYTES, this.computeChecksum(index, seed), true);
  }

  /** Position in this buffer of the first byte of `sectorCount` sectors that is not zero, or -1. */
  findWritten(fromIndex: number, sectorCount: number): number {
    const begin = fromIndex * SECTOR_BYTES;
    const end = begin + sectorCount * SECTOR_BYTES;
    if (this.bytes.compare(ZEROS, 0, end - begin, begin, end) === 0) return -1;
    for (let position = begin; position < end; position++) {
      if (this.bytes[position] !== 0) return position;
    }
    return -1;
  }

  isBlank(index: number): boolean {
    return this.findWritten(index, 1) === -1;
  }
}

/** The segment whose sectors are judged, and the seed of their checksums. */
export interface SectorOrigin {
  readonly path: string;
  readonly segment: number;
  readonly seed: number;
}

/**
 * Judges one data sector on its own: undefined if it was never written, else where it belongs.
 *
 * Shape    `index` is its position in `sectors`, `sector` its number in the segment.
 * Errors   JOURNAL_CORRUPT if its checksum does not hold or it belongs elsewhere.
 */
export function inspectSector(
  sectors: SectorBuffer,
  index: number,
  origin: SectorOrigin,
  sector: number,
): SectorPlace | undefined {
  if (sectors.isBlank(index)) return undefined;
  const { path, segment, seed } = origin;
  const offset = sector * SECTOR_BYTES;
  const expected = sectors.computeChecksum(index, seed);
  const stored = sectors.storedChecksum(index);
  if (expected !== stored) {
    const texts = describeChecksums("sector checksum", expected, stored);
    throw storageFault({ code: "JOURNAL_CORRUPT", path, offset, ...texts });
  }
  const place = decodeSectorPlace(sectors.view, index * SECTOR_BYTES);
  if (place.segment === segment && place.sector === sector) return place;
  throw storageFault({
    code: "JOURNAL_CORRUPT",
    path,
    offset,
    expected: `sector ${sector} of segment ${segment}`,
    found: `sector ${place.sector} of segment ${place.segment}, written to the wrong place`,
  });
}
