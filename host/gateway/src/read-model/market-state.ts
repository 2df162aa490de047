import type { AuctionView } from "@rialto/engine";
import type { MarketIndex, Side } from "@rialto/protocol";
import type { HistoryTrade } from "@rialto/storage";
import type { Candle } from "./candle.ts";
import type { AggregateTrade, MarketListener } from "./happenings.ts";
import { INTERVAL_1M, type IntervalIndex } from "./intervals.ts";
import { KlineSet } from "./kline-set.ts";
import { LevelBook } from "./level-book.ts";
import { RollingWindow } from "./rolling-window.ts";

/** What never changes of a market. */
export interface MarketFacts {
  readonly index: MarketIndex;
  readonly baseAsset: number;
  readonly quoteAsset: number;
  readonly tickLotQuanta: bigint;
}

/** A finished candle that is not yet handed to the history. */
export interface ClosedCandle {
  readonly market: number;
  readonly interval: IntervalIndex;
  readonly candle: Candle;
}

/** One market as its public sees it: book, last trade, candles, the last day. */
export class MarketState {
  readonly facts: MarketFacts;
  readonly book: LevelBook;
  readonly klines: KlineSet;
  readonly day: RollingWindow = new RollingWindow();
  lastTrade: HistoryTrade | undefined;
  /** What its auction would trade, as it was told last; undefined where there is none, or nothing would. */
  auction: AuctionView | undefined;
  /** Of the newest group of trades of one taker at one price. */
  aggregateId: number;
  /** Changed since it was last written out. */
  isDirty = false;
  /** Traded since then. */
  hasTraded = false;
  /** Something of this batch has been told to the listeners. */
  isTold = false;
  listeners: readonly MarketListener[] = [];
  #aggregateOrderId = 0;
  #aggregate: { -readonly [Field in keyof AggregateTrade]: AggregateTrade[Field] } | undefined;

  constructor(
    facts: MarketFacts,
    updateId: number,
    aggregateId: number,
    closed: (candle: ClosedCandle) => void,
  ) {
    this.facts = facts;
    this.book = new LevelBook(updateId);
    this.aggregateId = aggregateId;
    this.klines = new KlineSet((interval, candle) => {
      closed({ market: facts.index, interval, candle });
      if (interval === INTERVAL_1M) this.day.push(candle);
      for (const listener of this.listeners) listener.candleClosed(interval, candle);
    });
  }

  /** The aggregate that a trade belongs to: a new one where taker or price is another. */
  aggregateFor(takerOrderId: number, priceTicks: number): number {
    const isSame =
      takerOrderId === this.#aggregateOrderId && priceTicks === this.lastTrade?.priceTicks;
    if (!isSame) this.aggregateId += 1;
    this.#aggregateOrderId = takerOrderId;
    return this.aggregateId;
  }

  addTrade(trade: HistoryTrade): void {
    this.lastTrade = trade;
    this.hasTraded = true;
    this.klines.add(trade);
    if (this.listeners.length === 0) return;
    this.#tellAggregate(trade);
    for (const listener of this.listeners) listener.traded(trade);
  }

  #tellAggregate(trade: HistoryTrade): void {
    const aggregate = this.#aggregate;
    if (aggregate?.aggregateId === trade.aggregateId) {
      aggregate.lots += BigInt(trade.lots);
      aggregate.lastTradeId = trade.tradeId;
      return;
    }
    this.#flushAggregate();
    this.#aggregate = {
      aggregateId: trade.aggregateId,
      priceTicks: trade.priceTicks,
      lots: BigInt(trade.lots),
      takerSide: trade.takerSide,
      timeMs: trade.timeMs,
      firstTradeId: trade.tradeId,
      lastTradeId: trade.tradeId,
    };
  }

  /** The taker is done, and with it its aggregate: should it take again, once it is amended, that is another one. */
  endAggregate(): void {
    this.#aggregateOrderId = 0;
    this.#flushAggregate();
  }

  #flushAggregate(): void {
    const aggregate = this.#aggregate;
    this.#aggregate = undefined;
    if (aggregate === undefined) return;
    for (const listener of this.listeners) listener.aggregated(aggregate);
  }

  changeAuction(auction: AuctionView | undefined): void {
    this.auction = auction;
    for (const listener of this.listeners) listener.auctionChanged();
  }

  changeLevel(side: Side, priceTicks: number, lots: bigint): void {
    const now = this.book.change(side, priceTicks, lots);
    for (const listener of this.listeners) listener.levelChanged(side, priceTicks, now);
  }
}
