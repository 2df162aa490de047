import { fail, Fault, type Prng } from "@rialto/base";
import { isBlockRecord, peekBlockRecord, readEpochRecord, SNAPSHOTS_KEPT } from "@rialto/replica";

/** A round of an epoch. */
export interface OrderPlace {
  readonly epoch: number;
  readonly round: number;
}

/** A manifest with its certificate, as it travels. */
export interface StoredManifest {
  readonly bytes: Uint8Array;
  /** Of the manifest alone. */
  readonly digest: Uint8Array;
}

/** A snapshot as it lies on a simulated disk. */
export interface StoredSnapshot {
  readonly commitIndex: number;
  /** Nothing at or below it is needed to begin with this snapshot. */
  readonly horizon: OrderPlace;
  readonly content: Uint8Array;
  /** Once there is a certificate: from then on others may have it. */
  certified: StoredManifest | undefined;
}

/** The snapshots of a simulated member, and what has come in of one of the others'. */
export class SimSnapshots {
  /** The newest last. */
  #stored: StoredSnapshot[] = [];
  /** By index, of a snapshot that comes in. What is written is not yet safe. */
  readonly incoming = new Map<number, Uint8Array>();
  /** Digest of its manifest. */
  begun: Uint8Array | undefined;

  get newest(): StoredSnapshot | undefined {
    return this.#stored.at(-1);
  }

  /** The newest last. */
  get all(): readonly StoredSnapshot[] {
    return this.#stored;
  }

  /** Those that others may have, the newest last. */
  get certified(): StoredSnapshot[] {
    return this.#stored.filter(({ certified }) => certified !== undefined);
  }

  find(commitIndex: number): StoredSnapshot | undefined {
    return this.#stored.find((each) => each.commitIndex === commitIndex);
  }

  /**
   * Stores a snapshot, and lets go of those that are not to be kept: `choose` gets and gives the indexes of commits. Returns the place
   * that none of those kept needs anything at or below of, if there are two.
   */
  save(
    snapshot: StoredSnapshot,
    choose: (stored: readonly number[]) => readonly number[],
  ): OrderPlace | undefined {
    const others = this.#stored.filter(({ commitIndex }) => commitIndex !== snapshot.commitIndex);
    // One that took longer to write may be the older one.
    const all = [...others, snapshot].toSorted(
      (left, right) => left.commitIndex - right.commitIndex,
    );
    const kept = choose(all.map(({ commitIndex }) => commitIndex));
    this.#stored = all.filter(({ commitIndex }) => kept.includes(commitIndex));
    return this.#stored.length < SNAPSHOTS_KEPT ? undefined : this.#stored[0]!.horizon;
  }

  /** The power goes: some of what came in was never written, or in part only. */
  crash(prng: Prng): void {
    for (const [index, bytes] of this.incoming) {
      if (!prng.chance(1, 3)) continue;
      if (prng.chance(1, 2)) this.incoming.delete(index);
      else this.incoming.set(index, Uint8Array.from(bytes).fill(0, prng.below(bytes.length)));
    }
  }

  /** The newest is rotten, and is found out when it is read. Returns false where there is none. */
  spoil(): boolean {
    return this.#stored.pop() !== undefined;
  }

  wipe(): void {
    this.#stored = [];
    this.noteInstalled();
  }

  /** What came in is kept elsewhere by now, or gone. */
  noteInstalled(): void {
    this.incoming.clear();
    this.begun = undefined;
  }

  copy(): SimSnapshots {
    const copy = new SimSnapshots();
    copy.#stored = [...this.#stored];
    return copy;
  }
}

/** True for records that are needed no more. */
export function isBelow(record: Uint8Array, place: OrderPlace): boolean {
  if (isBlockRecord(record)) {
    const { epoch, round } = peekBlockRecord(record);
    return epoch < place.epoch || (epoch === place.epoch && round <= place.round);
  }
  const certificate = readEpochRecord(record, 0);
  if (certificate instanceof Fault) return fail(`a record is whole: ${certificate.message}`);
  return certificate.checkpoint.epoch < place.epoch;
}
