import {
  type AccountIndex,
  type Command,
  CommandKind,
  OrderType,
  PegKind,
  PRICE_TICKS_MAX,
  Side,
  type SpecialTerms,
  TRAIL_BASIS_POINTS_MAX,
  TriggerKind,
  TriggerSource,
} from "@rialto/protocol";
import { generateClientOrderText, clientOrderIdOf } from "../auth/client-order-id.ts";
import { type AmountProblem, type MarketSpec, parseAsset } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import {
  PEG_CHOICES,
  PEG_OFFSET_CHOICES,
  pegOf,
  SELF_TRADE_CHOICES,
  SELF_TRADE_DEFAULT,
  selfTradeOf,
  TIME_IN_FORCE_CHOICES,
  TYPE_CHOICES,
  type TypeWord,
  WORKING_TYPE_CHOICES,
} from "./order-words.ts";
import {
  booleanParam,
  choiceParam,
  clientOrderIdParam,
  decimalParam,
  idParam,
  integerParam,
  type Param,
  type ParamValues,
  required,
  sideParam,
  symbolParam,
  timeParam,
} from "./params.ts";

/** How far an order trails, in basis points. */
export const trailingDeltaParam = integerParam(1, 100_000);

/** What a client calls the strategy that an order is of: nobody is told of it. */
const strategyParam = { ...idParam, description: "integer, which no answer tells" };

/** The last time that is a safe integer in microseconds too. */
const GOOD_TILL_MS_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 1_000);

/** When an order ends. */
export const goodTillDateParam: Param<number> = {
  ...timeParam,
  description: "time in ms, or µs, when it ends: with GTD, or where there is no timeInForce",
  parse: (text, name, catalog) => {
    const timeMs = timeParam.parse(text, name, catalog);
    if (timeMs instanceof ApiError) return timeMs;
    return timeMs < 1 || timeMs > GOOD_TILL_MS_MAX ? apiError("INVALID_DATA", name) : timeMs;
  },
};

/** Which price a trigger watches. */
export const workingTypeParam: Param<(typeof WORKING_TYPE_CHOICES)[number]> = {
  ...choiceParam(WORKING_TYPE_CHOICES),
  description: `what stopPrice is of: ${WORKING_TYPE_CHOICES.join(" ")}`,
};

export const hiddenParam: Param<boolean> = {
  ...booleanParam,
  description: "true or false: rests unseen",
};

export const timeInForceParam: Param<(typeof TIME_IN_FORCE_CHOICES)[number]> = choiceParam(
  TIME_IN_FORCE_CHOICES,
  "INVALID_TIME_IN_FORCE",
);

/** The terms of a new order, as clients send them. */
export const ORDER_PARAMS = {
  symbol: required(symbolParam),
  side: required(sideParam),
  type: required(choiceParam(TYPE_CHOICES, "INVALID_ORDER_TYPE")),
  timeInForce: timeInForceParam,
  goodTillDate: goodTillDateParam,
  quantity: decimalParam,
  quoteOrderQty: decimalParam,
  price: decimalParam,
  newClientOrderId: clientOrderIdParam,
  newOrderRespType: choiceParam(["ACK", "RESULT", "FULL"]),
  selfTradePreventionMode: choiceParam(SELF_TRADE_CHOICES),
  stopPrice: decimalParam,
  workingType: workingTypeParam,
  trailingDelta: trailingDeltaParam,
  icebergQty: decimalParam,
  isHidden: hiddenParam,
  isMmp: { ...booleanParam, description: "true or false: counts for the account's protection" },
  strategyId: strategyParam,
  strategyType: strategyParam,
  pegPriceType: choiceParam(PEG_CHOICES),
  pegOffsetType: {
    ...choiceParam(PEG_OFFSET_CHOICES),
    description: "PRICE_TICK, of every pegged order; PRICE_LEVEL is not supported",
  },
  pegOffsetValue: {
    ...integerParam(0, PRICE_TICKS_MAX),
    description:
      "integer: ticks behind what it follows, default 0; from 1, and needed, with MARKET_PEG",
  },
} as const;

export type OrderParams = ParamValues<typeof ORDER_PARAMS>;

/** A new order that is ready but for its account. */
export interface OrderDraft {
  readonly market: MarketSpec;
  readonly terms: Omit<SpecialTerms, "account">;
  /** Text of its client order id. */
  readonly text: string;
  readonly responseType: "ACK" | "RESULT" | "FULL";
}

/** True for an order that says more than a plain one can. */
export function isSpecial({ terms }: OrderDraft): boolean {
  const { trigger, displayLots, expiresMs, isHidden, isProtected, peg } = terms;
  const comesLater = trigger !== TriggerKind.None || peg !== PegKind.None;
  const isPlain = displayLots === 0n && expiresMs === 0 && isHidden === 0 && isProtected === 0;
  return comesLater || !isPlain;
}

/** The command that places it. */
export function placing(draft: OrderDraft, account: AccountIndex): Command {
  const kind = isSpecial(draft) ? CommandKind.PlaceSpecial : CommandKind.Place;
  return { kind, ...draft.terms, account };
}

/** What the sender of an order calls one of its parameters. */
type NameOf = (name: OrderField) => string;

/** Makes a draft of what was sent, or says the first thing that is wrong with it. */
export function draftOrder(
  params: OrderParams,
  nameOf: NameOf = (name) => name,
): OrderDraft | ApiError {
  const problem = unsupported(params) ?? misplaced(params, nameOf) ?? contradiction(params, nameOf);
  if (problem !== undefined) return problem;
  const market = params.symbol;
  const orderType = orderTypeOf(params);
  const priceTicks = readPrice(market, nameOf("price"), params.price);
  if (priceTicks instanceof ApiError) return priceTicks;
  const triggerTicks = readPrice(market, nameOf("stopPrice"), params.stopPrice);
  if (triggerTicks instanceof ApiError) return triggerTicks;
  const quantity =
    orderType === OrderType.MarketByQuote
      ? readQuoteQuantity(market, params.quoteOrderQty!)
      : readQuantity(market, params.quantity!, nameOf("quantity"));
  if (quantity instanceof ApiError) return quantity;
  const displayLots = readDisplay(market, nameOf("icebergQty"), params.icebergQty, quantity);
  if (displayLots instanceof ApiError) return displayLots;
  const trailBasisPoints = params.trailingDelta ?? 0;
  if (trailBasisPoints > TRAIL_BASIS_POINTS_MAX)
    return apiError("FILTER_FAILURE", "TRAILING_DELTA");
  const text = params.newClientOrderId ?? generateClientOrderText();
  const isTold = params.type === "LIMIT" || params.type === "MARKET";
  return {
    market,
    terms: {
      market: market.index,
      side: params.side === "BUY" ? Side.Buy : Side.Sell,
      orderType,
      selfTrade: selfTradeOf(params.selfTradePreventionMode ?? SELF_TRADE_DEFAULT),
      priceTicks,
      quantity,
      clientOrderId: clientOrderIdOf(text),
      displayLots,
      expiresMs: params.goodTillDate ?? 0,
      isHidden: params.isHidden === true ? 1 : 0,
      isProtected: params.isMmp === true ? 1 : 0,
      trigger: triggerOf(params),
      triggerSource:
        params.workingType === "BEST_QUOTE" ? TriggerSource.BestQuote : TriggerSource.LastTrade,
      triggerTicks,
      trailBasisPoints,
      peg: pegOf(params.pegPriceType),
      pegTicks: params.pegOffsetValue ?? 0,
    },
    text,
    responseType: params.newOrderRespType ?? (isTold ? "FULL" : "ACK"),
  };
}

/**
 * What the engine does not have is refused by name, and never taken for something else: the dialect's pegged orders get their price
 * once, when they come. Whoever wants one that follows says so by its offset.
 */
function unsupported(params: OrderParams): ApiError | undefined {
  const { pegPriceType, pegOffsetType, pegOffsetValue } = params;
  const isPegged = (pegPriceType ?? pegOffsetType ?? pegOffsetValue) !== undefined;
  const isOnce = isPegged && pegOffsetType !== "PRICE_TICK";
  return isOnce ? apiError("ORDER_TYPE_NOT_SUPPORTED", "Pegged") : undefined;
}

type OrderField =
  | "timeInForce"
  | "goodTillDate"
  | "quantity"
  | "quoteOrderQty"
  | "price"
  | "stopPrice"
  | "workingType"
  | "trailingDelta"
  | "icebergQty"
  | "isHidden"
  | "isMmp"
  | "pegPriceType"
  | "pegOffsetType"
  | "pegOffsetValue";

interface OrderFields {
  readonly needed: readonly OrderField[];
  readonly refused: readonly OrderField[];
}

const WITH_STOP: OrderFields = {
  needed: ["quantity"],
  refused: [
    "timeInForce",
    "quoteOrderQty",
    "price",
    "icebergQty",
    "isHidden",
    "isMmp",
    "pegOffsetType",
  ],
};
const WITH_STOP_AND_LIMIT: OrderFields = {
  needed: ["timeInForce", "quantity", "price"],
  refused: ["quoteOrderQty", "isMmp", "pegOffsetType"],
};

/** Which fields each type must have, and which it must not. */
const FIELDS: Readonly<Record<TypeWord, OrderFields>> = {
  LIMIT: {
    needed: ["timeInForce", "quantity", "price"],
    refused: ["quoteOrderQty", "stopPrice", "workingType", "trailingDelta", "pegOffsetType"],
  },
  LIMIT_MAKER: {
    needed: ["quantity", "price"],
    refused: ["timeInForce", "quoteOrderQty", "stopPrice", "workingType", "trailingDelta"],
  },
  MARKET: {
    needed: [],
    refused: [
      "timeInForce",
      "goodTillDate",
      "price",
      "stopPrice",
      "workingType",
      "trailingDelta",
      "icebergQty",
      "isHidden",
      "isMmp",
      "pegOffsetType",
    ],
  },
  STOP_LOSS: WITH_STOP,
  STOP_LOSS_LIMIT: WITH_STOP_AND_LIMIT,
  TAKE_PROFIT: WITH_STOP,
  TAKE_PROFIT_LIMIT: WITH_STOP_AND_LIMIT,
};

function misplaced(params: OrderParams, nameOf: NameOf): ApiError | undefined {
  const fields = FIELDS[params.type];
  for (const name of fields.needed) {
    if (params[name] === undefined) return apiError("MANDATORY_PARAMETER", nameOf(name));
  }
  for (const name of fields.refused) {
    // False asks for nothing.
    const isAsked = params[name] !== undefined && params[name] !== false;
    if (isAsked) return apiError("PARAMETER_NOT_REQUIRED", nameOf(name));
  }
  const isPriced = params.stopPrice !== undefined || params.trailingDelta !== undefined;
  if (TRIGGERS[params.type] !== "NONE" && !isPriced) {
    return apiError("EITHER_PARAMETER", nameOf("stopPrice"), nameOf("trailingDelta"));
  }
  if (params.type !== "MARKET") return undefined;
  if (params.quantity === undefined && params.quoteOrderQty === undefined) {
    return apiError("EITHER_PARAMETER", "quantity", "quoteOrderQty");
  }
  const isBoth = params.quantity !== undefined && params.quoteOrderQty !== undefined;
  return isBoth ? apiError("INVALID_COMBINATION") : undefined;
}

/** What fields say together that no order can be. */
function contradiction(params: OrderParams, nameOf: NameOf): ApiError | undefined {
  const { timeInForce, goodTillDate, isHidden = false, isMmp = false } = params;
  if (timeInForce === "GTD" && goodTillDate === undefined) {
    return apiError("MANDATORY_PARAMETER", nameOf("goodTillDate"));
  }
  const hasNoEnd = timeInForce !== undefined && timeInForce !== "GTD";
  if (hasNoEnd && goodTillDate !== undefined) {
    return apiError("PARAMETER_NOT_REQUIRED", nameOf("goodTillDate"));
  }
  if (params.pegOffsetType !== undefined && params.pegPriceType === undefined) {
    return apiError("MANDATORY_PARAMETER", nameOf("pegPriceType"));
  }
  // It would stand where it trades.
  if (params.pegPriceType === "MARKET_PEG" && !params.pegOffsetValue) {
    const isSent = params.pegOffsetValue !== undefined;
    return apiError(isSent ? "INVALID_DATA" : "MANDATORY_PARAMETER", nameOf("pegOffsetValue"));
  }
  const isIceberg = params.icebergQty !== undefined;
  const isPegged = params.pegPriceType !== undefined;
  // What does not rest has nothing to hide, and nothing to protect.
  const isBrief = timeInForce === "IOC" || timeInForce === "FOK";
  const isNone =
    (isBrief && (isIceberg || isHidden || isMmp)) ||
    (isHidden && isIceberg) ||
    (isPegged && (isIceberg || isHidden || isMmp)) ||
    // What trails follows the last price.
    (params.workingType === "BEST_QUOTE" && params.trailingDelta !== undefined);
  return isNone ? apiError("INVALID_COMBINATION") : undefined;
}

function orderTypeOf(params: OrderParams): OrderType {
  switch (params.type) {
    case "LIMIT_MAKER":
      return OrderType.PostOnly;
    case "STOP_LOSS":
    case "TAKE_PROFIT":
      return OrderType.Market;
    case "MARKET":
      return params.quoteOrderQty === undefined ? OrderType.Market : OrderType.MarketByQuote;
    default:
      if (params.timeInForce === "IOC") return OrderType.ImmediateOrCancel;
      return params.timeInForce === "FOK" ? OrderType.FillOrKill : OrderType.Limit;
  }
}

/** What orders of each type wait for: a price that has traded. */
const TRIGGERS: Readonly<Record<TypeWord, "NONE" | "STOP" | "TAKE_PROFIT">> = {
  LIMIT: "NONE",
  LIMIT_MAKER: "NONE",
  MARKET: "NONE",
  STOP_LOSS: "STOP",
  STOP_LOSS_LIMIT: "STOP",
  TAKE_PROFIT: "TAKE_PROFIT",
  TAKE_PROFIT_LIMIT: "TAKE_PROFIT",
};

function triggerOf({ type, trailingDelta }: OrderParams): TriggerKind {
  const trails = trailingDelta !== undefined;
  switch (TRIGGERS[type]) {
    case "NONE":
      return TriggerKind.None;
    case "STOP":
      return trails ? TriggerKind.TrailingStop : TriggerKind.Stop;
    case "TAKE_PROFIT":
      return trails ? TriggerKind.TrailingTakeProfit : TriggerKind.TakeProfit;
  }
}

const DECIMAL_RANGE = "^([0-9]{1,20})(\\.[0-9]{1,20})?$";

function amountError(problem: AmountProblem, name: string, filter: string): ApiError {
  switch (problem) {
    case "NOT_A_NUMBER":
    case "NEGATIVE":
      return apiError("ILLEGAL_CHARACTERS", name, DECIMAL_RANGE);
    case "TOO_PRECISE":
      return apiError("TOO_PRECISE", name);
    case "OFF_STEP":
    case "TOO_LARGE":
      return apiError("FILTER_FAILURE", filter);
  }
}

function readPrice(market: MarketSpec, name: string, text: string | undefined): number | ApiError {
  if (text === undefined) return 0;
  const ticks = market.parsePrice(text);
  if (typeof ticks !== "number") return amountError(ticks, name, "PRICE_FILTER");
  return ticks === 0 ? apiError("INVALID_PRICE") : ticks;
}

/** What `name` says as lots of the market: more than none. */
export function readQuantity(market: MarketSpec, text: string, name: string): bigint | ApiError {
  const lots = market.parseQuantity(text);
  if (typeof lots !== "bigint") return amountError(lots, name, "LOT_SIZE");
  return lots === 0n ? apiError("INVALID_QUANTITY") : lots;
}

/** Parts that an iceberg may come to the book in: each is a trade of its own, whoever takes it. */
export const ICEBERG_PARTS_MAX = 100;

/** What an iceberg shows at a time. */
function readDisplay(
  market: MarketSpec,
  name: string,
  text: string | undefined,
  quantity: bigint,
): bigint | ApiError {
  if (text === undefined) return 0n;
  const lots = readQuantity(market, text, name);
  if (lots instanceof ApiError) return lots;
  if (lots >= quantity) return apiError("ORDER_REJECTED", "IcebergQty exceeds QTY.");
  const isCoarse = lots * BigInt(ICEBERG_PARTS_MAX) >= quantity;
  return isCoarse ? lots : apiError("FILTER_FAILURE", "ICEBERG_PARTS");
}

function readQuoteQuantity(market: MarketSpec, text: string): bigint | ApiError {
  const quanta = parseAsset(market.quote, text);
  if (typeof quanta !== "bigint") return amountError(quanta, "quoteOrderQty", "NOTIONAL");
  return quanta === 0n ? apiError("INVALID_QUANTITY") : quanta;
}
