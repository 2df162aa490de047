import type { Prng } from "@rialto/base";
import type { BlockRef, VerifiedBlock } from "../block.ts";
import type { Committee } from "../committee.ts";
import type { Consensus } from "../consensus.ts";
import { genesisRefs, range, sketchBlock } from "./dag-builder.ts";

export interface RandomDagOptions {
  readonly committee: Committee;
  readonly rounds: number;
  /** Authors that may sign several blocks a round. */
  readonly liars: readonly number[];
  /** Of 100: how often an author has no block in a round. */
  readonly absentPercent: number;
  /** Of 100: how often a block leaves out a parent that it could have. */
  readonly blindPercent: number;
}

/**
 * A random DAG that members could have made: honest authors have at most one block a round, every block has a
 * quorum of parents, an author that was away comes back through a weak link. Parents come before children.
 */
export function randomDag(prng: Prng, options: RandomDagOptions): VerifiedBlock[] {
  const { committee, rounds } = options;
  const count = committee.weights.length;
  const blocks: VerifiedBlock[] = [];
  /** For each author the blocks of its last round. */
  const newest: BlockRef[][] = genesisRefs(committee).map((ref) => [ref]);
  for (let round = 1; round <= rounds; round++) {
    const before = range(count).map((author) =>
      newest[author]!.filter((ref) => ref.round === round - 1),
    );
    const made: VerifiedBlock[] = [];
    for (const author of presentAuthors(prng, options)) {
      const isLiar = options.liars.includes(author);
      const twins = isLiar ? 1 + prng.below(3) : 1;
      for (let twin = 0; twin < twins; twin++) {
        const strong = pickStrong(prng, options, before, author);
        const own = newest[author]![prng.below(newest[author]!.length)]!;
        const weak = pickWeak(prng, options, { newest, strong, own, round, author });
        const sketch = { author, round, strong, weak, tsMs: round * 10 + prng.below(30) };
        made.push(sketchBlock(committee, twin === 0 ? sketch : { ...sketch, twin }));
      }
    }
    for (const author of new Set(made.map((block) => block.author))) {
      newest[author] = made.filter((block) => block.author === author);
    }
    blocks.push(...made);
  }
  return blocks;
}

function presentAuthors(prng: Prng, { committee, absentPercent }: RandomDagOptions): number[] {
  const authors = range(committee.weights.length);
  const present = authors.filter(() => !prng.chance(absentPercent, 100));
  const weightOf = (list: readonly number[]): number =>
    list.reduce((sum, author) => sum + committee.weights[author]!, 0);
  while (weightOf(present) < committee.thresholds.quorum) {
    const author = prng.below(authors.length);
    if (!present.includes(author)) present.push(author);
  }
  return present.sort((a, b) => a - b);
}

function pickStrong(
  prng: Prng,
  options: RandomDagOptions,
  before: readonly (readonly BlockRef[])[],
  self: number,
): BlockRef[] {
  const { committee, blindPercent } = options;
  const pick = (author: number): BlockRef => before[author]![prng.below(before[author]!.length)]!;
  const authors = range(before.length).filter((author) => before[author]!.length > 0);
  const seen = authors.filter((author) => author === self || !prng.chance(blindPercent, 100));
  let weight = seen.reduce((sum, author) => sum + committee.weights[author]!, 0);
  for (let from = prng.below(authors.length); weight < committee.thresholds.quorum; from++) {
    const author = authors[from % authors.length]!;
    if (seen.includes(author)) continue;
    seen.push(author);
    weight += committee.weights[author]!;
  }
  return seen.map(pick);
}

function pickWeak(
  prng: Prng,
  { committee }: RandomDagOptions,
  at: {
    readonly newest: readonly (readonly BlockRef[])[];
    readonly strong: readonly BlockRef[];
    readonly own: BlockRef;
    readonly round: number;
    readonly author: number;
  },
): BlockRef[] {
  const lowest = Math.max(1, at.round - committee.gcDepth);
  const weak: BlockRef[] = [];
  if (!at.strong.some((ref) => ref.author === at.author)) {
    const genesis = { round: 0, author: at.author, digest: committee.genesis[at.author]! };
    weak.push(at.own.round >= lowest ? at.own : genesis);
  }
  for (const [author, refs] of at.newest.entries()) {
    const ref = refs[0]!;
    if (author === at.author || ref.round < lowest || ref.round >= at.round - 1) continue;
    if (at.strong.some((each) => each.author === author) || prng.chance(1, 2)) continue;
    weak.push(ref);
  }
  return weak;
}

/** Offers `blocks` in their order, as of their authors, and again those that turn out to be wanted: what a network does by fetching. */
export function offerAll(consensus: Consensus, blocks: readonly VerifiedBlock[]): Uint8Array[] {
  const digests: Uint8Array[] = [];
  const offer = (block: VerifiedBlock, from?: number): void => {
    for (const batch of consensus.offer(block, from).batches) digests.push(batch.digest);
  };
  for (const block of blocks) offer(block, block.author);
  for (let before = -1; before !== consensus.dag.blockCount + digests.length;) {
    before = consensus.dag.blockCount + digests.length;
    for (const block of blocks) if (consensus.pending.isWanted(block)) offer(block);
  }
  return digests;
}

/** The same items in another order. */
export function shuffled<T>(prng: Prng, items: readonly T[]): T[] {
  const result = [...items];
  for (let left = result.length; left > 1; left--) {
    const pick = prng.below(left);
    const item = result[left - 1]!;
    result[left - 1] = result[pick]!;
    result[pick] = item;
  }
  return result;
}
