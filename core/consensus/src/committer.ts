import { fail } from "@rialto/base";
import { AuthorSet } from "./author-set.ts";
import { type Committee, leaderOf } from "./committee.ts";
import type { Dag, DagBlock } from "./dag.ts";
import { compareDigests } from "./hash.ts";
import {
  createSlotTally,
  type SlotTally,
  tallyCandidate,
  tallyCertificate,
  tallyVote,
} from "./slot-tally.ts";

/** What became of a leader slot. Never changes once said. */
export type Decision =
  | {
      readonly kind: "commit";
      readonly round: number;
      readonly place: number;
      readonly block: DagBlock;
    }
  | { readonly kind: "skip"; readonly round: number; readonly place: number };

type Status = Decision | undefined;

/** More members lie than the profile allows: what the DAG shows cannot happen otherwise. */
export interface BrokenAssumption {
  readonly reason: string;
  readonly round: number;
  readonly blocks: readonly DagBlock[];
}

/**
 * Decides leader slots in their order. A pure function of the DAG, kept incrementally: the same blocks in any
 * order of arrival yield the same decisions.
 *
 * Source   docs/protocol/consensus.md §6.
 */
export class Committer {
  readonly #dag: Dag;
  readonly #committee: Committee;
  /** Undecided slots in their order, the next to be decided first. */
  readonly #slots: SlotTally[] = [];
  #nextRound = 1;
  #nextPlace = 0;
  #broken: BrokenAssumption | undefined;
  #isFresh = false;

  constructor(dag: Dag) {
    this.#dag = dag;
    this.#committee = dag.committee;
  }

  /** Goes on after a slot that has been decided, and all before it. */
  resume(round: number, place: number): void {
    this.#nextRound = round;
    this.#nextPlace = place;
    this.#advance(1);
  }

  /** Every slot of every round up to here is decided. */
  get decidedRound(): number {
    return this.#nextRound - 1;
  }

  get broken(): BrokenAssumption | undefined {
    return this.#broken;
  }

  /** The tally of an undecided slot; undefined where it is decided, or nothing is known of it. */
  tally(round: number, place: number): SlotTally | undefined {
    const first = this.#slots[0];
    if (first === undefined) return undefined;
    const { leadersPerRound } = this.#committee;
    const offset = (round - first.round) * leadersPerRound + place - first.place;
    // An index below zero would be looked up as a name.
    return offset < 0 ? undefined : this.#slots[offset];
  }

  /** Takes note of a block that has just been inserted into the DAG. */
  note(block: DagBlock): void {
    this.#openSlots(block.round);
    const { leadersPerRound } = this.#committee;
    for (let place = 0; place < leadersPerRound; place++) {
      const own = this.tally(block.round, place);
      if (own !== undefined && own.leader === block.author) {
        tallyCandidate(own, block, this.#committee);
      }
      const voted = this.tally(block.round - 1, place);
      if (voted !== undefined) tallyVote(voted, block, this.#committee);
      const certified = this.tally(block.round - 2, place);
      if (certified !== undefined) tallyCertificate(certified, block, this.#committee);
    }
    this.#isFresh = true;
  }

  #openSlots(round: number): void {
    const last = this.#slots.at(-1);
    let next = last === undefined ? this.#nextRound : last.round;
    let place = last === undefined ? this.#nextPlace : last.place + 1;
    for (; next <= round; next++, place = 0) {
      for (; place < this.#committee.leadersPerRound; place++) {
        const leader = leaderOf(this.#committee, next, place);
        this.#slots.push(createSlotTally(this.#committee, { round: next, place, leader }));
      }
    }
  }

  /**
   * Decides what can be decided.
   *
   * Returns  the decisions that follow the last one returned, without gaps; often none.
   * Effects  forgets the slots it returns. Calling it again without a new block is free.
   */
  decide(): Decision[] {
    if (!this.#isFresh || this.#broken !== undefined) return [];
    this.#isFresh = false;
    const slots = this.#slots;
    const statuses: Status[] = slots.map(() => undefined);
    // From the top: an indirect decision rests on those of later slots.
    for (let index = slots.length - 1; index >= 0; index--) {
      statuses[index] =
        this.#decideDirectly(slots[index]!) ?? this.#decideIndirectly(index, statuses);
    }
    if (this.#broken !== undefined) return [];
    const decisions: Decision[] = [];
    for (const status of statuses) {
      if (status === undefined) break;
      decisions.push(status);
    }
    this.#advance(decisions.length);
    return decisions;
  }

  #advance(count: number): void {
    this.#slots.splice(0, count);
    this.#nextPlace += count;
    this.#nextRound += Math.floor(this.#nextPlace / this.#committee.leadersPerRound);
    this.#nextPlace %= this.#committee.leadersPerRound;
  }

  #decideDirectly(tally: SlotTally): Status {
    const { thresholds } = this.#committee;
    const { round, place } = tally;
    const { commit, fast = Infinity } = thresholds;
    const winners = tally.candidates.filter(
      ({ certifiers, votes }) => certifiers.weight >= commit || votes.weight >= fast,
    );
    const isSkipped = tally.blames.weight >= thresholds.skip;
    if (winners.length + (isSkipped ? 1 : 0) > 1) {
      this.#break("a leader slot is decided twice", tally);
      return undefined;
    }
    if (isSkipped) return { kind: "skip", round, place };
    const winner = winners[0];
    return winner === undefined ? undefined : { kind: "commit", round, place, block: winner.block };
  }

  #decideIndirectly(index: number, statuses: readonly Status[]): Status {
    const slots = this.#slots;
    const tally = slots[index]!;
    // An anchor must lie beyond the wave: only then do its parents meet every quorum of certificates.
    const anchorRound = tally.round + this.#committee.thresholds.wave;
    for (let later = index + 1; later < slots.length; later++) {
      if (slots[later]!.round < anchorRound) continue;
      const status = statuses[later];
      if (status === undefined) return undefined;
      if (status.kind === "commit") return this.#decideFromAnchor(tally, status.block);
    }
    return undefined;
  }

  #decideFromAnchor(tally: SlotTally, anchor: DagBlock): Status {
    const { round, place } = tally;
    const { wave, weak } = this.#committee.thresholds;
    const lowestRound = weak === undefined ? round + wave - 1 : round + 1;
    const walk = this.#dag.markHistory(anchor, lowestRound);
    const linked = tally.candidates.filter((candidate) =>
      candidate.certificates.some((certificate) => certificate.walk === walk),
    );
    if (linked.length === 0) {
      const block = weak === undefined ? undefined : this.#findWeaklyVoted(tally, walk, weak);
      return block === undefined
        ? { kind: "skip", round, place }
        : { kind: "commit", round, place, block };
    }
    if (linked.length > 1) {
      this.#break("two blocks of one leader slot are certified", tally);
      return undefined;
    }
    return { kind: "commit", round, place, block: linked[0]!.block };
  }

  /**
   * The candidate that somebody may have committed on votes alone: an anchor of whom that is true knows of so many of
   * them. Of two, which then nobody can have committed so, the one with the least digest: any rule does that all share.
   */
  #findWeaklyVoted(tally: SlotTally, walk: number, weak: number): DagBlock | undefined {
    let found: DagBlock | undefined;
    for (const { block, voters } of tally.candidates) {
      const authors = new AuthorSet(this.#committee.weights);
      for (const voter of voters) if (voter.walk === walk) authors.add(voter.author);
      if (authors.weight < weak) continue;
      if (found === undefined || compareDigests(block.digest, found.digest) < 0) found = block;
    }
    return found;
  }

  #break(reason: string, tally: SlotTally): void {
    const blocks = tally.candidates.map((candidate) => candidate.block);
    this.#broken ??= { reason, round: tally.round, blocks };
  }

  /** Weight of the votes for the best candidate of a slot, and of its blames. For the pacemaker. */
  voteWeights(round: number, place: number): { readonly votes: number; readonly blames: number } {
    const tally = this.tally(round, place);
    if (tally === undefined) fail("votes are counted for undecided slots");
    let votes = 0;
    for (const candidate of tally.candidates) votes = Math.max(votes, candidate.votes.weight);
    return { votes, blames: tally.blames.weight };
  }
}
