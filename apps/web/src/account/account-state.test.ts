import { expect, test } from "vitest";
import { BTCUSD } from "../testing/markets.ts";
import { AccountState } from "./account-state.ts";
import { ownLevelsOf } from "./own-levels.ts";

/** An executionReport of one buy of 2 at 100. */
function report(fields: Record<string, unknown>): Record<string, unknown> {
  return {
    e: "executionReport",
    s: "BTCUSD",
    c: "mine",
    C: "",
    g: -1,
    S: "BUY",
    o: "LIMIT",
    f: "GTC",
    q: "2.00000000",
    p: "100.00000000",
    P: "0.00000000",
    F: "0.00000000",
    W: 1_000,
    x: "NEW",
    X: "NEW",
    i: 7,
    z: "0.00000000",
    Z: "0.00000000",
    T: 1_000,
    O: 1_000,
    ...fields,
  };
}

const HALF = {
  x: "TRADE",
  X: "PARTIALLY_FILLED",
  z: "1.50000000",
  Z: "150.00000000",
  T: 2_000,
  t: 31,
  l: "1.50000000",
  L: "100.00000000",
  Y: "150.00000000",
  n: "0.00150000",
  N: "BTC",
  m: true,
};

/** The same order as a row of openOrders, from before it traded. */
const ROW = {
  symbol: "BTCUSD",
  orderId: 7,
  orderListId: -1,
  clientOrderId: "mine",
  price: "100.00000000",
  origQty: "2.00000000",
  icebergQty: "0.00000000",
  executedQty: "0.00000000",
  cummulativeQuoteQty: "0.00000000",
  status: "NEW",
  timeInForce: "GTC",
  type: "LIMIT",
  stopPrice: "0.00000000",
  isWorking: true,
  side: "BUY",
  time: 1_000,
  updateTime: 1_000,
};

test("an order goes from open over partly filled to ended", () => {
  const state = new AccountState();
  state.event(report({}));
  expect(state.openOrders()).toMatchObject([{ orderId: 7, executed: "0.00000000" }]);
  state.event(report(HALF));
  expect(state.openOrders()).toMatchObject([
    { executed: "1.50000000", status: "PARTIALLY_FILLED" },
  ]);
  expect(state.fills("BTCUSD")).toEqual([
    {
      key: "BTCUSD/31/7",
      symbol: "BTCUSD",
      tradeId: 31,
      orderId: 7,
      side: "BUY",
      price: "100.00000000",
      quantity: "1.50000000",
      quote: "150.00000000",
      fee: "0.00150000",
      feeAsset: "BTC",
      isMaker: true,
      timeMs: 2_000,
    },
  ]);
  const canceled = { c: "cancel-1", C: "mine", x: "CANCELED", X: "CANCELED", z: "1.50000000" };
  state.event(report({ ...canceled, T: 3_000 }));
  expect(state.openOrders()).toEqual([]);
  expect(state.endedOrders("BTCUSD")).toMatchObject([
    { clientOrderId: "mine", status: "CANCELED" },
  ]);
});

test("an answer that is older than an event does not lead back", () => {
  const state = new AccountState();
  state.event(report(HALF));
  state.ordersReply([ROW]);
  expect(state.openOrders()).toMatchObject([{ executed: "1.50000000" }]);
  state.event(report({ ...HALF, X: "FILLED", z: "2.00000000", T: 3_000, t: 32 }));
  state.ordersReply([ROW]);
  expect(state.openOrders()).toEqual([]);
});

test("a fill that is told twice is one", () => {
  const state = new AccountState();
  state.event(report(HALF));
  state.fillsReply([
    {
      symbol: "BTCUSD",
      id: 31,
      orderId: 7,
      price: "100.00000000",
      qty: "1.50000000",
      quoteQty: "150.00000000",
      commission: "0.00150000",
      commissionAsset: "BTC",
      time: 2_000,
      isBuyer: true,
      isMaker: true,
    },
  ]);
  expect(state.fills("BTCUSD")).toHaveLength(1);
  expect(state.fills("BTCUSD")[0]).toMatchObject({ side: "BUY", isMaker: true });
});

test("balances come in the answer's order, and an event that is newer than the answer stays", () => {
  const state = new AccountState();
  state.event({ e: "outboundAccountPosition", u: 2_000, B: [{ a: "BTC", f: "3", l: "1" }] });
  state.balancesReply({
    updateTime: 1_500,
    balances: [
      { asset: "USD", free: "10", locked: "0" },
      { asset: "BTC", free: "4", locked: "0" },
    ],
  });
  expect(state.balances()).toEqual([
    { asset: "USD", available: "10", reserved: "0" },
    { asset: "BTC", available: "3", reserved: "1" },
  ]);
  state.clear();
  expect(state.balances()).toEqual([]);
});

test("what is left of open orders adds up by price, of one market", () => {
  const state = new AccountState();
  state.event(report({ i: 1 }));
  state.event(report({ ...HALF, i: 2 }));
  state.event(report({ i: 3, S: "SELL", p: "101.00000000" }));
  state.event(report({ i: 4, s: "ETHBTC" }));
  const levels = ownLevelsOf(BTCUSD, state.openOrders("BTCUSD"));
  expect([...levels.bids]).toEqual([[10_000, 250_000n]]);
  expect([...levels.asks]).toEqual([[10_100, 200_000n]]);
});

test("an order that waits for its price is open, and in no level until that has come", () => {
  const state = new AccountState();
  const stop = { o: "STOP_LOSS_LIMIT", P: "102.00000000", p: "100.00000000", d: 500 };
  state.event(report({ ...stop, W: undefined }));
  const row = { ...ROW, type: stop.o, stopPrice: stop.P, trailingDelta: 500, isWorking: false };
  state.ordersReply([row, { ...row, orderId: 8 }]);
  const stopPrice = "102.00000000";
  const waiting = { isWorking: false, stopPrice, trailBasisPoints: 500, status: "NEW" };
  expect(state.openOrders()).toMatchObject([waiting, waiting]);
  expect([...ownLevelsOf(BTCUSD, state.openOrders()).bids]).toEqual([]);
  state.event(report({ ...stop, W: 2_000, T: 2_000 }));
  // An answer from before that does not lead back.
  state.ordersReply([row]);
  expect([...ownLevelsOf(BTCUSD, state.openOrders()).bids]).toEqual([[10_000, 200_000n]]);
});

test("of an iceberg the level has what it shows, or what is left of it", () => {
  const state = new AccountState();
  state.event(report({ F: "0.50000000" }));
  const bids = (): unknown => [...ownLevelsOf(BTCUSD, state.openOrders()).bids];
  expect(bids()).toEqual([[10_000, 50_000n]]);
  state.event(report({ F: "0.50000000", x: "TRADE", X: "PARTIALLY_FILLED", z: "1.80000000" }));
  expect(bids()).toEqual([[10_000, 20_000n]]);
  state.ordersReply([{ ...ROW, orderId: 8, icebergQty: "0.25000000" }]);
  expect(bids()).toEqual([[10_000, 45_000n]]);
});

test("an order says which list it is of", () => {
  const state = new AccountState();
  state.event(report({ i: 1, g: 5 }));
  state.ordersReply([
    { ...ROW, orderId: 2, orderListId: 5 },
    { ...ROW, orderId: 3, orderListId: -1 },
  ]);
  expect(state.openOrders().map(({ listId }) => listId)).toEqual([-1, 5, 5]);
});

test("no more ended orders and fills of a market are kept than the limit, the oldest go first", () => {
  const state = new AccountState();
  for (let id = 1; id <= 510; id++) {
    state.event(report({ ...HALF, i: id, X: "FILLED", T: id, t: id }));
  }
  expect([state.endedOrders("BTCUSD").length, state.fills("BTCUSD").length]).toEqual([500, 500]);
  expect(state.endedOrders("BTCUSD").at(-1)?.orderId).toBe(11);
  expect(state.fills("BTCUSD").at(-1)?.tradeId).toBe(11);
});

test("what a busy market brings takes no place from the past of another one", () => {
  const state = new AccountState();
  const quiet = { ...ROW, symbol: "ETHBTC", orderId: 1_000, status: "FILLED" };
  state.ordersReply([quiet]);
  state.fillsReply([{ symbol: "ETHBTC", id: 1, orderId: 1_000, time: 1_000 }]);
  for (let id = 1; id <= 500; id++) {
    state.event(report({ ...HALF, i: id, X: "FILLED", T: 2_000 + id, t: id }));
  }
  for (const [symbol, count] of [
    ["BTCUSD", 500],
    ["ETHBTC", 1],
  ] as const) {
    expect([state.endedOrders(symbol).length, state.fills(symbol).length]).toEqual([count, count]);
  }
});

test("a list is the same one until a row of its market has changed", () => {
  const state = new AccountState();
  state.event(report({ i: 1, O: 1_000 }));
  state.event(report({ i: 2, O: 2_000, s: "ETHBTC" }));
  const lists = () => [state.openOrders(), state.openOrders("BTCUSD"), state.openOrders("ETHBTC")];
  const before = lists();
  expect(before.map((list) => list.map(({ orderId }) => orderId))).toEqual([[2, 1], [1], [2]]);
  state.event({ e: "outboundAccountPosition", u: 1, B: [] });
  expect(lists().map((list, at) => list === before[at])).toEqual([true, true, true]);
  state.event(report({ i: 3, O: 3_000, s: "ETHBTC" }));
  expect(lists().map((list, at) => list === before[at])).toEqual([false, true, false]);
  state.event(report({ i: 1, O: 1_000, X: "CANCELED" }));
  expect(lists().map((list) => list.map(({ orderId }) => orderId))).toEqual([[3, 2], [], [3, 2]]);
});
