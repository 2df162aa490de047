/**
 * The levels of one side of a book, best first.
 *
 * Shape    two columns: `keys` ascending, a price in ticks with the sign that puts the best first; `lots`
 *          beside it. Both grow when they are full.
 * Units    ticks, an integer below 2^53; lots, below 2^63.
 */
export class BookSide {
  readonly #sign: 1 | -1;
  #keys: Float64Array = new Float64Array(256);
  #lots: BigInt64Array = new BigInt64Array(256);
  #count = 0;
  /** The worst key of which anything is known. */
  #keyMax = Infinity;

  constructor(side: "bids" | "asks") {
    this.#sign = side === "asks" ? 1 : -1;
  }

  get count(): number {
    return this.#count;
  }

  /** The price of the level of an index, 0 being the best. */
  priceTicks(index: number): number {
    return this.#keys[index]! * this.#sign;
  }

  lots(index: number): bigint {
    return this.#lots[index]!;
  }

  /** True where the levels are only the best of a longer side. */
  get isCutOff(): boolean {
    return this.#keyMax !== Infinity;
  }

  clear(): void {
    this.#count = 0;
    this.#keyMax = Infinity;
  }

  /** The side goes on beyond its last level, and nothing is known of that: it is left out from now on, or it would have holes. */
  cutOff(): void {
    this.#keyMax = this.#keys[this.#count - 1] ?? Infinity;
  }

  /** Says what waits at a price from now on; no lots remove the level. */
  set(priceTicks: number, lots: bigint): void {
    const key = priceTicks * this.#sign;
    if (key > this.#keyMax) return;
    const index = this.#indexOf(key);
    const isKnown = index < this.#count && this.#keys[index] === key;
    if (lots === 0n) {
      if (isKnown) this.#remove(index);
      return;
    }
    if (!isKnown) this.#insert(index, key);
    this.#lots[index] = lots;
  }

  /** The first index whose key is not below `key`. */
  #indexOf(key: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(index: number, key: number): void {
    if (this.#count === this.#keys.length) this.#grow();
    this.#keys.copyWithin(index + 1, index, this.#count);
    this.#lots.copyWithin(index + 1, index, this.#count);
    this.#keys[index] = key;
    this.#count += 1;
  }

  #remove(index: number): void {
    this.#keys.copyWithin(index, index + 1, this.#count);
    this.#lots.copyWithin(index, index + 1, this.#count);
    this.#count -= 1;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const lots = new BigInt64Array(this.#lots.length * 2);
    keys.set(this.#keys);
    lots.set(this.#lots);
    this.#keys = keys;
    this.#lots = lots;
  }
}
