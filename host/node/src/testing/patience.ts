/** Time between two looks counts as this at most: beyond it this process was stopped, or starved, and so were others. */
const STEP_MAX_MS = 250;

/**
 * How long to wait for something, in time that this process has lived through. A machine that is busy with other things,
 * or a process that was stopped for a minute, says nothing of what is waited for.
 */
export class Patience {
  #leftMs: number;
  #lookedMs = performance.now();

  constructor(ms: number) {
    this.#leftMs = ms;
  }

  /** Looks at the clock: call it every few milliseconds. True once the time is over. */
  isOver(): boolean {
    const nowMs = performance.now();
    this.#leftMs -= Math.min(nowMs - this.#lookedMs, STEP_MAX_MS);
    this.#lookedMs = nowMs;
    return this.#leftMs <= 0;
  }
}
