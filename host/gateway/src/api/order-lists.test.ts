import { createMemoryHistory, createMemoryHistoryStore, isOpenStatus } from "@rialto/storage";
import {
  type AccountIndex,
  CommandKind,
  type MarketIndex,
  OrderType,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createReadModel } from "../read-model/read-model.ts";
import { openWorld, type World } from "../testing/gateway-world.ts";
import type { Params, Reply } from "../testing/test-client.ts";

// Orders that hang together. The last price is 100 until somebody trades.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

type Body = Reply["body"];

async function ask(method: string, path: string, params: Params = {}): Promise<Body> {
  const { status, body } = await world.alice.signed(method, `/api/v3/${path}`, params);
  expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
  return body;
}

/** Takes profit at 110, or sells for 89 and better once 90 has traded. */
const BRACKET = {
  symbol: "BTCUSD",
  side: "SELL",
  quantity: "1",
  aboveType: "LIMIT_MAKER",
  abovePrice: "110",
  belowType: "STOP_LOSS_LIMIT",
  belowStopPrice: "90",
  belowPrice: "89",
  belowTimeInForce: "GTC",
};
const NAMED = {
  ...BRACKET,
  listClientOrderId: "my-list",
  aboveClientOrderId: "take",
  belowClientOrderId: "stop",
};

const place = (params: Params): Promise<Body> => ask("POST", "orderList/oco", params);

/** How the orders of BTCUSD ended, or stand: of which list, what they are called, and their status. */
async function orders(): Promise<string[]> {
  const rows = (await ask("GET", "allOrders", { symbol: "BTCUSD" })) as Record<string, string>[];
  return rows.map(({ clientOrderId, type, status }) => `${clientOrderId} ${type} ${status}`);
}

async function trade(price: string): Promise<void> {
  const terms = { symbol: "BTCUSD", type: "LIMIT", price, quantity: "0.1" };
  const mode = { selfTradePreventionMode: "NONE" };
  await world.bob.order({ ...terms, ...mode, side: "SELL", timeInForce: "GTC" });
  await world.bob.order({ ...terms, ...mode, side: "BUY", timeInForce: "IOC" });
}

test("a pair is answered as a list with both its orders, of which one rests and one waits", async () => {
  const list = await place(NAMED);
  const { orderListId: id } = list;
  const [take, stop] = list.orders;
  expect(list).toEqual({
    orderListId: take.orderId,
    contingencyType: "OCO",
    listStatusType: "EXEC_STARTED",
    listOrderStatus: "EXECUTING",
    listClientOrderId: "my-list",
    transactionTime: expect.any(Number),
    symbol: "BTCUSD",
    orders: [
      { symbol: "BTCUSD", orderId: expect.any(Number), clientOrderId: "take" },
      { symbol: "BTCUSD", orderId: expect.any(Number), clientOrderId: "stop" },
    ],
    orderReports: [
      expect.objectContaining({ type: "LIMIT_MAKER", status: "NEW", price: "110.00000000" }),
      expect.objectContaining({ stopPrice: "90.00000000", workingTime: -1, orderListId: id }),
    ],
  });
  const open = await ask("GET", "openOrders", { symbol: "BTCUSD" });
  expect(open).toMatchObject([
    { orderId: take.orderId, orderListId: id, clientOrderId: "take", isWorking: true },
    { orderId: stop.orderId, orderListId: id, clientOrderId: "stop", isWorking: false },
  ]);
  // Both would sell the same coin: it is reserved once.
  const { balances } = await ask("GET", "account");
  expect(balances[1]).toMatchObject({ asset: "BTC", locked: "1.00000000" });
  const { orderReports: _, ...known } = list;
  expect(await ask("GET", "orderList", { orderListId: id })).toEqual(known);
  expect(await ask("GET", "orderList", { origClientOrderId: "my-list" })).toEqual(known);
  expect(await ask("GET", "openOrderList")).toEqual([known]);
});

test("when the limit order trades the stop ends", async () => {
  const { orderListId } = await place(NAMED);
  await world.bob.rest("BTCUSD", "BUY", "110", "1");
  expect(await orders()).toEqual(["take LIMIT_MAKER FILLED", "stop STOP_LOSS_LIMIT EXPIRED"]);
  const done = { listStatusType: "ALL_DONE", listOrderStatus: "ALL_DONE" };
  expect(await ask("GET", "orderList", { orderListId })).toMatchObject(done);
  expect(await ask("GET", "openOrderList")).toEqual([]);
});

test("when the price of the stop comes the limit order ends, and the stop trades", async () => {
  await place(NAMED);
  await world.bob.rest("BTCUSD", "BUY", "89.5", "1");
  await trade("90");
  expect(await orders()).toEqual(["take LIMIT_MAKER EXPIRED", "stop STOP_LOSS_LIMIT FILLED"]);
  const { balances } = await ask("GET", "account");
  expect(balances[1]).toMatchObject({ asset: "BTC", locked: "0.00000000" });
});

test("who is to buy stops above and takes below; what takes profit may wait too", async () => {
  const terms = { symbol: "BTCUSD", side: "BUY", quantity: "1", aboveType: "STOP_LOSS" };
  const list = await place({
    ...terms,
    aboveStopPrice: "105",
    belowType: "TAKE_PROFIT_LIMIT",
    belowStopPrice: "95",
    belowPrice: "96",
    belowTimeInForce: "GTC",
    belowIcebergQty: "0.2",
  });
  expect(list.orderReports).toMatchObject([
    { type: "TAKE_PROFIT_LIMIT", stopPrice: "95.00000000", icebergQty: "0.20000000" },
    { type: "STOP_LOSS", stopPrice: "105.00000000" },
  ]);
  await trade("95");
  const { body } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  expect(body.bids).toEqual([["96.00000000", "0.20000000"]]);
  const [first, second] = await ask("GET", "allOrders", { symbol: "BTCUSD" });
  expect([first.status, second.status]).toEqual(["NEW", "EXPIRED"]);
});

test("the stop of a pair may trail, and then stands nowhere that the other must be beyond", async () => {
  const terms = { symbol: "BTCUSD", side: "SELL", quantity: "1" };
  const list = await place({
    ...terms,
    aboveType: "LIMIT_MAKER",
    abovePrice: "130",
    belowType: "STOP_LOSS",
    belowTrailingDelta: 500,
  });
  expect(list.orderReports).toMatchObject([{ type: "LIMIT_MAKER" }, { trailingDelta: 500 }]);
  await world.bob.rest("BTCUSD", "BUY", "80", "1");
  await trade("120");
  await trade("114");
  const [take, stop] = await ask("GET", "allOrders", { symbol: "BTCUSD" });
  expect([take.status, stop.status]).toEqual(["EXPIRED", "FILLED"]);
});

test("an order that waits for another may trail from when that has traded", async () => {
  const list = await ask("POST", "orderList/oto", {
    symbol: "BTCUSD",
    workingType: "LIMIT",
    workingSide: "BUY",
    workingPrice: "99",
    workingQuantity: "1",
    workingTimeInForce: "GTC",
    pendingType: "STOP_LOSS",
    pendingSide: "SELL",
    pendingQuantity: "1",
    pendingTrailingDelta: 500,
  });
  const [, pending] = list.orderReports;
  expect(pending).toMatchObject({ status: "PENDING_NEW", trailingDelta: 500 });
  await world.bob.rest("BTCUSD", "BUY", "80", "1");
  await world.bob.order({ symbol: "BTCUSD", type: "MARKET", side: "SELL", quantity: "1" });
  await trade("100");
  await trade("95.01");
  const waiting = await ask("GET", "openOrders", { symbol: "BTCUSD" });
  expect(waiting).toMatchObject([{ orderId: pending.orderId, status: "NEW" }]);
  await trade("95");
  expect(await ask("GET", "openOrders", { symbol: "BTCUSD" })).toEqual([]);
});

test("a list is cancelled by its id or its name, and by the cancel of an order of it", async () => {
  const byId = await place(BRACKET);
  const named = { symbol: "BTCUSD", orderListId: byId.orderListId };
  const canceled = await ask("DELETE", "orderList", named);
  expect(canceled).toMatchObject({ listOrderStatus: "ALL_DONE", orderListId: byId.orderListId });
  expect(canceled.orderReports.map(({ status }: Body) => status)).toEqual(["CANCELED", "EXPIRED"]);
  await place(NAMED);
  await ask("DELETE", "orderList", { symbol: "BTCUSD", listClientOrderId: "my-list" });
  const { orderListId } = await place(NAMED);
  const one = await ask("DELETE", "order", { symbol: "BTCUSD", origClientOrderId: "stop" });
  expect(one).toMatchObject({ orderListId, status: "CANCELED" });
  expect(await ask("GET", "openOrders")).toEqual([]);
  const gone = await world.alice.signed("DELETE", "/api/v3/orderList", named);
  expect([gone.body.code, gone.body.msg]).toEqual([-2011, "Unknown order sent."]);
  const others = await world.bob.signed("GET", "/api/v3/orderList", { orderListId });
  expect([others.body.code, others.body.msg]).toEqual([-2013, "Order does not exist."]);
});

test("what contradicts itself, or cannot come to its book, is refused as a whole", async () => {
  const relation = "The relationship of the prices for the orders is not correct.";
  const rows: readonly (readonly [Params, number, string])[] = [
    [{ abovePrice: "80" }, -2010, relation],
    [{ aboveType: "STOP_LOSS", aboveStopPrice: "110", abovePrice: undefined }, -2010, COMBINATION],
    [{ side: "BUY" }, -2010, COMBINATION],
    [{ aboveType: "MARKET" }, -1116, "Invalid orderType."],
    [{ belowStopPrice: undefined }, -1102, missingEither("below")],
    [{ abovePrice: undefined }, -1102, missing("abovePrice")],
    [{ aboveTimeInForce: "GTC" }, -1106, "Parameter 'aboveTimeInForce' sent when not required."],
    [{ belowStopPrice: "100", belowPrice: "99" }, -2010, "Order would trigger immediately."],
    [{ belowStopPrice: "90.001" }, -1013, "Filter failure: PRICE_FILTER"],
    [{ belowStopPrice: "x" }, -1100, illegal("belowStopPrice")],
    [{ quantity: "0" }, -1013, "Invalid quantity."],
    [{ aboveClientOrderId: "twin", belowClientOrderId: "twin" }, -2010, "Duplicate order sent."],
    [{ quantity: "5000" }, -1013, "Filter failure: LOT_SIZE"],
  ];
  for (const [params, code, msg] of rows) {
    const sent = { ...BRACKET, ...params };
    const { status, body } = await world.alice.signed("POST", "/api/v3/orderList/oco", sent);
    expect([status, body.code, body.msg]).toEqual([400, code, msg]);
  }
  expect(await ask("GET", "allOrders", { symbol: "BTCUSD" })).toEqual([]);
  const poor = await world.poor.signed("POST", "/api/v3/orderList/oco", BRACKET);
  const balance = "Account has insufficient balance for requested action.";
  expect([poor.body.code, poor.body.msg]).toEqual([-2010, balance]);
  await world.bob.rest("BTCUSD", "BUY", "110", "1");
  const taking = await world.alice.signed("POST", "/api/v3/orderList/oco", BRACKET);
  const match = "Order would immediately match and take.";
  expect([taking.body.code, taking.body.msg]).toEqual([-2010, match]);
  expect(await ask("GET", "openOrders")).toEqual([]);
  const { body: left } = await world.poor.signed("GET", "/api/v3/openOrders");
  expect(left).toEqual([]);
});

const COMBINATION = "Unsupported order combination.";
const missing = (name: string): string =>
  `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`;
const missingEither = (prefix: string): string =>
  `Param '${prefix}StopPrice' or '${prefix}TrailingDelta' must be sent, but both were empty/null!`;
const illegal = (name: string): string =>
  `Illegal characters found in parameter '${name}'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.`;

test("over the WebSocket API, and its owner's stream names the list", async () => {
  const socket = await world.connect("/ws-api/v3");
  const call = (method: string, params: Params = {}): Promise<Body> =>
    socket.ask({ method, params: world.alice.socketParams(params) });
  await call("userDataStream.subscribe.signature");
  const { result } = await call("orderList.place.oco", NAMED);
  const { orderListId } = result;
  for (const c of ["take", "stop"]) {
    const { event } = await socket.next((message) => message.event?.c === c);
    expect(event).toMatchObject({ g: orderListId, x: "NEW", w: false });
  }
  const rests = await socket.next((message) => message.event?.w === true);
  expect(rests.event).toMatchObject({ c: "take", g: orderListId });
  expect((await call("orderList.status", { orderListId })).result).toMatchObject({ orderListId });
  expect((await call("openOrderLists.status")).result).toHaveLength(1);
  const canceled = await call("orderList.cancel", { symbol: "BTCUSD", orderListId });
  expect(canceled.result.orderReports).toHaveLength(2);
});

/** What is told of a list, and of whose order it is told last before. */
function listEvents(messages: readonly Body[]): readonly [string, string, string][] {
  const events = messages.map(({ event }) => event).filter((event) => event !== undefined);
  return events.flatMap((event, at) =>
    event.e === "listStatus" ? [[event.l, event.L, events[at - 1].c]] : [],
  );
}

test("its owner's stream tells of a list when it is placed and when all of it is done", async () => {
  const socket = await world.connect("/ws-api/v3");
  const call = (method: string, params: Params = {}): Promise<Body> =>
    socket.ask({ method, params: world.alice.socketParams(params) });
  await call("userDataStream.subscribe.signature");
  const { result: list } = await call("orderList.place.oco", NAMED);
  const told = await socket.next(({ event }) => event?.e === "listStatus");
  expect(told).toEqual({
    subscriptionId: 0,
    event: {
      e: "listStatus",
      E: expect.any(Number),
      s: "BTCUSD",
      g: list.orderListId,
      c: "OCO",
      l: "EXEC_STARTED",
      L: "EXECUTING",
      r: "NONE",
      C: "my-list",
      T: list.transactionTime,
      O: list.orders.map(({ orderId, clientOrderId: c }: Body) => ({ s: "BTCUSD", i: orderId, c })),
    },
  });
  await world.bob.rest("BTCUSD", "BUY", "110", "0.4");
  socket.messages.length = 0;
  await world.bob.rest("BTCUSD", "BUY", "110", "0.6");
  const { event: done } = await socket.next(({ event }) => event?.e === "listStatus");
  const ended = { l: "ALL_DONE", L: "ALL_DONE", T: expect.any(Number), E: expect.any(Number) };
  expect(done).toEqual({ ...told.event, ...ended });
  await call("orderList.place.oco", NAMED);
  await call("order.cancel", { symbol: "BTCUSD", origClientOrderId: "stop" });
  await socket.next(({ event }) => event?.l === "ALL_DONE");
  expect(await ask("GET", "openOrders")).toEqual([]);
});

test("a list is told of as done once what waited in it has come, and is done too", async () => {
  const socket = await world.connect("/ws-api/v3");
  const call = (method: string, params: Params = {}): Promise<Body> =>
    socket.ask({ method, params: world.alice.socketParams(params) });
  await call("userDataStream.subscribe.signature");
  await call("orderList.place.oto", { ...WORKING, ...LEAVE });
  await world.bob.rest("BTCUSD", "SELL", "99", "1");
  await world.bob.rest("BTCUSD", "BUY", "110", "1");
  await world.bob.rest("BTCUSD", "SELL", "99", "1");
  await world.bob.rest("BTCUSD", "BUY", "98", "1");
  // All at once: the first trades, and what it brings would take where it may not.
  const maker = { pendingType: "LIMIT_MAKER", pendingPrice: "98", pendingClientOrderId: "leave" };
  await call("orderList.place.oto", { ...WORKING, ...maker });
  await call("time");
  expect(listEvents(socket.messages)).toEqual([
    ["EXEC_STARTED", "EXECUTING", "enter"],
    ["ALL_DONE", "ALL_DONE", "leave"],
    ["EXEC_STARTED", "EXECUTING", "leave"],
    ["ALL_DONE", "ALL_DONE", "OTO"],
  ]);
});

test("who follows by a listen key is told of lists too", async () => {
  const headers = { "x-mbx-apikey": world.alice.credentials.id };
  const path = "/api/v3/userDataStream";
  const { body } = await world.alice.raw({ method: "POST", path, headers });
  const socket = await world.connect(`/ws/${body.listenKey}`);
  const { orderListId } = await place(NAMED);
  expect(await socket.event("listStatus")).toMatchObject({ g: orderListId, C: "my-list" });
});

const WORKING = {
  symbol: "BTCUSD",
  workingType: "LIMIT",
  workingSide: "BUY",
  workingPrice: "99",
  workingQuantity: "1",
  workingTimeInForce: "GTC",
  workingClientOrderId: "enter",
  pendingSide: "SELL",
  pendingQuantity: "1",
};

const LEAVE = {
  pendingType: "LIMIT",
  pendingPrice: "110",
  pendingTimeInForce: "GTC",
  pendingClientOrderId: "leave",
};

test("an order waits for another, and comes when that has traded in full", async () => {
  const list = await ask("POST", "orderList/oto", { ...WORKING, ...LEAVE });
  expect(list).toMatchObject({ contingencyType: "OTO", listOrderStatus: "EXECUTING" });
  expect(list.orderReports).toMatchObject([
    { clientOrderId: "enter", status: "NEW" },
    { clientOrderId: "leave", status: "PENDING_NEW", workingTime: -1 },
  ]);
  await world.bob.rest("BTCUSD", "SELL", "99", "0.4");
  expect(await orders()).toEqual(["enter LIMIT PARTIALLY_FILLED", "leave LIMIT PENDING_NEW"]);
  const [, waiting] = await ask("GET", "openOrders", { symbol: "BTCUSD" });
  expect(waiting).toMatchObject({ status: "PENDING_NEW", isWorking: false });
  await world.bob.rest("BTCUSD", "SELL", "99", "0.6");
  expect(await orders()).toEqual(["enter LIMIT FILLED", "leave LIMIT NEW"]);
  const { body } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  expect(body.asks).toEqual([["110.00000000", "1.00000000"]]);
});

test("the orders of a list are answered as briefly, or with what they have traded, as is asked for", async () => {
  const list = { ...WORKING, ...LEAVE, pendingSide: "BUY", pendingPrice: "105" };
  const brief = await ask("POST", "orderList/oto", { ...list, newOrderRespType: "ACK" });
  expect(brief.orderReports.map((report: Body) => Object.keys(report).length)).toEqual([5, 5]);
  await ask("DELETE", "orderList", { symbol: "BTCUSD", orderListId: brief.orderListId });
  await world.bob.rest("BTCUSD", "SELL", "98", "0.4");
  await world.bob.rest("BTCUSD", "SELL", "99", "0.6");
  await world.bob.rest("BTCUSD", "SELL", "102", "1");
  const full = { ...list, newOrderRespType: "FULL" };
  const { orderReports } = await ask("POST", "orderList/oto", full);
  const known = await ask("GET", "myTrades", { symbol: "BTCUSD" });
  const told = orderReports.flatMap(({ orderId, fills }: Body) =>
    fills.map(({ tradeId: id, ...fill }: Body) => ({ orderId, id, ...fill })),
  );
  expect(told).toHaveLength(3);
  expect(known).toMatchObject(told);
  const { orderReports: results } = await ask("POST", "orderList/oto", list);
  for (const report of results) expect(report).not.toHaveProperty("fills");
});

/** Until what comes after a list is executed. */
const LATER_MS = 60_000;

test("a new list is answered as its command has left it, whatever was executed since", async () => {
  const { exchange } = world;
  await world.bob.rest("BTCUSD", "SELL", "99", "0.4");
  const submit = exchange.submit.bind(exchange);
  exchange.submit = async (submission) => {
    const events = await submit(submission);
    const sell = { kind: CommandKind.Place, market: 0 as MarketIndex, side: Side.Sell } as const;
    const terms = { orderType: OrderType.Limit, selfTrade: SelfTrade.Allow, clientOrderId: 0n };
    // Of Bob: all of what the list's first order has left.
    const order = { account: 2 as AccountIndex, priceTicks: 9_900, quantity: 6_000n };
    world.clock.aheadMs = LATER_MS;
    exchange.run([{ ...sell, ...terms, ...order }]);
    world.clock.aheadMs = 0;
    return events;
  };
  const list = { ...WORKING, ...LEAVE, newOrderRespType: "FULL" };
  const { orderReports, listOrderStatus, transactionTime } = await ask(
    "POST",
    "orderList/oto",
    list,
  );
  expect(await orders()).toEqual(["enter LIMIT FILLED", "leave LIMIT NEW"]);
  for (const timeMs of [transactionTime, orderReports[0].transactTime]) {
    expect(timeMs).toBeLessThanOrEqual(Date.now());
  }
  expect(orderReports).toMatchObject([
    { status: "PARTIALLY_FILLED", executedQty: "0.40000000", cummulativeQuoteQty: "39.60000000" },
    { status: "PENDING_NEW", executedQty: "0.00000000", workingTime: -1 },
  ]);
  expect(orderReports[0].fills).toMatchObject([{ qty: "0.40000000" }]);
  expect(listOrderStatus).toBe("EXECUTING");
});

test("what waits for an order ends with it", async () => {
  const { orderListId } = await ask("POST", "orderList/oto", { ...WORKING, ...LEAVE });
  const named = { symbol: "BTCUSD", orderListId };
  expect(await ask("DELETE", "orderList", named)).toMatchObject({ listOrderStatus: "ALL_DONE" });
  expect(await orders()).toEqual(["enter LIMIT CANCELED", "leave LIMIT EXPIRED"]);
});

test("what waits for an order ends when that loses lots to its owner's own, and is never told as waiting for a price", async () => {
  const socket = await world.connect("/ws-api/v3");
  const params = world.alice.socketParams({});
  await socket.ask({ method: "userDataStream.subscribe.signature", params });
  const stop = {
    pendingType: "STOP_LOSS",
    pendingStopPrice: "90",
    pendingClientOrderId: "leave",
  };
  await ask("POST", "orderList/oto", { ...WORKING, ...stop });
  const own = { symbol: "BTCUSD", side: "SELL", type: "LIMIT", timeInForce: "IOC", quantity: "1" };
  const decrement = { price: "99", selfTradePreventionMode: "DECREMENT" };
  await ask("POST", "order", { ...own, ...decrement, newClientOrderId: "mine" });
  expect(await orders()).toEqual([
    "enter LIMIT EXPIRED_IN_MATCH",
    "leave STOP_LOSS EXPIRED",
    "mine LIMIT EXPIRED_IN_MATCH",
  ]);
  for (const status of ["PENDING_NEW", "EXPIRED"]) {
    const { event: told } = await socket.next(({ event }) => event?.c === "leave");
    expect(told.X).toBe(status);
  }
});

test("a pair waits for an order; its stop waits for a price afterwards", async () => {
  const pair = {
    pendingAboveType: "LIMIT_MAKER",
    pendingAbovePrice: "110",
    pendingAboveClientOrderId: "take",
    pendingBelowType: "STOP_LOSS",
    pendingBelowStopPrice: "90",
    pendingBelowClientOrderId: "stop",
  };
  const socket = await world.connect("/ws-api/v3");
  const call = (method: string, params: Params = {}): Promise<Body> =>
    socket.ask({ method, params: world.alice.socketParams(params) });
  await call("userDataStream.subscribe.signature");
  const { result } = await call("orderList.place.otoco", { ...WORKING, ...pair });
  expect(result.orders.map(({ clientOrderId }: Body) => clientOrderId)).toEqual([
    "enter",
    "take",
    "stop",
  ]);
  const { event: told } = await socket.next(({ event }) => event?.c === "stop");
  expect(told).toMatchObject({ X: "PENDING_NEW", g: result.orderListId, P: "90.00000000" });
  await world.bob.rest("BTCUSD", "SELL", "99", "1");
  const entered = ["enter LIMIT FILLED", "take LIMIT_MAKER NEW", "stop STOP_LOSS NEW"];
  expect(await orders()).toEqual(entered);
  const { event: waits } = await socket.next(({ event }) => event?.c === "stop");
  expect(waits).toMatchObject({ x: "NEW", X: "NEW", w: false, P: "90.00000000" });
  expect(waits.I).toBeGreaterThan(told.I);
  await world.bob.rest("BTCUSD", "BUY", "89.5", "1");
  await trade("90");
  expect((await orders()).slice(1)).toEqual(["take LIMIT_MAKER EXPIRED", "stop STOP_LOSS FILLED"]);
});

test("an order that trades at once brings the next with it; what that lacks is told of the next", async () => {
  await world.bob.rest("BTCUSD", "SELL", "99", "1");
  const list = await ask("POST", "orderList/oto", { ...WORKING, ...LEAVE, pendingPrice: "100" });
  expect(list.orderReports).toMatchObject([{ status: "FILLED" }, { status: "NEW" }]);
  await ask("DELETE", "openOrders", { symbol: "BTCUSD" });
  await world.bob.rest("BTCUSD", "SELL", "99", "1");
  const high = { ...LEAVE, pendingSide: "BUY", pendingPrice: "150", pendingQuantity: "900" };
  const { balances } = await ask("GET", "account");
  const spent = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC", price: "60" };
  expect(Number(balances[0].free)).toBeGreaterThan(900_000);
  for (let count = 0; count < 16; count++) await world.alice.order({ ...spent, quantity: "1000" });
  const half = await ask("POST", "orderList/oto", { ...WORKING, ...high });
  expect(half).toMatchObject({ listOrderStatus: "ALL_DONE" });
  expect(half.orderReports).toMatchObject([{ status: "FILLED" }, { status: "EXPIRED" }]);
});

test("lists that contradict themselves are refused by what is wrong with them", async () => {
  const rows: readonly (readonly [string, Params, number, string])[] = [
    ["oto", { ...LEAVE, workingTimeInForce: "IOC" }, -1115, "Invalid timeInForce."],
    ["oto", { ...LEAVE, workingType: "MARKET" }, -1116, "Invalid orderType."],
    ["oto", { ...LEAVE, workingPrice: undefined }, -1102, missing("workingPrice")],
    ["oto", { ...LEAVE, pendingQuantity: undefined }, -1102, missing("pendingQuantity")],
    ["oto", { ...LEAVE, pendingPrice: "x" }, -1100, illegal("pendingPrice")],
    ["oto", { ...LEAVE, pendingType: undefined }, -1102, missing("pendingType")],
    [
      "otoco",
      { pendingAboveType: "LIMIT_MAKER", pendingAbovePrice: "110", pendingBelowType: "STOP_LOSS" },
      -1102,
      missingEither("pendingBelow"),
    ],
  ];
  for (const [kind, params, code, msg] of rows) {
    const path = `/api/v3/orderList/${kind}`;
    const { status, body } = await world.alice.signed("POST", path, { ...WORKING, ...params });
    expect([status, body.code, body.msg]).toEqual([400, code, msg]);
  }
});

test("a list of which one order is left names both, wherever it is asked for", async () => {
  const { orderListId } = await place(NAMED);
  await trade("90");
  expect(await orders()).toEqual(["take LIMIT_MAKER EXPIRED", "stop STOP_LOSS_LIMIT NEW"]);
  const list = await ask("GET", "orderList", { orderListId });
  expect(list.orders).toHaveLength(2);
  expect(await ask("GET", "openOrderList")).toEqual([list]);
});

test("the answer to a cancel says what the cancel is called, and what the orders were", async () => {
  const { orderListId } = await place(NAMED);
  const named = { symbol: "BTCUSD", orderListId, newClientOrderId: "my-cancel" };
  const { orderReports } = await ask("DELETE", "orderList", named);
  // The other ends by that, and is not cancelled itself.
  expect(orderReports).toMatchObject([
    { origClientOrderId: "take", clientOrderId: "my-cancel", status: "CANCELED" },
    { origClientOrderId: "stop", clientOrderId: "stop", status: "EXPIRED" },
  ]);
});

/** Bob trades with himself, whatever the gateway is doing. */
function tradeAtOnce(priceTicks: number): void {
  const terms = {
    kind: CommandKind.Place,
    market: 0 as MarketIndex,
    account: 2 as AccountIndex,
    selfTrade: SelfTrade.Allow,
    priceTicks,
    quantity: 1_000n,
    clientOrderId: 0n,
  } as const;
  world.exchange.run([
    { ...terms, side: Side.Sell, orderType: OrderType.Limit },
    { ...terms, side: Side.Buy, orderType: OrderType.ImmediateOrCancel },
  ]);
}

test("a list of which one order has ended on the way is cancelled by the other", async () => {
  const { orderListId } = await place(NAMED);
  let meanwhile = 1;
  world.exchange.delay = async () => {
    if (meanwhile-- > 0) tradeAtOnce(9_000);
  };
  const canceled = await ask("DELETE", "orderList", { symbol: "BTCUSD", orderListId });
  expect(canceled.listOrderStatus).toBe("ALL_DONE");
  expect(await orders()).toEqual(["take LIMIT_MAKER EXPIRED", "stop STOP_LOSS_LIMIT CANCELED"]);
});

test("a list of which the history keeps no more than what is open can be asked for, and cancelled", async () => {
  const { orderListId } = await place(NAMED);
  await trade("90");
  // As after some millions of orders.
  const { model } = world;
  const find = model.list.bind(model);
  model.list = async (id) => (await find(id)).filter(({ status }) => isOpenStatus(status));
  const left = [{ clientOrderId: "stop" }];
  expect(await ask("GET", "orderList", { orderListId })).toMatchObject({ orders: left });
  const canceled = await ask("DELETE", "orderList", { symbol: "BTCUSD", orderListId });
  expect(canceled).toMatchObject({ listStatusType: "ALL_DONE", orders: left });
});

test("to be placed, and told of while they are open, lists ask the history for nothing", async () => {
  const { model } = world;
  const find = model.list.bind(model);
  let questions = 0;
  model.list = (id) => {
    questions += 1;
    return find(id);
  };
  for (let count = 0; count < 5; count++) await place(BRACKET);
  expect(await ask("GET", "openOrderList")).toHaveLength(5);
  expect(questions).toBe(0);
});

test("a list is answered also where all of it has ended, and so much more that it is in the history alone", async () => {
  world.model.order = () => undefined;
  const placed = await place(BRACKET);
  expect(placed).toMatchObject({ listStatusType: "EXEC_STARTED", contingencyType: "OCO" });
});

test("lists are placed and found by their names without a look at all that is open", async () => {
  const { model } = world;
  const find = model.openOrders.bind(model);
  let looks = 0;
  model.openOrders = (account) => {
    looks += 1;
    return find(account);
  };
  const { orderListId } = await place(NAMED);
  await place({ ...BRACKET, listClientOrderId: "other" });
  const named = { origClientOrderId: "my-list" };
  expect(await ask("GET", "orderList", named)).toMatchObject({ orderListId });
  await ask("DELETE", "orderList", { symbol: "BTCUSD", listClientOrderId: "my-list" });
  const gone = await world.alice.signed("GET", "/api/v3/orderList", named);
  expect(gone.body.code).toBe(-2013);
  const others = { origClientOrderId: "other" };
  const { body: hidden } = await world.bob.signed("GET", "/api/v3/orderList", others);
  expect([hidden.code, looks]).toEqual([-2013, 0]);
});

test("all orders of lists are cancelled with the others of their market", async () => {
  const pair = await place(NAMED);
  const chain = await ask("POST", "orderList/oto", { ...WORKING, ...LEAVE });
  const plain = await world.alice.rest("BTCUSD", "BUY", "98", "1");
  const canceled = await ask("DELETE", "openOrders", { symbol: "BTCUSD" });
  const ids = [...pair.orders, ...chain.orders].map(({ orderId }: Body) => orderId);
  expect(new Set(canceled.map(({ orderId }: Body) => orderId))).toEqual(new Set([...ids, plain]));
  for (const order of canceled) expect(order.status).toBe("CANCELED");
});

test("an open list's name is not given again", async () => {
  const named = { ...BRACKET, listClientOrderId: "my-list" };
  await place(named);
  const again = await world.alice.signed("POST", "/api/v3/orderList/oco", named);
  expect([again.status, again.body]).toEqual([400, { code: -2010, msg: "Duplicate order sent." }]);
  expect(await ask("GET", "openOrders")).toHaveLength(2);
  await ask("DELETE", "orderList", { symbol: "BTCUSD", listClientOrderId: "my-list" });
  expect(await place(named)).toMatchObject({ listClientOrderId: "my-list" });
});

test("of two that place a list of one name at the same time one does", async () => {
  world.exchange.delay = () => new Promise((resolve) => void setTimeout(resolve, 50));
  const other = { ...BRACKET, aboveClientOrderId: "a", belowClientOrderId: "b" };
  const send = (who: World["alice"], params: Params): Promise<Reply> =>
    who.signed("POST", "/api/v3/orderList/oco", { ...params, listClientOrderId: "my-list" });
  const answers = await Promise.all([
    send(world.alice, BRACKET),
    send(world.alice, other),
    // Another's may be called the same.
    send(world.bob, BRACKET),
  ]);
  const [first, second, bobs] = answers.map(({ status }) => status);
  expect([first, second]).toSatisfy((both) => both.includes(200) && both.includes(400));
  expect(bobs).toBe(200);
  const refused = answers.find(({ status }) => status === 400)!;
  expect(refused.body).toEqual({ code: -2010, msg: "Duplicate order sent." });
  expect(await ask("GET", "openOrders")).toHaveLength(2);
  // What was refused, or has failed, holds no name.
  const { orderListId } = await ask("GET", "orderList", { origClientOrderId: "my-list" });
  await ask("DELETE", "orderList", { symbol: "BTCUSD", orderListId });
  world.exchange.failure = { code: "EXCHANGE_OVERLOADED", queuedBytes: 1 };
  expect((await send(world.alice, BRACKET)).status).toBe(503);
  world.exchange.failure = undefined;
  expect((await send(world.alice, BRACKET)).status).toBe(200);
});

test("trades and orders of a list name it, and others none", async () => {
  const { orderListId } = await place(NAMED);
  await world.bob.rest("BTCUSD", "BUY", "110", "1");
  await world.bob.rest("BTCUSD", "BUY", "99", "1");
  const sell = { symbol: "BTCUSD", side: "SELL", type: "MARKET", quantity: "1" };
  await world.alice.order(sell);
  const named = (rows: Body): number[] => rows.map((row: Body) => row.orderListId);
  expect(named(await ask("GET", "myTrades", { symbol: "BTCUSD" }))).toEqual([orderListId, -1]);
  const all = [orderListId, orderListId, -1];
  expect(named(await ask("GET", "allOrders", { symbol: "BTCUSD" }))).toEqual(all);
  const { body } = await world.bob.signed("GET", "/api/v3/myTrades", { symbol: "BTCUSD" });
  expect(named(body)).toEqual([-1, -1]);
});

test("all lists are told by the time of their acceptance, whole, of all markets, from one on, or in a time", async () => {
  const lists: Body[] = [];
  const ether = { symbol: "ETHUSD", abovePrice: "60", belowStopPrice: "45", belowPrice: "44" };
  for (const terms of [{}, ether, {}]) {
    world.clock.aheadMs += 1_000;
    const { orderReports: _, ...list } = await place({ ...BRACKET, ...terms });
    lists.push(list);
    await world.alice.rest("BTCUSD", "BUY", "95", "1");
  }
  const [first, second, third] = lists;
  expect(await ask("GET", "allOrderList")).toEqual(lists);
  expect(await ask("GET", "allOrderList", { limit: 2 })).toEqual([second, third]);
  const fromId = second.orderListId;
  expect(await ask("GET", "allOrderList", { fromId, limit: 1 })).toEqual([second]);
  expect(await ask("GET", "allOrderList", { fromId })).toEqual([second, third]);
  const startTime = second.transactionTime;
  expect(await ask("GET", "allOrderList", { startTime, limit: 1 })).toEqual([second]);
  expect(await ask("GET", "allOrderList", { endTime: startTime })).toEqual([first, second]);
  const one = { startTime, endTime: startTime };
  expect(await ask("GET", "allOrderList", one)).toEqual([second]);
  await ask("DELETE", "openOrders", { symbol: "ETHUSD" });
  const [, ended] = await ask("GET", "allOrderList");
  const done = { listStatusType: "ALL_DONE", listOrderStatus: "ALL_DONE" };
  expect(ended).toEqual({ ...second, ...done, transactionTime: expect.any(Number) });
  const socket = await world.connect("/ws-api/v3");
  const params = world.alice.socketParams({ fromId });
  expect((await socket.ask({ method: "allOrderLists", params })).result).toEqual([ended, third]);
});

test("lists are asked for by their own ids, and by an id or a time", async () => {
  const { orderListId, orders: legs } = await place(BRACKET);
  const plainId = await world.alice.rest("BTCUSD", "BUY", "50", "1");
  const none = [400, { code: -2013, msg: "Order does not exist." }];
  for (const fromId of [legs[1].orderId, plainId, 12_345]) {
    const { status, body } = await world.alice.signed("GET", "/api/v3/allOrderList", { fromId });
    expect([status, body]).toEqual(none);
  }
  const bobs = await world.bob.signed("GET", "/api/v3/allOrderList", { fromId: orderListId });
  expect([bobs.status, bobs.body]).toEqual(none);
  const both = { fromId: orderListId, startTime: 1 };
  const { body } = await world.alice.signed("GET", "/api/v3/allOrderList", both);
  expect(body).toEqual({ code: -1128, msg: "Combination of optional parameters invalid." });
  const { body: others } = await world.bob.signed("GET", "/api/v3/allOrderList");
  expect(others).toEqual([]);
});

test("a pair counts as two orders", async () => {
  await using own = await openWorld({ limits: { ordersPer10Seconds: 3 } });
  // The start of a window, so that none ends within the test.
  own.clock.aheadMs = (Math.floor(Date.now() / 86_400_000) + 1) * 86_400_000 - Date.now();
  const send = (): Promise<Reply> => own.alice.signed("POST", "/api/v3/orderList/oco", BRACKET);
  const first = await send();
  expect([first.status, first.headers["x-mbx-order-count-10s"]]).toEqual([200, "2"]);
  const second = await send();
  expect([second.status, second.headers["x-mbx-order-count-10s"]]).toEqual([429, "2"]);
  await own.alice.rest("BTCUSD", "BUY", "99", "1");
});

test("lists are known after a restart as before", async () => {
  const store = createMemoryHistoryStore({ networkHash: "00" });
  await using own = await openWorld({ history: createMemoryHistory(store) });
  const { body } = await own.alice.signed("POST", "/api/v3/orderList/oco", NAMED);
  own.model.flush();
  const again = await createReadModel({ history: createMemoryHistory(store) });
  again.load(own.exchange.engine);
  const list = { listId: body.orderListId, listKind: 1, listText: "my-list" };
  const expected = [
    { ...list, text: "take" },
    { ...list, text: "stop" },
  ];
  expect(again.openOrders(1)).toMatchObject(expected);
  expect(again.findOpenList(1, "my-list")).toMatchObject(expected);
  await own.alice.signed("POST", "/api/v3/orderList/oto", { ...WORKING, ...LEAVE });
  own.model.flush();
  const third = await createReadModel({ history: createMemoryHistory(store) });
  third.load(own.exchange.engine);
  const dormant = third.openOrders(1).map(({ isDormant }) => isDormant);
  expect(dormant).toEqual([false, false, false, true]);
});
