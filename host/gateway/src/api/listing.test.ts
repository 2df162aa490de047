import { createHotEngine, restoreHotEngine } from "@rialto/engine";
import { CommandKind, type MarketIndex } from "@rialto/protocol";
import { createMemoryHistory, createMemoryHistoryStore } from "@rialto/storage";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MarketCatalog } from "../markets/market-catalog.ts";
import { createReadModel } from "../read-model/read-model.ts";
import { holdUntil, openBeside, openWorld, type World } from "../testing/gateway-world.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import type { Json, Params } from "../testing/test-client.ts";

// Markets that are listed while the exchange runs.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

/** With assets of fewer decimals, and of more, than eight. */
const LISTING = {
  base: "BTC",
  quote: "ETH",
  tickSize: "0.0005",
  lotSize: "0.001",
  priceMin: "0.0005",
  priceMax: "50",
  referencePrice: "2",
  quantityMin: "0.002",
  quantityMax: "100",
  notionalMin: "0.01",
  notionalMax: "10000",
  taker: "0.001",
};
const TERMS = {
  maker: "0.00000000",
  taker: "0.00100000",
  bandUp: "0.00000000",
  bandDown: "0.00000000",
  quantityMin: "0.00200000",
  quantityMax: "100.00000000",
  notionalMin: "0.0100000000",
  notionalMax: "10000.0000000000",
};

async function list(change: Params = {}): Promise<Json> {
  return (await world.operator.signed("POST", "/operator/list", { ...LISTING, ...change })).body;
}

async function read(path: string, params: Params = {}): Promise<Json> {
  return (await world.publicClient.get(path, params)).body;
}

const setState = async (symbol: string, state: string): Promise<Json> =>
  (await world.operator.signed("POST", "/operator/market-state", { symbol, state })).body;

test("a market that is listed is known, and trades, at once: rules, orders, books, candles, streams, metrics", async () => {
  const symbol = "BTCETH";
  const all = await world.connect("/ws/!miniTicker@arr");
  await all.next((message) => Array.isArray(message));
  expect((await read("/api/v3/exchangeInfo", { symbol })).code).toBe(-1121);
  expect(await list()).toEqual({ symbol, ...TERMS, state: "HALT" });
  const { symbols } = await read("/api/v3/exchangeInfo");
  expect(symbols.map((market: Json) => market.symbol)).toEqual([
    "BTCUSD",
    "ETHUSD",
    "ETHBTC",
    symbol,
  ]);
  expect(symbols[3]).toMatchObject({ status: "HALT", baseAsset: "BTC", quoteAsset: "ETH" });
  const filter = (type: string): Json =>
    symbols[3].filters.find(({ filterType }: Json) => filterType === type);
  expect(filter("PRICE_FILTER")).toMatchObject({ tickSize: "0.00050000", maxPrice: "50.00000000" });
  expect(filter("LOT_SIZE")).toMatchObject({ stepSize: "0.00100000", minQty: "0.00200000" });

  await setState(symbol, "TRADING");
  const trades = await world.connect("/ws/btceth@trade");
  const orderId = await world.bob.rest(symbol, "SELL", "2.0005", "3");
  const { body } = await world.alice.order({
    symbol,
    side: "BUY",
    type: "LIMIT",
    timeInForce: "GTC",
    price: "2.5",
    quantity: "1",
  });
  expect(body).toMatchObject({ status: "FILLED", cummulativeQuoteQty: "2.0005000000" });
  expect(body.fills[0]).toMatchObject({ price: "2.00050000", commissionAsset: "BTC" });
  const told = await trades.next((message) => message.e === "trade");
  expect(told).toMatchObject({ s: symbol, p: "2.00050000", q: "1.00000000" });
  await all.next(
    (message) =>
      Array.isArray(message) && message.some(({ s, v }: Json) => s === symbol && Number(v) > 0),
  );
  expect((await read("/api/v3/depth", { symbol })).asks).toEqual([["2.00050000", "2.00000000"]]);
  expect(await read("/api/v3/klines", { symbol, interval: "1m" })).toHaveLength(1);
  expect((await read("/api/v3/ticker/24hr", { symbol })).lastPrice).toBe("2.00050000");
  const open = await world.bob.signed("GET", "/api/v3/openOrders");
  expect(open.body.map((order: Json) => [order.symbol, order.orderId])).toEqual([
    [symbol, orderId],
  ]);
  expect((await world.gateway.metrics()).text).toContain(
    'rialto_book_depth_levels{symbol="BTCETH",side="ask"} 1\n',
  );
});

test("who follows an account is told of its orders in a market that is new", async () => {
  const socket = await world.connect("/ws-api/v3");
  await socket.ask({
    method: "userDataStream.subscribe.signature",
    params: world.alice.socketParams(),
  });
  await list({ state: "TRADING" });
  const orderId = await world.alice.rest("BTCETH", "BUY", "1", "1");
  const { event } = await socket.next((message) => message.event?.e === "executionReport");
  expect(event).toMatchObject({ s: "BTCETH", i: orderId, p: "1.00000000" });
});

const EXISTS = { code: -3005, msg: "There is a market BTCETH already." };

test("a listing that is asked for again, as after a timeout, is refused by a code of its own", async () => {
  await list();
  expect(await list()).toEqual(EXISTS);
  expect(await list({ symbol: "BTCETH", tickSize: "0.01", priceMin: "0.01" })).toEqual(EXISTS);
  expect(world.exchange.engine.counts().markets).toBe(4);
});

test("of one listing that is asked for at two nodes at once one is made", async () => {
  await using beside = await openBeside(world);
  holdUntil(world, 2);
  const [here, there] = await Promise.all([
    list(),
    beside.operator.signed("POST", "/operator/list", LISTING),
  ]);
  expect([here, there.body]).toEqual([{ symbol: "BTCETH", ...TERMS, state: "HALT" }, EXISTS]);
  expect(world.exchange.engine.counts().markets).toBe(4);
});

test("two listings that are asked for at two nodes at once are both made", async () => {
  await using beside = await openBeside(world);
  holdUntil(world, 2);
  const other = { ...LISTING, base: "USD", quote: "ETH" };
  const [here, there] = await Promise.all([
    list(),
    beside.operator.signed("POST", "/operator/list", other),
  ]);
  expect([here.symbol, there.body.symbol]).toEqual(["BTCETH", "USDETH"]);
});

test("a pair that is listed again by name, as with other steps, has a number; its old orders keep their market's name", async () => {
  await list({ state: "TRADING" });
  const orderId = await world.alice.rest("BTCETH", "BUY", "1", "1");
  const steps = { tickSize: "0.01", priceMin: "0.01" };
  const second = await list({ ...steps, symbol: "BTCETH2" });
  expect(second.symbol).toBe("BTCETH2");
  const dollars = { ...steps, base: "BTC", quote: "USD" };
  expect((await list({ ...dollars, symbol: "BTCUSD2" })).symbol).toBe("BTCUSD2");
  const wrong = { code: -3000, msg: "The next market of these assets is called BTCUSD3." };
  for (const symbol of ["BTCUSD4", "ETHUSD3", "GOLD"]) {
    expect(await list({ ...dollars, symbol })).toEqual(wrong);
  }
  const order = { symbol: "BTCETH", orderId };
  expect((await world.alice.signed("GET", "/api/v3/order", order)).body.symbol).toBe("BTCETH");
  const { symbols } = await read("/api/v3/exchangeInfo", { symbol: "BTCETH2" });
  expect(symbols[0].filters[0].tickSize).toBe("0.01000000");
});

test("every node names the same markets: from its records, and from a snapshot of the engine alone", async () => {
  await list({ state: "TRADING" });
  await world.bob.rest("BTCETH", "SELL", "2.0005", "3");
  await list({ symbol: "BTCETH2" });
  const { exchange } = world;
  const namesOf = (engine: ConstructorParameters<typeof MarketCatalog>[1]): string[] =>
    new MarketCatalog(SMALL_NETWORK, engine).markets.map(
      (market) =>
        `${market.index} ${market.symbol} ${market.priceText(1)} ${market.quantityText(1)}`,
    );
  const names = namesOf(exchange);
  expect(names.slice(3)).toEqual([
    "3 BTCETH 0.00050000 0.00100000",
    "4 BTCETH2 0.00050000 0.00100000",
  ]);
  const options = { limits: SMALL_NETWORK.capacities, hashKey: 2n };
  const snapshot = Buffer.concat(exchange.hotEngine.snapshot());
  expect(namesOf({ engine: restoreHotEngine(options, snapshot) })).toEqual(names);

  const store = createMemoryHistoryStore({ networkHash: "00" });
  const model = await createReadModel({ history: createMemoryHistory(store) });
  const engine = createHotEngine(options);
  model.load(engine);
  for (const batch of exchange.batches) {
    engine.commands.set(batch.commands);
    for (let at = 0; at < batch.commands.length;) {
      at = engine.execute(at, batch.commands.length, batch.nowMs);
    }
    model.apply(batch);
  }
  expect(namesOf({ engine })).toEqual(names);
  expect(model.market(3).book.count(1)).toBe(1);
});

test("a market whose steps are no decimals, or whose assets have no name, is in nobody's way", async () => {
  const { exchange, alice } = world;
  const { terms } = exchange.engine.market(2 as MarketIndex);
  exchange.run([
    {
      kind: CommandKind.ListMarket,
      ...terms,
      tickLotQuanta: terms.tickLotQuanta + 1n,
      lotQuanta: 3n,
    },
    { kind: CommandKind.AddAsset },
    { kind: CommandKind.ListMarket, ...terms, baseAsset: 3 as never },
  ]);
  expect(exchange.engine.counts().markets).toBe(5);
  expect((await read("/api/v3/exchangeInfo")).symbols).toHaveLength(3);
  expect((await list()).symbol).toBe("BTCETH");
  expect((await alice.signed("GET", "/api/v3/openOrders")).body).toEqual([]);
});

const refused = (msg: string): object => ({ code: -3000, msg });
test.each<[Params, object]>([
  [{ base: "GOLD" }, { code: -1130, msg: "Data sent for parameter 'base' is not valid." }],
  [{ quote: "BTC" }, refused("market BTCBTC: base and quote are the same asset.")],
  [
    { tickSize: "0" },
    refused('market BTCETH: tickSize "0" is not a positive number of at most 8 decimals.'),
  ],
  [
    { tickSize: "x" },
    refused('market BTCETH: tickSize "x" is not a positive number of at most 8 decimals.'),
  ],
  [{ priceMax: "50.0001" }, refused("market BTCETH: priceMax is not a whole number of ticks.")],
  [{ quantityMin: "200" }, refused("market BTCETH: quantityMin is over quantityMax.")],
  [
    { referencePrice: "51" },
    refused("market BTCETH: referencePrice is not between priceMin and priceMax."),
  ],
  [{ state: "DELISTED" }, { code: -1130, msg: "Data sent for parameter 'state' is not valid." }],
  [{ taker: "0.2" }, { code: -1130, msg: "Data sent for parameter 'taker' is not valid." }],
  [
    { lotSize: undefined },
    {
      code: -1102,
      msg: "Mandatory parameter 'lotSize' was not sent, was empty/null, or malformed.",
    },
  ],
])("a listing with %o is refused", async (change, expected) => {
  expect(await list(change)).toEqual(expected);
  expect(world.exchange.engine.counts().markets).toBe(3);
});

const FULL = {
  code: -2010,
  msg: "The exchange has no room for more markets, or for their prices.",
};

test("there is room for so many ticks", async () => {
  expect(await list({ priceMax: "500000", notionalMax: "100000000" })).toEqual(FULL);
  expect(await list()).toMatchObject({ symbol: "BTCETH" });
});

test("there is room for so many markets, and only an operator lists one", async () => {
  const { marketsMax } = SMALL_NETWORK.capacities;
  const symbolOf = (count: number): Params => (count < 2 ? {} : { symbol: `BTCETH${count}` });
  for (let count = 1; count <= marketsMax - 3; count++) await list(symbolOf(count));
  expect(world.exchange.engine.counts().markets).toBe(marketsMax);
  expect(await list(symbolOf(marketsMax - 2))).toEqual(FULL);
  const { body } = await world.alice.signed("POST", "/operator/list", LISTING);
  expect(body.code).toBe(-1002);
});
