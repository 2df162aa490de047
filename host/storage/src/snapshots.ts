import type { StorageFault } from "./storage-fault.ts";

/** What a snapshot is a snapshot of. Hashes are 32 bytes. */
export interface SnapshotMark {
  /** The last journal record whose effects it contains, 0 before the first. */
  readonly sequence: number;
  /** Hash of the state, which the loader computes again. */
  readonly stateHash: Uint8Array;
  /** Hash of that journal record, so that a snapshot of another journal is noticed. */
  readonly journalHash: Uint8Array;
}

export interface Snapshot extends SnapshotMark {
  /** The joined chunks that were saved. The caller's to keep. */
  readonly content: Uint8Array;
}

export interface LatestSnapshot {
  /** Undefined if there is no valid snapshot. */
  readonly snapshot: Snapshot | undefined;
  /** One for every newer snapshot that was passed over. */
  readonly warnings: readonly StorageFault[];
}

/** A stored snapshot, to be read in parts. */
export interface StoredContent extends AsyncDisposable {
  readonly contentBytes: number;
  /**
   * Reads the content from `position` on into all of `target`.
   *
   * Errors   SNAPSHOT_CORRUPT where it ends before, STORAGE_IO. What is read is not verified.
   */
  read(target: Uint8Array, position: number): Promise<void>;
}

/** Copies of the state as one may look at them. */
export interface SnapshotsReader {
  /**
   * Loads and verifies the newest snapshot that is intact, of those of `atMostSequence` and before.
   *
   * Errors   STORAGE_NETWORK_MISMATCH, STORAGE_VERSION_UNKNOWN. Damage is a warning, see there.
   */
  latest(atMostSequence?: number): Promise<LatestSnapshot>;

  /** Sequences of those that are stored, intact or not, the highest first. Errors: STORAGE_IO. */
  list(): Promise<readonly number[]>;

  /**
   * Opens a snapshot to read it in parts; undefined where it is not there any more. Who has it open keeps it, though later
   * ones push it out.
   *
   * Errors   those of `latest`, and SNAPSHOT_CORRUPT, STORAGE_IO.
   */
  open(sequence: number): Promise<StoredContent | undefined>;
}

/** Copies of the state, from which recovery starts so as to replay only the journal's end. */
export interface Snapshots extends SnapshotsReader {
  /**
   * Stores a snapshot, all of it or nothing, then removes those that are not to be kept.
   *
   * Shape    `chunks` of any size, joined; taken one after the other and left unchanged by the
   *          caller until this resolves.
   * Effects  durable when it resolves. Yields to the event loop about every millisecond. Calls
   *          are carried out one after the other.
   * Errors   STORAGE_FULL, STORAGE_IO: the older snapshots are still there.
   */
  save(mark: SnapshotMark, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
}
