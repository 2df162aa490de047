/** A tick comes when all that has come before it has been taken in; but no later than so, whatever a peer floods. */
const TICK_WAIT_MS = 100;

/** A tick of the replica between the alarm that rings for it and the turn in which it is given. Times are the process's. */
export class DueTick {
  #sinceMs = Infinity;

  get isDue(): boolean {
    return this.#sinceMs < Infinity;
  }

  /**
   * The alarm has rung. A tick that is due already stays as old as it is: each message that is taken in before it may set the
   * alarm again, and a peer that floods would put it off without end.
   */
  ring(nowMs: number): void {
    this.#sinceMs = Math.min(this.#sinceMs, nowMs);
  }

  /** Whether a tick is to be given now. Effects: then none is due any more. */
  take(nowMs: number, isAllRead: boolean): boolean {
    const isOverdue = nowMs > this.#sinceMs + TICK_WAIT_MS;
    if (!this.isDue || !(isAllRead || isOverdue)) return false;
    this.#sinceMs = Infinity;
    return true;
  }
}
