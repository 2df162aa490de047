/** What may happen on average in a second, with a second's worth of it at once. */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#atMs = nowMs;
  }

  /** Takes one where one is left, and nothing otherwise: who is refused leaves no debt. */
  takeIfLeft(nowMs: number): boolean {
    this.#earn(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes `count`, which may leave a debt. Returns the milliseconds after which the debt is paid: 0 for none. */
  take(count: number, nowMs: number): number {
    this.#earn(nowMs);
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#perSecond) * 1_000);
  }

  #earn(nowMs: number): void {
    const earned = ((nowMs - this.#atMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + Math.max(0, earned));
    this.#atMs = nowMs;
  }
}
