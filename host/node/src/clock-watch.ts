import type { Logger } from "pino";

/** How often the clock is looked at. */
const LOOK_MS = 10_000;
/** Below this it is a clock that is kept. */
const AHEAD_MS_MAX = 1_000;

export interface ClockWatchOptions {
  /** How far the log's time is ahead of the clock. */
  readonly aheadMs: () => number;
  readonly log: Pick<Logger, "info" | "warn">;
}

/**
 * Says when the log's time is ahead of the clock, and when no longer. That time never goes back: where the clock was ahead once, or has
 * been set back, nothing that waits for its time ends before the clock has come there again.
 */
export class ClockWatch implements Disposable {
  readonly #options: ClockWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #isAhead = false;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  look(): void {
    const { log } = this.#options;
    const aheadMs = this.#options.aheadMs();
    const wasAhead = this.#isAhead;
    this.#isAhead = aheadMs > AHEAD_MS_MAX;
    if (this.#isAhead && !wasAhead) log.warn({ aheadMs }, "log.ahead-of-clock");
    if (!this.#isAhead && wasAhead) log.info("log.with-clock");
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
