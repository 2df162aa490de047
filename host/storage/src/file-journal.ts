import { assert } from "@rialto/base";
import { type FileOperations, nodeFiles } from "./file-operations.ts";
import {
  HASH_BYTES,
  RECORD_HEADER_BYTES,
  SECTOR_BYTES,
  SEGMENT_BYTES_MAX,
  SEGMENT_BYTES_MIN,
} from "./journal-layout.ts";
import { repairJournal, surveyJournal } from "./journal-recovery.ts";
import { JournalWriter } from "./journal-writer.ts";
import type { Journal, JournalEvent, JournalMode } from "./journal.ts";
import { beginSegment, prepareSegment, segmentPath, SLICE_BYTES_MAX } from "./segment-files.ts";
import { isOutOfSpace, storageFault } from "./storage-fault.ts";
import { acquireWriterLock } from "./writer-lock.ts";

export const SEGMENT_BYTES_DEFAULT = 0x400_0000;
export const QUEUE_BYTES_DEFAULT = 0x100_0000;
const SPACE_RETRY_MS_DEFAULT = 1_000;
export interface FileJournalOptions {
  /** Belongs to this journal alone. Created if it is absent. */
  readonly directory: string;
  /** 32 bytes. A journal of another network is refused. */
  readonly networkHash: Uint8Array;
  readonly mode: JournalMode;
  /** Size of new segments, a multiple of 512. A record has to fit into one. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Bytes of records that may wait for the disk. Default 16 MiB. */
  readonly queueBytes?: number;
  /**
   * `all` (default) verifies every byte before opening. `tail` verifies headers and the newest
   * segment, and leaves the others to `read`: for those who replay everything anyway.
   */
  readonly verify?: "all" | "tail";
  /** Time between attempts to prepare a segment on a full disk. Default 1,000. */
  readonly spaceRetryMs?: number;
  /** True where older segments may have been let go: what it begins with is then for its owner to judge. Default false. */
  readonly mayBePruned?: boolean;
  readonly observe?: (event: JournalEvent) => void;
  readonly files?: FileOperations;
}

/**
 * Opens the journal in a directory, recovering it from whatever a crash left there.
 *
 * Effects  locks the directory until `close`; creates the first segment; erases a torn flush.
 * Errors   JOURNAL_CORRUPT, JOURNAL_SEGMENT_MISSING, JOURNAL_LOCKED, STORAGE_VERSION_UNKNOWN,
 *          STORAGE_NETWORK_MISMATCH, STORAGE_FULL (no room for the first segment), STORAGE_IO.
 * Source   docs/decisions/002-journal-format.md
 */
export async function openFileJournal(options: FileJournalOptions): Promise<Journal> {
  const settled = settleOptions(options);
  const { files, directory } = settled;
  await files.makeDirectory(directory);
  const lock = acquireWriterLock(directory);
  try {
    const survey = await surveyJournal(settled);
    const { torn } = survey;
    const repaired = await repairJournal(settled, survey);
    const segments = [...repaired.segments];
    let { end, spare } = repaired;
    if (torn !== undefined) {
      const offset = torn.flushFirst * SECTOR_BYTES;
      const { path } = segments.at(-1)!;
      settled.observe({ name: "journal.torn", path, offset, sectorCount: torn.sectorCount });
    }
    if (end === undefined) {
      if (spare === undefined) await prepareFirst(settled);
      const first = await beginSegment(settled, 1, { sequence: 0, hash: settled.networkHash });
      await first.file.close();
      segments.push(first.segment);
      end = first.end;
      spare = undefined;
    }
    const newest = segments.at(-1)!;
    const file = await files.open(newest.path, "durable");
    return new JournalWriter(settled, lock, { segments, end, file, hasSpare: spare !== undefined });
  } catch (error) {
    lock.release();
    throw error;
  }
}

type Settled = Required<FileJournalOptions>;

function settleOptions(options: FileJournalOptions): Settled {
  const settled: Settled = {
    segmentBytes: SEGMENT_BYTES_DEFAULT,
    queueBytes: QUEUE_BYTES_DEFAULT,
    verify: "all",
    spaceRetryMs: SPACE_RETRY_MS_DEFAULT,
    mayBePruned: false,
    observe: () => {},
    files: nodeFiles,
    ...options,
  };
  const { segmentBytes, queueBytes, networkHash } = settled;
  assert(segmentBytes % SECTOR_BYTES === 0, "segmentBytes is a multiple of 512");
  assert(segmentBytes >= SEGMENT_BYTES_MIN, "segmentBytes is at least SEGMENT_BYTES_MIN");
  assert(segmentBytes <= SEGMENT_BYTES_MAX, "segmentBytes is at most SEGMENT_BYTES_MAX");
  assert(queueBytes > RECORD_HEADER_BYTES, "queueBytes has room for a record");
  assert(networkHash.length === HASH_BYTES, "networkHash is 32 bytes");
  return { ...settled, networkHash: new Uint8Array(networkHash) };
}

async function prepareFirst(options: Settled): Promise<void> {
  const { files, directory, segmentBytes } = options;
  const path = segmentPath(directory, 1);
  try {
    await prepareSegment(files, path, segmentBytes, async () => SLICE_BYTES_MAX);
  } catch (error) {
    if (!isOutOfSpace(error)) throw error;
    const freeBytes = await files.freeBytes(directory);
    const detail = { code: "STORAGE_FULL", path, freeBytes, neededBytes: segmentBytes } as const;
    throw storageFault(detail, error);
  }
}
