import { assert } from "@rialto/base";
import type { FileOperations } from "./file-operations.ts";
import type { JournalReader, JournalRecord } from "./journal.ts";
import { openSegmentCursor, type SegmentFile } from "./segment-cursor.ts";
import type { SegmentEnd } from "./segment-decoder.ts";
import { checkContinues } from "./segment-files.ts";
import { storageFault } from "./storage-fault.ts";

export interface ReadRange {
  readonly fromSequence: number;
  /** Inclusive. */
  readonly lastSequence: number;
  /** In the newest segment, the first sector that the reader must not look at. */
  readonly endSector: number;
}

/** Errors: JOURNAL_SEQUENCE_ABSENT, thrown, where reading may not begin with that record. */
export function checkHeld(
  sequence: number,
  { firstSequence, lastSequence }: Pick<JournalReader, "firstSequence" | "lastSequence">,
): void {
  assert(Number.isSafeInteger(sequence) && sequence > 0, "sequences count from 1");
  if (sequence >= firstSequence && sequence <= lastSequence + 1) return;
  const range = { sequence, firstSequence, lastSequence };
  throw storageFault({ code: "JOURNAL_SEQUENCE_ABSENT", ...range });
}

/**
 * Yields the records of a range of segments, verified.
 *
 * Effects  marks in the segments where their flushes end, for who reads on from there.
 * Shape    `segments` are consecutive, oldest first.
 * Errors   JOURNAL_CORRUPT, STORAGE_IO.
 */
export async function* readRecords(
  files: FileOperations,
  segments: readonly SegmentFile[],
  range: ReadRange,
): AsyncGenerator<JournalRecord, void, undefined> {
  if (range.fromSequence > range.lastSequence) return;
  const later = segments.findIndex(({ header }) => header.firstSequence > range.fromSequence);
  const first = later === -1 ? segments.length - 1 : later - 1;
  let previous: SegmentEnd | undefined;
  for (const [index, segment] of segments.entries()) {
    if (index < first) continue;
    if (previous !== undefined) checkContinues(segment.path, segment.header, previous);
    const isNewest = index === segments.length - 1;
    const extent = isNewest ? range.endSector : "sealed";
    const start = index === first ? segment.marks.before(range.fromSequence) : undefined;
    const cursor = await openSegmentCursor(files, segment, extent, start);
    try {
      let hasMore = true;
      while (hasMore) {
        const records: JournalRecord[] = [];
        hasMore = await cursor.next(records);
        segment.marks.note(cursor.end);
        for (const record of records) {
          if (record.sequence > range.lastSequence) return;
          if (record.sequence >= range.fromSequence) yield record;
        }
      }
    } finally {
      await cursor.close();
    }
    previous = cursor.end;
  }
}
