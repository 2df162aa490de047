import type { Prng } from "@rialto/base";
import {
  blankGuard,
  type DiskContents,
  encodeGuardSector,
  GUARD_SECTOR_BYTES,
  type GuardMark,
  type GuardSector,
} from "@rialto/replica";
import { sha256 } from "./keys.ts";

/** What may be wrong with a disk when its node starts again. */
export type DiskDamage = "none" | "rottenRecord" | "rottenTail" | "wiped";

/** Sectors are written far more often than read: what was written well is encoded when it is read. */
type Sector = Uint8Array | GuardSector;

function sectorBytes(sector: Sector): Uint8Array {
  return sector instanceof Uint8Array ? sector : encodeGuardSector(sector, sha256);
}

/**
 * A simulated disk. What was not flushed when the power goes survives as far as chance will have it; a guard sector
 * that was being written may come back old, new or torn.
 */
export class SimDisk {
  readonly #prng: Prng;
  readonly #durable: Uint8Array[] = [];
  #volatile: Uint8Array[] = [];
  #sectors: [Sector, Sector];
  #guardSeq = 2;
  #guardInFlight: GuardSector | undefined;
  #isDamaged = false;

  constructor(prng: Prng, epoch: number) {
    this.#prng = prng;
    this.#sectors = blankGuard(epoch, sha256);
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
    this.#guardInFlight = { ...mark, seq: this.#guardSeq };
  }

  endGuard(isLying: boolean): void {
    if (!isLying) this.#sectors[this.#guardSeq % 2] = this.#guardInFlight!;
    this.#guardSeq++;
    this.#guardInFlight = undefined;
  }

  /** The power goes. */
  crash(): void {
    const survivors = this.#prng.below(this.#volatile.length + 1);
    this.#durable.push(...this.#volatile.slice(0, survivors));
    this.#volatile = [];
    const torn = this.#guardInFlight;
    this.#guardInFlight = undefined;
    if (torn === undefined) return;
    const outcome = this.#prng.below(3);
    if (outcome === 0) return;
    const sector = encodeGuardSector(torn, sha256);
    if (outcome === 2) sector.fill(0xa5, this.#prng.below(GUARD_SECTOR_BYTES));
    this.#sectors[this.#guardSeq % 2] = sector;
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
    if (kind === "rottenTail" && count > 0) this.#durable.length = count - 1;
  }

  /** What a starting node reads. A damaged journal has been cut at the damage, and goes on from there. */
  read(): DiskContents {
    const contents: DiskContents = {
      guardSectors: [sectorBytes(this.#sectors[0]), sectorBytes(this.#sectors[1])],
      records: [...this.#durable],
      isJournalDamaged: this.#isDamaged,
    };
    this.#isDamaged = false;
    return contents;
  }

  /** Told by the node after it has read its guard: where the next write goes. */
  continueGuard(seq: number): void {
    this.#guardSeq = seq;
  }
}
