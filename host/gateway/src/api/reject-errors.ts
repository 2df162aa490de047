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
    "the price is too far from the last trade, or from the price that it waits for",
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
    "the terms of a market, new or changed, contradict each other",
    "The terms of the market are not valid.",
  ),
  [RejectCode.ExpiryPassed]: mapping(
    "INVALID_DATA",
    "the order would have ended already",
    "goodTillDate",
  ),
  [RejectCode.InvalidFeeTier]: mapping(
    "INVALID_DATA",
    "a fee tier contradicts the others",
    "tiers",
  ),
  [RejectCode.UnknownFeeSchedule]: mapping(
    "INVALID_DATA",
    "the fee schedule has no tier",
    "schedule",
  ),
  [RejectCode.UnknownAccount]: mapping("REJECTED_KEY", "the account does not exist"),
  [RejectCode.NotOrderOwner]: mapping("CANCEL_REJECTED", "the order is another account's"),
  [RejectCode.AccountExists]: mapping(
    "OPERATION_REFUSED",
    "the account is open already",
    "The account exists.",
  ),
  [RejectCode.AccountBlocked]: refused("The account may not place orders"),
  [RejectCode.NotMasterAccount]: refused("The account is a sub-account"),
  [RejectCode.NotSameMaster]: refused("The accounts are not of one family"),
  [RejectCode.AssetExists]: mapping("ASSET_EXISTS", "an asset was added by that name"),
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
  [RejectCode.WouldTrigger]: refused("Order would trigger immediately"),
  [RejectCode.NotAmendable]: refused("The order cannot be amended"),
  [RejectCode.OrderChanged]: refused("The order has changed meanwhile"),
  [RejectCode.NotProtected]: refused("The account has no protection in the market"),
  [RejectCode.ProtectionTripped]: refused("The account's protection has tripped"),
  [RejectCode.MarketPostOnly]: mapping("MARKET_CLOSED", "the market takes only post-only orders"),
  [RejectCode.MarketInAuction]: mapping(
    "MARKET_CLOSED",
    "the market takes only limit and market orders",
  ),
  [RejectCode.MarketClosed]: mapping("MARKET_CLOSED", "the market is closed"),
  [RejectCode.TransitionNotAllowed]: refused("The market cannot go to that state"),
  [RejectCode.BookCrossed]: refused("The book is crossed: open it by an auction"),
  [RejectCode.TradingSuspended]: mapping("MARKET_CLOSED", "all trading is suspended"),
  [RejectCode.MarketNotClosed]: refused("The market is not closed"),
  [RejectCode.MarketNotEmpty]: refused("The market has open orders"),
  [RejectCode.MarketsChanged]: refused("Another market was listed meanwhile"),
  [RejectCode.MarketHalted]: mapping("MARKET_CLOSED", "the market is halted"),
  [RejectCode.MarketCancelOnly]: mapping("MARKET_CLOSED", "the market takes only cancels"),
  [RejectCode.OrdersFull]: full("orders"),
  [RejectCode.LevelsFull]: full("price levels"),
  [RejectCode.AccountsFull]: full("accounts"),
  [RejectCode.BalancesFull]: full("balances"),
  [RejectCode.MarketsFull]: full("markets, or for their prices"),
  [RejectCode.AccountOrdersFull]: mapping(
    "FILTER_FAILURE",
    "the account has as many open orders as it may",
    "MAX_NUM_ORDERS",
  ),
  [RejectCode.AssetsFull]: full("assets"),
  [RejectCode.SpecialsFull]: full("special orders"),
  [RejectCode.TrailingFull]: full(
    "trailing stops in the market, or of the account and its family there",
  ),
  [RejectCode.VolumesFull]: full("accounts with fee schedules"),
  [RejectCode.ProtectionsFull]: full("protections"),
  [RejectCode.PegsFull]: full(
    "pegged orders in the market, or of the account and its family there",
  ),
};

/** Met when its own words say so. */
function refused(words: string): RejectMapping {
  return mapping("ORDER_REJECTED", words, `${words}.`);
}

function full(what: string): RejectMapping {
  return refused(`The exchange has no room for more ${what}`);
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
