import { expect, test } from "vitest";
import { SyncedBook } from "../market/synced-book.ts";
import { BTCUSD, OILUSD } from "../testing/markets.ts";
import type { OrderDraft, PlainDraft, Situation } from "./order-draft.ts";
import { affordableLots, previewOrder, previewPlain } from "./preview.ts";
import type { StopTerms } from "./stop-terms.ts";

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

function draftOf(order: Partial<PlainDraft>): PlainDraft {
  return {
    side: "BUY",
    kind: "limit",
    priceTicks: 10_000,
    lots: LOTS,
    timeInForce: "GTC",
    isPostOnly: false,
    shownLots: 0n,
    ...order,
  };
}

function preview(order: Partial<PlainDraft>, rates = RATES) {
  const draft = draftOf(order);
  return previewPlain(BTCUSD, draft, draft.side === "BUY" ? book.asks : book.bids, rates);
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
] as [Partial<PlainDraft>, string | undefined][])("%o is warned of: %s", (order, warning) => {
  expect(preview(order).warning).toBe(warning);
});

test.each([
  // A nought too many, or one too few.
  [{ priceTicks: 100_000 }, "farFromBest"],
  [{ priceTicks: 1_000, side: "SELL" }, "farFromBest"],
  [{ priceTicks: 10_501, lots: 4n * LOTS }, "farFromBest"],
  [{ priceTicks: 10_500 }, undefined],
  [{ priceTicks: 9_405, side: "SELL" }, undefined],
  // What rests trades at its own price.
  [{ priceTicks: 100_000, side: "SELL" }, undefined],
  [{ priceTicks: 1_000 }, undefined],
  [{ kind: "market", priceTicks: 0, lots: 3n * LOTS }, undefined],
  [{ priceTicks: 100_000, isPostOnly: true }, "wouldTake"],
] as [Partial<PlainDraft>, string | undefined][])(
  "%o beside the best price: %s",
  (order, warning) => {
    expect(preview(order).warning).toBe(warning);
  },
);

test("a market order that goes far up a thin book is warned of", () => {
  const thin = new SyncedBook(BTCUSD);
  thin.snapshot({
    lastUpdateId: 1,
    bids: [],
    asks: [
      ["100.00", "1"],
      ["105.01", "1"],
    ],
  });
  const warningOf = (lots: bigint) =>
    previewPlain(BTCUSD, draftOf({ kind: "market", priceTicks: 0, lots }), thin.asks, RATES)
      .warning;
  expect([warningOf(LOTS), warningOf(LOTS + 1n)]).toEqual([undefined, "farFromBest"]);
});

test("a fee is rounded up, at each level", () => {
  // A lot is 1,000 quanta.
  expect(preview({ lots: 1n }, { makerPpm: 0n, takerPpm: 1_000n }).feeQuanta).toBe(1n);
  expect(preview({ lots: 1n }, { makerPpm: 0n, takerPpm: 1n }).feeQuanta).toBe(1n);
  const both = { priceTicks: 10_100, lots: LOTS + 1n };
  expect(preview(both, { makerPpm: 0n, takerPpm: 1n }).feeQuanta).toBe(100n + 1n);
  const rests = { priceTicks: 9_000, lots: LOTS };
  expect(preview(rests, { makerPpm: -500n, takerPpm: 1_000n }).feeQuanta).toBe(0n);
});

const STOP: StopTerms = {
  type: "STOP_LOSS",
  triggerTicks: 9_500,
  trailBasisPoints: 0,
  limitTicks: 0,
  timeInForce: "GTC",
};

/** What would come of an order for one coin; the last price is 100. */
function previewOf(draft: OrderDraft, availableQuanta = 1_000n * ONE) {
  const situation: Situation = {
    lastTicks: 10_000,
    typedTicks: 10_000,
    oppositeTicks: undefined,
    availableQuanta,
  };
  return previewOrder(BTCUSD, draft, book.asks, RATES, situation);
}

function previewStop(side: "BUY" | "SELL", terms: Partial<StopTerms>, availableQuanta?: bigint) {
  const stop = { ...STOP, ...terms };
  return previewOf({ kind: "stop", side, lots: LOTS, stop }, availableQuanta).stop;
}

test("a stop is reckoned at its trigger or its limit, as a taker", () => {
  expect(previewStop("SELL", {})).toMatchObject({
    takenLots: LOTS,
    notionalQuanta: 95n * ONE,
    neededQuanta: ONE,
    feeQuanta: 9_500_000n,
    warning: undefined,
  });
  expect(previewStop("SELL", { limitTicks: 9_400 })).toMatchObject({ notionalQuanta: 94n * ONE });
});

test("one that follows the price is reckoned where it would come if the price turned now", () => {
  const worth = (side: "BUY" | "SELL", terms: Partial<StopTerms>) =>
    previewStop(side, { trailBasisPoints: 200, ...terms })?.notionalQuanta;
  expect(worth("SELL", { triggerTicks: 0 })).toBe(98n * ONE);
  expect(worth("BUY", { triggerTicks: 0 })).toBe(102n * ONE);
  expect(worth("SELL", {})).toBe((931n * ONE) / 10n);
});

test("a limit that the price has not come to rests, and its fee is the maker's", () => {
  expect(previewStop("SELL", { limitTicks: 9_501 })).toMatchObject({
    restingLots: LOTS,
    feeQuanta: 4_750_500n,
    warning: "mayRest",
  });
  expect(previewStop("BUY", { limitTicks: 9_501 })).toMatchObject({ warning: undefined });
});

test("a stop that would not be paid for is warned of, with room for a market that moves on", () => {
  expect(previewStop("SELL", {}, ONE)?.warning).toBeUndefined();
  expect(previewStop("SELL", {}, ONE - 1n)?.warning).toBe("notCovered");
  const buy = { triggerTicks: 10_500 };
  expect(previewStop("BUY", buy, (10_605n * ONE) / 100n)?.warning).toBeUndefined();
  expect(previewStop("BUY", buy, (10_604n * ONE) / 100n)?.warning).toBe("notCovered");
  expect(previewStop("BUY", { ...buy, limitTicks: 10_500 }, 105n * ONE)?.warning).toBeUndefined();
});

test("of a pair both ends are reckoned, the one that rests as a maker", () => {
  const pair = { kind: "oco", side: "SELL", lots: LOTS, priceTicks: 11_000, stop: STOP } as const;
  expect(previewOf(pair)).toMatchObject({
    now: { notionalQuanta: 110n * ONE, feeQuanta: 5_500_000n },
    stop: { notionalQuanta: 95n * ONE, feeQuanta: 9_500_000n },
  });
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
  expect(previewPlain(OILUSD, draft, oil.bids, RATES)).toMatchObject({
    feeQuanta: 1n,
    receivedQuanta: 129n,
  });
});
