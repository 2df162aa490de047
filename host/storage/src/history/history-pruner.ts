import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type ChangesMessage, KLINES } from "./history-changes.ts";
import type { HistoryRetention } from "./history.ts";

/** Kinds of candles that one market has at most. */
const INTERVALS_MAX = 64;
/** Rows that one write looks at, at most, of each table: more than it can have added in the long run. */
const SLICE_ROWS = 4_000;

/**
 * Removes what is beyond the retention, a slice at each write. Orders and trades are numbered in the order
 * of their coming, so the oldest are a range of numbers.
 */
export class HistoryPruner {
  readonly #retention: HistoryRetention;
  readonly #lastOrder: StatementSync;
  readonly #deleteOrders: StatementSync;
  readonly #deleteTrades: StatementSync;
  readonly #tradeEnds: StatementSync;
  readonly #klineAt: StatementSync;
  readonly #deleteKlines: StatementSync;
  /** For each market and interval: its newest candle, and how many came since it was last pruned. */
  readonly #klineGrowth = new Map<number, { openMs: number; added: number }>();
  /** Orders up to here have been looked at; those that were open then stay until the next round. */
  #ordersSeen = 0;
  /** Where the round began that is now under way. */
  #ordersRoundEnd = 0;

  constructor(database: DatabaseSync, retention: HistoryRetention) {
    this.#retention = retention;
    this.#lastOrder = database.prepare("SELECT max(serial) AS last FROM orders");
    this.#deleteOrders = database.prepare(
      "DELETE FROM orders WHERE serial > ? AND serial <= ? AND status >= 2",
    );
    this.#tradeEnds = database.prepare(
      "SELECT (SELECT min(serial) FROM trades) AS first, (SELECT max(serial) FROM trades) AS last",
    );
    this.#deleteTrades = database.prepare("DELETE FROM trades WHERE serial < ?");
    this.#klineAt = database.prepare(
      `SELECT openMs FROM klines WHERE market = ? AND interval = ?
       ORDER BY openMs DESC LIMIT 1 OFFSET ?`,
    );
    this.#deleteKlines = database.prepare(
      "DELETE FROM klines WHERE market = ? AND interval = ? AND openMs <= ?",
    );
  }

  /** Effects  part of the write that `changes` came with. */
  prune(changes: ChangesMessage): void {
    if (changes.orders.count > 0) this.#pruneOrders();
    if (changes.trades.count > 0) this.#pruneTrades();
    if (changes.klines.count > 0) this.#pruneKlines(changes);
  }

  #pruneOrders(): void {
    const { ordersMax } = this.#retention;
    const cutoff = Number(this.#lastOrder.get()?.["last"] ?? 0) - ordersMax;
    if (cutoff <= 0) return;
    if (this.#ordersSeen >= cutoff) {
      // Orders that were open when the last round passed them may have ended: go round again, but not often.
      if (cutoff - this.#ordersRoundEnd < ordersMax / 4) return;
      this.#ordersRoundEnd = cutoff;
      this.#ordersSeen = 0;
    }
    const to = Math.min(this.#ordersSeen + SLICE_ROWS, cutoff);
    this.#deleteOrders.run(this.#ordersSeen, to);
    this.#ordersSeen = to;
  }

  #pruneTrades(): void {
    const ends = this.#tradeEnds.get();
    const first = Number(ends?.["first"] ?? 0);
    const cutoff = Number(ends?.["last"] ?? 0) - this.#retention.tradesMax + 1;
    if (first < cutoff) this.#deleteTrades.run(Math.min(cutoff, first + SLICE_ROWS));
  }

  #pruneKlines(changes: ChangesMessage): void {
    const { numbers, count } = changes.klines;
    const width = KLINES.numbers.length;
    const { klinesMax } = this.#retention;
    for (let row = 0; row < count; row++) {
      const [market, interval, openMs] = numbers.subarray(row * width) as unknown as Key;
      const key = market * INTERVALS_MAX + interval;
      const growth = this.#klineGrowth.get(key) ?? { openMs: 0, added: 0 };
      this.#klineGrowth.set(key, growth);
      if (growth.openMs === openMs) continue;
      growth.openMs = openMs;
      growth.added += 1;
      // Finding the oldest to keep reads past all that are kept, so it is not done for every new one.
      if (growth.added <= klinesMax / 8) continue;
      growth.added = 0;
      const oldest = this.#klineAt.get(market, interval, klinesMax);
      if (oldest !== undefined) {
        this.#deleteKlines.run(market, interval, Number(oldest["openMs"]));
      }
    }
  }
}

type Key = readonly [market: number, interval: number, openMs: number];
