/** Kept at a time in any case: the newest, and the one before in case that the newest is damaged. */
export const SNAPSHOTS_KEPT = 2;
/** Kept beyond these at most, for those who are fetching them. */
export const SNAPSHOTS_HELD_MAX = 2;

export interface KeptSnapshotsSettings {
  /** Who has asked for nothing of a snapshot for so long is not fetching it. */
  readonly idleMs: number;
  /** For so long at most one is kept beyond the newest, whoever goes on asking for it. */
  readonly heldMsMax: number;
}

/** What a member fetches: the snapshot that it asked for something of last. */
interface Asked {
  readonly commitIndex: number;
  readonly atMs: number;
}

/**
 * Which of its snapshots a member keeps: the newest, and a few more as long as somebody is fetching them, for a fetch may take longer
 * than it takes until newer ones have come.
 *
 * Members decide this each by itself. Who fetches asks all that have its snapshot, so all of them keep it, unless others who
 * ask for other ones come before it. A member fetches one at a time, and those come first for whom the fewest have been kept: who
 * asks on and on, so that nothing is left for others, comes last from then on.
 *
 * Shape    snapshots are named by their commits; one question and one count for each peer that has ever asked.
 * Source   docs/protocol/consensus.md §13.
 */
export class KeptSnapshots {
  readonly #settings: KeptSnapshotsSettings;
  /** By peer. */
  readonly #asked = new Map<number, Asked>();
  /** How many have been kept beyond the newest for a peer. */
  readonly #heldCounts = new Map<number, number>();
  /** Since when those that are kept beyond the newest are, and for which peers that has been counted. */
  #held = new Map<number, { readonly sinceMs: number; readonly peers: ReadonlySet<number> }>();

  constructor(settings: KeptSnapshotsSettings) {
    this.#settings = settings;
  }

  /** A peer has asked for a part of a snapshot that is there. */
  noteAsked(peer: number, commitIndex: number, nowMs: number): void {
    this.#asked.set(peer, { commitIndex, atMs: nowMs });
  }

  /**
   * Those to keep of the snapshots that are there; the others are to go. Asking again changes nothing.
   *
   * Returns  the newest first.
   */
  choose(stored: readonly number[], nowMs: number): number[] {
    const sorted = stored.toSorted((left, right) => right - left);
    const older = sorted.slice(SNAPSHOTS_KEPT);
    const wanted = older.filter((commitIndex) => this.#isWanted(commitIndex, nowMs));
    // The older of two with the same claim: it has been fetched for longer.
    const first = wanted.toSorted(
      (left, right) => this.#rank(left) - this.#rank(right) || left - right,
    );
    const held = first.slice(0, SNAPSHOTS_HELD_MAX);
    this.#held = new Map(held.map((commitIndex) => [commitIndex, this.#hold(commitIndex, nowMs)]));
    return sorted.filter(
      (commitIndex) => !older.includes(commitIndex) || held.includes(commitIndex),
    );
  }

  #isWanted(commitIndex: number, nowMs: number): boolean {
    const { idleMs, heldMsMax } = this.#settings;
    const sinceMs = this.#held.get(commitIndex)?.sinceMs ?? nowMs;
    if (nowMs >= sinceMs + heldMsMax) return false;
    return this.#askers(commitIndex).some((peer) => nowMs < this.#asked.get(peer)!.atMs + idleMs);
  }

  #askers(commitIndex: number): number[] {
    return [...this.#asked].flatMap(([peer, asked]) =>
      asked.commitIndex === commitIndex ? [peer] : [],
    );
  }

  /** Snapshots that were kept, before this one, for whoever asks for it and had the fewest. */
  #rank(commitIndex: number): number {
    const counted = this.#held.get(commitIndex)?.peers;
    const counts = this.#askers(commitIndex).map(
      (peer) => (this.#heldCounts.get(peer) ?? 0) - (counted?.has(peer) === true ? 1 : 0),
    );
    return Math.min(...counts);
  }

  #hold(
    commitIndex: number,
    nowMs: number,
  ): { readonly sinceMs: number; readonly peers: ReadonlySet<number> } {
    const before = this.#held.get(commitIndex);
    const peers = new Set(before?.peers);
    for (const peer of this.#askers(commitIndex)) {
      if (peers.has(peer)) continue;
      peers.add(peer);
      this.#heldCounts.set(peer, (this.#heldCounts.get(peer) ?? 0) + 1);
    }
    return { sinceMs: before?.sinceMs ?? nowMs, peers };
  }
}
