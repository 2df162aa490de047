/** More takes a disk its time, however quick it answers. */
const WAITED_BYTES_MAX = 0x1_0000;
/** What a write may take on average: where processors are wanted, most of it is the wait for one. */
const QUICK_MS = 5;
/** Of what average a new one is a part. */
const WRITES_RECENT = 16;
/** How long a disk that was slow is not waited for. */
const SLOW_FOR_MS = 1_000;

/** Says whether a write is worth waiting for where it is called, from what writes have taken lately. */
export class QuickDisk {
  #averageMs = 0;
  #slowUntilMs = -Infinity;

  isWaitedFor(bytes: number, nowMs: number): boolean {
    return bytes <= WAITED_BYTES_MAX && nowMs >= this.#slowUntilMs;
  }

  /** A write that was waited for has taken so long. */
  note(tookMs: number, nowMs: number): void {
    this.#averageMs += (tookMs - this.#averageMs) / WRITES_RECENT;
    if (this.#averageMs <= QUICK_MS) return;
    this.#slowUntilMs = nowMs + SLOW_FOR_MS;
    // One more that is slow, and it is known again.
    this.#averageMs = QUICK_MS;
  }
}
