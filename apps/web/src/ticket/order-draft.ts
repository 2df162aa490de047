import { formatShort, parseDecimal } from "@rialto/protocol";
import { type Market, notionalOf, priceText, quantityText } from "../market/market.ts";

export type SideWord = "BUY" | "SELL";
export type TimeInForce = "GTC" | "IOC" | "FOK";

/** What stands in the ticket, as it was typed. */
export interface TicketInputs {
  readonly side: SideWord;
  readonly kind: "limit" | "market";
  readonly price: string;
  readonly quantity: string;
  readonly timeInForce: TimeInForce;
  readonly isPostOnly: boolean;
}

/** An order that could be sent. Units: ticks (0 for a market order) and lots. */
export interface OrderDraft {
  readonly side: SideWord;
  readonly kind: "limit" | "market";
  readonly priceTicks: number;
  readonly lots: bigint;
  readonly timeInForce: TimeInForce;
  readonly isPostOnly: boolean;
}

export interface InputProblem {
  readonly field: "price" | "quantity";
  readonly text: string;
}

/**
 * Reads the ticket by the rules of its market.
 *
 * Returns  the order, or what is wrong with the first field that is; undefined for a field that is still empty.
 */
export function draftOrder(
  market: Market,
  inputs: TicketInputs,
): OrderDraft | InputProblem | undefined {
  const { side, kind, timeInForce, isPostOnly } = inputs;
  const isLimit = kind === "limit";
  const priceTicks = isLimit ? readPrice(market, inputs.price) : 0;
  if (typeof priceTicks !== "number") return priceTicks;
  const lots = readQuantity(market, inputs.quantity);
  if (typeof lots !== "bigint") return lots;
  if (isLimit) {
    const problem = checkNotional(market, priceTicks, lots);
    if (problem !== undefined) return problem;
  }
  return { side, kind, priceTicks, lots, timeInForce, isPostOnly };
}

export function isDraft(value: OrderDraft | InputProblem | undefined): value is OrderDraft {
  return value !== undefined && "lots" in value;
}

/** Decimals of the API, in which steps are counted. */
const TEXT_DECIMALS = 8;

/** Reads a price in ticks. Returns what is wrong with it if something is, undefined if it is empty. */
export function readPrice(market: Market, text: string): number | InputProblem | undefined {
  const { tickUnits, priceMinTicks, priceMaxTicks } = market.rules;
  const wrong = (problem: string): InputProblem => ({ field: "price", text: problem });
  const tick = priceText(market, 1);
  const ticks = readSteps(text, tickUnits);
  if (ticks === undefined) return undefined;
  if (ticks === "COMMA") return wrong(commaText("price"));
  if (ticks === "NOT_A_NUMBER") return wrong("The price is not a number.");
  if (ticks === "OFF_STEP") return wrong(`The price must be a multiple of ${tick}.`);
  if (ticks < BigInt(priceMinTicks)) {
    return wrong(`The price must be at least ${priceText(market, priceMinTicks)}.`);
  }
  if (ticks > BigInt(priceMaxTicks)) {
    return wrong(`The price must be at most ${priceText(market, priceMaxTicks)}.`);
  }
  return Number(ticks);
}

function readQuantity(market: Market, text: string): bigint | InputProblem | undefined {
  const { lotUnits, lotsMin, lotsMax } = market.rules;
  const wrong = (problem: string): InputProblem => ({ field: "quantity", text: problem });
  const lots = readSteps(text, lotUnits);
  if (lots === undefined) return undefined;
  if (lots === "COMMA") return wrong(commaText("amount"));
  if (lots === "NOT_A_NUMBER") return wrong("The amount is not a number.");
  if (lots === "OFF_STEP") {
    return wrong(`The amount must be a multiple of ${quantityText(market, 1n)}.`);
  }
  if (lots < lotsMin) return wrong(`The amount must be at least ${quantityText(market, lotsMin)}.`);
  if (lots > lotsMax) return wrong(`The amount must be at most ${quantityText(market, lotsMax)}.`);
  return lots;
}

function commaText(what: string): string {
  return `The ${what} has a comma that can be read in two ways: write a point before decimals, and no comma.`;
}

/** Thousands set apart, as this page writes them, and beyond doubt: a point follows, or another comma. */
const GROUPED = /^[1-9]\d{0,2}((,\d{3})+\.\d*|(,\d{3}){2,})$/;

/** Reads a decimal in steps. In half of the world a comma begins the decimals: "0,5" must not become 5. */
function readSteps(
  text: string,
  stepUnits: bigint,
): bigint | "NOT_A_NUMBER" | "OFF_STEP" | "COMMA" | undefined {
  const typed = text.trim();
  if (typed === "") return undefined;
  if (typed.includes(",") && !GROUPED.test(typed)) return "COMMA";
  const plain = typed.replaceAll(",", "");
  const units = parseDecimal(plain, TEXT_DECIMALS);
  if (units === "TOO_PRECISE") return "OFF_STEP";
  if (typeof units !== "bigint") return "NOT_A_NUMBER";
  return units % stepUnits === 0n ? units / stepUnits : "OFF_STEP";
}

function checkNotional(market: Market, priceTicks: number, lots: bigint): InputProblem | undefined {
  const { notionalMinQuanta, notionalMaxQuanta } = market.rules;
  const notional = notionalOf(market, priceTicks, lots);
  const isSmall = notional < notionalMinQuanta;
  if (!isSmall && notional <= notionalMaxQuanta) return undefined;
  const word = isSmall ? "least" : "most";
  const boundQuanta = isSmall ? notionalMinQuanta : notionalMaxQuanta;
  const bound = formatShort(boundQuanta, market.quoteDecimals);
  return {
    field: "quantity",
    text: `The order must be worth at ${word} ${bound} ${market.quote}.`,
  };
}

/** The parameters of the API's order.place. */
export function orderParameters(market: Market, draft: OrderDraft): Record<string, string> {
  const { side, kind, priceTicks, lots, timeInForce, isPostOnly } = draft;
  const common = {
    symbol: market.symbol,
    side,
    quantity: quantityText(market, lots),
    newOrderRespType: "FULL",
  };
  if (kind === "market") return { ...common, type: "MARKET" };
  const price = priceText(market, priceTicks);
  if (isPostOnly) return { ...common, type: "LIMIT_MAKER", price };
  return { ...common, type: "LIMIT", price, timeInForce };
}
