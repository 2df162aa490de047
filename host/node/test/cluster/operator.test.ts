import { ApiError } from "@rialto/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BEGIN_TIMEOUT_MS, SmallCluster, until } from "../../src/testing/small-cluster.ts";

// What an operator commands at one member goes through the log, and so holds at all; the tests follow one another.

const ALL = [0, 1, 2] as const;
const TRADER = 1_001n;
const ORDER = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "1" };
const CANCEL_ONLY = -1016;
const UNKNOWN = -1007;

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;

beforeAll(async () => {
  cluster = cleanup.use(await SmallCluster.create(3, "crash"));
  await Promise.all(ALL.map((member) => cluster.start(member)));
  await cluster.untilReady(ALL);
  await cluster.fund(0, TRADER);
}, BEGIN_TIMEOUT_MS);
afterAll(() => cleanup.disposeAsync());

async function place(member: number, price: string): Promise<unknown> {
  const client = cluster.client(member, cluster.makeKey(member, TRADER, ["read", "trade"]));
  return await client.signed("POST", "/api/v3/order", { ...ORDER, price });
}

async function openOrders(member: number): Promise<number> {
  const client = cluster.client(member, cluster.makeKey(member, TRADER, ["read", "trade"]));
  return ((await client.signed("GET", "/api/v3/openOrders")) as readonly unknown[]).length;
}

async function infoOf(member: number): Promise<unknown> {
  const response = await fetch(`${cluster.url(member)}/api/v3/exchangeInfo`);
  return ((await response.json()) as { readonly symbols: unknown }).symbols;
}

test("trading is stopped at one member, and stands still at all until it goes on at another", async () => {
  await cluster.operator(0).signed("POST", "/operator/trading", { enabled: false });
  await cluster.untilLevel(ALL);
  for (const member of ALL) {
    await expect(place(member, "50")).rejects.toThrow("Market is closed.");
    expect(await infoOf(member)).toMatchObject([{ symbol: "BTCUSD", status: "CANCEL_ONLY" }]);
    expect(await cluster.stats(member)).toMatchObject({ trading: false });
  }
  await cluster.operator(2).signed("POST", "/operator/trading", { enabled: true });
  await cluster.untilLevel(ALL);
  for (const member of ALL) expect(await place(member, "50")).toMatchObject({ status: "NEW" });
});

test("an account is blocked, and its orders are cancelled, at one member and so at all", async () => {
  const blocked = { account: String(TRADER), enabled: false };
  await cluster.operator(1).signed("POST", "/operator/account-state", blocked);
  await cluster.untilLevel(ALL);
  for (const member of ALL) {
    await expect(place(member, "50")).rejects.toThrow("The account may not place orders.");
    expect(await openOrders(member)).toBe(ALL.length);
  }
  const cancelled = await cluster
    .operator(2)
    .signed("DELETE", "/operator/open-orders", { account: String(TRADER), symbol: "BTCUSD" });
  expect(cancelled).toEqual({ canceled: ALL.length, more: false });
  await cluster
    .operator(0)
    .signed("POST", "/operator/account-state", { ...blocked, enabled: true });
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  for (const member of ALL) expect(await openOrders(member)).toBe(0);
});

test("fees that were collected are withdrawn at one member, and are gone at all", async () => {
  const other = TRADER + 1n;
  await cluster.fund(1, other);
  await place(0, "100");
  const seller = cluster.client(1, cluster.makeKey(1, other, ["read", "trade"]));
  await seller.signed("POST", "/api/v3/order", { ...ORDER, side: "SELL", price: "100" });
  const fees = async (member: number): Promise<string> => {
    const status = await cluster.operator(member).signed("GET", "/operator/status");
    const { assets } = status as { readonly assets: readonly { asset: string; fees: string }[] };
    return assets.find(({ asset }) => asset === "USD")!.fees;
  };
  expect(await fees(1)).toBe("0.20000000");
  const params = { asset: "USD", amount: "0.2", reference: 9 };
  const taken = await cluster.operator(2).signed("POST", "/operator/withdraw-fees", params);
  expect(taken).toEqual({ asset: "USD", amount: "0.20000000", reference: "9" });
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  for (const member of ALL) expect(await fees(member)).toBe("0.00000000");
});

const LISTING = {
  base: "GOLD",
  quote: "BTC",
  tickSize: "0.0001",
  lotSize: "0.01",
  priceMin: "0.0001",
  priceMax: "1",
  referencePrice: "0.01",
  quantityMin: "0.01",
  quantityMax: "1000",
  notionalMin: "0.00001",
  notionalMax: "1000",
  state: "TRADING",
};

test("an asset that is added at one member, a market of it, and a fee schedule, are known at all, also to one that begins anew", async () => {
  const asset = { symbol: "GOLD", decimals: 4 };
  const added = await cluster.operator(1).signed("POST", "/operator/add-asset", asset);
  expect(added).toEqual({ asset: "GOLD", decimals: 4 });
  await cluster.untilLevel(ALL);
  const gold = { account: String(TRADER), asset: "GOLD", amount: "50.0001" };
  await cluster.operator(2).signed("POST", "/operator/deposit", gold);
  const tiers = JSON.stringify([{ volume: "0", maker: "-0.0001", taker: "0.0005" }]);
  const schedule = { schedule: 1, asset: "BTC", tiers };
  await cluster.operator(1).signed("POST", "/operator/fee-schedule", schedule);
  const follows = { account: String(TRADER), schedule: 1 };
  await cluster.operator(2).signed("POST", "/operator/account-fees", follows);
  const listed = await cluster.operator(0).signed("POST", "/operator/list", LISTING);
  expect(listed).toMatchObject({ symbol: "GOLDBTC", state: "TRADING" });
  const knows = async (member: number): Promise<void> => {
    expect(await infoOf(member)).toMatchObject([{ symbol: "BTCUSD" }, { symbol: "GOLDBTC" }]);
    const client = cluster.client(member, cluster.makeKey(member, TRADER, ["read", "trade"]));
    const symbol = "GOLDBTC";
    const { balances } = (await client.signed("GET", "/api/v3/account")) as {
      readonly balances: readonly object[];
    };
    expect(balances).toMatchObject([{}, {}, { asset: "GOLD", free: "50.00010000" }]);
    const rates = await client.signed("GET", "/api/v3/account/commission", { symbol });
    expect(rates).toMatchObject({ standardCommission: { maker: "-0.00010000" } });
    const order = { ...ORDER, symbol, price: "0.01", quantity: "100" };
    expect(await client.signed("POST", "/api/v3/order", order)).toMatchObject({ status: "NEW" });
  };
  await cluster.untilLevel(ALL);
  for (const member of ALL) await knows(member);
  await cluster.kill(2);
  await cluster.start(2);
  await cluster.untilReady(ALL);
  await knows(2);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  const all = { account: "everybody" };
  await cluster.operator(0).signed("DELETE", "/operator/open-orders", all);
});

test("without a quorum the switch is refused by name, and a mass cancel waits for the others", async () => {
  await place(0, "60");
  await cluster.untilLevel(ALL);
  await Promise.all([cluster.kill(1), cluster.kill(2)]);
  await until("member 0 misses the others", async () => !(await cluster.isReady(0)));
  const operator = cluster.operator(0);
  const refusal = await operator
    .signed("POST", "/operator/trading", { enabled: false })
    .catch((error: unknown) => error);
  expect([(refusal as ApiError).code, (refusal as ApiError).message]).toEqual([
    CANCEL_ONLY,
    expect.stringContaining("no quorum"),
  ]);
  const waiting = await operator
    .signed("DELETE", "/operator/open-orders", { account: "everybody" })
    .catch((error: unknown) => error);
  expect((waiting as ApiError).code).toBe(UNKNOWN);
  expect(await openOrders(0)).toBe(1);
  await Promise.all([cluster.start(1), cluster.start(2)]);
  await cluster.untilReady(ALL);
  await until("the order is gone", async () => (await openOrders(0)) === 0);
});
