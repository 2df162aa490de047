import { equalBytes } from "@rialto/base";
import type { CommittedRef } from "./block.ts";
import { type Commit, computeCommitDigest, ORDER_BEGINNING, type OrderStart } from "./commit.ts";
import { type Committee, leaderOf } from "./committee.ts";
import type { HashFunction } from "./hash.ts";

/**
 * Where the order stands after a commit: enough to go on from it without what came before.
 *
 * The newest commits, ascending, back to one whose leader is at or below the newest one's horizon, or to the first of the epoch:
 * what stands above that horizon and is committed, is in one of them.
 */
export interface OrderBase {
  readonly commits: readonly Commit[];
  /** Of the newest. */
  readonly digest: Uint8Array;
}

/** Keeps, commit by commit, what a base is made of. Bounded by the depth of the horizon. */
export class OrderTrail {
  #commits: Commit[];

  constructor(base?: OrderBase) {
    this.#commits = [...(base?.commits ?? [])];
  }

  /** Ascending. Borrowed until the next `note`. */
  get commits(): readonly Commit[] {
    return this.#commits;
  }

  note(commit: Commit): void {
    this.#commits.push(commit);
    // From the front, where nearly all the time there is one to go: leaders' rounds ascend.
    let first = 0;
    while ((this.#commits[first + 1]?.leader.round ?? Infinity) <= commit.gcRound) first++;
    if (first > 0) this.#commits.splice(0, first);
  }
}

/**
 * Checks commits from outside against the digest of the newest one, which the caller trusts. `start` is where the epoch before
 * has ended.
 *
 * Returns  the base they make, or undefined where they are not all of it, or of another order.
 */
export function openOrderBase(
  commits: readonly Commit[],
  digest: Uint8Array,
  committee: Committee,
  hash: HashFunction,
  start: OrderStart = ORDER_BEGINNING,
): OrderBase | undefined {
  const [first] = commits;
  const last = commits.at(-1);
  if (first === undefined || last === undefined) return undefined;
  // From the end: each commit is bound by the one after it before any of it is believed.
  let expected = digest;
  for (const commit of commits.toReversed()) {
    if (!equalBytes(computeCommitDigest(commit, hash), expected)) return undefined;
    expected = commit.previous;
  }
  const hasSlot = placeOfLeader(last, committee) !== undefined;
  const isFirst = first.index === start.index + 1 && equalBytes(first.previous, start.digest);
  // They reach back far enough to go on after the last of them.
  const isWhole = isFirst || first.leader.round <= last.gcRound;
  return isWhole && hasSlot ? { commits, digest } : undefined;
}

/** Which of its round's leader slots a commit's leader stands in. */
export function placeOfLeader({ leader }: Commit, committee: Committee): number | undefined {
  for (let place = 0; place < committee.leadersPerRound; place++) {
    if (leaderOf(committee, leader.round, place) === leader.author) return place;
  }
  return undefined;
}

/** What is committed and can still be referred to. */
export function committedAbove({ commits }: OrderBase, round: number): CommittedRef[] {
  return commits.flatMap(({ refs, index: commitIndex }) =>
    refs.filter((ref) => ref.round > round).map((ref) => ({ ref, commitIndex })),
  );
}
