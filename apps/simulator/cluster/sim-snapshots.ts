import type { Prng } from "@rialto/base";
import { peekBlockRecord } from "@rialto/replica";

/** A snapshot as it lies on a simulated disk. */
export interface StoredSnapshot {
  readonly commitIndex: number;
  readonly gcRound: number;
  readonly content: Uint8Array;
  /** With its certificate, once there is one: from then on others may have it. */
  certified: Uint8Array | undefined;
}

/** Kept at a time. */
const KEPT = 2;

/** The snapshots of a simulated member, and what has come in of one of the others'. */
export class SimSnapshots {
  /** The newest last. */
  #stored: StoredSnapshot[] = [];
  /** By index, of a snapshot that comes in. What is written is not yet safe. */
  readonly incoming = new Map<number, Uint8Array>();

  get newest(): StoredSnapshot | undefined {
    return this.#stored.at(-1);
  }

  /** The newest that others may have. */
  get offered(): StoredSnapshot | undefined {
    return this.certified.at(-1);
  }

  /** Those that others may have, the newest last. */
  get certified(): StoredSnapshot[] {
    return this.#stored.filter(({ certified }) => certified !== undefined);
  }

  find(commitIndex: number): StoredSnapshot | undefined {
    return this.#stored.find((each) => each.commitIndex === commitIndex);
  }

  /** Stores a snapshot. Returns the round that neither of those kept needs anything at or below of, if there are two. */
  save(snapshot: StoredSnapshot): number | undefined {
    this.#stored = [...this.#stored, snapshot].slice(-KEPT);
    return this.#stored.length < KEPT ? undefined : this.#stored[0]!.gcRound;
  }

  /** The power goes: some of what came in last was never written. */
  crash(prng: Prng): void {
    for (const index of this.incoming.keys()) if (prng.chance(1, 3)) this.incoming.delete(index);
  }

  /** The newest is rotten, and is found out when it is read. */
  spoil(): void {
    this.#stored.pop();
  }

  wipe(): void {
    this.#stored = [];
    this.incoming.clear();
  }

  copy(): SimSnapshots {
    const copy = new SimSnapshots();
    copy.#stored = [...this.#stored];
    return copy;
  }
}

/** True for records of blocks that are needed no more. */
export function isBelow(record: Uint8Array, round: number): boolean {
  return peekBlockRecord(record).round <= round;
}
