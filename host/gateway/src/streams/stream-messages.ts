import { Side } from "@rialto/protocol";
import type { HistoryTrade } from "@rialto/storage";
import { type AuctionTexts, AVERAGE_MINUTES } from "../api/market-data.ts";
import { averageText, type BestLevel, percentText } from "../api/tickers.ts";
import { NONE_TEXT } from "../api/order-words.ts";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { Candle } from "../read-model/candle.ts";
import type { AggregateTrade } from "../read-model/happenings.ts";
import { INTERVALS, type IntervalIndex, nextOpen } from "../read-model/intervals.ts";
import type { WindowStatistics } from "../read-model/rolling-window.ts";

// The messages of market streams, as JSON. Numbers and symbols need no escaping, so text is enough.

/** A time as the subscriber wants it: in milliseconds or microseconds. */
export type Time = (timeMs: number) => number;

const milliseconds: Time = (timeMs) => timeMs;
const microseconds: Time = (timeMs) => timeMs * 1_000;

export function timeIn(isMicroseconds: boolean): Time {
  return isMicroseconds ? microseconds : milliseconds;
}

function head(event: string, eventMs: number, market: MarketSpec, time: Time): string {
  return `"e":"${event}","E":${time(eventMs)},"s":"${market.symbol}"`;
}

export function tradeMessage(
  market: MarketSpec,
  trade: HistoryTrade,
  eventMs: number,
  time: Time,
): string {
  return (
    `{${head("trade", eventMs, market, time)},"t":${trade.tradeId},` +
    `"p":"${market.priceText(trade.priceTicks)}","q":"${market.quantityText(trade.lots)}",` +
    `"T":${time(trade.timeMs)},"m":${trade.takerSide === Side.Sell},"M":true}`
  );
}

export function aggregateMessage(
  market: MarketSpec,
  aggregate: AggregateTrade,
  eventMs: number,
  time: Time,
): string {
  return (
    `{${head("aggTrade", eventMs, market, time)},"a":${aggregate.aggregateId},` +
    `"p":"${market.priceText(aggregate.priceTicks)}",` +
    `"q":"${market.quantityText(aggregate.lots)}",` +
    `"f":${aggregate.firstTradeId},"l":${aggregate.lastTradeId},` +
    `"T":${time(aggregate.timeMs)},"m":${aggregate.takerSide === Side.Sell},"M":true}`
  );
}

/** Levels as pairs of price and quantity. */
export type LevelText = readonly [price: string, quantity: string];

function levelsJson(levels: readonly LevelText[]): string {
  return `[${levels.map(([price, quantity]) => `["${price}","${quantity}"]`).join(",")}]`;
}

export function depthMessage(
  market: MarketSpec,
  ids: { readonly first: number; readonly last: number },
  bids: readonly LevelText[],
  asks: readonly LevelText[],
  eventMs: number,
  time: Time,
): string {
  return (
    `{${head("depthUpdate", eventMs, market, time)},"U":${ids.first},"u":${ids.last},` +
    `"b":${levelsJson(bids)},"a":${levelsJson(asks)}}`
  );
}

export function partialDepthMessage(
  updateId: number,
  bids: readonly LevelText[],
  asks: readonly LevelText[],
): string {
  return `{"lastUpdateId":${updateId},"bids":${levelsJson(bids)},"asks":${levelsJson(asks)}}`;
}

export function bookTickerMessage(
  market: MarketSpec,
  updateId: number,
  bid: BestLevel,
  ask: BestLevel,
): string {
  return (
    `{"u":${updateId},"s":"${market.symbol}","b":"${bid.price}","B":"${bid.quantity}",` +
    `"a":"${ask.price}","A":"${ask.quantity}"}`
  );
}

export function auctionMessage(
  market: MarketSpec,
  auction: AuctionTexts,
  eventMs: number,
  time: Time,
): string {
  const { state, price, quantity, surplusSide, surplusQuantity } = auction;
  return (
    `{${head("auction", eventMs, market, time)},"X":"${state}","p":"${price}","q":"${quantity}",` +
    `"S":"${surplusSide}","Q":"${surplusQuantity}"}`
  );
}

export function klineMessage(
  market: MarketSpec,
  interval: IntervalIndex,
  candle: Candle,
  isClosed: boolean,
  eventMs: number,
  time: Time,
): string {
  const price = (ticks: number): string => market.priceText(ticks);
  return (
    `{${head("kline", eventMs, market, time)},"k":{"t":${time(candle.openMs)},` +
    `"T":${time(nextOpen(interval, candle.openMs)) - 1},"s":"${market.symbol}",` +
    `"i":"${INTERVALS[interval]}","f":${candle.firstTradeId},"L":${candle.lastTradeId},` +
    `"o":"${price(candle.openTicks)}","c":"${price(candle.closeTicks)}",` +
    `"h":"${price(candle.highTicks)}","l":"${price(candle.lowTicks)}",` +
    `"v":"${market.quantityText(candle.lots)}","n":${candle.tradeCount},"x":${isClosed},` +
    `"q":"${market.quoteText(candle.quanta)}","V":"${market.quantityText(candle.takerBuyLots)}",` +
    `"Q":"${market.quoteText(candle.takerBuyQuanta)}","B":"0"}}`
  );
}

function windowJson(market: MarketSpec, window: WindowStatistics): string {
  return (
    `"o":"${market.priceText(window.openTicks)}","h":"${market.priceText(window.highTicks)}",` +
    `"l":"${market.priceText(window.lowTicks)}","c":"${market.priceText(window.lastTicks)}",` +
    `"v":"${market.quantityText(window.lots)}","q":"${market.quoteText(window.quanta)}"`
  );
}

function changeJson(market: MarketSpec, window: WindowStatistics): string {
  const { openTicks, lastTicks } = window;
  return (
    `"p":"${market.priceDifferenceText(lastTicks - openTicks)}",` +
    `"P":"${percentText(openTicks, lastTicks)}","w":"${averageText(market, window)}"`
  );
}

function spanJson(window: WindowStatistics, time: Time): string {
  return (
    `"O":${time(window.openMs)},"C":${time(window.closeMs)},"F":${window.firstTradeId},` +
    `"L":${window.lastTradeId},"n":${window.tradeCount}`
  );
}

export function miniTickerMessage(
  market: MarketSpec,
  day: WindowStatistics,
  eventMs: number,
  time: Time,
): string {
  return `{${head("24hrMiniTicker", eventMs, market, time)},${windowJson(market, day)}}`;
}

export function rollingMessage(
  market: MarketSpec,
  name: string,
  window: WindowStatistics,
  eventMs: number,
  time: Time,
): string {
  return (
    `{${head(`${name}Ticker`, eventMs, market, time)},${changeJson(market, window)},` +
    `${windowJson(market, window)},${spanJson(window, time)}}`
  );
}

export function tickerMessage(
  market: MarketSpec,
  day: WindowStatistics & { readonly previousTicks: number },
  book: { readonly bid: BestLevel; readonly ask: BestLevel },
  lastLots: number | undefined,
  eventMs: number,
  time: Time,
): string {
  const { bid, ask } = book;
  const lastQuantity = lastLots === undefined ? NONE_TEXT : market.quantityText(lastLots);
  return (
    `{${head("24hrTicker", eventMs, market, time)},${changeJson(market, day)},` +
    `"x":"${market.priceText(day.previousTicks)}","Q":"${lastQuantity}",` +
    `"b":"${bid.price}","B":"${bid.quantity}","a":"${ask.price}","A":"${ask.quantity}",` +
    `${windowJson(market, day)},${spanJson(day, time)}}`
  );
}

export function averageMessage(
  market: MarketSpec,
  price: string,
  tradeMs: number,
  eventMs: number,
  time: Time,
): string {
  return (
    `{${head("avgPrice", eventMs, market, time)},"i":"${AVERAGE_MINUTES}m",` +
    `"w":"${price}","T":${time(tradeMs)}}`
  );
}
