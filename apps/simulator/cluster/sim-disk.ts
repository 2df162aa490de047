import { fail, type Prng } from "@rialto/base";
import { NO_DIGEST } from "@rialto/consensus";
import type { DiskContents, GuardMark, GuardMemory } from "@rialto/replica";
import {
  encodeGuardSector,
  GUARD_SECTOR_BYTES,
  type GuardRecord,
  judgeGuard,
} from "@rialto/signing";
import type { FaultName } from "./fault-menu.ts";

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
type Sector = Uint8Array | GuardRecord;

/** Bytes of a sector that its seal covers; behind them are zeros. */
const SEALED_BYTES = 128;
/** What the guards of all simulated members are for. */
const SCOPE: Uint8Array = new Uint8Array(32);

function sectorBytes(sector: Sector): Uint8Array {
  return sector instanceof Uint8Array ? sector : encodeGuardSector(sector);
}

function recordOf(number: number, mark: GuardMark): GuardRecord {
  return { number, scope: SCOPE, mark };
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
  #guardNumber = 2;
  #guardInFlight: GuardRecord | undefined;
  #isGuardDamaged = false;
  #isFlushing = false;
  #isDamaged = false;
  #backup: Backup | undefined;

  constructor(prng: Prng, epoch: number) {
    this.#prng = prng;
    // Made by the key ceremony, never by a start.
    const blank = (number: number): GuardRecord =>
      recordOf(number, { epoch, round: 0, digest: NO_DIGEST });
    this.#sectors = [blank(0), blank(1)];
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
    this.#guardInFlight = recordOf(this.#guardNumber, mark);
  }

  endGuard(isLying: boolean): void {
    const written = this.#guardInFlight!;
    this.#guardInFlight = undefined;
    this.#writeGuard(written);
    if (!isLying) this.#platter = [...this.#sectors];
  }

  /** Writes a record where it belongs. After damage both sectors are made anew, as by a guard that is resumed. */
  #writeGuard(record: GuardRecord): void {
    const place = record.number % 2;
    this.#before[place] = this.#sectors[place]!;
    if (this.#isGuardDamaged) {
      this.#sectors = [recordOf(0, record.mark), recordOf(1, record.mark)];
      this.#guardNumber = 2;
      this.#isGuardDamaged = false;
      return;
    }
    this.#sectors[place] = record;
    this.#guardNumber = record.number + 1;
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
    this.#writeGuard(written);
    if (outcome !== 2 || !mayTear) return false;
    const sector = Uint8Array.from(encodeGuardSector(written));
    sector.fill(0xa5, this.#prng.below(SEALED_BYTES));
    this.#sectors[written.number % 2] = sector;
    return true;
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
    const newest = (this.#guardNumber + 1) % 2;
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
        sector[this.#prng.below(SEALED_BYTES)]! ^= 1 << this.#prng.below(8);
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
      guard: this.#readGuard(),
      records: this.#durable.map(({ record }) => record),
      isJournalDamaged: this.#isDamaged,
    };
    this.#isDamaged = false;
    this.#platter = [...this.#sectors];
    return contents;
  }

  #readGuard(): GuardMemory {
    const [even, odd] = this.#sectors;
    const found = judgeGuard(Buffer.concat([sectorBytes(even), sectorBytes(odd)]), SCOPE);
    if (found === "foreign" || "version" in found) {
      return fail("a simulated guard is of this release");
    }
    const { newest, reason } = found;
    this.#isGuardDamaged = reason !== undefined;
    if (newest !== undefined) this.#guardNumber = newest.number + 1;
    return { last: newest?.mark, isAmnesiac: this.#isGuardDamaged };
  }
}
