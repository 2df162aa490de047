import { createPrng, type Prng } from "@rialto/base";
import { describe, expect, test } from "vitest";
import { HistoryChanges } from "./history-changes.ts";
import type { History, HistoryHead, HistoryKline, HistoryRetention } from "./history.ts";
import { ACCOUNTS, MARKETS, RandomHistory } from "./testing/random-history.ts";

/** One durable medium and the histories opened on it, one after the other. */
export interface HistoryHarness extends AsyncDisposable {
  open(options?: { readonly retention?: HistoryRetention }): Promise<History>;
}

type CreateHarness = () => Promise<HistoryHarness>;

/** Registers the tests that every `History` passes, for an adapter that `createHarness` brings. */
export function describeHistoryCompliance(adapter: string, createHarness: CreateHarness): void {
  describe(`${adapter} history`, () => {
    describeHead(createHarness);
    describeQuestions(createHarness);
    describeRows(createHarness);
    describeRetention(createHarness);
  });
}

const EMPTY: HistoryHead = {
  sequence: 0,
  nowMs: 0,
  orderSerial: 0,
  executionId: 0,
  beginsSequence: 0,
};

function describeHead(createHarness: CreateHarness): void {
  test("a new history is empty and stands at sequence 0", async () => {
    await using harness = await createHarness();
    await using history = await harness.open();
    expect(history.head).toEqual(EMPTY);
    expect(history.durableSequence).toBe(0);
    expect(await history.openOrders()).toEqual([]);
    expect(await history.findOrder(1)).toBeUndefined();
    expect(await history.trades({ market: 0, limit: 10 })).toEqual([]);
    expect(await history.aggregates({ market: 0, limit: 10 })).toEqual([]);
    expect(await history.fills({ market: 0, account: 1, limit: 10 })).toEqual([]);
    expect(await history.klines({ market: 0, interval: 0, limit: 10 })).toEqual([]);
  });

  test("the head comes back with the rows that it was written with", async () => {
    await using harness = await createHarness();
    const random = new RandomHistory(1);
    const first = await harness.open();
    for (let step = 0; step < 20; step++) first.write(random.step());
    first.flush();
    expect(first.durableSequence).toBe(20);
    await first.close();
    await using second = await harness.open();
    expect(second.head).toEqual(random.head);
    expect(second.durableSequence).toBe(20);
    expect(await second.openOrders()).toEqual(random.openOrders());
    expect(await second.trades({ market: 1, limit: 10_000 })).toEqual(
      random.tradesOf({ market: 1, limit: 10_000 }),
    );
  });

  test("changes that cannot be written leave no trace, not even of their first rows", async () => {
    await using harness = await createHarness();
    await using history = await harness.open();
    const random = new RandomHistory(2);
    for (let step = 0; step < 10; step++) history.write(random.step());
    history.flush();
    const known = random.trades[0]!;
    const changes = new HistoryChanges();
    changes.addAccount({ account: 99, updatedMs: 5 });
    changes.addTrade(known);
    changes.seal({ ...random.head, sequence: 11 });
    expect(() => {
      history.write(changes);
      history.flush();
    }).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ code: "STORAGE_IO" }) }),
    );
    expect(history.durableSequence).toBe(10);
  });
}

function describeQuestions(createHarness: CreateHarness): void {
  test("answers equal those of a search from end to end", async () => {
    await using harness = await createHarness();
    await using history = await harness.open();
    const random = new RandomHistory(3);
    const prng = createPrng(4);
    for (let step = 0; step < 150; step++) {
      history.write(random.step());
      if (step % 5 !== 0) continue;
      // Asked without a flush: an answer contains what was handed over before.
      await compareOrders(history, random, prng);
      await compareTrades(history, random, prng);
    }
    expect(random.trades.length).toBeGreaterThan(100);
  });
}

const maybe = <T>(prng: Prng, value: T): T | undefined => (prng.chance(1, 2) ? value : undefined);

async function compareOrders(history: History, random: RandomHistory, prng: Prng): Promise<void> {
  const some = random.orders[prng.below(random.orders.length)]!;
  expect(await history.findOrder(some.orderId)).toEqual(some);
  const { account, clientOrderId } = some;
  expect(await history.findClientOrder(account, clientOrderId)).toEqual(
    random.orders.findLast(
      (order) => order.account === account && order.clientOrderId === clientOrderId,
    ),
  );
  const query = {
    account: 1 + prng.below(ACCOUNTS),
    market: prng.below(MARKETS),
    fromSerial: maybe(prng, 1 + prng.below(random.orders.length)),
    ...timesOf(random, prng),
    limit: 1 + prng.below(40),
  };
  expect(await history.orders(query)).toEqual(random.ordersOf(query));
  await compareLists(history, random, prng);
}

async function compareLists(history: History, random: RandomHistory, prng: Prng): Promise<void> {
  const lists = random.orders.filter(({ orderId, listId }) => orderId === listId);
  const some = lists[prng.below(lists.length)]!;
  expect(await history.list(some.listId)).toEqual(random.listOf(some.listId));
  expect(await history.list(0)).toEqual([]);
  const query = {
    account: some.account,
    fromSerial: maybe(prng, some.serial),
    ...timesOf(random, prng),
    limit: 1 + prng.below(10),
  };
  expect(await history.lists(query)).toEqual(random.listsOf(query));
  expect(await history.endedOfOpenLists()).toEqual(random.endedOfOpenLists());
}

async function compareTrades(history: History, random: RandomHistory, prng: Prng): Promise<void> {
  const market = prng.below(MARKETS);
  const limit = 1 + prng.below(40);
  const count = random.trades.length / MARKETS;
  const query = {
    market,
    fromTradeId: maybe(prng, prng.below(count + 3)),
    ...timesOf(random, prng),
    limit,
  };
  expect(await history.trades(query)).toEqual(random.tradesOf(query));
  const some = random.trades[prng.below(random.trades.length)];
  const fills = {
    ...query,
    account: some?.makerAccount ?? 1,
    orderId: maybe(prng, some?.makerOrderId ?? 1),
  };
  expect(await history.fills(fills)).toEqual(random.fillsOf(fills));
  const aggregates = {
    market,
    fromAggregateId: maybe(prng, prng.below(random.aggregateIds[market]! + 3)),
    ...timesOf(random, prng),
    limit,
  };
  expect(await history.aggregates(aggregates)).toEqual(random.aggregatesOf(aggregates));
}

function timesOf(
  random: RandomHistory,
  prng: Prng,
): { readonly startMs: number | undefined; readonly endMs: number | undefined } {
  const someMs = (): number => random.orders[prng.below(random.orders.length)]!.createdMs;
  return { startMs: maybe(prng, someMs()), endMs: maybe(prng, someMs()) };
}

function describeRows(createHarness: CreateHarness): void {
  test("candles hold sums beyond 64 bits and are overwritten by their key", async () => {
    await using harness = await createHarness();
    await using history = await harness.open();
    const write = (sequence: number, ...klines: HistoryKline[]): void => {
      const changes = new HistoryChanges();
      for (const kline of klines) changes.addKline(kline);
      history.write(changes.seal({ ...EMPTY, sequence }));
    };
    write(1, klineOf(60_000, 5n), klineOf(120_000, 6n), klineOf(180_000, 7n));
    write(2, klineOf(120_000, 1n << 90n));
    const all = [klineOf(60_000, 5n), klineOf(120_000, 1n << 90n), klineOf(180_000, 7n)];
    const query = { market: 2, interval: 1 };
    expect(await history.klines({ ...query, limit: 10 })).toEqual(all);
    expect(await history.klines({ ...query, limit: 2 })).toEqual(all.slice(1));
    expect(await history.klines({ ...query, startMs: 0, limit: 2 })).toEqual(all.slice(0, 2));
    expect(await history.klines({ ...query, endMs: 120_000, limit: 1 })).toEqual([all[1]]);
    expect(await history.klines({ market: 2, interval: 2, limit: 10 })).toEqual([]);
  });

  test("markets and accounts are overwritten by their key", async () => {
    await using harness = await createHarness();
    await using history = await harness.open();
    for (let sequence = 1; sequence <= 3; sequence++) {
      const changes = new HistoryChanges();
      changes.addMarket({ market: 0, updateId: sequence, aggregateId: 2 ** 50 + sequence });
      changes.addAccount({ account: sequence, updatedMs: sequence * 10 });
      changes.addAccount({ account: 1, updatedMs: sequence * 100 });
      history.write(changes.seal({ ...EMPTY, sequence }));
    }
    expect(await history.markets()).toEqual([{ market: 0, updateId: 3, aggregateId: 2 ** 50 + 3 }]);
    expect(await history.accounts()).toEqual([
      { account: 1, updatedMs: 300 },
      { account: 2, updatedMs: 20 },
      { account: 3, updatedMs: 30 },
    ]);
  });
}

function klineOf(openMs: number, lots: bigint): HistoryKline {
  return {
    market: 2,
    interval: 1,
    openMs,
    openTicks: 1,
    highTicks: 4,
    lowTicks: 1,
    closeTicks: 2,
    lots,
    quanta: lots * 3n,
    takerBuyLots: 0n,
    takerBuyQuanta: lots,
    firstTradeId: 7,
    lastTradeId: 9,
  };
}

function describeRetention(createHarness: CreateHarness): void {
  test("what is beyond the retention goes; open orders and the newest rows stay", async () => {
    await using harness = await createHarness();
    const retention = { ordersMax: 300, tradesMax: 200, klinesMax: 40 };
    await using history = await harness.open({ retention });
    const random = new RandomHistory(5);
    for (let step = 0; step < 400; step++) {
      const changes = random.step();
      history.write(changes);
      const klines = new HistoryChanges();
      klines.addKline(klineOf(step * 1_000, BigInt(step)));
      history.write(klines.seal(random.head));
    }
    for (const order of random.openOrders()) {
      expect(await history.findOrder(order.orderId)).toEqual(order);
    }
    const kept = [];
    for (const { orderId } of random.orders) {
      if ((await history.findOrder(orderId)) !== undefined) kept.push(orderId);
    }
    // A round passes over orders that were open then; the rest is bounded by the rounds' distance.
    expect(kept.length).toBeLessThan(300 + random.openOrders().length + 100);
    expect(kept.slice(-300)).toEqual(random.orders.slice(-300).map(({ orderId }) => orderId));
    let trades = 0;
    for (let market = 0; market < MARKETS; market++) {
      const rows = await history.trades({ market, limit: 10_000 });
      expect(rows).toEqual(random.tradesOf({ market, limit: rows.length }));
      trades += rows.length;
    }
    expect(trades).toBe(200);
    const klines = await history.klines({ market: 2, interval: 1, limit: 1_000 });
    expect(klines.at(-1)!.openMs).toBe(399_000);
    expect(klines.length).toBeGreaterThanOrEqual(40);
    expect(klines.length).toBeLessThan(50);
  });
}
