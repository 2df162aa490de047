import { expect, test } from "vitest";
import { BTCUSD } from "../testing/markets.ts";
import { BookSide } from "./book-side.ts";
import { viewBook } from "./book-view.ts";
import { SyncedBook } from "./synced-book.ts";

function bookOf(): SyncedBook {
  const book = new SyncedBook(BTCUSD);
  book.snapshot({
    lastUpdateId: 1,
    bids: [
      ["100.09", "1"],
      ["100.05", "2"],
      ["99.98", "4"],
    ],
    asks: [
      ["100.11", "1"],
      ["1000.15", "1"],
    ],
  });
  return book;
}

const OPTIONS = {
  market: BTCUSD,
  rowsMax: 10,
  groupTicks: 1,
  ownBids: new Map(),
  ownAsks: new Map(),
};

test("rows add up from the best, and bars are parts of the deeper side", () => {
  const { bids, asks } = bookOf();
  const view = viewBook(bids, asks, OPTIONS);
  expect(view.bids.map(({ price, total, share }) => [price, total, share])).toEqual([
    ["100.09", "1.00000", 1 / 7],
    ["100.05", "3.00000", 3 / 7],
    ["99.98", "7.00000", 1],
  ]);
  expect(view.asks.map(({ price }) => price)).toEqual(["100.11", "1,000.15"]);
  expect([view.spread, view.spreadPercent]).toEqual(["0.02", "0.020%"]);
});

test("grouped bids stand at the lower end of their group, asks at the upper", () => {
  const { bids, asks } = bookOf();
  const view = viewBook(bids, asks, { ...OPTIONS, groupTicks: 10 });
  expect(view.bids.map(({ price, quantity }) => [price, quantity])).toEqual([
    ["100.00", "3.00000"],
    ["99.90", "4.00000"],
  ]);
  expect(view.asks[0]?.price).toBe("100.20");
});

test("the viewer's own orders are marked, in groups too, and no more rows come than fit", () => {
  const { bids, asks } = bookOf();
  const ownBids = new Map([
    [10_009, 20_000n],
    [10_005, 30_000n],
  ]);
  const view = viewBook(bids, asks, { ...OPTIONS, ownBids, rowsMax: 2 });
  expect(view.bids.map(({ own }) => own)).toEqual(["0.20000", "0.30000"]);
  const coarse = viewBook(bids, asks, { ...OPTIONS, ownBids, groupTicks: 100 });
  expect(coarse.bids.map(({ own }) => own)).toEqual(["0.50000", ""]);
});

test("sides that cross, as they do before an auction, have none either", () => {
  const [bids, asks] = [new BookSide("bids"), new BookSide("asks")];
  bids.set(102, 1n);
  asks.set(100, 1n);
  const view = viewBook(bids, asks, OPTIONS);
  expect([view.spread, view.spreadPercent]).toEqual(["", ""]);
});

test("an empty side has no spread", () => {
  const book = new SyncedBook(BTCUSD);
  expect(viewBook(book.bids, book.asks, OPTIONS)).toEqual({
    bids: [],
    asks: [],
    spread: "",
    spreadPercent: "",
  });
});
