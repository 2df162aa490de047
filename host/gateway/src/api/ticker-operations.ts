import { Side } from "@rialto/protocol";
import type { MarketSpec } from "../markets/market-catalog.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../read-model/intervals.ts";
import { ApiError, apiError } from "./api-error.ts";
import { type Call, type Operation, publicOperation, type Services } from "./operation.ts";
import { NONE_TEXT } from "./order-words.ts";
import {
  choiceParam,
  type ParamValues,
  symbolParam,
  symbolsParam,
  textParam,
  timeZoneParam,
} from "./params.ts";
import { bestLevel, changeFields, tradeFields, windowFields } from "./tickers.ts";

const WHICH = { symbol: symbolParam, symbols: symbolsParam };
type Which = ParamValues<typeof WHICH>;

/** Answers for one market with one ticker, for several or all with a list. */
function eachMarket(
  { params, services }: { readonly params: Which; readonly services: Services },
  tickerOf: (market: MarketSpec) => object,
): object | ApiError {
  const { symbol, symbols } = params;
  if (symbol !== undefined && symbols !== undefined) return apiError("INVALID_COMBINATION");
  if (symbol !== undefined) return tickerOf(symbol);
  return (symbols ?? services.catalog.markets).map((market) => tickerOf(market));
}

const TYPE = choiceParam(["FULL", "MINI"]);
const DAY_PARAMS = { ...WHICH, type: TYPE };

function readDay(call: Call<ParamValues<typeof DAY_PARAMS>>): object | ApiError {
  const { model } = call.services;
  return eachMarket(call, (market) => {
    const day = model.day(market.index, call.nowMs);
    const fields = { ...windowFields(market, day), ...tradeFields(day, call.time) };
    if (call.params.type === "MINI") return { symbol: market.symbol, ...fields };
    const lastLots = model.market(market.index).lastTrade?.lots;
    const bid = bestLevel(model, market, Side.Buy);
    const ask = bestLevel(model, market, Side.Sell);
    return {
      symbol: market.symbol,
      ...changeFields(market, day),
      prevClosePrice: market.priceText(day.previousTicks),
      lastQty: lastLots === undefined ? NONE_TEXT : market.quantityText(lastLots),
      bidPrice: bid.price,
      bidQty: bid.quantity,
      askPrice: ask.price,
      askQty: ask.quantity,
      ...fields,
    };
  });
}

function readPrice(call: Call<Which>): object | ApiError {
  const { model } = call.services;
  return eachMarket(call, (market) => ({
    symbol: market.symbol,
    price: market.priceText(model.lastTicks(market.index)),
  }));
}

function readBook(call: Call<Which>): object | ApiError {
  const { model } = call.services;
  return eachMarket(call, (market) => {
    const bid = bestLevel(model, market, Side.Buy);
    const ask = bestLevel(model, market, Side.Sell);
    return {
      symbol: market.symbol,
      bidPrice: bid.price,
      bidQty: bid.quantity,
      askPrice: ask.price,
      askQty: ask.quantity,
    };
  });
}

const DAY_MINUTES = 1_440;

/** Minutes of "15m", "4h" or "1d"; undefined for anything else. */
export function windowMinutes(text: string): number | undefined {
  const match = /^([1-9]\d?)(m|h|d)$/.exec(text);
  if (match === null) return undefined;
  const count = Number(match[1]);
  if (match[2] === "m") return count <= 59 ? count : undefined;
  if (match[2] === "h") return count <= 23 ? (count * HOUR_MS) / MINUTE_MS : undefined;
  return count === 1 ? DAY_MINUTES : undefined;
}

const ROLLING_PARAMS = {
  ...WHICH,
  windowSize: textParam("1m..59m 1h..23h 1d, default 1d", 3),
  type: TYPE,
};

function readRolling(call: Call<ParamValues<typeof ROLLING_PARAMS>>): object | ApiError {
  const minutes = windowMinutes(call.params.windowSize ?? "1d");
  if (minutes === undefined) return apiError("INVALID_DATA", "windowSize");
  return readWindow(call, () => ({ minutes }));
}

type TickerType = ParamValues<{ readonly type: typeof TYPE }>;

/** How long a window is that ends now, and what else is said of it. */
interface Span {
  readonly minutes: number;
  readonly more?: object;
}

function readWindow(
  call: Call<Which & TickerType>,
  spanAt: (nowMs: number) => Span,
): object | ApiError {
  const { params, services } = call;
  if (params.symbol === undefined && params.symbols === undefined) {
    return apiError("EITHER_PARAMETER", "symbol", "symbols");
  }
  return eachMarket(call, (market) => {
    const { model } = services;
    const nowMs = model.clockOf(market.index, call.nowMs);
    const { minutes, more } = spanAt(nowMs);
    const window = model.window(market.index, nowMs, minutes);
    return {
      symbol: market.symbol,
      ...(params.type === "MINI" ? {} : changeFields(market, window)),
      ...windowFields(market, window),
      ...tradeFields(window, call.time),
      ...more,
    };
  });
}

const TRADING_DAY_PARAMS = { ...WHICH, timeZone: timeZoneParam, type: TYPE };

/** A window that begins when the day did, and is said to end when the day will. */
function readTradingDay(call: Call<ParamValues<typeof TRADING_DAY_PARAMS>>): object | ApiError {
  return readWindow(call, (nowMs) => {
    const beginMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
    const minutes = Math.floor((nowMs - beginMs) / MINUTE_MS);
    return { minutes, more: { closeTime: call.time(beginMs + DAY_MS) - 1 } };
  });
}

/** Of tickers that each take a walk through a window: by how many markets are asked for. */
function windowWeight({ symbols }: Which): number {
  return Math.min(200, 4 * (symbols?.length ?? 1));
}

/** Of a day's tickers: by how many markets are asked for. */
function dayWeight({ symbol, symbols }: Which): number {
  if (symbol !== undefined) return 2;
  if (symbols === undefined || symbols.length > 100) return 80;
  return symbols.length <= 20 ? 2 : 40;
}

function priceWeight({ symbol }: Which): number {
  return symbol === undefined ? 4 : 2;
}

export const TICKER_OPERATIONS: readonly Operation[] = [
  publicOperation({
    name: "ticker.24hr",
    summary: "What was traded in the last 24 hours.",
    http: "GET /api/v3/ticker/24hr",
    ws: "ticker.24hr",
    weight: dayWeight,
    weightText: "2, 40 over 20 symbols, 80 over 100 or for all",
    params: DAY_PARAMS,
    handle: readDay,
  }),
  publicOperation({
    name: "ticker",
    summary: "The same for a window of another length.",
    http: "GET /api/v3/ticker",
    ws: "ticker",
    weight: windowWeight,
    weightText: "4 for each symbol, at most 200",
    params: ROLLING_PARAMS,
    handle: readRolling,
  }),
  publicOperation({
    name: "ticker.tradingDay",
    summary: "The same for the day that began at midnight, UTC.",
    http: "GET /api/v3/ticker/tradingDay",
    ws: "ticker.tradingDay",
    weight: windowWeight,
    weightText: "4 for each symbol, at most 200",
    params: TRADING_DAY_PARAMS,
    handle: readTradingDay,
  }),
  publicOperation({
    name: "ticker.price",
    summary: "The price of the last trade.",
    http: "GET /api/v3/ticker/price",
    ws: "ticker.price",
    weight: priceWeight,
    weightText: "2, or 4 for many",
    params: WHICH,
    handle: readPrice,
  }),
  publicOperation({
    name: "ticker.book",
    summary: "The best prices of the book.",
    http: "GET /api/v3/ticker/bookTicker",
    ws: "ticker.book",
    weight: priceWeight,
    weightText: "2, or 4 for many",
    params: WHICH,
    handle: readBook,
  }),
];
