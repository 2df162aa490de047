import type { Scheduler } from "./scheduler.ts";

export interface SimRestOptions {
  readonly scheduler: Scheduler;
  /** Which life of the process it is: what was planned in an earlier one does not happen. */
  readonly lifeOf: () => number;
  readonly isUp: () => boolean;
}

/** When a process does nothing though it is up: it is paused, or its disk is full. */
export class SimRest {
  readonly #options: SimRestOptions;
  #pausedUntilUs = 0;
  #fullUntilUs = 0;

  constructor(options: SimRestOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.#options.scheduler.nowUs < this.#pausedUntilUs;
  }

  /** With a full disk a member takes nothing in: what it cannot keep it must not answer. */
  get isFull(): boolean {
    return this.#options.scheduler.nowUs < this.#fullUntilUs;
  }

  pause(forUs: number): void {
    this.#pausedUntilUs = this.#options.scheduler.nowUs + forUs;
  }

  fill(forUs: number): void {
    this.#fullUntilUs = this.#options.scheduler.nowUs + forUs;
  }

  /** The disk has room again. */
  empty(): void {
    this.#fullUntilUs = 0;
  }

  heal(): void {
    this.#pausedUntilUs = 0;
    this.#fullUntilUs = 0;
  }

  /** Runs something at once, or when both are over: unless the process has died by then. */
  whenAwake(run: () => void): void {
    const { scheduler, lifeOf, isUp } = this.#options;
    const life = lifeOf();
    const waitUs = Math.max(this.#pausedUntilUs, this.#fullUntilUs) - scheduler.nowUs;
    if (!isUp()) return;
    if (waitUs <= 0) return run();
    scheduler.after(waitUs, () => {
      if (lifeOf() === life) this.whenAwake(run);
    });
  }
}
