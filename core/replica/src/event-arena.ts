/** Room for the events of some ten frames of 256 orders. */
const FIRST_BYTES = 256 * 1024;

/**
 * Keeps the events of one commit, in memory that the next one uses again: what members make of it, some 20 KB a frame of
 * 256 orders, would else be most of what their garbage collection has to do.
 */
export class EventArena {
  #memory: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_BYTES);
  #at = 0;

  /** A copy of `events`, borrowed until `clear`. */
  keep(events: Uint8Array): Uint8Array {
    if (this.#at + events.length > this.#memory.length) this.#grow(events.length);
    const kept = this.#memory.subarray(this.#at, this.#at + events.length);
    kept.set(events);
    this.#at += events.length;
    return kept;
  }

  /** What was kept so far is no longer looked at. */
  clear(): void {
    this.#at = 0;
  }

  /** What has been lent already stays in the old memory. */
  #grow(bytes: number): void {
    this.#memory = new Uint8Array(Math.max(2 * this.#memory.length, bytes));
    this.#at = 0;
  }
}
