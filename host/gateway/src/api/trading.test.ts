import { setTimeout as sleep } from "node:timers/promises";
import { type AccountIndex, CommandKind, type MarketIndex, MarketState } from "@rialto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import type { Params, Reply } from "../testing/test-client.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const LIMIT = { symbol: "BTCUSD", type: "LIMIT", timeInForce: "GTC", quantity: "2", price: "100" };

async function placed(params: Params, who = world.alice): Promise<Reply["body"]> {
  const { status, body } = await who.order(params);
  expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
  return body;
}

/** Levels of the book as pairs. */
async function book(symbol = "BTCUSD"): Promise<Reply["body"]> {
  const { body } = await world.publicClient.get("/api/v3/depth", { symbol });
  return { bids: body.bids, asks: body.asks };
}

test("a limit order that meets nobody rests and is answered in full", async () => {
  const body = await placed({ ...LIMIT, side: "BUY", newClientOrderId: "mine-1" });
  expect(body).toEqual({
    symbol: "BTCUSD",
    orderId: expect.any(Number),
    orderListId: -1,
    clientOrderId: "mine-1",
    transactTime: expect.any(Number),
    price: "100.00000000",
    origQty: "2.00000000",
    executedQty: "0.00000000",
    origQuoteOrderQty: "0.00000000",
    cummulativeQuoteQty: "0.00000000",
    status: "NEW",
    timeInForce: "GTC",
    type: "LIMIT",
    side: "BUY",
    workingTime: body.transactTime,
    fills: [],
    selfTradePreventionMode: "EXPIRE_TAKER",
  });
  expect(await book()).toEqual({ bids: [["100.00000000", "2.00000000"]], asks: [] });
});

test("limit orders that cross trade at once, at the maker's price, each side paying its fee", async () => {
  await world.bob.rest("BTCUSD", "SELL", "99", "0.5");
  await world.bob.rest("BTCUSD", "SELL", "100", "0.5");
  const body = await placed({ ...LIMIT, side: "BUY" });
  expect(body).toMatchObject({
    status: "PARTIALLY_FILLED",
    executedQty: "1.00000000",
    cummulativeQuoteQty: "99.50000000",
    fills: [
      { price: "99.00000000", qty: "0.50000000", commission: "0.00100000", tradeId: 1 },
      { price: "100.00000000", qty: "0.50000000", commission: "0.00100000", tradeId: 2 },
    ],
  });
  expect(body.fills[0].commissionAsset).toBe("BTC");
  expect(await book()).toEqual({ bids: [["100.00000000", "1.00000000"]], asks: [] });
});

test("the shape of an answer follows newOrderRespType", async () => {
  const ack = await placed({ ...LIMIT, side: "BUY", newOrderRespType: "ACK" });
  expect(Object.keys(ack)).toEqual([
    "symbol",
    "orderId",
    "orderListId",
    "clientOrderId",
    "transactTime",
  ]);
  const result = await placed({ ...LIMIT, side: "BUY", newOrderRespType: "RESULT" });
  expect(result).toMatchObject({ status: "NEW", price: "100.00000000" });
  expect(result).not.toHaveProperty("fills");
  const { timeInForce: _, ...maker } = LIMIT;
  const byDefault = await placed({ ...maker, side: "BUY", type: "LIMIT_MAKER" });
  expect(byDefault).not.toHaveProperty("status");
});

test("what an IOC order cannot trade expires and is never booked", async () => {
  await world.bob.rest("BTCUSD", "SELL", "100", "0.5");
  const body = await placed({ ...LIMIT, side: "BUY", timeInForce: "IOC" });
  expect(body).toMatchObject({ status: "EXPIRED", executedQty: "0.50000000", timeInForce: "IOC" });
  expect(await book()).toEqual({ bids: [], asks: [] });
});

test("a FOK order trades all or nothing", async () => {
  await world.bob.rest("BTCUSD", "SELL", "100", "1.99");
  const nothing = await placed({ ...LIMIT, side: "BUY", timeInForce: "FOK" });
  expect(nothing).toMatchObject({ status: "EXPIRED", executedQty: "0.00000000", fills: [] });
  expect(await book()).toEqual({ bids: [], asks: [["100.00000000", "1.99000000"]] });
  await world.bob.rest("BTCUSD", "SELL", "100", "0.01");
  const all = await placed({ ...LIMIT, side: "BUY", timeInForce: "FOK" });
  expect(all).toMatchObject({ status: "FILLED", executedQty: "2.00000000" });
});

test("a LIMIT_MAKER order rests, or is refused where it would take", async () => {
  const { timeInForce: _, ...maker } = { ...LIMIT, type: "LIMIT_MAKER", newOrderRespType: "FULL" };
  expect(await placed({ ...maker, side: "SELL" })).toMatchObject({
    status: "NEW",
    type: "LIMIT_MAKER",
    timeInForce: "GTC",
  });
  const refused = await world.bob.order({ ...maker, side: "BUY" });
  expect([refused.status, refused.body]).toEqual([
    400,
    { code: -2010, msg: "Order would immediately match and take." },
  ]);
});

test("market orders by quantity and by cost", async () => {
  await world.bob.rest("BTCUSD", "SELL", "100", "1");
  await world.bob.rest("BTCUSD", "SELL", "110", "1");
  const market = { symbol: "BTCUSD", side: "BUY", type: "MARKET" };
  expect(await placed({ ...market, quantity: "0.5" })).toMatchObject({
    price: "0.00000000",
    status: "FILLED",
    cummulativeQuoteQty: "50.00000000",
  });
  const byCost = await placed({ ...market, quoteOrderQty: "105" });
  expect(byCost).toMatchObject({
    origQuoteOrderQty: "105.00000000",
    status: "FILLED",
    executedQty: "1.00000000",
    origQty: "1.00000000",
    cummulativeQuoteQty: "105.00000000",
  });
  const tooMuch = await placed({ ...market, quantity: "7" });
  expect(tooMuch).toMatchObject({ status: "EXPIRED", executedQty: "0.50000000" });
});

test("five modes of self-trade prevention", async () => {
  const outcomes: Record<string, unknown> = {};
  for (const selfTradePreventionMode of [
    "NONE",
    "EXPIRE_TAKER",
    "EXPIRE_MAKER",
    "EXPIRE_BOTH",
    "DECREMENT",
  ]) {
    await placed({ ...LIMIT, side: "SELL" });
    const taker = { ...LIMIT, side: "BUY", quantity: "1", timeInForce: "IOC" };
    const body = await placed({ ...taker, selfTradePreventionMode });
    expect(body.selfTradePreventionMode).toBe(selfTradePreventionMode);
    const { asks } = await book();
    outcomes[selfTradePreventionMode] = [body.status, body.preventedQuantity, asks[0]?.[1]];
    await world.alice.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
  }
  expect(outcomes).toEqual({
    NONE: ["FILLED", undefined, "1.00000000"],
    EXPIRE_TAKER: ["EXPIRED_IN_MATCH", undefined, "2.00000000"],
    EXPIRE_MAKER: ["EXPIRED", undefined, undefined],
    EXPIRE_BOTH: ["EXPIRED_IN_MATCH", undefined, undefined],
    DECREMENT: ["EXPIRED_IN_MATCH", "1.00000000", "1.00000000"],
  });
});

test("no order is cancelled for one that the filters of its market refuse", async () => {
  const cancelOrderId = await world.alice.rest("BTCUSD", "SELL", "110", "1");
  const terms = { symbol: "BTCUSD", side: "SELL", timeInForce: "GTC" };
  const stop = { type: "STOP_LOSS_LIMIT", stopPrice: "90", price: "89", quantity: "1" };
  const limit = { type: "LIMIT", price: "111", quantity: "1" };
  const rows = [
    [{ ...limit, price: "100001" }, "PRICE_FILTER"],
    [{ ...limit, price: "201" }, "PERCENT_PRICE_BY_SIDE"],
    [{ ...limit, quantity: "1001" }, "LOT_SIZE"],
    [{ ...limit, quantity: "0.001" }, "NOTIONAL"],
    [{ ...stop, stopPrice: "100001" }, "PRICE_FILTER"],
    [{ ...stop, quantity: "0.001" }, "NOTIONAL"],
    [{ ...terms, type: "MARKET", timeInForce: undefined, quantity: "1001" }, "MARKET_LOT_SIZE"],
  ] as const;
  for (const [row, filter] of rows) {
    for (const cancelReplaceMode of ["STOP_ON_FAILURE", "ALLOW_FAILURE"]) {
      const sent = { ...terms, ...row, cancelOrderId, cancelReplaceMode };
      const { status, body } = await world.alice.signed(
        "POST",
        "/api/v3/order/cancelReplace",
        sent,
      );
      expect([status, body]).toEqual([400, { code: -1013, msg: `Filter failure: ${filter}` }]);
    }
  }
  const open = await world.alice.signed("GET", "/api/v3/openOrders");
  expect(open.body).toMatchObject([{ orderId: cancelOrderId }]);
});

test("an order that is tried out is told what one that is placed is, in every state of its market", async () => {
  const terms = { symbol: "BTCUSD", side: "SELL", quantity: "1" };
  const rows = [
    { ...terms, type: "LIMIT", timeInForce: "GTC", price: "120" },
    { ...terms, type: "LIMIT", timeInForce: "GTC", price: "120", icebergQty: "0.1" },
    { ...terms, type: "LIMIT", timeInForce: "IOC", price: "120" },
    { ...terms, type: "LIMIT_MAKER", price: "120" },
    { ...terms, type: "MARKET" },
    { symbol: "BTCUSD", side: "SELL", type: "MARKET", quoteOrderQty: "10" },
    { ...terms, type: "STOP_LOSS", stopPrice: "90" },
    { ...terms, type: "TAKE_PROFIT_LIMIT", timeInForce: "IOC", stopPrice: "110", price: "1" },
    { ...terms, type: "STOP_LOSS", stopPrice: "200000" },
    { ...terms, type: "STOP_LOSS", trailingDelta: 100 },
    { ...terms, type: "TAKE_PROFIT", trailingDelta: 100, stopPrice: "90" },
    { ...terms, type: "STOP_LOSS", trailingDelta: 100, stopPrice: "200000" },
  ];
  const { PostOnly, Auction, CancelOnly, PreOpen, Halted, Closed, Delisted } = MarketState;
  const market = 0 as MarketIndex;
  for (const state of [PostOnly, Auction, CancelOnly, PreOpen, Halted, Closed, Delisted]) {
    await world.alice.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
    const isLast = state === Delisted;
    const kind = isLast ? CommandKind.DelistMarket : CommandKind.SetMarketState;
    world.exchange.run([isLast ? { kind, market } : { kind, market, state }] as never);
    expect(world.exchange.engine.market(market).terms.state).toBe(state);
    for (const row of rows) {
      const tried = await world.alice.signed("POST", "/api/v3/order/test", row);
      const sent = await world.alice.order(row);
      expect([state, row, tried.body.msg]).toEqual([state, row, sent.body.msg]);
    }
  }
});

test("an order that is tried out is checked and goes nowhere", async () => {
  const path = "/api/v3/order/test";
  const tried = await world.alice.signed("POST", path, { ...LIMIT, side: "BUY" });
  expect([tried.status, tried.body]).toEqual([200, {}]);
  const rates = await world.alice.signed("POST", path, {
    ...LIMIT,
    side: "BUY",
    computeCommissionRates: true,
  });
  const none = { maker: "0.00000000", taker: "0.00000000" };
  expect(rates.body).toEqual({
    standardCommissionForOrder: { maker: "0.00100000", taker: "0.00200000" },
    specialCommissionForOrder: none,
    taxCommissionForOrder: none,
    discount: {
      enabledForAccount: false,
      enabledForSymbol: false,
      discountAsset: "",
      discount: "0.00000000",
    },
  });
  const failures = [
    [{ price: "100000.01" }, "PRICE_FILTER"],
    [{ price: "100.001" }, "PRICE_FILTER"],
    [{ quantity: "1000.0001" }, "LOT_SIZE"],
    [{ quantity: "0.00001" }, "LOT_SIZE"],
    [{ quantity: "0.0001" }, "NOTIONAL"],
    [{ quantity: "1000", price: "100000" }, "NOTIONAL"],
    [{ price: "200.01" }, "PERCENT_PRICE_BY_SIDE"],
    [{ price: "49.99" }, "PERCENT_PRICE_BY_SIDE"],
    // As if the last price were the one that it waits for.
    [
      { side: "SELL", type: "STOP_LOSS_LIMIT", stopPrice: "80", price: "39.99" },
      "PERCENT_PRICE_BY_SIDE",
    ],
  ] as const;
  for (const [change, filter] of failures) {
    for (const where of [path, "/api/v3/order"]) {
      const { status, body } = await world.alice.signed("POST", where, {
        ...LIMIT,
        side: "BUY",
        ...change,
      });
      expect([status, body]).toEqual([400, { code: -1013, msg: `Filter failure: ${filter}` }]);
    }
  }
  expect(await book()).toEqual({ bids: [], asks: [] });
});

test("an order is cancelled by its id or by the client's, by its owner and once", async () => {
  const first = await world.alice.rest("BTCUSD", "BUY", "99", "1");
  await placed({ ...LIMIT, side: "BUY", newClientOrderId: "second" });
  const stranger = await world.bob.signed("DELETE", "/api/v3/order", {
    symbol: "BTCUSD",
    orderId: first,
  });
  expect([stranger.status, stranger.body]).toEqual([
    400,
    { code: -2011, msg: "Unknown order sent." },
  ]);
  // In the body, as one client sends it.
  const { status, body } = await world.alice.signed(
    "DELETE",
    "/api/v3/order",
    { symbol: "BTCUSD", orderId: first, newClientOrderId: "the-cancel" },
    "body",
  );
  expect(status).toBe(200);
  expect(body).toMatchObject({
    symbol: "BTCUSD",
    orderId: first,
    clientOrderId: "the-cancel",
    status: "CANCELED",
    origQty: "1.00000000",
    executedQty: "0.00000000",
  });
  const cancel = { symbol: "BTCUSD", origClientOrderId: "second" };
  const byText = await world.alice.signed("DELETE", "/api/v3/order", cancel);
  expect(byText.body).toMatchObject({ origClientOrderId: "second", status: "CANCELED" });
  expect(byText.body.clientOrderId).not.toBe("second");
  const again = await world.alice.signed("DELETE", "/api/v3/order", cancel);
  expect([again.status, again.body.code]).toEqual([400, -2011]);
  const nameless = await world.alice.signed("DELETE", "/api/v3/order", { symbol: "BTCUSD" });
  expect([nameless.status, nameless.body]).toEqual([
    400,
    {
      code: -1102,
      msg: "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
    },
  ]);
  expect(await book()).toEqual({ bids: [], asks: [] });
});

test("an order is not cancelled through another market or under another name", async () => {
  const orderId = await world.alice.rest("BTCUSD", "BUY", "99", "1");
  for (const params of [
    { symbol: "ETHUSD", orderId },
    { symbol: "BTCUSD", orderId, origClientOrderId: "not-this" },
    { symbol: "BTCUSD", orderId: 0 },
  ]) {
    const { body } = await world.alice.signed("DELETE", "/api/v3/order", params);
    expect(body).toEqual({ code: -2011, msg: "Unknown order sent." });
  }
  expect((await book()).bids).toHaveLength(1);
});

test("all open orders of a market are cancelled, and only they", async () => {
  await world.alice.rest("BTCUSD", "BUY", "99", "1");
  await world.alice.rest("BTCUSD", "SELL", "101", "1");
  await world.alice.rest("ETHUSD", "SELL", "51", "1");
  await world.bob.rest("BTCUSD", "BUY", "98", "1");
  const { status, body } = await world.alice.signed("DELETE", "/api/v3/openOrders", {
    symbol: "BTCUSD",
  });
  expect(status).toBe(200);
  expect(body.map(({ side, status: state }: Reply["body"]) => [side, state])).toEqual([
    ["BUY", "CANCELED"],
    ["SELL", "CANCELED"],
  ]);
  expect(await book()).toEqual({ bids: [["98.00000000", "1.00000000"]], asks: [] });
  expect((await book("ETHUSD")).asks).toHaveLength(1);
  const none = await world.alice.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
  expect([none.status, none.body.code]).toEqual([400, -2011]);
});

test("an order is replaced with nothing between", async () => {
  const old = await world.alice.rest("BTCUSD", "BUY", "99", "1");
  const { status, body } = await world.alice.signed("POST", "/api/v3/order/cancelReplace", {
    ...LIMIT,
    side: "BUY",
    price: "98",
    cancelReplaceMode: "STOP_ON_FAILURE",
    cancelOrderId: old,
    cancelNewClientOrderId: "away",
    newClientOrderId: "here",
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    cancelResult: "SUCCESS",
    newOrderResult: "SUCCESS",
    cancelResponse: { orderId: old, clientOrderId: "away", status: "CANCELED" },
    newOrderResponse: { clientOrderId: "here", status: "NEW", price: "98.00000000" },
  });
  expect(await book()).toEqual({ bids: [["98.00000000", "2.00000000"]], asks: [] });
});

test("a replacement that fails says which half did", async () => {
  const replace = { ...LIMIT, side: "BUY", price: "98", cancelOrderId: 77 };
  const path = "/api/v3/order/cancelReplace";
  const stopped = await world.alice.signed("POST", path, {
    ...replace,
    cancelReplaceMode: "STOP_ON_FAILURE",
  });
  expect([stopped.status, stopped.body]).toEqual([
    400,
    {
      code: -2022,
      msg: "Order cancel-replace failed.",
      data: {
        cancelResult: "FAILURE",
        newOrderResult: "NOT_ATTEMPTED",
        cancelResponse: { code: -2011, msg: "Unknown order sent." },
        newOrderResponse: null,
      },
    },
  ]);
  const allowed = await world.alice.signed("POST", path, {
    ...replace,
    cancelReplaceMode: "ALLOW_FAILURE",
  });
  expect(allowed.status).toBe(409);
  expect(allowed.body).toMatchObject({
    code: -2021,
    msg: "Order cancel-replace partially failed.",
    data: {
      cancelResult: "FAILURE",
      newOrderResult: "SUCCESS",
      newOrderResponse: { status: "NEW" },
    },
  });
  const nameless = await world.alice.signed("POST", path, {
    ...replace,
    cancelReplaceMode: "ALLOW_FAILURE",
    cancelOrderId: undefined,
  });
  expect(nameless.body.msg).toBe(
    "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!",
  );
});

test("a replacement of an order that is not meant places the new one only where that is allowed", async () => {
  const elsewhere = await world.alice.rest("ETHUSD", "BUY", "49", "1");
  const replace = { ...LIMIT, side: "BUY", cancelOrderId: elsewhere };
  const path = "/api/v3/order/cancelReplace";
  const stopped = await world.alice.signed("POST", path, {
    ...replace,
    cancelReplaceMode: "STOP_ON_FAILURE",
  });
  expect([stopped.status, stopped.body.data.newOrderResult]).toEqual([400, "NOT_ATTEMPTED"]);
  const allowed = await world.alice.signed("POST", path, {
    ...replace,
    cancelReplaceMode: "ALLOW_FAILURE",
  });
  expect([allowed.status, allowed.body.data.newOrderResult]).toEqual([409, "SUCCESS"]);
  expect((await book("ETHUSD")).bids).toHaveLength(1);
});

test("an order that cannot be paid is refused, and so is a second one of the same name", async () => {
  const poor = await world.poor.order({ ...LIMIT, side: "BUY" });
  expect([poor.status, poor.body]).toEqual([
    400,
    { code: -2010, msg: "Account has insufficient balance for requested action." },
  ]);
  await placed({ ...LIMIT, side: "BUY", newClientOrderId: "twin" });
  const twin = await world.alice.order({ ...LIMIT, side: "BUY", newClientOrderId: "twin" });
  expect([twin.status, twin.body]).toEqual([400, { code: -2010, msg: "Duplicate order sent." }]);
});

test("what the engine does not have yet is refused by name", async () => {
  const base = { symbol: "BTCUSD", side: "SELL", quantity: "1" };
  const rows: [Params, string][] = [
    [{ type: "STOP_LOSS_LIMIT", trailingDelta: 9, pegPriceType: "PRIMARY_PEG" }, "Pegged"],
    [{ type: "LIMIT", pegPriceType: "PRIMARY_PEG", timeInForce: "GTC" }, "Pegged"],
  ];
  for (const [params, name] of rows) {
    const { status, body } = await world.alice.order({ ...base, ...params });
    const msg = `${name} orders are not supported for this symbol.`;
    expect([status, body]).toEqual([400, { code: -2010, msg }]);
  }
});

test("faults of the exchange are answered as what they mean for the order", async () => {
  const rows = [
    [{ code: "EXCHANGE_OVERLOADED", queuedBytes: 1 }, 503, -1008, "Server is currently overloaded"],
    [
      { code: "EXCHANGE_UNAVAILABLE", reason: "the disk is full" },
      503,
      -1016,
      "The exchange is not available: the disk is full",
    ],
    [
      { code: "EXCHANGE_CANCEL_ONLY", reason: "no quorum: member 1 not reached" },
      503,
      -1016,
      "Only cancels are taken: no quorum: member 1 not reached",
    ],
    [
      { code: "EXCHANGE_UNKNOWN", waitedMs: 10_000 },
      504,
      -1007,
      "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    ],
  ] as const;
  for (const [failure, status, code, msg] of rows) {
    world.exchange.failure = failure;
    const reply = await world.alice.order({ ...LIMIT, side: "BUY" });
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(reply.body.msg).toContain(msg);
  }
});

test("an account is opened by its first order", async () => {
  const { createHmacKey } = await import("../keys/create-keys.ts");
  const { TestClient } = await import("../testing/test-client.ts");
  const key = { account: 555n, permissions: ["trade"] as const, nowMs: 0 };
  const fresh = new TestClient(world.gateway.origin, createHmacKey(world.keys, key), Date.now);
  const replies = await Promise.all([1, 2, 3].map(() => fresh.order({ ...LIMIT, side: "BUY" })));
  expect(replies.map(({ body }) => body.code)).toEqual([-2010, -2010, -2010]);
  expect(world.exchange.engine.findAccount(555n)).toBeDefined();
});

/** Alice has an order whose time is over: it ends with the command that comes next, before it. */
async function letAliceExpire(): Promise<number> {
  const orderId = await world.alice.rest("BTCUSD", "BUY", "90", "1");
  const account = 1 as AccountIndex;
  world.exchange.run([{ kind: CommandKind.SetDeadline, account, timeoutMs: 1n }]);
  await sleep(10);
  return orderId;
}

test("a cancel is answered by what became of it, and not of another's order that ended before", async () => {
  const orderId = await world.bob.rest("BTCUSD", "BUY", "91", "1");
  const { body: logged } = await world.alice.signed("POST", "/api/v3/userDataStream");
  const socket = await world.connect(`/ws/${logged.listenKey}`);
  await letAliceExpire();
  const cancel = { symbol: "BTCUSD", orderId, newClientOrderId: "bobs-cancel" };
  const { body } = await world.bob.signed("DELETE", "/api/v3/order", cancel);
  expect(body).toMatchObject({ orderId, price: "91.00000000", clientOrderId: "bobs-cancel" });
  const ended = await socket.next(({ x }) => x === "CANCELED");
  expect(ended).toMatchObject({ p: "90.00000000", c: expect.stringMatching(/^cancel-/) });
  // What it is to cancel has come due with it.
  const own = await letAliceExpire();
  const late = await world.alice.signed("DELETE", "/api/v3/order", {
    symbol: "BTCUSD",
    orderId: own,
  });
  expect([late.status, late.body.code]).toEqual([400, -2011]);
});

test("a cancel of all orders is answered by the account's, and not by others that ended before", async () => {
  const orderId = await world.bob.rest("BTCUSD", "BUY", "91", "1");
  await letAliceExpire();
  const { body } = await world.bob.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
  expect(body.map((each: Reply["body"]) => each.orderId)).toEqual([orderId]);
});

test.each([
  ["STOP_ON_FAILURE", "SUCCESS", "SUCCESS"],
  ["ALLOW_FAILURE", "SUCCESS", "SUCCESS"],
  ["STOP_ON_FAILURE", "FAILURE", "NOT_ATTEMPTED"],
  ["ALLOW_FAILURE", "FAILURE", "SUCCESS"],
])(
  "a replacement with %s is answered by its own halves, where another's order ended before: %s, %s",
  async (cancelReplaceMode, cancelResult, newOrderResult) => {
    const orderId = await world.bob.rest("BTCUSD", "BUY", "91", "1");
    if (cancelResult === "FAILURE") {
      await world.bob.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
    }
    await letAliceExpire();
    const { body } = await world.bob.signed("POST", "/api/v3/order/cancelReplace", {
      ...LIMIT,
      side: "BUY",
      cancelOrderId: orderId,
      cancelReplaceMode,
    });
    const reply = body.data ?? body;
    expect(reply).toMatchObject({ cancelResult, newOrderResult });
    const named = cancelResult === "SUCCESS" ? { orderId } : { code: -2011 };
    expect(reply.cancelResponse).toMatchObject(named);
  },
);

test("an order that comes when an auction has ended by itself comes after it, and is answered without its trades", async () => {
  const guard = { market: 1 as MarketIndex, upPpm: 1, downPpm: 1, windowMs: 60_000, auctionMs: 1 };
  world.exchange.run([{ kind: CommandKind.SetMarketGuard, ...guard }]);
  await world.bob.rest("ETHUSD", "SELL", "50", "1");
  await world.bob.rest("ETHUSD", "SELL", "55", "1");
  await world.alice.rest("ETHUSD", "BUY", "55", "2");
  // The guard has paused the market, and its auction is over: it opens before the command that comes next.
  await sleep(10);
  const terms = { symbol: "ETHUSD", type: "LIMIT", timeInForce: "GTC", side: "SELL" };
  const body = await placed({ ...terms, price: "51", quantity: "1.5" }, world.bob);
  const { orderId, symbol } = body;
  const { body: known } = await world.bob.signed("GET", "/api/v3/order", { symbol, orderId });
  expect(known).toMatchObject({ status: "NEW", executedQty: "0.00000000" });
  const { status, executedQty, cummulativeQuoteQty } = known;
  expect(body).toMatchObject({ status, executedQty, cummulativeQuoteQty, fills: [] });
  const { body: market } = await world.bob.signed("GET", "/api/v3/myTrades", { symbol });
  expect(market).toHaveLength(2);
});
