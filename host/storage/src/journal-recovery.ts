import type { FileOperations } from "./file-operations.ts";
import { SECTOR_BYTES } from "./journal-layout.ts";
import type { JournalRecord } from "./journal.ts";
import { openSegmentCursor, type SegmentFile, type TornFlush } from "./segment-cursor.ts";
import type { SegmentEnd } from "./segment-decoder.ts";
import { SegmentMarks } from "./segment-marks.ts";
import {
  checkBlank,
  checkContinues,
  listSegments,
  readSegmentHeader,
  segmentPath,
} from "./segment-files.ts";
import { CHUNK_SECTORS } from "./sector-buffer.ts";
import { storageFault } from "./storage-fault.ts";

export interface SurveyOptions {
  readonly files: FileOperations;
  readonly directory: string;
  readonly networkHash: Uint8Array;
  /** `all` reads every byte; `tail` reads the newest segment and every header. */
  readonly verify: "all" | "tail";
  /** False where a journal begins with its first segment, or is damaged. */
  readonly mayBePruned: boolean;
}

export interface RecoveryOptions extends SurveyOptions {
  readonly segmentBytes: number;
}

/** A journal directory as a crash or a close left it, found correct. */
export interface JournalSurvey {
  /** Segments with a header, oldest first. */
  readonly segments: readonly SegmentFile[];
  /** End of the newest of them, undefined if there is none. */
  readonly end: SegmentEnd | undefined;
  readonly torn: TornFlush | undefined;
  /** The prepared segment that comes next, if there is one. */
  readonly spare: { readonly segment: number; readonly segmentBytes: number } | undefined;
  /** Files that a crash left half made. */
  readonly unfinished: readonly string[];
}

/**
 * Reads and judges a journal directory.
 *
 * Effects  reads only.
 * Errors   JOURNAL_CORRUPT, JOURNAL_SEGMENT_MISSING, STORAGE_VERSION_UNKNOWN,
 *          STORAGE_NETWORK_MISMATCH, STORAGE_IO.
 * Invariant: each file is accepted only in a state that some crash of a correct writer leaves, a spare of any size.
 */
export async function surveyJournal(options: SurveyOptions): Promise<JournalSurvey> {
  const { files, directory, networkHash } = options;
  const listed = await listSegments(files, directory);
  checkGapless(options, listed.segments);

  const segments: SegmentFile[] = [];
  let spare: JournalSurvey["spare"];
  for (const segment of listed.segments) {
    const found = await readSegmentHeader(files, directory, segment, networkHash);
    const path = segmentPath(directory, segment);
    if (found.kind === "header") {
      segments.push({ path, header: found.header, marks: new SegmentMarks() });
    } else if (segment === listed.segments.at(-1)) spare = { segment, ...found };
    else {
      const expected = "a header, as later segments exist";
      throw storageFault({ code: "JOURNAL_CORRUPT", path, offset: 0, expected, found: "zeros" });
    }
  }
  // It may be of any size: as segments were to be before, or as another program, which looked at the journal, makes them.
  if (spare !== undefined) {
    await checkBlank(files, segmentPath(directory, spare.segment), spare.segmentBytes);
  }
  const newest = await verifySegments(options, segments);
  return { segments, ...newest, spare, unfinished: listed.unfinished };
}

/**
 * Brings a surveyed directory into the state that appending starts from, durably.
 *
 * Effects  Removes half-made files and a spare of another size, erases a torn flush and writes the
 *          last whole one again: after a failed sync or a kill it may exist only in the kernel's
 *          cache, where a new sync would not notice. Same bytes, same place, so that a crash at
 *          any step leaves what was there before; a torn flush stays torn until it is all zero.
 * Errors   STORAGE_IO.
 */
export async function repairJournal(
  options: RecoveryOptions,
  survey: JournalSurvey,
): Promise<JournalSurvey> {
  const { files, directory, segmentBytes } = options;
  for (const path of survey.unfinished) await files.remove(path);
  let { spare } = survey;
  if (spare !== undefined && spare.segmentBytes !== segmentBytes) {
    await files.remove(segmentPath(directory, spare.segment));
    spare = undefined;
  }
  await files.syncDirectory(directory);

  const newest = survey.segments.at(-1);
  if (newest !== undefined && survey.end !== undefined) {
    await rewriteEnd(files, newest.path, survey.end, survey.torn);
  }
  return { ...survey, spare, torn: undefined, unfinished: [] };
}

function checkGapless(
  { directory, mayBePruned }: SurveyOptions,
  segments: readonly number[],
): void {
  const first = mayBePruned ? (segments[0] ?? 1) : 1;
  for (const [index, segment] of segments.entries()) {
    if (segment === first + index) continue;
    const path = segmentPath(directory, first + index);
    throw storageFault({ code: "JOURNAL_SEGMENT_MISSING", path });
  }
}

async function verifySegments(
  options: SurveyOptions,
  segments: readonly SegmentFile[],
): Promise<Pick<JournalSurvey, "end" | "torn">> {
  const { files, networkHash, verify } = options;
  let end: SegmentEnd | undefined;
  for (const [index, segment] of segments.entries()) {
    const isNewest = index === segments.length - 1;
    const previous = segments[index - 1];
    // What a later one continues has been let go.
    if (previous === undefined && segment.header.segment === 1) {
      checkContinues(segment.path, segment.header, { sequence: 0, hash: networkHash });
    } else if (end !== undefined) {
      checkContinues(segment.path, segment.header, end);
    }
    end = undefined;
    if (verify === "tail" && !isNewest) continue;

    const cursor = await openSegmentCursor(files, segment, isNewest ? "newest" : "sealed");
    try {
      const records: JournalRecord[] = [];
      while (await cursor.next(records)) {
        records.length = 0;
        segment.marks.note(cursor.end);
      }
    } finally {
      await cursor.close();
    }
    ({ end } = cursor);
    if (isNewest) return { end, torn: cursor.torn };
  }
  return { end: undefined, torn: undefined };
}

async function rewriteEnd(
  files: FileOperations,
  path: string,
  end: SegmentEnd,
  torn: TornFlush | undefined,
): Promise<void> {
  const file = await files.open(path, "durable");
  try {
    const chunk = Buffer.alloc(CHUNK_SECTORS * SECTOR_BYTES);
    if (torn !== undefined) {
      for (let sector = torn.flushFirst; sector < torn.endSector; sector += CHUNK_SECTORS) {
        const count = Math.min(CHUNK_SECTORS, torn.endSector - sector);
        await file.write(chunk, count * SECTOR_BYTES, sector * SECTOR_BYTES);
      }
    }
    // A segment without a flush has just been begun: its header is what was written last.
    const first = end.flushFirst;
    const endSector = first === 0 ? 1 : end.sector;
    for (let sector = first; sector < endSector; sector += CHUNK_SECTORS) {
      const bytes = Math.min(CHUNK_SECTORS, endSector - sector) * SECTOR_BYTES;
      const read = await file.read(chunk, bytes, sector * SECTOR_BYTES);
      await file.write(chunk, read, sector * SECTOR_BYTES);
    }
  } finally {
    await file.close();
  }
}
