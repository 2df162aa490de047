import { formatShort } from "@rialto/protocol";
import { grouped } from "../market/amount-text.ts";
import { baseAmountOf, type Market, notionalOf, priceText } from "../market/market.ts";
import {
  checkNotional,
  type FieldName,
  type InputProblem,
  readPrice,
  readQuantity,
  readShown,
} from "./field-reader.ts";
import { estimatedTicks, readStop, type StopTerms, trails } from "./stop-terms.ts";

export type SideWord = "BUY" | "SELL";
export type TimeInForce = "GTC" | "IOC" | "FOK";
export type OrderKind = "limit" | "market" | "stop" | "oco";

/** What stands in the ticket, as it was typed. */
export interface TicketInputs {
  readonly side: SideWord;
  readonly kind: OrderKind;
  /** Of a limit order, and of the order of a pair that rests. */
  readonly price: string;
  readonly quantity: string;
  readonly timeInForce: TimeInForce;
  readonly isPostOnly: boolean;
  readonly isIceberg: boolean;
  /** How much of an iceberg is shown at a time. */
  readonly shown: string;
  /** The price that a stop waits for. */
  readonly trigger: string;
  readonly hasTrail: boolean;
  /** How far it follows the price, in percent. */
  readonly trail: string;
  readonly hasLimit: boolean;
  /** The limit of a stop. */
  readonly limitPrice: string;
}

/** What the page knows while the ticket is filled in. */
export interface Situation {
  /** The price of the last trade in ticks; undefined while none is known. */
  readonly lastTicks: number | undefined;
  /** The same when the trigger was typed. */
  readonly typedTicks: number | undefined;
  /** The best price of the side that the order would meet, in ticks; undefined if nobody is there. */
  readonly oppositeTicks: number | undefined;
  /** What the account has available of what the side pays, in quanta; undefined while that is not known. */
  readonly availableQuanta: bigint | undefined;
}

/** An order that comes to the market at once. Units: ticks (0 for a market order) and lots. */
export interface PlainDraft {
  readonly kind: "limit" | "market";
  readonly side: SideWord;
  readonly priceTicks: number;
  readonly lots: bigint;
  readonly timeInForce: TimeInForce;
  readonly isPostOnly: boolean;
  /** What an iceberg shows at a time; 0 for an order that shows all of itself. */
  readonly shownLots: bigint;
}

/** An order that waits for a price. */
export interface StopDraft {
  readonly kind: "stop";
  readonly side: SideWord;
  readonly lots: bigint;
  readonly stop: StopTerms;
}

/** A pair: one order rests at `priceTicks`, the other waits; what comes first ends the other. */
export interface PairDraft {
  readonly kind: "oco";
  readonly side: SideWord;
  readonly lots: bigint;
  readonly priceTicks: number;
  readonly stop: StopTerms;
}

/** An order that could be sent. */
export type OrderDraft = PlainDraft | StopDraft | PairDraft;

/** The fields that count for an order of its kind, from the top of the ticket. */
export function fieldsOf(inputs: TicketInputs): readonly FieldName[] {
  const { kind, hasLimit } = inputs;
  if (kind === "limit")
    return ["price", "quantity", ...(hides(inputs) ? (["shown"] as const) : [])];
  if (kind === "market") return ["quantity"];
  return [
    ...(kind === "oco" ? (["price"] as const) : []),
    "trigger",
    ...(trails(inputs) ? (["trail"] as const) : []),
    ...(hasLimit ? (["limitPrice"] as const) : []),
    "quantity",
  ];
}

/** True where an order may rest, and has something to hide if that is wished. */
export function mayHide({ kind, timeInForce, isPostOnly }: TicketInputs): boolean {
  return kind === "limit" && (isPostOnly || timeInForce === "GTC");
}

function hides(inputs: TicketInputs): boolean {
  return inputs.isIceberg && mayHide(inputs);
}

/** The first field that is empty and may not be; undefined if all is there. */
export function missingField(inputs: TicketInputs): FieldName | undefined {
  return fieldsOf(inputs).find((field) => {
    const isNeeded = field !== "trigger" || !trails(inputs);
    return isNeeded && inputs[field].trim() === "";
  });
}

/**
 * Reads the ticket by the rules of its market.
 *
 * Returns  the order, or what is wrong with the first field that is; undefined for a field that is still empty.
 */
export function draftOrder(
  market: Market,
  inputs: TicketInputs,
  situation: Situation,
): OrderDraft | InputProblem | undefined {
  switch (inputs.kind) {
    case "limit":
    case "market":
      return draftPlain(market, inputs, inputs.kind);
    case "stop":
      return draftStop(market, inputs, situation);
    case "oco":
      return draftPair(market, inputs, situation);
  }
}

export function isDraft(value: OrderDraft | InputProblem | undefined): value is OrderDraft {
  return value !== undefined && "lots" in value;
}

function draftPlain(
  market: Market,
  inputs: TicketInputs,
  kind: "limit" | "market",
): PlainDraft | InputProblem | undefined {
  const { side, timeInForce, isPostOnly } = inputs;
  const isLimit = kind === "limit";
  const priceTicks = isLimit ? readPrice(market, inputs.price) : 0;
  if (typeof priceTicks !== "number") return priceTicks;
  const lots = readQuantity(market, inputs.quantity);
  if (typeof lots !== "bigint") return lots;
  const problem = isLimit ? checkNotional(market, priceTicks, lots) : undefined;
  if (problem !== undefined) return problem;
  const shownLots = hides(inputs) ? readShown(market, inputs.shown, lots) : 0n;
  if (typeof shownLots !== "bigint") return shownLots;
  return { kind, side, priceTicks, lots, timeInForce, isPostOnly, shownLots };
}

function draftStop(
  market: Market,
  inputs: TicketInputs,
  situation: Situation,
): StopDraft | InputProblem | undefined {
  const { side } = inputs;
  const stop = readStop(market, inputs, situation);
  if (stop === undefined || "field" in stop) return stop;
  const lots = readQuantity(market, inputs.quantity);
  if (typeof lots !== "bigint") return lots;
  const problem = checkStopWorth(market, side, stop, lots, situation);
  return problem ?? { kind: "stop", side, lots, stop };
}

/** One that is worth too little would be accepted now, and end when its price has come. */
function checkStopWorth(
  market: Market,
  side: SideWord,
  stop: StopTerms,
  lots: bigint,
  { lastTicks }: Situation,
): InputProblem | undefined {
  const ticks = estimatedTicks(side, stop, lastTicks);
  return ticks === undefined ? undefined : checkNotional(market, ticks, lots);
}

function draftPair(
  market: Market,
  inputs: TicketInputs,
  situation: Situation,
): PairDraft | InputProblem | undefined {
  const { side } = inputs;
  const priceTicks = readPrice(market, inputs.price);
  if (typeof priceTicks !== "number") return priceTicks;
  const restProblem = checkRests(market, side, priceTicks, situation);
  if (restProblem !== undefined) return restProblem;
  const stop = readStop(market, inputs, situation);
  if (stop === undefined || "field" in stop) return stop;
  const orderProblem = checkApart(side, priceTicks, stop);
  if (orderProblem !== undefined) return orderProblem;
  const lots = readQuantity(market, inputs.quantity);
  if (typeof lots !== "bigint") return lots;
  const problem =
    checkNotional(market, priceTicks, lots) ??
    checkStopWorth(market, side, stop, lots, situation) ??
    checkCovered(market, { side, priceTicks, lots }, situation);
  return problem ?? { kind: "oco", side, lots, priceTicks, stop };
}

/** The order that takes the profit is refused if it would trade at once. */
function checkRests(
  market: Market,
  side: SideWord,
  priceTicks: number,
  { oppositeTicks }: Situation,
): InputProblem | undefined {
  if (oppositeTicks === undefined) return undefined;
  if (side === "BUY" ? priceTicks < oppositeTicks : priceTicks > oppositeTicks) return undefined;
  const best = grouped(priceText(market, oppositeTicks));
  const place = side === "BUY" ? `below the best offer, ${best}` : `above the best bid, ${best}`;
  return { field: "price", text: `This would trade at once: the price must be ${place}.` };
}

/** Between the last price and an empty side of the book both could stand where the other has to. */
function checkApart(
  side: SideWord,
  priceTicks: number,
  { triggerTicks }: StopTerms,
): InputProblem | undefined {
  if (side === "BUY" ? priceTicks < triggerTicks : priceTicks > triggerTicks) return undefined;
  const place = side === "BUY" ? "To buy, the price is below" : "To sell, the price is above";
  return { field: "price", text: `${place} the stop's trigger.` };
}

function checkCovered(
  market: Market,
  { side, priceTicks, lots }: { side: SideWord; priceTicks: number; lots: bigint },
  { availableQuanta }: Situation,
): InputProblem | undefined {
  const isBuy = side === "BUY";
  const needed = isBuy ? notionalOf(market, priceTicks, lots) : baseAmountOf(market, lots);
  if (availableQuanta === undefined || needed <= availableQuanta) return undefined;
  const [asset, decimals] = isBuy
    ? [market.quote, market.quoteDecimals]
    : [market.base, market.baseDecimals];
  const text = (quanta: bigint): string => grouped(formatShort(quanta, decimals));
  return {
    field: "quantity",
    text: `This needs ${text(needed)} ${asset}, and ${text(availableQuanta)} are available.`,
  };
}
