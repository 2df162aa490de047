/** How far apart checkpoints and snapshots are. The same for all members. */
export interface CheckpointSpacing {
  /** Commits from one checkpoint to the next at most. */
  readonly checkpointEvery: number;
  /**
   * A commit that leaves something unsigned is a checkpoint where so much time, by the order's clock, has passed since
   * the last one. Left out: by commits alone.
   */
  readonly checkpointMs?: number;
  /** At a checkpoint a snapshot is due after so many commits, or so many bytes of frames. Left out: never. */
  readonly snapshotCommits?: number;
  readonly snapshotBytes?: number;
}

/** What the rule looks at of a commit. */
export interface CommitContent {
  readonly tsMs: number;
  /** Of the frames in its blocks. */
  readonly frameBytes: number;
}

/** What is due after a commit. A snapshot is taken at checkpoints alone. */
export interface Due {
  readonly isCheckpoint: boolean;
  readonly isSnapshot: boolean;
}

/**
 * Says after which commits there are checkpoints and snapshots.
 *
 * Invariant: a function of the order alone, so that all members sign the same commits: it counts commits and what is in
 * them, and reads no clock but the order's. At a snapshot it begins anew, so who goes on from one needs only its time. The end of
 * an epoch is a checkpoint whatever its index, and a snapshot: who comes later begins there.
 * Source   docs/protocol/consensus.md §10.
 */
export class CheckpointRule {
  readonly #spacing: CheckpointSpacing;
  #lastMs: number;
  #commits = 0;
  #hasContent = false;
  #snapshotCommits = 0;
  #snapshotBytes = 0;

  /** `lastMs` is the time of the snapshot that the order goes on from, 0 at its beginning. */
  constructor(spacing: CheckpointSpacing, lastMs = 0) {
    this.#spacing = spacing;
    this.#lastMs = lastMs;
  }

  /** Takes note of the next commit. `isLast` of an epoch. */
  note({ tsMs, frameBytes }: CommitContent, isLast = false): Due {
    const { checkpointEvery, checkpointMs = Infinity } = this.#spacing;
    this.#commits++;
    this.#snapshotCommits++;
    this.#snapshotBytes += frameBytes;
    this.#hasContent ||= frameBytes > 0;
    const isTime = this.#hasContent && tsMs >= this.#lastMs + checkpointMs;
    if (this.#commits < checkpointEvery && !isTime && !isLast) {
      return { isCheckpoint: false, isSnapshot: false };
    }
    this.#commits = 0;
    this.#hasContent = false;
    this.#lastMs = tsMs;
    return { isCheckpoint: true, isSnapshot: this.#takeSnapshot(isLast) };
  }

  #takeSnapshot(isLast: boolean): boolean {
    const { snapshotCommits = Infinity, snapshotBytes = Infinity } = this.#spacing;
    const hasAny = snapshotCommits < Infinity || snapshotBytes < Infinity;
    const isDue = this.#snapshotCommits >= snapshotCommits || this.#snapshotBytes >= snapshotBytes;
    if (!isDue && !(isLast && hasAny)) return false;
    this.#snapshotCommits = 0;
    this.#snapshotBytes = 0;
    return true;
  }
}
