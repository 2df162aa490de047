import { BookSide } from "./book-side.ts";
import { lotsOf, type Market, ticksOf } from "./market.ts";

/** A price and what waits there, as the exchange writes them. */
export type LevelText = readonly [price: string, quantity: string];

/** What has changed in a book between two of its updates, both inclusive. */
export interface DepthChange {
  readonly firstId: number;
  readonly lastId: number;
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
}

export interface DepthSnapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
}

/** What became of a change: `gap` means that something before it was missed, and a new snapshot is needed. */
export type ChangeVerdict = "kept" | "applied" | "stale" | "gap";
/** What became of a snapshot: `tooOld` means that the changes kept begin after it, and it takes a newer one. */
export type SnapshotVerdict = "applied" | "tooOld" | "gap";

/** Levels of each side that a snapshot is asked for. */
export const SNAPSHOT_LEVELS = 1_000;
/** A side that is longer than its snapshot is asked for again when no more of its levels are left. */
const LEVELS_LEFT_MIN = SNAPSHOT_LEVELS / 2;

/** Changes kept until the snapshot is there. At ten messages a second this is a minute and a half. */
const CHANGES_KEPT_MAX = 1_000;

/**
 * A copy of an order book, kept by the snapshot and the changes of the depth stream.
 *
 * Invariant: while it is synced, its levels are those of the exchange's book at `updateId`; of a side that is longer
 *          than a snapshot the best ones, without a hole.
 * Source   exchange-api, "Depth protocol": changes up to the snapshot are dropped, the first that is applied
 *          holds the update after it, and each begins with the update after the last one.
 */
export class SyncedBook {
  readonly bids: BookSide = new BookSide("bids");
  readonly asks: BookSide = new BookSide("asks");
  readonly #market: Market;
  #kept: DepthChange[] = [];
  #isSynced = false;
  #isFirst = true;
  #updateId = 0;

  constructor(market: Market) {
    this.#market = market;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** The last update of the exchange's book that is in this one. */
  get updateId(): number {
    return this.#updateId;
  }

  /** True when so much of what is known of a longer side is used up that a new snapshot is due. */
  get isUsedUp(): boolean {
    const isShort = (side: BookSide): boolean => side.isCutOff && side.count < LEVELS_LEFT_MIN;
    return isShort(this.bids) || isShort(this.asks);
  }

  /** Waits for a snapshot and keeps changes until then. The old levels stay to be shown, as what they are: old. */
  restart(): void {
    this.#kept = [];
    this.#isSynced = false;
  }

  change(change: DepthChange): ChangeVerdict {
    if (this.#isSynced) return this.#apply(change);
    if (this.#kept.length === CHANGES_KEPT_MAX) this.#kept.shift(); // found out as a gap when the snapshot comes
    this.#kept.push(change);
    return "kept";
  }

  snapshot(snapshot: DepthSnapshot): SnapshotVerdict {
    const { lastUpdateId } = snapshot;
    const [oldest] = this.#kept;
    if (oldest !== undefined && oldest.firstId > lastUpdateId + 1) return "tooOld";
    this.bids.clear();
    this.asks.clear();
    this.#setLevels(snapshot);
    if (snapshot.bids.length >= SNAPSHOT_LEVELS) this.bids.cutOff();
    if (snapshot.asks.length >= SNAPSHOT_LEVELS) this.asks.cutOff();
    this.#updateId = lastUpdateId;
    this.#isSynced = true;
    this.#isFirst = true;
    const kept = this.#kept;
    this.#kept = [];
    for (const change of kept) if (this.#apply(change) === "gap") return "gap";
    return "applied";
  }

  #apply(change: DepthChange): ChangeVerdict {
    const { firstId, lastId } = change;
    if (lastId <= this.#updateId) return "stale";
    const next = this.#updateId + 1;
    // The first change may begin before the snapshot; what it says of then holds now too.
    const follows = this.#isFirst ? firstId <= next : firstId === next;
    if (!follows) {
      this.restart();
      this.#kept.push(change);
      return "gap";
    }
    this.#isFirst = false;
    this.#setLevels(change);
    this.#updateId = lastId;
    return "applied";
  }

  #setLevels(levels: Pick<DepthChange, "bids" | "asks">): void {
    const market = this.#market;
    for (const [price, quantity] of levels.bids) {
      this.bids.set(ticksOf(market, price), lotsOf(market, quantity));
    }
    for (const [price, quantity] of levels.asks) {
      this.asks.set(ticksOf(market, price), lotsOf(market, quantity));
    }
  }
}
