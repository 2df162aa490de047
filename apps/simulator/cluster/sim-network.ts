import type { Prng } from "@rialto/base";
import { MessageKind } from "@rialto/replica";
import type { FaultCounter } from "./fault-counter.ts";
import type { FaultName } from "./fault-menu.ts";
import type { RunOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";

const PPM = 1_000_000;
/** Messages that are remembered for being replayed much later. */
const REPLAYS_KEPT = 64;
/** Blocks of epochs that are over, and of each of them, that are remembered for the same. */
const OLD_BLOCKS_KEPT = 64;
const LAST_BLOCKS_KEPT = 16;
/** Processes that a network has room for. */
const PROCESSES_MAX = 64;
/** Bytes that wait for a narrow link before it drops what comes. */
const LINK_QUEUE_BYTES = 200_000;
const SLOW_LINK = 20;
/** Longer than any message may be. */
const OVERSIZE_BYTES = 1_200_000;

export type Deliver = (from: number, to: number, bytes: Uint8Array) => void;

/** Simulated links between members: delay, loss, reordering, duplicates, garbling, cuts and clogs. */
export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #options: RunOptions;
  readonly #faults: FaultCounter;
  readonly #deliver: Deliver;
  /** `from * PROCESSES_MAX + to` of links that are cut. */
  readonly #cut = new Set<number>();
  /** Links that hold back what they carry, until when. */
  readonly #cloggedUntilUs = new Map<number, number>();
  /** Links that are slow, and until when narrow ones are busy with what was sent. */
  readonly #slow = new Set<number>();
  readonly #busyUntilUs = new Map<number, number>();
  readonly #processes: () => number;
  readonly #leader: () => number;
  /** Blocks of earlier epochs, signed by those who were members. */
  #oldEpoch: readonly Uint8Array[];
  /** The last blocks that were sent: of the present epoch, but for stragglers. */
  #lastBlocks: Uint8Array[] = [];
  readonly #old: { readonly from: number; readonly to: number; readonly bytes: Uint8Array }[] = [];
  #isHealed = false;
  messageCount = 0;

  constructor(options: {
    readonly scheduler: Scheduler;
    readonly prng: Prng;
    readonly options: RunOptions;
    readonly faults: FaultCounter;
    readonly deliver: Deliver;
    /** How many processes there are by now. */
    readonly processes: () => number;
    /** The process that leads the next round. */
    readonly leader: () => number;
    readonly oldEpoch: readonly Uint8Array[];
  }) {
    this.#scheduler = options.scheduler;
    this.#prng = options.prng;
    this.#options = options.options;
    this.#faults = options.faults;
    this.#deliver = options.deliver;
    this.#processes = options.processes;
    this.#leader = options.leader;
    this.#oldEpoch = options.oldEpoch;
  }

  /** From now on nothing is lost, and everything takes its usual time. */
  heal(): void {
    this.#isHealed = true;
    this.#cut.clear();
    this.#cloggedUntilUs.clear();
    this.#slow.clear();
  }

  /** An epoch is over: some of its blocks will come again. */
  noteEpoch(): void {
    this.#oldEpoch = [...this.#oldEpoch, ...this.#lastBlocks].slice(-OLD_BLOCKS_KEPT);
    this.#lastBlocks = [];
  }

  /** Cuts a process off from everybody, until the next time that anything heals. */
  isolate(process: number): void {
    for (let other = 0; other < this.#processes(); other++) {
      if (other === process) continue;
      this.#cut.add(linkOf(process, other));
      this.#cut.add(linkOf(other, process));
    }
  }

  /** Ends all cuts. */
  reconnect(): void {
    this.#cut.clear();
  }

  send(from: number, to: number, bytes: Uint8Array, extraUs = 0): void {
    this.messageCount++;
    if (this.#cut.has(linkOf(from, to))) return;
    const { rates } = this.#options;
    if (this.#strikes(rates.lossPpm, "loss")) return;
    this.#plan(from, to, this.#garbled(bytes), extraUs);
    if (this.#strikes(rates.duplicatePpm, "duplicate")) this.#plan(from, to, bytes, 0);
    if (this.#oldEpoch.length > 0 && this.#strikes(rates.oldEpochPpm, "oldEpoch")) {
      this.#plan(from, to, this.#oldEpoch[this.#prng.below(this.#oldEpoch.length)]!, 0);
    }
    this.#remember(from, to, bytes);
    if (this.#strikes(rates.replayPpm, "replay")) {
      const old = this.#old[this.#prng.below(this.#old.length)]!;
      this.#plan(old.from, old.to, old.bytes, 0);
    }
  }

  #strikes(ppm: number, kind: FaultName): boolean {
    if (!this.#isDue(ppm)) return false;
    this.#faults.count(kind);
    return true;
  }

  #isDue(ppm: number): boolean {
    return !this.#isHealed && ppm > 0 && this.#prng.chance(ppm, PPM);
  }

  #remember(from: number, to: number, bytes: Uint8Array): void {
    if (this.#options.rates.oldEpochPpm > 0 && bytes[0] === MessageKind.Block) {
      this.#lastBlocks.push(bytes);
      if (this.#lastBlocks.length > LAST_BLOCKS_KEPT) this.#lastBlocks.shift();
    }
    if (this.#options.rates.replayPpm === 0) return;
    const entry = { from, to, bytes };
    if (this.#old.length < REPLAYS_KEPT) this.#old.push(entry);
    else this.#old[this.#prng.below(REPLAYS_KEPT)] = entry;
  }

  #garbled(bytes: Uint8Array): Uint8Array {
    if (!this.#isDue(this.#options.rates.garblePpm)) return bytes;
    const kinds = [
      "truncate",
      "truncate",
      "garble",
      "garble",
      "garble",
      "noise",
      "oversize",
    ] as const;
    const kind = kinds[this.#prng.below(kinds.length)]!;
    this.#faults.count(kind);
    switch (kind) {
      case "truncate":
        return bytes.subarray(0, this.#prng.below(bytes.length));
      case "noise":
        return Uint8Array.from({ length: this.#prng.below(300) }, () => this.#prng.below(256));
      case "oversize": {
        const long = new Uint8Array(OVERSIZE_BYTES);
        long.set(bytes);
        return long;
      }
      case "garble": {
        const garbled = Uint8Array.from(bytes);
        garbled[this.#prng.below(bytes.length)]! ^= 1 << this.#prng.below(8);
        return garbled;
      }
    }
  }

  #plan(from: number, to: number, bytes: Uint8Array, extraUs: number): void {
    const link = linkOf(from, to);
    const waitUs = this.#bandwidthUs(link, bytes.length);
    if (waitUs === undefined) return;
    const clogUs = (this.#cloggedUntilUs.get(link) ?? 0) - this.#scheduler.nowUs;
    const slowness = this.#slow.has(link) ? SLOW_LINK : 1;
    const delayUs = this.#delayUs() * slowness + waitUs + extraUs + Math.max(0, clogUs);
    this.#scheduler.after(delayUs, () => {
      if (!this.#cut.has(link)) this.#deliver(from, to, bytes);
    });
  }

  /** How long a message waits for its link and is on it; undefined where the queue is full. */
  #bandwidthUs(link: number, bytes: number): number | undefined {
    const { bytesPerSecond } = this.#options;
    if (bytesPerSecond === 0 || this.#isHealed) return 0;
    const { nowUs } = this.#scheduler;
    const freeUs = Math.max(nowUs, this.#busyUntilUs.get(link) ?? 0);
    if (((freeUs - nowUs) * bytesPerSecond) / PPM > LINK_QUEUE_BYTES) {
      this.#faults.count("linkFull");
      return undefined;
    }
    if (freeUs > nowUs) this.#faults.count("narrowLink");
    const doneUs = freeUs + Math.ceil((bytes * PPM) / bytesPerSecond);
    this.#busyUntilUs.set(link, doneUs);
    return doneUs - nowUs;
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

  /** Called every 100 ms: starts and ends partitions, clogs and slow links. */
  stir(): void {
    if (this.#isHealed) return;
    const { rates } = this.#options;
    if (rates.partitionPpm > 0 && this.#cut.size > 0 && this.#prng.chance(1, 4)) this.#cut.clear();
    if (this.#isDue(rates.partitionPpm)) this.#partition();
    if (this.#strikes(rates.clogPpm, "clog")) this.#clog();
    if (this.#slow.size > 0 && this.#prng.chance(1, 6)) this.#slow.clear();
    if (!this.#strikes(rates.slowLinkPpm, "slowLink")) return;
    const count = this.#processes();
    const link = this.#prng.below(count ** 2);
    this.#slow.add(linkOf(Math.floor(link / count), link % count));
  }

  #partition(): void {
    const count = this.#processes();
    this.#cut.clear();
    const shapes = ["halves", "isolate", "halfOpen", "scatter", "bridge", "isolateLeader"] as const;
    const shape = shapes[this.#prng.below(shapes.length)]!;
    this.#faults.count(shape);
    const chosen = shape === "isolateLeader" ? this.#leader() : this.#prng.below(count);
    const side = Array.from({ length: count }, () => this.#prng.below(2));
    const isApart = (from: number, to: number): boolean => side[from] !== side[to];
    for (let from = 0; from < count; from++) {
      for (let to = 0; to < count; to++) {
        if (from === to) continue;
        const isChosen = from === chosen || to === chosen;
        const isCut =
          (shape === "halves" && isApart(from, to)) ||
          (shape === "bridge" && isApart(from, to) && !isChosen) ||
          ((shape === "isolate" || shape === "isolateLeader") && isChosen) ||
          (shape === "halfOpen" && from === chosen) ||
          (shape === "scatter" && this.#prng.chance(1, 3));
        if (isCut) this.#cut.add(linkOf(from, to));
      }
    }
  }

  /** Some links hold everything back, each for a time of its own: what comes free, comes in any order. */
  #clog(): void {
    const { delayUs } = this.#options;
    const count = this.#processes();
    for (let link = 0; link < count ** 2; link++) {
      if (!this.#prng.chance(1, 3)) continue;
      const untilUs = this.#scheduler.nowUs + this.#prng.below(delayUs * 40 + 100_000);
      this.#cloggedUntilUs.set(linkOf(Math.floor(link / count), link % count), untilUs);
    }
  }
}

function linkOf(from: number, to: number): number {
  return from * PROCESSES_MAX + to;
}
