interface RecentRowsOptions<T> {
  readonly keyOf: (row: T) => number | string;
  readonly timeOf: (row: T) => number;
  /** Of one market. */
  readonly rowsMax: number;
}

/** Rows of an account's past, the newest of each market: a busy one takes no place from a quiet one. */
export class RecentRows<T extends { readonly symbol: string }> {
  readonly #options: RecentRowsOptions<T>;
  readonly #markets = new Map<string, Map<number | string, T>>();

  constructor(options: RecentRowsOptions<T>) {
    this.#options = options;
  }

  find(symbol: string, key: number | string): T | undefined {
    return this.#markets.get(symbol)?.get(key);
  }

  /** Adds a row, or what is said of it now. */
  add(row: T): void {
    const { keyOf, timeOf, rowsMax } = this.#options;
    const rows = this.#markets.get(row.symbol) ?? new Map<number | string, T>();
    this.#markets.set(row.symbol, rows.set(keyOf(row), row));
    if (rows.size <= rowsMax) return;
    const oldest = [...rows.values()].reduce((left, right) =>
      timeOf(left) <= timeOf(right) ? left : right,
    );
    rows.delete(keyOf(oldest));
  }

  /** Those of all markets, in no order. */
  all(): T[] {
    return [...this.#markets.values()].flatMap((rows) => [...rows.values()]);
  }

  clear(): void {
    this.#markets.clear();
  }
}
