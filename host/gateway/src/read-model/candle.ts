import type { HistoryKline } from "@rialto/storage";

/** What of a trade a candle needs. */
export interface CandleTrade {
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly lots: number;
  readonly quanta: bigint;
  /** 0 where the taker bought. */
  readonly takerSide: number;
  readonly timeMs: number;
}

/** A candle that is still growing. Sums are exact, whatever their size. */
export class Candle {
  readonly openMs: number;
  readonly openTicks: number;
  highTicks: number;
  lowTicks: number;
  closeTicks: number;
  lots: bigint;
  quanta: bigint;
  takerBuyLots: bigint;
  takerBuyQuanta: bigint;
  readonly firstTradeId: number;
  lastTradeId: number;

  constructor(from: Omit<HistoryKline, "market" | "interval">) {
    this.openMs = from.openMs;
    this.openTicks = from.openTicks;
    this.highTicks = from.highTicks;
    this.lowTicks = from.lowTicks;
    this.closeTicks = from.closeTicks;
    this.lots = from.lots;
    this.quanta = from.quanta;
    this.takerBuyLots = from.takerBuyLots;
    this.takerBuyQuanta = from.takerBuyQuanta;
    this.firstTradeId = from.firstTradeId;
    this.lastTradeId = from.lastTradeId;
  }

  static ofTrade(openMs: number, trade: CandleTrade): Candle {
    const { priceTicks, quanta, tradeId } = trade;
    const lots = BigInt(trade.lots);
    const isBuy = trade.takerSide === 0;
    return new Candle({
      openMs,
      openTicks: priceTicks,
      highTicks: priceTicks,
      lowTicks: priceTicks,
      closeTicks: priceTicks,
      lots,
      quanta,
      takerBuyLots: isBuy ? lots : 0n,
      takerBuyQuanta: isBuy ? quanta : 0n,
      firstTradeId: tradeId,
      lastTradeId: tradeId,
    });
  }

  /** A candle of an interval in which nothing was traded. */
  static flat(openMs: number, ticks: number): Candle {
    return new Candle({
      openMs,
      openTicks: ticks,
      highTicks: ticks,
      lowTicks: ticks,
      closeTicks: ticks,
      lots: 0n,
      quanta: 0n,
      takerBuyLots: 0n,
      takerBuyQuanta: 0n,
      firstTradeId: -1,
      lastTradeId: -1,
    });
  }

  get tradeCount(): number {
    return this.firstTradeId < 0 ? 0 : this.lastTradeId - this.firstTradeId + 1;
  }

  add(trade: CandleTrade): void {
    const { priceTicks, quanta } = trade;
    if (priceTicks > this.highTicks) this.highTicks = priceTicks;
    if (priceTicks < this.lowTicks) this.lowTicks = priceTicks;
    this.closeTicks = priceTicks;
    this.lastTradeId = trade.tradeId;
    const lots = BigInt(trade.lots);
    this.lots += lots;
    this.quanta += quanta;
    if (trade.takerSide === 0) {
      this.takerBuyLots += lots;
      this.takerBuyQuanta += quanta;
    }
  }

  /** A candle that begins at `openMs` with what this one holds. */
  copyAt(openMs: number): Candle {
    const { openTicks, highTicks, lowTicks, closeTicks, firstTradeId, lastTradeId } = this;
    const { lots, quanta, takerBuyLots, takerBuyQuanta } = this;
    return new Candle({
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

  /** Takes in a candle that follows this one. */
  append(next: Candle): void {
    if (next.highTicks > this.highTicks) this.highTicks = next.highTicks;
    if (next.lowTicks < this.lowTicks) this.lowTicks = next.lowTicks;
    this.closeTicks = next.closeTicks;
    this.lastTradeId = next.lastTradeId;
    this.lots += next.lots;
    this.quanta += next.quanta;
    this.takerBuyLots += next.takerBuyLots;
    this.takerBuyQuanta += next.takerBuyQuanta;
  }
}
