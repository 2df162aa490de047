import type { Prng } from "@rialto/base";
import type { FaultCounter } from "./fault-counter.ts";
import type { RunOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";

const PPM = 1_000_000;
/** Messages that are remembered for being replayed much later. */
const REPLAYS_KEPT = 64;

export type Deliver = (from: number, to: number, bytes: Uint8Array) => void;

/** Simulated links between members: delay, loss, reordering, duplicates, garbling, cuts and clogs. */
export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #options: RunOptions;
  readonly #faults: FaultCounter;
  readonly #deliver: Deliver;
  /** `from * nodes + to` of links that are cut. */
  readonly #cut = new Set<number>();
  /** Links that hold back what they carry, until when. */
  readonly #cloggedUntilUs = new Map<number, number>();
  readonly #old: { readonly from: number; readonly to: number; readonly bytes: Uint8Array }[] = [];
  #isHealed = false;
  messageCount = 0;

  constructor(options: {
    readonly scheduler: Scheduler;
    readonly prng: Prng;
    readonly options: RunOptions;
    readonly faults: FaultCounter;
    readonly deliver: Deliver;
  }) {
    this.#scheduler = options.scheduler;
    this.#prng = options.prng;
    this.#options = options.options;
    this.#faults = options.faults;
    this.#deliver = options.deliver;
  }

  /** From now on nothing is lost, and everything takes its usual time. */
  heal(): void {
    this.#isHealed = true;
    this.#cut.clear();
    this.#cloggedUntilUs.clear();
  }

  /** Cuts a member off from everybody, until the next time that anything heals. */
  isolate(member: number): void {
    for (let other = 0; other < this.#options.nodes; other++) {
      if (other === member) continue;
      this.#cut.add(member * this.#options.nodes + other);
      this.#cut.add(other * this.#options.nodes + member);
    }
  }

  /** Ends all cuts. */
  reconnect(): void {
    this.#cut.clear();
  }

  send(from: number, to: number, bytes: Uint8Array, extraUs = 0): void {
    this.messageCount++;
    const link = from * this.#options.nodes + to;
    if (this.#cut.has(link)) return;
    const { rates } = this.#options;
    if (this.#strikes(rates.lossPpm, "loss")) return;
    this.#plan(from, to, this.#garbled(bytes), extraUs);
    if (this.#strikes(rates.duplicatePpm, "duplicate")) this.#plan(from, to, bytes, 0);
    this.#remember(from, to, bytes);
    if (this.#strikes(rates.replayPpm, "replay")) {
      const old = this.#old[this.#prng.below(this.#old.length)]!;
      this.#plan(old.from, old.to, old.bytes, 0);
    }
  }

  #strikes(ppm: number, kind: string): boolean {
    if (this.#isHealed || ppm === 0 || !this.#prng.chance(ppm, PPM)) return false;
    this.#faults.count(kind);
    return true;
  }

  #remember(from: number, to: number, bytes: Uint8Array): void {
    if (this.#options.rates.replayPpm === 0) return;
    const entry = { from, to, bytes };
    if (this.#old.length < REPLAYS_KEPT) this.#old.push(entry);
    else this.#old[this.#prng.below(REPLAYS_KEPT)] = entry;
  }

  #garbled(bytes: Uint8Array): Uint8Array {
    if (!this.#strikes(this.#options.rates.garblePpm, "garble")) return bytes;
    if (this.#prng.chance(1, 3)) return bytes.subarray(0, this.#prng.below(bytes.length));
    const garbled = Uint8Array.from(bytes);
    garbled[this.#prng.below(bytes.length)]! ^= 1 << this.#prng.below(8);
    return garbled;
  }

  #plan(from: number, to: number, bytes: Uint8Array, extraUs: number): void {
    const link = from * this.#options.nodes + to;
    const clogUs = (this.#cloggedUntilUs.get(link) ?? 0) - this.#scheduler.nowUs;
    const delayUs = this.#delayUs() + extraUs + Math.max(0, clogUs);
    this.#scheduler.after(delayUs, () => {
      if (!this.#cut.has(link)) this.#deliver(from, to, bytes);
    });
  }

  #delayUs(): number {
    const { delayUs, heavyTail, hasJumpTrap, rates } = this.#options;
    if (hasJumpTrap) return delayUs;
    let takes = delayUs / 2 + this.#prng.below(delayUs);
    if (this.#isHealed) return takes;
    if (heavyTail && this.#prng.chance(1, 20)) takes += this.#prng.below(delayUs * 8);
    if (this.#strikes(rates.stragglePpm, "straggle")) takes += delayUs * 10;
    return takes;
  }

  /** Called every 100 ms: starts and ends partitions and clogs. */
  stir(): void {
    if (this.#isHealed) return;
    const { rates } = this.#options;
    if (rates.partitionPpm > 0 && this.#cut.size > 0 && this.#prng.chance(1, 4)) this.#cut.clear();
    if (this.#strikes(rates.partitionPpm, "partition")) this.#partition();
    if (this.#strikes(rates.clogPpm, "clog")) this.#clog();
  }

  #partition(): void {
    const { nodes } = this.#options;
    this.#cut.clear();
    const shape = this.#prng.below(4);
    const chosen = this.#prng.below(nodes);
    const side = Array.from({ length: nodes }, () => this.#prng.below(2));
    for (let from = 0; from < nodes; from++) {
      for (let to = 0; to < nodes; to++) {
        if (from === to) continue;
        const isCut =
          // Two halves; one alone; one that is not heard; single links.
          (shape === 0 && side[from] !== side[to]) ||
          (shape === 1 && (from === chosen || to === chosen)) ||
          (shape === 2 && from === chosen) ||
          (shape === 3 && this.#prng.chance(1, 3));
        if (isCut) this.#cut.add(from * nodes + to);
      }
    }
  }

  /** Some links hold everything back, each for a time of its own: what comes free, comes in any order. */
  #clog(): void {
    const { nodes, delayUs } = this.#options;
    for (let link = 0; link < nodes * nodes; link++) {
      if (!this.#prng.chance(1, 3)) continue;
      const untilUs = this.#scheduler.nowUs + this.#prng.below(delayUs * 40 + 100_000);
      this.#cloggedUntilUs.set(link, untilUs);
    }
  }
}
