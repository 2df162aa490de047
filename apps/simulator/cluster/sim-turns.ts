import { DueTick, type Outbox } from "@rialto/replica";

/** Steps the replica through something that came in. */
export type TurnInput = (outbox: Outbox) => void;

/** What waits for its turn at a simulated member: inputs, and a tick behind them, as at the host's member. */
export class SimTurns {
  /** Time as it passes, which a process has besides its clock. */
  readonly #monotonicMs: () => number;
  #inbox: TurnInput[] = [];
  #tick = new DueTick();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  push(input: TurnInput): void {
    this.#inbox.push(input);
  }

  /** The alarm has rung. */
  ring(): void {
    this.#tick.ring(this.#monotonicMs());
  }

  get hasWork(): boolean {
    return this.#tick.isDue || this.#inbox.length > 0;
  }

  /** Takes in what waits, up to the first own block, for which all others may wait; then `tick`, where one is due. */
  takeIn(outbox: Outbox, tick: TurnInput): void {
    do {
      const input = this.#inbox.shift();
      if (input === undefined) break;
      input(outbox);
    } while (!outbox.hasOwnBlock);
    if (this.#tick.take(this.#monotonicMs(), this.#inbox.length === 0)) tick(outbox);
  }

  /** The process has died. */
  clear(): void {
    this.#inbox = [];
    this.#tick = new DueTick();
  }
}
