import { fail, type Prng } from "@rialto/base";
import { NO_DIGEST } from "@rialto/consensus";
import type { DiskContents, GuardMark, GuardMemory } from "@rialto/replica";
import {
  encodeGuardSector,
  GUARD_SECTOR_BYTES,
  type GuardRecord,
  judgeGuard,
} from "@rialto/signing";

/** What may be wrong with a disk when its node starts again. */
export type DiskDamage = "none" | "rottenRecord" | "rottenTail" | "rottenGuard" | "wiped";

/** Sectors are written far more often than read: what was written well is encoded when it is read. */
type Sector = Uint8Array | GuardRecord;

/** What the guards of all simulated members are for. */
const SCOPE: Uint8Array = new Uint8Array(32);

function sectorBytes(sector: Sector): Uint8Array {
  return sector instanceof Uint8Array ? sector : encodeGuardSector(sector);
}

/**
 * A simulated disk. What was not flushed when the power goes survives as far as chance will have it; a guard sector
 * that was being written may come back old or new, since what counts of it is written whole (decision 011).
 */
export class SimDisk {
  readonly #prng: Prng;
  readonly #durable: Uint8Array[] = [];
  #volatile: Uint8Array[] = [];
  #sectors: [Sector, Sector];
  #guardNumber = 2;
  #guardInFlight: GuardRecord | undefined;
  #isDamaged = false;
  #isGuardDamaged = false;

  constructor(prng: Prng, epoch: number) {
    this.#prng = prng;
    // Made by the key ceremony, never by a start.
    const blank = (number: number): GuardRecord =>
      recordOf(number, { epoch, round: 0, digest: NO_DIGEST });
    this.#sectors = [blank(0), blank(1)];
  }

  get recordCount(): number {
    return this.#durable.length + this.#volatile.length;
  }

  append(record: Uint8Array): void {
    this.#volatile.push(record);
  }

  /** How many records a flush that starts now will make durable. */
  startFlush(): number {
    return this.#volatile.length;
  }

  /** `isLying` says that the disk reports a flush that it has not done. */
  endFlush(count: number, isLying: boolean): void {
    if (!isLying) this.#durable.push(...this.#volatile.splice(0, count));
  }

  startGuard(mark: GuardMark): void {
    this.#guardInFlight = recordOf(this.#guardNumber, mark);
  }

  endGuard(isLying: boolean): void {
    if (!isLying) this.#writeGuard(this.#guardInFlight!);
    this.#guardInFlight = undefined;
  }

  /** The power goes. */
  crash(): void {
    const survivors = this.#prng.below(this.#volatile.length + 1);
    this.#durable.push(...this.#volatile.slice(0, survivors));
    this.#volatile = [];
    const open = this.#guardInFlight;
    this.#guardInFlight = undefined;
    if (open !== undefined && this.#prng.below(2) === 0) this.#writeGuard(open);
  }

  /** Writes a record where it belongs. After damage both sectors are made anew, as by a guard that is resumed. */
  #writeGuard(record: GuardRecord): void {
    if (this.#isGuardDamaged) {
      this.#sectors = [recordOf(0, record.mark), recordOf(1, record.mark)];
      this.#guardNumber = 2;
      this.#isGuardDamaged = false;
      return;
    }
    this.#sectors[record.number % 2] = record;
    this.#guardNumber = record.number + 1;
  }

  damage(kind: DiskDamage): void {
    const count = this.#durable.length;
    if (kind === "wiped") {
      this.#durable.length = 0;
      this.#sectors = [new Uint8Array(GUARD_SECTOR_BYTES), new Uint8Array(GUARD_SECTOR_BYTES)];
    }
    if (kind === "rottenRecord" && count > 1) {
      // Good records behind the bad one tell damage from a torn write.
      this.#durable.length = this.#prng.below(count - 1);
      this.#isDamaged = true;
    }
    if (kind === "rottenGuard") {
      const at = this.#prng.below(2);
      const sector = sectorBytes(this.#sectors[at]!);
      // Within what its seal covers.
      sector[this.#prng.below(128)]! ^= 0xa5;
      this.#sectors[at] = sector;
    }
    if (kind === "rottenTail" && count > 0) this.#durable.length = count - 1;
  }

  /** What a starting node reads. A damaged journal has been cut at the damage, and goes on from there. */
  read(): DiskContents {
    const contents: DiskContents = {
      guard: this.#readGuard(),
      records: [...this.#durable],
      isJournalDamaged: this.#isDamaged,
    };
    this.#isDamaged = false;
    return contents;
  }

  #readGuard(): GuardMemory {
    const [even, odd] = this.#sectors;
    const found = judgeGuard(Buffer.concat([sectorBytes(even), sectorBytes(odd)]), SCOPE);
    if (found === "foreign" || "version" in found)
      return fail("a simulated guard is of this release");
    const { newest, reason } = found;
    this.#isGuardDamaged = reason !== undefined;
    if (newest !== undefined) this.#guardNumber = newest.number + 1;
    return { last: newest?.mark, isAmnesiac: this.#isGuardDamaged };
  }
}

function recordOf(number: number, mark: GuardMark): GuardRecord {
  return { number, scope: SCOPE, mark };
}
