import { ApiError, NetworkError } from "@rialto/client";
import { grouped, trimmed } from "../market/amount-text.ts";
import type { Market } from "../market/market.ts";

/** What became of an order, for the one who sent it. */
export interface Outcome {
  readonly isGood: boolean;
  readonly text: string;
}

interface PlacedReply {
  /** Of an order that waits for one, else there is none. */
  readonly stopPrice?: string;
  /** In basis points, likewise. */
  readonly trailingDelta?: number;
  readonly side: "BUY" | "SELL";
  readonly status: string;
  readonly price: string;
  readonly origQty: string;
  readonly executedQty: string;
  readonly cummulativeQuoteQty: string;
}

/** Says what the answer to a new order means. */
export function placedOutcome(market: Market, reply: unknown): Outcome {
  const placed = reply as PlacedReply;
  const { side, status, price, origQty, executedQty, cummulativeQuoteQty } = placed;
  const { base, quote, priceDecimals } = market;
  const [verb, done] = side === "BUY" ? ["Buy", "Bought"] : ["Sell", "Sold"];
  const executed = `${done} ${grouped(trimmed(executedQty))} ${base} for ${grouped(trimmed(cummulativeQuoteQty, 2))} ${quote}`;
  const hasTraded = /[1-9]/.test(executedQty);
  const amount = `${verb} ${grouped(trimmed(origQty))} ${base}`;
  switch (status) {
    case "NEW":
      if (isStop(placed)) return { isGood: true, text: `${amount} ${waitText(market, placed)}.` };
      // Without a price nothing rests but for an auction.
      if (!/[1-9]/.test(price)) {
        return { isGood: true, text: `${amount} at the market waits for the auction.` };
      }
      return {
        isGood: true,
        text: `${amount} at ${grouped(trimmed(price, priceDecimals))} is in the book.`,
      };
    case "PARTIALLY_FILLED":
      return { isGood: true, text: `${executed}; the rest is in the book.` };
    case "FILLED":
      return { isGood: true, text: `${executed}.` };
    case "EXPIRED_IN_MATCH":
      return {
        isGood: false,
        text: `${hasTraded ? `${executed}; the rest` : "The order"} ended where it met your own order.`,
      };
    default:
      return hasTraded
        ? { isGood: true, text: `${executed}; the rest found no counterpart and ended.` }
        : { isGood: false, text: "Nothing could be traded on these terms, so the order ended." };
  }
}

function isStop({ stopPrice, trailingDelta }: PlacedReply): boolean {
  return stopPrice !== undefined || trailingDelta !== undefined;
}

/** "waits for 59,000.00". */
function waitText(market: Market, { stopPrice, trailingDelta }: PlacedReply): string {
  const price = stopPrice && grouped(trimmed(stopPrice, market.priceDecimals));
  if (trailingDelta === undefined) return `waits for ${price}`;
  const follows = `follows the price by ${trailingDelta / 100} %`;
  return price === undefined ? `waits and ${follows}` : `waits for ${price}, then ${follows}`;
}

/** Says what the answer to a new pair means. */
export function placedPairOutcome(market: Market, reply: unknown): Outcome {
  const { orderReports } = reply as { readonly orderReports: readonly PlacedReply[] };
  const waiting = orderReports.find(isStop);
  const resting = orderReports.find((each) => !isStop(each));
  const areOpen = orderReports.every(({ status }) => status === "NEW");
  if (!areOpen || waiting === undefined || resting === undefined) {
    const text = "One of the two has come already, and has ended the other. Look at your orders.";
    return { isGood: true, text };
  }
  const { isGood, text } = placedOutcome(market, resting);
  return {
    isGood,
    text: `${text} A stop ${waitText(market, waiting)}. What comes first ends the other.`,
  };
}

/** True where an order may have been placed all the same. */
export function isUnknown(error: ApiError | NetworkError): boolean {
  return error instanceof NetworkError ? !error.isUnsent : error.isUnknown;
}

/** Says of an order that it is being looked for. */
export function unknownOutcome(error: ApiError | NetworkError): Outcome {
  const text = `It is not known yet whether this was done (${error.message}). The exchange is being asked: do not send it again.`;
  return { isGood: false, text };
}

/** Says what has been found out of such an order: the answer to a question for it, or that there is none. */
export function foundOutcome(market: Market, isPair: boolean, reply: unknown): Outcome {
  if (reply === undefined) {
    const text =
      "The exchange does not have this order, half a minute after it was sent. Look at your orders before you send it again.";
    return { isGood: false, text };
  }
  const { stopPrice, ...order } = reply as PlacedReply;
  const isWaiting = stopPrice !== undefined && /[1-9]/.test(stopPrice);
  const known = isWaiting ? { ...order, stopPrice } : order;
  const { isGood, text } = isPair
    ? { isGood: true, text: "Look at your orders for what the pair is doing." }
    : placedOutcome(market, known);
  return { isGood, text: `It was done. ${text}` };
}

/** What the rules that a filter checks mean. */
const FILTERS: Readonly<Record<string, string>> = {
  PRICE_FILTER: "the price is outside what the market allows",
  LOT_SIZE: "the amount is outside what the market allows",
  MARKET_LOT_SIZE: "the amount is outside what the market allows",
  NOTIONAL: "the order is worth too little or too much",
  PERCENT_PRICE_BY_SIDE: "the price is too far from the last trade, or from what it waits for",
  TRAILING_DELTA: "the distance is outside what the market allows",
  MAX_NUM_ORDERS: "the account has too many open orders",
};

/** What else is terse. */
const MESSAGES: Readonly<Record<string, string>> = {
  "Unknown order sent.": "it is not open any more",
};

/** Says what went wrong, in the exchange's words and, where they are terse, in plainer ones. */
export function failedOutcome(error: ApiError | NetworkError): Outcome {
  if (error instanceof NetworkError && error.isUnsent) {
    const text = `Not sent: ${error.message}. Try again when the connection is back.`;
    return { isGood: false, text };
  }
  if (error instanceof NetworkError || isUnknown(error)) {
    const text = `It is not known whether this was done (${error.message}). Look at your orders.`;
    return { isGood: false, text };
  }
  // The API names the filter nowhere but in this text, which is part of its interface.
  const filter = /^Filter failure: (\w+)$/.exec(error.message)?.[1];
  const plain = filter === undefined ? MESSAGES[error.message] : FILTERS[filter];
  const explained =
    plain === undefined ? error.message : `${error.message.replace(/\.$/, "")}: ${plain}.`;
  return { isGood: false, text: `Refused: ${explained} (${error.code})` };
}
