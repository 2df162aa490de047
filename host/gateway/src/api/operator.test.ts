import { setTimeout as sleep } from "node:timers/promises";
import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  CommandKind,
  type MarketIndex,
  OrderType,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ALICE, openWorld, POOR, type World } from "../testing/gateway-world.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import { type Json, type Params, TestClient } from "../testing/test-client.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function balance(asset: string): Promise<unknown> {
  const { body } = await world.poor.signed("GET", "/api/v3/account");
  return body.balances.find((row: { readonly asset: string }) => row.asset === asset).free;
}

test("the operator credits and debits accounts, and nobody else does", async () => {
  const move = { account: POOR, asset: "USD", amount: "12.5", reference: 77 };
  const credited = await world.operator.signed("POST", "/operator/deposit", move);
  expect([credited.status, credited.body]).toEqual([
    200,
    { account: "1003", asset: "USD", amount: "12.50000000", reference: "77" },
  ]);
  expect(await balance("USD")).toBe("12.50000000");
  const debit = { ...move, amount: "2.5" };
  const debited = await world.operator.signed("POST", "/operator/withdraw", debit);
  expect(debited.body.amount).toBe("2.50000000");
  expect(await balance("USD")).toBe("10.00000000");
  const tooMuch = await world.operator.signed("POST", "/operator/withdraw", move);
  expect([tooMuch.status, tooMuch.body.code]).toEqual([400, -2010]);
  const other = await world.alice.signed("POST", "/operator/deposit", move);
  expect([other.status, other.body.code]).toEqual([400, -1002]);
  expect(await balance("USD")).toBe("10.00000000");
});

test.each([
  [{ amount: "0.0000001" }, -1111, "Parameter 'amount' has too much precision."],
  [{ amount: "0" }, -1130, "Data sent for parameter 'amount' is not valid."],
  [{ amount: "-1" }, -1130, "Data sent for parameter 'amount' is not valid."],
  [{ amount: "9223372036854" }, -1130, "Data sent for parameter 'amount' is not valid."],
  [{ asset: "GOLD" }, -1130, "Data sent for parameter 'asset' is not valid."],
  [{ account: "18446744073709551616" }, -1130, "Data sent for parameter 'account' is not valid."],
  [
    { amount: undefined },
    -1102,
    "Mandatory parameter 'amount' was not sent, was empty/null, or malformed.",
  ],
])("a credit of %o is refused", async (change, code, msg) => {
  const params = { account: POOR, asset: "USD", amount: "1", ...change };
  const { status, body } = await world.operator.signed("POST", "/operator/deposit", params);
  expect([status, body]).toEqual([400, { code, msg }]);
});

test("nothing is withdrawn from an account that is not open, and a deposit opens one", async () => {
  const move = { account: 4_242, asset: "BTC", amount: "1" };
  const none = await world.operator.signed("POST", "/operator/withdraw", move);
  expect(none.body.msg).toBe("Data sent for parameter 'account' is not valid.");
  expect((await world.operator.signed("POST", "/operator/deposit", move)).status).toBe(200);
  expect((await world.operator.signed("POST", "/operator/withdraw", move)).status).toBe(200);
});

/** Alice has an order whose time is over: it ends with the command that comes next, before it. */
async function letAliceExpire(): Promise<void> {
  await world.alice.rest("BTCUSD", "BUY", "90", "1");
  const account = 1 as AccountIndex;
  world.exchange.run([{ kind: CommandKind.SetDeadline, account, timeoutMs: 1n }]);
  await sleep(10);
}

test("a credit is answered as done, and a refusal as one, where somebody's order ended just before", async () => {
  const move = { account: 4_243, asset: "BTC", amount: "1" };
  // Opens the account, which is a command of its own.
  await letAliceExpire();
  expect((await world.operator.signed("POST", "/operator/deposit", move)).status).toBe(200);
  await letAliceExpire();
  expect((await world.operator.signed("POST", "/operator/deposit", move)).status).toBe(200);
  await letAliceExpire();
  const much = { ...move, amount: "3" };
  const refused = await world.operator.signed("POST", "/operator/withdraw", much);
  expect([refused.status, refused.body.code]).toEqual([400, -2010]);
});

test("a market is halted, takes only cancels, and opens again", async () => {
  const set = async (state: string): Promise<unknown> =>
    (await world.operator.signed("POST", "/operator/market-state", { symbol: "BTCUSD", state }))
      .body;
  const orderId = await world.alice.rest("BTCUSD", "BUY", "99", "1");
  const order = { symbol: "BTCUSD", side: "BUY", type: "MARKET", quantity: "1" };
  const cancel = { symbol: "BTCUSD", orderId };
  const closed = { code: -1013, msg: "Market is closed." };
  expect(await set("HALT")).toEqual({ symbol: "BTCUSD", state: "HALT" });
  expect((await world.alice.order(order)).body).toEqual(closed);
  expect((await world.alice.signed("POST", "/api/v3/order/test", order)).body).toEqual(closed);
  expect((await world.alice.signed("DELETE", "/api/v3/order", cancel)).body).toEqual(closed);
  const { body: info } = await world.publicClient.get("/api/v3/exchangeInfo", {
    symbolStatus: "HALT",
  });
  expect(info.symbols.map((row: { readonly symbol: string }) => row.symbol)).toEqual(["BTCUSD"]);
  await set("CANCEL_ONLY");
  expect((await world.alice.order(order)).body).toEqual(closed);
  expect((await world.alice.signed("DELETE", "/api/v3/order", cancel)).body.status).toBe(
    "CANCELED",
  );
  await set("TRADING");
  expect((await world.alice.order(order)).body.status).toBe("EXPIRED");
  const { body } = await world.operator.signed("POST", "/operator/market-state", {
    symbol: "BTCUSD",
    state: "OPEN",
  });
  expect(body.code).toBe(-1130);
});

const LIMIT = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC" };

async function readInfo(params: Params = {}): Promise<Readonly<Record<string, string>>> {
  const { body } = await world.publicClient.get("/api/v3/exchangeInfo", params);
  const rows = body.symbols as readonly { readonly symbol: string; readonly status: string }[];
  return Object.fromEntries(rows.map(({ symbol, status }) => [symbol, status]));
}

async function setState(symbol: string, state: string): Promise<unknown> {
  return (await world.operator.signed("POST", "/operator/market-state", { symbol, state })).body;
}

async function shownState(symbol: string): Promise<string | undefined> {
  const { body } = await world.operator.signed("GET", "/operator/status");
  const markets = body.markets as readonly { readonly symbol: string; readonly state: string }[];
  return markets.find((market) => market.symbol === symbol)?.state;
}

test("a market that takes only post-only orders names in its types what it takes", async () => {
  const symbol = "BTCUSD";
  const sent: Readonly<Record<string, Params>> = {
    LIMIT: { price: "99", timeInForce: "GTC" },
    LIMIT_MAKER: { price: "99" },
    MARKET: {},
    STOP_LOSS: { stopPrice: "110" },
    STOP_LOSS_LIMIT: { stopPrice: "110", price: "111", timeInForce: "GTC" },
    TAKE_PROFIT: { stopPrice: "90" },
    TAKE_PROFIT_LIMIT: { stopPrice: "90", price: "89", timeInForce: "GTC" },
  };
  for (const state of ["POST_ONLY", "TRADING"]) {
    await setState(symbol, state);
    const taken: string[] = [];
    for (const [type, params] of Object.entries(sent)) {
      const order = { symbol, side: "BUY", quantity: "1", type, ...params };
      const { status } = await world.alice.signed("POST", "/api/v3/order/test", order);
      if (status === 200) taken.push(type);
    }
    const { body } = await world.publicClient.get("/api/v3/exchangeInfo", { symbol });
    expect(body.symbols[0]).toMatchObject({ status: "TRADING", orderTypes: taken });
  }
});

test("a market goes through all its states, and not where it may not go", async () => {
  const symbol = "ETHBTC";
  for (const state of ["POST_ONLY", "CLOSED", "PRE_OPEN", "AUCTION", "TRADING"]) {
    expect(await setState(symbol, state)).toEqual({ symbol, state });
    expect(await shownState(symbol)).toBe(state);
  }
  expect(await setState(symbol, "PRE_OPEN")).toEqual({
    code: -2010,
    msg: "The market cannot go to that state.",
  });
  expect(await shownState(symbol)).toBe("TRADING");
});

test("orders gather in an auction, and trade when it ends: at once, or when trading goes on", async () => {
  const symbol = "ETHBTC";
  const gather = async (): Promise<void> => {
    await setState(symbol, "AUCTION");
    await world.alice.rest(symbol, "BUY", "0.5", "1");
    await world.bob.rest(symbol, "SELL", "0.5", "1");
  };
  const trades = async (): Promise<number> =>
    (await world.publicClient.get("/api/v3/trades", { symbol })).body.length;
  await gather();
  expect(await setState(symbol, "TRADING")).toEqual({ symbol, state: "TRADING" });
  expect(await trades()).toBe(1);
  await gather();
  await world.operator.signed("POST", "/operator/trading", { enabled: false });
  expect(await setState(symbol, "TRADING")).toEqual({
    symbol,
    state: "AUCTION",
    uncrossesTo: "TRADING",
  });
  expect([await trades(), await shownState(symbol)]).toEqual([1, "AUCTION"]);
  await world.operator.signed("POST", "/operator/trading", { enabled: true });
  expect([await trades(), await shownState(symbol)]).toEqual([2, "TRADING"]);
});

/** The market's guard has paused it, and its auction is over: it opens with the command that comes next. */
async function letEthereumReopen(): Promise<void> {
  const market = 1 as MarketIndex;
  const guard = { market, upPpm: 1, downPpm: 1, windowMs: 60_000, auctionMs: 1 };
  world.exchange.run([{ kind: CommandKind.SetMarketGuard, ...guard }]);
  await world.bob.rest("ETHUSD", "SELL", "50", "1");
  await world.bob.rest("ETHUSD", "SELL", "55", "1");
  await world.alice.rest("ETHUSD", "BUY", "55", "2");
  expect(await shownState("ETHUSD")).toBe("AUCTION");
  await sleep(10);
}

test("a refusal is answered as one where another market opens with it", async () => {
  await letEthereumReopen();
  expect(await setState("BTCUSD", "PRE_OPEN")).toEqual({
    code: -2010,
    msg: "The market cannot go to that state.",
  });
  expect(await shownState("ETHUSD")).toBe("TRADING");
});

/** A lot of bitcoin at 90 dollars. */
const PLACE = {
  kind: CommandKind.Place,
  market: 0 as MarketIndex,
  side: Side.Buy,
  orderType: OrderType.Limit,
  selfTrade: SelfTrade.ExpireTaker,
  priceTicks: 9_000,
  quantity: 1_000n,
  clientOrderId: 0n,
} as const;
const MONEY = { asset: 0 as AssetIndex, quanta: 1_000_000_000n, reference: 0n } as const;

test("the kill switch stops all trading; orders may leave; everybody who asks is told", async () => {
  const set = async (enabled: boolean): Promise<unknown> =>
    (await world.operator.signed("POST", "/operator/trading", { enabled })).body;
  const closed = { code: -1013, msg: "Market is closed." };
  const order = { ...LIMIT, price: "99", quantity: "1" };
  const orderId = await world.alice.rest("BTCUSD", "BUY", "99", "1");
  await setState("ETHUSD", "HALT");
  await setState("ETHBTC", "CLOSED");
  const before = await readInfo();
  expect(await set(false)).toEqual({ enabled: false });
  // Again: it is what it is.
  expect(await set(false)).toEqual({ enabled: false });
  expect((await world.alice.order(order)).body).toEqual(closed);
  expect((await world.alice.signed("POST", "/api/v3/order/test", order)).body).toEqual(closed);
  expect(await readInfo()).toEqual({ ...before, BTCUSD: "CANCEL_ONLY" });
  expect(before).toEqual({ BTCUSD: "TRADING", ETHUSD: "HALT", ETHBTC: "BREAK" });
  expect(Object.keys(await readInfo({ symbolStatus: "TRADING" }))).toEqual([]);
  await setState("ETHBTC", "AUCTION");
  expect((await readInfo())["ETHBTC"]).toBe("CANCEL_ONLY");
  await setState("ETHBTC", "CLOSED");
  const { body: system } = await world.publicClient.get("/sapi/v1/system/status");
  expect(system).toEqual({ status: 1, msg: "system_maintenance" });
  const { body: status } = await world.operator.signed("GET", "/operator/status");
  expect([status.trading, status.ready]).toEqual([false, true]);
  expect((await world.publicClient.get("/stats")).body.trading).toBe(false);
  expect((await world.gateway.metrics()).text).toContain("rialto_trading_enabled 0\n");
  const gone = await world.alice.signed("DELETE", "/api/v3/order", { symbol: "BTCUSD", orderId });
  expect(gone.body.status).toBe("CANCELED");
  expect(await set(true)).toEqual({ enabled: true });
  expect((await world.alice.signed("POST", "/api/v3/order/test", order)).body).toEqual({});
  expect(await readInfo()).toEqual(before);
  const { body: normal } = await world.publicClient.get("/sapi/v1/system/status");
  expect(normal).toEqual({ status: 0, msg: "normal" });
  expect((await world.gateway.metrics()).text).toContain("rialto_trading_enabled 1\n");
  await setState("ETHUSD", "TRADING");
  await setState("ETHBTC", "AUCTION");
  await setState("ETHBTC", "TRADING");
});

test("an account may be kept from placing orders; it may cancel, and sees why", async () => {
  const set = async (enabled: boolean): Promise<unknown> =>
    (await world.operator.signed("POST", "/operator/account-state", { account: ALICE, enabled }))
      .body;
  const order = { ...LIMIT, price: "99", quantity: "1" };
  const canTrade = async (): Promise<boolean> =>
    (await world.alice.signed("GET", "/api/v3/account")).body.canTrade;
  const shown = async (): Promise<unknown> =>
    (await world.operator.signed("GET", "/operator/account-state", { account: ALICE })).body;
  const orderId = await world.alice.rest("BTCUSD", "BUY", "99", "1");
  expect(await canTrade()).toBe(true);
  expect(await shown()).toEqual({ account: "1001", enabled: true });
  expect(await set(false)).toEqual({ account: "1001", enabled: false });
  expect(await shown()).toEqual({ account: "1001", enabled: false });
  expect(await canTrade()).toBe(false);
  const blocked = { code: -2010, msg: "The account may not place orders." };
  expect((await world.alice.order(order)).body).toEqual(blocked);
  expect((await world.alice.signed("POST", "/api/v3/order/test", order)).body).toEqual(blocked);
  expect((await world.bob.signed("POST", "/api/v3/order/test", order)).body).toEqual({});
  const gone = await world.alice.signed("DELETE", "/api/v3/order", { symbol: "BTCUSD", orderId });
  expect(gone.body.status).toBe("CANCELED");
  expect(await set(true)).toEqual({ account: "1001", enabled: true });
  expect(await canTrade()).toBe(true);
  const params = { account: 999_999, enabled: false };
  for (const method of ["POST", "GET"]) {
    const asked = method === "POST" ? params : { account: params.account };
    const { body } = await world.operator.signed(method, "/operator/account-state", asked);
    expect(body).toEqual({ code: -1130, msg: "Data sent for parameter 'account' is not valid." });
  }
});

test.each([
  ["POST", "/operator/trading", { enabled: false }],
  ["POST", "/operator/account-state", { account: ALICE, enabled: false }],
  ["GET", "/operator/account-state", { account: ALICE }],
  ["DELETE", "/operator/open-orders", { account: "everybody" }],
  ["POST", "/operator/withdraw-fees", { asset: "USD", amount: "1" }],
  ["POST", "/operator/sub-account", { account: 1, master: ALICE }],
  ["POST", "/operator/transfer", { source: ALICE, target: POOR, asset: "USD", amount: "1" }],
])("%s %s is for the operator alone", async (method, path, params) => {
  const { status, body } = await world.alice.signed(method, path, params);
  expect([status, body.code]).toEqual([400, -1002]);
  expect((await world.publicClient.raw({ method, path })).status).toBeGreaterThanOrEqual(400);
  expect(world.exchange.engine.isSuspended()).toBe(false);
  expect(world.exchange.engine.isBlocked(1 as AccountIndex)).toBe(false);
});

/** Two of alice's to buy and one to sell in one market, one in another; one of bob's. */
async function placeFive(): Promise<void> {
  await world.alice.rest("BTCUSD", "BUY", "90", "1");
  await world.alice.rest("BTCUSD", "BUY", "91", "1");
  await world.alice.rest("BTCUSD", "SELL", "120", "1");
  await world.alice.rest("ETHUSD", "BUY", "40", "1");
  await world.bob.rest("BTCUSD", "SELL", "121", "1");
}

const openOf = async (client: TestClient): Promise<readonly string[]> =>
  (await client.signed("GET", "/api/v3/openOrders")).body.map(
    ({ symbol, side }: { readonly symbol: string; readonly side: string }) => `${symbol} ${side}`,
  );

const massCancel = async (params: Params): Promise<unknown> =>
  (await world.operator.signed("DELETE", "/operator/open-orders", params)).body;

test("orders are cancelled by account, market and side, in halted markets too", async () => {
  expect(await massCancel({ account: "everybody" })).toMatchObject({ more: false });
  await placeFive();
  const none = { canceled: 0, more: false };
  expect(await massCancel({ account: POOR })).toEqual(none);
  expect(await massCancel({ account: "everybody", symbol: "ETHBTC" })).toEqual(none);
  const buys = { account: ALICE, symbol: "BTCUSD", side: "BUY" };
  expect(await massCancel(buys)).toEqual({ canceled: 2, more: false });
  expect(await openOf(world.alice)).toEqual(["BTCUSD SELL", "ETHUSD BUY"]);
  await setState("BTCUSD", "HALT");
  const market = { account: "everybody", symbol: "BTCUSD" };
  expect(await massCancel(market)).toEqual({ canceled: 2, more: false });
  await setState("BTCUSD", "TRADING");
  expect([await openOf(world.alice), await openOf(world.bob)]).toEqual([["ETHUSD BUY"], []]);
  await world.operator.signed("POST", "/operator/trading", { enabled: false });
  expect(await massCancel({ account: ALICE })).toEqual({ canceled: 1, more: false });
  await world.operator.signed("POST", "/operator/trading", { enabled: true });
  expect(await openOf(world.alice)).toEqual([]);
});

const invalid = (name: string): object => ({
  code: -1130,
  msg: `Data sent for parameter '${name}' is not valid.`,
});

async function asOperator(path: string, params: Params): Promise<Json> {
  return (await world.operator.signed("POST", `/operator/${path}`, params)).body;
}

test("a sub-account is opened, pays by its master's schedule, and money moves within the family", async () => {
  const part = 7_001;
  const open = { account: part, master: ALICE };
  expect(await asOperator("sub-account", open)).toEqual({ account: "7001", master: "1001" });
  const exists = { code: -3000, msg: "The account exists." };
  expect(await asOperator("sub-account", open)).toEqual(exists);
  const nested = await asOperator("sub-account", { account: 7_002, master: part });
  expect(nested).toEqual({ code: -2010, msg: "The account is a sub-account." });
  expect(await asOperator("sub-account", { account: 7_002, master: 8_000 })).toEqual(
    invalid("master"),
  );

  const tiers = JSON.stringify([{ volume: "0", maker: "0", taker: "0.0003" }]);
  await asOperator("fee-schedule", { schedule: 15, asset: "USD", tiers });
  await asOperator("account-fees", { account: ALICE, schedule: 15 });
  const { body: fees } = await world.operator.signed("GET", "/operator/account-fees", {
    account: part,
  });
  expect(fees).toMatchObject({ account: "7001", schedule: 15 });
  expect(fees.markets[0].taker).toBe("0.00030000");
  expect((await asOperator("account-fees", { account: part, schedule: 15 })).msg).toBe(
    "The account is a sub-account.",
  );
  await asOperator("account-fees", { account: ALICE, schedule: "none" });

  const move = { source: ALICE, target: part, asset: "ETH", amount: "1.5", reference: 8 };
  expect(await asOperator("transfer", move)).toEqual({
    source: "1001",
    target: "7001",
    asset: "ETH",
    amount: "1.5000000000",
    reference: "8",
  });
  const account = world.exchange.engine.findAccount(7_001n)!;
  expect(world.exchange.engine.balances(account)).toMatchObject([
    { asset: 2, availableQuanta: 15_000_000_000n },
  ]);
  const back = { ...move, source: part, target: ALICE };
  expect((await asOperator("transfer", { ...back, amount: "1.6" })).code).toBe(-2010);
  expect((await asOperator("transfer", back)).amount).toBe("1.5000000000");
  expect(await asOperator("transfer", { ...move, target: POOR })).toEqual({
    code: -2010,
    msg: "The accounts are not of one family.",
  });
});

test.each<[Params, object]>([
  [{ source: 8_000 }, invalid("source")],
  [{ target: 8_000 }, invalid("target")],
  [{ target: ALICE }, invalid("target")],
  [{ amount: "0" }, invalid("amount")],
  [{ amount: "-1" }, invalid("amount")],
  [{ amount: "0.0000001" }, { code: -1111, msg: "Parameter 'amount' has too much precision." }],
  [{ asset: "GOLD" }, invalid("asset")],
])("a transfer with %o is refused", async (change, expected) => {
  const move = { source: ALICE, target: POOR, asset: "USD", amount: "1" };
  expect(await asOperator("transfer", { ...move, ...change })).toEqual(expected);
});

test("orders of an account's sub-accounts go with it where that is asked for", async () => {
  const parent = world.exchange.engine.findAccount(ALICE)!;
  world.exchange.run([{ kind: CommandKind.OpenSubAccount, number: 1_999n, parent }]);
  const part = world.exchange.engine.findAccount(1_999n)!;
  const place = (account: AccountIndex): Command => ({ ...PLACE, account });
  world.exchange.run([
    { kind: CommandKind.Transfer, source: parent, target: part, ...MONEY },
    place(parent),
    place(part),
  ]);
  expect(await massCancel({ account: ALICE })).toEqual({ canceled: 1, more: false });
  world.exchange.run([place(parent)]);
  const both = { account: ALICE, withFamily: true };
  expect(await massCancel(both)).toEqual({ canceled: 2, more: false });
  expect(await massCancel({ account: 1_999, withFamily: true })).toEqual({
    code: -2010,
    msg: "The account is a sub-account.",
  });
  expect(await massCancel({ account: "everybody", withFamily: true })).toEqual({
    code: -1128,
    msg: "Combination of optional parameters invalid.",
  });
});

test.each([
  [{}, -1102, "Mandatory parameter 'account' was not sent, was empty/null, or malformed."],
  [{ account: "all" }, -1130, "Data sent for parameter 'account' is not valid."],
  [{ account: 999_999 }, -1130, "Data sent for parameter 'account' is not valid."],
  [{ account: ALICE, side: "BOTH" }, -1117, "Invalid side."],
  [{ account: ALICE, symbol: "NONE" }, -1121, "Invalid symbol."],
])("a mass cancel of %o is refused", async (params, code, msg) => {
  await world.alice.rest("BTCUSD", "BUY", "90", "1");
  expect(await massCancel(params)).toEqual({ code, msg });
  expect(await openOf(world.alice)).toEqual(["BTCUSD BUY"]);
  expect(await massCancel({ account: ALICE })).toEqual({ canceled: 1, more: false });
});

test("each order that the operator cancels is told to its owner, whose books others see without it", async () => {
  const socket = await world.connect("/ws-api/v3");
  const params = world.alice.socketParams();
  await socket.ask({ method: "userDataStream.subscribe.signature", params });
  const ids = [
    await world.alice.rest("BTCUSD", "BUY", "90", "1"),
    await world.alice.rest("ETHUSD", "BUY", "40", "1"),
  ];
  await world.bob.rest("BTCUSD", "BUY", "80", "1");
  expect(await massCancel({ account: ALICE })).toEqual({ canceled: 2, more: false });
  const told: number[] = [];
  while (told.length < ids.length) {
    const { event } = await socket.next((message) => message.event?.x === "CANCELED");
    expect(event).toMatchObject({ e: "executionReport", X: "CANCELED", z: "0.00000000" });
    told.push(event.i);
  }
  expect(new Set(told)).toEqual(new Set(ids));
  const { body } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  expect(body.bids).toEqual([["80.00000000", "1.00000000"]]);
  expect(await massCancel({ account: "everybody" })).toEqual({ canceled: 1, more: false });
});

test("a mass cancel does so much and says whether there is more", async () => {
  const capacities = { ...SMALL_NETWORK.capacities, accountOrdersMax: 20_000 };
  await using large = await openWorld({ network: { ...SMALL_NETWORK, capacities } });
  const place = { ...PLACE, account: 1 as AccountIndex };
  large.exchange.run(Array.from({ length: 16_384 + 5 }, () => place));
  const cancel = async (): Promise<unknown> =>
    (await large.operator.signed("DELETE", "/operator/open-orders", { account: "everybody" })).body;
  expect(await cancel()).toEqual({ canceled: 16_384, more: true });
  expect(await cancel()).toEqual({ canceled: 5, more: false });
  expect(large.exchange.engine.counts().openOrders).toBe(0);
});

test("the fees that were collected are taken out of the exchange, and no more", async () => {
  const withdraw = async (amount: string): Promise<unknown> => {
    const params = { asset: "USD", amount, reference: 5 };
    return (await world.operator.signed("POST", "/operator/withdraw-fees", params)).body;
  };
  const totals = async (): Promise<{ readonly issued: string; readonly fees: string }> => {
    const { body } = await world.operator.signed("GET", "/operator/status");
    return body.assets.find((row: { readonly asset: string }) => row.asset === "USD");
  };
  await world.bob.rest("BTCUSD", "BUY", "100", "1");
  await world.alice.rest("BTCUSD", "SELL", "100", "1");
  const before = await totals();
  expect(Number(before.fees)).toBeGreaterThanOrEqual(0.2);
  expect(await withdraw("0.15")).toEqual({ asset: "USD", amount: "0.15000000", reference: "5" });
  const { issued, fees } = await totals();
  expect(Number(issued)).toBeCloseTo(Number(before.issued) - 0.15, 6);
  expect(Number(fees)).toBeCloseTo(Number(before.fees) - 0.15, 6);
  const poor = { code: -2010, msg: "Account has insufficient balance for requested action." };
  expect(await withdraw(before.fees)).toEqual(poor);
  expect(await withdraw(fees)).toMatchObject({ amount: fees });
  expect(await withdraw("0.000001")).toEqual(poor);
  expect((await totals()).fees).toBe("0.00000000");
  await world.operator.signed("POST", "/operator/deposit", {
    account: POOR,
    asset: "USD",
    amount: before.fees,
  });
});

test("an operator is heard from an address that others have used up, or had banned", async () => {
  await using busy = await openWorld({ limits: { weightPerMinute: 50 } });
  const { operator, alice, publicClient, clock } = busy;
  // A minute that has just begun: what was used in it is forgotten at its end.
  clock.aheadMs = 60_000 - (Date.now() % 60_000);
  const set = async (who: TestClient, where: string): Promise<number> =>
    (await who.signed("POST", "/operator/trading", { enabled: false }, where)).status;
  const forged = new TestClient(
    operator.origin,
    { id: operator.credentials.id, secret: "not its own" },
    () => Date.now() + clock.aheadMs,
  );
  while ((await publicClient.get("/api/v3/time")).status === 200);
  expect([await set(alice, "query"), await set(forged, "query")]).toEqual([429, 429]);
  expect(await set(operator, "query")).toBe(200);
  while ((await publicClient.get("/api/v3/time")).status === 429);
  expect([await set(alice, "body"), await set(forged, "body")]).toEqual([418, 418]);
  expect(await set(operator, "body")).toBe(200);
  const wrong = await operator.signed("POST", "/operator/trading", { enabled: "perhaps" });
  expect([wrong.status, wrong.body.code]).toEqual([400, -1100]);
});

test("each command of an operator is written to the log: who, from where, what, and what came of it", async () => {
  const lines: Json[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  await using watched = await openWorld({ gateway: { log } });
  const { operator, alice } = watched;
  const key = operator.credentials.id.slice(0, 8);
  const deposit = { account: POOR, asset: "USD", amount: "1.5", recvWindow: 5_000 };
  await operator.signed("POST", "/operator/deposit", deposit);
  await operator.signed("POST", "/operator/market-state", { symbol: "BTCUSD", state: "PRE_OPEN" });
  await operator.signed("POST", "/operator/trading", { enabled: false }, "body");
  // Questions, and what nobody may, are not.
  await operator.signed("GET", "/operator/status");
  await alice.signed("POST", "/operator/trading", { enabled: true });
  const told = lines.filter(({ msg }) => msg === "operator.command");
  const who = { key, label: "", address: "127.0.0.1" };
  expect(
    told.map(({ level: _1, time: _2, pid: _3, hostname: _4, msg: _5, ...said }) => said),
  ).toEqual([
    {
      ...who,
      operation: "operator.deposit",
      params: { account: "1003", asset: "USD", amount: "1.5" },
      code: 0,
    },
    {
      ...who,
      operation: "operator.marketState",
      params: { symbol: "BTCUSD", state: "PRE_OPEN" },
      code: -2010,
    },
    { ...who, operation: "operator.trading", params: { enabled: "false" }, code: 0 },
  ]);
});

test("the status says where the node stands, and the state hash what it has come to", async () => {
  const { body } = await world.operator.signed("GET", "/operator/status");
  expect(body).toMatchObject({
    nodeId: "memory",
    ready: true,
    durability: "memory",
    counts: { markets: 3, assets: 3 },
  });
  expect(body.readModel.sequence).toBe(body.sequence);
  const usd = body.assets.find((row: { readonly asset: string }) => row.asset === "USD");
  expect(usd.issued).toBe("2000010.00000000");
  const { body: state } = await world.operator.signed("GET", "/operator/state-hash");
  expect(state).toEqual({
    sequence: body.sequence,
    commands: body.commands,
    stateHash: world.exchange.stateHash(),
  });
});
