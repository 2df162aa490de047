import { SECTOR_BYTES } from "./journal-layout.ts";
import type { SegmentEnd } from "./segment-decoder.ts";

/** Least distance between marks: about what a reader takes in at once. */
const MARK_SECTORS: number = 0x10_0000 / SECTOR_BYTES;

/**
 * Where some flushes of a segment end, as they were written or verified: who wants records from its middle begins there, and not
 * at its first sector. Kept in memory alone.
 */
export class SegmentMarks {
  /** Ascending. */
  readonly #marks: SegmentEnd[] = [];

  /** Notes the end of a flush, where no mark is near. */
  note(end: SegmentEnd): void {
    const at = this.#marks.findLastIndex(({ sector }) => sector <= end.sector) + 1;
    const before = this.#marks[at - 1]?.sector ?? 1;
    const after = this.#marks[at]?.sector ?? Infinity;
    const isNear = end.sector - before < MARK_SECTORS || after - end.sector < MARK_SECTORS;
    if (!isNear) this.#marks.splice(at, 0, end);
  }

  /** The last mark that everything from `sequence` on stands behind; undefined where that is the segment's beginning. */
  before(sequence: number): SegmentEnd | undefined {
    return this.#marks.findLast((mark) => mark.sequence < sequence);
  }
}
