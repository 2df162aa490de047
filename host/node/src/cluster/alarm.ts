import { NextWake } from "@rialto/replica";

/** Rings once, at the time that was wanted last (`NextWake`). */
export class Alarm {
  readonly #nowMs: () => number;
  readonly #ring: () => void;
  readonly #next = new NextWake();
  #timer: NodeJS.Timeout | undefined;

  constructor(nowMs: () => number, ring: () => void) {
    this.#nowMs = nowMs;
    this.#ring = ring;
  }

  want(atMs: number): void {
    this.#next.want(atMs);
  }

  /** Sets what has been wanted since, in place of what was set before. Where nothing has, that goes on. */
  set(): void {
    const atMs = this.#next.take();
    if (atMs === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ring, Math.max(0, atMs - this.#nowMs()));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
