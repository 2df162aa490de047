import type { BlockRef, VerifiedBlock } from "../block.ts";
import type { CommittedBatch } from "../commit.ts";
import type { Committee } from "../committee.ts";
import { Consensus } from "../consensus.ts";
import { refOf } from "../commit.ts";
import { genesisRefs, range, sketchBlock } from "./dag-builder.ts";
import { createTestCommittee, equalWeights, type TestCommitteeOptions } from "./test-committee.ts";
import { testHash } from "./test-hash.ts";

const ROOMY_LIMITS = { blocksPerAuthor: 1_000, bytesPerAuthor: 1_000_000 };

/** A member's consensus, fed by hand: what scenario tests are written with. */
export class ScenarioWorld {
  readonly committee: Committee;
  readonly consensus: Consensus;
  readonly batches: CommittedBatch[] = [];
  readonly offered: VerifiedBlock[] = [];

  constructor(
    options: Omit<TestCommitteeOptions, "weights"> & {
      readonly count: number;
      readonly weights?: readonly number[];
    },
  ) {
    const weights = options.weights ?? equalWeights(options.count);
    this.committee = createTestCommittee({ ...options, weights });
    this.consensus = createConsensus(this.committee);
  }

  get authors(): number[] {
    return range(this.committee.weights.length);
  }

  get quorum(): number {
    return this.committee.thresholds.quorum;
  }

  /** Hands a block over: its author does, or who is named. */
  offer(block: VerifiedBlock, from: number = block.author): VerifiedBlock {
    this.offered.push(block);
    this.batches.push(...this.consensus.offer(block, from).batches);
    return block;
  }

  /** The first block of each author in a round. */
  refs(round: number): BlockRef[] {
    if (round === 0) return genesisRefs(this.committee);
    return this.authors.flatMap((author) => {
      const block = this.consensus.dag.first(round, author);
      return block === undefined ? [] : [refOf(block)];
    });
  }

  /** A block for each of `authors`, with all of the round before but what `without` names. */
  round(
    round: number,
    options: { authors?: readonly number[]; without?: readonly number[] } = {},
  ): VerifiedBlock[] {
    const { authors = this.authors, without = [] } = options;
    const before = this.refs(round - 1);
    return authors.map((author) => {
      const strong = before.filter((ref) => ref.author === author || !without.includes(ref.author));
      const isThere = strong.some((ref) => ref.author === author);
      const weak = isThere ? [] : [{ round: 0, author, digest: this.committee.genesis[author]! }];
      return this.offer(sketchBlock(this.committee, { author, round, strong, weak }));
    });
  }

  /** Rounds from `first` to `last` in which everybody refers to everybody. */
  fullRounds(first: number, last: number): void {
    for (let round = first; round <= last; round++) this.round(round);
  }

  /** Rounds of the committed leaders so far. */
  get leaderRounds(): number[] {
    return this.batches.map((batch) => batch.commit.leader.round);
  }
}

export function createConsensus(committee: Committee, retainRounds = 1_000): Consensus {
  return new Consensus({ committee, hash: testHash, pendingLimits: ROOMY_LIMITS, retainRounds });
}
