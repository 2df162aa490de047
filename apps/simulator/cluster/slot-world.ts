import {
  type BlockRef,
  type Committee,
  Committer,
  Dag,
  NO_DIGEST,
  type VerifiedBlock,
  withLeaderOrder,
} from "@rialto/consensus";
import { createTestCommittee, equalWeights, genesisRefs, range } from "@rialto/consensus/testing";
import type { SlotScope } from "./exhaustive-slot.ts";

/** Who leads the slot that is looked at: that of round 1. Members of equal weight differ in nothing else. */
export const LEADER = 0;
/** Who lies, where it is not the leader. */
export const LIAR = 1;
const ROUNDS_MAX = 64;

/** What a member has decided about the slot; in words where more lie than may. */
export type SlotOutcome = "first" | "twin" | "skipped" | `broken: ${string}` | undefined;

/**
 * A block by its place alone. Nothing here hashes: blocks of different DAGs that have the same place have the same name,
 * so that what comes after them is the same for all.
 */
export function nameBlock(
  place: { readonly round: number; readonly author: number; readonly twin?: number },
  strong: readonly BlockRef[],
  weak: readonly BlockRef[] = [],
): VerifiedBlock {
  const { round, author, twin = 0 } = place;
  const digest = new Uint8Array(32);
  digest.set([round, author, twin]);
  const block = { round, author, digest, tsMs: round, strong, weak, frames: [] };
  return { ...block, bytes: NO_DIGEST } as unknown as VerifiedBlock;
}

/** The place of a block as a number that is small. */
export function placeOf({ round, author, digest }: BlockRef): number {
  return round * ROUNDS_MAX + author * 8 + digest[2]!;
}

/** A choice of blocks of the last round of the wave, at most one of an author: what an anchor can stand on. */
export interface AnchorParents {
  readonly strong: readonly VerifiedBlock[];
  /** Of somebody without a block in `strong`: its block of the round before. */
  readonly weak: VerifiedBlock | undefined;
}

/** The small committee whose slot is looked at, and what is decided of it. */
export class SlotWorld {
  readonly committee: Committee;
  readonly #byAnchor: readonly Committee[];
  readonly #later = new Map<string, readonly VerifiedBlock[]>();

  constructor({ profile, count }: SlotScope) {
    const base = createTestCommittee({ profile, weights: equalWeights(count) });
    const { wave } = base.thresholds;
    const others = range(count).filter((author) => author !== LEADER);
    // One turn for each round that there is: anybody may lead the anchor's, the leader itself too.
    this.#byAnchor = range(count).map((anchor) => {
      const turns = range(2 * wave + 1).map((round) => others[round % others.length]!);
      turns[1] = LEADER;
      turns[1 + wave] = anchor;
      return withLeaderOrder(base, turns);
    });
    this.committee = this.#byAnchor[LEADER]!;
  }

  get genesis(): readonly BlockRef[] {
    return genesisRefs(this.committee);
  }

  /** Blocks of a round go on from these: the leader of the first of those rounds is the anchor, and is committed. */
  anchorOf({ strong }: AnchorParents): number {
    return strong.at(-1)!.author;
  }

  /** The authors of `parents` go on, each with all that the others make, until the anchor is committed. */
  continueFrom(parents: AnchorParents): readonly VerifiedBlock[] {
    const { strong, weak } = parents;
    const key = [...strong, ...(weak === undefined ? [] : [weak])].map(placeOf).join(" ");
    const known = this.#later.get(key);
    if (known !== undefined) return known;
    const { wave } = this.committee.thresholds;
    const anchor = this.anchorOf(parents);
    const blocks: VerifiedBlock[] = [];
    let before = strong;
    for (let round = wave + 1; round <= 2 * wave; round++) {
      const below = before;
      before = strong.map(({ author }) => {
        const isAnchor = round === wave + 1 && author === anchor;
        return nameBlock(
          { round, author },
          below,
          isAnchor && weak !== undefined ? [weak] : undefined,
        );
      });
      blocks.push(...before);
    }
    this.#later.set(key, blocks);
    return blocks;
  }

  /** What who has accepted exactly these decides, given who leads the anchor's round. */
  decide(
    blocks: readonly VerifiedBlock[],
    later: readonly VerifiedBlock[],
    anchor: number,
  ): SlotOutcome {
    const dag = new Dag(this.#byAnchor[anchor]!);
    const committer = new Committer(dag);
    for (const block of blocks) committer.note(dag.insert(block));
    for (const block of later) committer.note(dag.insert(block));
    const decision = committer.decide()[0];
    if (committer.broken !== undefined) return `broken: ${committer.broken.reason}`;
    if (decision === undefined) return undefined;
    if (decision.kind === "skip") return "skipped";
    return decision.block.digest[2] === 0 ? "first" : "twin";
  }

  /** Counted anew, without the committer's tallies: what the pacemaker is told of the votes of round 2. */
  findMiscount(blocks: readonly VerifiedBlock[]): string | undefined {
    const dag = new Dag(this.committee);
    const committer = new Committer(dag);
    for (const block of blocks) committer.note(dag.insert(block));
    const votesFor = new Map<number, Set<number>>();
    const blames = new Set<number>();
    for (const { round, author, strong } of blocks) {
      if (round !== 2) continue;
      const vote = strong.find((ref) => ref.author === LEADER);
      if (vote === undefined) blames.add(author);
      else votesFor.set(placeOf(vote), (votesFor.get(placeOf(vote)) ?? new Set()).add(author));
    }
    const most = Math.max(0, ...[...votesFor.values()].map((authors) => authors.size));
    const told = committer.voteWeights(1, 0);
    if (told.votes === most && told.blames === blames.size) return undefined;
    return `counted ${told.votes} votes and ${told.blames} blames, not ${most} and ${blames.size}`;
  }
}
