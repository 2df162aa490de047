import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ALICE,
  holdUntil,
  openBeside,
  openWorld,
  POOR,
  type World,
} from "../testing/gateway-world.ts";
import type { Json, Params } from "../testing/test-client.ts";

// What an operator may set while the exchange runs, and what clients then read and pay.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

async function asOperator(method: string, path: string, params: Params = {}): Promise<Json> {
  return (await world.operator.signed(method, `/operator/${path}`, params)).body;
}

const TIERS = [
  { volume: "0", maker: "0.0005", taker: "0.001" },
  { volume: "150.5", maker: "-0.0001", taker: "0.0008" },
];

function setSchedule(tiers: object = TIERS, change: Params = {}): Promise<Json> {
  const params = { schedule: 3, asset: "USD", tiers: JSON.stringify(tiers), ...change };
  return asOperator("POST", "fee-schedule", params);
}

const SCHEDULE_3 = {
  schedule: 3,
  asset: "USD",
  tiers: [
    { volume: "0.00000000", maker: "0.00050000", taker: "0.00100000" },
    { volume: "150.50000000", maker: "-0.00010000", taker: "0.00080000" },
  ],
};

test("a schedule is set and told, followed, and left again; who follows it reads and pays its rates", async () => {
  expect((await asOperator("GET", "fees")).schedules).toEqual([]);
  expect(await setSchedule()).toEqual(SCHEDULE_3);
  const fees = await asOperator("GET", "fees");
  expect(fees.schedules).toEqual([SCHEDULE_3]);
  expect(fees.markets[0]).toEqual({ symbol: "BTCUSD", maker: "0.00100000", taker: "0.00200000" });

  const followed = await asOperator("POST", "account-fees", { account: ALICE, schedule: 3 });
  const markets = [
    { symbol: "BTCUSD", maker: "0.00050000", taker: "0.00100000" },
    { symbol: "ETHUSD", maker: "0.00050000", taker: "0.00100000" },
    { symbol: "ETHBTC", maker: "0.00000000", taker: "0.00000000" },
  ];
  const account = { account: "1001", schedule: 3, asset: "USD", volume: "0.00000000" };
  expect(followed).toEqual({ ...account, markets });
  const standard = async (): Promise<Json> => {
    const params = { symbol: "BTCUSD" };
    const { body } = await world.alice.signed("GET", "/api/v3/account/commission", params);
    return body.standardCommission;
  };
  expect(await standard()).toMatchObject({ maker: "0.00050000", taker: "0.00100000" });

  // Alice takes for 200 dollars, which is beyond the second tier, and then makes for a rebate.
  await world.bob.rest("BTCUSD", "SELL", "100", "2");
  const taken = await world.alice.order({
    symbol: "BTCUSD",
    side: "BUY",
    type: "MARKET",
    quantity: "2",
  });
  expect(taken.body.fills[0].commission).toBe("0.00200000");
  const reached = await asOperator("GET", "account-fees", { account: ALICE });
  expect(reached).toMatchObject({ schedule: 3, volume: "200.00000000" });
  expect(await standard()).toMatchObject({ maker: "-0.00010000", taker: "0.00080000" });
  const { body: info } = await world.alice.signed("GET", "/api/v3/account");
  expect(info.commissionRates).toMatchObject({ maker: "-0.00010000", taker: "0.00080000" });

  const left = await asOperator("POST", "account-fees", { account: ALICE, schedule: "none" });
  expect(left).toMatchObject({ account: "1001", schedule: null });
  expect([left.asset, left.volume]).toEqual([undefined, undefined]);
  expect(await standard()).toMatchObject({ maker: "0.00100000", taker: "0.00200000" });
});

test("a schedule that is set again has no tier of before", async () => {
  await setSchedule();
  const one = [{ volume: "0", maker: "0", taker: "0.00005" }];
  const tiers = [{ volume: "0.00000000", maker: "0.00000000", taker: "0.00005000" }];
  expect(await setSchedule(one, { asset: "BTC" })).toEqual({ schedule: 3, asset: "BTC", tiers });
  expect((await asOperator("GET", "fees")).schedules).toHaveLength(1);
});

const invalid = (name: string): object => ({
  code: -1130,
  msg: `Data sent for parameter '${name}' is not valid.`,
});
const tier = (change: object): object[] => [{ ...TIERS[0], ...change }];

test.each<[string, object, object]>([
  ["no tier", [], invalid("tiers")],
  ["nine tiers", Array.from({ length: 9 }, () => TIERS[0]), invalid("tiers")],
  ["no array", { volume: "0" }, invalid("tiers")],
  ["a number of JSON", tier({ taker: 0.001 }), invalid("tiers")],
  ["a field too many", tier({ rebate: "0" }), invalid("tiers")],
  ["a field too few", [{ volume: "0", maker: "0" }], invalid("tiers")],
  ["nothing", [null], invalid("tiers")],
  ["a first tier from a volume on", tier({ volume: "1" }), invalid("tiers")],
  ["volumes that do not grow", [TIERS[0], TIERS[0]], invalid("tiers")],
  ["a volume that is none", tier({ volume: "much" }), invalid("tiers")],
  ["a taker who is paid", tier({ taker: "-0.001" }), invalid("tiers")],
  ["a rate beyond a tenth", tier({ maker: "0.100001" }), invalid("tiers")],
  ["a rebate beyond a tenth", tier({ maker: "-0.100001" }), invalid("tiers")],
  [
    "a rate too fine",
    tier({ maker: "0.0000001" }),
    { code: -1111, msg: "Parameter 'tiers' has too much precision." },
  ],
  [
    "a volume too fine",
    tier({ volume: "0.0000001" }),
    { code: -1111, msg: "Parameter 'tiers' has too much precision." },
  ],
  [
    "a rate that is none",
    tier({ maker: "--1" }),
    {
      code: -1100,
      msg: "Illegal characters found in parameter 'tiers'; legal range is '^-?([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
    },
  ],
])("a fee schedule of %s is refused", async (_, tiers, expected) => {
  expect(await setSchedule(tiers)).toEqual(expected);
  expect((await asOperator("GET", "fees")).schedules).toEqual([]);
});

test.each<[Params, string]>([
  [{ schedule: 16 }, "schedule"],
  [{ asset: "GOLD" }, "asset"],
  [{ tiers: "[" }, "tiers"],
])("a fee schedule with %o is refused", async (change, name) => {
  expect(await setSchedule(TIERS, change)).toEqual(invalid(name));
});

test.each<[Params, object]>([
  [{ account: 4_242, schedule: 3 }, invalid("account")],
  [{ account: ALICE, schedule: 4 }, invalid("schedule")],
  [{ account: ALICE, schedule: 16 }, invalid("schedule")],
])("that an account follows a schedule is refused with %o", async (params, expected) => {
  await setSchedule();
  expect(await asOperator("POST", "account-fees", params)).toEqual(expected);
});

const TERMS = {
  symbol: "BTCUSD",
  maker: "0.00100000",
  taker: "0.00200000",
  bandUp: "1.00000000",
  bandDown: "0.50000000",
  quantityMin: "0.00010000",
  quantityMax: "1000.00000000",
  notionalMin: "1.00000000",
  notionalMax: "1000000.00000000",
};

test("terms of a market change one by one; what clients read and pay follows", async () => {
  const symbol = "BTCUSD";
  expect(await asOperator("GET", "market-terms", { symbol })).toEqual(TERMS);
  const changes = { symbol, taker: "0.0005", bandUp: "0.05", bandDown: 0, quantityMin: "0.5" };
  const changed = await asOperator("POST", "market-terms", changes);
  const expected = { taker: "0.00050000", bandUp: "0.05000000", bandDown: "0.00000000" };
  expect(changed).toEqual({ ...TERMS, ...expected, quantityMin: "0.50000000" });

  const { body } = await world.publicClient.get("/api/v3/exchangeInfo", { symbol });
  const filters: readonly Json[] = body.symbols[0].filters;
  const filter = (type: string): Json => filters.find(({ filterType }) => filterType === type);
  expect(filter("LOT_SIZE").minQty).toBe("0.50000000");
  expect(filter("PERCENT_PRICE_BY_SIDE")).toMatchObject({
    bidMultiplierUp: "1.050000",
    bidMultiplierDown: "0",
  });
  const commission = await world.alice.signed("GET", "/api/v3/account/commission", { symbol });
  expect(commission.body.standardCommission.taker).toBe("0.00050000");
  const order = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "1" };
  const far = await world.alice.order({ ...order, price: "105.01" });
  expect(far.body.msg).toBe("Filter failure: PERCENT_PRICE_BY_SIDE");
  const small = await world.alice.order({ ...order, price: "100", quantity: "0.4" });
  expect(small.body.msg).toBe("Filter failure: LOT_SIZE");
  await world.bob.rest(symbol, "SELL", "105", "1");
  const { body: taken } = await world.alice.order({ ...order, price: "105" });
  expect(taken.fills[0]).toMatchObject({ price: "105.00000000", commission: "0.00050000" });
});

test("changes of one market that come at once are all made", async () => {
  const symbol = "BTCUSD";
  world.exchange.delay = () => sleep(1);
  await Promise.all([
    asOperator("POST", "market-terms", { symbol, maker: "0.0001" }),
    asOperator("POST", "market-terms", { symbol, taker: "0.0002" }),
    asOperator("POST", "market-terms", { symbol, quantityMax: "7" }),
    asOperator("POST", "market-terms", { symbol, notionalMax: "70" }),
  ]);
  expect(await asOperator("GET", "market-terms", { symbol })).toEqual({
    ...TERMS,
    maker: "0.00010000",
    taker: "0.00020000",
    quantityMax: "7.00000000",
    notionalMax: "70.00000000",
  });
});

test("terms that are changed at two nodes at once are all changed: each change says what it is of", async () => {
  const symbol = "BTCUSD";
  await using beside = await openBeside(world);
  holdUntil(world, 2);
  await Promise.all([
    asOperator("POST", "market-terms", { symbol, maker: "0.0001" }),
    beside.operator.signed("POST", "/operator/market-terms", { symbol, taker: "0.0002" }),
  ]);
  const changed = { maker: "0.00010000", taker: "0.00020000" };
  expect(await asOperator("GET", "market-terms", { symbol })).toEqual({ ...TERMS, ...changed });
});

test.each<[Params, object]>([
  [{ symbol: "NONE" }, { code: -1121, msg: "Invalid symbol." }],
  [{ maker: "-0.001" }, invalid("maker")],
  [{ taker: "0.100001" }, invalid("taker")],
  [{ bandUp: "1000.1" }, invalid("bandUp")],
  [{ bandDown: "1.1" }, invalid("bandDown")],
  [{ bandDown: "0.0000001" }, { code: -1111, msg: "Parameter 'bandDown' has too much precision." }],
  [
    { quantityMin: "0.00015" },
    { code: -1111, msg: "Parameter 'quantityMin' has too much precision." },
  ],
  [{ quantityMin: "-1" }, invalid("quantityMin")],
  [{ notionalMin: "x" }, invalid("notionalMin")],
  [
    { notionalMax: "0.0000001" },
    { code: -1111, msg: "Parameter 'notionalMax' has too much precision." },
  ],
  [{ quantityMin: 0 }, { code: -3000, msg: "The terms of the market are not valid." }],
  [{ quantityMin: 1_001 }, { code: -3000, msg: "The terms of the market are not valid." }],
  [
    { tickSize: "0.1" },
    {
      code: -1104,
      msg: "Not all sent parameters were read; read '3' parameter(s) but was sent '4'.",
    },
  ],
])("terms of %o are refused, and stay", async (change, expected) => {
  const body = await asOperator("POST", "market-terms", { symbol: "BTCUSD", ...change });
  expect(body).toEqual(expected);
  expect(await asOperator("GET", "market-terms", { symbol: "BTCUSD" })).toEqual(TERMS);
});

const GUARD = { symbol: "ETHUSD", up: "0.1", down: "0.05", windowMs: 60_000, auctionMs: 5 };
const NO_GUARD = {
  symbol: "ETHUSD",
  enabled: false,
  up: "0.00000000",
  down: "0.00000000",
  windowMs: 0,
  auctionMs: 0,
};

test("a guard pauses its market, which clients see; it opens again, and without a guard trades at any price", async () => {
  const symbol = "ETHUSD";
  const shown = async (): Promise<string> =>
    (await world.publicClient.get("/api/v3/exchangeInfo", { symbol })).body.symbols[0].status;
  expect(await asOperator("GET", "guard", { symbol })).toEqual(NO_GUARD);
  const set = { ...NO_GUARD, enabled: true, windowMs: 60_000, auctionMs: 5 };
  const both = { ...set, up: "0.10000000", down: "0.05000000" };
  expect(await asOperator("POST", "guard", GUARD)).toEqual(both);
  expect(await asOperator("GET", "guard", { symbol })).toEqual(both);
  await world.bob.rest(symbol, "SELL", "55", "1");
  await world.bob.rest(symbol, "SELL", "55.1", "1");
  await world.alice.rest(symbol, "BUY", "55.1", "2");
  expect(await shown()).toBe("BREAK");
  await sleep(10);
  // Whatever comes next finds the auction over.
  expect(await asOperator("DELETE", "guard", { symbol })).toEqual(NO_GUARD);
  expect(await shown()).toBe("TRADING");
  const { body } = await world.publicClient.get("/api/v3/trades", { symbol });
  expect(body.map(({ price }: Json) => price)).toEqual(["55.00000000", "55.10000000"]);
  await world.bob.rest(symbol, "SELL", "90", "1");
  await world.alice.rest(symbol, "BUY", "90", "1");
  expect(await shown()).toBe("TRADING");
});

test("terms change with the command that an auction ends before", async () => {
  const symbol = "ETHUSD";
  await asOperator("POST", "guard", GUARD);
  await world.bob.rest(symbol, "SELL", "55.1", "1");
  await world.alice.rest(symbol, "BUY", "55.1", "1");
  await sleep(10);
  const changed = await asOperator("POST", "market-terms", { symbol, maker: "0.0001" });
  expect(changed).toMatchObject({ symbol, maker: "0.00010000" });
  const refused = await asOperator("POST", "market-terms", { symbol, quantityMin: 0 });
  expect(refused.code).toBe(-3000);
});

test.each<[Params, number]>([
  [{ up: undefined, down: undefined }, -1102],
  [{ up: 0, down: 0 }, -1102],
  [{ windowMs: 0 }, -1130],
  [{ auctionMs: 4_294_967_296 }, -1130],
  [{ auctionMs: undefined }, -1102],
  [{ down: "1.000001" }, -1130],
  [{ up: "-0.1" }, -1130],
  [{ up: "" }, -1105],
])("a guard with %o is refused", async (change, code) => {
  const body = await asOperator("POST", "guard", { ...GUARD, ...change });
  expect(body.code).toBe(code);
  expect(await asOperator("GET", "guard", { symbol: "ETHUSD" })).toEqual(NO_GUARD);
});

test("a market is delisted once it is closed and empty, for ever", async () => {
  const symbol = "ETHBTC";
  const delist = (): Promise<Json> => asOperator("POST", "delist", { symbol });
  const setState = (state: string): Promise<Json> =>
    asOperator("POST", "market-state", { symbol, state });
  expect(await delist()).toEqual({ code: -2010, msg: "The market is not closed." });
  await world.alice.rest(symbol, "BUY", "0.4", "1");
  await setState("CLOSED");
  expect(await delist()).toEqual({ code: -2010, msg: "The market has open orders." });
  await asOperator("DELETE", "open-orders", { account: "everybody", symbol });
  expect(await delist()).toEqual({ symbol, state: "DELISTED" });
  expect((await setState("PRE_OPEN")).code).toBe(-2010);
  const closed = { code: -1013, msg: "Market is closed." };
  expect(await asOperator("POST", "market-terms", { symbol, maker: 0 })).toEqual(closed);
  expect(await asOperator("POST", "guard", { ...GUARD, symbol })).toEqual(closed);
  const { body } = await world.publicClient.get("/api/v3/exchangeInfo", { symbol });
  expect(body.symbols[0].status).toBe("BREAK");
  const status = await asOperator("GET", "status");
  expect(status.markets[2]).toEqual({ symbol, state: "DELISTED" });
});

test.each([
  ["GET", "fees", {}],
  ["POST", "fee-schedule", { schedule: 0, asset: "USD", tiers: JSON.stringify(TIERS) }],
  ["POST", "account-fees", { account: POOR, schedule: "none" }],
  ["GET", "account-fees", { account: POOR }],
  ["GET", "market-terms", { symbol: "BTCUSD" }],
  ["POST", "market-terms", { symbol: "BTCUSD", maker: 0 }],
  ["GET", "guard", { symbol: "BTCUSD" }],
  ["POST", "guard", GUARD],
  ["DELETE", "guard", { symbol: "BTCUSD" }],
  ["POST", "delist", { symbol: "BTCUSD" }],
])("%s /operator/%s is for the operator alone", async (method, path, params) => {
  const before = world.exchange.stateHash();
  const { status, body } = await world.alice.signed(method, `/operator/${path}`, params);
  expect([status, body.code]).toEqual([400, -1002]);
  expect(world.exchange.stateHash()).toBe(before);
});
