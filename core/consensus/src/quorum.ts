import { assert, Fault } from "@rialto/base";
import { MEMBERS_MAX, WEIGHT_TOTAL_MAX } from "./limits.ts";

/** What a committee is built to survive. */
export const Profile = {
  /** One member: its own durable block is final. */
  Solo: 1,
  /** A majority of weight must be up. Nobody may lie: a lie that is seen halts the cluster. */
  Crash: 2,
  /** Less than a third of the weight may do anything at all. */
  Byzantine: 3,
  /** As Byzantine, and a leader that nearly everybody votes for is committed a round earlier. Not offered by hosts yet. */
  Fast: 4,
} as const;
export type Profile = (typeof Profile)[keyof typeof Profile];

/**
 * The weights that decide, all derived from the profile and the members: none is ever configured.
 *
 * Source   docs/protocol/consensus.md §2.
 */
export interface Thresholds {
  /** Rounds from a leader's block to the blocks that certify it, both counted. */
  readonly wave: 1 | 2 | 3;
  readonly total: number;
  /** Strong parents of a block; blocks of a round before the next; signers of a certificate. */
  readonly quorum: number;
  /** Votes in a block's strong parents that make it a certificate. */
  readonly certify: number;
  /** Authors of certificates that commit a leader directly. */
  readonly commit: number;
  /** Authors without a vote that skip a leader directly. */
  readonly skip: number;
  /** Authors that vote for a leader and commit it at once; undefined where no profile has that. */
  readonly fast: number | undefined;
  /** Votes in an anchor's history that show that a leader may have been committed at once. With `fast` only. */
  readonly weak: number | undefined;
  /** Weight that may lie without harm. */
  readonly liars: number;
  /** Weight that may be gone while the rest goes on. */
  readonly silent: number;
}

export type CommitteeFaultDetail =
  | { readonly code: "COMMITTEE_INVALID"; readonly problem: string }
  | {
      readonly code: "VOTE_THRESHOLD_UNSAFE";
      readonly threshold: number;
      readonly quorum: number;
      readonly total: number;
    };

/**
 * Derives the thresholds of a committee.
 *
 * Units    weights are positive integers that sum to at most 2^50.
 * Errors   COMMITTEE_INVALID, returned: the profile does not fit the members.
 */
export function computeThresholds(
  profile: Profile,
  weights: readonly number[],
): Thresholds | Fault<CommitteeFaultDetail> {
  const problem = problemOf(profile, weights);
  if (problem !== undefined) {
    return new Fault({ code: "COMMITTEE_INVALID", problem }, "fatal", `the committee: ${problem}`);
  }
  let total = 0;
  for (const weight of weights) total += weight;
  const all = { total, skip: total, liars: 0, silent: 0, fast: undefined, weak: undefined };
  switch (profile) {
    case Profile.Solo:
      return { ...all, wave: 1, quorum: total, certify: total, commit: total };
    case Profile.Crash: {
      // Half and a bit: any two quorums share a member, who has one block a round.
      const quorum = Math.floor(total / 2) + 1;
      const silent = total - quorum;
      return { ...all, wave: 2, quorum, certify: quorum, commit: quorum, silent };
    }
    case Profile.Byzantine: {
      // More than two thirds: any two quorums share more than a third, so somebody honest.
      const quorum = Math.floor((2 * total) / 3) + 1;
      const silent = total - quorum;
      const same = { quorum, certify: quorum, commit: quorum, skip: quorum };
      return { ...all, ...same, wave: 3, liars: Math.ceil(total / 3) - 1, silent };
    }
    case Profile.Fast:
      return computeFastThresholds(total);
  }
}

/**
 * The rule of Hydrangea on a DAG, with what is left beyond 3f + 1 given to the fast path: `p` of the weight may be gone, or
 * lie, and leaders are still committed at once. Source: consensus.md §6.
 */
function computeFastThresholds(total: number): Thresholds {
  const liars = Math.ceil(total / 3) - 1;
  const p = Math.floor((total - 1 - 3 * liars) / 2);
  const fast = total - p;
  const weak = liars + p + 1;
  const quorum = total - liars;
  const certify = Math.ceil((total + liars + 1) / 2);
  assert(2 * certify > total + liars, "two certificates share an honest voter");
  assert(fast + weak > total + liars, "a fast commit leaves no room for a weak one of another");
  assert(quorum + fast - total - liars >= weak, "every anchor knows of a fast commit");
  const commit = 2 * liars + 1;
  return { wave: 3, total, quorum, certify, commit, skip: fast, fast, weak, liars, silent: liars };
}

function problemOf(profile: Profile, weights: readonly number[]): string | undefined {
  const count = weights.length;
  if (count < 1 || count > MEMBERS_MAX) return `${count} members are not 1 to ${MEMBERS_MAX}`;
  if (weights.some((weight) => !Number.isSafeInteger(weight) || weight < 1)) {
    return "a weight is not a positive integer";
  }
  if (weights.reduce((sum, weight) => sum + weight, 0) > WEIGHT_TOTAL_MAX) {
    return "the weights sum to more than 2^50";
  }
  if (profile === Profile.Solo) return count === 1 ? undefined : "solo is for one member";
  if (profile === Profile.Crash) return count >= 2 ? undefined : "crash needs two members or more";
  const name = profile === Profile.Fast ? "fast" : "byzantine";
  return count >= 4 ? undefined : `${name} needs four members or more`;
}

/**
 * Checks a configured vote threshold, such as 0.65: an assertion about the committee, never what decides.
 *
 * Units    `threshold` is a fraction of the weight in [0, 1].
 * Errors   VOTE_THRESHOLD_UNSAFE where that fraction of the weight is less than the quorum.
 */
export function checkVoteThreshold(
  threshold: number,
  thresholds: Thresholds,
): Fault<CommitteeFaultDetail> | undefined {
  const { total, quorum } = thresholds;
  if (threshold >= 0 && threshold <= 1 && leastWeightOf(threshold, total) >= quorum) {
    return undefined;
  }
  const detail = { code: "VOTE_THRESHOLD_UNSAFE", threshold, quorum, total } as const;
  const message =
    `vote threshold ${threshold} is unsafe: ${quorum} of ${total} decide, ` +
    `so it must be above ${quorum - 1}/${total}`;
  return new Fault<CommitteeFaultDetail>(detail, "fatal", message);
}

/**
 * The least weight that is a fraction of `total`. The fraction is counted in whole millionths, so that 0.65 of 100 is 65
 * whatever floats make of it, and is rounded down, so that 0.6666666 of 6 is not taken for 5.
 */
function leastWeightOf(threshold: number, total: number): bigint {
  const millionths = BigInt(Math.floor(threshold * 1_000_000 + 0.001));
  return (millionths * BigInt(total) + 999_999n) / 1_000_000n;
}

/** What to call a profile, everywhere that a person may read it. */
export function profileLabel(profile: Profile, thresholds: Thresholds): string {
  const { silent, liars, total } = thresholds;
  switch (profile) {
    case Profile.Solo:
      return "single member, no fault tolerance";
    case Profile.Crash:
      return `crash-tolerant (${silent} of ${total}), not Byzantine-tolerant`;
    case Profile.Byzantine:
      return `Byzantine-tolerant (${liars} of ${total})`;
    case Profile.Fast:
      return `Byzantine-tolerant (${liars} of ${total}), with a fast path`;
  }
}
