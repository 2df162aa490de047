import { TurnoverMap } from "@rialto/base";
import type { BlockRef, VerifiedBlock } from "./block.ts";

/** How much may wait. Each author has its own budget, so that a flood takes room from its sender alone. */
export interface PendingLimits {
  readonly blocksPerAuthor: number;
  readonly bytesPerAuthor: number;
}

/** A block and the member that has handed it over; none for what needs nobody's word. */
export interface Handed {
  readonly block: VerifiedBlock;
  readonly from: number | undefined;
}

interface Waiting extends Handed {
  readonly key: string;
  /** Keys of what it still waits for. */
  readonly missing: Set<string>;
  /** Position in the order of arrival. */
  readonly order: number;
}

interface Missing {
  readonly ref: BlockRef;
  /** Keys of the blocks that wait for it, in order of arrival. */
  readonly waiters: Set<string>;
}

/** A text that names a block: for maps, not for people. */
export function refKey(ref: BlockRef): string {
  return `${ref.round}/${ref.author}/${String.fromCharCode.apply(undefined, ref.digest as unknown as number[])}`;
}

/**
 * Valid blocks whose parents have not come yet, bounded for each author. A block that is pushed out is asked for
 * again when something refers to it.
 */
export class PendingBlocks {
  readonly #limits: PendingLimits;
  readonly #waiting = new TurnoverMap<string, Waiting>();
  readonly #missing = new TurnoverMap<string, Missing>();
  readonly #byAuthor: Waiting[][];
  readonly #bytes: number[];
  readonly #pushedOut: number[];
  /** What is kept of each author's for others, where that is most of its budget: as the last search has found. */
  readonly #kept: { blocks: number; bytes: number }[];
  #order = 0;

  constructor(authorCount: number, limits: PendingLimits) {
    this.#limits = limits;
    this.#byAuthor = Array.from({ length: authorCount }, () => []);
    this.#bytes = Array.from({ length: authorCount }, () => 0);
    this.#pushedOut = Array.from({ length: authorCount }, () => 0);
    this.#kept = Array.from({ length: authorCount }, () => ({ blocks: 0, bytes: 0 }));
  }

  get count(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    return this.#bytes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** How many blocks of an author have had to go since the start. */
  pushedOut(author: number): number {
    return this.#pushedOut[author]!;
  }

  has(ref: BlockRef): boolean {
    return this.#waiting.has(refKey(ref));
  }

  /** The first of the author's waiting blocks for this round. */
  findAt({ round, author }: Pick<BlockRef, "round" | "author">): VerifiedBlock | undefined {
    return this.#byAuthor[author]?.find(({ block }) => block.round === round)?.block;
  }

  /** True where a waiting block refers to it. */
  isWanted(ref: BlockRef): boolean {
    return this.#missing.has(refKey(ref));
  }

  /** How many rounds ahead anything can wait: an author that left none out would fill its room with the ones before. */
  get roundsMax(): number {
    return this.#limits.blocksPerAuthor;
  }

  /** True where a block of that place and size, were it to wait and nothing rested on it, would be pushed out at once. */
  isFullFor({ round, author }: Pick<BlockRef, "round" | "author">, bytes: number): boolean {
    const list = this.#byAuthor[author];
    if (list === undefined) return false;
    return !this.#hasRoom(author, 1, bytes) && list.every(({ block }) => block.round <= round);
  }

  /**
   * Whether so much more of an author's may wait before a search for what must go. Where most of its budget is taken by what is
   * kept for others, an eighth is free beside that: each block of a flood would cost a search otherwise.
   */
  #hasRoom(author: number, blocks = 0, bytes = 0): boolean {
    const { blocksPerAuthor, bytesPerAuthor } = this.#limits;
    const kept = this.#kept[author]!;
    const blocksMax = Math.max(blocksPerAuthor, kept.blocks + Math.ceil(blocksPerAuthor / 8));
    const bytesMax = Math.max(bytesPerAuthor, kept.bytes + bytesPerAuthor / 8);
    const list = this.#byAuthor[author]!;
    return list.length + blocks <= blocksMax && this.#bytes[author]! + bytes <= bytesMax;
  }

  /**
   * What is waited for and does not itself wait: what to ask peers for.
   *
   * Each author's waiting blocks, those of its lowest rounds first, may name `perAuthorMax`, whether directly or
   * through others that wait: a flood of blocks whose parents nobody has must not keep others from being asked for
   * theirs, not even where an honest block rests on one of the flooder's.
   */
  wanted(perAuthorMax: number): BlockRef[] {
    const wanted = new Map<string, BlockRef>();
    for (const list of this.#byAuthor) {
      const seen = new Set<string>();
      const open = [...list].sort((a, b) => b.block.round - a.block.round || b.order - a.order);
      let left = perAuthorMax;
      for (let next = open.pop(); next !== undefined && left > 0; next = open.pop()) {
        for (const key of next.missing) {
          if (seen.has(key)) continue;
          seen.add(key);
          const waiting = this.#waiting.get(key);
          if (waiting !== undefined) open.push(waiting);
          else {
            wanted.set(key, this.#missing.get(key)!.ref);
            left--;
          }
        }
      }
    }
    return [...wanted.values()];
  }

  /**
   * Parks a block. Of an author over its budget the blocks of the highest rounds go, perhaps this one; but not those
   * that others' waiting blocks rest on, directly or through others that wait: only accepted blocks are ever referred
   * to in good faith. One block of a liar's could so keep a chain of another's without end: each author may have as
   * many kept for it as it may have of its own, the lowest rounds first.
   *
   * Invariant: at most twice the budgets of all authors wait, whatever they do.
   */
  add(block: VerifiedBlock, missing: readonly BlockRef[], from?: number): void {
    const key = refKey(block);
    if (this.#waiting.has(key)) return;
    const keys = new Set(missing.map(refKey));
    const waiting = { block, from, key, missing: keys, order: this.#order++ };
    this.#waiting.set(key, waiting);
    this.#byAuthor[block.author]!.push(waiting);
    this.#bytes[block.author]! += block.bytes.length;
    for (const ref of missing) {
      const refKeyed = refKey(ref);
      const entry = this.#missing.get(refKeyed) ?? { ref, waiters: new Set() };
      entry.waiters.add(key);
      this.#missing.set(refKeyed, entry);
    }
    this.#shrink(block.author);
  }

  #shrink(author: number): void {
    const list = this.#byAuthor[author]!;
    if (this.#hasRoom(author)) return;
    const farthest = list.reduce((far, each) => (each.block.round < far.block.round ? far : each));
    // Nothing waits for it: there is no need to look for what is needed.
    if (!this.#missing.has(farthest.key)) this.#pushOut(farthest);
    if (this.#hasRoom(author)) return;
    const { blocksPerAuthor, bytesPerAuthor } = this.#limits;
    // Somewhat more goes than must, so that not every block of a flood costs such a search.
    const isEnough = (): boolean =>
      list.length <= Math.ceil((blocksPerAuthor * 7) / 8) &&
      this.#bytes[author]! <= (bytesPerAuthor * 7) / 8;
    const kept = this.#keptForOthers(author);
    const order = [...list].sort((a, b) => a.block.round - b.block.round || a.order - b.order);
    for (let next = order.pop(); next !== undefined && !isEnough(); next = order.pop()) {
      if (!kept.has(next)) this.#pushOut(next);
    }
    const nothing = { blocks: 0, bytes: 0 };
    this.#kept[author] = isEnough()
      ? nothing
      : { blocks: list.length, bytes: this.#bytes[author]! };
  }

  #pushOut(waiting: Waiting): void {
    this.#remove(waiting);
    for (const key of waiting.missing) this.#stopWaiting(key, waiting.key);
    this.#pushedOut[waiting.block.author]!++;
  }

  #keptForOthers(author: number): Set<Waiting> {
    const kept = new Set<Waiting>();
    for (let other = 0; other < this.#byAuthor.length; other++) {
      if (other !== author) this.#keepShare(other, kept);
    }
    return kept;
  }

  /** Adds what an author's waiting blocks rest on, lowest rounds first, as far as its budget goes. */
  #keepShare(author: number, kept: Set<Waiting>): void {
    const seen = new Set<Waiting>();
    let blocks = this.#limits.blocksPerAuthor;
    let bytes = this.#limits.bytesPerAuthor;
    const open = [...this.#byAuthor[author]!];
    open.sort((a, b) => b.block.round - a.block.round || b.order - a.order);
    for (let next = open.pop(); next !== undefined && blocks > 0 && bytes > 0; next = open.pop()) {
      for (const key of next.missing) {
        const parent = this.#waiting.get(key);
        if (parent === undefined || seen.has(parent)) continue;
        seen.add(parent);
        kept.add(parent);
        open.push(parent);
        blocks--;
        bytes -= parent.block.bytes.length;
      }
    }
  }

  #stopWaiting(missingKey: string, waiterKey: string): void {
    const entry = this.#missing.get(missingKey);
    if (entry === undefined) return;
    entry.waiters.delete(waiterKey);
    if (entry.waiters.size === 0) this.#missing.delete(missingKey);
  }

  #remove(waiting: Waiting): void {
    const { author } = waiting.block;
    this.#waiting.delete(waiting.key);
    const list = this.#byAuthor[author]!;
    list.splice(list.indexOf(waiting), 1);
    const bytes = waiting.block.bytes.length;
    this.#bytes[author]! -= bytes;
    const kept = this.#kept[author]!;
    kept.blocks = Math.max(0, kept.blocks - 1);
    kept.bytes = Math.max(0, kept.bytes - bytes);
  }

  /** Something has been accepted: returns, and lets go of, the blocks that waited for nothing else. */
  take(ref: BlockRef): Handed[] {
    return this.#release(refKey(ref));
  }

  #release(key: string): Handed[] {
    const entry = this.#missing.get(key);
    if (entry === undefined) return [];
    this.#missing.delete(key);
    const ready: Handed[] = [];
    for (const waiterKey of entry.waiters) {
      const waiting = this.#waiting.get(waiterKey)!;
      waiting.missing.delete(key);
      if (waiting.missing.size > 0) continue;
      this.#remove(waiting);
      ready.push(waiting);
    }
    return ready;
  }

  /** The horizon has risen: nobody needs to wait for what is at or below it. Returns what that sets free. */
  takeBelow(horizon: number): Handed[] {
    const ready: Handed[] = [];
    for (const [key, { ref }] of this.#missing) {
      if (ref.round <= horizon) ready.push(...this.#release(key));
    }
    return ready;
  }
}
