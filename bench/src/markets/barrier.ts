// Threads that wait for each other.

import { assert } from "@rialto/base";

/** Bytes of the memory that the threads share: how many have come, and how often all have. */
export const BARRIER_BYTES = 8;
const ARRIVED = 0;
const TURN = 1;
/** Longest wait: whoever does not come has failed, and has said so. */
const WAIT_MS_MAX = 120_000;

export class Barrier {
  readonly #words: Int32Array;
  readonly #threads: number;

  constructor(memory: SharedArrayBuffer, threads: number) {
    this.#words = new Int32Array(memory);
    this.#threads = threads;
  }

  /** Returns when all threads have called it as often. Blocks its thread. */
  wait(): void {
    const words = this.#words;
    const turn = Atomics.load(words, TURN);
    if (Atomics.add(words, ARRIVED, 1) === this.#threads - 1) {
      Atomics.store(words, ARRIVED, 0);
      Atomics.add(words, TURN, 1);
      Atomics.notify(words, TURN);
      return;
    }
    const outcome = Atomics.wait(words, TURN, turn, WAIT_MS_MAX);
    assert(outcome !== "timed-out", "all threads come to the barrier in time");
  }
}
