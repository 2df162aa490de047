import type { CommittedBatch } from "@rialto/consensus";

/** Longer than a round takes under load, and less than anybody notices who only watches. */
const HELD_MS_MAX = 10;

/**
 * Commits that no client of this member waits for: they are executed behind the next flush that something else needs, which is
 * nearly always that of the next own block, and go without one of their own.
 */
export class HeldCommits {
  #batches: CommittedBatch[] = [];
  #untilMs = Infinity;

  hold(batch: CommittedBatch, nowMs: number): void {
    if (this.#batches.length === 0) this.#untilMs = nowMs + HELD_MS_MAX;
    this.#batches.push(batch);
  }

  /** When the oldest has waited long enough; Infinity where there is none. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** All of them, in their order; none is held any more. */
  take(): readonly CommittedBatch[] {
    const batches = this.#batches;
    this.#batches = [];
    this.#untilMs = Infinity;
    return batches;
  }
}
