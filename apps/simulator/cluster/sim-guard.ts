import { fail, type Prng } from "@rialto/base";
import type { GuardMark, GuardMemory } from "@rialto/replica";
import {
  encodeGuardSector,
  floorBelow,
  GUARD_SECTOR_BYTES,
  type GuardRecord,
  judgeGuard,
  mayResume,
  planMark,
  ruleOnMark,
} from "@rialto/signing";

/** Sectors are written far more often than read: what was written well is encoded when it is read. */
type Sector = Uint8Array | GuardRecord;
type Sectors = [Sector, Sector];

/** What damage a guard's disk does to it while nobody looks. */
export type GuardDamage =
  | "rottenSector"
  | "zeroPage"
  | "staleSector"
  | "misdirectedSector"
  | "wiped";

/** Bytes of a sector that its seal covers; behind them are zeros. */
const SEALED_BYTES = 128;
/** What the guards of all simulated members are for. */
const SCOPE: Uint8Array = new Uint8Array(32);

/** What the key ceremony makes, and never a start. */
const UNUSED: GuardMark = floorBelow(0, 1);
const UNUSED_SECTORS: Readonly<Sectors> = [
  { number: 0, scope: SCOPE, mark: UNUSED },
  { number: 1, scope: SCOPE, mark: UNUSED },
];

const blankSectors = (): Sectors => [
  new Uint8Array(GUARD_SECTOR_BYTES),
  new Uint8Array(GUARD_SECTOR_BYTES),
];

/**
 * A signing guard on a simulated disk: the rules of the real one (`@rialto/signing`), and its writes one by one, so that
 * the power can go between any two of them.
 */
export class SimGuard {
  readonly #prng: Prng;
  #sectors: Sectors;
  /** Each sector as it was one write ago; and as the disk truly holds it. */
  #before: Sectors;
  #platter: Sectors;
  /** What the process knows, from its start on. */
  #last: GuardMark | undefined;
  #isAmnesiac = false;
  #number = 1;
  /** What is on its way to the disk, in its order. */
  #writes: GuardRecord[] = [];
  /** The file is being made anew: what it held is gone. */
  #isRemade = false;

  constructor(prng: Prng) {
    this.#prng = prng;
    this.#sectors = [...UNUSED_SECTORS];
    this.#before = [...this.#sectors];
    this.#platter = [...this.#sectors];
    this.#last = UNUSED;
  }

  get last(): GuardMark | undefined {
    return this.#last;
  }

  get memory(): GuardMemory {
    return { last: this.#last, isAmnesiac: this.#isAmnesiac };
  }

  /** Begins to make a mark durable: "held" where there is nothing to write, "conflict" where it is refused. */
  begin(mark: GuardMark): "write" | "held" | "conflict" {
    const { resumeRound, reserves } = planMark(this.memory, mark);
    if (resumeRound !== undefined) {
      const floor = floorBelow(mark.epoch, resumeRound);
      if (!mayResume(this.#last, floor)) return "conflict";
      this.#isAmnesiac = false;
      this.#isRemade = true;
      this.#plan(floor);
      // Both sectors: a guard with one of them is a damaged one.
      this.#plan(floor);
    }
    if (reserves) {
      const ruling = ruleOnMark(this.#last!, mark);
      if (ruling === "conflict") return "conflict";
      if (ruling === "write") this.#plan(mark);
    }
    return this.#writes.length > 0 ? "write" : "held";
  }

  #plan(mark: GuardMark): void {
    this.#last = mark;
    this.#writes.push({ number: ++this.#number, scope: SCOPE, mark });
  }

  /** What was begun is written. `isLying` says that the disk reports so, and never will do it. */
  end(isLying: boolean): void {
    this.#remake();
    for (const record of this.#writes.splice(0)) this.#write(record);
    if (!isLying) this.#platter = [...this.#sectors];
  }

  #remake(): void {
    if (!this.#isRemade) return;
    this.#isRemade = false;
    this.#sectors = blankSectors();
  }

  #write(record: GuardRecord): void {
    const place = record.number % 2;
    this.#before[place] = this.#sectors[place]!;
    this.#sectors[place] = record;
  }

  /** True where the disk holds what it has said that it holds. */
  get isHeld(): boolean {
    return this.#platter.every((sector, place) => sector === this.#sectors[place]);
  }

  /** What was reported, and is not held, is gone. */
  loseReported(): void {
    this.#sectors = [...this.#platter];
  }

  /**
   * The power goes while something may be on its way: of that, the first few writes have been done. Returns true where
   * the next one was done in half. A sector is written whole or not at all, unless its disk is worse than it may be.
   */
  crash(mayTear: boolean): boolean {
    const writes = this.#writes.splice(0);
    const isRemade = this.#isRemade;
    if (writes.length === 0) return false;
    const steps = writes.length + Number(isRemade);
    let done = this.#prng.below(steps + 1);
    const isTorn = mayTear && done < steps && this.#prng.chance(1, 2);
    if (isRemade && done > 0) {
      this.#remake();
      done--;
    }
    this.#isRemade = false;
    for (const record of writes.slice(0, done)) this.#write(record);
    const half = writes[done];
    if (!isTorn || half === undefined) return false;
    this.#write(half);
    const sector = Uint8Array.from(encodeGuardSector(half));
    sector.fill(0xa5, this.#prng.below(SEALED_BYTES));
    this.#sectors[half.number % 2] = sector;
    return true;
  }

  copy(): readonly [Sector, Sector] {
    return [...this.#sectors];
  }

  restore(copy: readonly [Sector, Sector]): void {
    this.#sectors = [...copy];
  }

  /** It is as the key ceremony made it. Returns whether anything has changed. */
  renew(): boolean {
    const before = this.#sectors;
    this.#sectors = [...UNUSED_SECTORS];
    return before.some((sector, place) => sector !== UNUSED_SECTORS[place]);
  }

  /** Returns whether anything has changed. */
  damage(kind: GuardDamage): boolean {
    const before = [...this.#sectors];
    this.#strike(kind);
    return this.#sectors.some((sector, place) => sector !== before[place]);
  }

  #strike(kind: GuardDamage): void {
    const newest = this.#number % 2;
    switch (kind) {
      case "wiped":
        this.#sectors = blankSectors();
        return;
      case "rottenSector": {
        const sector = Uint8Array.from(bytesOf(this.#sectors[newest]!));
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
    }
  }

  /** What a starting member finds: from here on it is what the process knows. */
  read(): GuardMemory {
    const [even, odd] = this.#sectors;
    const found = judgeGuard(Buffer.concat([bytesOf(even), bytesOf(odd)]), SCOPE);
    if (found === "foreign" || "version" in found) {
      return fail("a simulated guard is of this release");
    }
    const { newest, reason } = found;
    this.#last = newest?.mark;
    this.#number = newest?.number ?? 0;
    this.#isAmnesiac = reason !== undefined;
    this.#platter = [...this.#sectors];
    return this.memory;
  }
}

function bytesOf(sector: Sector): Uint8Array {
  return sector instanceof Uint8Array ? sector : encodeGuardSector(sector);
}
