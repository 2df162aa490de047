import { fail, type Prng } from "@rialto/base";
import type { Epoch, GuardMemory, Seat } from "@rialto/replica";
import { isFloor } from "@rialto/signing";
import type { EpochBook, SimSigner } from "./epoch-book.ts";
import { type GuardDamage, SimGuard } from "./sim-guard.ts";

/** Told of everything that a member signs: in which epoch, and with which key. */
export type OnSign = (epoch: number, key: number) => void;

/**
 * The signing keys of a simulated member through all epochs, each with a guard of its own, as the host has them
 * (`host/node/src/cluster/key-ring.ts`). Keys are kept elsewhere than the disk: a wiped one has lost the guards alone.
 */
export class SimKeyRing {
  readonly #book: EpochBook;
  readonly #process: number;
  readonly #prng: Prng;
  readonly #onSign: OnSign;
  readonly #held = new Set<number>();
  readonly #byEpoch = new Map<number, SimSigner>();
  readonly #guards = new Map<number, SimGuard>();
  /** The newest key that has been used. */
  #inUse: number;

  constructor(options: {
    readonly book: EpochBook;
    readonly process: number;
    readonly prng: Prng;
    /** The first of its keys. */
    readonly key: number;
    readonly onSign: OnSign;
  }) {
    this.#book = options.book;
    this.#process = options.process;
    this.#prng = options.prng;
    this.#onSign = options.onSign;
    this.#inUse = options.key;
    this.hold(options.key);
  }

  /** Its operator gives it a key, with a guard that the key ceremony has made. */
  hold(key: number): void {
    if (this.#held.has(key)) return;
    this.#held.add(key);
    this.#guards.set(key, new SimGuard(this.#prng));
  }

  /** The seat that this member has in an epoch. */
  readonly seatOf = (epoch: Epoch): Seat | undefined => {
    const signer = this.#book.signerOf(epoch, this.#process, this.#held);
    if (signer === undefined) return undefined;
    const { epoch: number } = epoch.committee;
    this.#byEpoch.set(number, signer);
    this.#inUse = signer.key;
    const { author, key, sign, signQuantum } = signer;
    return {
      author,
      sign: (message) => {
        this.#onSign(number, key);
        return sign(message);
      },
      signQuantum,
    };
  };

  /** What signs in an epoch, which has begun here. */
  signerIn(epoch: number): SimSigner | undefined {
    return this.#byEpoch.get(epoch);
  }

  guardOf(epoch: number): SimGuard {
    const signer = this.#byEpoch.get(epoch) ?? fail("an epoch has begun with a key of this member");
    return this.#guards.get(signer.key)!;
  }

  /** What the guard of its key of an epoch says. */
  memoryOf(epoch: number): GuardMemory {
    return this.guardOf(epoch).memory;
  }

  /**
   * True where the guard of the key that is used, or of one that is yet to be used, is gone, or has nothing but the floor that a
   * rejoin has found: with it nothing is signed yet.
   */
  get isUnsure(): boolean {
    return [...this.#guards].some(([key, { memory }]) => {
      const { last, isAmnesiac } = memory;
      const isBarred = last !== undefined && last.round > 0 && isFloor(last);
      return key >= this.#inUse && (isAmnesiac || isBarred);
    });
  }

  /** The newest epoch of which a guard has a mark or the floor of a rejoin; 0 where none has. */
  get lastMarkedEpoch(): number {
    const marks = [...this.#guards.values()].map(({ last }) => last);
    return Math.max(
      0,
      ...marks.map((mark) => (mark === undefined || mark.round === 0 ? 0 : mark.epoch)),
    );
  }

  /** A starting member reads its guards: from here on it is what the process knows. */
  read(): void {
    this.#byEpoch.clear();
    for (const guard of this.#guards.values()) guard.read();
  }

  /** True where the disk holds what it has said that it holds. */
  get isHeld(): boolean {
    return [...this.#guards.values()].every((guard) => guard.isHeld);
  }

  loseReported(): void {
    for (const guard of this.#guards.values()) guard.loseReported();
  }

  /** The power goes. Returns true where a write was done in half. */
  crash(mayTear: boolean): boolean {
    return [...this.#guards.values()].map((guard) => guard.crash(mayTear)).some((isTorn) => isTorn);
  }

  /** Single sectors go bad in the guard that is in use, everything goes in all. Returns whether anything has changed. */
  damage(kind: GuardDamage): boolean {
    if (kind !== "wiped") return this.#guards.get(this.#inUse)!.damage(kind);
    return [...this.#guards.values()].map((guard) => guard.damage(kind)).includes(true);
  }

  /** All are as the key ceremony made them. Returns whether anything has changed. */
  renew(): boolean {
    return [...this.#guards.values()].map((guard) => guard.renew()).includes(true);
  }

  copy(): ReadonlyMap<number, ReturnType<SimGuard["copy"]>> {
    return new Map([...this.#guards].map(([key, guard]) => [key, guard.copy()]));
  }

  /** Guards that are younger than the copy stay as they are. */
  restore(copy: ReturnType<SimKeyRing["copy"]>): void {
    for (const [key, sectors] of copy) this.#guards.get(key)!.restore(sectors);
  }
}
