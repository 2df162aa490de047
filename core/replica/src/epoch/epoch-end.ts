import { AuthorSet, type CommittedBatch, type Frame, type Roster } from "@rialto/consensus";
import {
  type Epoch,
  type EpochRules,
  findEpochChangeProblem,
  isEpochChange,
  parseEpochChange,
} from "./epoch-change.ts";

/**
 * Finds the last commit of an epoch: the first at which a change is in the order, and members of a quorum have said since,
 * in blocks that are committed after it, that they know.
 *
 * Invariant: what it says is a function of the commits alone, so all members end an epoch with the same commit.
 *
 * Source   docs/protocol/consensus.md §12.
 */
export class EpochEnd {
  readonly #epoch: Epoch;
  readonly #rules: EpochRules;
  readonly #closers: AuthorSet;
  #next: Roster | undefined;
  #isOver = false;

  constructor(epoch: Epoch, rules: EpochRules) {
    this.#epoch = epoch;
    this.#rules = rules;
    this.#closers = new AuthorSet(epoch.committee.weights);
  }

  /** The members of the next epoch, once a change stands in the order. From then on own blocks say so. */
  get next(): Roster | undefined {
    return this.#next;
  }

  /** True once the last commit has been seen: nothing of this epoch comes after it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes in the next commit. Call it for each, in their order, until it is over. */
  note({ commit, blocks }: CommittedBatch): void {
    // A block that is committed together with the change was made before anybody could know of it.
    if (this.#next !== undefined) {
      for (const { author, block } of blocks) if (block!.isEpochClose) this.#closers.add(author);
      this.#isOver = this.#closers.weight >= this.#epoch.committee.thresholds.quorum;
      return;
    }
    for (const { block } of blocks) {
      for (const frame of block!.frames) {
        this.#next ??= this.#nextOf(frame, commit.tsMs);
      }
    }
  }

  #nextOf({ bytes }: Frame, commitMs: number): Roster | undefined {
    if (!isEpochChange(bytes)) return undefined;
    const change = parseEpochChange(bytes, this.#epoch.roster);
    if (change === undefined || change.validUntilMs <= commitMs) return undefined;
    const problem = findEpochChangeProblem(change, this.#epoch, this.#rules);
    return problem === undefined ? change.roster : undefined;
  }
}
