import { CommandKind, type MarketIndex, MarketState } from "@rialto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import type { Params, Reply } from "../testing/test-client.ts";

// Orders that wait for a price, and orders that show a part of themselves, as traders place them. The last price is 100
// until somebody trades; what is not said is of the market BTCUSD.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

type Body = Reply["body"];

async function ask(method: string, path: string, params: Params, who = world.alice): Promise<Body> {
  const { status, body } = await who.signed(method, path, { symbol: "BTCUSD", ...params });
  expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
  return body;
}

const place = (params: Params, who = world.alice): Promise<Body> =>
  ask("POST", "/api/v3/order", { newOrderRespType: "FULL", ...params }, who);
const find = (orderId: number): Promise<Body> => ask("GET", "/api/v3/order", { orderId });
const openOrders = (): Promise<Body> => ask("GET", "/api/v3/openOrders", {});

async function refusal(params: Params): Promise<[code: number, msg: string]> {
  const { status, body } = await world.alice.order({ symbol: "BTCUSD", ...params });
  expect(status).toBe(400);
  return [body.code, body.msg];
}

/** Bob trades with himself, so that the last price is another. */
async function trade(price: string, quantity = "0.1"): Promise<void> {
  const terms = { type: "LIMIT", price, quantity, selfTradePreventionMode: "NONE" };
  await place({ ...terms, side: "SELL", timeInForce: "GTC" }, world.bob);
  await place({ ...terms, side: "BUY", timeInForce: "IOC" }, world.bob);
}

const LIMIT = { timeInForce: "GTC", quantity: "1" };

test("a stop-limit waits in no book, comes to it by another's trade, rests, and is filled", async () => {
  const terms = { side: "BUY", type: "STOP_LOSS_LIMIT", stopPrice: "102", price: "105" };
  const placed = await place({ ...LIMIT, ...terms });
  const known = { ...terms, stopPrice: "102.00000000", price: "105.00000000", timeInForce: "GTC" };
  expect(placed).toMatchObject({ ...known, status: "NEW", fills: [] });
  expect(placed).not.toHaveProperty("workingTime");
  const { orderId } = placed;
  const waiting = { ...known, status: "NEW", isWorking: false, workingTime: -1 };
  expect(await find(orderId)).toMatchObject(waiting);
  expect(await openOrders()).toMatchObject([{ orderId, ...waiting }]);
  const { body: book } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  expect(book).toMatchObject({ bids: [], asks: [] });
  // It reserves nothing as long as it waits.
  const { body: account } = await world.alice.signed("GET", "/api/v3/account");
  expect(account.balances[0]).toMatchObject({ asset: "USD", locked: "0.00000000" });

  await trade("101.99");
  expect(await find(orderId)).toMatchObject(waiting);
  world.clock.aheadMs += 5;
  await trade("102");
  const working = await find(orderId);
  expect(working).toMatchObject({ ...known, status: "NEW", isWorking: true });
  expect(working.workingTime).toBeGreaterThan(working.time);
  const rested = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  expect(rested.body.bids).toEqual([["105.00000000", "1.00000000"]]);

  await world.bob.rest("BTCUSD", "SELL", "105", "1");
  const { workingTime } = working;
  const filled = { ...known, status: "FILLED", executedQty: "1.00000000", workingTime };
  expect(await find(orderId)).toMatchObject(filled);
  expect(await ask("GET", "/api/v3/allOrders", {})).toMatchObject([filled]);
});

test.each([
  ["STOP_LOSS", "BUY", "102", "102.01"],
  ["STOP_LOSS", "SELL", "98", "97.99"],
  ["TAKE_PROFIT", "BUY", "98", "98"],
  ["TAKE_PROFIT", "SELL", "102", "102"],
])(
  "a %s to %s at %s is a market order once %s has traded",
  async (type, side, stopPrice, price) => {
    const placed = await place({ type, side, stopPrice, quantity: "0.5" });
    expect(placed).toMatchObject({ type, status: "NEW", price: "0.00000000" });
    const other = side === "BUY" ? "SELL" : "BUY";
    const offer = side === "BUY" ? "103" : "97";
    await world.bob.rest("BTCUSD", other, offer, "2");
    await trade(price);
    const found = await find(placed.orderId);
    expect(found).toMatchObject({ type, status: "FILLED", executedQty: "0.50000000" });
    expect(Number(found.stopPrice)).toBe(Number(stopPrice));
    const trades = await ask("GET", "/api/v3/myTrades", { orderId: placed.orderId });
    expect(trades).toMatchObject([{ qty: "0.50000000", isMaker: false }]);
  },
);

test("a stop that trails follows the price up, and sells when it has fallen by its part of the highest", async () => {
  const terms = { side: "SELL", type: "STOP_LOSS", trailingDelta: 500 };
  const placed = await place({ ...terms, quantity: "1" });
  expect(placed).toMatchObject({ ...terms, status: "NEW" });
  expect(placed).not.toHaveProperty("stopPrice");
  const { orderId } = placed;
  await world.bob.rest("BTCUSD", "BUY", "90", "1");
  await trade("120");
  await trade("114.01");
  const waiting = { ...terms, status: "NEW", isWorking: false, stopPrice: "0.00000000" };
  expect(await find(orderId)).toMatchObject(waiting);
  expect(await openOrders()).toMatchObject([{ orderId, ...waiting }]);
  await trade("114");
  expect(await find(orderId)).toMatchObject({ ...terms, status: "FILLED" });
});

test("a take profit that trails begins at its stop price", async () => {
  const terms = { side: "SELL", type: "TAKE_PROFIT_LIMIT", trailingDelta: 1_000, stopPrice: "110" };
  const { orderId } = await place({ ...LIMIT, ...terms, price: "100" });
  const known = { ...terms, stopPrice: "110.00000000" };
  for (const price of ["109", "95", "110", "120", "108.01"]) await trade(price);
  expect(await find(orderId)).toMatchObject({ ...known, status: "NEW", isWorking: false });
  await trade("108");
  expect(await find(orderId)).toMatchObject({ ...known, status: "NEW", isWorking: true });
});

test("an order that waits is cancelled as any other, and never worked", async () => {
  const terms = { side: "SELL", type: "TAKE_PROFIT_LIMIT", stopPrice: "110", price: "109" };
  const { orderId, clientOrderId } = await place({ ...LIMIT, ...terms });
  const canceled = await ask("DELETE", "/api/v3/order", { origClientOrderId: clientOrderId });
  const known = { type: "TAKE_PROFIT_LIMIT", status: "CANCELED", stopPrice: "110.00000000" };
  expect(canceled).toMatchObject({ orderId, ...known });
  expect(await find(orderId)).toMatchObject({ ...known, isWorking: false, workingTime: -1 });
  await place({ ...LIMIT, ...terms });
  expect(await ask("DELETE", "/api/v3/openOrders", {})).toMatchObject([known]);
  expect(await openOrders()).toEqual([]);
});

test("an order whose price has come already is refused, and so is one that says too little or too much", async () => {
  const stop = { ...LIMIT, side: "SELL", type: "STOP_LOSS_LIMIT", stopPrice: "98", price: "97" };
  const market = { side: "SELL", type: "STOP_LOSS", stopPrice: "98", quantity: "1" };
  const at = "Order would trigger immediately.";
  const missing = (name: string): string =>
    `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`;
  const surplus = (name: string): string => `Parameter '${name}' sent when not required.`;
  const filter = (name: string): string => `Filter failure: ${name}`;
  const either = "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!";
  const trailing = surplus("trailingDelta");
  const rows: readonly (readonly [Params, number, string])[] = [
    [{ ...stop, stopPrice: "100" }, -2010, at],
    [{ ...stop, type: "TAKE_PROFIT_LIMIT", stopPrice: "99.99" }, -2010, at],
    [{ ...stop, side: "BUY", stopPrice: "99" }, -2010, at],
    [{ ...stop, stopPrice: undefined }, -1102, either],
    [{ ...stop, trailingDelta: 100, stopPrice: "100" }, -2010, at],
    [{ ...stop, trailingDelta: 10_001 }, -1013, filter("TRAILING_DELTA")],
    [{ ...LIMIT, side: "SELL", type: "LIMIT", price: "99", trailingDelta: 9 }, -1106, trailing],
    [
      { ...LIMIT, side: "SELL", type: "MARKET", timeInForce: undefined, trailingDelta: 9 },
      -1106,
      trailing,
    ],
    [{ ...stop, price: undefined }, -1102, missing("price")],
    [{ ...stop, timeInForce: undefined }, -1102, missing("timeInForce")],
    [{ ...stop, quoteOrderQty: "5" }, -1106, surplus("quoteOrderQty")],
    [{ ...market, stopPrice: undefined }, -1102, either],
    [{ ...market, quantity: undefined, quoteOrderQty: "5" }, -1102, missing("quantity")],
    [{ ...market, price: "97" }, -1106, surplus("price")],
    [{ ...market, timeInForce: "GTC" }, -1106, surplus("timeInForce")],
    [{ ...market, icebergQty: "0.1" }, -1106, surplus("icebergQty")],
    [{ ...stop, stopPrice: "97.995" }, -1013, filter("PRICE_FILTER")],
    [{ ...stop, stopPrice: "200000" }, -1013, filter("PRICE_FILTER")],
    [{ ...stop, stopPrice: "0" }, -1013, "Invalid price."],
    [{ ...stop, quantity: "0.00001" }, -1013, filter("LOT_SIZE")],
    [{ ...market, quantity: "2000" }, -1013, filter("MARKET_LOT_SIZE")],
    [{ ...market, quantity: "0.001" }, -1013, filter("NOTIONAL")],
  ];
  for (const [params, code, msg] of rows) {
    expect(await refusal(params)).toEqual([code, msg]);
    const { body } = await world.alice.signed("POST", "/api/v3/order/test", {
      symbol: "BTCUSD",
      ...params,
    });
    expect([body.code, body.msg]).toEqual([code, msg]);
  }
  expect(await openOrders()).toEqual([]);
  expect(await ask("POST", "/api/v3/order/test", stop)).toEqual({});
  expect(await ask("POST", "/api/v3/order/test", market)).toEqual({});
});

test("an order that is tried out is told of the market's state as one that is placed", async () => {
  const base = { symbol: "BTCUSD", side: "SELL", quantity: "1" };
  const kinds: readonly Params[] = [
    { type: "LIMIT", price: "110", timeInForce: "GTC" },
    { type: "LIMIT", price: "110", timeInForce: "IOC" },
    { type: "LIMIT_MAKER", price: "110" },
    { type: "MARKET" },
    { type: "STOP_LOSS", stopPrice: "90" },
  ];
  const market = 0 as MarketIndex;
  for (const state of [4, 5, 6, 2, 3, 7] as const) {
    world.exchange.run([{ kind: CommandKind.SetMarketState, market, state: MarketState.Trading }]);
    world.exchange.run([{ kind: CommandKind.SetMarketState, market, state }]);
    for (const kind of kinds) {
      const params = { ...base, ...kind };
      const tried = await world.alice.signed("POST", "/api/v3/order/test", params);
      const { status, body } = await world.alice.order(params);
      expect([state, kind, tried.status, tried.body.msg]).toEqual([state, kind, status, body.msg]);
      await world.alice.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
    }
  }
});

test("an order that cannot be paid when its price has come has expired", async () => {
  const poor = { side: "BUY", type: "STOP_LOSS", stopPrice: "101", quantity: "1" };
  const { orderId } = await place(poor, world.poor);
  await world.bob.rest("BTCUSD", "SELL", "103", "2");
  await trade("101");
  const found = await ask("GET", "/api/v3/order", { orderId }, world.poor);
  expect(found).toMatchObject({ type: "STOP_LOSS", status: "EXPIRED", isWorking: false });
});

test("an order whose price comes with it, by what was left over, is answered with what it traded", async () => {
  await world.alice.rest("BTCUSD", "SELL", "103", "0.64");
  await world.alice.rest("BTCUSD", "SELL", "104", "1");
  const waiting = { side: "BUY", type: "STOP_LOSS", stopPrice: "102", quantity: "0.01" };
  // Of these 64 come with the trade, and the last with whatever is next.
  for (let count = 0; count < 65; count++) await place(waiting, world.bob);
  await trade("102");
  const terms = { side: "BUY", type: "STOP_LOSS_LIMIT", stopPrice: "104", price: "105" };
  const placed = await place({ ...LIMIT, ...terms, selfTradePreventionMode: "NONE" });
  expect(placed).toMatchObject({ status: "PARTIALLY_FILLED", executedQty: "0.99000000" });
  expect(placed.fills).toMatchObject([{ price: "104.00000000", qty: "0.99000000" }]);
  expect(placed.workingTime).toBe(placed.transactTime);
});

test("of an order that stands in for another the old one is told, and what stops the new one", async () => {
  const replace = (params: Params): Promise<Reply> =>
    world.alice.signed("POST", "/api/v3/order/cancelReplace", {
      symbol: "BTCUSD",
      side: "SELL",
      type: "STOP_LOSS_LIMIT",
      ...LIMIT,
      price: "97",
      ...params,
    });
  const old = await world.alice.rest("BTCUSD", "SELL", "120", "1");
  const stop = "STOP_ON_FAILURE";
  const done = await replace({ stopPrice: "98", cancelReplaceMode: stop, cancelOrderId: old });
  expect(done.body).toMatchObject({ cancelResult: "SUCCESS", newOrderResult: "SUCCESS" });
  expect(done.body.cancelResponse).toMatchObject({ orderId: old, status: "CANCELED" });
  const { orderId } = done.body.newOrderResponse;
  expect(await openOrders()).toMatchObject([{ orderId, type: "STOP_LOSS_LIMIT" }]);

  const again = await replace({ stopPrice: "98", cancelReplaceMode: stop, cancelOrderId: old });
  expect(again.status).toBe(400);
  expect(again.body.data).toMatchObject({ newOrderResult: "NOT_ATTEMPTED" });
  const mode = { cancelReplaceMode: "ALLOW_FAILURE", cancelOrderId: old };
  const half = await replace({ stopPrice: "96", ...mode });
  expect([half.status, half.body.data.newOrderResult]).toEqual([409, "SUCCESS"]);
  const late = await replace({ stopPrice: "101", cancelReplaceMode: stop, cancelOrderId: orderId });
  expect([late.status, late.body.data.newOrderResponse.msg]).toEqual([
    409,
    "Order would trigger immediately.",
  ]);
  expect(await openOrders()).toMatchObject([{ stopPrice: "96.00000000" }]);
});

test("where it is not known whether the new one came, the whole is not known", async () => {
  const old = await world.alice.rest("BTCUSD", "SELL", "120", "1");
  let submissions = 0;
  world.exchange.delay = async () => {
    if (++submissions === 2) world.exchange.failure = { code: "EXCHANGE_UNKNOWN", waitedMs: 1 };
  };
  const { status, body } = await world.alice.signed("POST", "/api/v3/order/cancelReplace", {
    symbol: "BTCUSD",
    side: "SELL",
    type: "STOP_LOSS",
    stopPrice: "98",
    quantity: "1",
    cancelReplaceMode: "STOP_ON_FAILURE",
    cancelOrderId: old,
  });
  expect([status, body.code]).toEqual([504, -1007]);
});

test("its owner's stream tells that it waits, that its price has come, and what it traded", async () => {
  const socket = await world.connect("/ws-api/v3");
  await socket.ask({
    method: "userDataStream.subscribe.signature",
    params: world.alice.socketParams(),
  });
  const params = { symbol: "BTCUSD", side: "SELL", type: "STOP_LOSS_LIMIT", ...LIMIT };
  const { result, status } = await socket.ask({
    method: "order.place",
    params: world.alice.socketParams({ ...params, stopPrice: "98", price: "97" }),
  });
  // As of every type but LIMIT and MARKET, only its name is told unless more is asked for.
  expect([status, Object.keys(result)]).toEqual([
    200,
    ["symbol", "orderId", "orderListId", "clientOrderId", "transactTime"],
  ]);
  const { event: placed } = await socket.event("executionReport");
  const known = { o: "STOP_LOSS_LIMIT", P: "98.00000000", p: "97.00000000", i: result.orderId };
  expect(placed).toMatchObject({ ...known, x: "NEW", X: "NEW", w: false, F: "0.00000000" });
  expect(placed).not.toHaveProperty("W");
  await world.bob.rest("BTCUSD", "BUY", "97.5", "0.4");
  await trade("98");
  const { event: triggered } = await socket.event("executionReport");
  expect(triggered).toMatchObject({ ...known, x: "NEW", X: "NEW", w: true });
  expect(triggered.W).toBeGreaterThanOrEqual(placed.T);
  const { event: traded } = await socket.event("executionReport");
  const fill = { x: "TRADE", X: "PARTIALLY_FILLED", l: "0.40000000", L: "97.50000000", m: false };
  expect(traded).toMatchObject({ ...known, ...fill });
  const status2 = await socket.ask({
    method: "order.status",
    params: world.alice.socketParams({ symbol: "BTCUSD", orderId: result.orderId }),
  });
  expect(status2.result).toMatchObject({ type: "STOP_LOSS_LIMIT", isWorking: true });
});

test("an iceberg shows a part at a time, is answered as one, and says so to its owner", async () => {
  const { body: logged } = await world.alice.signed("POST", "/api/v3/userDataStream");
  const socket = await world.connect(`/ws/${logged.listenKey}`);
  const terms = { side: "SELL", type: "LIMIT", price: "101", timeInForce: "GTC" };
  const placed = await place({ ...terms, quantity: "5", icebergQty: "1" });
  expect(placed).toMatchObject({ type: "LIMIT", status: "NEW", icebergQty: "1.00000000" });
  const asks = async (): Promise<Body> =>
    (await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" })).body.asks;
  expect(await asks()).toEqual([["101.00000000", "1.00000000"]]);
  expect(await socket.event("executionReport")).toMatchObject({ x: "NEW", F: "1.00000000" });
  const buy = { side: "BUY", type: "MARKET", quantity: "0.4" };
  await place(buy, world.bob);
  await place({ ...terms, side: "BUY", timeInForce: "IOC", quantity: "3" }, world.bob);
  const known = { icebergQty: "1.00000000", isWorking: true, executedQty: "3.40000000" };
  expect(await openOrders()).toMatchObject([{ ...known, origQty: "5.00000000" }]);
  expect(await asks()).toEqual([["101.00000000", "0.60000000"]]);
  const canceled = await ask("DELETE", "/api/v3/order", { orderId: placed.orderId });
  expect(canceled).toMatchObject({ status: "CANCELED", icebergQty: "1.00000000" });
});

test("a post-only iceberg, and a stop that is one once it rests", async () => {
  const maker = { side: "BUY", type: "LIMIT_MAKER", price: "99", quantity: "3" };
  await place({ ...maker, icebergQty: "1" });
  const stop = { side: "SELL", type: "STOP_LOSS_LIMIT", stopPrice: "98", price: "98.5" };
  await place({ ...LIMIT, ...stop, icebergQty: "0.3" });
  await ask("DELETE", "/api/v3/order", { orderId: (await openOrders())[0].orderId });
  await trade("98");
  const { body } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  expect(body).toMatchObject({ bids: [], asks: [["98.50000000", "0.30000000"]] });
});

test("what shows as much as it has, or would not rest, is no iceberg", async () => {
  const terms = { side: "BUY", type: "LIMIT", price: "99", ...LIMIT };
  const exceeds = [-2010, "IcebergQty exceeds QTY."];
  const combination = [-1128, "Combination of optional parameters invalid."];
  const invalid = [-1013, "Invalid quantity."];
  const lotSize = [-1013, "Filter failure: LOT_SIZE"];
  expect(await refusal({ ...terms, icebergQty: "1" })).toEqual(exceeds);
  expect(await refusal({ ...terms, icebergQty: "1.5" })).toEqual(exceeds);
  expect(await refusal({ ...terms, icebergQty: "0" })).toEqual(invalid);
  expect(await refusal({ ...terms, icebergQty: "0.00005" })).toEqual(lotSize);
  const parts = [-1013, "Filter failure: ICEBERG_PARTS"];
  expect(await refusal({ ...terms, quantity: "1.0001", icebergQty: "0.01" })).toEqual(parts);
  await place({ ...terms, icebergQty: "0.01" });
  const brief = { ...terms, icebergQty: "0.5" };
  expect(await refusal({ ...brief, timeInForce: "IOC" })).toEqual(combination);
  expect(await refusal({ ...brief, timeInForce: "FOK" })).toEqual(combination);
});
