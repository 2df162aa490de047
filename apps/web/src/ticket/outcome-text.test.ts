import { ApiError, NetworkError } from "@rialto/client";
import { expect, test } from "vitest";
import { BTCUSD } from "../testing/markets.ts";
import {
  failedOutcome,
  foundOutcome,
  isUnknown,
  placedOutcome,
  placedPairOutcome,
  unknownOutcome,
} from "./outcome-text.ts";

const REPLY = {
  side: "BUY",
  price: "61800.00000000",
  origQty: "0.50000000",
  executedQty: "0.00000000",
  cummulativeQuoteQty: "0.00000000",
};
const TRADED = { executedQty: "0.20000000", cummulativeQuoteQty: "12360.00000000" };

test.each([
  [{ status: "NEW" }, true, "Buy 0.5 BTC at 61,800.00 is in the book."],
  [{ status: "FILLED", ...TRADED }, true, "Bought 0.2 BTC for 12,360.00 USD."],
  [
    { status: "PARTIALLY_FILLED", ...TRADED },
    true,
    "Bought 0.2 BTC for 12,360.00 USD; the rest is in the book.",
  ],
  [
    { status: "EXPIRED", ...TRADED },
    true,
    "Bought 0.2 BTC for 12,360.00 USD; the rest found no counterpart and ended.",
  ],
  [{ status: "EXPIRED" }, false, "Nothing could be traded on these terms, so the order ended."],
  [{ status: "EXPIRED_IN_MATCH" }, false, "The order ended where it met your own order."],
  [{ status: "NEW", stopPrice: "59000.00000000" }, true, "Buy 0.5 BTC waits for 59,000.00."],
  [
    { status: "NEW", trailingDelta: 125 },
    true,
    "Buy 0.5 BTC waits and follows the price by 1.25 %.",
  ],
  [
    { status: "NEW", stopPrice: "59000.00000000", trailingDelta: 125 },
    true,
    "Buy 0.5 BTC waits for 59,000.00, then follows the price by 1.25 %.",
  ],
  [
    { status: "NEW", price: "0.00000000" },
    true,
    "Buy 0.5 BTC at the market waits for the auction.",
  ],
  [{ status: "FILLED", side: "SELL", ...TRADED }, true, "Sold 0.2 BTC for 12,360.00 USD."],
])("%o is told", (fields, isGood, text) => {
  expect(placedOutcome(BTCUSD, { ...REPLY, ...fields })).toEqual({ isGood, text });
});

test("of a new pair both orders are told, or that one has come already", () => {
  const resting = { ...REPLY, status: "NEW", side: "SELL" };
  const waiting = { ...resting, stopPrice: "59000.00000000" };
  expect(placedPairOutcome(BTCUSD, { orderReports: [resting, waiting] })).toEqual({
    isGood: true,
    text: "Sell 0.5 BTC at 61,800.00 is in the book. A stop waits for 59,000.00. What comes first ends the other.",
  });
  const orderReports = [resting, { ...waiting, status: "CANCELED" }];
  expect(placedPairOutcome(BTCUSD, { orderReports }).text).toContain("has come already");
});

test("a refusal is told in the exchange's words, a terse one explained", () => {
  const refused = new ApiError(400, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE");
  const ended = new ApiError(400, -2011, "Unknown order sent.");
  expect(failedOutcome(ended).text).toBe(
    "Refused: Unknown order sent: it is not open any more. (-2011)",
  );
  expect(failedOutcome(refused).text).toBe(
    "Refused: Filter failure: PERCENT_PRICE_BY_SIDE: the price is too far from the last trade, or from what it waits for. (-1013)",
  );
  const poor = new ApiError(400, -2010, "Account has insufficient balance for requested action.");
  expect(failedOutcome(poor).text).toBe(
    "Refused: Account has insufficient balance for requested action. (-2010)",
  );
});

test("of what was never sent nobody is told that it may have been done", () => {
  expect(failedOutcome(NetworkError.unsent("not connected to the node"))).toEqual({
    isGood: false,
    text: "Not sent: not connected to the node. Try again when the connection is back.",
  });
});

test("where there is no answer nothing is claimed", () => {
  const unknown = "It is not known whether this was done";
  expect(failedOutcome(new NetworkError("no answer")).text).toContain(unknown);
  expect(failedOutcome(new ApiError(504, -1007, "Timeout waiting.")).text).toContain(unknown);
});

test("of an order without an answer it is said that it is looked for, and what was found", () => {
  const lost = new NetworkError("no answer");
  expect([isUnknown(lost), isUnknown(new ApiError(504, -1007, "Timeout waiting."))]).toEqual([
    true,
    true,
  ]);
  expect(isUnknown(NetworkError.unsent("not connected"))).toBe(false);
  expect(isUnknown(new ApiError(400, -2010, "No."))).toBe(false);
  expect(unknownOutcome(lost).text).toContain("do not send it again");
  const reply = { ...REPLY, status: "NEW", side: "SELL", stopPrice: "0.00000000" };
  expect(foundOutcome(BTCUSD, false, reply)).toEqual({
    isGood: true,
    text: "It was done. Sell 0.5 BTC at 61,800.00 is in the book.",
  });
  const stop = { ...reply, stopPrice: "59000.00000000" };
  expect(foundOutcome(BTCUSD, false, stop).text).toContain("waits for 59,000.00");
  expect(foundOutcome(BTCUSD, true, reply).text).toContain("It was done.");
  expect(foundOutcome(BTCUSD, false, undefined)).toMatchObject({ isGood: false });
});
