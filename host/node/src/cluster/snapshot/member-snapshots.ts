import { Fault } from "@rialto/base";
import type { Committee } from "@rialto/consensus";
import { openSnapshot, type SnapshotContent } from "@rialto/replica";
import {
  type FileOperations,
  openFileSnapshots,
  type SnapshotMark,
  type Snapshots,
} from "@rialto/storage";
import { openFrameState } from "../frame-engine.ts";
import { sha256 } from "../genesis.ts";

// The snapshots of a member. Their sequence is the index of a commit, their journal hash that commit's digest.

/** Kept at a time: the newest, and the one before in case that the newest is damaged. */
export const SNAPSHOTS_KEPT = 2;

/** A snapshot that a member can begin with. */
export interface MemberStart extends SnapshotContent {
  /** Of the last batch that its engine has executed. */
  readonly sequence: number;
  /** The engine's own snapshot. */
  readonly engine: Uint8Array;
}

export interface MemberSnapshotsOptions {
  readonly directory: string;
  readonly committee: Committee;
  readonly warn: (warning: Fault<{ readonly code: string }>) => void;
  readonly files?: FileOperations;
}

/** What a member has on its disk to begin with, besides the journal. */
export class MemberSnapshots {
  readonly #options: MemberSnapshotsOptions;
  readonly #snapshots: Snapshots;

  private constructor(options: MemberSnapshotsOptions, snapshots: Snapshots) {
    this.#options = options;
    this.#snapshots = snapshots;
  }

  /** Opens the snapshots in a directory. Errors: STORAGE_IO. */
  static async open(options: MemberSnapshotsOptions): Promise<MemberSnapshots> {
    const { directory, committee, files } = options;
    const snapshots = await openFileSnapshots({
      directory,
      networkHash: committee.hash,
      keep: SNAPSHOTS_KEPT,
      ...(files === undefined ? {} : { files }),
    });
    return new MemberSnapshots(options, snapshots);
  }

  /** Stores a snapshot and lets go of the third newest. Errors: STORAGE_FULL, STORAGE_IO: the older ones are there. */
  async save(
    mark: SnapshotMark,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    await this.#snapshots.save(mark, pieces);
  }

  /**
   * The newest snapshot that is whole and that `isOfUse`; each that is not whole is warned of.
   *
   * Errors   STORAGE_NETWORK_MISMATCH, STORAGE_VERSION_UNKNOWN.
   */
  async findStart(isOfUse: (start: MemberStart) => boolean): Promise<MemberStart | undefined> {
    const { committee, warn } = this.#options;
    for (let atMost = Infinity; ;) {
      const { snapshot, warnings } = await this.#snapshots.latest(atMost);
      for (const warning of warnings) warn(warning);
      if (snapshot === undefined) return undefined;
      const content = openSnapshot(snapshot.content, committee, sha256);
      if (content instanceof Fault) warn(content);
      else {
        const start = { ...content, ...openFrameState(content.executor) };
        if (isOfUse(start)) return start;
      }
      atMost = snapshot.sequence - 1;
    }
  }
}
