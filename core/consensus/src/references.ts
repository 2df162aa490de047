import type { BlockRef } from "./block.ts";
import { refOf } from "./commit.ts";
import type { Dag, DagBlock } from "./dag.ts";
import type { EvidenceBook } from "./evidence.ts";

/** What a new own block refers to. */
export interface References {
  readonly strong: readonly BlockRef[];
  readonly weak: readonly BlockRef[];
}

/**
 * Chooses the parents of an own block: for each author the first block of the round before, or else the newest
 * one that no own block leads to yet.
 *
 * Authors known to lie are left out, unless there is no quorum without them. To insist would stop a member for good
 * that comes back late: the rounds it missed may hold a quorum only with the liar.
 *
 * Returns  undefined where there is no quorum.
 * Effects  pure.
 */
export function chooseReferences(
  dag: Dag,
  evidence: EvidenceBook,
  self: number,
  round: number,
): References | undefined {
  const isTrusted = (author: number): boolean => author === self || !evidence.has(author);
  return chooseAmong(dag, self, round, isTrusted) ?? chooseAmong(dag, self, round, () => true);
}

function chooseAmong(
  dag: Dag,
  self: number,
  round: number,
  isWelcome: (author: number) => boolean,
): References | undefined {
  const { committee } = dag;
  const strong: BlockRef[] = [];
  const weak: BlockRef[] = [];
  let weight = 0;
  for (const author of ownFirst(committee.weights.length, self)) {
    if (!isWelcome(author)) continue;
    const before = dag.first(round - 1, author);
    if (before !== undefined) {
      strong.push(refOf(before));
      weight += committee.weights[author]!;
      continue;
    }
    const older = author === self ? selfParent(dag, self, round) : unreferenced(dag, author, round);
    if (older !== undefined) weak.push(older);
  }
  return weight >= committee.thresholds.quorum ? { strong, weak } : undefined;
}

function ownFirst(count: number, self: number): number[] {
  const others = Array.from({ length: count }, (_, author) => author);
  return [self, ...others.filter((author) => author !== self)];
}

/** The newest own block before `round` that may still be referred to; else the own block of round 0. */
function selfParent(dag: Dag, self: number, round: number): BlockRef {
  const lowest = Math.max(1, round - dag.committee.gcDepth);
  const newest = dag.newest(self);
  for (let below = Math.min(round - 2, newest?.round ?? 0); below >= lowest; below--) {
    const block = dag.first(below, self);
    if (block !== undefined) return refOf(block);
  }
  return { round: 0, author: self, digest: dag.committee.genesis[self]! };
}

/** The author's newest block before `round`, if it can still be swept up and nothing of ours leads to it. */
function unreferenced(dag: Dag, author: number, round: number): BlockRef | undefined {
  const lowest = Math.max(1, round - dag.committee.gcDepth, dag.horizon + 1);
  for (let below = Math.min(round - 2, dag.newest(author)?.round ?? 0); below >= lowest; below--) {
    const block = dag.first(below, author);
    if (block === undefined) continue;
    return block.isOwnHistory || block.commitIndex > 0 ? undefined : refOf(block);
  }
  return undefined;
}

/** Notes that an own block leads to all this. Stops where an earlier own block has led before. */
export function markOwnHistory(own: DagBlock): void {
  own.isOwnHistory = true;
  const open: DagBlock[] = [own];
  const visit = (parent: DagBlock | undefined): void => {
    if (parent === undefined || parent.isOwnHistory) return;
    parent.isOwnHistory = true;
    open.push(parent);
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const parent of next.strong) visit(parent);
    for (const parent of next.weak) visit(parent);
  }
}
