import type { DagBlock } from "@rialto/consensus";

/** Accepted blocks with frames that no commit has swept up yet: work that is left, besides what waits in the mempool. */
export class OpenPayloads {
  #blocks: DagBlock[] = [];
  #lastRound = 0;

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  /** Of the newest block that ever had frames; 0 before the first. */
  get lastRound(): number {
    return this.#lastRound;
  }

  /** Takes note of a block that has just been inserted into the DAG. */
  note(inserted: DagBlock): void {
    if (inserted.block!.frames.length === 0) return;
    // A commit that the order went on from may have it already.
    if (inserted.commitIndex === 0) this.#blocks.push(inserted);
    this.#lastRound = Math.max(this.#lastRound, inserted.round);
  }

  /**
   * Lets go of what commits have swept up, and of what no commit can sweep up any more, since it lies at `horizon` or
   * below.
   *
   * Returns  the latter.
   */
  sweep(horizon: number): readonly DagBlock[] {
    const open: DagBlock[] = [];
    const lost: DagBlock[] = [];
    for (const each of this.#blocks) {
      if (each.commitIndex > 0) continue;
      if (each.round > horizon) open.push(each);
      else lost.push(each);
    }
    this.#blocks = open;
    return lost;
  }
}
