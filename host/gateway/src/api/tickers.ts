import { Side } from "@rialto/protocol";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { GatewayReadModel } from "../read-model/read-model.ts";
import type { WindowStatistics } from "../read-model/rolling-window.ts";
import { NONE_TEXT } from "./order-words.ts";

/** A price with what waits there; zeros for an empty side. */
export interface BestLevel {
  readonly price: string;
  readonly quantity: string;
}

export function bestLevel(model: GatewayReadModel, market: MarketSpec, side: Side): BestLevel {
  const [level] = model.engine.depth(market.index, side, 1);
  if (level === undefined) return { price: NONE_TEXT, quantity: NONE_TEXT };
  return {
    price: market.priceText(level.priceTicks),
    quantity: market.quantityText(level.lots),
  };
}

/** The change of a price in percent, to three decimals, towards zero. */
export function percentText(fromTicks: number, toTicks: number): string {
  if (fromTicks === 0) return "0.000";
  const thousandths = Math.trunc(((toTicks - fromTicks) * 100_000) / fromTicks);
  const size = Math.abs(thousandths);
  const sign = thousandths < 0 ? "-" : "";
  return `${sign}${Math.floor(size / 1_000)}.${String(size % 1_000).padStart(3, "0")}`;
}

/** What was paid on average in a window; zero where nothing was. */
export function averageText(market: MarketSpec, window: WindowStatistics): string {
  return window.lots === 0n ? NONE_TEXT : market.averagePriceText(window.quanta, window.lots);
}

/** The parts of a ticker that every form of it has. */
export function windowFields(market: MarketSpec, window: WindowStatistics): object {
  return {
    openPrice: market.priceText(window.openTicks),
    highPrice: market.priceText(window.highTicks),
    lowPrice: market.priceText(window.lowTicks),
    lastPrice: market.priceText(window.lastTicks),
    volume: market.quantityText(window.lots),
    quoteVolume: market.quoteText(window.quanta),
  };
}

export function changeFields(market: MarketSpec, window: WindowStatistics): object {
  const { openTicks, lastTicks } = window;
  return {
    priceChange: market.priceDifferenceText(lastTicks - openTicks),
    priceChangePercent: percentText(openTicks, lastTicks),
    weightedAvgPrice: averageText(market, window),
  };
}

export function tradeFields(window: WindowStatistics, time: (timeMs: number) => number): object {
  return {
    openTime: time(window.openMs),
    closeTime: time(window.closeMs),
    firstId: window.firstTradeId,
    lastId: window.lastTradeId,
    count: window.tradeCount,
  };
}
