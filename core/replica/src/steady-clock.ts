/**
 * A clock that only goes forward, made of one that may not: timeouts are counted on it. While the given clock goes
 * back, this one stands; afterwards it goes on from there. Set forward, it runs ahead: then timeouts end early, which
 * costs a round and harms nobody.
 */
export class SteadyClock {
  #givenMs: number | undefined;
  #steadyMs = 0;

  /** The steady time at which the given clock shows `nowMs`. It begins with the first time given. */
  read(nowMs: number): number {
    if (this.#givenMs === undefined) this.#steadyMs = nowMs;
    else this.#steadyMs += Math.max(0, nowMs - this.#givenMs);
    this.#givenMs = nowMs;
    return this.#steadyMs;
  }

  /** How far the given clock is ahead of this one: what turns a steady time into one that a host can wait for. */
  get leadMs(): number {
    return (this.#givenMs ?? 0) - this.#steadyMs;
  }
}
