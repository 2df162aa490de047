import { assert } from "@rialto/base";
import type { MarketIndex, OrderId } from "@rialto/protocol";
import {
  type FillsQuery,
  type History,
  type AggregatesQuery,
  HistoryChanges,
  type HistoryAggregate,
  type HistoryFill,
  type HistoryOrder,
  type HistoryTrade,
  type ListsQuery,
  type OrdersQuery,
  type StorageFault,
  type TradesQuery,
} from "@rialto/storage";
import type { EngineReader, ExecutedBatch, ReadModel } from "../exchange-port.ts";
import { adopt } from "./adopt.ts";
import { BatchApplier } from "./batch-applier.ts";
import type { Candle } from "./candle.ts";
import { ExchangeState } from "./exchange-state.ts";
import type { AccountListener, MarketListener } from "./happenings.ts";
import { INTERVAL_1M, INTERVAL_1S } from "./intervals.ts";
import { type KlinesRange, readKlines } from "./kline-reader.ts";
import type { MarketState } from "./market-state.ts";
import { type OrderRecord, OrderTable } from "./order-record.ts";
import { readRestart, type Restart, restore } from "./restart.ts";
import type { WindowStatistics } from "./rolling-window.ts";

export interface ReadModelOptions {
  readonly history: History;
  /** Orders that have ended and are kept in memory. Default 10,000. */
  readonly closedOrdersMax?: number;
  /** Rows that may wait before they are handed to the history. Default 1,000. */
  readonly waitingRowsMax?: number;
  /**
   * Where a history without anything in it begins, for an exchange that goes on from a snapshot: what happened before is
   * not to be had.
   */
  readonly begins?: HistoryBeginning;
}

/** A batch, and its time. */
export interface HistoryBeginning {
  readonly sequence: number;
  readonly nowMs: number;
}

/**
 * Makes the read model over a history, and reads what it goes on from.
 *
 * Errors   STORAGE_IO.
 */
export async function createReadModel(options: ReadModelOptions): Promise<GatewayReadModel> {
  const { history, closedOrdersMax = 10_000, waitingRowsMax = 1_000, begins } = options;
  assert(begins === undefined || history.head.sequence === 0, "only an empty history begins");
  const restart = begins === undefined ? await readRestart(history) : undefined;
  return new GatewayReadModel(history, restart, { closedOrdersMax, waitingRowsMax, begins });
}

/** Orders, books, trades and candles, kept up to date from the batches that the engine has executed. */
export class GatewayReadModel implements ReadModel {
  readonly #history: History;
  readonly #state: ExchangeState;
  readonly #applier: BatchApplier;
  readonly #waitingRowsMax: number;
  #restart: Restart | undefined;
  #begins: HistoryBeginning | undefined;
  readonly #beginsSequence: number;
  #sequence: number;
  #handedSequence: number;
  #nowMs: number;

  constructor(
    history: History,
    restart: Restart | undefined,
    options: {
      readonly closedOrdersMax: number;
      readonly waitingRowsMax: number;
      readonly begins: HistoryBeginning | undefined;
    },
  ) {
    const { begins } = options;
    this.#history = history;
    this.#restart = restart;
    this.#begins = begins;
    this.#waitingRowsMax = options.waitingRowsMax;
    this.#state = new ExchangeState(new OrderTable(options.closedOrdersMax));
    this.#applier = new BatchApplier(this.#state);
    this.#sequence = begins?.sequence ?? history.head.sequence;
    this.#handedSequence = history.head.sequence;
    this.#nowMs = begins?.nowMs ?? history.head.nowMs;
    this.#beginsSequence = begins?.sequence ?? history.head.beginsSequence;
    this.#state.orderSerial = history.head.orderSerial;
    this.#state.executionId = history.head.executionId;
  }

  get durableSequence(): number {
    // Of what came before its beginning there is nothing to be written.
    return Math.max(this.#history.durableSequence, this.#begins?.sequence ?? 0);
  }

  get fault(): StorageFault | undefined {
    return this.#history.fault;
  }

  /** Of the last batch that was applied. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Trades applied by this process. */
  get tradesApplied(): number {
    return this.#state.tradeCount;
  }

  /** Rows that wait to be handed to the history. */
  get waitingRows(): number {
    return this.#state.dirtyCount;
  }

  get isLoaded(): boolean {
    return this.#restart === undefined && this.#begins === undefined;
  }

  load(engine: EngineReader): void {
    assert(!this.isLoaded, "a read model is loaded once");
    const restart = this.#restart;
    if (restart === undefined) adopt(this.#state, engine, this.#nowMs);
    else restore(this.#state, restart, { engine, isWhole: this.#beginsSequence === 0 });
    this.#restart = undefined;
    this.#begins = undefined;
    if (restart === undefined) this.flush();
  }

  apply(batch: ExecutedBatch): void {
    assert(batch.sequence === this.#sequence + 1, "batches are applied in order, without gaps");
    this.#sequence = batch.sequence;
    this.#nowMs = batch.nowMs;
    this.#applier.apply(batch);
    this.#state.endBatch(batch.nowMs);
    if (this.#state.dirtyCount >= this.#waitingRowsMax) this.handOver();
  }

  flush(): void {
    this.handOver();
    this.#history.flush();
  }

  /** Hands what has changed to the history, to be written behind. */
  handOver(): void {
    if (this.#handedSequence === this.#sequence) return;
    this.#handedSequence = this.#sequence;
    const state = this.#state;
    const changes = new HistoryChanges();
    for (const order of state.dirtyOrders) {
      order.isDirty = false;
      changes.addOrder(order);
    }
    for (const trade of state.trades) changes.addTrade(trade);
    for (const { market, interval, candle } of state.closedCandles) {
      addCandle(changes, market, interval, candle);
    }
    for (const market of state.dirtyMarkets) this.#handOverMarket(changes, market);
    for (const account of state.dirtyAccounts) {
      changes.addAccount({ account, updatedMs: state.accountUpdatedMs(account) });
    }
    state.dirtyOrders = [];
    state.trades = [];
    state.closedCandles = [];
    state.dirtyMarkets = [];
    state.dirtyAccounts.clear();
    const { orderSerial, executionId } = state;
    const beginsSequence = this.#beginsSequence;
    const sequence = this.#sequence;
    const head = { sequence, nowMs: this.#nowMs, orderSerial, executionId, beginsSequence };
    this.#history.write(changes.seal(head));
  }

  #handOverMarket(changes: HistoryChanges, market: MarketState): void {
    market.isDirty = false;
    const { index } = market.facts;
    const { aggregateId, klines } = market;
    changes.addMarket({ market: index, updateId: market.book.updateId, aggregateId });
    if (!market.hasTraded) return;
    market.hasTraded = false;
    for (const interval of [INTERVAL_1S, INTERVAL_1M]) {
      const candle = klines.live(interval);
      if (candle !== undefined) addCandle(changes, index, interval, candle);
    }
  }

  get engine(): EngineReader {
    return this.#state.engine;
  }

  market(index: number): MarketState {
    return this.#state.market(index);
  }

  /** An order that is open or has ended lately. */
  order(orderId: OrderId): OrderRecord | undefined {
    return this.#state.orders.find(orderId);
  }

  /** An order of the history as it is known now: what is open says more of itself than a row does. */
  newest(row: HistoryOrder): HistoryOrder {
    return this.order(row.orderId as OrderId) ?? row;
  }

  /** The open orders of an account, in one market or in all, in the order of their acceptance. */
  openOrders(account: number, market?: number): OrderRecord[] {
    return this.#state.orders.open(account, market);
  }

  /** The orders of the account's open list that it calls so, by their acceptance. */
  findOpenList(account: number, text: string): readonly HistoryOrder[] | undefined {
    return this.#state.findOpenList(account, text);
  }

  accountUpdatedMs(account: number): number {
    return this.#state.accountUpdatedMs(account);
  }

  /** The last price, also of a trade from before the history begins; 0 where there has been none. */
  lastTicks(index: number): number {
    const { lastTrade } = this.market(index);
    if (lastTrade !== undefined) return lastTrade.priceTicks;
    const { tradeCount, lastTradeTicks } = this.engine.market(index as MarketIndex);
    return tradeCount === 0 ? 0 : lastTradeTicks;
  }

  /** Now on a market: no trade lies after it, though this clock may have been set back, or be behind the committee's. */
  clockOf(index: number, nowMs: number): number {
    return Math.max(nowMs, this.market(index).lastTrade?.timeMs ?? 0);
  }

  /** What was traded in the day that ends at `clockMs`, and the price before it. */
  day(index: number, clockMs: number): WindowStatistics & { readonly previousTicks: number } {
    const market = this.market(index);
    const nowMs = this.clockOf(index, clockMs);
    const growing = market.klines.live(INTERVAL_1M);
    const day = market.day.day(nowMs, growing, this.lastTicks(index));
    const isGone = growing !== undefined && growing.openMs < day.openMs;
    const previousTicks = isGone ? growing.closeTicks : market.day.previousTicks(nowMs);
    return { ...day, previousTicks: previousTicks ?? day.openTicks };
  }

  /** The same for a window of at most 1,440 minutes. */
  window(index: number, clockMs: number, minutes: number): WindowStatistics {
    const market = this.market(index);
    const nowMs = this.clockOf(index, clockMs);
    const growing = market.klines.live(INTERVAL_1M);
    return market.day.window(nowMs, minutes, growing, this.lastTicks(index));
  }

  followMarket(index: MarketIndex, listener: MarketListener): () => void {
    const market = this.market(index);
    market.listeners = [...market.listeners, listener];
    return () => {
      market.listeners = market.listeners.filter((each) => each !== listener);
    };
  }

  followAccount(account: number, listener: AccountListener): () => void {
    return this.#state.watch(account, listener);
  }

  // Questions that reach back in time. What has been applied is handed over first, so that every answer
  // contains it.

  /** An order of any time. */
  async findOrder(orderId: OrderId): Promise<HistoryOrder | undefined> {
    const order = this.order(orderId);
    if (order !== undefined) return order;
    this.handOver();
    return this.#history.findOrder(orderId);
  }

  /** The newest order of any time that carries the client's id. */
  async findClientOrder(account: number, clientOrderId: bigint): Promise<HistoryOrder | undefined> {
    const open = this.engine.findClientOrder(account as never, clientOrderId);
    if (open !== undefined) return this.order(open.orderId);
    this.handOver();
    return this.#history.findClientOrder(account, clientOrderId);
  }

  orders(query: OrdersQuery): Promise<HistoryOrder[]> {
    this.handOver();
    return this.#history.orders(query);
  }

  /** The orders of a list, as they are known now, by their acceptance. */
  async list(listId: number): Promise<HistoryOrder[]> {
    this.handOver();
    return (await this.#history.list(listId)).map((row) => this.newest(row));
  }

  /** The same of many lists, one after the other. */
  async lists(query: ListsQuery): Promise<HistoryOrder[]> {
    this.handOver();
    return (await this.#history.lists(query)).map((row) => this.newest(row));
  }

  trades(query: TradesQuery): Promise<HistoryTrade[]> {
    this.handOver();
    return this.#history.trades(query);
  }

  aggregates(query: AggregatesQuery): Promise<HistoryAggregate[]> {
    this.handOver();
    return this.#history.aggregates(query);
  }

  fills(query: FillsQuery): Promise<HistoryFill[]> {
    this.handOver();
    return this.#history.fills(query);
  }

  /** Candles without gaps: an interval in which nothing was traded repeats the price before it. */
  klines(range: KlinesRange): Promise<Candle[]> {
    this.handOver();
    const { klines } = this.market(range.market);
    const nowMs = this.clockOf(range.market, range.nowMs);
    return readKlines(this.#history, { ...range, nowMs }, klines.live(range.interval));
  }
}

function addCandle(changes: HistoryChanges, market: number, interval: number, from: Candle): void {
  const { openMs, openTicks, highTicks, lowTicks, closeTicks, firstTradeId, lastTradeId } = from;
  const { lots, quanta, takerBuyLots, takerBuyQuanta } = from;
  changes.addKline({
    market,
    interval,
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
  });
}
