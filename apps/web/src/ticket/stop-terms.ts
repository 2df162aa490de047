import { TRAIL_BASIS_POINTS_MAX } from "@rialto/protocol";
import { grouped } from "../market/amount-text.ts";
import { type Market, priceText } from "../market/market.ts";
import { type InputProblem, readPercent, readPrice } from "./field-reader.ts";
import type { Situation, SideWord, TicketInputs, TimeInForce } from "./order-draft.ts";

/** What an order waits for, and what it is when that has come. */
export interface StopTerms {
  /** A stop gives way to the price, a take-profit waits for one that is better than now. */
  readonly type: "STOP_LOSS" | "TAKE_PROFIT";
  /** The price that has to trade, in ticks; 0 for one that follows the price at once. */
  readonly triggerTicks: number;
  /** How far it follows the price, in basis points; 0 if it does not. */
  readonly trailBasisPoints: number;
  /** Its limit in ticks; 0 for an order at the market. */
  readonly limitTicks: number;
  /** Of an order with a limit. */
  readonly timeInForce: TimeInForce;
}

/** True where the trigger may be left out: an order that follows the price can begin at once. */
export function trails({ kind, hasTrail }: TicketInputs): boolean {
  return kind === "stop" && hasTrail;
}

/**
 * Reads what a stop waits for.
 *
 * Returns  the terms, or what is wrong with the first field that is; undefined while something is missing.
 */
export function readStop(
  market: Market,
  inputs: TicketInputs,
  situation: Situation,
): StopTerms | InputProblem | undefined {
  const { side, hasLimit, timeInForce } = inputs;
  const isAtOnce = trails(inputs) && inputs.trigger.trim() === "";
  const triggerTicks = isAtOnce ? 0 : readPrice(market, inputs.trigger, "trigger");
  if (typeof triggerTicks !== "number") return triggerTicks;
  const isUp = isAtOnce ? side === "BUY" : readDirection(market, inputs, triggerTicks, situation);
  if (typeof isUp !== "boolean") return isUp;
  const trailBasisPoints = trails(inputs) ? readPercent(inputs.trail, trailMaxOf(side)) : 0;
  if (typeof trailBasisPoints !== "number") return trailBasisPoints;
  const limitTicks = hasLimit ? readPrice(market, inputs.limitPrice, "limitPrice") : 0;
  if (typeof limitTicks !== "number") return limitTicks;
  const type = isUp === (side === "BUY") ? "STOP_LOSS" : "TAKE_PROFIT";
  return { type, triggerTicks, trailBasisPoints, limitTicks, timeInForce };
}

/** A price that has to fall by all that it is never does. */
function trailMaxOf(side: SideWord): number {
  return side === "SELL" ? TRAIL_BASIS_POINTS_MAX - 1 : TRAIL_BASIS_POINTS_MAX;
}

/** True if the price has to rise to the trigger, false if it has to fall. */
function readDirection(
  market: Market,
  { side, kind }: TicketInputs,
  triggerTicks: number,
  { lastTicks, typedTicks }: Situation,
): boolean | InputProblem {
  const wrong = (text: string): InputProblem => ({ field: "trigger", text });
  const shown = (ticks: number): string => grouped(priceText(market, ticks));
  if (lastTicks === undefined) {
    return wrong("Nothing has traded yet: it cannot be told from where the price would come.");
  }
  if (kind === "oco") {
    const isUp = side === "BUY";
    if (isUp ? triggerTicks > lastTicks : triggerTicks < lastTicks) return isUp;
    const place = isUp ? "To buy, the stop is above" : "To sell, the stop is below";
    return wrong(`${place} the last price, ${shown(lastTicks)}.`);
  }
  if (triggerTicks === lastTicks) {
    return wrong(`The last price is ${shown(lastTicks)}: choose a trigger above or below it.`);
  }
  const isUp = triggerTicks > lastTicks;
  // What was meant to stop a loss would wait for a profit now: nobody is to send that unawares.
  if (typedTicks !== undefined && isUp !== triggerTicks > typedTicks) {
    return wrong(`The price has passed ${shown(triggerTicks)} since you chose it: choose again.`);
  }
  return isUp;
}

/**
 * About what a stop would trade at: its limit, or the price that it waits for.
 *
 * Returns  undefined for one that follows a price which is not known. Units: ticks.
 */
export function estimatedTicks(
  side: SideWord,
  stop: StopTerms,
  lastTicks: number | undefined,
): number | undefined {
  const { limitTicks, triggerTicks, trailBasisPoints } = stop;
  if (limitTicks !== 0) return limitTicks;
  const from = triggerTicks === 0 ? lastTicks : triggerTicks;
  if (from === undefined) return undefined;
  const distance = Math.ceil((from * trailBasisPoints) / 10_000);
  return side === "BUY" ? from + distance : from - distance;
}
