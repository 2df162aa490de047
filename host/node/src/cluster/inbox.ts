/** What one peer may have waiting before it is not read any more. */
const MESSAGES_MAX = 1_024;
const BYTES_MAX = 4 * 1024 * 1024;

interface Waiting<T> {
  readonly item: T;
  readonly bytes: number;
}

class Lane<T> {
  readonly items: Waiting<T>[] = [];
  bytes = 0;
  /** Called when there is room again. */
  readonly waiters: (() => void)[] = [];

  get isFull(): boolean {
    return this.items.length >= MESSAGES_MAX || this.bytes >= BYTES_MAX;
  }
}

/** What peers have sent: a lane for each, taken from in turn, so that a peer that floods waits behind itself. */
export class Inbox<T> {
  readonly #lanes: Lane<T>[] = [];
  #next = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds what a peer has sent. Returns a promise that resolves with room, where there is none left. */
  push(from: number, bytes: number, item: T): void | Promise<void> {
    while (this.#lanes.length <= from) this.#lanes.push(new Lane());
    const lane = this.#lanes[from]!;
    lane.items.push({ item, bytes });
    lane.bytes += bytes;
    this.#count++;
    if (lane.isFull) return new Promise((resolve) => lane.waiters.push(resolve));
  }

  /** Takes the oldest of the next lane that has any. */
  take(): T | undefined {
    for (let tried = 0; tried < this.#lanes.length; tried++) {
      const lane = this.#lanes[this.#next]!;
      this.#next = (this.#next + 1) % this.#lanes.length;
      const taken = lane.items.shift();
      if (taken === undefined) continue;
      lane.bytes -= taken.bytes;
      this.#count--;
      if (!lane.isFull) for (const wake of lane.waiters.splice(0)) wake();
      return taken.item;
    }
    return undefined;
  }
}
