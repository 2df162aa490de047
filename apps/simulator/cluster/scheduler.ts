/** A moment of simulated time in microseconds since the start. */
export type SimTime = number;

interface Entry {
  readonly atUs: SimTime;
  readonly sequence: number;
  readonly run: () => void;
}

/** The only source of order in a simulation: what is due, by time and then by the order of planning. */
export class Scheduler {
  readonly #heap: Entry[] = [];
  #nowUs = 0;
  #sequence = 0;
  #eventCount = 0;

  get nowUs(): SimTime {
    return this.#nowUs;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** Plans `run` after `delayUs`; what is planned later for the same moment runs later. */
  after(delayUs: number, run: () => void): void {
    this.#push({
      atUs: this.#nowUs + Math.max(0, Math.floor(delayUs)),
      sequence: this.#sequence++,
      run,
    });
  }

  /** Runs what is due until `untilUs`, or until `isDone` says so. Returns false where it was stopped by `isDone`. */
  runUntil(untilUs: SimTime, isDone: () => boolean): boolean {
    for (let top = this.#heap[0]; top !== undefined && top.atUs <= untilUs; top = this.#heap[0]) {
      this.#pop();
      this.#nowUs = top.atUs;
      this.#eventCount++;
      top.run();
      if (isDone()) return false;
    }
    this.#nowUs = untilUs;
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    heap.push(entry);
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = index * 2 + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atUs < right.atUs || (left.atUs === right.atUs && left.sequence < right.sequence);
}
