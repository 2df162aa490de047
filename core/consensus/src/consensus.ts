import { fail } from "@rialto/base";
import type { VerifiedBlock } from "./block.ts";
import { type CommittedBatch, type OrderStart, refOf, Sequencer } from "./commit.ts";
import type { Committee } from "./committee.ts";
import { type BrokenAssumption, Committer } from "./committer.ts";
import { Dag, type DagBlock } from "./dag.ts";
import { EvidenceBook } from "./evidence.ts";
import type { HashFunction } from "./hash.ts";
import { committedAbove, type OrderBase, placeOfLeader } from "./order-base.ts";
import { type Handed, PendingBlocks, type PendingLimits } from "./pending.ts";

/** What a block has brought about. */
export interface Offered {
  /** Blocks accepted, in the order in which they must be journaled. */
  readonly inserted: readonly DagBlock[];
  /** Commits decided, in their order. */
  readonly batches: readonly CommittedBatch[];
}

/**
 * Whether there is room for a second block of somebody's on the account of its voucher, the member that handed it over.
 * Where it says yes the block is taken in.
 */
export type TwinRule = (voucher: number, twin: VerifiedBlock) => boolean;

const ANY_TWIN: TwinRule = () => true;

const NOTHING: Offered = { inserted: [], batches: [] };

/**
 * Valid blocks in, the total order out.
 *
 * Invariant: the commits are a function of the sequence of accepted blocks alone. Feeding one member's accepted
 * blocks to another, in their order, brings the other to the same commits: this is what recovery and catching
 * up rest on.
 */
export class Consensus {
  readonly dag: Dag;
  readonly pending: PendingBlocks;
  readonly evidence: EvidenceBook;
  readonly committer: Committer;
  readonly sequencer: Sequencer;
  /** Rounds that stay in memory below the horizon, to serve those who lag. */
  readonly #retainRounds: number;

  constructor(options: {
    readonly committee: Committee;
    readonly hash: HashFunction;
    readonly pendingLimits: PendingLimits;
    readonly retainRounds: number;
    /** Where the order goes on from; left out for its beginning. */
    readonly base?: OrderBase | undefined;
    /** Where the order of the epoch before has ended. */
    readonly start?: OrderStart;
  }) {
    const authorCount = options.committee.weights.length;
    this.dag = new Dag(options.committee);
    this.pending = new PendingBlocks(authorCount, options.pendingLimits);
    this.evidence = new EvidenceBook(authorCount);
    this.committer = new Committer(this.dag);
    this.sequencer = new Sequencer(this.dag, options.hash, options.start);
    this.#retainRounds = options.retainRounds;
    if (options.base !== undefined) this.#resume(options.base);
  }

  #resume(base: OrderBase): void {
    const last = base.commits.at(-1)!;
    const place = placeOfLeader(last, this.dag.committee);
    if (place === undefined) fail("a commit's leader stands in a slot of its round");
    this.dag.resume(last.gcRound, committedAbove(base, last.gcRound));
    this.committer.resume(last.leader.round, place);
    this.sequencer.resume(last, base.digest);
  }

  get broken(): BrokenAssumption | undefined {
    return this.committer.broken;
  }

  /**
   * Takes in a block: accepts it and what waited for it, parks it, or drops it as known, stale or somebody's second for
   * a round that nobody vouches for. `from` has handed it over; none of the journal, and our own, need a voucher.
   *
   * Effects  decides after every single block, so that the horizon is the same whenever it is looked at.
   */
  offer(block: VerifiedBlock, from?: number, mayTake: TwinRule = ANY_TWIN): Offered {
    const inserted: DagBlock[] = [];
    const batches: CommittedBatch[] = [];
    const open: Handed[] = [{ block, from }];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const accepted = this.#accept(next, mayTake);
      if (accepted === undefined) continue;
      inserted.push(accepted);
      open.push(...this.pending.take(refOf(accepted)));
      const decided = this.#decide();
      if (decided.length === 0) continue;
      batches.push(...decided);
      open.push(...this.pending.takeBelow(this.dag.horizon));
      this.dag.prune(Math.max(0, this.dag.horizon - this.#retainRounds));
    }
    return inserted.length === 0 ? NOTHING : { inserted, batches };
  }

  #accept({ block, from }: Handed, mayTake: TwinRule): DagBlock | undefined {
    const { dag, pending, evidence } = this;
    if (block.round <= dag.horizon || dag.find(block) !== undefined) return undefined;
    const first = dag.first(block.round, block.author)?.block;
    const other = first ?? pending.findAt(block);
    if (other !== undefined) evidence.note(other, block);
    const missing = dag.missing(block);
    if (first !== undefined && from !== undefined) {
      // Its author, too, is known to lie by now.
      if (evidence.has(from)) return undefined;
      // It is paid for when it is taken in, and not while it waits.
      if (missing.length === 0 && !mayTake(from, block)) return undefined;
    }
    if (missing.length > 0) {
      pending.add(block, missing, from);
      return undefined;
    }
    const accepted = dag.insert(block);
    this.committer.note(accepted);
    return accepted;
  }

  #decide(): CommittedBatch[] {
    const batches: CommittedBatch[] = [];
    for (const decision of this.committer.decide()) {
      if (decision.kind === "commit") batches.push(this.sequencer.commit(decision.block));
    }
    return batches;
  }
}
