import type { Committee } from "@rialto/consensus";
import type { SimNode } from "./sim-node.ts";

/**
 * How much may go wrong at once with what members know of themselves. Crashes, cuts and clocks have no limit, since
 * nothing is promised away by them; but who has forgotten what it signed, or does not know that it has, takes from the
 * same room as liars do, and in a committee that bears no liars, from that of members that are gone.
 */
export class FaultRoom {
  readonly #committee: Committee;
  readonly #nodes: readonly SimNode[];
  readonly #liars: readonly number[];

  constructor(committee: Committee, nodes: readonly SimNode[], liars: readonly number[]) {
    this.#committee = committee;
    this.#nodes = nodes;
    this.#liars = liars;
  }

  #weightOf(isOut: (node: SimNode) => boolean): number {
    const { weights } = this.#committee;
    let weight = 0;
    for (const author of this.#liars) weight += weights[author]!;
    for (const node of this.#nodes) {
      if (!this.#liars.includes(node.author) && isOut(node)) weight += weights[node.author]!;
    }
    return weight;
  }

  /**
   * Whether this member may find, at its next start, that its disk has lost something. Not twice before it has come back:
   * the end of a journal that is lost, and then the mark that told of it, are together a disk that was set back.
   */
  mayForget(node: SimNode): boolean {
    if (this.#liars.includes(node.author) || node.isForgetful || node.isMisled) return false;
    const { liars, silent, wave } = this.#committee.thresholds;
    const room = wave === 3 ? liars : silent;
    return this.#weightOf((each) => each === node || each.isForgetful || each.isMisled) <= room;
  }

  /** Whether this member may, from now on, sign twice and not know. */
  mayBeMisled(node: SimNode): boolean {
    const { liars } = this.#committee.thresholds;
    return liars > 0 && this.mayForget(node);
  }

  /** Weight that may be gone for good while the rest goes on. */
  get spareWeight(): number {
    const isUncertain = this.#nodes.some((node) => node.isForgetful);
    if (isUncertain) return 0;
    return this.#committee.thresholds.silent - this.#weightOf((node) => node.isMisled);
  }
}
