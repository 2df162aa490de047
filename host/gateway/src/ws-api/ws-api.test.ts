import { generateKeyPairSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEd25519Key, createHmacKey } from "../keys/create-keys.ts";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { type Json, type Params, TestClient } from "../testing/test-client.ts";
import type { TestSocket } from "../testing/test-socket.ts";

let world: World;
let socket: TestSocket;
beforeEach(async () => {
  world = await openWorld();
  socket = await world.connect("/ws-api/v3");
});
afterEach(() => world[Symbol.asyncDispose]());

function ask(method: string, params?: object, on = socket): Promise<Json> {
  return on.ask(params === undefined ? { method } : { method, params });
}

async function signed(method: string, params: Params = {}, who = world.alice): Promise<Json> {
  return ask(method, who.socketParams(params));
}

const LIMIT = { symbol: "BTCUSD", type: "LIMIT", timeInForce: "GTC", quantity: 2, price: "100" };

test("public questions are answered with the id, the status and the limits", async () => {
  expect(await ask("ping")).toEqual({ id: "ask-1", status: 200, result: {}, rateLimits: [] });
  expect((await ask("time", { returnRateLimits: false })).rateLimits).toBeUndefined();
  socket.send('{"id":1.50,"method":"ping"}');
  expect(await socket.next()).toMatchObject({ id: 1.5 });
  await world.alice.rest("BTCUSD", "SELL", "101", "1");
  expect((await ask("depth", { symbol: "BTCUSD", limit: 5 })).result.asks).toHaveLength(1);
  const tickers = await ask("ticker.price", { symbols: ["BTCUSD", "ETHUSD"] });
  expect(tickers.result.map(({ symbol }: Json) => symbol)).toEqual(["BTCUSD", "ETHUSD"]);
  for (const method of ["exchangeInfo", "ticker.24hr", "ticker.book"]) {
    expect((await ask(method)).status).toBe(200);
  }
  const ofMarket = ["trades.recent", "trades.historical", "trades.aggregate", "avgPrice", "ticker"];
  for (const method of ofMarket) expect((await ask(method, { symbol: "BTCUSD" })).status).toBe(200);
  const klines = await ask("klines", { symbol: "BTCUSD", interval: "1m" });
  expect(klines.result).toEqual([]);
});

test("what is asked wrongly is answered with the documented error", async () => {
  const rows: [string, unknown, number, number][] = [
    ["{", null, 400, -1135],
    ['{"id":{},"method":"ping"}', null, 400, -1130],
    ['{"id":3,"method":"order.conjure"}', 3, 404, -1020],
    ['{"id":4}', 4, 404, -1020],
    ['{"id":5,"method":"depth"}', 5, 400, -1102],
    ['{"id":6,"method":"depth","params":[]}', 6, 400, -1130],
    ['{"id":7,"method":"depth","params":{"symbol":"XXX"}}', 7, 400, -1121],
    ['{"id":8,"method":"ping","params":{"a":1}}', 8, 400, -1104],
    ['{"id":9,"method":"account.status"}', 9, 401, -2014],
    ['{"id":10,"method":"userDataStream.subscribe"}', 10, 400, -1002],
    [
      '{"id":11,"method":"userDataStream.unsubscribe","params":{"subscriptionId":5}}',
      11,
      400,
      -1130,
    ],
  ];
  for (const [message, id, status, code] of rows) {
    socket.send(message);
    const answer = await socket.next();
    expect([answer.id, answer.status, answer.error.code]).toEqual([id, status, code]);
    expect(answer.result).toBeUndefined();
  }
});

test.each(["alice", "bob"] as const)("%s trades by signed requests", async (name) => {
  const who = world[name];
  const placed = await signed("order.place", { ...LIMIT, side: "BUY", newClientOrderId: "a" }, who);
  expect(placed).toMatchObject({ status: 200, result: { clientOrderId: "a", status: "NEW" } });
  const { orderId } = placed.result;
  const named = { symbol: "BTCUSD", orderId };
  expect((await signed("order.status", named, who)).result.orderId).toBe(orderId);
  expect((await signed("openOrders.status", {}, who)).result).toHaveLength(1);
  const replaced = await signed(
    "order.cancelReplace",
    {
      ...LIMIT,
      side: "BUY",
      price: 98.5,
      cancelOrderId: orderId,
      cancelReplaceMode: "STOP_ON_FAILURE",
    },
    who,
  );
  expect(replaced.result.newOrderResponse.price).toBe("98.50000000");
  const tested = await signed("order.test", { ...LIMIT, side: "SELL" }, who);
  expect(tested.result).toEqual({});
  const canceled = await signed("openOrders.cancelAll", { symbol: "BTCUSD" }, who);
  expect(canceled.result).toMatchObject([{ status: "CANCELED" }]);
  const again = await signed("order.cancel", named, who);
  expect(again).toMatchObject({
    status: 400,
    error: { code: -2011, msg: "Unknown order sent." },
  });
  expect((await signed("allOrders", { symbol: "BTCUSD" }, who)).result).toHaveLength(2);
  expect((await signed("myTrades", { symbol: "BTCUSD" }, who)).result).toEqual([]);
  expect((await signed("account.status", {}, who)).result.accountType).toBe("SPOT");
  expect((await signed("account.rateLimits.orders", {}, who)).result).toEqual([]);
  const commission = await signed("account.commission", { symbol: "BTCUSD" }, who);
  expect(commission.result.symbol).toBe("BTCUSD");
});

test("a signature that is wrong is refused", async () => {
  const params = { ...world.alice.socketParams({ ...LIMIT, side: "BUY" }), quantity: 3 };
  expect(await ask("order.place", params)).toMatchObject({
    status: 400,
    error: { code: -1022, msg: "Signature for this request is not valid." },
  });
});

test("one who logs on with an Ed25519 key trades without further signatures", async () => {
  expect((await ask("session.status")).result).toMatchObject({ apiKey: null });
  const hmac = await signed("session.logon");
  expect(hmac).toMatchObject({ status: 400, error: { code: -4056 } });
  const on = await signed("session.logon", {}, world.bob);
  expect(on.result).toMatchObject({ apiKey: world.bob.credentials.id, userDataStream: false });
  const placed = await ask("order.place", { ...LIMIT, side: "BUY", timestamp: Date.now() });
  expect(placed.result.status).toBe("NEW");
  const late = await ask("order.place", { ...LIMIT, side: "BUY", timestamp: 1 });
  expect(late.error.code).toBe(-1021);
  expect((await ask("userDataStream.subscribe")).result).toEqual({ subscriptionId: 0 });
  expect((await ask("session.subscriptions")).result).toEqual([{ subscriptionId: 0 }]);
  const off = await ask("session.logout");
  expect(off.result).toMatchObject({ apiKey: null, userDataStream: false });
  expect(await socket.next(({ event }) => event !== undefined)).toMatchObject({
    subscriptionId: 0,
    event: { e: "eventStreamTerminated" },
  });
  const outside = await ask("order.place", { ...LIMIT, side: "BUY", timestamp: Date.now() });
  expect(outside.error.code).toBe(-2014);
});

test("one who logs out while its account is still being opened follows nothing", async () => {
  const { publicKey, privateKey: secret } = generateKeyPairSync("ed25519");
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const key = { account: 6_000n, permissions: ["read"] as const, nowMs: 0 };
  const { id } = createEd25519Key(world.keys, key, pem);
  const client = new TestClient(world.gateway.origin, { id, secret }, Date.now);
  expect((await signed("session.logon", {}, client)).status).toBe(200);
  let open = (): void => {};
  world.exchange.delay = () => new Promise((resolve) => (open = resolve));
  const subscribed = ask("userDataStream.subscribe");
  await ask("session.logout");
  open();
  expect((await subscribed).error.code).toBe(-1002);
  expect((await ask("session.subscriptions")).result).toEqual([]);
});

test("a key that is revoked is worth nothing on a connection that it has logged on", async () => {
  await signed("session.logon", {}, world.bob);
  world.keys.revoke(world.bob.credentials.id, Date.now());
  const refused = await ask("order.place", { ...LIMIT, side: "BUY" });
  expect(refused.error.code).toBe(-2015);
  const subscription = await ask("userDataStream.subscribe");
  expect(subscription.error.code).toBe(-2015);
});

test("an account is followed: reports of each order, then what the account has", async () => {
  const { result } = await signed("userDataStream.subscribe.signature");
  expect(result).toEqual({ subscriptionId: 0 });
  const event = async (name: string): Promise<Json> => {
    const message = await socket.next((each) => each.event?.e === name);
    expect(message.subscriptionId).toBe(0);
    return message.event;
  };
  const { body: placed } = await world.alice.order({
    ...LIMIT,
    side: "BUY",
    newClientOrderId: "mine",
  });
  expect(await event("executionReport")).toEqual({
    e: "executionReport",
    E: expect.any(Number),
    s: "BTCUSD",
    c: "mine",
    S: "BUY",
    o: "LIMIT",
    f: "GTC",
    q: "2.00000000",
    p: "100.00000000",
    P: "0.00000000",
    F: "0.00000000",
    g: -1,
    C: "",
    x: "NEW",
    X: "NEW",
    r: "NONE",
    i: placed.orderId,
    l: "0.00000000",
    z: "0.00000000",
    L: "0.00000000",
    n: "0",
    N: null,
    T: placed.transactTime,
    t: -1,
    I: expect.any(Number),
    w: true,
    m: false,
    M: false,
    O: placed.transactTime,
    Z: "0.00000000",
    Y: "0.00000000",
    Q: "0.00000000",
    W: placed.transactTime,
    V: "EXPIRE_TAKER",
  });
  expect(await event("outboundAccountPosition")).toEqual({
    e: "outboundAccountPosition",
    E: expect.any(Number),
    u: placed.transactTime,
    B: [
      { a: "USD", f: "999800.00000000", l: "200.00000000" },
      { a: "BTC", f: "1000000.00000000", l: "0.00000000" },
    ],
  });
  await world.bob.order({ symbol: "BTCUSD", side: "SELL", type: "MARKET", quantity: "0.5" });
  expect(await event("executionReport")).toMatchObject({
    x: "TRADE",
    X: "PARTIALLY_FILLED",
    l: "0.50000000",
    z: "0.50000000",
    L: "100.00000000",
    n: "0.00050000",
    N: "BTC",
    t: 1,
    m: true,
    w: true,
    Y: "50.00000000",
    Z: "50.00000000",
  });
  expect((await event("outboundAccountPosition")).B[0].l).toBe("150.00000000");
  const cancel = { symbol: "BTCUSD", origClientOrderId: "mine" };
  const { body: canceled } = await world.alice.signed("DELETE", "/api/v3/order", cancel);
  expect(await event("executionReport")).toMatchObject({
    x: "CANCELED",
    X: "CANCELED",
    c: canceled.clientOrderId,
    C: "mine",
    w: false,
  });
  const stop = await ask("userDataStream.unsubscribe");
  expect(stop.result).toEqual({});
  expect(await event("eventStreamTerminated")).toBeDefined();
});

test("a taker's reports end with how its order stands when the command is done", async () => {
  await world.bob.rest("BTCUSD", "SELL", "100", "1");
  await signed("userDataStream.subscribe.signature");
  await world.alice.order({ ...LIMIT, side: "BUY", timeInForce: "IOC" });
  const reports: Json[] = [];
  for (let count = 0; count < 3; count++) {
    reports.push((await socket.next(({ event }) => event?.e === "executionReport")).event);
  }
  expect(reports.map(({ x, X, w }) => [x, X, w])).toEqual([
    ["NEW", "NEW", false],
    ["TRADE", "PARTIALLY_FILLED", false],
    ["EXPIRED", "EXPIRED", false],
  ]);
  await world.bob.rest("BTCUSD", "SELL", "100", "1");
  await world.alice.order({ symbol: "BTCUSD", side: "BUY", type: "MARKET", quoteOrderQty: "60" });
  const filled = await socket.next(({ event }) => event?.x === "TRADE");
  expect(filled.event).toMatchObject({ X: "FILLED", Q: "60.00000000", z: "0.60000000" });
});

test("prevented self-trades and movements of money are told", async () => {
  await signed("userDataStream.subscribe.signature");
  await world.alice.rest("BTCUSD", "SELL", "100", "2");
  const taker = { ...LIMIT, side: "BUY", quantity: 1, selfTradePreventionMode: "DECREMENT" };
  await world.alice.order(taker);
  const prevented = await socket.next(({ event }) => event?.x === "TRADE_PREVENTION");
  expect(prevented.event).toMatchObject({ A: "1.00000000", B: "1.00000000", pL: "100.00000000" });
  const move = { account: 1_001, asset: "USD", amount: "1.5" };
  await world.operator.signed("POST", "/operator/deposit", move);
  await world.operator.signed("POST", "/operator/withdraw", move);
  const moved: unknown[] = [];
  for (let count = 0; count < 2; count++) {
    const { event } = await socket.next((each) => each.event?.e === "balanceUpdate");
    moved.push([event.a, event.d]);
    const position = await socket.next((each) => each.event?.u === event.T);
    expect(position.event.B.map(({ a }: Json) => a)).toEqual(["USD"]);
  }
  expect(moved).toEqual([
    ["USD", "1.50000000"],
    ["USD", "-1.50000000"],
  ]);
});

test("one connection follows several accounts, each under its own number", async () => {
  await signed("userDataStream.subscribe.signature");
  const second = await signed("userDataStream.subscribe.signature", {}, world.bob);
  expect(second.result).toEqual({ subscriptionId: 1 });
  await world.bob.rest("BTCUSD", "BUY", "99", "1");
  expect(await socket.next(({ event }) => event?.x === "NEW")).toMatchObject({ subscriptionId: 1 });
  await ask("userDataStream.unsubscribe", { subscriptionId: 1 });
  await socket.next(({ event }) => event?.e === "eventStreamTerminated");
  socket.messages.length = 0;
  await world.bob.rest("BTCUSD", "BUY", "98", "1");
  await world.alice.rest("BTCUSD", "BUY", "98", "1");
  expect((await socket.next(({ event }) => event?.x === "NEW")).subscriptionId).toBe(0);
  expect((await ask("session.subscriptions")).result).toEqual([{ subscriptionId: 0 }]);
});

test("a connection has as many subscriptions as it may, however fast it asks", async () => {
  const asked = Array.from({ length: 105 }, (_, index) => {
    const key = { account: 5_000n + BigInt(index), permissions: ["read"] as const, nowMs: 0 };
    const client = new TestClient(world.gateway.origin, createHmacKey(world.keys, key), Date.now);
    return signed("userDataStream.subscribe.signature", {}, client);
  });
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(100);
});

test("a connection follows an account once, whatever key and however it is asked", async () => {
  await signed("session.logon", {}, world.bob);
  const asked = await Promise.all([
    signed("userDataStream.subscribe.signature"),
    signed("userDataStream.subscribe.signature"),
    signed("userDataStream.subscribe.signature", {}, world.reader),
    signed("userDataStream.subscribe.signature", {}, world.bob),
    ask("userDataStream.subscribe"),
  ]);
  const again = { code: -2035, msg: "User Data Stream subscription already active." };
  expect(asked.map(({ error }) => error)).toEqual([undefined, again, again, undefined, again]);
  await world.alice.rest("BTCUSD", "BUY", "99", "1");
  await socket.event("outboundAccountPosition");
  await ask("ping");
  expect(socket.messages.filter(({ event }) => event?.x === "NEW")).toHaveLength(1);
  // Once it has ended it may begin again.
  await ask("userDataStream.unsubscribe", { subscriptionId: 0 });
  expect((await signed("userDataStream.subscribe.signature")).result).toEqual({
    subscriptionId: 2,
  });
});

test("the counts of orders come with the answers to orders", async () => {
  await using limited = await openWorld({
    limits: { ordersPer10Seconds: 50, weightPerMinute: 900 },
  });
  const own = await limited.connect("/ws-api/v3");
  const params = limited.alice.socketParams({ ...LIMIT, side: "BUY" });
  const { rateLimits } = await ask("order.place", params, own);
  expect(rateLimits).toEqual([
    { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 900, count: 1 },
    { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 50, count: 1 },
  ]);
});

test("who asks too much is told from when on it may again", async () => {
  await using limited = await openWorld({
    limits: { ordersPer10Seconds: 1, weightPerMinute: 21 },
  });
  limited.clock.aheadMs = 60_000 - (Date.now() % 60_000);
  const own = await limited.connect("/ws-api/v3");
  const place = (): Promise<Json> =>
    ask("order.place", limited.alice.socketParams({ ...LIMIT, side: "BUY" }), own);
  expect(await place()).toMatchObject({ status: 200 });
  const orders = await place();
  expect(orders).toMatchObject({ status: 429, error: { code: -1015 } });
  const { serverTime, retryAfter } = orders.error.data;
  expect(retryAfter - serverTime).toBeGreaterThan(0);
  expect(retryAfter - serverTime).toBeLessThanOrEqual(10_000);
  const weight = await ask("exchangeInfo", undefined, own);
  expect(weight).toMatchObject({ status: 429, error: { code: -1003 } });
  expect(Object.keys(weight.error.data)).toEqual(["serverTime", "retryAfter"]);
  const fine = await limited.connect("/ws-api/v3?timeUnit=MICROSECOND");
  const { error } = await ask("exchangeInfo", undefined, fine);
  expect(error.data.serverTime).toBeGreaterThan(1e15);
});

test("the cancel of a replacement is called the same in its answer and by the stream", async () => {
  await signed("userDataStream.subscribe.signature");
  const names = async (params: Params): Promise<Json> => {
    const cancelOrderId = await world.alice.rest("BTCUSD", "BUY", "99", "1");
    const { result } = await signed("order.cancelReplace", {
      ...LIMIT,
      side: "BUY",
      cancelReplaceMode: "STOP_ON_FAILURE",
      cancelOrderId,
      newClientOrderId: `new-${cancelOrderId}`,
      ...params,
    });
    const { event: canceled } = await socket.next(({ event }) => event?.x === "CANCELED");
    expect(canceled.c).toBe(result.cancelResponse.clientOrderId);
    const placed = await socket.next(({ event }) => event?.i === result.newOrderResponse.orderId);
    expect(placed.event.c).toBe(`new-${cancelOrderId}`);
    return canceled.c;
  };
  expect(await names({ cancelNewClientOrderId: "away" })).toBe("away");
  expect(await names({})).toMatch(/^cancel-/);
});

test("a client that asks without waiting has to wait, and loses nothing", async () => {
  await using narrow = await openWorld({ limits: { socketRequestsMax: 2 } });
  let [running, runningMax] = [0, 0];
  narrow.exchange.delay = async () => {
    runningMax = Math.max(runningMax, ++running);
    await sleep(5);
    running -= 1;
  };
  const own = await narrow.connect("/ws-api/v3");
  // Long enough that few of them arrive in one piece.
  const order = { ...LIMIT, side: "BUY", returnRateLimits: "x".repeat(50_000) };
  const asked = Array.from({ length: 30 }, () =>
    ask("order.place", narrow.alice.socketParams(order), own),
  );
  const placed = await Promise.all(asked);
  expect(placed.filter(({ result }) => result.status === "NEW")).toHaveLength(30);
  expect(runningMax).toBeLessThanOrEqual(4);
});

test("an answer that is longer than what may wait reaches a client that keeps up", async () => {
  await using small = await openWorld({ limits: { sendBufferBytes: 10_000 } });
  for (let count = 0; count < 50; count++) await small.alice.rest("BTCUSD", "BUY", "90", "1");
  const own = await small.connect("/ws-api/v3");
  const { result } = await ask("openOrders.status", small.alice.socketParams(), own);
  expect(result).toHaveLength(50);
  expect((await ask("ping", undefined, own)).status).toBe(200);
});
