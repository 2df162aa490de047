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

/**
 * What waits for a member: a lane for each peer and one of its own, taken from in turn, so that a peer that floods
 * waits behind itself.
 */
export class Inbox<T> {
  /** The first is the member's own. */
  readonly #lanes: Lane<T>[] = [new Lane()];
  #next = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds what a peer has sent. Returns a promise that resolves with room, where there is none left. */
  push(from: number, bytes: number, item: T): void | Promise<void> {
    while (this.#lanes.length <= from + 1) this.#lanes.push(new Lane());
    const lane = this.#lanes[from + 1]!;
    this.#add(lane, bytes, item);
    if (lane.isFull) return new Promise((resolve) => lane.waiters.push(resolve));
  }

  /** Adds what comes from this process, which bounds it itself. */
  pushOwn(item: T): void {
    this.#add(this.#lanes[0]!, 0, item);
  }

  /** Takes the oldest of the own lane, out of its turn. */
  takeOwn(countMax: number): T[] {
    const taken = this.#lanes[0]!.items.splice(0, countMax);
    this.#count -= taken.length;
    return taken.map(({ item }) => item);
  }

  #add(lane: Lane<T>, bytes: number, item: T): void {
    lane.items.push({ item, bytes });
    lane.bytes += bytes;
    this.#count++;
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
