import type { Committee } from "@rialto/consensus";
import type { EpochBook, SimEpoch } from "./epoch-book.ts";
import type { SimNode } from "./sim-node.ts";

/** True for who would tell that author of a block of its, or is beyond all of them, whatever its memory loses. */
function knowsOf(
  node: SimNode,
  { epoch, gcDepth }: Committee,
  newest: { readonly author: number; readonly round: number },
): boolean {
  if (!node.isHonest || node.isForgetful) return false;
  if (node.reachedEpoch > epoch) return true;
  // What the horizon passes is let go of; whoever has come so far is at the newest block.
  return node.disk.newestRound(epoch, newest.author) >= Math.max(1, newest.round - gcDepth);
}

/**
 * How much may go wrong at once with what members know of themselves. Crashes, cuts and clocks have no limit, since
 * nothing is promised away by them; but who has forgotten what it signed, or does not know that it has, takes from the
 * same room as liars do, and in a committee that bears no liars, from that of members that are gone. It holds for each epoch
 * that matters.
 */
export class FaultRoom {
  readonly #book: EpochBook;
  readonly #nodes: readonly SimNode[];
  readonly #liars: readonly number[];

  constructor(book: EpochBook, nodes: readonly SimNode[], liars: readonly number[]) {
    this.#book = book;
    this.#nodes = nodes;
    this.#liars = liars;
  }

  #isMisled(process: number): boolean {
    return this.#nodes.some((node) => node.number === process && node.isMisled);
  }

  #isForgetful(process: number): boolean {
    return this.#nodes.some((node) => node.number === process && node.isForgetful);
  }

  #weightOf({ seats }: SimEpoch, isOut: (process: number) => boolean): number {
    return seats.reduce((sum, { process, weight }) => sum + (isOut(process) ? weight : 0), 0);
  }

  /** True where a committee bears all that may lie in it, and all that have forgotten, with these besides. */
  bears(epoch: SimEpoch, isLiar?: SimNode, isForgetful?: SimNode): boolean {
    const { liars, silent, wave } = epoch.committee.thresholds;
    const mayLie = (process: number): boolean =>
      process === isLiar?.number || this.#liars.includes(process) || this.#isMisled(process);
    const isOut = (process: number): boolean =>
      mayLie(process) || process === isForgetful?.number || this.#isForgetful(process);
    return (
      this.#weightOf(epoch, mayLie) <= liars &&
      this.#weightOf(epoch, isOut) <= (wave === 3 ? liars : silent)
    );
  }

  /**
   * Whether this member may find, at its next start, that its disk has lost something. Not twice before it has come back:
   * the end of a journal that is lost, and then the mark that told of it, are together a disk that was set back.
   */
  mayForget(node: SimNode): boolean {
    if (this.#liars.includes(node.number) || node.isForgetful || node.isMisled) return false;
    return this.#book.open.every((epoch) => this.bears(epoch, undefined, node));
  }

  /** Whether this member may, from now on, sign twice and not know. */
  mayBeMisled(node: SimNode): boolean {
    if (!this.#book.isMember(node.number) || !this.mayForget(node)) return false;
    return this.#book.open.every((epoch) => this.bears(epoch, node));
  }

  /**
   * Whether, of the others that may tell a member that it has forgotten, so many hold what it has let out that somebody always
   * does who is asked, whoever else forgets meanwhile (decision 020).
   */
  isKnown(node: SimNode): boolean {
    const { newest } = this.#book;
    const numbers = Array.from({ length: newest.committee.epoch }, (_, at) => at + 1);
    return numbers.every((number) => this.#isKnownIn(node, this.#book.find(number)!));
  }

  #isKnownIn(node: SimNode, epoch: SimEpoch): boolean {
    const { committee, seats } = epoch;
    const sent = node.sentIn(committee.epoch);
    const author = seats.findIndex(({ process }) => process === node.number);
    if (sent === 0) return true;
    const { quorum, liars, silent, wave } = committee.thresholds;
    const { weight } = seats[author]!;
    const knows = (process: number): boolean =>
      this.#nodes.some(
        (each) => each.number === process && knowsOf(each, committee, { author, round: sent }),
      );
    const ignorant = this.#weightOf(epoch, (each) => each !== node.number && !knows(each));
    const mayForget = (wave === 3 ? liars : silent) - weight;
    return ignorant + mayForget < quorum - weight;
  }

  /** Weight of the newest epoch that may be gone for good while the rest goes on. */
  get spareWeight(): number {
    const { newest, open } = this.#book;
    if (open.length > 1 || this.#nodes.some((node) => node.isForgetful)) return 0;
    const isLost = (each: number): boolean => this.#liars.includes(each) || this.#isMisled(each);
    return newest.committee.thresholds.silent - this.#weightOf(newest, isLost);
  }
}
