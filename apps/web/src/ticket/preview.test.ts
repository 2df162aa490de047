import { expect, test } from "vitest";
import { SyncedBook } from "../market/synced-book.ts";
import { BTCUSD, OILUSD } from "../testing/markets.ts";
import type { OrderDraft } from "./order-draft.ts";
import { affordableLots, previewOrder } from "./preview.ts";

const RATES = { makerPpm: 500n, takerPpm: 1_000n };
/** Quanta of a whole dollar or coin, and lots of a whole coin. */
const ONE = 100_000_000n;
const LOTS = 100_000n;

const book = new SyncedBook(BTCUSD);
book.snapshot({
  lastUpdateId: 1,
  bids: [["99.00", "5"]],
  asks: [
    ["100.00", "1"],
    ["101.00", "2"],
  ],
});

function draftOf(order: Partial<OrderDraft>): OrderDraft {
  return {
    side: "BUY",
    kind: "limit",
    priceTicks: 10_000,
    lots: LOTS,
    timeInForce: "GTC",
    isPostOnly: false,
    ...order,
  };
}

function preview(order: Partial<OrderDraft>, rates = RATES) {
  const draft = draftOf(order);
  return previewOrder(BTCUSD, draft, draft.side === "BUY" ? book.asks : book.bids, rates);
}

test("a limit order takes up to its price and leaves the rest in the book, each at its fee", () => {
  expect(preview({ priceTicks: 10_050, lots: 3n * LOTS })).toEqual({
    takenLots: LOTS,
    restingLots: 2n * LOTS,
    averagePrice: "100.00",
    notionalQuanta: 100n * ONE + 201n * ONE,
    neededQuanta: 301n * ONE,
    // Of the coins received: 0.1 % of the one taken, 0.05 % of the two that rest.
    feeQuanta: 100_000n + 100_000n,
    receivedQuanta: 3n * ONE - 200_000n,
    warning: undefined,
  });
});

test("a seller needs coins and receives the quote less its fee", () => {
  expect(preview({ side: "SELL", kind: "market", lots: 2n * LOTS })).toMatchObject({
    neededQuanta: 2n * ONE,
    notionalQuanta: 198n * ONE,
    feeQuanta: 19_800_000n,
    receivedQuanta: 198n * ONE - 19_800_000n,
    averagePrice: "99.00",
  });
});

test("a market order walks up the book", () => {
  expect(preview({ kind: "market", priceTicks: 0, lots: 2n * LOTS })).toMatchObject({
    averagePrice: "100.50",
    notionalQuanta: 201n * ONE,
    warning: undefined,
  });
  expect(preview({ kind: "market", priceTicks: 0, lots: 4n * LOTS })).toMatchObject({
    takenLots: 3n * LOTS,
    restingLots: 0n,
    warning: "partlyUnfilled",
  });
});

test.each([
  [{ isPostOnly: true }, "wouldTake"],
  [{ isPostOnly: true, priceTicks: 9_999 }, undefined],
  [{ timeInForce: "FOK", lots: 2n * LOTS }, "wouldExpire"],
  [{ timeInForce: "FOK" }, undefined],
  [{ timeInForce: "IOC", lots: 2n * LOTS }, "partlyExpires"],
  [{ timeInForce: "IOC", priceTicks: 9_999 }, "wouldExpire"],
] as [Partial<OrderDraft>, string | undefined][])("%o is warned of: %s", (order, warning) => {
  expect(preview(order).warning).toBe(warning);
});

test("a fee is rounded up, at each level", () => {
  // A lot is 1,000 quanta.
  expect(preview({ lots: 1n }, { makerPpm: 0n, takerPpm: 1_000n }).feeQuanta).toBe(1n);
  expect(preview({ lots: 1n }, { makerPpm: 0n, takerPpm: 1n }).feeQuanta).toBe(1n);
  const both = { priceTicks: 10_100, lots: LOTS + 1n };
  expect(preview(both, { makerPpm: 0n, takerPpm: 1n }).feeQuanta).toBe(100n + 1n);
});

test("what can be afforded is never a lot more", () => {
  expect(affordableLots(BTCUSD, 100n * ONE, 10_000, book.asks)).toBe(LOTS);
  expect(affordableLots(BTCUSD, 100n * ONE - 1n, 10_000, book.asks)).toBe(LOTS - 1n);
  expect(affordableLots(BTCUSD, 201n * ONE, undefined, book.asks)).toBe(2n * LOTS);
  expect(affordableLots(BTCUSD, 1_000n * ONE, undefined, book.asks)).toBe(3n * LOTS);
  expect(affordableLots(BTCUSD, 1_000n * ONE, 0, book.asks)).toBe(0n);
});

test("a fee is rounded up to what the ledger keeps of its asset, as the exchange does", () => {
  const oil = new SyncedBook(OILUSD);
  oil.snapshot({ lastUpdateId: 1, bids: [["1.30", "5"]], asks: [] });
  const draft = draftOf({ side: "SELL", priceTicks: 130, lots: 1n });
  // A thousandth of 1.30 dollars is 0.0013, and the least that there is of a dollar is a cent.
  expect(previewOrder(OILUSD, draft, oil.bids, RATES)).toMatchObject({
    feeQuanta: 1_000_000n,
    receivedQuanta: 129_000_000n,
  });
});
