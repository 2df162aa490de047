import type { CommittedBatch } from "@rialto/consensus";

/** Longer than a round takes between members that are near each other, and little to who only watches. */
const HELD_MS_MAX = 10;

/**
 * Commits without frames of this member's own clients: they are executed behind the next flush that something else needs, mostly that of
 * the next own block, and have one of their own only where none has come in time. Source: consensus.md §9.
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
