import {
  formatDecimal,
  type MarketIndex,
  MarketState,
  type MarketTerms,
  TRAIL_BASIS_POINTS_MAX,
} from "@rialto/protocol";
import type { EngineReader } from "../exchange-port.ts";
import type { MarketSpec } from "../markets/market-catalog.ts";
import { type Call, type Operation, publicOperation, type Services } from "./operation.ts";
import { apiError, type ApiError } from "./api-error.ts";
import { orderLimitRows, weightLimitRow } from "./rate-limit-rows.ts";
import { ICEBERG_PARTS_MAX } from "./order-draft.ts";
import { SELF_TRADE_CHOICES, SELF_TRADE_DEFAULT, TYPE_CHOICES } from "./order-words.ts";
import {
  booleanParam,
  choiceParam,
  type ParamValues,
  symbolParam,
  symbolsParam,
  textParam,
} from "./params.ts";

const STATUS_CHOICES = ["TRADING", "HALT", "CANCEL_ONLY", "BREAK"] as const;

const STATE_WORDS: Readonly<Record<MarketState, (typeof STATUS_CHOICES)[number]>> = {
  [MarketState.Trading]: "TRADING",
  [MarketState.CancelOnly]: "CANCEL_ONLY",
  [MarketState.Halted]: "HALT",
  [MarketState.PreOpen]: "BREAK",
  [MarketState.Auction]: "BREAK",
  [MarketState.PostOnly]: "TRADING",
  [MarketState.Closed]: "BREAK",
  [MarketState.Delisted]: "BREAK",
};

/** In which no order comes, whether the exchange trades or not. */
const SHUT_STATES: ReadonlySet<MarketState> = new Set([
  MarketState.Halted,
  MarketState.Closed,
  MarketState.Delisted,
]);

/** What a market takes, in the dialect's words: while the operator has stopped all trading, orders may only leave. */
function statusOf(engine: EngineReader, index: MarketIndex): (typeof STATUS_CHOICES)[number] {
  const { state } = engine.market(index).terms;
  const isStopped = engine.isSuspended() && !SHUT_STATES.has(state);
  return STATE_WORDS[isStopped ? MarketState.CancelOnly : state];
}

/** What a market takes that is post-only, for which the dialect has no status: what waits for its price may come too. */
const POST_ONLY_TYPES = TYPE_CHOICES.filter((type) => type !== "LIMIT" && type !== "MARKET");

const INFO_PARAMS = {
  symbol: symbolParam,
  symbols: symbolsParam,
  permissions: textParam("one, or a JSON array of which a market has one: all are SPOT", 200),
  showPermissionSets: booleanParam,
  symbolStatus: choiceParam(STATUS_CHOICES),
};

/** Bands that are off, as multipliers that nothing reaches. */
const NO_BAND_UP = "1000000";
const NO_BAND_DOWN = "0";

/** By the terms of now: an operator may have changed those that the market was listed with. */
function filtersOf(market: MarketSpec, terms: MarketTerms, services: Services): object[] {
  const lots = {
    minQty: market.quantityText(terms.lotsMin),
    maxQty: market.quantityText(terms.lotsMax),
    stepSize: market.quantityText(1),
  };
  const filters: object[] = [
    {
      filterType: "PRICE_FILTER",
      minPrice: market.priceText(terms.priceTicksMin),
      maxPrice: market.priceText(terms.priceTicksMax),
      tickSize: market.priceText(1),
    },
    { filterType: "LOT_SIZE", ...lots },
    { filterType: "MARKET_LOT_SIZE", ...lots },
    { filterType: "ICEBERG_PARTS", limit: ICEBERG_PARTS_MAX },
    {
      filterType: "TRAILING_DELTA",
      minTrailingAboveDelta: 1,
      maxTrailingAboveDelta: TRAIL_BASIS_POINTS_MAX,
      minTrailingBelowDelta: 1,
      maxTrailingBelowDelta: TRAIL_BASIS_POINTS_MAX,
    },
    {
      filterType: "NOTIONAL",
      minNotional: market.quoteText(terms.notionalMinQuanta),
      applyMinToMarket: true,
      maxNotional: market.quoteText(terms.notionalMaxQuanta),
      applyMaxToMarket: true,
      avgPriceMins: 0,
    },
  ];
  const { bandUpPpm, bandDownPpm } = terms;
  if (bandUpPpm > 0 || bandDownPpm > 0) {
    const up = bandUpPpm === 0 ? NO_BAND_UP : formatDecimal(BigInt(1_000_000 + bandUpPpm), 6);
    const down =
      bandDownPpm === 0 ? NO_BAND_DOWN : formatDecimal(BigInt(1_000_000 - bandDownPpm), 6);
    filters.push({
      filterType: "PERCENT_PRICE_BY_SIDE",
      bidMultiplierUp: up,
      bidMultiplierDown: down,
      askMultiplierUp: up,
      askMultiplierDown: down,
      avgPriceMins: 0,
    });
  }
  const maxNumOrders = services.exchange.network.capacities.accountOrdersMax;
  filters.push({ filterType: "MAX_NUM_ORDERS", maxNumOrders });
  return filters;
}

function symbolInfo(market: MarketSpec, services: Services, showsSets: boolean): object {
  const { engine } = services.exchange;
  const { terms } = engine.market(market.index);
  return {
    symbol: market.symbol,
    status: statusOf(engine, market.index),
    // Precisions are as fine as the ledger keeps the asset: a finer amount is refused, and fees are rounded up to that.
    baseAsset: market.base.symbol,
    baseAssetPrecision: market.base.decimals,
    quoteAsset: market.quote.symbol,
    quotePrecision: market.quote.decimals,
    quoteAssetPrecision: market.quote.decimals,
    baseCommissionPrecision: market.base.decimals,
    quoteCommissionPrecision: market.quote.decimals,
    orderTypes: terms.state === MarketState.PostOnly ? POST_ONLY_TYPES : TYPE_CHOICES,
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    opoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    pegInstructionsAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filtersOf(market, terms, services),
    permissions: [],
    permissionSets: showsSets ? [["SPOT"]] : [],
    defaultSelfTradePreventionMode: SELF_TRADE_DEFAULT,
    allowedSelfTradePreventionModes: SELF_TRADE_CHOICES,
  };
}

function readInfo(call: Call<ParamValues<typeof INFO_PARAMS>>): object | ApiError {
  const { services, params } = call;
  if (params.symbol !== undefined && params.symbols !== undefined) {
    return apiError("INVALID_COMBINATION");
  }
  const { engine } = services.exchange;
  // One by itself, or an array of them as it was written.
  const isSpot = params.permissions?.split(/[^A-Z0-9_]/).includes("SPOT") ?? true;
  const asked =
    params.symbol !== undefined ? [params.symbol] : (params.symbols ?? services.catalog.markets);
  const markets = asked.filter(
    ({ index }) =>
      isSpot &&
      (params.symbolStatus === undefined || statusOf(engine, index) === params.symbolStatus),
  );
  return {
    timezone: "UTC",
    serverTime: call.time(call.nowMs),
    rateLimits: [...weightLimitRow(services, undefined), ...orderLimitRows(services, undefined)],
    exchangeFilters: [],
    symbols: markets.map((market) =>
      symbolInfo(market, services, params.showPermissionSets ?? true),
    ),
  };
}

export const EXCHANGE_INFO_OPERATION: Operation = publicOperation({
  name: "exchangeInfo",
  summary: "Markets, their rules, and the limits of requests.",
  http: "GET /api/v3/exchangeInfo",
  ws: "exchangeInfo",
  weight: 20,
  params: INFO_PARAMS,
  handle: readInfo,
});
