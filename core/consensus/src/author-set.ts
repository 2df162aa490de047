import { fail } from "@rialto/base";

/** A set of members and the weight they have together. An author counts once, however often it is added. */
export class AuthorSet {
  readonly #weights: readonly number[];
  #low = 0;
  #high = 0;
  #higher = 0;
  #highest = 0;
  #weight = 0;

  constructor(weights: readonly number[]) {
    this.#weights = weights;
  }

  get weight(): number {
    return this.#weight;
  }

  has(author: number): boolean {
    return (this.#word(author >>> 5) & (1 << (author & 31))) !== 0;
  }

  add(author: number): void {
    const weight = this.#weights[author];
    if (weight === undefined) fail("an author is a member of the committee");
    if (this.has(author)) return;
    const bit = 1 << (author & 31);
    if (author < 32) this.#low |= bit;
    else if (author < 64) this.#high |= bit;
    else if (author < 96) this.#higher |= bit;
    else this.#highest |= bit;
    this.#weight += weight;
  }

  #word(index: number): number {
    if (index === 0) return this.#low;
    if (index === 1) return this.#high;
    return index === 2 ? this.#higher : this.#highest;
  }
}
