import { assert, equalBytes, fail, TurnoverMap } from "@rialto/base";
import { AuthorSet } from "./author-set.ts";
import type { Block, BlockRef, CommittedRef, VerifiedBlock } from "./block.ts";
import type { Committee } from "./committee.ts";

/** A block that has been accepted: everything it refers to above the horizon is here too. */
export interface DagBlock {
  readonly round: number;
  readonly author: number;
  readonly digest: Uint8Array;
  readonly tsMs: number;
  /** Undefined for the blocks of round 0, which nobody sends. */
  readonly block: VerifiedBlock | undefined;
  /** Strong parents by author; holes where there is none, or none is held any more. */
  strong: readonly (DagBlock | undefined)[];
  /** Weak parents that are held. */
  weak: readonly DagBlock[];
  /** Index of the commit that swept it up, 0 before. */
  commitIndex: number;
  /** True where a block of our own leads to it. */
  isOwnHistory: boolean;
  /** Of the last walk that came by: walks leave no other trace. */
  walk: number;
}

interface RoundRow {
  /** In order of acceptance. */
  readonly blocks: DagBlock[];
  readonly authors: AuthorSet;
}

/**
 * The accepted blocks of one epoch, by round.
 *
 * Invariant: a block is held only if each of its parents is held, or stands at or below the horizon, where
 * nothing can be committed any more.
 */
export class Dag {
  readonly committee: Committee;
  readonly #rows = new TurnoverMap<number, RoundRow>();
  readonly #newestByAuthor: (DagBlock | undefined)[];
  #lowestRound = 0;
  #highestRound = 0;
  #quorumRound = 0;
  #horizon = 0;
  /** Of commits before the one that the order goes on from, by author and round, until the horizon has passed them. */
  #committed = new Map<string, CommittedRef>();
  #committedRound = 0;
  #blockCount = 0;
  #walk = 0;

  constructor(committee: Committee) {
    this.committee = committee;
    this.#newestByAuthor = committee.weights.map(() => undefined);
    committee.genesis.forEach((digest, author) => {
      this.#append({
        round: 0,
        author,
        digest,
        tsMs: 0,
        block: undefined,
        strong: [],
        weak: [],
        commitIndex: 0,
        isOwnHistory: false,
        walk: 0,
      });
    });
  }

  /**
   * Begins above a horizon, with what commits have already swept up of the blocks that will come.
   *
   * Effects  the rounds up to there count as gone through: what refers to them needs them no more.
   */
  resume(horizon: number, committed: readonly CommittedRef[]): void {
    assert(this.#blockCount === 0, "only an empty DAG begins somewhere");
    for (const each of committed) {
      this.#committed.set(placeKey(each.ref), each);
      this.#committedRound = Math.max(this.#committedRound, each.ref.round);
    }
    this.#horizon = horizon;
    if (horizon === 0) return;
    this.prune(1);
    this.#lowestRound = horizon + 1;
    this.#highestRound = horizon;
    this.#quorumRound = horizon;
  }

  /** True where a commit has another block of this author and round: of twins one alone is ever committed. */
  isTwinCommitted(block: DagBlock): boolean {
    const known = this.#committedAt(block);
    return known !== undefined && !equalBytes(known.ref.digest, block.digest);
  }

  /** Highest round of any block. */
  get highestRound(): number {
    return this.#highestRound;
  }

  /** Highest round in which a quorum of authors has a block. */
  get quorumRound(): number {
    return this.#quorumRound;
  }

  /** Blocks at or below this round can't be committed any more. Moves only with commits. */
  get horizon(): number {
    return this.#horizon;
  }

  get lowestRound(): number {
    return this.#lowestRound;
  }

  /** Blocks held, without those of round 0. */
  get blockCount(): number {
    return this.#blockCount;
  }

  /** All blocks of a round in order of acceptance. */
  round(round: number): readonly DagBlock[] {
    return this.#rows.get(round)?.blocks ?? [];
  }

  /** Weight of the authors that have a block in `round`. */
  roundWeight(round: number): number {
    return this.#rows.get(round)?.authors.weight ?? 0;
  }

  /** The block that was accepted first for an author and round. */
  first(round: number, author: number): DagBlock | undefined {
    return this.round(round).find((block) => block.author === author);
  }

  /** The author's block of the highest round; of twins the first. */
  newest(author: number): DagBlock | undefined {
    return this.#newestByAuthor[author];
  }

  find(ref: BlockRef): DagBlock | undefined {
    return this.round(ref.round).find(
      (block) => block.author === ref.author && equalBytes(block.digest, ref.digest),
    );
  }

  /** The references of a block that are neither held nor excused by the horizon. */
  missing(block: Pick<Block, "strong" | "weak">): BlockRef[] {
    const missing: BlockRef[] = [];
    for (const ref of block.strong) if (this.#isMissing(ref)) missing.push(ref);
    for (const ref of block.weak) if (this.#isMissing(ref)) missing.push(ref);
    return missing;
  }

  #isMissing(ref: BlockRef): boolean {
    return ref.round > this.#horizon && this.find(ref) === undefined;
  }

  /**
   * Takes a block in. The caller knows that it is new, above the horizon and misses nothing.
   *
   * Effects  the block becomes a vote; the quorum round may rise.
   */
  insert(block: VerifiedBlock): DagBlock {
    assert(block.round > this.#horizon, "a block that is inserted stands above the horizon");
    const strong: (DagBlock | undefined)[] = this.#newestByAuthor.map(() => undefined);
    const weak: DagBlock[] = [];
    for (const ref of block.strong) strong[ref.author] = this.#parent(ref);
    for (const ref of block.weak) {
      const parent = this.#parent(ref);
      if (parent !== undefined) weak.push(parent);
    }
    const { round, author, digest, tsMs } = block;
    const inserted: DagBlock = {
      round,
      author,
      digest,
      tsMs,
      block,
      strong,
      weak,
      commitIndex: this.#commitOf(block),
      isOwnHistory: false,
      walk: 0,
    };
    this.#append(inserted);
    this.#blockCount++;
    return inserted;
  }

  #commitOf(ref: BlockRef): number {
    const known = this.#committedAt(ref);
    return known !== undefined && equalBytes(known.ref.digest, ref.digest) ? known.commitIndex : 0;
  }

  #committedAt(place: Pick<BlockRef, "round" | "author">): CommittedRef | undefined {
    // Mostly there are none, and a key is a text to make.
    return this.#committed.size === 0 ? undefined : this.#committed.get(placeKey(place));
  }

  #parent(ref: BlockRef): DagBlock | undefined {
    const parent = this.find(ref);
    if (parent === undefined && ref.round > this.#horizon) fail("a block comes after its parents");
    return parent;
  }

  #append(block: DagBlock): void {
    let row = this.#rows.get(block.round);
    if (row === undefined) {
      row = { blocks: [], authors: new AuthorSet(this.committee.weights) };
      this.#rows.set(block.round, row);
    }
    row.blocks.push(block);
    row.authors.add(block.author);
    this.#highestRound = Math.max(this.#highestRound, block.round);
    const newest = this.#newestByAuthor[block.author];
    if (newest === undefined || newest.round < block.round) {
      this.#newestByAuthor[block.author] = block;
    }
    if (row.authors.weight >= this.committee.thresholds.quorum) {
      this.#quorumRound = Math.max(this.#quorumRound, block.round);
    }
  }

  /** Raises the horizon to what a commit has said. */
  raiseHorizon(round: number): void {
    if (round < this.#horizon) fail("the horizon does not fall");
    this.#horizon = round;
    if (round >= this.#committedRound) this.#committed.clear();
  }

  /** Forgets the rounds below `round`, which is at or below the horizon. Local: no decision depends on it. */
  prune(round: number): void {
    assert(round <= this.#horizon + 1, "only what is below the horizon is forgotten");
    for (; this.#lowestRound < round; this.#lowestRound++) {
      const row = this.#rows.get(this.#lowestRound);
      if (row === undefined) continue;
      if (this.#lowestRound > 0) this.#blockCount -= row.blocks.length;
      for (const block of row.blocks) unlink(block);
      this.#rows.delete(this.#lowestRound);
    }
  }

  /** A number that no block's `walk` has yet. */
  startWalk(): number {
    return ++this.#walk;
  }

  /**
   * Marks, with a fresh walk number, every block of a round at or above `lowestRound` that `from` leads to,
   * itself included. Returns the number.
   */
  markHistory(from: DagBlock, lowestRound: number): number {
    const walk = this.startWalk();
    const open: DagBlock[] = [from];
    from.walk = walk;
    const visit = (parent: DagBlock | undefined): void => {
      if (parent === undefined || parent.walk === walk || parent.round < lowestRound) return;
      parent.walk = walk;
      open.push(parent);
    };
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const parent of next.strong) visit(parent);
      for (const parent of next.weak) visit(parent);
    }
    return walk;
  }
}

function placeKey({ round, author }: Pick<BlockRef, "round" | "author">): string {
  return `${round}/${author}`;
}

/**
 * A forgotten block that a held one still refers to must not keep all its history in memory. What it carried stays as long
 * as somebody has it: a commit that waits for the disk is executed later, however far the horizon has risen meanwhile.
 */
function unlink(block: DagBlock): void {
  block.strong = [];
  block.weak = [];
}
