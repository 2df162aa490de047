import { CommandKind, type MarketIndex } from "@rialto/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import type { Json, Params, Reply } from "../testing/test-client.ts";

// One market with five trades of known times, read through every route of public data.

let world: World;
/** Of the first trade: the third second of some minute, after the exchange's first command. */
const START_MS = Date.UTC(2060, 2, 4, 5, 6, 3);

async function trade(atMs: number, side: "BUY" | "SELL", quantity: string): Promise<void> {
  world.clock.atMs = START_MS + atMs;
  const market = { symbol: "BTCUSD", side, type: "MARKET", quantity };
  const { body } = await world.bob.order(market);
  expect(body.status).toBe("FILLED");
}

async function read(path: string, params: Params = {}): Promise<Reply["body"]> {
  const { status, body } = await world.publicClient.get(`/api/v3/${path}`, params);
  expect([status, body.code]).toEqual([200, undefined]);
  return body;
}

beforeAll(async () => {
  world = await openWorld();
  world.clock.atMs = START_MS - 1_000;
  await world.alice.rest("BTCUSD", "SELL", "101", "1");
  await world.alice.rest("BTCUSD", "SELL", "102", "3");
  await world.alice.rest("BTCUSD", "BUY", "99", "1");
  await world.alice.rest("BTCUSD", "BUY", "98", "2");
  await trade(0, "BUY", "0.5");
  // Two fills of one taker at two prices.
  await trade(500, "BUY", "1");
  await trade(1_000, "SELL", "0.25");
  await trade(61_000, "SELL", "0.25");
  world.clock.atMs = START_MS + 125_000;
});
afterAll(() => world[Symbol.asyncDispose]());

const BOOK = {
  bids: [
    ["99.00000000", "0.50000000"],
    ["98.00000000", "2.00000000"],
  ],
  asks: [["102.00000000", "2.50000000"]],
};

test("time and ping", async () => {
  expect(await read("ping")).toEqual({});
  const { serverTime } = await read("time");
  expect(serverTime).toBe(START_MS + 125_000);
  const { body } = await world.publicClient.raw({
    path: "/api/v3/time",
    headers: { "x-mbx-time-unit": "microsecond" },
  });
  expect(body.serverTime).toBe((START_MS + 125_000) * 1_000);
});

test("the book, as deep as asked", async () => {
  const depth = await read("depth", { symbol: "BTCUSD" });
  expect(depth).toEqual({ lastUpdateId: expect.any(Number), ...BOOK });
  expect((await read("depth", { symbol: "BTCUSD", limit: 1 })).bids).toEqual([BOOK.bids[0]]);
  expect((await read("depth", { symbol: "BTCUSD", limit: 99_999 })).bids).toHaveLength(2);
});

const TRADES = [
  ["101.00000000", "0.50000000", "50.50000000", 0, false],
  ["101.00000000", "0.50000000", "50.50000000", 500, false],
  ["102.00000000", "0.50000000", "51.00000000", 500, false],
  ["99.00000000", "0.25000000", "24.75000000", 1_000, true],
  ["99.00000000", "0.25000000", "24.75000000", 61_000, true],
].map(([price, qty, quoteQty, atMs, isBuyerMaker], index) => ({
  id: index + 1,
  price,
  qty,
  quoteQty,
  time: START_MS + Number(atMs),
  isBuyerMaker,
  isBestMatch: true,
}));

test("trades, the last or from an id on", async () => {
  expect(await read("trades", { symbol: "BTCUSD" })).toEqual(TRADES);
  const last = await read("trades", { symbol: "BTCUSD", limit: 2 });
  expect(last).toEqual(TRADES.slice(3));
  const from = await read("historicalTrades", { symbol: "BTCUSD", fromId: 2, limit: 2 });
  expect(from).toEqual(TRADES.slice(1, 3));
});

test("aggregate trades join the fills of one taker at one price", async () => {
  await world.alice.rest("ETHUSD", "SELL", "51", "1");
  await world.alice.rest("ETHUSD", "SELL", "51", "1");
  await world.bob.order({ symbol: "ETHUSD", side: "BUY", type: "MARKET", quantity: "1.5" });
  const [joined, ...none] = await read("aggTrades", { symbol: "ETHUSD" });
  expect(none).toEqual([]);
  expect(joined).toMatchObject({ a: 1, p: "51.00000000", q: "1.50000000", f: 1, l: 2, m: false });
  const rows = await read("aggTrades", { symbol: "BTCUSD" });
  expect(rows.map(({ a, f, l, q, m, M }: Reply["body"]) => [a, f, l, q, m, M])).toEqual([
    [1, 1, 1, "0.50000000", false, true],
    [2, 2, 2, "0.50000000", false, true],
    [3, 3, 3, "0.50000000", false, true],
    [4, 4, 4, "0.25000000", true, true],
    [5, 5, 5, "0.25000000", true, true],
  ]);
  const timed = { symbol: "BTCUSD", startTime: START_MS, endTime: START_MS + 900 };
  expect(await read("aggTrades", timed)).toHaveLength(3);
  expect((await read("aggTrades", { symbol: "BTCUSD", fromId: 4 }))[0].a).toBe(4);
});

/** A candle at one price, in which no taker bought. */
function flatMinute(openMs: number, volume: string, cost: string, count: number): unknown[] {
  const price = "99.00000000";
  const prices = [price, price, price, price];
  const bought = ["0.00000000", "0.00000000"];
  return [openMs, ...prices, volume, openMs + 59_999, cost, count, ...bought, "0"];
}

test("candles have no gaps and close where the next one begins", async () => {
  const minuteMs = START_MS - 3_000;
  const rows = await read("klines", { symbol: "BTCUSD", interval: "1m" });
  expect(rows).toEqual([
    [
      minuteMs,
      "101.00000000",
      "102.00000000",
      "99.00000000",
      "99.00000000",
      "1.75000000",
      minuteMs + 59_999,
      "176.75000000",
      4,
      "1.50000000",
      "152.00000000",
      "0",
    ],
    flatMinute(minuteMs + 60_000, "0.25000000", "24.75000000", 1),
    flatMinute(minuteMs + 120_000, "0.00000000", "0.00000000", 0),
  ]);
  expect(await read("uiKlines", { symbol: "BTCUSD", interval: "1m" })).toEqual(rows);
  const second = { symbol: "BTCUSD", interval: "1m", startTime: minuteMs + 1, limit: 1 };
  expect(await read("klines", second)).toEqual([rows[1]]);
  const month = await read("klines", { symbol: "BTCUSD", interval: "1M" });
  expect(month.map((row: unknown[]) => [row[0], row[6], row[8]])).toEqual([
    [Date.UTC(2060, 2, 1), Date.UTC(2060, 3, 1) - 1, 5],
  ]);
  expect(await read("klines", { symbol: "ETHBTC", interval: "1d" })).toEqual([]);
});

test("tickers of a day, of another window, of one market, some, and all", async () => {
  const day = await read("ticker/24hr", { symbol: "BTCUSD" });
  expect(day).toEqual({
    symbol: "BTCUSD",
    priceChange: "-2.00000000",
    priceChangePercent: "-1.980",
    // (50.5 + 50.5 + 51 + 24.75 + 24.75) / 2
    weightedAvgPrice: "100.75000000",
    prevClosePrice: "101.00000000",
    lastPrice: "99.00000000",
    lastQty: "0.25000000",
    bidPrice: "99.00000000",
    bidQty: "0.50000000",
    askPrice: "102.00000000",
    askQty: "2.50000000",
    openPrice: "101.00000000",
    highPrice: "102.00000000",
    lowPrice: "99.00000000",
    volume: "2.00000000",
    quoteVolume: "201.50000000",
    openTime: expect.any(Number),
    closeTime: expect.any(Number),
    firstId: 1,
    lastId: 5,
    count: 5,
  });
  expect(day.closeTime - day.openTime).toBeGreaterThanOrEqual(86_400_000);
  const symbols = JSON.stringify(["ETHBTC", "BTCUSD"]);
  const some = await read("ticker/24hr", { symbols, type: "MINI" });
  expect(some.map((row: Reply["body"]) => [row.symbol, row.lastPrice, row.count])).toEqual([
    ["ETHBTC", "0.00000000", 0],
    ["BTCUSD", "99.00000000", 5],
  ]);
  expect(some[0]).not.toHaveProperty("bidPrice");
  expect(await read("ticker/24hr")).toHaveLength(3);
  const short = await read("ticker", { symbol: "BTCUSD", windowSize: "1m" });
  expect([short.count, short.openPrice, short.priceChange]).toEqual([
    1,
    "99.00000000",
    "0.00000000",
  ]);
  expect((await read("ticker", { symbols }))[1].count).toBe(5);
});

test("the ticker of a trading day is of what was traded since midnight, UTC", async () => {
  await using own = await openWorld();
  const ticker = async (params: Params = { symbol: "BTCUSD" }): Promise<Reply["body"]> =>
    (await own.publicClient.get("/api/v3/ticker/tradingDay", params)).body;
  // The last minute of a day.
  const dayMs = 86_400_000;
  const midnightMs = (Math.floor(Date.now() / dayMs) + 1) * dayMs;
  own.clock.atMs = midnightMs - 30_000;
  await own.alice.rest("BTCUSD", "SELL", "101", "1");
  await own.bob.rest("BTCUSD", "BUY", "101", "0.4");
  const before = await ticker();
  expect(before).toMatchObject({
    symbol: "BTCUSD",
    priceChange: "0.00000000",
    openPrice: "101.00000000",
    volume: "0.40000000",
    openTime: midnightMs - dayMs,
    closeTime: midnightMs - 1,
    count: 1,
  });
  own.clock.atMs = midnightMs + 1_000;
  const after = await ticker({ symbols: '["BTCUSD"]', type: "MINI", timeZone: "0" });
  expect(after).toMatchObject([
    { count: 0, openTime: midnightMs, closeTime: midnightMs + dayMs - 1 },
  ]);
  expect(after[0]).not.toHaveProperty("priceChange");
  await own.bob.rest("BTCUSD", "BUY", "101", "0.1");
  expect(await ticker()).toMatchObject({ count: 1, volume: "0.10000000" });
  expect((await ticker({})).code).toBe(-1102);
  const socket = await own.connect("/ws-api/v3?timeUnit=MICROSECOND");
  const asked = { method: "ticker.tradingDay", params: { symbol: "BTCUSD" } };
  const { result } = await socket.ask(asked);
  expect(result.closeTime).toBe((midnightMs + dayMs) * 1_000 - 1);
});

test("last prices, best prices and the average", async () => {
  expect(await read("ticker/price", { symbol: "BTCUSD" })).toEqual({
    symbol: "BTCUSD",
    price: "99.00000000",
  });
  expect(await read("ticker/price")).toHaveLength(3);
  expect(await read("ticker/bookTicker", { symbols: '["BTCUSD"]' })).toEqual([
    {
      symbol: "BTCUSD",
      bidPrice: "99.00000000",
      bidQty: "0.50000000",
      askPrice: "102.00000000",
      askQty: "2.50000000",
    },
  ]);
  const average = await read("avgPrice", { symbol: "BTCUSD" });
  expect(average).toEqual({ mins: 5, price: "100.75000000", closeTime: expect.any(Number) });
});

test("a clock that was set back, or is behind the other members', hides no trade", async () => {
  const { atMs } = world.clock;
  world.clock.atMs = START_MS - 3_600_000;
  const candles = await read("klines", { symbol: "BTCUSD", interval: "1m" });
  const day = await read("ticker/24hr", { symbol: "BTCUSD" });
  const last = await read("ticker", { symbol: "BTCUSD", windowSize: "1m" });
  world.clock.atMs = atMs!;
  expect(candles.map((row: Json) => row[8])).toEqual([4, 1]);
  expect([day.count, last.count]).toEqual([5, 5]);
  expect(last.openTime).toBe(START_MS - 3_000);
});

test("the best price is fresh after its level empties", async () => {
  await world.alice.rest("ETHBTC", "BUY", "0.5", "1");
  const second = await world.alice.rest("ETHBTC", "BUY", "0.6", "1");
  const best = async (): Promise<unknown> =>
    (await read("ticker/bookTicker", { symbol: "ETHBTC" })).bidPrice;
  expect(await best()).toBe("0.60000000");
  await world.bob.order({ symbol: "ETHBTC", side: "SELL", type: "MARKET", quantity: "1" });
  expect(await best()).toBe("0.50000000");
  const gone = await world.alice.signed("GET", "/api/v3/order", {
    symbol: "ETHBTC",
    orderId: second,
  });
  expect(gone.body.status).toBe("FILLED");
});

test("markets with their rules, as every client reads them", async () => {
  const info = await read("exchangeInfo");
  expect(info).toMatchObject({ timezone: "UTC", exchangeFilters: [] });
  expect(info.symbols.map(({ symbol }: Reply["body"]) => symbol)).toEqual([
    "BTCUSD",
    "ETHUSD",
    "ETHBTC",
  ]);
  const [bitcoin, ether] = info.symbols;
  expect(bitcoin).toMatchObject({
    status: "TRADING",
    baseAsset: "BTC",
    quoteAsset: "USD",
    baseAssetPrecision: 8,
    // A dollar has six decimals here: an amount with more is refused, and fees are rounded up to them.
    quotePrecision: 6,
    quoteAssetPrecision: 6,
    quoteCommissionPrecision: 6,
    orderTypes: [
      "LIMIT",
      "LIMIT_MAKER",
      "MARKET",
      "STOP_LOSS",
      "STOP_LOSS_LIMIT",
      "TAKE_PROFIT",
      "TAKE_PROFIT_LIMIT",
    ],
    icebergAllowed: true,
    allowTrailingStop: true,
    amendAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    permissions: [],
    permissionSets: [["SPOT"]],
    quoteOrderQtyMarketAllowed: true,
    defaultSelfTradePreventionMode: "EXPIRE_TAKER",
  });
  const filters = Object.fromEntries(
    bitcoin.filters.map(({ filterType, ...rest }: Reply["body"]) => [filterType, rest]),
  );
  expect(filters).toEqual({
    PRICE_FILTER: { minPrice: "0.01000000", maxPrice: "100000.00000000", tickSize: "0.01000000" },
    ICEBERG_PARTS: { limit: 100 },
    TRAILING_DELTA: {
      minTrailingAboveDelta: 1,
      maxTrailingAboveDelta: 10_000,
      minTrailingBelowDelta: 1,
      maxTrailingBelowDelta: 10_000,
    },
    LOT_SIZE: { minQty: "0.00010000", maxQty: "1000.00000000", stepSize: "0.00010000" },
    MARKET_LOT_SIZE: { minQty: "0.00010000", maxQty: "1000.00000000", stepSize: "0.00010000" },
    NOTIONAL: {
      minNotional: "1.00000000",
      maxNotional: "1000000.00000000",
      applyMinToMarket: true,
      applyMaxToMarket: true,
      avgPriceMins: 0,
    },
    PERCENT_PRICE_BY_SIDE: {
      bidMultiplierUp: "2.000000",
      bidMultiplierDown: "0.500000",
      askMultiplierUp: "2.000000",
      askMultiplierDown: "0.500000",
      avgPriceMins: 0,
    },
    MAX_NUM_ORDERS: { maxNumOrders: 200 },
  });
  expect(JSON.stringify(ether.filters)).not.toContain("PERCENT_PRICE");
  const one = await read("exchangeInfo", { symbol: "ETHBTC" });
  expect(one.symbols).toHaveLength(1);
  const bare = await read("exchangeInfo", { symbol: "ETHBTC", showPermissionSets: "false" });
  expect(bare.symbols).toEqual([{ ...one.symbols[0], permissionSets: [] }]);
  for (const [permissions, count] of [
    ["SPOT", 3],
    ['["MARGIN","SPOT"]', 3],
    ["MARGIN", 0],
    ['["LEVERAGED"]', 0],
  ] as const) {
    expect((await read("exchangeInfo", { permissions })).symbols).toHaveLength(count);
  }
  const halted = await read("exchangeInfo", { symbolStatus: "HALT" });
  expect(halted.symbols).toEqual([]);
});

test("a market's rules and fees are those of now, however the network's file writes them", async () => {
  const [first, ...others] = SMALL_NETWORK.markets;
  const written = { ...first!, tickSize: "1e-2", lotSize: ".0001", priceMin: "0.0100000000" };
  const network = { ...SMALL_NETWORK, markets: [written, ...others] };
  await using own = await openWorld({ network });
  const filters = async (): Promise<Json> => {
    const { body } = await own.publicClient.get("/api/v3/exchangeInfo", { symbol: "BTCUSD" });
    const rows = body.symbols[0].filters.map((row: Json) => [row.filterType, row]);
    return Object.fromEntries(rows);
  };
  const before = await filters();
  expect(before.PRICE_FILTER).toMatchObject({ minPrice: "0.01000000", tickSize: "0.01000000" });
  expect(before.LOT_SIZE).toMatchObject({ stepSize: "0.00010000", maxQty: "1000.00000000" });
  const market = 0 as MarketIndex;
  const changes = { lotsMax: 20_000n, notionalMinQuanta: 5_000_000n, takerFeePpm: 3_040 };
  own.exchange.run([{ kind: CommandKind.ChangeMarket, market, changes }]);
  const after = await filters();
  expect(after.LOT_SIZE.maxQty).toBe("2.00000000");
  expect(after.NOTIONAL.minNotional).toBe("5.00000000");
  const fees = await own.alice.signed("GET", "/sapi/v1/asset/tradeFee", { symbol: "BTCUSD" });
  expect(fees.body[0].takerCommission).toBe("0.00304000");
  const { body: account } = await own.alice.signed("GET", "/api/v3/account");
  // Clients take whole basis points there.
  expect(account.takerCommission).toBe(30);
  const of = { symbol: "BTCUSD" };
  const { body: commission } = await own.alice.signed("GET", "/api/v3/account/commission", of);
  expect(commission.standardCommission.taker).toBe("0.00304000");
});
