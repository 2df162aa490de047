import {
  ListKind,
  MarketState,
  OrderType,
  PegKind,
  SelfTrade,
  Side,
  TriggerKind,
} from "@rialto/protocol";
import { OrderStatus } from "@rialto/storage";

// The API's words for what the engine counts.

export const SIDE_WORDS: Readonly<Record<Side, "BUY" | "SELL">> = {
  [Side.Buy]: "BUY",
  [Side.Sell]: "SELL",
};

/** How the orders of a list hang together: a pair that waits for an order is told like a single one. */
export const LIST_WORDS: Readonly<Record<ListKind, "OCO" | "OTO">> = {
  [ListKind.OneCancelsOther]: "OCO",
  [ListKind.OneTriggersOther]: "OTO",
  [ListKind.OneTriggersPair]: "OTO",
};

/** How orders of each trigger are called: with a limit, and without. */
const TRIGGER_WORDS: Readonly<Record<TriggerKind, readonly [limit: TypeWord, market: TypeWord]>> = {
  [TriggerKind.None]: ["LIMIT", "MARKET"],
  [TriggerKind.Stop]: ["STOP_LOSS_LIMIT", "STOP_LOSS"],
  [TriggerKind.TakeProfit]: ["TAKE_PROFIT_LIMIT", "TAKE_PROFIT"],
  // The dialect tells these from the two above by their distance.
  [TriggerKind.TrailingStop]: ["STOP_LOSS_LIMIT", "STOP_LOSS"],
  [TriggerKind.TrailingTakeProfit]: ["TAKE_PROFIT_LIMIT", "TAKE_PROFIT"],
};

/** The type of an order, which stays when its price has come. */
export function typeWord(orderType: OrderType, trigger: TriggerKind): TypeWord {
  const isPlain = trigger === TriggerKind.None;
  if (isPlain && orderType === OrderType.PostOnly) return "LIMIT_MAKER";
  const isMarket = orderType === OrderType.Market || orderType === OrderType.MarketByQuote;
  return TRIGGER_WORDS[trigger][isMarket ? 1 : 0];
}

export const TYPE_CHOICES = [
  "LIMIT",
  "LIMIT_MAKER",
  "MARKET",
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT",
] as const;
export type TypeWord = (typeof TYPE_CHOICES)[number];

export const TIME_IN_FORCE_CHOICES = ["GTC", "IOC", "FOK", "GTD"] as const;

const TIME_IN_FORCE_WORDS: Readonly<Record<OrderType, "GTC" | "IOC" | "FOK">> = {
  [OrderType.Limit]: "GTC",
  [OrderType.ImmediateOrCancel]: "IOC",
  [OrderType.FillOrKill]: "FOK",
  [OrderType.PostOnly]: "GTC",
  [OrderType.Market]: "GTC",
  [OrderType.MarketByQuote]: "GTC",
};

/** How long an order of a type is good; `expiresMs` is 0 for one that has no end. */
export function timeInForceWord(
  orderType: OrderType,
  expiresMs: number,
): (typeof TIME_IN_FORCE_CHOICES)[number] {
  const word = TIME_IN_FORCE_WORDS[orderType];
  return word === "GTC" && expiresMs !== 0 ? "GTD" : word;
}

/** Which price an order waits for: in the order of the engine's sources. */
export const WORKING_TYPE_CHOICES = ["LAST_PRICE", "BEST_QUOTE"] as const;

/** What the price of a pegged order follows: in the order of the engine's kinds, from 1. */
export const PEG_CHOICES = ["PRIMARY_PEG", "MARKET_PEG", "MIDPOINT_PEG"] as const;

export function pegOf(word: (typeof PEG_CHOICES)[number] | undefined): PegKind {
  return word === undefined ? PegKind.None : ((PEG_CHOICES.indexOf(word) + 1) as PegKind);
}

/** The dialect's own offset counts levels, and is for orders that are priced once: those are not what the engine has. */
export const PEG_OFFSET_CHOICES = ["PRICE_TICK", "PRICE_LEVEL"] as const;

export const STATUS_WORDS: Readonly<Record<OrderStatus, string>> = {
  [OrderStatus.New]: "NEW",
  [OrderStatus.PartiallyFilled]: "PARTIALLY_FILLED",
  [OrderStatus.Filled]: "FILLED",
  [OrderStatus.Canceled]: "CANCELED",
  [OrderStatus.Expired]: "EXPIRED",
  [OrderStatus.ExpiredInMatch]: "EXPIRED_IN_MATCH",
};

/** Of an order that waits for another one of its list. */
export const DORMANT_WORD = "PENDING_NEW";

/** The dialect has no word for the family: its orders are shown as what happens to them. */
export const SELF_TRADE_WORDS: Readonly<Record<SelfTrade, SelfTradeWord>> = {
  [SelfTrade.Allow]: "NONE",
  [SelfTrade.ExpireTaker]: "EXPIRE_TAKER",
  [SelfTrade.ExpireMaker]: "EXPIRE_MAKER",
  [SelfTrade.ExpireBoth]: "EXPIRE_BOTH",
  [SelfTrade.Decrement]: "DECREMENT",
  [SelfTrade.FamilyExpireTaker]: "EXPIRE_TAKER",
  [SelfTrade.FamilyExpireMaker]: "EXPIRE_MAKER",
  [SelfTrade.FamilyExpireBoth]: "EXPIRE_BOTH",
  [SelfTrade.FamilyDecrement]: "DECREMENT",
};

/** The states that the engine knows, as operators and auctions call them; `exchangeInfo` has fewer words. */
export const MARKET_STATE_WORDS: Readonly<Record<MarketState, string>> = {
  [MarketState.Trading]: "TRADING",
  [MarketState.PostOnly]: "POST_ONLY",
  [MarketState.PreOpen]: "PRE_OPEN",
  [MarketState.Auction]: "AUCTION",
  [MarketState.CancelOnly]: "CANCEL_ONLY",
  [MarketState.Halted]: "HALT",
  [MarketState.Closed]: "CLOSED",
  [MarketState.Delisted]: "DELISTED",
};

export const SELF_TRADE_CHOICES = [
  "NONE",
  "EXPIRE_TAKER",
  "EXPIRE_MAKER",
  "EXPIRE_BOTH",
  "DECREMENT",
] as const;
export type SelfTradeWord = (typeof SELF_TRADE_CHOICES)[number];

/** What an order does that says nothing: it ends where it would meet its own account. */
export const SELF_TRADE_DEFAULT: SelfTradeWord = "EXPIRE_TAKER";

export function selfTradeOf(word: SelfTradeWord): SelfTrade {
  return SELF_TRADE_CHOICES.indexOf(word) as SelfTrade;
}

export const NONE_TEXT = "0.00000000";
