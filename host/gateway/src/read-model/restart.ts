import type { OpenOrder } from "@rialto/engine";
import { type MarketIndex, type OrderId, TriggerKind } from "@rialto/protocol";
import {
  type History,
  type HistoryAccount,
  type HistoryKline,
  type HistoryMarket,
  type HistoryOrder,
  type HistoryTrade,
} from "@rialto/storage";
import type { EngineReader } from "../exchange-port.ts";
import { Candle } from "./candle.ts";
import type { ExchangeState } from "./exchange-state.ts";
import { DAY_MS, findInterval, INTERVAL_1M, INTERVAL_1S, INTERVALS, openOf } from "./intervals.ts";
import { OrderRecord } from "./order-record.ts";
import { readModelFault } from "./read-model-fault.ts";

/** What a market needs to go on where it stopped. */
interface MarketRestart {
  readonly counters: HistoryMarket;
  readonly lastTrade: HistoryTrade | undefined;
  /** Candles of the newest trade's second and minute, and the finished parts of the longer ones. */
  readonly klines: readonly HistoryKline[];
  /** The last day, without the minute of the newest trade. */
  readonly minutes: readonly HistoryKline[];
  readonly previousTicks: number | undefined;
}

/** Everything of the history that the read model keeps in memory. */
export interface Restart {
  readonly orders: readonly HistoryOrder[];
  /** Orders that have ended, of lists of which another one is open. */
  readonly ended: readonly HistoryOrder[];
  readonly accounts: readonly HistoryAccount[];
  readonly markets: readonly MarketRestart[];
}

const ROWS_MAX = 1_000_000;
const INTERVAL_1H = findInterval("1h")!;
const INTERVAL_1D = findInterval("1d")!;

/**
 * Reads what the read model goes on from.
 *
 * Errors   STORAGE_IO.
 */
export async function readRestart(history: History): Promise<Restart> {
  const counters = await history.markets();
  return {
    orders: await history.openOrders(),
    ended: await history.endedOfOpenLists(),
    accounts: await history.accounts(),
    markets: await Promise.all(counters.map((market) => readMarket(history, market))),
  };
}

async function readMarket(history: History, counters: HistoryMarket): Promise<MarketRestart> {
  const { market } = counters;
  const [lastTrade] = await history.trades({ market, limit: 1 });
  if (lastTrade === undefined) {
    return { counters, lastTrade, klines: [], minutes: [], previousTicks: undefined };
  }
  const { timeMs } = lastTrade;
  const read = (interval: number, startMs: number): Promise<HistoryKline[]> =>
    history.klines({ market, interval, startMs, endMs: timeMs, limit: ROWS_MAX });
  // The days that the longest candles are made of.
  const daysFrom = Math.min(
    ...INTERVALS.slice(INTERVAL_1D + 1).map((_, index) => openOf(INTERVAL_1D + 1 + index, timeMs)),
  );
  const second = await read(INTERVAL_1S, openOf(INTERVAL_1S, timeMs));
  const minutes = await read(INTERVAL_1M, openOf(INTERVAL_1M, timeMs - DAY_MS));
  const hours = await read(INTERVAL_1H, openOf(INTERVAL_1D, timeMs));
  const days = await read(INTERVAL_1D, daysFrom);
  const hourFrom = openOf(INTERVAL_1H, timeMs);
  const before = await history.klines({
    market,
    interval: INTERVAL_1M,
    endMs: openOf(INTERVAL_1M, timeMs - DAY_MS) - 1,
    limit: 1,
  });
  return {
    counters,
    lastTrade,
    klines: [...second, ...minutes.filter(({ openMs }) => openMs >= hourFrom), ...hours, ...days],
    minutes: minutes.filter(({ openMs }) => openMs < openOf(INTERVAL_1M, timeMs)),
    previousTicks: before[0]?.closeTicks,
  };
}

/** What a history is held against. */
export interface Beside {
  readonly engine: EngineReader;
  /** False where the history began after the exchange. */
  readonly isWhole: boolean;
}

/**
 * Fills the state from the history, and checks it against the engine.
 *
 * Errors   READ_MODEL_MISMATCH, thrown.
 */
export function restore(state: ExchangeState, restart: Restart, beside: Beside): void {
  const { engine } = beside;
  state.engine = engine;
  const counts = engine.counts();
  const byMarket = new Map(restart.markets.map((market) => [market.counters.market, market]));
  for (let index = 0; index < counts.markets; index++) {
    restoreMarket(state, index, byMarket.get(index), beside);
  }
  if (byMarket.size > 0 && Math.max(...byMarket.keys()) >= counts.markets) {
    throw readModelFault("it knows more markets");
  }
  for (const { account, updatedMs } of restart.accounts) state.restoreAccount(account, updatedMs);
  const orders = restart.orders.map((row) => restoreOrder(state, row, engine));
  joinLists(state, [...orders, ...restart.ended.map((row) => new OrderRecord(row))]);
  if (state.orders.openCount !== counts.openOrders) {
    throw readModelFault(
      `it has ${state.orders.openCount} open orders, the exchange ${counts.openOrders}`,
    );
  }
}

function restoreMarket(
  state: ExchangeState,
  index: number,
  restart: MarketRestart | undefined,
  { engine, isWhole }: Beside,
): void {
  const counters = restart?.counters;
  const market = state.addMarket(index, counters?.updateId, counters?.aggregateId);
  const { tradeCount } = engine.market(index as MarketIndex);
  const lastTrade = restart?.lastTrade;
  // A history that began in the middle may not have seen a trade yet.
  const isKnown = isWhole || lastTrade !== undefined;
  if (isKnown && tradeCount !== (lastTrade?.tradeId ?? 0)) {
    const known = lastTrade?.tradeId ?? 0;
    throw readModelFault(
      `market ${index} has ${known} trades in it, ${tradeCount} on the exchange`,
    );
  }
  if (restart === undefined || lastTrade === undefined) return;
  market.lastTrade = lastTrade;
  market.klines.restore(restart.klines, lastTrade.timeMs);
  market.day.restore(
    restart.minutes.map((row) => new Candle(row)),
    restart.previousTicks,
  );
}

/** False for an order that an older release has booked as a plain one. */
function isSpecialAs(order: OrderRecord, open: OpenOrder): boolean {
  const isTriggerKnown = open.trigger === TriggerKind.None || open.trigger === order.triggerKind;
  return isTriggerKnown && (open.displayLots === 0) === (order.displayLots === 0);
}

/** Has each order know those of its list. One of each list is open. */
function joinLists(state: ExchangeState, orders: readonly OrderRecord[]): void {
  const lists = Map.groupBy(
    orders.filter(({ listId }) => listId !== 0),
    ({ listId }) => listId,
  );
  for (const list of lists.values()) {
    list.sort((left, right) => left.serial - right.serial);
    for (const order of list) order.list = list;
    state.openList(list);
  }
}

function restoreOrder(state: ExchangeState, row: HistoryOrder, engine: EngineReader): OrderRecord {
  const order = new OrderRecord(row);
  const open = engine.findOrder(row.orderId as OrderId);
  const lots = open === undefined ? undefined : open.lots + open.hiddenLots;
  if (open === undefined || lots !== order.remainingLots) {
    throw readModelFault(`order ${row.orderId} has ${order.remainingLots} lots, there ${lots}`);
  }
  if (!isSpecialAs(order, open)) {
    throw readModelFault(`it does not know what is special about order ${row.orderId}`);
  }
  state.restoreOrder(order, open);
  return order;
}
