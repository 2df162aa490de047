import { createHotEngine, restoreHotEngine } from "@rialto/engine";
import { CommandKind } from "@rialto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MarketCatalog } from "../markets/market-catalog.ts";
import { ALICE, holdUntil, openBeside, openWorld, type World } from "../testing/gateway-world.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import type { Json, Params } from "../testing/test-client.ts";

// Assets that are added while the exchange runs.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

async function asOperator(method: string, path: string, params: Params = {}): Promise<Json> {
  return (await world.operator.signed(method, `/operator/${path}`, params)).body;
}

const add = (symbol: string, decimals: number): Promise<Json> =>
  asOperator("POST", "add-asset", { symbol, decimals });

const LISTING = {
  base: "GOLD",
  quote: "USD",
  tickSize: "0.01",
  lotSize: "0.001",
  priceMin: "0.01",
  priceMax: "5000",
  referencePrice: "2000",
  quantityMin: "0.001",
  quantityMax: "100",
  notionalMin: "0.01",
  notionalMax: "10000",
  state: "TRADING",
};

test("an asset that is added can be deposited, is shown, traded, and told to who follows an account, at once", async () => {
  const deposit = { account: ALICE, asset: "GOLD", amount: "2.5005" };
  expect((await asOperator("POST", "deposit", deposit)).code).toBe(-1130);
  expect(await add("GOLD", 4)).toEqual({ asset: "GOLD", decimals: 4 });
  const socket = await world.connect("/ws-api/v3");
  await socket.ask({
    method: "userDataStream.subscribe.signature",
    params: world.alice.socketParams(),
  });
  expect(await asOperator("POST", "deposit", deposit)).toMatchObject({ amount: "2.50050000" });
  const { event } = await socket.next((message) => message.event?.e === "balanceUpdate");
  expect(event).toMatchObject({ a: "GOLD", d: "2.50050000" });
  const balance = async (asset: string): Promise<Json> => {
    const { body } = await world.alice.signed("GET", "/api/v3/account");
    return body.balances.find((row: Json) => row.asset === asset);
  };
  expect(await balance("GOLD")).toEqual({
    asset: "GOLD",
    free: "2.50050000",
    locked: "0.00000000",
  });
  expect((await asOperator("GET", "status")).assets.at(-1)).toEqual({
    asset: "GOLD",
    issued: "2.50050000",
    fees: "0.00000000",
  });

  expect(await asOperator("POST", "list", LISTING)).toMatchObject({ symbol: "GOLDUSD" });
  await world.bob.rest("GOLDUSD", "BUY", "2000.01", "1");
  await world.alice.order({ symbol: "GOLDUSD", side: "SELL", type: "MARKET", quantity: "1" });
  expect((await balance("GOLD")).free).toBe("1.50050000");
  const { body } = await world.publicClient.get("/api/v3/exchangeInfo", { symbol: "GOLDUSD" });
  expect(body.symbols[0]).toMatchObject({ baseAsset: "GOLD", baseAssetPrecision: 4 });
  const tiers = JSON.stringify([{ volume: "0", maker: "0", taker: "0.001" }]);
  const schedule = { schedule: 3, asset: "GOLD", tiers };
  expect(await asOperator("POST", "fee-schedule", schedule)).toMatchObject({ asset: "GOLD" });
  const fine = { ...deposit, amount: "0.00001" };
  expect((await asOperator("POST", "deposit", fine)).code).toBe(-1111);
});

const EXISTS = { code: -3006, msg: "The asset exists already." };

test("an asset is added once: asked for again, at two nodes at once, or as one that the network begins with", async () => {
  await using beside = await openBeside(world);
  holdUntil(world, 2);
  const there = { symbol: "GOLD", decimals: 2 };
  const both = await Promise.all([
    add("GOLD", 4),
    beside.operator.signed("POST", "/operator/add-asset", there).then(({ body }) => body as Json),
  ]);
  expect(both).toEqual([{ asset: "GOLD", decimals: 4 }, EXISTS]);
  expect(await add("GOLD", 4)).toEqual(EXISTS);
  expect(await add("BTC", 8)).toEqual(EXISTS);
  expect(world.exchange.engine.counts().assets).toBe(4);
});

test("every node names the same assets, also from a snapshot of the engine alone; what has no name is in nobody's way", async () => {
  world.exchange.run([
    { kind: CommandKind.AddAsset },
    { kind: CommandKind.AddAsset, name: { symbol: "USD", decimals: 2 } },
  ]);
  await add("GOLD", 12);
  await asOperator("POST", "list", LISTING);
  const { exchange } = world;
  const namesOf = (engine: ConstructorParameters<typeof MarketCatalog>[1]): string[] => {
    const { assets, markets } = new MarketCatalog(SMALL_NETWORK, engine);
    const names = assets.map(({ index, symbol, decimals }) => `${index} ${symbol} ${decimals}`);
    return [...names, ...markets.slice(3).map(({ symbol, base }) => `${symbol} ${base.index}`)];
  };
  const names = ["0 USD 6", "1 BTC 8", "2 ETH 10", "5 GOLD 12", "GOLDUSD 5"];
  expect(namesOf(exchange)).toEqual(names);
  const options = { limits: SMALL_NETWORK.capacities, hashKey: 2n };
  const snapshot = Buffer.concat(exchange.hotEngine.snapshot());
  expect(namesOf({ engine: restoreHotEngine(options, snapshot) })).toEqual(names);
  const engine = createHotEngine(options);
  for (const batch of exchange.batches) {
    engine.commands.set(batch.commands);
    for (let at = 0; at < batch.commands.length;) {
      at = engine.execute(at, batch.commands.length, batch.nowMs);
    }
  }
  expect(namesOf({ engine })).toEqual(names);
});

test.each<[Params, number]>([
  [{ symbol: "gold" }, -1100],
  [{ symbol: "G-LD" }, -1100],
  [{ symbol: "A".repeat(21) }, -1100],
  [{ symbol: undefined }, -1102],
  [{ decimals: 19 }, -1130],
  [{ decimals: -1 }, -1100],
  [{ decimals: undefined }, -1102],
])("an asset with %o is refused", async (change, code) => {
  const params = { symbol: "GOLD", decimals: 4, ...change };
  expect((await asOperator("POST", "add-asset", params)).code).toBe(code);
  expect(world.exchange.engine.counts().assets).toBe(3);
});

test("there is room for so many assets, and only an operator adds one", async () => {
  for (let count = 3; count < SMALL_NETWORK.capacities.assetsMax; count++) {
    expect((await add(`A${count}`, count)).decimals).toBe(count);
  }
  expect(await add("GOLD", 4)).toEqual({
    code: -2010,
    msg: "The exchange has no room for more assets.",
  });
  const params = { symbol: "GOLD", decimals: 4 };
  const { body } = await world.alice.signed("POST", "/operator/add-asset", params);
  expect(body.code).toBe(-1002);
});
