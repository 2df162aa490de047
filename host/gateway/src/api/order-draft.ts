import {
  type AccountIndex,
  type Command,
  CommandKind,
  NOTHING_SPECIAL,
  OrderType,
  Side,
  type SpecialTerms,
  TRAIL_BASIS_POINTS_MAX,
  TriggerKind,
} from "@rialto/protocol";
import { generateClientOrderText, clientOrderIdOf } from "../auth/client-order-id.ts";
import { type AmountProblem, type MarketSpec, parseAsset } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import {
  SELF_TRADE_CHOICES,
  SELF_TRADE_DEFAULT,
  selfTradeOf,
  TYPE_CHOICES,
  type TypeWord,
} from "./order-words.ts";
import {
  booleanParam,
  choiceParam,
  clientOrderIdParam,
  decimalParam,
  idParam,
  integerParam,
  type ParamValues,
  required,
  sideParam,
  symbolParam,
  textParam,
} from "./params.ts";

/** How far an order trails, in basis points. */
export const trailingDeltaParam = integerParam(1, 100_000);

/** What a client calls the strategy that an order is of: nobody is told of it. */
const strategyParam = { ...idParam, description: "integer, which no answer tells" };

/** The terms of a new order, as clients send them. */
export const ORDER_PARAMS = {
  symbol: required(symbolParam),
  side: required(sideParam),
  type: required(choiceParam(TYPE_CHOICES, "INVALID_ORDER_TYPE")),
  timeInForce: choiceParam(["GTC", "IOC", "FOK"], "INVALID_TIME_IN_FORCE"),
  quantity: decimalParam,
  quoteOrderQty: decimalParam,
  price: decimalParam,
  newClientOrderId: clientOrderIdParam,
  newOrderRespType: choiceParam(["ACK", "RESULT", "FULL"]),
  selfTradePreventionMode: choiceParam(SELF_TRADE_CHOICES),
  stopPrice: decimalParam,
  trailingDelta: trailingDeltaParam,
  icebergQty: decimalParam,
  isMmp: { ...booleanParam, description: "true or false: counts for the account's protection" },
  strategyId: strategyParam,
  strategyType: strategyParam,
  pegPriceType: textParam("not supported yet", 40),
  pegOffsetType: textParam("not supported yet", 40),
  pegOffsetValue: integerParam(0, 100),
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
  const { trigger, displayLots, isProtected } = terms;
  return trigger !== TriggerKind.None || displayLots !== 0n || isProtected === 1;
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
  const problem = unsupported(params) ?? misplaced(params, nameOf);
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
      ...NOTHING_SPECIAL,
      displayLots,
      isProtected: params.isMmp === true ? 1 : 0,
      trigger: triggerOf(params),
      triggerTicks,
      trailBasisPoints,
    },
    text,
    responseType: params.newOrderRespType ?? (isTold ? "FULL" : "ACK"),
  };
}

/** What the engine does not have yet is refused by name, and never taken for something else. */
function unsupported(params: OrderParams): ApiError | undefined {
  const isPegged =
    params.pegPriceType !== undefined ||
    params.pegOffsetType !== undefined ||
    params.pegOffsetValue !== undefined;
  return isPegged ? apiError("ORDER_TYPE_NOT_SUPPORTED", "Pegged") : undefined;
}

type OrderField =
  | "timeInForce"
  | "quantity"
  | "quoteOrderQty"
  | "price"
  | "stopPrice"
  | "trailingDelta"
  | "icebergQty"
  | "isMmp";

interface OrderFields {
  readonly needed: readonly OrderField[];
  readonly refused: readonly OrderField[];
}

const WITH_STOP: OrderFields = {
  needed: ["quantity"],
  refused: ["timeInForce", "quoteOrderQty", "price", "icebergQty", "isMmp"],
};
const WITH_STOP_AND_LIMIT: OrderFields = {
  needed: ["timeInForce", "quantity", "price"],
  refused: ["quoteOrderQty", "isMmp"],
};

/** Which fields each type must have, and which it must not. */
const FIELDS: Readonly<Record<TypeWord, OrderFields>> = {
  LIMIT: {
    needed: ["timeInForce", "quantity", "price"],
    refused: ["quoteOrderQty", "stopPrice", "trailingDelta"],
  },
  LIMIT_MAKER: {
    needed: ["quantity", "price"],
    refused: ["timeInForce", "quoteOrderQty", "stopPrice", "trailingDelta"],
  },
  MARKET: {
    needed: [],
    refused: ["timeInForce", "price", "stopPrice", "trailingDelta", "icebergQty", "isMmp"],
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
  // What does not rest has nothing to hide, and nothing to protect.
  const isBrief = params.timeInForce === "IOC" || params.timeInForce === "FOK";
  const isResting = params.icebergQty !== undefined || params.isMmp === true;
  if (isBrief && isResting) return apiError("INVALID_COMBINATION");
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
