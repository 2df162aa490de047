import {
  type AccountIndex,
  type AssetIndex,
  CommandKind,
  type MarketIndex,
  OrderType,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import type { Params, Reply } from "../testing/test-client.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

async function read(path: string, params: Params = {}, who = world.alice): Promise<Reply["body"]> {
  const { status, body } = await who.signed("GET", path, params);
  expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
  return body;
}

/** Of Alice, in the first market. */
const PLAIN_ORDER = {
  kind: CommandKind.Place,
  market: 0 as MarketIndex,
  account: 1 as AccountIndex,
  side: Side.Buy,
  orderType: OrderType.Limit,
  selfTrade: SelfTrade.Allow,
  clientOrderId: 0n,
};

test("balances move with what rests and what trades", async () => {
  await world.alice.rest("BTCUSD", "BUY", "100", "2");
  const before = await read("/api/v3/account");
  expect(before).toMatchObject({
    makerCommission: 10,
    takerCommission: 20,
    commissionRates: { maker: "0.00100000", taker: "0.00200000" },
    canTrade: true,
    canWithdraw: false,
    accountType: "SPOT",
    permissions: ["SPOT"],
    uid: 1_001,
  });
  expect(before.balances).toEqual([
    { asset: "USD", free: "999800.00000000", locked: "200.00000000" },
    { asset: "BTC", free: "1000000.00000000", locked: "0.00000000" },
    { asset: "ETH", free: "1000000.0000000000", locked: "0.0000000000" },
  ]);
  await world.bob.order({ symbol: "BTCUSD", side: "SELL", type: "MARKET", quantity: "0.5" });
  const after = await read("/api/v3/account");
  expect(after.balances.slice(0, 2)).toEqual([
    { asset: "USD", free: "999800.00000000", locked: "150.00000000" },
    // Half a coin less a thousandth of it.
    { asset: "BTC", free: "1000000.49950000", locked: "0.00000000" },
  ]);
  expect(after.updateTime).toBeGreaterThanOrEqual(before.updateTime);
  const poor = await read("/api/v3/account", { omitZeroBalances: true }, world.poor);
  expect(poor.balances).toEqual([]);
});

test("a maker that is paid for its trade is shown so: a fee below zero, in the asset it was paid in", async () => {
  const asset = 0 as AssetIndex;
  const rates = { makerPpm: -500, takerPpm: 2_000, volumeQuanta: 0n };
  world.exchange.run([
    { kind: CommandKind.SetFeeTier, schedule: 0, tier: 0, asset, ...rates },
    { kind: CommandKind.SetAccountFees, account: 1 as AccountIndex, scheduleAndOne: 1 },
  ]);
  const { body: logged } = await world.alice.signed("POST", "/api/v3/userDataStream");
  const socket = await world.connect(`/ws/${logged.listenKey}`);
  const { body: old } = await world.alice.signed("GET", "/api/v3/account");
  await world.alice.rest("BTCUSD", "SELL", "100", "2");
  await world.bob.order({ symbol: "BTCUSD", side: "BUY", type: "MARKET", quantity: "2" });
  // Two coins less what the taker's fee gave back.
  const { balances } = await read("/api/v3/account");
  expect(Number(balances[1].free) - Number(old.balances[1].free)).toBeCloseTo(-1.999);
  const paid = { commission: "-0.00100000", commissionAsset: "BTC" };
  expect(await read("/api/v3/myTrades", { symbol: "BTCUSD" })).toMatchObject([paid]);
  const report = await socket.next(({ x }) => x === "TRADE");
  expect(report).toMatchObject({ n: paid.commission, N: paid.commissionAsset });
});

test("0.29 is priced exactly", async () => {
  // 0.29 * 100 is 28.999999999999996 in binary floating point.
  const orderId = await world.alice.rest("ETHBTC", "BUY", "0.29", "100");
  const order = await read("/api/v3/order", { symbol: "ETHBTC", orderId });
  expect([order.price, order.origQty]).toEqual(["0.29000000", "100.00000000"]);
  const { body: book } = await world.publicClient.get("/api/v3/depth", { symbol: "ETHBTC" });
  expect(book.bids).toEqual([["0.29000000", "100.00000000"]]);
  const { balances } = await read("/api/v3/account");
  expect(balances[1]).toEqual({ asset: "BTC", free: "999971.00000000", locked: "29.00000000" });

  const stream = await world.connect("/ws/ethbtc@trade/ethbtc@bookTicker");
  expect(await stream.next()).toMatchObject({ b: "0.29000000", B: "100.00000000" });
  const sold = { symbol: "ETHBTC", side: "SELL", type: "MARKET", quantity: "100" };
  const { body: fill } = await world.bob.order(sold);
  expect([fill.fills[0].price, fill.cummulativeQuoteQty]).toEqual(["0.29000000", "29.00000000"]);
  expect(await stream.event("trade")).toMatchObject({ p: "0.29000000", q: "100.00000000" });
  const { balances: after } = await read("/api/v3/account");
  expect(after[1]).toEqual({ asset: "BTC", free: "999971.00000000", locked: "0.00000000" });
});

test("an order is found by either id, by its owner only, open or ended", async () => {
  const orderId = await world.alice.rest("BTCUSD", "BUY", "100", "2");
  const found = await read("/api/v3/order", { symbol: "BTCUSD", orderId });
  expect(found).toEqual({
    symbol: "BTCUSD",
    orderId,
    orderListId: -1,
    clientOrderId: expect.stringMatching(/^[A-Za-z0-9]{22}$/),
    price: "100.00000000",
    origQty: "2.00000000",
    executedQty: "0.00000000",
    cummulativeQuoteQty: "0.00000000",
    status: "NEW",
    timeInForce: "GTC",
    type: "LIMIT",
    side: "BUY",
    stopPrice: "0.00000000",
    icebergQty: "0.00000000",
    time: expect.any(Number),
    updateTime: found.time,
    isWorking: true,
    workingTime: found.time,
    origQuoteOrderQty: "0.00000000",
    selfTradePreventionMode: "EXPIRE_TAKER",
  });
  const byText = { symbol: "BTCUSD", origClientOrderId: found.clientOrderId };
  expect(await read("/api/v3/order", byText)).toEqual(found);
  const missing = [400, { code: -2013, msg: "Order does not exist." }];
  const stranger = await world.bob.signed("GET", "/api/v3/order", { symbol: "BTCUSD", orderId });
  expect([stranger.status, stranger.body]).toEqual(missing);
  const elsewhere = { symbol: "ETHUSD", orderId };
  const wrong = await world.alice.signed("GET", "/api/v3/order", elsewhere);
  expect([wrong.status, wrong.body]).toEqual(missing);
  await world.alice.signed("DELETE", "/api/v3/order", byText);
  expect(await read("/api/v3/order", byText)).toMatchObject({ orderId, status: "CANCELED" });
});

test("open orders of one market and of all, oldest first", async () => {
  const first = await world.alice.rest("BTCUSD", "BUY", "99", "1");
  const second = await world.alice.rest("ETHUSD", "BUY", "49", "1");
  const third = await world.alice.rest("BTCUSD", "SELL", "101", "1");
  const ids = async (params: Params): Promise<unknown> =>
    (await read("/api/v3/openOrders", params)).map(({ orderId }: Reply["body"]) => orderId);
  expect(await ids({})).toEqual([first, second, third]);
  expect(await ids({ symbol: "BTCUSD" })).toEqual([first, third]);
  expect(await read("/api/v3/openOrders", {}, world.bob)).toEqual([]);
});

test("all orders and own trades, from an id or within a time", async () => {
  const orders: number[] = [];
  for (let price = 95; price < 100; price++) {
    orders.push(await world.alice.rest("BTCUSD", "BUY", String(price), "1"));
  }
  await world.bob.order({ symbol: "BTCUSD", side: "SELL", type: "MARKET", quantity: "2.5" });
  const ids = async (params: Params): Promise<unknown> => {
    const rows = await read("/api/v3/allOrders", { symbol: "BTCUSD", ...params });
    return rows.map(({ orderId }: Reply["body"]) => orderId);
  };
  expect(await ids({})).toEqual(orders);
  expect(await ids({ limit: 2 })).toEqual(orders.slice(3));
  expect(await ids({ orderId: orders[2], limit: 2 })).toEqual(orders.slice(2, 4));
  expect(await ids({ endTime: 1_000 })).toEqual([]);
  const unknown = { symbol: "BTCUSD", orderId: 123 };
  expect((await world.alice.signed("GET", "/api/v3/allOrders", unknown)).body.code).toBe(-2013);

  const trades = await read("/api/v3/myTrades", { symbol: "BTCUSD" });
  expect(trades).toHaveLength(3);
  expect(trades[0]).toEqual({
    symbol: "BTCUSD",
    id: 1,
    orderId: orders[4],
    orderListId: -1,
    price: "99.00000000",
    qty: "1.00000000",
    quoteQty: "99.00000000",
    commission: "0.00100000",
    commissionAsset: "BTC",
    time: expect.any(Number),
    isBuyer: true,
    isMaker: true,
    isBestMatch: true,
  });
  const taken = await read("/api/v3/myTrades", { symbol: "BTCUSD", fromId: 3 }, world.bob);
  expect(taken).toMatchObject([
    { id: 3, qty: "0.50000000", isBuyer: false, isMaker: false, commission: "0.09700000" },
  ]);
  const ofOrder = await read("/api/v3/myTrades", { symbol: "BTCUSD", orderId: orders[3] });
  expect(ofOrder.map(({ id }: Reply["body"]) => id)).toEqual([2]);
});

test("fees, of one market and as the older routes tell them", async () => {
  const commission = await read("/api/v3/account/commission", { symbol: "ETHBTC" });
  expect(commission.standardCommission.taker).toBe("0.00000000");
  expect(await read("/sapi/v1/asset/tradeFee", { symbol: "BTCUSD" })).toEqual([
    { symbol: "BTCUSD", makerCommission: "0.00100000", takerCommission: "0.00200000" },
  ]);
  expect(await read("/sapi/v1/asset/tradeFee")).toHaveLength(3);
});

test("an account with a fee schedule is told what it pays by its tier; others what the market says", async () => {
  const tier = { kind: CommandKind.SetFeeTier, schedule: 0, asset: 0 as AssetIndex } as const;
  world.exchange.run([
    { ...tier, tier: 0, makerPpm: 500, takerPpm: 1_500, volumeQuanta: 0n },
    { ...tier, tier: 1, makerPpm: -100, takerPpm: 1_000, volumeQuanta: 100_000_000n },
    { kind: CommandKind.SetAccountFees, account: 1 as AccountIndex, scheduleAndOne: 1 },
  ]);
  const symbol = "BTCUSD";
  const rates = async (who = world.alice): Promise<unknown> => {
    const { standardCommission } = await read("/api/v3/account/commission", { symbol }, who);
    const { maker, taker } = standardCommission;
    const order = {
      symbol,
      side: "BUY",
      type: "MARKET",
      quantity: "1",
      computeCommissionRates: true,
    };
    const tried = await who.signed("POST", "/api/v3/order/test", order);
    expect(tried.body.standardCommissionForOrder).toEqual({ maker, taker });
    const [fee] = await read("/sapi/v1/asset/tradeFee", { symbol }, who);
    expect(fee).toEqual({ symbol, makerCommission: maker, takerCommission: taker });
    expect((await read("/api/v3/account", {}, who)).commissionRates).toMatchObject({
      maker,
      taker,
    });
    return [maker, taker];
  };
  expect(await rates()).toEqual(["0.00050000", "0.00150000"]);
  await world.alice.rest(symbol, "SELL", "100", "1");
  await world.bob.order({ symbol, side: "BUY", type: "MARKET", quantity: "1" });
  expect(await rates()).toEqual(["-0.00010000", "0.00100000"]);
  expect(await rates(world.bob)).toEqual(["0.00100000", "0.00200000"]);
  // In markets of another quote it follows no schedule.
  const { standardCommission } = await read("/api/v3/account/commission", { symbol: "ETHBTC" });
  expect(standardCommission).toMatchObject({ maker: "0.00000000", taker: "0.00000000" });
});

test("the routes that clients ask at their start although they trade spot only", async () => {
  const open = async (path: string): Promise<unknown> =>
    (await world.publicClient.get(path, { timestamp: 1, signature: "ignored" })).body;
  expect(await open("/sapi/v1/system/status")).toEqual({ status: 0, msg: "normal" });
  expect(await open("/fapi/v1/exchangeInfo")).toMatchObject({ symbols: [] });
  expect(await open("/dapi/v1/exchangeInfo")).toMatchObject({ symbols: [] });
  expect(await open("/sapi/v1/margin/allPairs")).toEqual([]);
  expect(await open("/sapi/v1/margin/isolated/allPairs")).toEqual([]);
  const coins = await read("/sapi/v1/capital/config/getall");
  expect(coins[0]).toMatchObject({
    coin: "USD",
    free: "1000000.00000000",
    networkList: [
      { network: "RIALTO", withdrawEnable: false, withdrawIntegerMultiple: "0.000001" },
    ],
  });
  expect(await read("/sapi/v1/account/apiRestrictions")).toMatchObject({
    ipRestrict: false,
    enableReading: true,
    enableSpotAndMarginTrading: true,
    enableWithdrawals: false,
  });
});

test("an answer of more rows than any page has costs as much as it takes", async () => {
  const capacities = { ...SMALL_NETWORK.capacities, accountOrdersMax: 2_000 };
  const network = { ...SMALL_NETWORK, capacities };
  await using small = await openWorld({ network, limits: { weightPerMinute: 20 } });
  small.clock.aheadMs = 60_000 - (Date.now() % 60_000);
  const order = { ...PLAIN_ORDER, priceTicks: 6_000, quantity: 1_000n };
  small.exchange.run(Array.from({ length: 1_101 }, () => order));
  const ask = (): Promise<Reply> =>
    small.alice.signed("GET", "/api/v3/openOrders", { symbol: "BTCUSD" });
  const first = await ask();
  expect([first.body.length, first.headers["x-mbx-used-weight-1m"]]).toEqual([1_101, "11"]);
  // It is given what it was let ask for, and then has to wait.
  expect([(await ask()).headers["x-mbx-used-weight-1m"], (await ask()).status]).toEqual([
    "22",
    429,
  ]);
});

test("weights and orders are counted, told in headers, and limited", async () => {
  await using small = await openWorld({
    limits: { weightPerMinute: 200, ordersPer10Seconds: 2, ordersPerDay: 3 },
  });
  // The start of a window, so that none ends within the test.
  small.clock.aheadMs = (Math.floor(Date.now() / 86_400_000) + 1) * 86_400_000 - Date.now();
  const first = await small.publicClient.get("/api/v3/depth", { symbol: "BTCUSD", limit: 500 });
  expect(first.headers["x-mbx-used-weight-1m"]).toBe("25");
  const order = { symbol: "BTCUSD", side: "BUY", type: "LIMIT_MAKER", quantity: "1", price: "99" };
  const placed = await small.alice.order(order);
  expect(placed.headers).toMatchObject({
    "x-mbx-used-weight-1m": "26",
    "x-mbx-order-count-10s": "1",
    "x-mbx-order-count-1d": "1",
  });
  await small.alice.order(order);
  const third = await small.alice.order(order);
  expect([third.status, third.body]).toEqual([
    429,
    { code: -1015, msg: "Too many new orders; current limit is 2 orders per 10 SECOND." },
  ]);
  expect(Number(third.headers["retry-after"])).toBeGreaterThan(0);
  const counts = await small.alice.signed("GET", "/api/v3/rateLimit/order");
  expect(counts.body).toEqual([
    { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 2, count: 2 },
    { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 3, count: 2 },
  ]);
  small.clock.aheadMs += 10_000;
  expect((await small.alice.order(order)).status).toBe(200);
  small.clock.aheadMs += 10_000;
  expect((await small.alice.order(order)).body.msg).toContain("3 orders per 1 DAY");

  const heavy = { path: "/api/v3/ticker/24hr" };
  expect((await small.publicClient.raw(heavy)).status).toBe(200);
  const limited = await small.publicClient.raw(heavy);
  expect([limited.status, limited.body.code]).toEqual([429, -1003]);
  expect(limited.body.msg).toMatch(
    /^Too much request weight used; current limit is 200 request weight per 1 MINUTE/,
  );
  for (let more = 0; more < 100; more++) await small.publicClient.raw(heavy);
  const banned = await small.publicClient.get("/api/v3/ping");
  expect([banned.status, banned.body.code]).toEqual([418, -1003]);
  expect(banned.body.msg).toMatch(/^Way too much request weight used; IP banned until \d{13}\./);
  expect(Number(banned.headers["retry-after"])).toBeGreaterThan(100);
  small.clock.aheadMs += 3 * 60_000;
  expect((await small.publicClient.get("/api/v3/ping")).status).toBe(200);
});
