import { fail } from "@rialto/base";
import { AuthorSet } from "./author-set.ts";
import type { Committee } from "./committee.ts";
import type { DagBlock } from "./dag.ts";

/** What has been said of one block that a leader made for its slot. */
export interface Candidate {
  readonly block: DagBlock;
  /** Authors of blocks of the next round that have it as a strong parent. */
  readonly votes: AuthorSet;
  /** The blocks of those votes, where an anchor may have to count them: liars may have several. */
  readonly voters: DagBlock[];
  readonly certifiers: AuthorSet;
  /** Blocks that certify it, of its round + wave - 1. */
  readonly certificates: DagBlock[];
}

/** What has been said of one leader slot. A leader that lies may have several candidates in it. */
export interface SlotTally {
  readonly round: number;
  readonly place: number;
  readonly leader: number;
  readonly candidates: Candidate[];
  /** Authors of blocks of the next round without a strong parent by the leader. */
  readonly blames: AuthorSet;
}

export function createSlotTally(
  committee: Committee,
  slot: { readonly round: number; readonly place: number; readonly leader: number },
): SlotTally {
  return { ...slot, candidates: [], blames: new AuthorSet(committee.weights) };
}

/** Notes a block of the slot's own round by its leader. */
export function tallyCandidate(tally: SlotTally, block: DagBlock, committee: Committee): void {
  const { weights, thresholds } = committee;
  const candidate: Candidate = {
    block,
    votes: new AuthorSet(weights),
    voters: [],
    certifiers: new AuthorSet(weights),
    certificates: [],
  };
  tally.candidates.push(candidate);
  // Of a wave of one round, a leader's block is its own certificate.
  if (thresholds.wave === 1) certify(candidate, block);
}

/** Notes what a block of the next round says: a vote for one candidate, or blame. */
export function tallyVote(tally: SlotTally, block: DagBlock, committee: Committee): void {
  const parent = block.strong[tally.leader];
  if (parent === undefined) {
    tally.blames.add(block.author);
    return;
  }
  const candidate = tally.candidates.find((each) => each.block === parent);
  if (candidate === undefined) fail("a block that is voted for was noted before");
  candidate.votes.add(block.author);
  if (committee.thresholds.weak !== undefined) candidate.voters.push(block);
  if (committee.thresholds.wave === 2) certify(candidate, block);
}

/** Notes whether a block two rounds later certifies a candidate: a quorum of its parents voted for it. */
export function tallyCertificate(tally: SlotTally, block: DagBlock, committee: Committee): void {
  if (committee.thresholds.wave !== 3) return;
  for (const candidate of tally.candidates) {
    let weight = 0;
    for (const parent of block.strong) {
      if (parent === undefined) continue;
      if (parent.strong[tally.leader] === candidate.block)
        weight += committee.weights[parent.author]!;
    }
    if (weight >= committee.thresholds.certify) certify(candidate, block);
  }
}

function certify(candidate: Candidate, block: DagBlock): void {
  candidate.certifiers.add(block.author);
  candidate.certificates.push(block);
}
