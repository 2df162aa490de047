import { expect, test } from "vitest";
import { fillMarksOf, lineOf } from "./order-line.ts";
import { fillOfReply, orderOfReply } from "./order-row.ts";

const ORDER = {
  symbol: "BTCUSD",
  orderId: 1,
  orderListId: -1,
  clientOrderId: "a",
  side: "SELL",
  type: "LIMIT",
  timeInForce: "GTC",
  price: "0.00000000",
  stopPrice: "0.00000000",
  origQty: "0.5",
  icebergQty: "0",
  executedQty: "0",
  cummulativeQuoteQty: "0",
  status: "NEW",
  isWorking: true,
  time: 0,
  updateTime: 0,
};

test.each([
  ["an order of the book", { price: "62000.00" }, "62000.00", "▼ sell"],
  ["one that buys", { side: "BUY", price: "61000.00" }, "61000.00", "▲ buy"],
  [
    "a stop, by what it waits for",
    { type: "STOP_LOSS", stopPrice: "61000.00", isWorking: false },
    "61000.00",
    "▼ sell stop",
  ],
  [
    "a stop with a limit, by the same",
    { type: "STOP_LOSS_LIMIT", price: "60900.00", stopPrice: "61000.00", isWorking: false },
    "61000.00",
    "▼ sell stop",
  ],
  [
    "one that has come, by its limit",
    { type: "STOP_LOSS_LIMIT", price: "60900.00", stopPrice: "61000.00" },
    "60900.00",
    "▼ sell",
  ],
  [
    "a take profit",
    { type: "TAKE_PROFIT", stopPrice: "63000.00", isWorking: false },
    "63000.00",
    "▼ sell take profit",
  ],
  [
    "one that trails, by where that begins",
    { type: "STOP_LOSS", stopPrice: "61000.00", trailingDelta: 200, isWorking: false },
    "61000.00",
    "▼ sell trails from",
  ],
])("draws %s", (_, fields, price, title) => {
  expect(lineOf(orderOfReply({ ...ORDER, ...fields }))).toEqual({ price, title });
});

test.each([
  ["trails from where the price is", { type: "STOP_LOSS", trailingDelta: 200, isWorking: false }],
  ["waits for an auction at the market", { type: "MARKET" }],
])("draws no line for one that %s", (_, fields) => {
  expect(lineOf(orderOfReply({ ...ORDER, ...fields }))).toBeUndefined();
});

const fillAt = (time: number, isBuyer: boolean = true) =>
  fillOfReply({ symbol: "BTCUSD", id: time, orderId: 1, price: "1", qty: "1", time, isBuyer });

test("marks a candle once for each side that has traded in it", () => {
  const fills = [fillAt(61_500), fillAt(60_100), fillAt(60_200, false), fillAt(125_000)];
  expect(fillMarksOf(fills, 60_000, 0)).toEqual([
    { openMs: 60_000, side: "BUY" },
    { openMs: 60_000, side: "SELL" },
    { openMs: 120_000, side: "BUY" },
  ]);
});

test("marks no candle for what was traded before the oldest", () => {
  expect(fillMarksOf([fillAt(59_999), fillAt(60_000)], 60_000, 60_000)).toEqual([
    { openMs: 60_000, side: "BUY" },
  ]);
});
