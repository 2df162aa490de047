/**
 * So much a second on average, and so much at once. Who has used it up gets nothing until some has come back; the last
 * thing taken may go beyond it by itself, so that what is larger than all of it can be had too.
 */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  /** Thousandths of one that have come back besides. */
  #spare = 0;
  /** Until when what has come back is counted. It begins with the first question. */
  #atMs: number | undefined;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  /** True while something is left. `nowMs` does not fall. */
  has(nowMs: number): boolean {
    this.#atMs ??= nowMs;
    const back = (nowMs - this.#atMs) * this.#perSecond + this.#spare;
    this.#left = Math.min(this.#burst, this.#left + Math.floor(back / 1_000));
    this.#spare = back % 1_000;
    this.#atMs = nowMs;
    return this.#left > 0;
  }

  take(amount: number): void {
    this.#left -= amount;
  }
}
