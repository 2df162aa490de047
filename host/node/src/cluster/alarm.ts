/**
 * Rings once, at the earliest time that was wanted while effects were performed. Executing a commit may begin an epoch, whose
 * first round wants to go on at once, while the step that decided the commit wants to be woken for its next status alone.
 */
export class Alarm {
  readonly #nowMs: () => number;
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #earliestMs = Infinity;

  constructor(nowMs: () => number, ring: () => void) {
    this.#nowMs = nowMs;
    this.#ring = ring;
  }

  want(atMs: number): void {
    this.#earliestMs = Math.min(this.#earliestMs, atMs);
  }

  /** Sets what has been wanted since, in place of what was set before. Where nothing has, that goes on. */
  set(): void {
    if (this.#earliestMs === Infinity) return;
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, this.#earliestMs - this.#nowMs());
    this.#earliestMs = Infinity;
    this.#timer = setTimeout(this.#ring, waitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
