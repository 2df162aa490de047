import type { Prng } from "@rialto/base";
import {
  blankGuard,
  type DiskContents,
  encodeGuardSector,
  GUARD_SECTOR_BYTES,
  type GuardMark,
  type GuardSector,
} from "@rialto/replica";
import type { FaultName } from "./fault-menu.ts";
import { sha256 } from "./keys.ts";

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

/** Sectors are written far more often than read: what was written well is encoded when it is read. */
type Sector = Uint8Array | GuardSector;

function sectorBytes(sector: Sector): Uint8Array {
  return sector instanceof Uint8Array ? sector : encodeGuardSector(sector, sha256);
}

interface Written {
  readonly record: Uint8Array;
  /** False where the disk has said that it holds it, and does not. */
  isHeld: boolean;
}

interface Backup {
  readonly records: readonly Written[];
  readonly sectors: readonly [Sector, Sector];
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
  #durable: Written[] = [];
  #volatile: Uint8Array[] = [];
  #sectors: [Sector, Sector];
  /** Each sector as it was one write ago; and as the disk truly holds it. */
  readonly #before: [Sector, Sector];
  #platter: [Sector, Sector];
  #guardSeq = 2;
  #guardInFlight: GuardSector | undefined;
  #isFlushing = false;
  #isDamaged = false;
  #backup: Backup | undefined;

  constructor(prng: Prng, epoch: number) {
    this.#prng = prng;
    this.#sectors = blankGuard(epoch, sha256);
    this.#before = [...this.#sectors];
    this.#platter = [...this.#sectors];
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

  startGuard(mark: GuardMark): void {
    this.#guardInFlight = { ...mark, seq: this.#guardSeq };
  }

  endGuard(isLying: boolean): void {
    const place = this.#guardSeq % 2;
    this.#before[place] = this.#sectors[place]!;
    this.#sectors[place] = this.#guardInFlight!;
    if (!isLying) this.#platter[place] = this.#guardInFlight!;
    this.#guardSeq++;
    this.#guardInFlight = undefined;
  }

  /**
   * The power goes. Where `mayLose` is false, what the disk has lied about turns out to have been written after all:
   * so many cannot forget at once.
   */
  crash(mayLose: boolean): CrashLoss {
    const faults: FaultName[] = [];
    const isRecordLost = this.#settleRecords(mayLose);
    // Not both: a disk that loses the end of everything is set back, which is another fault (`restoredBackup`).
    const isGuardHeld = this.#platter.every((sector, place) => sector === this.#sectors[place]);
    const isGuardLost = mayLose && !isRecordLost && !isGuardHeld;
    if (isRecordLost) faults.push("lostWrite");
    if (isGuardLost) {
      faults.push("lostGuard");
      this.#sectors = [...this.#platter];
    }
    this.#settleVolatile(faults);
    const isTorn = this.#tear(mayLose && !isRecordLost && !isGuardLost);
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

  /** A sector is written whole or not at all, unless its disk is worse than it may be. */
  #tear(mayTear: boolean): boolean {
    const written = this.#guardInFlight;
    this.#guardInFlight = undefined;
    if (written === undefined) return false;
    const outcome = this.#prng.below(3);
    if (outcome === 0) return false;
    const sector = encodeGuardSector(written, sha256);
    const isTorn = outcome === 2 && mayTear;
    if (isTorn) sector.fill(0xa5, this.#prng.below(GUARD_SECTOR_BYTES));
    this.#sectors[this.#guardSeq % 2] = sector;
    return isTorn;
  }

  /** Somebody keeps a copy of the disk. */
  backUp(): void {
    const records = this.#durable.map(({ record }) => ({ record, isHeld: true }));
    this.#backup = { records, sectors: [...this.#sectors] };
  }

  get hasBackup(): boolean {
    return this.#backup !== undefined;
  }

  damage(kind: DiskDamage): void {
    const newest = (this.#guardSeq + 1) % 2;
    switch (kind) {
      case "none":
        return;
      case "wiped":
        this.#durable = [];
        this.#sectors = [new Uint8Array(GUARD_SECTOR_BYTES), new Uint8Array(GUARD_SECTOR_BYTES)];
        return;
      case "rottenRecord":
      case "misdirectedWrite":
        return this.#cut();
      case "rottenTail":
        this.#durable.pop();
        return;
      case "rottenSector": {
        const sector = Uint8Array.from(sectorBytes(this.#sectors[newest]!));
        sector[this.#prng.below(GUARD_SECTOR_BYTES)]! ^= 1 << this.#prng.below(8);
        this.#sectors[newest] = sector;
        return;
      }
      case "zeroPage":
        this.#sectors[this.#prng.below(2)] = new Uint8Array(GUARD_SECTOR_BYTES);
        return;
      case "staleSector":
        this.#sectors[newest] = this.#before[newest]!;
        return;
      case "misdirectedSector":
        this.#sectors[1 - newest] = this.#sectors[newest]!;
        this.#sectors[newest] = this.#before[newest]!;
        return;
      case "restoredBackup":
        this.#durable = [...this.#backup!.records];
        this.#sectors = [...this.#backup!.sectors];
        this.#isDamaged = false;
    }
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
      guardSectors: [sectorBytes(this.#sectors[0]), sectorBytes(this.#sectors[1])],
      records: this.#durable.map(({ record }) => record),
      isJournalDamaged: this.#isDamaged,
    };
    this.#isDamaged = false;
    this.#platter = [...this.#sectors];
    return contents;
  }

  /** Told by the node after it has read its guard: where the next write goes. */
  continueGuard(seq: number): void {
    this.#guardSeq = seq;
  }
}
