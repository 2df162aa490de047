import { NextWake } from "@rialto/replica";
import type { Scheduler } from "./scheduler.ts";

export interface SimAlarmOptions {
  readonly scheduler: Scheduler;
  /** What the member's clock shows. */
  readonly nowMs: () => number;
  /** How late a timer is that is due: mostly 0. */
  readonly lateUs: () => number;
  readonly ring: () => void;
}

/**
 * The host's alarm in simulated time. Timers count time as it passes, whatever the clock says: only how long it is until then is
 * taken from the clock.
 */
export class SimAlarm {
  readonly #options: SimAlarmOptions;
  readonly #next = new NextWake();
  #dueUs = Infinity;
  /** When it is looked whether it is due: one look at a time is planned, however often it is set. */
  #lookUs = Infinity;

  constructor(options: SimAlarmOptions) {
    this.#options = options;
  }

  want(atMs: number): void {
    this.#next.want(atMs);
  }

  /** As the host's: what has been wanted since takes the place of what was set before. */
  set(): void {
    const atMs = this.#next.take();
    if (atMs === undefined) return;
    const { scheduler, nowMs } = this.#options;
    this.#dueUs = scheduler.nowUs + Math.max(1, (atMs - nowMs()) * 1_000);
    if (this.#dueUs < this.#lookUs) this.#planLook();
  }

  #planLook(): void {
    const { scheduler } = this.#options;
    const lookUs = this.#dueUs;
    this.#lookUs = lookUs;
    scheduler.after(lookUs - scheduler.nowUs, () => {
      // An earlier look has taken its place.
      if (this.#lookUs === lookUs) this.#look();
    });
  }

  #look(): void {
    const { scheduler, lateUs, ring } = this.#options;
    this.#lookUs = Infinity;
    if (this.#dueUs === Infinity) return;
    if (this.#dueUs <= scheduler.nowUs) this.#dueUs = scheduler.nowUs + lateUs();
    if (this.#dueUs > scheduler.nowUs) return this.#planLook();
    this.#dueUs = Infinity;
    ring();
  }

  /** The process dies: what was wanted or set is forgotten. */
  stop(): void {
    this.#next.take();
    this.#dueUs = Infinity;
  }
}
