import type { Prng } from "@rialto/base";
import { ROUND_MAX } from "@rialto/consensus";
import { type EpochStep, isBlockRecord, peekBlockRecord } from "@rialto/replica";
import type { FaultName } from "./fault-menu.ts";
import { isBelow, type OrderPlace, SimSnapshots } from "./sim-snapshots.ts";
import type { SimKeyRing } from "./sim-key-ring.ts";

/** What may be wrong with a disk when its node starts again. */
export const DISK_DAMAGES = [
  "rottenRecord",
  "rottenTail",
  "misdirectedWrite",
  "rottenSector",
  "zeroPage",
  "staleSector",
  "misdirectedSector",
  "rottenSnapshot",
  "wiped",
] as const satisfies readonly FaultName[];
export type DiskDamage = (typeof DISK_DAMAGES)[number] | "restoredKeys" | "restoredBackup" | "none";

interface Written {
  readonly record: Uint8Array;
  /** False where the disk has said that it holds it, and does not. */
  isHeld: boolean;
}

interface Backup {
  readonly snapshots: SimSnapshots;
  readonly records: readonly Written[];
  readonly guards: ReturnType<SimKeyRing["copy"]>;
  readonly isCut: boolean;
}

/** What a starting member reads of its journal. */
export interface JournalContents {
  /** The oldest first, up to the end or to the first damage. */
  readonly records: readonly Uint8Array[];
  /** True where it ends in damage that is more than a torn last write. */
  readonly isDamaged: boolean;
  /** True where it has let go of its beginning: without a snapshot, its blocks lead nowhere. */
  readonly isCut: boolean;
  /** True where something that the disk had said it holds is gone since the start before. */
  readonly hasLost: boolean;
}

/** What the power took with it. */
export interface CrashLoss {
  readonly faults: readonly FaultName[];
  /** True where something is gone that was reported to be durable. */
  readonly isForgetful: boolean;
}

/**
 * A simulated disk. What was not flushed when the power goes survives as far as chance will have it; a guard sector
 * that was being written may come back old, new or torn; what a lying disk has reported, and does not hold, is gone.
 */
export class SimDisk {
  readonly #prng: Prng;
  snapshots: SimSnapshots = new SimSnapshots();
  #durable: Written[] = [];
  #volatile: Uint8Array[] = [];
  readonly guards: SimKeyRing;
  #path: readonly EpochStep[];
  #isFlushing = false;
  #isDamaged = false;
  #isCut = false;
  #hasLost = false;
  #backup: Backup | undefined;

  /** `path` is what leads to the epochs that its operator knows of. */
  constructor(prng: Prng, guards: SimKeyRing, path: readonly EpochStep[]) {
    this.#prng = prng;
    this.guards = guards;
    this.#path = path;
  }

  /** Ends of epochs, from the genesis on: a file of its own, beside journal and snapshots. */
  get path(): readonly EpochStep[] {
    return this.#path;
  }

  keepPath(steps: readonly EpochStep[]): void {
    if (steps.length > this.#path.length) this.#path = [...steps];
  }

  append(record: Uint8Array): void {
    this.#volatile.push(record);
  }

  /** True where the disk has said of all records that it has them. */
  get isFlushed(): boolean {
    return this.#volatile.length === 0;
  }

  /** How many records a flush that starts now will make durable. */
  startFlush(): number {
    this.#isFlushing = true;
    return this.#volatile.length;
  }

  /** `isLying` says that the disk reports a flush that it has not done, and never will. */
  endFlush(count: number, isLying: boolean): void {
    this.#isFlushing = false;
    for (const record of this.#volatile.splice(0, count)) {
      this.#durable.push({ record, isHeld: !isLying });
    }
  }

  /**
   * The power goes. Where `mayLose` is false, what the disk has lied about turns out to have been written after all:
   * so many cannot forget at once.
   */
  crash(mayLose: boolean): CrashLoss {
    const faults: FaultName[] = [];
    // Not both: a disk that loses the end of everything is set back, which is another fault (`restoredBackup`).
    const isGuardLost = mayLose && !this.guards.isHeld && this.#prng.chance(1, 2);
    const isRecordLost = this.#settleRecords(mayLose && !isGuardLost);
    if (isRecordLost) faults.push("lostWrite");
    if (isGuardLost) {
      faults.push("lostGuard");
      this.guards.loseReported();
    }
    this.#settleVolatile(faults);
    this.snapshots.crash(this.#prng);
    const isTorn = this.guards.crash(mayLose && !isRecordLost && !isGuardLost);
    if (isTorn) faults.push("tornWrite");
    return { faults, isForgetful: isRecordLost || isGuardLost || isTorn };
  }

  #settleRecords(mayLose: boolean): boolean {
    const first = this.#durable.findIndex((each) => !each.isHeld);
    if (first < 0) return false;
    if (!mayLose) {
      for (const each of this.#durable) each.isHeld = true;
      return false;
    }
    // Records that hold behind one that does not tell damage from a torn last write.
    if (this.#durable.slice(first).some((each) => each.isHeld)) this.#isDamaged = true;
    this.#durable.length = first;
    this.#hasLost = true;
    return true;
  }

  #settleVolatile(faults: FaultName[]): void {
    const count = this.#volatile.length;
    let survivors = this.#prng.below(count + 1);
    if (this.#isFlushing && count > 1 && this.#prng.chance(1, 4)) {
      // A later one has survived without an earlier one: the flush was torn, and counts as none (decision 002).
      faults.push("reorderedWrites");
      survivors = 0;
    }
    for (const record of this.#volatile.slice(0, survivors)) {
      this.#durable.push({ record, isHeld: true });
    }
    this.#volatile = [];
    this.#isFlushing = false;
  }

  /** Somebody keeps a copy of the disk. */
  backUp(): void {
    const records = this.#durable.map(({ record }) => ({ record, isHeld: true }));
    const snapshots = this.snapshots.copy();
    this.#backup = { records, guards: this.guards.copy(), snapshots, isCut: this.#isCut };
  }

  get hasBackup(): boolean {
    return this.#backup !== undefined;
  }

  /** Returns whether there was anything that it could strike. */
  damage(kind: DiskDamage): boolean {
    const isStruck = this.#strike(kind);
    if (isStruck) this.#hasLost = true;
    return isStruck;
  }

  #strike(kind: DiskDamage): boolean {
    switch (kind) {
      case "none":
        return false;
      case "wiped":
        this.#wipe();
        return this.guards.damage(kind);
      case "restoredKeys": {
        const hadRecords = this.#durable.length > 0;
        this.#wipe();
        return this.guards.renew() || hadRecords;
      }
      case "rottenRecord":
      case "misdirectedWrite":
        return this.#cut();
      case "rottenTail":
        return this.#durable.pop() !== undefined;
      case "rottenSnapshot":
        return this.snapshots.spoil();
      case "rottenSector":
      case "zeroPage":
      case "staleSector":
      case "misdirectedSector":
        return this.guards.damage(kind);
      case "restoredBackup":
        this.#durable = [...this.#backup!.records];
        this.snapshots = this.#backup!.snapshots.copy();
        this.guards.restore(this.#backup!.guards);
        this.#isCut = this.#backup!.isCut;
        this.#isDamaged = false;
        return true;
    }
  }

  #wipe(): void {
    this.#durable = [];
    this.#isCut = false;
    this.snapshots.wipe();
    if (this.#prng.chance(1, 2)) this.#path = [];
  }

  /** Lets go of what stands at the beginning of the journal and is of rounds up to a place. */
  prune(place: OrderPlace): void {
    const first = this.#durable.findIndex(({ record }) => !isBelow(record, place));
    // What a lying disk does not hold is settled when the power goes.
    const held = this.#durable.findIndex(({ isHeld }) => !isHeld);
    const count = Math.min(first < 0 ? this.#durable.length : first, held < 0 ? Infinity : held);
    this.#durable.splice(0, count);
    if (count > 0) this.#isCut = true;
  }

  /** Bytes of the blocks of these rounds, in the order of acceptance. */
  rounds(epoch: number, fromRound: number, toRound: number): Uint8Array[] {
    return this.#blocks(epoch).flatMap(({ record, round }) =>
      round >= fromRound && round <= toRound ? [record.subarray(1)] : [],
    );
  }

  /** The newest round of an epoch in which it has a block of this author; 0 without one. */
  newestRound(epoch: number, author: number): number {
    const own = this.#blocks(epoch).filter(
      ({ record }) => peekBlockRecord(record).author === author,
    );
    return Math.max(0, ...own.map(({ round }) => round));
  }

  #blocks(epoch: number): readonly { readonly record: Uint8Array; readonly round: number }[] {
    return this.#durable.flatMap(({ record }) => {
      if (!isBlockRecord(record)) return [];
      const place = peekBlockRecord(record);
      return place.epoch === epoch ? [{ record, round: place.round }] : [];
    });
  }

  /**
   * From this round of an epoch on all that was ever accepted is there: a block rests on a quorum of the round before. ROUND_MAX
   * where nothing is.
   */
  lowestRound(epoch: number): number {
    const blocks = this.#blocks(epoch);
    let lowest = blocks.length === 0 ? ROUND_MAX : 1;
    let highest = 0;
    for (const { round } of blocks) {
      if (round > highest + 1) lowest = round;
      highest = Math.max(highest, round);
    }
    return lowest;
  }

  /** One record in the middle is another one, or rubbish: what stands behind it cannot be trusted either. */
  #cut(): boolean {
    const count = this.#durable.length;
    if (count < 2) return false;
    this.#durable.length = this.#prng.below(count - 1);
    this.#isDamaged = true;
    return true;
  }

  /** What a starting node reads. A damaged journal has been cut at the damage, and goes on from there. */
  read(): JournalContents {
    this.guards.read();
    const isDamaged = this.#isDamaged;
    const hasLost = this.#hasLost;
    this.#isDamaged = false;
    this.#hasLost = false;
    const records = this.#durable.map(({ record }) => record);
    return { records, isDamaged, isCut: this.#isCut, hasLost };
  }
}
