import { grouped } from "../market/amount-text.ts";
import { type Market, priceText } from "../market/market.ts";
import type { SideWord } from "./order-draft.ts";
import type { StopTerms } from "./stop-terms.ts";

// What an order will do, in words, for the one who is about to send it.

/** A sentence on when an order that waits comes, and at what price. */
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
