import { createPrng, type Prng } from "@rialto/base";
import { HistoryChanges } from "../history-changes.ts";
import {
  type AggregatesQuery,
  type FillsQuery,
  type HistoryAggregate,
  type HistoryFill,
  type HistoryHead,
  type HistoryOrder,
  type HistoryTrade,
  isOpenStatus,
  type ListsQuery,
  type OrdersQuery,
  OrderStatus,
  type TradesQuery,
} from "../history.ts";

// A history drawn from a seed, written down the plain way: lists, searched from end to end.

export const MARKETS = 3;
export const ACCOUNTS = 4;
const ROWS_PER_STEP = 6;
const ID_SPAN = 2 ** 24;

export class RandomHistory {
  readonly orders: HistoryOrder[] = [];
  readonly trades: HistoryTrade[] = [];
  readonly aggregateIds: number[] = Array.from({ length: MARKETS }, () => 0);
  readonly #prng: Prng;
  #nowMs = 1_700_000_000_000;
  #sequence = 0;

  constructor(seed: number) {
    this.#prng = createPrng(seed);
  }

  get head(): HistoryHead {
    const { length } = this.orders;
    return {
      sequence: this.#sequence,
      nowMs: this.#nowMs,
      orderSerial: length,
      executionId: length * 2,
      beginsSequence: length * 3,
    };
  }

  /** What one log record would have changed: new orders, changed orders, trades. */
  step(): HistoryChanges {
    const changes = new HistoryChanges();
    const prng = this.#prng;
    this.#sequence += 1;
    this.#nowMs += prng.below(3) * 500;
    for (let row = 0; row < ROWS_PER_STEP; row++) changes.addOrder(this.#newOrder());
    for (const order of this.#newList()) changes.addOrder(order);
    const changed = new Set<number>();
    const newest = Math.min(this.orders.length, 100);
    for (let row = 0; row < 3 * ROWS_PER_STEP; row++) {
      changed.add(this.orders.length - 1 - prng.below(newest));
    }
    for (const index of changed) {
      // An order that has ended stays as it is.
      if (!isOpenStatus(this.orders[index]!.status)) continue;
      const order = { ...this.orders[index]!, status: prng.below(6), updatedMs: this.#nowMs };
      this.orders[index] = order;
      changes.addOrder(order);
    }
    for (let group = prng.below(4); group > 0; group--) {
      for (const trade of this.#newGroup()) changes.addTrade(trade);
    }
    return changes.seal(this.head);
  }

  #newOrder(): HistoryOrder {
    const prng = this.#prng;
    const serial = this.orders.length + 1;
    const order: HistoryOrder = {
      serial,
      orderId: (1 + prng.below(2 ** 28)) * ID_SPAN + serial,
      account: 1 + prng.below(ACCOUNTS),
      market: prng.below(MARKETS),
      side: prng.below(2),
      orderType: prng.below(6),
      selfTrade: prng.below(5),
      priceTicks: prng.below(2 ** 30),
      lots: prng.below(2 ** 32) * 2 ** 8,
      quoteQuanta: (1n << 62n) - 1n,
      clientOrderId: (1n << 64n) - BigInt(1 + prng.below(100)),
      text: `text-${serial}`,
      executedLots: 2 ** 40 - 1,
      executedQuanta: (1n << 63n) - 1n,
      preventedLots: prng.below(100),
      status: OrderStatus.New,
      createdMs: this.#nowMs,
      updatedMs: this.#nowMs,
      triggerKind: prng.below(5),
      triggerTicks: prng.below(2 ** 30),
      trailBasisPoints: prng.below(10_001),
      displayLots: prng.below(2 ** 32) * 2 ** 8,
      expiresMs: prng.below(2) * (this.#nowMs + prng.below(1_000)),
      pegKind: prng.below(4),
      pegTicks: prng.below(2 ** 30),
      flags: prng.below(8),
      waitedMs: prng.below(1_000) - 1,
      listId: 0,
      listKind: 0,
      listText: "",
    };
    this.orders.push(order);
    return order;
  }

  #newList(): HistoryOrder[] {
    const prng = this.#prng;
    const first = this.#newOrder();
    const { account, market } = first;
    const listKind = 1 + prng.below(3);
    const listText = prng.chance(1, 2) ? `list-${first.serial}` : "";
    const list = { account, market, listId: first.orderId, listKind, listText };
    const orders = [first, this.#newOrder(), ...(prng.chance(1, 2) ? [this.#newOrder()] : [])];
    return orders.map((order) => {
      const listed = { ...order, ...list };
      this.orders[order.serial - 1] = listed;
      return listed;
    });
  }

  #newGroup(): HistoryTrade[] {
    const prng = this.#prng;
    const market = prng.below(MARKETS);
    const aggregateId = ++this.aggregateIds[market]!;
    const taker = this.orders[prng.below(this.orders.length)]!;
    const priceTicks = 1 + prng.below(1_000);
    const takerSide = prng.below(2);
    return Array.from({ length: 1 + prng.below(3) }, () => {
      const maker = this.orders[prng.below(this.orders.length)]!;
      const trade: HistoryTrade = {
        market,
        tradeId: this.trades.filter((each) => each.market === market).length + 1,
        aggregateId,
        priceTicks,
        lots: 1 + prng.below(2 ** 32),
        quanta: (1n << 62n) - BigInt(prng.below(1_000)),
        takerSide,
        timeMs: this.#nowMs,
        takerOrderId: taker.orderId,
        makerOrderId: maker.orderId,
        takerAccount: taker.account,
        makerAccount: maker.account,
        takerFeeQuanta: BigInt(prng.below(1_000)),
        makerFeeQuanta: (1n << 62n) + BigInt(prng.below(1_000)),
      };
      this.trades.push(trade);
      return trade;
    });
  }

  openOrders(): HistoryOrder[] {
    return this.orders.filter(({ status }) => isOpenStatus(status));
  }

  ordersOf(query: OrdersQuery): HistoryOrder[] {
    const rows = this.orders.filter(
      ({ account, market, serial, createdMs }) =>
        account === query.account &&
        market === query.market &&
        serial >= (query.fromSerial ?? 0) &&
        inRange(createdMs, query),
    );
    return ends(rows, query.fromSerial ?? query.startMs, query.limit);
  }

  listOf(listId: number): HistoryOrder[] {
    return this.orders.filter((order) => listId !== 0 && order.listId === listId);
  }

  listsOf(query: ListsQuery): HistoryOrder[] {
    const firsts = this.orders.filter(
      ({ account, orderId, listId, serial, createdMs }) =>
        account === query.account &&
        orderId === listId &&
        serial >= (query.fromSerial ?? 0) &&
        inRange(createdMs, query),
    );
    const lists = ends(firsts, query.fromSerial ?? query.startMs, query.limit);
    return lists.flatMap(({ listId }) => this.listOf(listId));
  }

  endedOfOpenLists(): HistoryOrder[] {
    const open = new Set(this.openOrders().map(({ listId }) => listId));
    return this.orders.filter(
      ({ listId, status }) => listId !== 0 && open.has(listId) && !isOpenStatus(status),
    );
  }

  tradesOf(query: TradesQuery): HistoryTrade[] {
    return ends(this.#tradesIn(query), query.fromTradeId ?? query.startMs, query.limit);
  }

  #tradesIn(query: TradesQuery): HistoryTrade[] {
    return this.trades.filter(
      ({ market, tradeId, timeMs }) =>
        market === query.market && tradeId >= (query.fromTradeId ?? 0) && inRange(timeMs, query),
    );
  }

  fillsOf(query: FillsQuery): HistoryFill[] {
    const { account, orderId } = query;
    const fills = this.#tradesIn(query).flatMap((trade) => {
      const isTaker =
        trade.takerAccount === account && (orderId ?? trade.takerOrderId) === trade.takerOrderId;
      const isMaker =
        trade.makerAccount === account && (orderId ?? trade.makerOrderId) === trade.makerOrderId;
      const sides = [...(isTaker ? [false] : []), ...(isMaker ? [true] : [])];
      return sides.map((isMakerSide) => {
        const own = isMakerSide ? trade.makerOrderId : trade.takerOrderId;
        const { listId } = this.orders.find((order) => order.orderId === own)!;
        return { trade, isMaker: isMakerSide, listId };
      });
    });
    return ends(fills, query.fromTradeId ?? query.startMs, query.limit);
  }

  aggregatesOf(query: AggregatesQuery): HistoryAggregate[] {
    const groups = new Map<number, HistoryAggregate>();
    for (const trade of this.#tradesIn({ ...query, limit: 0 })) {
      const { aggregateId } = trade;
      if (aggregateId < (query.fromAggregateId ?? 0)) continue;
      const group = groups.get(aggregateId);
      groups.set(aggregateId, {
        aggregateId,
        priceTicks: trade.priceTicks,
        lots: (group?.lots ?? 0n) + BigInt(trade.lots),
        takerSide: trade.takerSide,
        timeMs: trade.timeMs,
        firstTradeId: group?.firstTradeId ?? trade.tradeId,
        lastTradeId: trade.tradeId,
      });
    }
    return ends([...groups.values()], query.fromAggregateId ?? query.startMs, query.limit);
  }
}

function inRange(
  timeMs: number,
  range: { readonly startMs?: number | undefined; readonly endMs?: number | undefined },
): boolean {
  return timeMs >= (range.startMs ?? 0) && timeMs <= (range.endMs ?? Infinity);
}

/** The first rows of a query that has a beginning, else the last ones. */
function ends<T>(rows: T[], beginning: number | undefined, limit: number): T[] {
  return beginning === undefined ? rows.slice(-limit) : rows.slice(0, limit);
}
