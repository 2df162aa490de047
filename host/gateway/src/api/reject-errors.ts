import { OrderType, RejectCode, rejectCodeName } from "@rialto/protocol";
import { type ApiError, apiError, type ApiErrorName } from "./api-error.ts";

/** How one refusal of the engine is said to a client. */
export interface RejectMapping {
  readonly error: ApiErrorName;
  /** What fills the gaps of the error's text. */
  readonly values: readonly string[];
  /** When it is met, in words for the page of codes. */
  readonly meaning: string;
}

const mapping = (error: ApiErrorName, meaning: string, ...values: string[]): RejectMapping => ({
  error,
  values,
  meaning,
});

/** Every refusal of the engine. */
export const REJECT_ERRORS: Readonly<Record<RejectCode, RejectMapping>> = {
  [RejectCode.Malformed]: mapping(
    "INVALID_DATA",
    "a field has a value that means nothing",
    "order",
  ),
  [RejectCode.UnknownMarket]: mapping("INVALID_SYMBOL", "the market is not listed"),
  [RejectCode.PriceOutOfRange]: mapping(
    "FILTER_FAILURE",
    "the price is below the lowest or above the highest of the market",
    "PRICE_FILTER",
  ),
  [RejectCode.LotsOutOfRange]: mapping(
    "FILTER_FAILURE",
    "the quantity is too small or too large; MARKET_LOT_SIZE for market orders",
    "LOT_SIZE",
  ),
  [RejectCode.NotionalTooSmall]: mapping(
    "FILTER_FAILURE",
    "price times quantity is too small",
    "NOTIONAL",
  ),
  [RejectCode.NotionalTooLarge]: mapping(
    "FILTER_FAILURE",
    "price times quantity is too large",
    "NOTIONAL",
  ),
  [RejectCode.PriceOutsideBand]: mapping(
    "FILTER_FAILURE",
    "the price is too far from the last trade",
    "PERCENT_PRICE_BY_SIDE",
  ),
  [RejectCode.UnknownAsset]: mapping("INVALID_DATA", "the asset does not exist", "asset"),
  [RejectCode.AmountOutOfRange]: mapping(
    "INVALID_DATA",
    "an amount to deposit or withdraw is out of range",
    "amount",
  ),
  [RejectCode.InvalidListing]: mapping(
    "OPERATION_REFUSED",
    "the terms of a new market contradict each other",
    "The terms of the market are not valid.",
  ),
  [RejectCode.UnknownAccount]: mapping("REJECTED_KEY", "the account does not exist"),
  [RejectCode.NotOrderOwner]: mapping("CANCEL_REJECTED", "the order is another account's"),
  [RejectCode.AccountExists]: mapping(
    "OPERATION_REFUSED",
    "the account is open already",
    "The account exists.",
  ),
  [RejectCode.InsufficientBalance]: mapping(
    "INSUFFICIENT_BALANCE",
    "the account cannot pay for it",
  ),
  [RejectCode.BalanceOverflow]: mapping(
    "OPERATION_REFUSED",
    "more of the asset would exist than can be counted",
    "The amount would exceed what can be issued.",
  ),
  [RejectCode.UnknownOrder]: mapping("CANCEL_REJECTED", "the order is not open"),
  [RejectCode.DuplicateClientOrderId]: mapping(
    "DUPLICATE_ORDER",
    "an open order of the account has the same client order id",
  ),
  [RejectCode.WouldTake]: mapping("WOULD_TAKE", "a post-only order would trade at once"),
  [RejectCode.MarketHalted]: mapping("MARKET_CLOSED", "the market is halted"),
  [RejectCode.MarketCancelOnly]: mapping("MARKET_CLOSED", "the market takes only cancels"),
  [RejectCode.OrdersFull]: full("orders"),
  [RejectCode.LevelsFull]: full("price levels"),
  [RejectCode.AccountsFull]: full("accounts"),
  [RejectCode.BalancesFull]: full("balances"),
  [RejectCode.MarketsFull]: full("markets"),
  [RejectCode.AccountOrdersFull]: mapping(
    "FILTER_FAILURE",
    "the account has as many open orders as it may",
    "MAX_NUM_ORDERS",
  ),
  [RejectCode.AssetsFull]: full("assets"),
};

function full(what: string): RejectMapping {
  const text = `The exchange has no room for more ${what}.`;
  return mapping("ORDER_REJECTED", `the exchange has no room for more ${what}`, text);
}

/** The answer for a refusal of the engine. */
export function rejectError(code: RejectCode, orderType?: OrderType): ApiError {
  const isMarket = orderType === OrderType.Market || orderType === OrderType.MarketByQuote;
  if (code === RejectCode.LotsOutOfRange && isMarket) {
    return apiError("FILTER_FAILURE", "MARKET_LOT_SIZE");
  }
  const found = REJECT_ERRORS[code] as RejectMapping | undefined;
  // A replica of a newer release may refuse for reasons that this gateway has no words for.
  if (found === undefined) return apiError("ORDER_REJECTED", `Refused: ${rejectCodeName(code)}.`);
  return apiError(found.error, ...found.values);
}
