import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import type { Json, Params, TestClient } from "../testing/test-client.ts";

// The dead-man switch, and market makers' protection.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const openCount = async (client: TestClient): Promise<number> =>
  (await client.signed("GET", "/api/v3/openOrders")).body.length;

async function ask(
  client: TestClient,
  method: string,
  path: string,
  params: Params = {},
): Promise<Json> {
  return (await client.signed(method, `/api/v3/${path}`, params)).body;
}

test("a countdown that is not set anew cancels all orders of the account, before whatever comes next", async () => {
  const { alice, bob, clock } = world;
  const set = (countdownTime: number): Promise<Json> =>
    ask(alice, "POST", "countdownCancelAll", { countdownTime });
  await alice.rest("BTCUSD", "BUY", "90", "1");
  await alice.rest("ETHUSD", "SELL", "60", "1");
  expect(await ask(alice, "GET", "countdownCancelAll")).toEqual({ triggerTime: 0 });
  const before = Date.now();
  const { countdownTime, triggerTime } = await set(30_000);
  expect(countdownTime).toBe("30000");
  expect(triggerTime).toBeGreaterThanOrEqual(before + 30_000);
  expect(triggerTime).toBeLessThanOrEqual(Date.now() + 30_000);
  expect(await ask(world.reader, "GET", "countdownCancelAll")).toEqual({ triggerTime });

  clock.aheadMs += 20_000;
  await set(30_000);
  clock.aheadMs += 20_000;
  await bob.rest("BTCUSD", "BUY", "80", "1");
  expect(await openCount(alice)).toBe(2);
  clock.aheadMs += 20_000;
  // Bob would sell to alice, were she still there.
  const sold = { symbol: "BTCUSD", side: "SELL", type: "MARKET", quantity: "1" };
  const { body } = await bob.order({ ...sold, selfTradePreventionMode: "NONE" });
  expect(body.fills.map(({ price }: Json) => price)).toEqual(["80.00000000"]);
  expect(await openCount(alice)).toBe(0);
  expect(await ask(alice, "GET", "countdownCancelAll")).toEqual({ triggerTime: 0 });
  const all = await ask(alice, "GET", "allOrders", { symbol: "BTCUSD" });
  expect(all.map(({ status }: Json) => status)).toEqual(["CANCELED"]);
});

test("a countdown of 0 ends it, and its owner's stream tells what it has cancelled", async () => {
  const { alice, bob, clock } = world;
  const socket = await world.connect("/ws-api/v3");
  await socket.ask({
    method: "userDataStream.subscribe.signature",
    params: alice.socketParams(),
  });
  const orderId = await alice.rest("BTCUSD", "BUY", "90", "1");
  const asked = await socket.ask({
    method: "countdownCancelAll.set",
    params: alice.socketParams({ countdownTime: 1_000 }),
  });
  expect(asked["result"].countdownTime).toBe("1000");
  expect(await ask(alice, "POST", "countdownCancelAll", { countdownTime: 0 })).toEqual({
    countdownTime: "0",
    triggerTime: 0,
  });
  clock.aheadMs += 2_000;
  await bob.rest("BTCUSD", "BUY", "80", "1");
  expect(await openCount(alice)).toBe(1);
  await ask(alice, "POST", "countdownCancelAll", { countdownTime: 1_000 });
  clock.aheadMs += 2_000;
  await bob.rest("BTCUSD", "BUY", "80", "1");
  const { event } = await socket.next((message) => message.event?.x === "CANCELED");
  expect(event).toMatchObject({ i: orderId, X: "CANCELED" });
});

test("a countdown opens the account of one who has not traded yet", async () => {
  const { body } = await world.operator.signed("GET", "/operator/status");
  const nobody = await ask(world.poor, "POST", "countdownCancelAll", { countdownTime: 5_000 });
  expect([nobody.countdownTime, body.counts.accounts]).toEqual(["5000", 3]);
});

test.each<[Params, number]>([
  [{}, -1102],
  [{ countdownTime: "-1" }, -1100],
  [{ countdownTime: "1.5" }, -1100],
  [{ countdownTime: "1099511627777" }, -1130],
  [{ countdownTime: 1_000, symbol: "BTCUSD" }, -1104],
])("a countdown of %o is refused", async (params, code) => {
  const body = await ask(world.alice, "POST", "countdownCancelAll", params);
  expect(body.code).toBe(code);
  expect(await ask(world.alice, "GET", "countdownCancelAll")).toEqual({ triggerTime: 0 });
});

test("a key that may only read sets neither", async () => {
  for (const [method, path, params] of [
    ["POST", "countdownCancelAll", { countdownTime: 1_000 }],
    ["POST", "mmp", PROTECTION],
    ["POST", "mmpReset", { symbol: "BTCUSD" }],
    ["DELETE", "mmp", { symbol: "BTCUSD" }],
  ] as const) {
    expect((await ask(world.reader, method, path, params)).code).toBe(-1002);
  }
});

const PROTECTION = {
  symbol: "BTCUSD",
  windowTimeInMilliseconds: 60_000,
  qtyLimit: "2.5",
  fillLimit: 3,
};
const TOLD = { ...PROTECTION, qtyLimit: "2.50000000", triggered: false };
const NOT_PROTECTED = { code: -2010, msg: "The account has no protection in the market." };
const TRIPPED = { code: -2010, msg: "The account's protection has tripped." };

const protectedOrder = (price: string, change: Params = {}): Params => ({
  symbol: "BTCUSD",
  side: "SELL",
  type: "LIMIT_MAKER",
  quantity: "1",
  price,
  isMmp: true,
  ...change,
});

test("a protection ends all orders that count for it when too much has traded, until it is reset", async () => {
  const { alice, bob } = world;
  expect(await ask(alice, "GET", "mmp", { symbol: "BTCUSD" })).toEqual(NOT_PROTECTED);
  expect((await alice.order(protectedOrder("110"))).body).toEqual(NOT_PROTECTED);
  const tried = await alice.signed("POST", "/api/v3/order/test", protectedOrder("110"));
  expect(tried.body).toEqual(NOT_PROTECTED);
  expect(await ask(alice, "POST", "mmp", PROTECTION)).toEqual(TOLD);
  expect(await ask(world.reader, "GET", "mmp", { symbol: "BTCUSD" })).toEqual(TOLD);

  const ids: number[] = [];
  for (const price of ["110", "111", "112"]) {
    ids.push((await alice.order(protectedOrder(price))).body.orderId);
  }
  const limit = { type: "LIMIT", timeInForce: "GTC", side: "BUY" };
  ids.push((await alice.order(protectedOrder("90", limit))).body.orderId);
  const plain = await alice.rest("BTCUSD", "SELL", "120", "1");
  const buy = { symbol: "BTCUSD", side: "BUY", type: "MARKET", quantity: "2.5" };
  expect((await bob.order(buy)).body.executedQty).toBe("2.50000000");
  expect(await ask(alice, "GET", "mmp", { symbol: "BTCUSD" })).toEqual({
    ...TOLD,
    triggered: true,
  });
  const open = await ask(alice, "GET", "openOrders", { symbol: "BTCUSD" });
  expect(open.map(({ orderId }: Json) => orderId)).toEqual([plain]);
  const ended = await ask(alice, "GET", "order", { symbol: "BTCUSD", orderId: ids[3]! });
  expect(ended.status).toBe("EXPIRED");
  expect((await alice.order(protectedOrder("110"))).body).toEqual(TRIPPED);
  const again = await alice.signed("POST", "/api/v3/order/test", protectedOrder("110"));
  expect(again.body).toEqual(TRIPPED);

  expect(await ask(alice, "POST", "mmpReset", { symbol: "BTCUSD" })).toEqual(TOLD);
  expect((await alice.order(protectedOrder("110"))).status).toBe(200);
  const gone = await ask(alice, "DELETE", "mmp", { symbol: "BTCUSD" });
  expect(gone).toMatchObject({ windowTimeInMilliseconds: 0, qtyLimit: "0.00000000", fillLimit: 0 });
  for (const [method, path] of [
    ["GET", "mmp"],
    ["POST", "mmpReset"],
    ["DELETE", "mmp"],
  ] as const) {
    expect(await ask(alice, method, path, { symbol: "BTCUSD" })).toEqual(NOT_PROTECTED);
  }
  // It stays, and nothing counts it any more.
  expect(await openCount(alice)).toBe(2);
});

test("a protection is begun anew at the limits that were set before, though they are on their way still", async () => {
  const { alice, exchange } = world;
  const symbol = "BTCUSD";
  await ask(alice, "POST", "mmp", PROTECTION);
  let isUnderWay = (): void => undefined;
  const underWay = new Promise<void>((resolve) => (isUnderWay = resolve));
  exchange.delay = async () => {
    isUnderWay();
    await sleep(20);
  };
  const set = ask(alice, "POST", "mmp", { ...PROTECTION, fillLimit: 1 });
  await underWay;
  const limits = { ...TOLD, fillLimit: 1 };
  expect(await ask(alice, "POST", "mmpReset", { symbol })).toEqual(limits);
  expect(await set).toEqual(limits);
  expect(await ask(alice, "GET", "mmp", { symbol })).toEqual(limits);
});

test("a protected order takes the place of another", async () => {
  const { alice } = world;
  await ask(alice, "POST", "mmp", { ...PROTECTION, qtyLimit: undefined });
  const cancelOrderId = await alice.rest("BTCUSD", "SELL", "120", "1");
  const replace = { ...protectedOrder("121"), cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId };
  const { status, body } = await alice.signed("POST", "/api/v3/order/cancelReplace", replace);
  expect([status, body.cancelResult, body.newOrderResult]).toEqual([200, "SUCCESS", "SUCCESS"]);
});

test.each<[Params, number]>([
  [{ symbol: "NONE" }, -1121],
  [{ windowTimeInMilliseconds: undefined }, -1102],
  [{ windowTimeInMilliseconds: 0 }, -1130],
  [{ windowTimeInMilliseconds: 4_294_967_296 }, -1130],
  [{ qtyLimit: undefined, fillLimit: undefined }, -1102],
  [{ qtyLimit: "0" }, -1013],
  [{ qtyLimit: "0.00001" }, -1013],
  [{ qtyLimit: "-1" }, -1100],
  [{ fillLimit: 0 }, -1130],
])("a protection with %o is refused", async (change, code) => {
  const body = await ask(world.alice, "POST", "mmp", { ...PROTECTION, ...change });
  expect(body.code).toBe(code);
  expect(await ask(world.alice, "GET", "mmp", { symbol: "BTCUSD" })).toEqual(NOT_PROTECTED);
});

test.each<[Params, number]>([
  [{ type: "LIMIT", timeInForce: "IOC" }, -1128],
  [{ type: "LIMIT", timeInForce: "FOK" }, -1128],
  [{ type: "MARKET", price: undefined }, -1106],
  [{ type: "STOP_LOSS", price: undefined, stopPrice: "90" }, -1106],
  [{ type: "STOP_LOSS_LIMIT", timeInForce: "GTC", stopPrice: "90" }, -1106],
  [{ isMmp: "yes" }, -1100],
])("an order of %o is not protected", async (change, code) => {
  await ask(world.alice, "POST", "mmp", PROTECTION);
  const { body } = await world.alice.order(protectedOrder("110", change));
  expect(body.code).toBe(code);
  expect(await openCount(world.alice)).toBe(0);
});

test("a countdown cancels on time where nobody sends anything", async () => {
  const { alice } = world;
  await alice.rest("BTCUSD", "BUY", "90", "1");
  await ask(alice, "POST", "countdownCancelAll", { countdownTime: 20 });
  await expect.poll(() => openCount(alice), { timeout: 5_000 }).toBe(0);
});

test("an order of any type may say that it is not protected", async () => {
  const sold = { symbol: "BTCUSD", side: "SELL", type: "MARKET", quantity: "1", isMmp: false };
  await world.bob.rest("BTCUSD", "BUY", "90", "1");
  expect((await world.alice.order(sold)).body).toMatchObject({ status: "FILLED" });
  const stop = { ...sold, type: "STOP_LOSS", stopPrice: "80" };
  expect((await world.alice.order(stop)).status).toBe(200);
});
