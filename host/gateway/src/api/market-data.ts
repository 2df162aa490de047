import { Side } from "@rialto/protocol";
import type { HistoryTrade } from "@rialto/storage";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { Candle } from "../read-model/candle.ts";
import { nextOpen } from "../read-model/intervals.ts";
import { type ApiError, apiError } from "./api-error.ts";
import { type Call, type Operation, publicOperation, type Services } from "./operation.ts";
import { MARKET_STATE_WORDS, SIDE_WORDS } from "./order-words.ts";
import {
  idParam,
  integerParam,
  intervalParam,
  type ParamValues,
  required,
  symbolParam,
  timeParam,
  timeZoneParam,
} from "./params.ts";
import { averageText } from "./tickers.ts";

const ROWS_DEFAULT = 500;
const ROWS_MAX = 1_000;
const LEVELS_DEFAULT = 100;
const LEVELS_MAX = 5_000;
/** Minutes of the average price. */
export const AVERAGE_MINUTES = 5;

const rowsParam = integerParam(1, ROWS_MAX, true);

const DEPTH_PARAMS = {
  symbol: required(symbolParam),
  limit: integerParam(1, LEVELS_MAX, true),
};

/** A side of the book as pairs of price and quantity, best first. */
export function levelPairs(
  { exchange }: Services,
  market: MarketSpec,
  side: Side,
  levelsMax: number,
): [string, string][] {
  return exchange.engine
    .depth(market.index, side, levelsMax)
    .map(({ priceTicks, lots }) => [market.priceText(priceTicks), market.quantityText(lots)]);
}

function readDepth(call: Call<ParamValues<typeof DEPTH_PARAMS>>): object {
  const { symbol: market, limit = LEVELS_DEFAULT } = call.params;
  const { book } = call.services.model.market(market.index);
  return {
    lastUpdateId: book.updateId,
    bids: levelPairs(call.services, market, Side.Buy, limit),
    asks: levelPairs(call.services, market, Side.Sell, limit),
  };
}

function depthWeight(limit = LEVELS_DEFAULT): number {
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

/** How the auction of a market stands, as it was told last. */
export interface AuctionTexts {
  readonly state: string;
  /** What it would trade, and at what price; zeros where there is none, or nothing would. */
  readonly price: string;
  readonly quantity: string;
  /** Which side would have how much left at that price. */
  readonly surplusSide: "BUY" | "SELL" | "NONE";
  readonly surplusQuantity: string;
}

export function auctionTexts({ exchange, model }: Services, market: MarketSpec): AuctionTexts {
  const { auction } = model.market(market.index);
  const { surplusSide = Side.Buy, surplusLots = 0n } = auction ?? {};
  return {
    state: MARKET_STATE_WORDS[exchange.engine.market(market.index).terms.state],
    price: market.priceText(auction?.priceTicks ?? 0),
    quantity: market.quantityText(auction?.lots ?? 0n),
    surplusSide: surplusLots === 0n ? "NONE" : SIDE_WORDS[surplusSide],
    surplusQuantity: market.quantityText(surplusLots),
  };
}

function readAuction(call: Call<{ readonly symbol: MarketSpec }>): object {
  const { symbol: market } = call.params;
  const { state, price, quantity, ...surplus } = auctionTexts(call.services, market);
  return {
    symbol: market.symbol,
    state,
    indicativePrice: price,
    indicativeQty: quantity,
    surplusSide: surplus.surplusSide,
    surplusQty: surplus.surplusQuantity,
  };
}

const TRADES_PARAMS = { symbol: required(symbolParam), limit: rowsParam };
const OLD_TRADES_PARAMS = { ...TRADES_PARAMS, fromId: idParam };

async function readTrades(call: Call<ParamValues<typeof OLD_TRADES_PARAMS>>): Promise<object[]> {
  const { symbol: market, limit = ROWS_DEFAULT, fromId } = call.params;
  const query = { market: market.index, fromTradeId: fromId, limit };
  const trades = await call.services.model.trades(query);
  return trades.map((trade) => tradeReply(market, trade, call.time));
}

function tradeReply(
  market: MarketSpec,
  trade: HistoryTrade,
  time: (timeMs: number) => number,
): object {
  return {
    id: trade.tradeId,
    price: market.priceText(trade.priceTicks),
    qty: market.quantityText(trade.lots),
    quoteQty: market.quoteText(trade.quanta),
    time: time(trade.timeMs),
    isBuyerMaker: trade.takerSide === Side.Sell,
    isBestMatch: true,
  };
}

const AGGREGATES_PARAMS = {
  symbol: required(symbolParam),
  fromId: idParam,
  startTime: timeParam,
  endTime: timeParam,
  limit: rowsParam,
};

async function readAggregates(
  call: Call<ParamValues<typeof AGGREGATES_PARAMS>>,
): Promise<object[] | ApiError> {
  const { symbol: market, fromId, startTime, endTime, limit = ROWS_DEFAULT } = call.params;
  const isTimed = startTime !== undefined || endTime !== undefined;
  if (fromId !== undefined && isTimed) return apiError("INVALID_COMBINATION");
  const aggregates = await call.services.model.aggregates({
    market: market.index,
    fromAggregateId: fromId,
    startMs: startTime,
    endMs: endTime,
    limit,
  });
  return aggregates.map((aggregate) => ({
    a: aggregate.aggregateId,
    p: market.priceText(aggregate.priceTicks),
    q: market.quantityText(aggregate.lots),
    f: aggregate.firstTradeId,
    l: aggregate.lastTradeId,
    T: call.time(aggregate.timeMs),
    m: aggregate.takerSide === Side.Sell,
    M: true,
  }));
}

const KLINES_PARAMS = {
  symbol: required(symbolParam),
  interval: required(intervalParam),
  startTime: timeParam,
  endTime: timeParam,
  timeZone: timeZoneParam,
  limit: rowsParam,
};

async function readKlines(call: Call<ParamValues<typeof KLINES_PARAMS>>): Promise<unknown[][]> {
  const { symbol: market, interval, startTime, endTime, limit = ROWS_DEFAULT } = call.params;
  const candles = await call.services.model.klines({
    market: market.index,
    interval,
    startMs: startTime,
    endMs: endTime,
    limit,
    nowMs: call.nowMs,
  });
  return candles.map((candle) => klineReply(market, candle, interval, call.time));
}

function klineReply(
  market: MarketSpec,
  candle: Candle,
  interval: number,
  time: (timeMs: number) => number,
): unknown[] {
  return [
    time(candle.openMs),
    market.priceText(candle.openTicks),
    market.priceText(candle.highTicks),
    market.priceText(candle.lowTicks),
    market.priceText(candle.closeTicks),
    market.quantityText(candle.lots),
    // The last millisecond, or microsecond, before the next one begins.
    time(nextOpen(interval, candle.openMs)) - 1,
    market.quoteText(candle.quanta),
    candle.tradeCount,
    market.quantityText(candle.takerBuyLots),
    market.quoteText(candle.takerBuyQuanta),
    "0",
  ];
}

function readAverage(call: Call<{ readonly symbol: MarketSpec }>): object {
  const { symbol: market } = call.params;
  const { model } = call.services;
  const window = model.window(market.index, call.nowMs, AVERAGE_MINUTES);
  const isTraded = window.tradeCount > 0;
  return {
    mins: AVERAGE_MINUTES,
    price: isTraded ? averageText(market, window) : market.priceText(window.lastTicks),
    closeTime: call.time(model.market(market.index).lastTrade?.timeMs ?? 0),
  };
}

export const MARKET_DATA_OPERATIONS: readonly Operation[] = [
  publicOperation({
    name: "depth",
    summary: "The order book.",
    http: "GET /api/v3/depth",
    ws: "depth",
    weight: ({ limit }) => depthWeight(limit),
    weightText: "5, 25 over 100 levels, 50 over 500, 250 over 1,000",
    params: DEPTH_PARAMS,
    handle: readDepth,
  }),
  publicOperation({
    name: "auction",
    summary:
      "The state of a market, and in AUCTION what would trade if it ended now, at which price, and what would be left of which side: at most a second old. Zeros, and NONE, where nothing would trade, or there is no auction.",
    http: "GET /api/v3/auction",
    ws: "auction",
    weight: 2,
    params: { symbol: required(symbolParam) },
    handle: readAuction,
  }),
  publicOperation({
    name: "trades.recent",
    summary: "The last trades.",
    http: "GET /api/v3/trades",
    ws: "trades.recent",
    weight: 25,
    params: TRADES_PARAMS,
    handle: (call) => readTrades({ ...call, params: { ...call.params, fromId: undefined } }),
  }),
  publicOperation({
    name: "trades.historical",
    summary: "Trades from an id on.",
    http: "GET /api/v3/historicalTrades",
    ws: "trades.historical",
    weight: 25,
    params: OLD_TRADES_PARAMS,
    handle: readTrades,
  }),
  publicOperation({
    name: "trades.aggregate",
    summary: "Trades of one taker at one price, as one.",
    http: "GET /api/v3/aggTrades",
    ws: "trades.aggregate",
    weight: 4,
    params: AGGREGATES_PARAMS,
    handle: readAggregates,
  }),
  publicOperation({
    name: "klines",
    summary: "Candles, without gaps.",
    http: "GET /api/v3/klines",
    ws: "klines",
    weight: 2,
    params: KLINES_PARAMS,
    handle: readKlines,
  }),
  publicOperation({
    name: "uiKlines",
    summary: "Candles for charts: the same.",
    http: "GET /api/v3/uiKlines",
    ws: "uiKlines",
    weight: 2,
    params: KLINES_PARAMS,
    handle: readKlines,
  }),
  publicOperation({
    name: "avgPrice",
    summary: "The average price of the last five minutes.",
    http: "GET /api/v3/avgPrice",
    ws: "avgPrice",
    weight: 2,
    params: { symbol: required(symbolParam) },
    handle: readAverage,
  }),
];
