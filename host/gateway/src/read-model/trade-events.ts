import { getSafeU64 } from "@rialto/base";
import { EventOffset, Side } from "@rialto/protocol";
import type { HistoryTrade } from "@rialto/storage";
import type { BatchCursor } from "./batch-cursor.ts";
import type { ExchangeState } from "./exchange-state.ts";
import type { MarketState } from "./market-state.ts";
import type { OrderKeeper } from "./order-keeper.ts";
import type { OrderRecord } from "./order-record.ts";

/** What the event of a trade says beside its two orders. Fees are those of the taker and the maker. */
interface TradeTerms {
  readonly takerSide: number;
  readonly takerFeeQuanta: bigint;
  readonly makerFeeQuanta: bigint;
}

/** Books the meetings of two orders, with a trade or without. */
export class TradeEvents {
  readonly #state: ExchangeState;
  readonly #cursor: BatchCursor;
  readonly #keeper: OrderKeeper;

  constructor(state: ExchangeState, cursor: BatchCursor, keeper: OrderKeeper) {
    this.#state = state;
    this.#cursor = cursor;
    this.#keeper = keeper;
  }

  filled(at: number): void {
    const { events } = this.#cursor;
    const maker = this.#keeper.findOpen(getSafeU64(events, at + EventOffset.fillMakerOrderId));
    const taker = this.#keeper.taker(getSafeU64(events, at + EventOffset.fillTakerOrderId));
    const market = this.#state.market(events.getUint32(at + EventOffset.fillMarket, true));
    const flags = events.getUint8(at + EventOffset.b);
    const makerQuanta = events.getBigUint64(at + EventOffset.fillMakerFeeQuanta, true);
    const trade = this.#trade(at, market, taker, maker, {
      takerSide: events.getUint8(at + EventOffset.a),
      takerFeeQuanta: events.getBigUint64(at + EventOffset.fillTakerFeeQuanta, true),
      makerFeeQuanta: (flags & 2) === 0 ? makerQuanta : -makerQuanta,
    });
    this.#keeper.takeShown(maker, trade.lots);
    this.#state.touchMarket(market);
    this.#execute(maker, trade, true, (flags & 1) === 1);
    // Its end is found when it is done.
    this.#execute(taker, trade, false, false);
  }

  /**
   * Both orders were there already, so neither takes; but a trade is told with a taker. It is the one with the greater
   * order id, mostly the later one, for every member of a cluster knows that alike, whatever its history knows. Each
   * side pays what the event says that it pays.
   */
  auctioned(at: number): void {
    const { events } = this.#cursor;
    const market = this.#state.market(events.getUint32(at + EventOffset.fillMarket, true));
    this.#keeper.auctionIn(market);
    // The buyer's part stands where a fill's maker does, the seller's where its taker does.
    const buy = this.#keeper.findOpen(getSafeU64(events, at + EventOffset.fillMakerOrderId));
    const sell = this.#keeper.findOpen(getSafeU64(events, at + EventOffset.fillTakerOrderId));
    const buyFeeQuanta = events.getBigUint64(at + EventOffset.fillMakerFeeQuanta, true);
    const sellFeeQuanta = events.getBigUint64(at + EventOffset.fillTakerFeeQuanta, true);
    const isBuyTaker = buy.orderId > sell.orderId;
    const [taker, maker] = isBuyTaker ? [buy, sell] : [sell, buy];
    const trade = this.#trade(at, market, taker, maker, {
      takerSide: isBuyTaker ? Side.Buy : Side.Sell,
      takerFeeQuanta: isBuyTaker ? buyFeeQuanta : sellFeeQuanta,
      makerFeeQuanta: isBuyTaker ? sellFeeQuanta : buyFeeQuanta,
    });
    this.#keeper.takeShown(buy, trade.lots);
    this.#keeper.takeShown(sell, trade.lots);
    this.#state.touchMarket(market);
    this.#execute(buy, trade, !isBuyTaker, events.getUint8(at + EventOffset.a) === 1);
    this.#execute(sell, trade, isBuyTaker, events.getUint8(at + EventOffset.b) === 1);
  }

  #trade(
    at: number,
    market: MarketState,
    taker: OrderRecord,
    maker: OrderRecord,
    { takerSide, takerFeeQuanta, makerFeeQuanta }: TradeTerms,
  ): HistoryTrade {
    const { events, nowMs } = this.#cursor;
    const priceTicks = events.getUint32(at + EventOffset.fillPriceTicks, true);
    const lots = getSafeU64(events, at + EventOffset.fillLots);
    const trade: HistoryTrade = {
      market: market.facts.index,
      tradeId: getSafeU64(events, at + EventOffset.fillTradeId),
      aggregateId: market.aggregateFor(taker.orderId, priceTicks),
      priceTicks,
      lots,
      quanta: BigInt(priceTicks) * BigInt(lots) * market.facts.tickLotQuanta,
      takerSide,
      timeMs: nowMs,
      takerOrderId: taker.orderId,
      makerOrderId: maker.orderId,
      takerAccount: taker.account,
      makerAccount: maker.account,
      takerFeeQuanta,
      makerFeeQuanta,
    };
    this.#state.trades.push(trade);
    this.#state.tradeCount += 1;
    market.addTrade(trade);
    return trade;
  }

  /** Books a trade on one of its orders. */
  #execute(order: OrderRecord, trade: HistoryTrade, isMaker: boolean, isDone: boolean): void {
    order.execute(trade.lots, trade.quanta, isDone);
    this.#keeper.touch(order);
    if (this.#keeper.isWatched(order)) {
      this.#keeper.report(order, "TRADE", {
        fill: {
          tradeId: trade.tradeId,
          priceTicks: trade.priceTicks,
          lots: trade.lots,
          quanta: trade.quanta,
          feeQuanta: isMaker ? trade.makerFeeQuanta : trade.takerFeeQuanta,
          isMaker,
        },
      });
    }
    if (isDone) this.#keeper.complete(order);
  }

  prevented(at: number): void {
    const { events } = this.#cursor;
    const keeper = this.#keeper;
    const priceTicks = events.getUint32(at + EventOffset.fillPriceTicks, true);
    const lots = getSafeU64(events, at + EventOffset.preventedLots);
    const maker = keeper.findOpen(getSafeU64(events, at + EventOffset.preventedMakerOrderId));
    const taker = keeper.taker(getSafeU64(events, at + EventOffset.preventedTakerOrderId));
    const isDone = (events.getUint8(at + EventOffset.b) & 1) === 1;
    keeper.takeShown(maker, lots);
    for (const order of [maker, taker]) {
      order.preventedLots += lots;
      if (order === maker && isDone) order.status = order.completeStatus;
      keeper.touch(order);
      if (!keeper.isWatched(order)) continue;
      const counterOrderId = (order === maker ? taker : maker).orderId;
      const prevention = { lots, priceTicks, counterOrderId };
      keeper.report(order, "TRADE_PREVENTION", { prevention });
    }
    if (isDone) keeper.complete(maker);
  }
}
