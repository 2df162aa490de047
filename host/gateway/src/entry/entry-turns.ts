/** How long frames are checked before others get a turn: a member that checked hundreds at once would miss its rounds. */
const TURN_MS = 1.5;

/** Somebody who has work, and does a little of it at a time. */
export interface Worker {
  /** True for who has shown that it may have something done here. */
  readonly isProven: boolean;
  /** Does a little. Returns true where there is more to do. */
  work(): boolean;
}

/**
 * Gives all connections of a server their turns, a little each, and all together no more than `TURN_MS` at a time, with a turn of
 * the event loop between: however many there are, whatever else the process does goes on. Those who are proven and those who are not take
 * turns, so that many of the second keep none of the first waiting.
 */
export class EntryTurns {
  readonly #turnMs: number;
  readonly #proven: Worker[] = [];
  readonly #others: Worker[] = [];
  /** When the time of now is over; undefined where none of it has been used. */
  #endMs: number | undefined;

  constructor(turnMs: number = TURN_MS) {
    this.#turnMs = turnMs;
  }

  /** Lets a worker work until it has no more to do: at once, where there is time left. It is added again only when it has ended. */
  add(worker: Worker): void {
    this.#put(worker);
    this.#run();
  }

  #put(worker: Worker): void {
    (worker.isProven ? this.#proven : this.#others).push(worker);
  }

  #run(): void {
    if (this.#endMs === undefined) {
      this.#endMs = performance.now() + this.#turnMs;
      setImmediate(() => this.#begin());
    }
    while (this.#hasWork && performance.now() < this.#endMs) {
      this.#serve(this.#proven.shift());
      this.#serve(this.#others.shift());
    }
  }

  #serve(worker: Worker | undefined): void {
    if (worker?.work() === true) this.#put(worker);
  }

  get #hasWork(): boolean {
    return this.#proven.length > 0 || this.#others.length > 0;
  }

  #begin(): void {
    this.#endMs = undefined;
    if (this.#hasWork) this.#run();
  }
}
