import { expect, test } from "vitest";
import { BTCUSD } from "../testing/markets.ts";
import { type DepthChange, SyncedBook } from "./synced-book.ts";

/** A change that leaves `quantity` at a bid of 100.00. */
function change(firstId: number, lastId: number, quantity: string): DepthChange {
  return { firstId, lastId, bids: [["100.00", quantity]], asks: [] };
}

const SNAPSHOT = {
  lastUpdateId: 10,
  bids: [["100.00", "1"]],
  asks: [["101.00", "2"]],
} as const;

function bestBidLots(book: SyncedBook): bigint {
  return book.bids.lots(0);
}

test("changes are kept until the snapshot, and what it holds already is dropped", () => {
  const book = new SyncedBook(BTCUSD);
  expect(book.change(change(8, 9, "9"))).toBe("kept");
  expect(book.change(change(10, 12, "3"))).toBe("kept");
  expect(book.isSynced).toBe(false);
  expect(book.snapshot(SNAPSHOT)).toBe("applied");
  expect([book.updateId, bestBidLots(book)]).toEqual([12, 300_000n]);
  expect(book.change(change(13, 13, "4"))).toBe("applied");
  expect(book.change(change(13, 13, "5"))).toBe("stale");
  expect([book.updateId, bestBidLots(book)]).toEqual([13, 400_000n]);
});

test("a snapshot older than the changes kept is refused, and a newer one is taken", () => {
  const book = new SyncedBook(BTCUSD);
  book.change(change(13, 14, "3"));
  expect(book.snapshot(SNAPSHOT)).toBe("tooOld");
  expect(book.isSynced).toBe(false);
  expect(book.snapshot({ ...SNAPSHOT, lastUpdateId: 12 })).toBe("applied");
  expect(book.updateId).toBe(14);
});

test("a gap ends the sync; the change after it is kept for the next snapshot", () => {
  const book = new SyncedBook(BTCUSD);
  book.snapshot(SNAPSHOT);
  expect(book.change(change(11, 11, "3"))).toBe("applied");
  expect(book.change(change(13, 13, "4"))).toBe("gap");
  expect([book.isSynced, book.updateId]).toEqual([false, 11]);
  expect(book.change(change(14, 14, "5"))).toBe("kept");
  expect(book.snapshot({ ...SNAPSHOT, lastUpdateId: 12 })).toBe("applied");
  expect([book.updateId, bestBidLots(book)]).toEqual([14, 500_000n]);
});

test("only the first change after a snapshot may begin before it", () => {
  const book = new SyncedBook(BTCUSD);
  book.snapshot(SNAPSHOT);
  expect(book.change(change(9, 12, "3"))).toBe("applied");
  expect(book.change(change(12, 14, "4"))).toBe("gap");
});

test("a gap among the changes that were kept is found when the snapshot comes", () => {
  const book = new SyncedBook(BTCUSD);
  book.change(change(11, 11, "3"));
  book.change(change(13, 13, "4"));
  expect(book.snapshot(SNAPSHOT)).toBe("gap");
  expect(book.isSynced).toBe(false);
});
