import { createPrng } from "@rialto/base";
import { decodeEvents, EventKind, type MarketIndex, type OrderId, Side } from "@rialto/protocol";
import { createMemoryHistory, createMemoryHistoryStore, isOpenStatus } from "@rialto/storage";
import { expect, test } from "vitest";
import { expectAsEngine } from "../testing/engine-check.ts";
import { MemoryExchange } from "../testing/memory-exchange.ts";
import { INTERVAL_COUNT, naiveCandle, NaiveModel } from "../testing/naive-model.ts";
import { RandomTrading } from "../testing/random-trading.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import { Candle } from "./candle.ts";
import { DAY_MS, MINUTE_MS, nextOpen } from "./intervals.ts";
import { createReadModel, type GatewayReadModel } from "./read-model.ts";

const ACCOUNTS = 5;
const MARKETS = SMALL_NETWORK.markets.length;
const START_MS = Date.UTC(2026, 0, 30, 23, 50);

interface World {
  readonly exchange: MemoryExchange;
  readonly model: GatewayReadModel;
  readonly naive: NaiveModel;
  readonly trading: RandomTrading;
  readonly clock: { nowMs: number };
}

async function makeWorld(seed: number, hasAll = false): Promise<World> {
  const store = createMemoryHistoryStore({ networkHash: "00" });
  const model = await createReadModel({
    history: createMemoryHistory(store),
    closedOrdersMax: 50,
    waitingRowsMax: 40,
  });
  const clock = { nowMs: START_MS };
  const exchange = new MemoryExchange({
    network: SMALL_NETWORK,
    readModel: model,
    nowMs: () => clock.nowMs,
  });
  const naive = new NaiveModel(exchange.engine);
  const trading = new RandomTrading({ exchange, seed, accounts: ACCOUNTS, hasAll });
  trading.open();
  return { exchange, model, naive, trading, clock };
}

/** Runs batches, with pauses from nothing to days between them. */
function run({ exchange, naive, trading, clock }: World, seed: number, batches: number): void {
  const prng = createPrng(seed);
  const pauses = [0, 1, 300, 900, 20_000, 61_000, 1_000_000, 5 * 3_600_000];
  let seen = naive.orders.size === 0 ? 0 : exchange.batches.length;
  for (let batch = 0; batch < batches; batch++) {
    // Long pauses are rare, or nothing would ever share a candle.
    clock.nowMs += pauses[Math.min(prng.below(8), prng.below(8), prng.below(8))]!;
    trading.step(8);
  }
  for (; seen < exchange.batches.length; seen++) naive.apply(exchange.batches[seen]!);
}

/** A copy of a book, kept up to date by what one who follows it is told, and the aggregates that were told. */
interface ToldBook {
  readonly aggregates: [aggregateId: number, lots: bigint][];
  updateId: number;
  readonly levels: readonly [bids: Map<number, bigint>, asks: Map<number, bigint>];
}

/** Follows a market whose book is still empty. */
function followLevels(model: GatewayReadModel, market: number): ToldBook {
  const book: ToldBook = { updateId: 1, levels: [new Map(), new Map()], aggregates: [] };
  const nothing = (): void => undefined;
  model.followMarket(market as MarketIndex, {
    traded: nothing,
    aggregated: ({ aggregateId, lots }) => void book.aggregates.push([aggregateId, lots]),
    candleClosed: nothing,
    batchEnded: nothing,
    auctionChanged: nothing,
    levelChanged: (side, priceTicks, lots) => {
      book.updateId += 1;
      if (lots === 0n) book.levels[side].delete(priceTicks);
      else book.levels[side].set(priceTicks, lots);
    },
  });
  return book;
}

/** Of all events that a swarm has seen: each is what one of its features does. */
const SPECIAL_KINDS: readonly EventKind[] = [
  EventKind.Amended,
  EventKind.Shown,
  EventKind.Triggered,
  EventKind.Declined,
  EventKind.Auctioned,
  EventKind.Pegged,
  EventKind.Transferred,
  EventKind.DeadlinePassed,
  EventKind.ProtectionTripped,
];

function kindsOf(exchange: MemoryExchange): EventKind[] {
  const kinds = exchange.batches.flatMap(({ events }) =>
    decodeEvents(events).map(({ kind }) => kind),
  );
  return [...new Set(kinds)];
}

function plain(candle: Candle): object {
  const { firstTradeId, lastTradeId, openMs, openTicks, highTicks, lowTicks, closeTicks } = candle;
  const { lots, quanta, takerBuyLots, takerBuyQuanta } = candle;
  return {
    openMs,
    openTicks,
    highTicks,
    lowTicks,
    closeTicks,
    lots,
    quanta,
    takerBuyLots,
    takerBuyQuanta,
    firstTradeId,
    lastTradeId,
  };
}

test.each([20, 21, 22])(
  "a list is told of when it is placed, and once when none of its orders is open any more (seed %i)",
  async (seed) => {
    const { exchange, model, naive, trading, clock } = await makeWorld(seed, true);
    const told = new Map<number, string[]>();
    for (let account = 1; account <= ACCOUNTS; account++) {
      model.followAccount(account, {
        reported: (reports) => {
          for (const report of reports) {
            if (report.kind !== "list") continue;
            const { listId } = report.orders[0]!;
            const ids = report.orders.map(({ orderId }) => orderId).join(" ");
            told.set(listId, [...(told.get(listId) ?? []), `${ids} ${report.isDone}`]);
          }
        },
      });
    }
    run({ exchange, model, naive, trading, clock }, seed, 400);
    const lists = Map.groupBy(naive.orders.values(), ({ listId }) => listId);
    lists.delete(0);
    const expected = new Map<number, string[]>();
    for (const [listId, orders] of lists) {
      const ids = orders.map(({ orderId }) => orderId).join(" ");
      const isDone = !orders.some(({ status }) => isOpenStatus(status));
      expected.set(listId, [`${ids} false`, ...(isDone ? [`${ids} true`] : [])]);
    }
    expect(expected.size).toBeGreaterThan(20);
    expect(told).toEqual(expected);
  },
);

const WHATS = { plain: false, all: true };

test.each([
  [1, "plain"],
  [2, "plain"],
  [10, "all"],
  [11, "all"],
  [12, "all"],
  [13, "all"],
] as const)("books equal the engine's, level by level (seed %i, %s)", async (seed, what) => {
  const world = await makeWorld(seed, WHATS[what]);
  const { exchange, model, naive } = world;
  for (let account = 1; account <= ACCOUNTS; account++) {
    model.followAccount(account, { reported: () => undefined });
  }
  const told = Array.from({ length: MARKETS }, (_, market) => followLevels(model, market));
  for (let batch = 0; batch < 300; batch++) {
    run(world, seed * 100 + batch, 1);
    expectAsEngine(model, exchange.engine);
    for (let market = 0; market < MARKETS; market++) {
      expect(model.market(market).book.updateId).toBe(told[market]!.updateId);
      if (what === "all") continue;
      expect(told[market]!.updateId).toBe(1 + (naive.levelChanges[market] ?? 0));
    }
  }
  for (let market = 0; market < MARKETS; market++) {
    const aggregates = await model.aggregates({ market, limit: 100_000 });
    expect(told[market]!.aggregates).toEqual(
      aggregates.map(({ aggregateId, lots }) => [aggregateId, lots]),
    );
    for (const side of [Side.Buy, Side.Sell]) {
      const levels = exchange.engine.depth(market as MarketIndex, side, 65_536);
      const expected = new Map(levels.map(({ priceTicks, lots }) => [priceTicks, lots]));
      expect(told[market]!.levels[side]).toEqual(expected);
    }
  }
  const wanted = what === "all" ? SPECIAL_KINDS : [];
  expect(kindsOf(exchange)).toEqual(expect.arrayContaining([...wanted]));
});

test.each([
  [4, "plain"],
  [5, "plain"],
  [14, "all"],
  [15, "all"],
] as const)("orders, trades and fills equal a plain record (seed %i, %s)", async (seed, what) => {
  const world = await makeWorld(seed, WHATS[what]);
  const { exchange, model, naive } = world;
  run(world, seed, 400);
  for (const order of naive.orders.values()) {
    expect({ ...(await model.findOrder(order.orderId as OrderId)) }).toMatchObject(order);
  }
  // Nobody's: collected fees were withdrawn.
  expect(model.accountUpdatedMs(0)).toBe(0);
  for (let account = 1; account <= ACCOUNTS; account++) {
    const open = [...naive.orders.values()].filter(
      (order) => order.account === account && isOpenStatus(order.status),
    );
    const found = model.openOrders(account);
    expect(found.map(({ serial }) => serial)).toEqual(
      open.map(({ serial }) => serial).toSorted((left, right) => left - right),
    );
    expect(found.length).toBe(exchange.engine.openOrders(account as never).length);
    expect(model.accountUpdatedMs(account)).toBe(naive.accountUpdatedMs.get(account));
    for (let market = 0; market < MARKETS; market++) {
      const orders = await model.orders({ account, market, limit: 100_000 });
      expect(orders).toEqual(
        [...naive.orders.values()].filter(
          (order) => order.account === account && order.market === market,
        ),
      );
      const fills = await model.fills({ account, market, limit: 100_000 });
      const listOf = (orderId: number): number => naive.orders.get(orderId)!.listId;
      expect(fills).toEqual(
        naive.tradesOf(market).flatMap((trade) => {
          const { takerAccount, makerAccount, takerOrderId, makerOrderId } = trade;
          const taken = { trade, isMaker: false, listId: listOf(takerOrderId) };
          const made = { trade, isMaker: true, listId: listOf(makerOrderId) };
          return [
            ...(takerAccount === account ? [taken] : []),
            ...(makerAccount === account ? [made] : []),
          ];
        }),
      );
    }
  }
  for (let market = 0; market < MARKETS; market++) {
    expect(await model.trades({ market, limit: 100_000 })).toEqual(naive.tradesOf(market));
    expect(naive.tradesOf(market).length).toBeGreaterThan(50);
  }
});

test.each([
  [6, "plain"],
  [16, "all"],
] as const)("candles equal those recomputed from all trades (seed %i, %s)", async (seed, what) => {
  const world = await makeWorld(seed, WHATS[what]);
  const { model, naive, clock } = world;
  for (let round = 0; round < 6; round++) {
    run(world, seed * 10 + round, 60);
    for (let market = 0; market < MARKETS; market++) {
      for (let interval = 1; interval < INTERVAL_COUNT; interval++) {
        const expected = naive.klines(market, interval, clock.nowMs);
        const range = { market, interval, nowMs: clock.nowMs };
        const last = await model.klines({ ...range, limit: 1_000 });
        expect(last.map(plain)).toEqual(expected.slice(-1_000));
        const startMs = expected[3]?.openMs;
        if (startMs === undefined) continue;
        const first = await model.klines({ ...range, startMs: startMs - 1, limit: 7 });
        expect(first.map(plain)).toEqual(expected.slice(3, 10));
        const endMs = nextOpen(interval, startMs) + 1;
        const middle = await model.klines({ ...range, endMs, limit: 2 });
        expect(middle.map(plain)).toEqual(
          expected.filter(({ openMs }) => openMs <= endMs).slice(-2),
        );
      }
    }
  }
});

test.each([8, 9])("windows equal those recomputed from all trades (seed %i)", async (seed) => {
  const world = await makeWorld(seed);
  const { model, naive, clock } = world;
  for (let round = 0; round < 40; round++) {
    run(world, seed * 10 + round, 15);
    // A question about a day forgets what is older, so time goes on from it.
    clock.nowMs += round % 4 === 0 ? 3_600_000 * round : 0;
    const { nowMs } = clock;
    for (let market = 0; market < MARKETS; market++) {
      const trades = naive.tradesOf(market);
      for (const minutes of [5, 60, 240, 1_440]) {
        const openMs = Math.floor((nowMs - minutes * MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
        const within = trades.filter(({ timeMs }) => timeMs >= openMs);
        const lastTicks = trades.at(-1)?.priceTicks ?? 0;
        const sum = naiveCandle(openMs, within, lastTicks);
        const expected = {
          openMs,
          closeMs: nowMs,
          openTicks: sum.openTicks,
          highTicks: sum.highTicks,
          lowTicks: sum.lowTicks,
          lastTicks: sum.closeTicks,
          lots: sum.lots,
          quanta: sum.quanta,
          firstTradeId: sum.firstTradeId,
          lastTradeId: sum.lastTradeId,
          tradeCount: within.length,
        };
        expect(model.window(market, nowMs, minutes)).toEqual(expected);
        if (minutes * MINUTE_MS !== DAY_MS) continue;
        const before = trades.findLast(({ timeMs }) => timeMs < openMs)?.priceTicks;
        const previousTicks = before ?? sum.openTicks;
        expect(model.day(market, nowMs)).toEqual({ ...expected, previousTicks });
      }
    }
  }
});
