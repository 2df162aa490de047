import { createPrng } from "@rialto/base";
import { type MarketIndex, type OrderId, Side } from "@rialto/protocol";
import { createMemoryHistory, createMemoryHistoryStore, isOpenStatus } from "@rialto/storage";
import { expect, test } from "vitest";
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

async function makeWorld(seed: number): Promise<World> {
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
  const trading = new RandomTrading({ exchange, seed, accounts: ACCOUNTS });
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

test.each([1, 2, 3])("books equal the engine's, level by level (seed %i)", async (seed) => {
  const world = await makeWorld(seed);
  const { exchange, model, naive } = world;
  for (let round = 0; round < 20; round++) {
    run(world, seed * 100 + round, 15);
    for (let market = 0; market < MARKETS; market++) {
      const { book } = model.market(market);
      for (const side of [Side.Buy, Side.Sell]) {
        const levels = exchange.engine.depth(market as MarketIndex, side, 65_536);
        expect(book.count(side)).toBe(levels.length);
        for (const { priceTicks, lots } of levels) {
          expect(book.lotsAt(side, priceTicks)).toBe(lots);
        }
      }
      expect(book.updateId).toBe(1 + (naive.levelChanges[market] ?? 0));
    }
  }
});

test.each([4, 5])("orders, trades and fills equal a plain record (seed %i)", async (seed) => {
  const world = await makeWorld(seed);
  const { exchange, model, naive } = world;
  run(world, seed, 400);
  for (const order of naive.orders.values()) {
    expect({ ...(await model.findOrder(order.orderId as OrderId)) }).toMatchObject(order);
  }
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
      expect(fills).toEqual(
        naive
          .tradesOf(market)
          .flatMap((trade) => [
            ...(trade.takerAccount === account ? [{ trade, isMaker: false }] : []),
            ...(trade.makerAccount === account ? [{ trade, isMaker: true }] : []),
          ]),
      );
    }
  }
  for (let market = 0; market < MARKETS; market++) {
    expect(await model.trades({ market, limit: 100_000 })).toEqual(naive.tradesOf(market));
    expect(naive.tradesOf(market).length).toBeGreaterThan(50);
  }
});

test.each([6, 7])("candles equal those recomputed from all trades (seed %i)", async (seed) => {
  const world = await makeWorld(seed);
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
