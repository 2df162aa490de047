import { grouped, trimmed } from "../market/amount-text.ts";
import { type Market, priceText, quantityText } from "../market/market.ts";
import type { OrderDraft, PlainDraft, SideWord, TimeInForce } from "./order-draft.ts";
import type { StopTerms } from "./stop-terms.ts";

// What an order will do, in words, for the one who is about to send it.

/** "Sell 0.5 BTC". */
export function orderTitle(market: Market, { side, lots }: OrderDraft): string {
  const verb = side === "BUY" ? "Buy" : "Sell";
  return `${verb} ${grouped(trimmed(quantityText(market, lots)))} ${market.base}`;
}

/** A sentence or two on when and at what price it trades. */
export function orderText(market: Market, draft: OrderDraft): string {
  switch (draft.kind) {
    case "limit":
    case "market":
      return plainText(market, draft);
    case "stop":
      return stopText(market, draft.side, draft.stop);
    case "oco":
      return pairText(market, draft.side, draft.priceTicks, draft.stop);
  }
}

/** The same of an order that waits, of whatever amount. */
export function stopText(market: Market, side: SideWord, stop: StopTerms): string {
  const how = `${VERBS[side]} ${priceWords(market, side, stop.limitTicks)}`;
  return `${nameOf(stop)}: ${how} ${onceWords(market, side, stop)}.`;
}

/** The same of a pair of which one order rests at `priceTicks`. */
export function pairText(
  market: Market,
  side: SideWord,
  priceTicks: number,
  stop: StopTerms,
): string {
  const rests = `Pair: ${VERBS[side]} ${priceWords(market, side, priceTicks)} from the book`;
  const stops = `${priceWords(market, side, stop.limitTicks)} ${onceWords(market, side, stop)}`;
  return `${rests}, or ${stops}. What comes first ends the other.`;
}

const VERBS: Readonly<Record<SideWord, string>> = { BUY: "buys", SELL: "sells" };

const REST_WORDS: Readonly<Record<TimeInForce, string>> = {
  GTC: "what is left rests until it is cancelled",
  IOC: "what cannot be traded at once ends",
  FOK: "all at once, or nothing",
};

function plainText(market: Market, draft: PlainDraft): string {
  const { kind, side, priceTicks, timeInForce, isPostOnly, shownLots } = draft;
  if (kind === "market") return "At the market, at once.";
  const rest = isPostOnly ? "refused if it would trade at once" : REST_WORDS[timeInForce];
  const shown = `, ${grouped(trimmed(quantityText(market, shownLots)))} of it shown at a time`;
  return `${capital(priceWords(market, side, priceTicks))}: ${rest}${shownLots === 0n ? "" : shown}.`;
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

/** "at 58,900.00 or more". */
function priceWords(market: Market, side: SideWord, ticks: number): string {
  if (ticks === 0) return "at the market";
  return `at ${grouped(priceText(market, ticks))} or ${side === "BUY" ? "less" : "more"}`;
}

/** In the words of the tables of orders. */
function nameOf({ type, trailBasisPoints }: StopTerms): string {
  const name = type === "STOP_LOSS" ? "stop" : "take profit";
  return trailBasisPoints === 0 ? capital(name) : `Trailing ${name}`;
}

/** "once 59,000.00 or less has traded". */
function onceWords(market: Market, side: SideWord, stop: StopTerms): string {
  const { type, triggerTicks, trailBasisPoints } = stop;
  const isUp = (type === "STOP_LOSS") === (side === "BUY");
  const price = grouped(priceText(market, triggerTicks));
  const traded = `${price} or ${isUp ? "more" : "less"} has traded`;
  if (trailBasisPoints === 0) return `once ${traded}`;
  const [moved, turn] = side === "BUY" ? ["risen", "lowest since"] : ["fallen", "highest since"];
  const follows = `the price has ${moved} ${trailBasisPoints / 100} % from its ${turn}`;
  return triggerTicks === 0 ? `once ${follows}` : `once ${traded} and, from then on, ${follows}`;
}
