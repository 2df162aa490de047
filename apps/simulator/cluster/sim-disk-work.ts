import type { Prng } from "@rialto/base";
import type { FaultCounter } from "./fault-counter.ts";
import type { DurableStep } from "./fault-menu.ts";
import type { RunOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimMishaps } from "./sim-mishaps.ts";
import type { SimRest } from "./sim-rest.ts";

/** How often a full disk is looked at again. */
const FULL_RETRY_US = 20_000;

export interface SimDiskWorkOptions {
  readonly run: RunOptions;
  readonly prng: Prng;
  readonly faults: FaultCounter;
  readonly scheduler: Scheduler;
  readonly mishaps: SimMishaps;
  readonly rest: SimRest;
  /** Which life of the process it is: what was planned in an earlier one does not happen. */
  readonly lifeOf: () => number;
  readonly crash: () => void;
  /** A write that the process waits for is over. */
  readonly goOn: () => void;
}

/** The writes of a process that take time, and what goes wrong with them. */
export class SimDiskWork {
  readonly #options: SimDiskWorkOptions;
  #isBusy = false;
  #step: DurableStep = "idle";
  #snapshotsUnderWay = 0;

  constructor(options: SimDiskWorkOptions) {
    this.#options = options;
  }

  /** True while the process waits for a write. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** The write that the process waits for. */
  get step(): DurableStep {
    return this.#step;
  }

  get isSavingSnapshot(): boolean {
    return this.#snapshotsUnderWay > 0;
  }

  /** The process has died. */
  stop(): void {
    this.#isBusy = false;
    this.#snapshotsUnderWay = 0;
    this.#step = "idle";
  }

  /** Writes something that the process waits for. `end` is told whether the disk only says that it is there. */
  write(write: "flush" | "guard", end: (isLying: boolean) => void): void {
    const { run, prng, faults, scheduler, mishaps, rest } = this.#options;
    const step = `during ${write}` as const;
    this.#isBusy = true;
    this.#step = step;
    let takesUs = 1 + prng.below(2 * run.flushUs);
    if (mishaps.strikes(run.rates.slowDiskPpm)) {
      faults.countAt("slowDisk", step);
      takesUs += run.flushUs * 100;
    }
    if (mishaps.strikes(run.rates.diskFullPpm)) {
      faults.countAt("diskFull", step);
      rest.fill(prng.below(800_000));
    }
    const isLying = mishaps.strikes(run.rates.lyingFlushPpm);
    const finish = this.#finisher(write, () => end(isLying));
    scheduler.after(takesUs, finish);
  }

  #finisher(write: "flush" | "guard", end: () => void): () => void {
    const { run, faults, scheduler, mishaps, rest, lifeOf, crash, goOn } = this.#options;
    const life = lifeOf();
    const step = `during ${write}` as const;
    const finish = (): void => {
      if (lifeOf() !== life) return;
      if (rest.isFull) return scheduler.after(FULL_RETRY_US, finish);
      if (mishaps.diesAt(step)) return;
      if (mishaps.strikes(run.rates.fsyncErrorPpm)) {
        // What a failed flush has written is unknown: the process ends rather than try again.
        faults.countAt("fsyncError", step);
        return crash();
      }
      end();
      this.#isBusy = false;
      this.#step = "idle";
      if (mishaps.diesAt(`after ${write}`)) return;
      goOn();
    };
    return finish;
  }

  /** Whether a chunk of a snapshot that comes in finds room. */
  keepsChunk(): boolean {
    const { run, faults, mishaps } = this.#options;
    if (!mishaps.strikes(run.rates.diskFullPpm)) return true;
    faults.countAt("diskFull", "in fetching");
    return false;
  }

  /** Writes a snapshot, for which nothing waits. `save` is called when it is on the disk: never, where there is no room. */
  writeSnapshot(save: () => void): void {
    const { scheduler, prng, run, faults, mishaps, lifeOf } = this.#options;
    const life = lifeOf();
    this.#snapshotsUnderWay++;
    let takesUs = 1 + prng.below(20 * run.flushUs);
    if (mishaps.strikes(run.rates.slowDiskPpm)) {
      faults.countAt("slowDisk", "during snapshot");
      takesUs += run.flushUs * 100;
    }
    scheduler.after(takesUs, () => {
      if (lifeOf() !== life || mishaps.diesAt("during snapshot")) return;
      this.#snapshotsUnderWay--;
      if (mishaps.strikes(run.rates.diskFullPpm)) {
        // The older ones are there: the next one will do.
        return faults.countAt("diskFull", "during snapshot");
      }
      save();
    });
  }
}
