import type { Scheduler } from "./scheduler.ts";

/** The wall clock when a simulation starts. */
export const EPOCH_MS = 1_700_000_000_000;
const PPM = 1_000_000;

/** What a member's machine says that it is: somewhat off, and perhaps set, fast, slow or frozen while it runs. */
export class SimClock {
  readonly #scheduler: Scheduler;
  #offsetMs = 0;
  /** The clock's own microseconds, as of `#sinceUs`. */
  #ownUs = 0;
  #sinceUs = 0;
  #driftPpm = 0;
  #isFrozen = false;
  #setCount = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  nowMs(): number {
    return EPOCH_MS + this.#offsetMs + Math.floor(this.#readUs() / 1_000);
  }

  #readUs(): number {
    if (this.#isFrozen) return this.#ownUs;
    const passedUs = this.#scheduler.nowUs - this.#sinceUs;
    return this.#ownUs + Math.floor((passedUs * (PPM + this.#driftPpm)) / PPM);
  }

  #rebase(): void {
    this.#ownUs = this.#readUs();
    this.#sinceUs = this.#scheduler.nowUs;
  }

  /** How far the clock is off, besides its drift. */
  set(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    this.#setCount++;
  }

  /** How often it has been set: each time may look like any time. */
  get setCount(): number {
    return this.#setCount;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** A tenth fast is 100,000. */
  drift(ppm: number): void {
    this.#rebase();
    this.#driftPpm = ppm;
  }

  freeze(isFrozen: boolean): void {
    this.#rebase();
    this.#isFrozen = isFrozen;
  }

  /** Runs as it should again; what it is off by stays. */
  heal(): void {
    this.freeze(false);
    this.drift(0);
  }
}
