import { assert } from "@rialto/base";
import { type FileOperations, nodeFiles } from "./file-operations.ts";
import { HASH_BYTES } from "./journal-layout.ts";
import { type JournalSurvey, surveyJournal } from "./journal-recovery.ts";
import { checkHeld, readRecords } from "./journal-reader.ts";
import type { JournalReader, JournalRecord } from "./journal.ts";
import type { SegmentEnd } from "./segment-decoder.ts";
import { storageFault } from "./storage-fault.ts";
import { acquireReaderLock } from "./writer-lock.ts";

export interface FileJournalReaderOptions {
  /** Must be there. */
  readonly directory: string;
  /** 32 bytes. A journal of another network is refused. */
  readonly networkHash: Uint8Array;
  /** As of `openFileJournal`. Default `all`. */
  readonly verify?: "all" | "tail";
  readonly files?: FileOperations;
}

/**
 * Opens the journal in a directory to look at it. It ends where a start would go on: before a torn flush.
 *
 * Effects  writes nothing, and takes no more than the right to read; keeps writers out until `close`.
 * Errors   JOURNAL_CORRUPT, JOURNAL_SEGMENT_MISSING, JOURNAL_LOCKED, STORAGE_VERSION_UNKNOWN, STORAGE_NETWORK_MISMATCH, STORAGE_IO.
 */
export async function openFileJournalReader(
  options: FileJournalReaderOptions,
): Promise<JournalReader> {
  const { directory, networkHash, verify = "all", files = nodeFiles } = options;
  assert(networkHash.length === HASH_BYTES, "networkHash is 32 bytes");
  const lock = acquireReaderLock(directory);
  try {
    const parts = { files, directory, networkHash, verify, mayBePruned: false };
    const survey = await surveyJournal(parts);
    return new FileJournalReader(files, networkHash, survey, lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

class FileJournalReader implements JournalReader {
  readonly firstSequence: number;
  readonly #files: FileOperations;
  readonly #segments: JournalSurvey["segments"];
  readonly #end: SegmentEnd;
  readonly #lock: Disposable;
  #isClosed = false;

  constructor(
    files: FileOperations,
    networkHash: Uint8Array,
    { segments, end }: JournalSurvey,
    lock: Disposable,
  ) {
    this.firstSequence = segments[0]?.header.firstSequence ?? 1;
    this.#files = files;
    this.#segments = segments;
    this.#end = end ?? { sector: 1, flushFirst: 0, sequence: 0, hash: networkHash };
    this.#lock = lock;
  }

  get lastSequence(): number {
    return this.#end.sequence;
  }

  get lastHash(): Uint8Array {
    return new Uint8Array(this.#end.hash);
  }

  async *read(fromSequence: number): AsyncGenerator<JournalRecord, void, undefined> {
    if (this.#isClosed) throw storageFault({ code: "JOURNAL_CLOSED" });
    checkHeld(fromSequence, this);
    yield* readRecords(this.#files, this.#segments, {
      fromSequence,
      lastSequence: this.lastSequence,
      endSector: this.#end.sector,
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lock[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
