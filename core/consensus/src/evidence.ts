import { equalBytes } from "@rialto/base";
import type { VerifiedBlock } from "./block.ts";

/** Two blocks that one author signed for one round: enough for anybody to see that it lied. */
export interface Evidence {
  readonly first: VerifiedBlock;
  readonly second: VerifiedBlock;
}

/** The first proof against each author. One is enough for an epoch, and bounds the room it takes. */
export class EvidenceBook {
  readonly #byAuthor: (Evidence | undefined)[];
  readonly #inOrder: Evidence[] = [];

  constructor(authorCount: number) {
    this.#byAuthor = Array.from({ length: authorCount }, () => undefined);
  }

  has(author: number): boolean {
    return this.#byAuthor[author] !== undefined;
  }

  /** In order of discovery. */
  all(): readonly Evidence[] {
    return this.#inOrder;
  }

  /** Notes two blocks of one author and round. Returns true where they are the first proof against it. */
  note(first: VerifiedBlock, second: VerifiedBlock): boolean {
    if (this.has(first.author) || equalBytes(first.digest, second.digest)) return false;
    const evidence = { first, second };
    this.#byAuthor[first.author] = evidence;
    this.#inOrder.push(evidence);
    return true;
  }
}
