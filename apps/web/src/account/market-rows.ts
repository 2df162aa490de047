interface MarketRowsOptions<T> {
  readonly keyOf: (row: T) => number | string;
  /** The order of the lists. Total: no two rows are equal. */
  readonly compare: (left: T, right: T) => number;
  /** Of one market; then the last in order goes. */
  readonly rowsMax?: number;
}

type Key = number | string;

/**
 * An account's rows by market, and as lists in order. Each market has its own bound: a busy one takes no place from a quiet one.
 *
 * Shape    a list stays the same object until one of its rows has changed
 */
export class MarketRows<T extends { readonly symbol: string }> {
  readonly #options: MarketRowsOptions<T>;
  readonly #markets = new Map<string, Map<Key, T>>();
  readonly #lists = new Map<string, readonly T[]>();
  #all: readonly T[] | undefined;

  constructor(options: MarketRowsOptions<T>) {
    this.#options = options;
  }

  find(symbol: string, key: Key): T | undefined {
    return this.#markets.get(symbol)?.get(key);
  }

  /** Adds a row, or what is said of it now. */
  add(row: T): void {
    const { keyOf, compare, rowsMax = Infinity } = this.#options;
    const rows = this.#markets.get(row.symbol) ?? new Map<Key, T>();
    this.#markets.set(row.symbol, rows.set(keyOf(row), row));
    if (rows.size > rowsMax) {
      const last = [...rows.values()].reduce((left, right) =>
        compare(left, right) > 0 ? left : right,
      );
      rows.delete(keyOf(last));
    }
    this.#changed(row.symbol);
  }

  remove(symbol: string, key: Key): void {
    if (this.#markets.get(symbol)?.delete(key) === true) this.#changed(symbol);
  }

  #changed(symbol: string): void {
    this.#lists.delete(symbol);
    this.#all = undefined;
  }

  /** The rows of one market. */
  of(symbol: string): readonly T[] {
    const known = this.#lists.get(symbol);
    if (known !== undefined) return known;
    const rows = this.#markets.get(symbol)?.values() ?? [];
    const list = [...rows].sort(this.#options.compare);
    this.#lists.set(symbol, list);
    return list;
  }

  /** Those of all markets. */
  all(): readonly T[] {
    const rows = (): T[] => [...this.#markets.values()].flatMap((each) => [...each.values()]);
    this.#all ??= rows().sort(this.#options.compare);
    return this.#all;
  }

  clear(): void {
    this.#markets.clear();
    this.#lists.clear();
    this.#all = undefined;
  }
}
