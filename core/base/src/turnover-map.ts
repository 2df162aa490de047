/** Deletions before a small map is made anew. */
const TURNOVER_MIN = 32;

/**
 * A map whose entries come and go, in order of insertion. It does what `Map` does, and lets go of what was deleted.
 *
 * V8 moves a `Map` that changes all the time from one table to the next, and each table refers to its successor. Once one is in
 * the old generation, so is every later one, with all that was in it when it was left, until the whole heap is collected. Here
 * a new `Map`, of which the one before knows nothing, takes the place of one that has had as many deletions as it has entries.
 *
 * Rule     whoever iterates may delete and change, but not add: the rest that comes by may be out of date then.
 * Source   OrderedHashTable::Rehash of V8, which has no way to cut that link.
 */
export class TurnoverMap<Key, Value> implements ReadonlyMap<Key, Value> {
  #map: Map<Key, Value>;
  #deletedCount = 0;

  constructor(entries?: Iterable<readonly [Key, Value]>) {
    this.#map = new Map(entries);
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  set(key: Key, value: Value): this {
    const isDue = this.#deletedCount >= TURNOVER_MIN && this.#deletedCount >= this.#map.size;
    if (isDue && !this.#map.has(key)) {
      this.#map = new Map(this.#map);
      this.#deletedCount = 0;
    }
    this.#map.set(key, value);
    return this;
  }

  delete(key: Key): boolean {
    const wasHere = this.#map.delete(key);
    if (wasHere) this.#deletedCount++;
    return wasHere;
  }

  clear(): void {
    this.#map = new Map();
    this.#deletedCount = 0;
  }

  forEach(visit: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this.#map) visit(value, key, this);
  }

  keys(): MapIterator<Key> {
    return this.#map.keys();
  }

  values(): MapIterator<Value> {
    return this.#map.values();
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#map.entries();
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.#map[Symbol.iterator]();
  }
}
