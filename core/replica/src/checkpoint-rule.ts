/** How far apart checkpoints and snapshots are. The same for all members. */
export interface CheckpointSpacing {
  /** Commits from one checkpoint to the next at most. */
  readonly checkpointEvery: number;
  /**
   * A commit that leaves something unsigned is a checkpoint where so much time, by the order's clock, has passed since
   * the last one. Left out: by commits alone.
   */
  readonly checkpointMs?: number;
  /**
   * Time, by the order's clock, from one checkpoint that is signed with ML-DSA-65 too to the next, where something was
   * executed. Left out: all are.
   */
  readonly quantumMs?: number;
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

/** What is due after a commit. What is signed with ML-DSA-65 too, and where a snapshot is taken, are checkpoints alone. */
export interface Due {
  readonly isCheckpoint: boolean;
  readonly isQuantum: boolean;
  readonly isSnapshot: boolean;
}

const NOTHING_DUE: Due = { isCheckpoint: false, isQuantum: false, isSnapshot: false };

/** What has come since the last checkpoint of a kind. */
interface Since {
  /** When that was, by the order's clock. */
  readonly lastMs: number;
  /** Whether any commit since holds a frame. */
  hasFrames: boolean;
}

/**
 * Says after which commits there are checkpoints and snapshots, and which of them are signed with ML-DSA-65 too.
 *
 * Invariant: a function of the order alone, so that all members sign the same commits: it counts commits and what is in
 * them, and reads no clock but the order's. At a snapshot it begins anew, so who goes on from one needs only its time: it is
 * signed in both ways. So is the end of an epoch, a checkpoint whatever its index, and a snapshot: who comes later begins there.
 * Source   docs/protocol/consensus.md §10.
 */
export class CheckpointRule {
  readonly #spacing: CheckpointSpacing;
  #checkpoint: Since;
  #quantum: Since;
  #commits = 0;
  #snapshotCommits = 0;
  #snapshotBytes = 0;

  /** `lastMs` is the time of the snapshot that the order goes on from, 0 at its beginning. */
  constructor(spacing: CheckpointSpacing, lastMs = 0) {
    this.#spacing = spacing;
    this.#checkpoint = { lastMs, hasFrames: false };
    this.#quantum = { lastMs, hasFrames: false };
  }

  /** Takes note of the next commit. `isLast` of an epoch. */
  note({ tsMs, frameBytes }: CommitContent, isLast = false): Due {
    const { checkpointEvery, checkpointMs, quantumMs } = this.#spacing;
    this.#count(frameBytes);
    const isTime =
      isOverdue(this.#checkpoint, tsMs, checkpointMs) || isOverdue(this.#quantum, tsMs, quantumMs);
    if (this.#commits < checkpointEvery && !isTime && !isLast) return NOTHING_DUE;
    this.#commits = 0;
    this.#checkpoint = { lastMs: tsMs, hasFrames: false };
    const isSnapshot = this.#takeSnapshot(isLast);
    const isAlways = quantumMs === undefined || isLast || isSnapshot;
    const isQuantum = isAlways || tsMs >= this.#quantum.lastMs + quantumMs;
    if (isQuantum) this.#quantum = { lastMs: tsMs, hasFrames: false };
    return { isCheckpoint: true, isQuantum, isSnapshot };
  }

  #count(frameBytes: number): void {
    this.#commits++;
    this.#snapshotCommits++;
    this.#snapshotBytes += frameBytes;
    if (frameBytes === 0) return;
    this.#checkpoint.hasFrames = true;
    this.#quantum.hasFrames = true;
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

/** True where something has waited for so long. Without a bound it never has. */
function isOverdue({ lastMs, hasFrames }: Since, tsMs: number, boundMs = Infinity): boolean {
  return hasFrames && tsMs >= lastMs + boundMs;
}
