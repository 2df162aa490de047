import { equalBytes, TurnoverMap } from "@rialto/base";
import { AuthorSet, type BlockHeader, type CommitVote, type Committee } from "@rialto/consensus";

/** Rounds of own commits that votes are compared with. Votes for older ones have been heard. */
const ROUNDS_KEPT = 256;

interface Kept {
  readonly digest: Uint8Array;
  readonly others: AuthorSet;
  readonly authors: number[];
}

/** Commits that more members than may lie have decided otherwise. */
export interface CommitConflict {
  readonly index: number;
  readonly own: Uint8Array;
  readonly theirs: Uint8Array;
  readonly authors: readonly number[];
}

/** Compares what others say they have committed with what this member has. */
export class CommitVotes {
  readonly #committee: Committee;
  readonly #byIndex = new TurnoverMap<number, Kept>();
  #newest: CommitVote | undefined;

  constructor(committee: Committee) {
    this.#committee = committee;
  }

  /** The votes of the next own block: for the newest commit. */
  forHeader(): readonly CommitVote[] {
    return this.#newest === undefined ? [] : [this.#newest];
  }

  noteOwn(vote: CommitVote): void {
    this.#newest = vote;
    const others = new AuthorSet(this.#committee.weights);
    this.#byIndex.set(vote.index, { digest: vote.digest, others, authors: [] });
    this.#byIndex.delete(vote.index - ROUNDS_KEPT * this.#committee.leadersPerRound);
  }

  /** Looks at the votes of an accepted block. */
  noteBlock(block: BlockHeader): CommitConflict | undefined {
    for (const { index, digest } of block.commitVotes) {
      const kept = this.#byIndex.get(index);
      if (kept === undefined || equalBytes(kept.digest, digest)) continue;
      if (!kept.others.has(block.author)) kept.authors.push(block.author);
      kept.others.add(block.author);
      if (kept.others.weight > this.#committee.thresholds.liars) {
        return { index, own: kept.digest, theirs: digest, authors: kept.authors };
      }
    }
    return undefined;
  }
}
