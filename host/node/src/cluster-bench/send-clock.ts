import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What the thread of a clock is told. */
export interface RingTimes {
  /** From one ring to the next, in ms. */
  readonly everyMs: number;
  readonly count: number;
}

/**
 * Rings at a steady rate. Timers of the event loop know whole milliseconds alone: who sent by them would be late by half of one on
 * average, and that would be in every latency. A thread that does nothing else waits for each time, and wakes the event loop; at
 * thousands of rings a second it does so once a millisecond, with all that are due.
 */
export class SendClock {
  readonly #thread: Worker;
  #ring = 0;

  private constructor(thread: Worker) {
    this.#thread = thread;
  }

  /** A clock that stands ready to be started. */
  static async open(times: RingTimes): Promise<SendClock> {
    const thread = new Worker(new URL("send-clock-worker.ts", import.meta.url), {
      workerData: times,
    });
    await once(thread, "message");
    // Never started, it keeps nobody's process running.
    thread.unref();
    return new SendClock(thread);
  }

  /**
   * Starts it: the first ring comes at `startMs` of `performance.now()`. Resolves when the last has come.
   *
   * Errors   what ends its thread, thrown.
   */
  async start(startMs: number, onRing: (ring: number) => void): Promise<void> {
    this.#thread.ref();
    this.#thread.on("message", (due: number) => {
      for (const end = this.#ring + due; this.#ring < end;) onRing(this.#ring++);
    });
    // Each thread counts `performance.now()` from its own beginning.
    const startNs = process.hrtime.bigint() + toNanoseconds(startMs - performance.now());
    this.#thread.postMessage(startNs, []);
    await once(this.#thread, "exit");
  }
}

function toNanoseconds(ms: number): bigint {
  return BigInt(Math.round(1e6 * ms));
}
