import type { Side } from "@rialto/protocol";
import type { HistoryTrade, OrderStatus } from "@rialto/storage";
import type { Candle } from "./candle.ts";
import type { IntervalIndex } from "./intervals.ts";
import type { OrderRecord } from "./order-record.ts";

// What the read model tells those who listen, in the order in which it happened.

/** Trades of one taker at one price, as one. */
export interface AggregateTrade {
  readonly aggregateId: number;
  readonly priceTicks: number;
  readonly lots: bigint;
  readonly takerSide: number;
  readonly timeMs: number;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
}

/** One who follows a market. Called while a batch is applied: note what happened, do the work later. */
export interface MarketListener {
  traded(trade: HistoryTrade): void;
  aggregated(aggregate: AggregateTrade): void;
  /** `lots` is what is at the price now. */
  levelChanged(side: Side, priceTicks: number, lots: bigint): void;
  /** The market has come to a state, or its auction would trade otherwise. */
  auctionChanged(): void;
  /** A trade has begun a new candle, so this one is done. */
  candleClosed(interval: IntervalIndex, candle: Candle): void;
  /** After a batch in which anything of the above was called. */
  batchEnded(): void;
}

/** Why there is a report, in the words of the API. */
export type ExecutionType =
  | "NEW"
  | "REPLACED"
  | "TRADE"
  | "CANCELED"
  | "EXPIRED"
  | "TRADE_PREVENTION";

/** One trade of the order that is reported. */
export interface ReportedFill {
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly lots: number;
  readonly quanta: bigint;
  /** Below zero where the account was paid, in the other side's asset. */
  readonly feeQuanta: bigint;
  readonly isMaker: boolean;
}

/** One meeting of two orders of the same account that was prevented. */
export interface ReportedPrevention {
  readonly lots: number;
  readonly priceTicks: number;
  readonly counterOrderId: number;
}

/** What happened to one order. Whatever changes with the order stands here as it was then: later commands follow in a batch. */
export interface ExecutionReport {
  readonly kind: "execution";
  readonly order: OrderRecord;
  readonly priceTicks: number;
  readonly lots: number;
  readonly executionType: ExecutionType;
  /** Settled when the command is done: only then is it known that a market order by quote is complete. */
  status: OrderStatus;
  /** It has come to the book. */
  readonly hasCome: boolean;
  /** It rests there, or will when it has traded what it can. */
  readonly isResting: boolean;
  /** It waits for another order. */
  readonly isDormant: boolean;
  /** Counts what happened to orders. */
  readonly executionId: number;
  readonly executedLots: number;
  readonly executedQuanta: bigint;
  readonly preventedLots: number;
  readonly fill: ReportedFill | undefined;
  readonly prevention: ReportedPrevention | undefined;
  /** The client id of the cancel itself; empty where this is no cancel. */
  readonly cancelText: string;
  readonly timeMs: number;
}

/** A list of orders has been placed, or is done: none of its orders is open any more. */
export interface ListReport {
  readonly kind: "list";
  /** Those that are known, by their acceptance. */
  readonly orders: readonly OrderRecord[];
  readonly isDone: boolean;
  readonly timeMs: number;
}

/** A deposit or what came by a transfer; a withdrawal or what went with a negative amount. */
export interface BalanceReport {
  readonly kind: "balance";
  readonly asset: number;
  readonly quanta: bigint;
  readonly timeMs: number;
}

export type AccountReport = ExecutionReport | ListReport | BalanceReport;

/** One who follows an account. */
export interface AccountListener {
  /** What happened in one batch, and the assets whose balance it touched. Called when the batch is applied. */
  reported(reports: readonly AccountReport[], assets: readonly number[], timeMs: number): void;
}
