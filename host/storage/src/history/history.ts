import type { StorageFault } from "../storage-fault.ts";
import type { HistoryChanges } from "./history-changes.ts";

// What has happened on the exchange, kept for questions: orders, trades, candles. Everything in it can be
// made again from the journal, so it is written behind the engine, in batches, each with the sequence of
// the log record up to which it is complete.

/** How an order stands. Below `Filled` it is open. */
export const OrderStatus = {
  New: 0,
  PartiallyFilled: 1,
  Filled: 2,
  Canceled: 3,
  /** Ended by the rules of its own type: the rest of a market order, an unfillable fill-or-kill. */
  Expired: 4,
  /** Ended by self-trade prevention. */
  ExpiredInMatch: 5,
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

export function isOpenStatus(status: number): boolean {
  return status < OrderStatus.Filled;
}

/** An accepted order. */
export interface HistoryOrder {
  /** Counts accepted orders from 1: the order of their acceptance. */
  readonly serial: number;
  readonly orderId: number;
  readonly account: number;
  readonly market: number;
  readonly side: number;
  readonly orderType: number;
  readonly selfTrade: number;
  readonly priceTicks: number;
  /** What was asked for in lots; 0 for an order by quote. */
  readonly lots: number;
  /** What was asked for in quanta of quote; 0 for an order in lots. */
  readonly quoteQuanta: bigint;
  /** As the engine knows it, u64. */
  readonly clientOrderId: bigint;
  /** As the client wrote it; empty if it wrote none. */
  readonly text: string;
  readonly executedLots: number;
  readonly executedQuanta: bigint;
  /** Taken off by self-trade prevention. */
  readonly preventedLots: number;
  readonly status: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** What it waits, or has waited, for before it comes to the book; 0 for nothing. */
  readonly triggerKind: number;
  /** The price that it waits for, or from which on it trails; 0 for none. */
  readonly triggerTicks: number;
  /** How far it stays behind the best price, in 10,000ths of that; 0 for an order that does not trail. */
  readonly trailBasisPoints: number;
  /** Lots that an iceberg shows at a time; 0 for an order that is none. */
  readonly displayLots: number;
  /** When what is left of it ends; 0 for never. */
  readonly expiresMs: number;
  /** What its price follows; 0 for nothing. */
  readonly pegKind: number;
  /** How far it stays behind that. */
  readonly pegTicks: number;
  /** What else it was asked to be: bits of `OrderFlag`. */
  readonly flags: number;
  /** How long it waited before it came to the book; NOT_WORKING while it has not. */
  readonly waitedMs: number;
  /** The id of the first order of its list, which names the list; 0 for an order of none. */
  readonly listId: number;
  /** How the orders of its list hang together; 0 for an order of none. */
  readonly listKind: number;
  /** Its list as the client calls it; empty if it does not. */
  readonly listText: string;
}

/** Bits of an order's `flags`. */
export const OrderFlag = {
  /** Rests unseen. */
  Hidden: 1,
  /** Counts for its account's protection in the market. */
  Protected: 2,
  /** Waits for the best price of the other side, and not for the last trade's. */
  BestQuote: 4,
} as const;

/** `waitedMs` of an order that has never come to the book. */
export const NOT_WORKING = -1;

/** A public trade and, beside it, who made it on what terms. */
export interface HistoryTrade {
  readonly market: number;
  /** Counts the trades of the market from 1. */
  readonly tradeId: number;
  /** Counts, from 1, the groups of trades that one taker made at one price. */
  readonly aggregateId: number;
  readonly priceTicks: number;
  readonly lots: number;
  readonly quanta: bigint;
  readonly takerSide: number;
  readonly timeMs: number;
  readonly takerOrderId: number;
  readonly makerOrderId: number;
  readonly takerAccount: number;
  readonly makerAccount: number;
  /** In base for the buyer, in quote for the seller. */
  readonly takerFeeQuanta: bigint;
  /** Below zero where the maker was paid, out of the taker's fee and in its asset. */
  readonly makerFeeQuanta: bigint;
}

/** The trades that one taker made at one price, as one. */
export interface HistoryAggregate {
  readonly aggregateId: number;
  readonly priceTicks: number;
  readonly lots: bigint;
  readonly takerSide: number;
  readonly timeMs: number;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
}

/** One account's side of a trade. */
export interface HistoryFill {
  readonly trade: HistoryTrade;
  readonly isMaker: boolean;
  /** The list of the account's order; 0 for none, and where that order is not kept any more. */
  readonly listId: number;
}

/** What was traded in [openMs, openMs + interval). Sums are exact and may pass 64 bits. */
export interface HistoryKline {
  readonly market: number;
  /** Place of the interval in the keeper's list of intervals. */
  readonly interval: number;
  readonly openMs: number;
  readonly openTicks: number;
  readonly highTicks: number;
  readonly lowTicks: number;
  readonly closeTicks: number;
  readonly lots: bigint;
  readonly quanta: bigint;
  readonly takerBuyLots: bigint;
  readonly takerBuyQuanta: bigint;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
}

/** Counters of a market that go on after a restart. */
export interface HistoryMarket {
  readonly market: number;
  readonly updateId: number;
  readonly aggregateId: number;
}

export interface HistoryAccount {
  readonly account: number;
  readonly updatedMs: number;
}

/** Where the history stands. */
export interface HistoryHead {
  /** Of the last log record whose effects are in it, 0 for none. */
  readonly sequence: number;
  /** Time of that record. */
  readonly nowMs: number;
  readonly orderSerial: number;
  readonly executionId: number;
  /** Nothing is known of what log records up to here did, but for the orders that were open then. 0: all is known. */
  readonly beginsSequence: number;
}

/** Both ends inclusive; what is undefined is open. */
export interface TimeRange {
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
}

export interface OrdersQuery extends TimeRange {
  readonly account: number;
  readonly market: number;
  /** From the order of this serial on. */
  readonly fromSerial?: number | undefined;
  readonly limit: number;
}

export interface ListsQuery extends TimeRange {
  readonly account: number;
  /** From the list on of which this is the first order. */
  readonly fromSerial?: number | undefined;
  /** Of lists, not of their orders. */
  readonly limit: number;
}

export interface TradesQuery extends TimeRange {
  readonly market: number;
  readonly fromTradeId?: number | undefined;
  readonly limit: number;
}

export interface FillsQuery extends TradesQuery {
  readonly account: number;
  readonly orderId?: number | undefined;
}

export interface AggregatesQuery extends TimeRange {
  readonly market: number;
  readonly fromAggregateId?: number | undefined;
  readonly limit: number;
}

export interface KlinesQuery extends TimeRange {
  readonly market: number;
  readonly interval: number;
  readonly limit: number;
}

/**
 * The questions. Answers contain everything handed over before the question was asked.
 *
 * Shape    lists ascend. A query with a beginning (`from…`, `startMs`) yields the first `limit` from
 *          there, one without yields the last `limit` before its end.
 * Errors   STORAGE_IO, and STORAGE_FULL while something handed over cannot be written.
 */
export interface HistoryReader {
  findOrder(orderId: number): Promise<HistoryOrder | undefined>;
  /** The newest of the account's orders that carry this id. */
  findClientOrder(account: number, clientOrderId: bigint): Promise<HistoryOrder | undefined>;
  /** By time of acceptance. */
  orders(query: OrdersQuery): Promise<HistoryOrder[]>;
  openOrders(): Promise<HistoryOrder[]>;
  /** The orders of a list. */
  list(listId: number): Promise<HistoryOrder[]>;
  /** The orders of lists by the time of their acceptance, which is the same for all of a list. */
  lists(query: ListsQuery): Promise<HistoryOrder[]>;
  /** Orders that have ended, of lists of which another one is open. */
  endedOfOpenLists(): Promise<HistoryOrder[]>;
  trades(query: TradesQuery): Promise<HistoryTrade[]>;
  /** Fewer than asked for where they are made of very many trades. */
  aggregates(query: AggregatesQuery): Promise<HistoryAggregate[]>;
  fills(query: FillsQuery): Promise<HistoryFill[]>;
  klines(query: KlinesQuery): Promise<HistoryKline[]>;
  markets(): Promise<HistoryMarket[]>;
  accounts(): Promise<HistoryAccount[]>;
}

export interface History extends HistoryReader, AsyncDisposable {
  /** As it was opened. */
  readonly head: HistoryHead;
  /** Of the last log record whose effects are written, 0 for none. */
  readonly durableSequence: number;
  /** Why what was handed over cannot be written just now: it is tried again every second. */
  readonly fault: StorageFault | undefined;

  /**
   * Hands over all that changed since the last call. It is written behind, all of it or nothing.
   *
   * Effects  waits where more is handed over than can be written: memory stays bounded.
   * Errors   STORAGE_FULL, STORAGE_IO when too much is waiting that cannot be written.
   */
  write(changes: HistoryChanges): void;

  /**
   * Waits until everything handed over is on disk, safe from a loss of power.
   *
   * Errors   STORAGE_FULL, STORAGE_IO: it is still waiting to be written.
   */
  flush(): void;

  /** Flushes if that is possible, and releases the files. May be repeated. */
  close(): Promise<void>;
}

/** How much is kept. What is older is removed little by little as new rows come. */
export interface HistoryRetention {
  /** Orders, of which the open ones always stay. */
  readonly ordersMax: number;
  /** Trades, and with them the fills of accounts. */
  readonly tradesMax: number;
  /** Candles of each interval of each market. */
  readonly klinesMax: number;
}

export const RETENTION_DEFAULT: HistoryRetention = {
  ordersMax: 5_000_000,
  tradesMax: 5_000_000,
  klinesMax: 50_000,
};
