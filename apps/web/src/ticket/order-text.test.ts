import { expect, test } from "vitest";
import { BTCUSD } from "../testing/markets.ts";
import type { PlainDraft } from "./order-draft.ts";
import { orderText, orderTitle, pairText, stopText } from "./order-text.ts";
import type { StopTerms } from "./stop-terms.ts";

const STOP: StopTerms = {
  type: "STOP_LOSS",
  triggerTicks: 5_900_000,
  trailBasisPoints: 0,
  limitTicks: 0,
  timeInForce: "GTC",
};

test.each([
  ["SELL", {}, "Stop: sells at the market once 59,000.00 or less has traded."],
  ["BUY", {}, "Stop: buys at the market once 59,000.00 or more has traded."],
  [
    "SELL",
    { type: "TAKE_PROFIT" },
    "Take profit: sells at the market once 59,000.00 or more has traded.",
  ],
  [
    "BUY",
    { type: "TAKE_PROFIT", limitTicks: 5_900_100 },
    "Take profit: buys at 59,001.00 or less once 59,000.00 or less has traded.",
  ],
  [
    "SELL",
    { triggerTicks: 0, trailBasisPoints: 125 },
    "Trailing stop: sells at the market once the price has fallen 1.25 % from its highest since.",
  ],
  [
    "BUY",
    { type: "TAKE_PROFIT", trailBasisPoints: 200 },
    "Trailing take profit: buys at the market once 59,000.00 or less has traded and, from then on, the price has risen 2 % from its lowest since.",
  ],
] satisfies ["BUY" | "SELL", Partial<StopTerms>, string][])(
  "to %s with %o is said",
  (side, terms, text) => {
    expect(stopText(BTCUSD, side, { ...STOP, ...terms })).toBe(text);
  },
);

test("of a pair both ends are said", () => {
  expect(pairText(BTCUSD, "SELL", 6_200_000, STOP)).toBe(
    "Pair: sells at 62,000.00 or more from the book, or at the market once 59,000.00 or less has traded. What comes first ends the other.",
  );
});

const PLAIN: PlainDraft = {
  kind: "limit",
  side: "BUY",
  priceTicks: 6_180_000,
  lots: 50_000n,
  timeInForce: "GTC",
  isPostOnly: false,
  shownLots: 0n,
};

test.each([
  [{}, "At 61,800.00 or less: what is left rests until it is cancelled."],
  [{ timeInForce: "IOC" }, "At 61,800.00 or less: what cannot be traded at once ends."],
  [{ timeInForce: "FOK", side: "SELL" }, "At 61,800.00 or more: all at once, or nothing."],
  [
    { shownLots: 10_000n },
    "At 61,800.00 or less: what is left rests until it is cancelled, 0.1 of it shown at a time.",
  ],
  [
    { isPostOnly: true, shownLots: 10_000n },
    "At 61,800.00 or less: refused if it would trade at once, 0.1 of it shown at a time.",
  ],
  [{ isPostOnly: true }, "At 61,800.00 or less: refused if it would trade at once."],
  [{ kind: "market" }, "At the market, at once."],
] satisfies [Partial<PlainDraft>, string][])("a plain order with %o is said", (terms, text) => {
  expect(orderText(BTCUSD, { ...PLAIN, ...terms })).toBe(text);
});

test("every order has a title, and orders that wait are told as in the ticket", () => {
  expect(orderTitle(BTCUSD, PLAIN)).toBe("Buy 0.5 BTC");
  const stop = { kind: "stop", side: "SELL", lots: 50_000n, stop: STOP } as const;
  expect(orderTitle(BTCUSD, stop)).toBe("Sell 0.5 BTC");
  expect(orderText(BTCUSD, stop)).toBe(stopText(BTCUSD, "SELL", STOP));
  const pair = { ...stop, kind: "oco", priceTicks: 6_200_000 } as const;
  expect(orderText(BTCUSD, pair)).toBe(pairText(BTCUSD, "SELL", 6_200_000, STOP));
});
