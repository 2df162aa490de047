import type { Prng } from "@rialto/base";
import { type DiskContents, peekBlockRecord } from "@rialto/replica";
import type { FaultName } from "./fault-menu.ts";
import { isBelow, SimSnapshots } from "./sim-snapshots.ts";
import { SimGuard } from "./sim-guard.ts";

/** What may be wrong with a disk when its node starts again. */
export const DISK_DAMAGES = [
  "rottenRecord",
  "rottenTail",
  "misdirectedWrite",
  "rottenSector",
  "zeroPage",
  "staleSector",
  "misdirectedSector",
  "wiped",
] as const satisfies readonly FaultName[];
export type DiskDamage = (typeof DISK_DAMAGES)[number] | "restoredBackup" | "none";

interface Written {
  readonly record: Uint8Array;
  /** False where the disk has said that it holds it, and does not. */
  isHeld: boolean;
}

interface Backup {
  readonly snapshots: SimSnapshots;
  readonly records: readonly Written[];
  readonly guard: ReturnType<SimGuard["copy"]>;
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
  readonly guard: SimGuard;
  #isFlushing = false;
  #isDamaged = false;
  #backup: Backup | undefined;

  constructor(prng: Prng, epoch: number) {
    this.#prng = prng;
    this.guard = new SimGuard(prng, epoch);
  }

  append(record: Uint8Array): void {
    this.#volatile.push(record);
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
    const isGuardLost = mayLose && !this.guard.isHeld && this.#prng.chance(1, 2);
    const isRecordLost = this.#settleRecords(mayLose && !isGuardLost);
    if (isRecordLost) faults.push("lostWrite");
    if (isGuardLost) {
      faults.push("lostGuard");
      this.guard.loseReported();
    }
    this.#settleVolatile(faults);
    const isTorn = this.guard.crash(mayLose && !isRecordLost && !isGuardLost);
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
    this.#backup = { records, guard: this.guard.copy(), snapshots };
  }

  get hasBackup(): boolean {
    return this.#backup !== undefined;
  }

  damage(kind: DiskDamage): void {
    switch (kind) {
      case "none":
        return;
      case "wiped":
        this.#durable = [];
        this.snapshots.wipe();
        return this.guard.damage(kind);
      case "rottenRecord":
      case "misdirectedWrite":
        return this.#cut();
      case "rottenTail":
        this.#durable.pop();
        return;
      case "rottenSector":
      case "zeroPage":
      case "staleSector":
      case "misdirectedSector":
        return this.guard.damage(kind);
      case "restoredBackup":
        this.#durable = [...this.#backup!.records];
        this.snapshots = this.#backup!.snapshots.copy();
        this.guard.restore(this.#backup!.guard);
        this.#isDamaged = false;
    }
  }

  /** Lets go of what stands at the beginning of the journal and is of rounds up to `round`. */
  prune(round: number): void {
    const first = this.#durable.findIndex(({ record }) => !isBelow(record, round));
    // What a lying disk does not hold is settled when the power goes.
    const held = this.#durable.findIndex(({ isHeld }) => !isHeld);
    const count = Math.min(first < 0 ? this.#durable.length : first, held < 0 ? Infinity : held);
    this.#durable.splice(0, count);
  }

  /** Records of blocks of those rounds, in the order of acceptance. */
  rounds(fromRound: number, toRound: number): Uint8Array[] {
    return this.#durable.flatMap(({ record }) => {
      const { round } = peekBlockRecord(record);
      return round >= fromRound && round <= toRound ? [record.subarray(1)] : [];
    });
  }

  /** From this round on all that was ever accepted is there: a block rests on a quorum of the round before. */
  get lowestRound(): number {
    let lowest = 1;
    let highest = 0;
    for (const { record } of this.#durable) {
      const { round } = peekBlockRecord(record);
      if (round > highest + 1) lowest = round;
      highest = Math.max(highest, round);
    }
    return lowest;
  }

  /** One record in the middle is another one, or rubbish: what stands behind it cannot be trusted either. */
  #cut(): void {
    const count = this.#durable.length;
    if (count < 2) return;
    this.#durable.length = this.#prng.below(count - 1);
    this.#isDamaged = true;
  }

  /** What a starting node reads. A damaged journal has been cut at the damage, and goes on from there. */
  read(): DiskContents {
    const contents: DiskContents = {
      guard: this.guard.read(),
      records: this.#durable.map(({ record }) => record),
      isJournalDamaged: this.#isDamaged,
    };
    this.#isDamaged = false;
    return contents;
  }
}
