/**
 * What one reader takes before it lets the event loop turn. What lies ready is read without a turn: a peer that keeps its
 * link full would keep all others, and the timers, waiting.
 */
const TURN_BYTES_MAX = 0x8_0000;
const TURN_COUNT_MAX = 64;

/** Counts what a reader has taken since the last turn of the event loop that it waited for. */
export class TurnTaker {
  #bytes = 0;
  #count = 0;

  isOver(bytes: number): boolean {
    this.#bytes += bytes;
    this.#count++;
    if (this.#bytes < TURN_BYTES_MAX && this.#count < TURN_COUNT_MAX) return false;
    this.#bytes = 0;
    this.#count = 0;
    return true;
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
