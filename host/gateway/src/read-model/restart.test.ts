import { createPrng } from "@rialto/base";
import { createHotEngine } from "@rialto/engine";
import type { MarketIndex, OrderId } from "@rialto/protocol";
import {
  createMemoryHistory,
  createMemoryHistoryStore,
  HistoryChanges,
  type HistoryOrder,
  type MemoryHistoryStore,
} from "@rialto/storage";
import { expect, test } from "vitest";
import type { EngineReader, ExecutedBatch } from "../exchange-port.ts";
import { createGateway } from "../gateway.ts";
import { expectAsEngine } from "../testing/engine-check.ts";
import { openWorld } from "../testing/gateway-world.ts";
import { MemoryExchange } from "../testing/memory-exchange.ts";
import { RandomTrading } from "../testing/random-trading.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import { type Json, TestClient } from "../testing/test-client.ts";
import type { AccountReport } from "./happenings.ts";
import { INTERVALS } from "./intervals.ts";
import type { OrderRecord } from "./order-record.ts";
import { createReadModel, type GatewayReadModel } from "./read-model.ts";

const ACCOUNTS = 5;
const MARKETS = SMALL_NETWORK.markets.length;

async function openModel(store: MemoryHistoryStore): Promise<GatewayReadModel> {
  return createReadModel({
    history: createMemoryHistory(store),
    closedOrdersMax: 20,
    waitingRowsMax: 60,
  });
}

/** The answer to every question there is. */
async function answersOf(
  model: GatewayReadModel,
  nowMs: number,
  orderIds: readonly number[],
): Promise<unknown> {
  const accounts = await Promise.all(
    Array.from({ length: ACCOUNTS }, async (_, index) => {
      const account = index + 1;
      const markets = Array.from({ length: MARKETS }, async (_market, market) => ({
        orders: await model.orders({ account, market, limit: 100_000 }),
        fills: await model.fills({ account, market, limit: 100_000 }),
      }));
      return {
        updatedMs: model.accountUpdatedMs(account),
        open: model.openOrders(account).map((order) => rowOf(order)),
        markets: await Promise.all(markets),
      };
    }),
  );
  const markets = Array.from({ length: MARKETS }, async (_, index) => {
    const market = model.market(index);
    const klines = INTERVALS.map(async (_name, interval) =>
      interval === 0 ? [] : await model.klines({ market: index, interval, limit: 300, nowMs }),
    );
    return {
      updateId: market.book.updateId,
      aggregateId: market.aggregateId,
      lastTrade: market.lastTrade,
      day: model.day(index, nowMs),
      hour: model.window(index, nowMs, 60),
      seconds: await model.klines({ market: index, interval: 0, limit: 50, nowMs }),
      klines: await Promise.all(klines),
      trades: await model.trades({ market: index, limit: 100_000 }),
      aggregates: await model.aggregates({ market: index, limit: 100_000 }),
    };
  });
  return {
    accounts,
    markets: await Promise.all(markets),
    orders: await Promise.all(
      orderIds.map(async (id) => rowOf(await model.findOrder(id as OrderId))),
    ),
  };
}

/** An order without what only the memory knows of it. */
function rowOf(order: HistoryOrder | undefined): object {
  const row: Partial<Record<keyof OrderRecord, unknown>> = { ...order };
  const known = [
    "isDirty",
    "isResting",
    "shownLots",
    "shownTicks",
    "earlier",
    "later",
    "nextClosed",
    "nextOpen",
    "previousOpen",
    "list",
  ];
  for (const name of known as (keyof OrderRecord)[]) delete row[name];
  return row;
}

/** An engine brought to a record by executing it all again. */
function engineAt(batches: readonly ExecutedBatch[], sequence: number): EngineReader {
  const engine = createHotEngine({ limits: SMALL_NETWORK.capacities, hashKey: 2n });
  for (const { commands, nowMs } of batches.slice(0, sequence)) {
    engine.commands.set(commands);
    for (let at = 0; at < commands.length;) at = engine.execute(at, commands.length, nowMs);
  }
  return engine;
}

/** Reads from whichever engine stands where the model does. */
class SwitchingReader {
  engine: EngineReader;
  constructor(engine: EngineReader) {
    this.engine = engine;
  }
  asReader(): EngineReader {
    return new Proxy({} as EngineReader, {
      get: (_, name) => {
        const value: unknown = Reflect.get(this.engine, name);
        return typeof value === "function" ? value.bind(this.engine) : value;
      },
    });
  }
}

const PAUSES_MS = [0, 0, 5, 700, 2_000, 70_000, 4_000_000, 30 * 3_600_000];

test.each([
  [1, "plain"],
  [2, "plain"],
  [3, "all"],
  [4, "all"],
] as const)(
  "after stops and crashes at random moments every answer is as if there had been none (seed %i, %s)",
  async (seed, what) => {
    const prng = createPrng(seed);
    const steadyStore = createMemoryHistoryStore({ networkHash: "00" });
    const steady = await openModel(steadyStore);
    const clock = { nowMs: Date.UTC(2026, 1, 27, 22) };
    const nowMs = (): number => clock.nowMs;
    const exchange = new MemoryExchange({ network: SMALL_NETWORK, readModel: steady, nowMs });
    const hasAll = what === "all";
    const trading = new RandomTrading({ exchange, seed, accounts: ACCOUNTS, hasAll });
    trading.open();

    const store = createMemoryHistoryStore({ networkHash: "00" });
    let model = await openModel(store);
    let reader = new SwitchingReader(engineAt(exchange.batches, 0));
    model.load(reader.asReader());
    let applied = 0;
    const reports = { steady: [] as AccountReport[], model: [] as AccountReport[] };
    const follow = (which: GatewayReadModel, into: AccountReport[]): void => {
      which.followAccount(1, { reported: (news) => void into.push(...news) });
    };
    follow(steady, reports.steady);
    const catchUp = (): void => {
      reader.engine = exchange.engine;
      while (applied < exchange.batches.length) model.apply(exchange.batches[applied++]!);
    };
    catchUp();

    for (let round = 0; round < 25; round++) {
      // A day's end and a month's end fall into the run.
      clock.nowMs += PAUSES_MS[Math.min(prng.below(8), prng.below(8))]!;
      for (let batch = prng.below(10); batch >= 0; batch--) {
        clock.nowMs += PAUSES_MS[prng.below(5)]!;
        trading.step(10);
      }
      if (prng.chance(2, 3)) catchUp();
      if (prng.chance(1, 2)) model.flush();
      // What was not written is lost with the process, and comes again from the journal.
      model = await openModel(store);
      applied = model.durableSequence;
      reader = new SwitchingReader(engineAt(exchange.batches, applied));
      model.load(reader.asReader());
      reports.model.length = 0;
      reports.steady.length = 0;
      if (applied === exchange.batches.length) follow(model, reports.model);
      catchUp();
      trading.step(10);
      if (applied === exchange.batches.length - 1) catchUp();
      expect([[], plain(reports.steady)]).toContainEqual(plain(reports.model));
      expectAsEngine(model, exchange.engine);

      const ids = (await steady.orders({ account: 1, market: 0, limit: 30 })).map(
        ({ orderId }) => orderId,
      );
      const answers = await answersOf(model, clock.nowMs, ids);
      expect(answers).toEqual(await answersOf(steady, clock.nowMs, ids));
    }
  },
);

function plain(reports: readonly AccountReport[]): unknown {
  return reports.map((report) => {
    if (report.kind === "execution") return { ...report, order: report.order.orderId };
    if (report.kind === "balance") return report;
    return { ...report, orders: report.orders.map(({ orderId }) => orderId) };
  });
}

test.each([5, 6, 7])(
  "a member that goes on from the engine alone has its book and its open orders (seed %i)",
  async (seed) => {
    const steady = await openModel(createMemoryHistoryStore({ networkHash: "00" }));
    const clock = { nowMs: Date.UTC(2026, 1, 27, 22) };
    const nowMs = (): number => clock.nowMs;
    const exchange = new MemoryExchange({ network: SMALL_NETWORK, readModel: steady, nowMs });
    const trading = new RandomTrading({ exchange, seed, accounts: ACCOUNTS, hasAll: true });
    trading.open();
    for (let round = 0; round < 10; round++) {
      for (let batch = 0; batch < 15; batch++) trading.step(10);
      const begins = { sequence: exchange.batches.length, nowMs: clock.nowMs };
      const store = createMemoryHistoryStore({ networkHash: "00" });
      const model = await createReadModel({ history: createMemoryHistory(store), begins });
      model.load(exchange.engine);
      expectAsEngine(model, exchange.engine);
      for (let batch = 0; batch < 15; batch++) {
        clock.nowMs += PAUSES_MS[batch % 5]!;
        trading.step(10);
        model.apply(exchange.batches.at(-1)!);
        expectAsEngine(model, exchange.engine);
      }
      model.flush();
      const again = await openModel(store);
      again.load(exchange.engine);
      expectAsEngine(again, exchange.engine);
      expect(again.sequence).toBe(exchange.batches.length);
    }
  },
);

test("a history of another exchange is refused when it is loaded", async () => {
  const store = createMemoryHistoryStore({ networkHash: "00" });
  const model = await openModel(store);
  const exchange = new MemoryExchange({ network: SMALL_NETWORK, readModel: model });
  const trading = new RandomTrading({ exchange, seed: 9, accounts: ACCOUNTS });
  trading.open();
  for (let step = 0; step < 60; step++) trading.step(5);
  model.flush();
  const { batches } = exchange;
  const again = await openModel(store);
  const mismatch = expect.objectContaining({
    detail: expect.objectContaining({ code: "READ_MODEL_MISMATCH" }),
  });
  expect(() => again.load(engineAt(batches, batches.length - 20))).toThrow(mismatch);
  expect(() => again.load(engineAt(batches, 0))).toThrow(mismatch);
  const depth = exchange.engine.depth(0 as MarketIndex, 0, 10);
  expect(depth.length).toBeGreaterThan(0);
});

test.each([
  ["a stop", { triggerKind: 0, triggerTicks: 0, waitedMs: 0 }, { stopPrice: "102" }],
  ["an iceberg", { displayLots: 0 }, { icebergQty: "0.5", type: "LIMIT" }],
])(
  "a history of an older release that has %s open, and does not know it, is refused",
  async (_, older, params) => {
    const store = createMemoryHistoryStore({ networkHash: "00" });
    const world = await openWorld({ history: createMemoryHistory(store) });
    const terms = { symbol: "BTCUSD", side: "BUY", type: "STOP_LOSS_LIMIT", timeInForce: "GTC" };
    await world.alice.order({ ...terms, price: "99", quantity: "1", ...params });
    world.model.flush();
    const { engine } = world.exchange;
    (await openModel(store)).load(engine);
    await world[Symbol.asyncDispose]();
    const history = createMemoryHistory(store);
    const changes = new HistoryChanges();
    for (const order of await history.openOrders()) changes.addOrder({ ...order, ...older });
    history.write(changes.seal(history.head));
    const again = await openModel(store);
    expect(() => again.load(engine)).toThrow("Move the history file away and start again");
  },
);

test("a member that goes on from the engine alone knows what its open orders wait for, and what they show", async () => {
  await using world = await openWorld();
  const limit = { timeInForce: "GTC", quantity: "1" };
  const terms = { symbol: "BTCUSD", side: "SELL", selfTradePreventionMode: "EXPIRE_BOTH" };
  const stop = { type: "STOP_LOSS_LIMIT", stopPrice: "98", price: "97", timeInForce: "IOC" };
  await world.alice.order({ ...terms, ...limit, ...stop });
  await world.alice.order({ ...terms, type: "TAKE_PROFIT", stopPrice: "102", quantity: "1" });
  await world.alice.order({ ...terms, type: "LIMIT", price: "101", ...limit, icebergQty: "0.3" });
  const { engine, batches } = world.exchange;
  const store = createMemoryHistoryStore({ networkHash: "00" });
  const begins = { sequence: batches.length, nowMs: Date.now() };
  const model = await createReadModel({ history: createMemoryHistory(store), begins });
  model.load(engine);
  const expected = [
    { orderType: 1, selfTrade: 3, triggerKind: 1, triggerTicks: 9_800, waitedMs: -1 },
    { orderType: 4, triggerKind: 2, triggerTicks: 10_200, waitedMs: -1 },
    { orderType: 0, triggerKind: 0, triggerTicks: 0, displayLots: 3_000, waitedMs: 0 },
  ];
  expect(model.openOrders(1)).toMatchObject(expected);
  const again = await openModel(store);
  again.load(engine);
  expect(again.openOrders(1)).toMatchObject(expected);
});

test("a member that goes on from the engine alone tells the price of the last trade, and of none", async () => {
  await using world = await openWorld();
  await world.alice.rest("BTCUSD", "SELL", "101", "1");
  await world.bob.rest("BTCUSD", "BUY", "101", "0.5");
  const { exchange, keys } = world;
  const store = createMemoryHistoryStore({ networkHash: "00" });
  const begins = { sequence: exchange.batches.length, nowMs: Date.now() };
  const readModel = await createReadModel({ history: createMemoryHistory(store), begins });
  readModel.load(exchange.engine);
  const limits = { weightPerMinute: 0 };
  await using gateway = createGateway({ exchange, readModel, keys, port: 0, limits });
  await gateway.listen();
  const client = new TestClient(gateway.origin, undefined, Date.now);
  const prices = async (path: string, name: string): Promise<string[]> => {
    const { body } = await client.get(`/api/v3/${path}`, { symbols: '["BTCUSD","ETHUSD"]' });
    return body.map((row: Json) => row[name]);
  };
  const expected = ["101.00000000", "0.00000000"];
  expect(await prices("ticker/price", "price")).toEqual(expected);
  expect(await prices("ticker/24hr", "lastPrice")).toEqual(expected);
  expect(await prices("ticker", "lastPrice")).toEqual(expected);
});
