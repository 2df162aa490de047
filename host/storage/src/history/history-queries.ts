import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { ORDERS, type TableColumns, TRADES } from "./history-changes.ts";
import type {
  AggregatesQuery,
  FillsQuery,
  HistoryAccount,
  HistoryAggregate,
  HistoryHead,
  HistoryKline,
  HistoryMarket,
  HistoryOrder,
  HistoryReader,
  HistoryTrade,
  KlinesQuery,
  ListsQuery,
  OrdersQuery,
  TimeRange,
  TradesQuery,
} from "./history.ts";

/** The questions of `HistoryReader`, answered at once. */
export type HistoryQueries = {
  readonly [Name in keyof HistoryReader]: (
    ...args: Parameters<HistoryReader[Name]>
  ) => Awaited<ReturnType<HistoryReader[Name]>>;
} & { head(): HistoryHead };

/** Trades that one question for aggregates reads at most: more than one command can make. */
const AGGREGATED_TRADES_MAX = 100_000;
const MS_MAX: number = Number.MAX_SAFE_INTEGER - 1;

type Row = Record<string, SQLOutputValue>;

export function createHistoryQueries(database: DatabaseSync): HistoryQueries {
  const find = new TradeFinder(database);
  return {
    ...orderQueries(database),
    ...listQueries(database),
    ...tradeQueries(database, find),
    fills: fillsQuery(database, find),
    ...smallQueries(database),
  };
}

function prepare(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  // Some columns pass 2^53; those that cannot are turned into numbers below.
  statement.setReadBigInts(true);
  return statement;
}

function orderQueries(
  database: DatabaseSync,
): Pick<HistoryQueries, "findOrder" | "findClientOrder" | "orders" | "openOrders"> {
  const byId = prepare(database, "SELECT * FROM orders WHERE orderId = ?");
  const byClient = prepare(
    database,
    "SELECT * FROM orders WHERE account = ? AND clientOrderId = ? ORDER BY serial DESC LIMIT 1",
  );
  const from = orderBeginnings(database);
  const open = prepare(database, "SELECT * FROM orders WHERE status < 2 ORDER BY serial");
  const ranges = bothWays(
    database,
    `SELECT * FROM orders WHERE account = ? AND market = ? AND (createdMs, serial) >= (?, ?)
     AND createdMs <= ?`,
    ["createdMs", "serial"],
  );
  return {
    findOrder: (orderId) => orderOf(byId.get(orderId)),
    findClientOrder: (account, clientOrderId) =>
      orderOf(byClient.get(account, BigInt.asIntN(64, clientOrderId))),
    openOrders: () => open.all().map((row) => orderOf(row)!),
    orders(query: OrdersQuery) {
      const { account, market, fromSerial, startMs, endMs, limit } = query;
      const isFirst = startMs !== undefined || fromSerial !== undefined;
      const values = [account, market, ...from(query), endMs ?? MS_MAX];
      return ranges(isFirst, values, limit).map((row) => orderOf(row)!);
    },
  };
}

/** Where a range of orders begins: the least time and serial. */
function orderBeginnings(
  database: DatabaseSync,
): (query: Pick<OrdersQuery, "fromSerial" | "startMs">) => [number, number] {
  const createdAt = prepare(database, "SELECT createdMs FROM orders WHERE serial = ?");
  return ({ fromSerial, startMs = 0 }) => {
    if (fromSerial === undefined) return [startMs, 0];
    const created = createdAt.get(fromSerial)?.["createdMs"];
    return [Math.max(startMs, Number(created ?? 0)), fromSerial];
  };
}

/** The most orders that a list has. They are accepted one after the other, and nothing between. */
const LIST_ORDERS_MAX = 3;

function listQueries(
  database: DatabaseSync,
): Pick<HistoryQueries, "list" | "lists" | "endedOfOpenLists"> {
  const ofList = "SELECT * FROM orders WHERE listId = ? AND listId <> 0 ORDER BY serial";
  const byList = prepare(database, ofList);
  const ended = prepare(
    database,
    `SELECT * FROM orders WHERE status >= 2 AND listId <> 0
     AND listId IN (SELECT listId FROM orders WHERE status < 2 AND listId <> 0) ORDER BY serial`,
  );
  const from = orderBeginnings(database);
  const ranges = bothWays(
    database,
    `SELECT * FROM orders WHERE account = ? AND listId <> 0 AND (createdMs, serial) >= (?, ?)
     AND createdMs <= ?`,
    ["createdMs", "serial"],
  );
  return {
    list: (listId) => byList.all(listId).map((row) => orderOf(row)!),
    endedOfOpenLists: () => ended.all().map((row) => orderOf(row)!),
    lists(query: ListsQuery) {
      const { account, fromSerial, startMs, endMs, limit } = query;
      const isFirst = startMs !== undefined || fromSerial !== undefined;
      const values = [account, ...from(query), endMs ?? MS_MAX];
      // So many are at least as many lists as are wanted, and the one that may be cut off is beyond these.
      const rows = ranges(isFirst, values, limit * LIST_ORDERS_MAX).map((row) => orderOf(row)!);
      const ids = [...new Set(rows.map(({ listId }) => listId))];
      const wanted = new Set(isFirst ? ids.slice(0, limit) : ids.slice(-limit));
      return rows.filter(({ listId }) => wanted.has(listId));
    },
  };
}

/** Times and aggregates of a market ascend with its trade ids, so ids are found by halving. */
class TradeFinder {
  readonly #bounds: StatementSync;
  readonly #timeAt: StatementSync;
  readonly #aggregateAt: StatementSync;

  constructor(database: DatabaseSync) {
    // Two lookups at the ends of an index: min and max of one select would read all of it.
    this.#bounds = prepare(
      database,
      `SELECT (SELECT min(tradeId) FROM trades WHERE market = ?1) AS first,
              (SELECT max(tradeId) FROM trades WHERE market = ?1) AS last`,
    );
    const at = "FROM trades WHERE market = ? AND tradeId = ?";
    this.#timeAt = prepare(database, `SELECT timeMs AS value ${at}`);
    this.#aggregateAt = prepare(database, `SELECT aggregateId AS value ${at}`);
  }

  /** The ids of the query's trades, or undefined if there are none. */
  range(query: TradesQuery): { readonly from: number; readonly to: number } | undefined {
    const bounds = this.bounds(query.market);
    if (bounds === undefined) return undefined;
    const { startMs, endMs, market } = query;
    let from = Math.max(bounds.first, query.fromTradeId ?? 0);
    let to = bounds.last;
    if (startMs !== undefined) from = Math.max(from, this.#first(market, this.#timeAt, startMs));
    if (endMs !== undefined) to = Math.min(to, this.#first(market, this.#timeAt, endMs + 1) - 1);
    return from > to ? undefined : { from, to };
  }

  bounds(market: number): { readonly first: number; readonly last: number } | undefined {
    const row = this.#bounds.get(market);
    if (row === undefined || row["first"] === null) return undefined;
    return { first: Number(row["first"]), last: Number(row["last"]) };
  }

  /** The first trade whose aggregate is `aggregateId` or a later one. */
  firstOfAggregate(market: number, aggregateId: number): number {
    return this.#first(market, this.#aggregateAt, aggregateId);
  }

  aggregateOf(market: number, tradeId: number): number {
    return Number(this.#aggregateAt.get(market, tradeId)?.["value"] ?? 0);
  }

  /** The first trade whose value is at least `value`; the one behind the last if there is none. */
  #first(market: number, valueAt: StatementSync, value: number): number {
    const bounds = this.bounds(market);
    if (bounds === undefined) return 1;
    let low = bounds.first;
    let high = bounds.last + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = Number(valueAt.get(market, middle)?.["value"]);
      if (found >= value) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function tradeQueries(
  database: DatabaseSync,
  find: TradeFinder,
): Pick<HistoryQueries, "trades" | "aggregates"> {
  const where = "FROM trades WHERE market = ? AND tradeId BETWEEN ? AND ?";
  const ranges = bothWays(database, `SELECT * ${where}`, ["tradeId"]);
  const groups = prepare(
    database,
    `SELECT aggregateId, priceTicks, sum(lots) AS lots, takerSide, timeMs,
            min(tradeId) AS firstTradeId, max(tradeId) AS lastTradeId
     ${where} GROUP BY aggregateId ORDER BY aggregateId`,
  );
  return {
    trades(query) {
      const range = find.range(query);
      if (range === undefined) return [];
      const isFirst = query.fromTradeId !== undefined || query.startMs !== undefined;
      const rows = ranges(isFirst, [query.market, range.from, range.to], query.limit);
      return rows.map((row) => tradeOf(row));
    },
    aggregates(query) {
      const range = aggregateRange(find, query);
      if (range === undefined) return [];
      return groups.all(query.market, range.from, range.to).map((row) => aggregateOf(row));
    },
  };
}

/** The trades of `limit` whole groups, as many of them as may be read. */
function aggregateRange(
  find: TradeFinder,
  query: AggregatesQuery,
): { readonly from: number; readonly to: number } | undefined {
  const { market, fromAggregateId, limit } = query;
  const fromTradeId =
    fromAggregateId === undefined ? undefined : find.firstOfAggregate(market, fromAggregateId);
  const range = find.range({ ...query, fromTradeId });
  if (range === undefined) return undefined;
  let { from, to } = range;
  if (fromAggregateId !== undefined || query.startMs !== undefined) {
    const behind = find.aggregateOf(market, from) + limit;
    to = Math.min(to, find.firstOfAggregate(market, behind) - 1);
    if (to - from >= AGGREGATED_TRADES_MAX) {
      const cut = find.aggregateOf(market, from + AGGREGATED_TRADES_MAX);
      to = find.firstOfAggregate(market, cut) - 1;
    }
  } else {
    const first = find.aggregateOf(market, to) - limit + 1;
    from = Math.max(from, find.firstOfAggregate(market, first));
    if (to - from >= AGGREGATED_TRADES_MAX) {
      const cut = find.aggregateOf(market, to - AGGREGATED_TRADES_MAX);
      from = find.firstOfAggregate(market, cut + 1);
    }
  }
  return { from, to };
}

function fillsQuery(database: DatabaseSync, find: TradeFinder): HistoryQueries["fills"] {
  const listOf = prepare(database, "SELECT listId FROM orders WHERE orderId = ?");
  const sides = [
    { isMaker: false, account: "takerAccount", order: "takerOrderId" },
    { isMaker: true, account: "makerAccount", order: "makerOrderId" },
  ].map(({ isMaker, account, order }) => {
    const where = `SELECT * FROM trades WHERE ${account} = ? AND market = ?
      AND tradeId BETWEEN ? AND ?`;
    return {
      isMaker,
      all: bothWays(database, where, ["tradeId"]),
      // The plus keeps SQLite from the index by account, which would read all the account's fills.
      ofOrder: bothWays(
        database,
        `SELECT * FROM trades WHERE +${account} = ? AND +market = ? AND +tradeId BETWEEN ? AND ?
         AND ${order} = ?`,
        ["tradeId"],
      ),
    };
  });
  return (query: FillsQuery) => {
    const range = find.range(query);
    if (range === undefined) return [];
    const { account, market, orderId, limit } = query;
    const isFirst = query.fromTradeId !== undefined || query.startMs !== undefined;
    const values = [account, market, range.from, range.to];
    const fills = sides.flatMap(({ isMaker, all, ofOrder }) => {
      const rows =
        orderId === undefined
          ? all(isFirst, values, limit)
          : ofOrder(isFirst, [...values, orderId], limit);
      return rows.map((row) => ({ trade: tradeOf(row), isMaker }));
    });
    fills.sort(
      (left, right) =>
        left.trade.tradeId - right.trade.tradeId || Number(left.isMaker) - Number(right.isMaker),
    );
    return (isFirst ? fills.slice(0, limit) : fills.slice(-limit)).map(({ trade, isMaker }) => {
      const row = listOf.get(isMaker ? trade.makerOrderId : trade.takerOrderId);
      return { trade, isMaker, listId: Number(row?.["listId"] ?? 0) };
    });
  };
}

function smallQueries(
  database: DatabaseSync,
): Pick<HistoryQueries, "klines" | "markets" | "accounts" | "head"> {
  const head = database.prepare(
    "SELECT sequence, nowMs, orderSerial, executionId, beginsSequence FROM head",
  );
  const markets = database.prepare("SELECT * FROM markets ORDER BY market");
  const accounts = database.prepare("SELECT * FROM accounts ORDER BY account");
  const klines = bothWays(
    database,
    "SELECT * FROM klines WHERE market = ? AND interval = ? AND openMs BETWEEN ? AND ?",
    ["openMs"],
  );
  return {
    head: () => head.get() as unknown as HistoryHead,
    markets: () => markets.all() as unknown as HistoryMarket[],
    accounts: () => accounts.all() as unknown as HistoryAccount[],
    klines(query: KlinesQuery & TimeRange) {
      const { market, interval, startMs, endMs, limit } = query;
      const values = [market, interval, startMs ?? 0, endMs ?? MS_MAX];
      return klines(startMs !== undefined, values, limit).map((row) => klineOf(row));
    },
  };
}

/** Reads the first or the last `limit` rows, in ascending order either way. */
function bothWays(
  database: DatabaseSync,
  select: string,
  order: readonly string[],
): (isFirst: boolean, values: readonly SQLInputValue[], limit: number) => Row[] {
  const first = prepare(database, `${select} ORDER BY ${order.join(", ")} LIMIT ?`);
  const down = order.map((name) => `${name} DESC`).join(", ");
  const last = prepare(database, `${select} ORDER BY ${down} LIMIT ?`);
  return (isFirst, values, limit) =>
    isFirst ? first.all(...values, limit) : last.all(...values, limit).reverse();
}

/** Turns the columns that fit into numbers; the others stay bigints. */
function numbered(row: Row, table: TableColumns): Row {
  for (const name of table.numbers) row[name] = Number(row[name]);
  return row;
}

function orderOf(row: Row | undefined): HistoryOrder | undefined {
  if (row === undefined) return undefined;
  const order = numbered(row, ORDERS);
  order["clientOrderId"] = BigInt.asUintN(64, order["clientOrderId"] as bigint);
  return { ...order } as unknown as HistoryOrder;
}

function tradeOf(row: Row): HistoryTrade {
  const { serial: _, ...trade } = numbered(row, TRADES);
  return trade as unknown as HistoryTrade;
}

function aggregateOf(row: Row): HistoryAggregate {
  return {
    aggregateId: Number(row["aggregateId"]),
    priceTicks: Number(row["priceTicks"]),
    lots: row["lots"] as bigint,
    takerSide: Number(row["takerSide"]),
    timeMs: Number(row["timeMs"]),
    firstTradeId: Number(row["firstTradeId"]),
    lastTradeId: Number(row["lastTradeId"]),
  };
}

function klineOf(row: Row): HistoryKline {
  const number = (name: string): number => Number(row[name]);
  const sum = (name: string): bigint => BigInt(row[name] as string);
  return {
    market: number("market"),
    interval: number("interval"),
    openMs: number("openMs"),
    openTicks: number("openTicks"),
    highTicks: number("highTicks"),
    lowTicks: number("lowTicks"),
    closeTicks: number("closeTicks"),
    lots: sum("lots"),
    quanta: sum("quanta"),
    takerBuyLots: sum("takerBuyLots"),
    takerBuyQuanta: sum("takerBuyQuanta"),
    firstTradeId: number("firstTradeId"),
    lastTradeId: number("lastTradeId"),
  };
}
