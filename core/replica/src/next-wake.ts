/**
 * The time at which a member wants a tick: the earliest that was wanted while the effects of a turn were performed. Executing a
 * commit may begin an epoch, whose first round wants to go on at once, while the step that decided the commit wants to
 * be woken for its next status alone.
 */
export class NextWake {
  #earliestMs = Infinity;

  want(atMs: number): void {
    this.#earliestMs = Math.min(this.#earliestMs, atMs);
  }

  /** What has been wanted since the last call, which takes the place of that. Undefined where nothing has: then that goes on. */
  take(): number | undefined {
    const atMs = this.#earliestMs;
    this.#earliestMs = Infinity;
    return atMs === Infinity ? undefined : atMs;
  }
}
