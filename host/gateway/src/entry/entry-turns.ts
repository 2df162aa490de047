/** How long frames are checked before others get a turn: a member that checked hundreds at once would miss its rounds. */
const TURN_MS = 1.5;

/** Somebody who has work, and does a little of it at a time. */
export interface Worker {
  /** Does a little. Returns true where there is more to do. */
  work(): boolean;
}

/**
 * Gives all connections of a server their turns, a little each, and all together no more than `TURN_MS` in a turn of the event
 * loop: however many there are, whatever else the process does goes on.
 */
export class EntryTurns {
  readonly #turnMs: number;
  #waiting: Worker[] = [];
  /** When this turn of the event loop has had its share; undefined where it has had none yet. */
  #endMs: number | undefined;

  constructor(turnMs: number = TURN_MS) {
    this.#turnMs = turnMs;
  }

  /** Lets a worker work until it has no more to do: at once, where there is time left. It is added again only when it has ended. */
  add(worker: Worker): void {
    this.#waiting.push(worker);
    this.#run();
  }

  #run(): void {
    if (this.#endMs === undefined) {
      this.#endMs = performance.now() + this.#turnMs;
      setImmediate(() => this.#begin());
    }
    const waiting = this.#waiting;
    let next = 0;
    for (; next < waiting.length && performance.now() < this.#endMs; next++) {
      if (waiting[next]!.work()) waiting.push(waiting[next]!);
    }
    waiting.splice(0, next);
  }

  #begin(): void {
    this.#endMs = undefined;
    if (this.#waiting.length > 0) this.#run();
  }
}
