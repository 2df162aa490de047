import type { StorageFault } from "./storage-fault.ts";

/**
 * When an append counts as done:
 * `strict`  its own write has reached the disk, and the next write starts only then;
 * `group`   a write that it shares with the records queued beside it has reached the disk;
 * `memory`  room for it is certain; a crash may lose the newest records, never an older one alone.
 */
export type JournalMode = "strict" | "group" | "memory";

/** Buffers are the reader's to keep. `hash` is the head of the hash chain after this record. */
export interface JournalRecord {
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly hash: Uint8Array;
}

/** What a journal tells its operator, besides rejecting calls. */
export type JournalEvent =
  /** A crash had cut the last write short. None of it was acknowledged, and it has been erased. */
  | {
      readonly name: "journal.torn";
      readonly path: string;
      readonly offset: number;
      readonly sectorCount: number;
    }
  | { readonly name: "journal.rolled"; readonly path: string; readonly firstSequence: number }
  | { readonly name: "journal.full"; readonly fault: StorageFault }
  | { readonly name: "journal.resumed"; readonly path: string }
  | { readonly name: "journal.failed"; readonly fault: StorageFault };

/** What a journal tells whoever looks at it. */
export interface JournalReader extends AsyncDisposable {
  /** Sequence of the newest acknowledged record, 0 in an empty journal. */
  readonly lastSequence: number;
  /** Sequence of the oldest record that is held: 1 unless older ones have been let go. */
  readonly firstSequence: number;
  /** Hash of the newest acknowledged record, the network hash in an empty journal. A copy. */
  readonly lastHash: Uint8Array;

  /**
   * Yields, verified, every record from `fromSequence` to the newest one acknowledged before the
   * first step. Safe beside appends.
   *
   * Errors   JOURNAL_CORRUPT, JOURNAL_SEQUENCE_ABSENT (it begins beyond the end, or with what was let go),
   *          JOURNAL_CLOSED.
   */
  read(fromSequence: number): AsyncIterable<JournalRecord>;

  /**
   * Writes what is queued and releases the journal. Calling again waits for the same end.
   *
   * Errors   STORAGE_IO where an acknowledged record could not be written (`memory` mode only).
   */
  close(): Promise<void>;
}

/** An append-only, hash-chained log of opaque payloads with exactly one writer. */
export interface Journal extends JournalReader {
  readonly mode: JournalMode;

  /**
   * Adds a record and resolves with its sequence once it is durable in the journal's mode.
   *
   * Shape    `payload` is copied before this returns. Resolutions come in order of the calls.
   * Units    sequences count from 1 without gaps.
   * Effects  a rejected record leaves no trace, and everything queued behind it is rejected too.
   * Errors   JOURNAL_BUSY (queue full: try again later), STORAGE_FULL (resumes by itself),
   *          JOURNAL_RECORD_TOO_LARGE, JOURNAL_CLOSED, STORAGE_IO (fatal: of no use any more).
   */
  append(payload: Uint8Array): Promise<number>;

  /**
   * Waits until every record appended before is on disk or rejected: what to do about
   * JOURNAL_BUSY, and before relying on the disk in `memory` mode.
   *
   * Errors   STORAGE_IO where an acknowledged record could not be written (`memory` mode only).
   */
  flush(): Promise<void>;

  /**
   * Lets go of records before `beforeSequence`, oldest first, as far as that frees room and nobody reads them. A crash at
   * any point leaves a journal that begins somewhere before it.
   *
   * Effects  `firstSequence` rises, perhaps not all the way. The newest record stays.
   * Errors   STORAGE_IO.
   */
  prune(beforeSequence: number): Promise<void>;
}
