import { formatShort, parseDecimal } from "@rialto/protocol";
import { grouped } from "../market/amount-text.ts";
import { type Market, notionalOf, priceText, quantityText } from "../market/market.ts";

/** Where something is typed into the ticket. */
export const FIELD_NAMES = [
  "price",
  "trigger",
  "trail",
  "limitPrice",
  "quantity",
  "shown",
] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

export interface InputProblem {
  readonly field: FieldName;
  readonly text: string;
}

/** What the fields are called in sentences. */
export const FIELD_WORDS: Readonly<Record<FieldName, string>> = {
  price: "price",
  trigger: "trigger price",
  trail: "distance",
  limitPrice: "limit price",
  quantity: "amount",
  shown: "shown amount",
};

/** Decimals of the API, in which steps are counted. */
const TEXT_DECIMALS = 8;

/** Reads a price in ticks. Returns what is wrong with it if something is, undefined if it is empty. */
export function readPrice(
  market: Market,
  text: string,
  field: "price" | "trigger" | "limitPrice" = "price",
): number | InputProblem | undefined {
  const { tickUnits, priceMinTicks, priceMaxTicks } = market.rules;
  const ticks = readBounded(field, text, {
    stepUnits: tickUnits,
    step: priceText(market, 1),
    min: BigInt(priceMinTicks),
    max: BigInt(priceMaxTicks),
    textOf: (value) => priceText(market, Number(value)),
  });
  return typeof ticks === "bigint" ? Number(ticks) : ticks;
}

/** Reads an amount in lots, as `readPrice` does a price. */
export function readQuantity(market: Market, text: string): bigint | InputProblem | undefined {
  const { lotUnits, lotsMin, lotsMax } = market.rules;
  return readBounded("quantity", text, {
    stepUnits: lotUnits,
    step: quantityText(market, 1n),
    min: lotsMin,
    max: lotsMax,
    textOf: (value) => quantityText(market, value),
  });
}

/** Reads in lots how much an iceberg of `lots` shows at a time, as `readPrice` does a price. */
export function readShown(
  market: Market,
  text: string,
  lots: bigint,
): bigint | InputProblem | undefined {
  const { lotUnits, icebergPartsMax } = market.rules;
  const textOf = (value: bigint): string => quantityText(market, value);
  const parts = BigInt(icebergPartsMax);
  const min = (lots + parts - 1n) / parts;
  const shownLots = readBounded("shown", text, {
    stepUnits: lotUnits,
    step: textOf(1n),
    min: 1n,
    max: market.rules.lotsMax,
    textOf,
  });
  if (typeof shownLots !== "bigint") return shownLots;
  const wrong = (problem: string): InputProblem => {
    return { field: "shown", text: `The shown amount must be ${problem}` };
  };
  if (shownLots >= lots) return wrong(`less than the whole, ${textOf(lots)}.`);
  if (shownLots >= min) return shownLots;
  return wrong(`at least ${textOf(min)}: an iceberg comes in ${parts} parts at most.`);
}

/** Units of 10^-8 in a hundredth of a percent. */
const BASIS_POINT_UNITS = 1_000_000n;

/** Reads a distance in percent as basis points, of which there may be `max`; else as `readPrice` does a price. */
export function readPercent(text: string, max: number): number | InputProblem | undefined {
  const basisPoints = readBounded("trail", text, {
    stepUnits: BASIS_POINT_UNITS,
    step: "0.01 %",
    min: 1n,
    max: BigInt(max),
    textOf: (value) => `${Number(value) / 100} %`,
  });
  return typeof basisPoints === "bigint" ? Number(basisPoints) : basisPoints;
}

interface Bounds {
  readonly stepUnits: bigint;
  readonly step: string;
  readonly min: bigint;
  readonly max: bigint;
  readonly textOf: (steps: bigint) => string;
}

function readBounded(
  field: FieldName,
  text: string,
  { stepUnits, step, min, max, textOf }: Bounds,
): bigint | InputProblem | undefined {
  const word = FIELD_WORDS[field];
  const wrong = (problem: string): InputProblem => ({ field, text: `The ${word} ${problem}` });
  const steps = readSteps(text, stepUnits);
  if (steps === undefined) return undefined;
  if (steps === "COMMA") return wrong(commaProblem(text.trim()));
  if (steps === "NOT_A_NUMBER") return wrong("is not a number.");
  if (steps === "OFF_STEP") return wrong(`must be a multiple of ${step}.`);
  if (steps < min) return wrong(`must be at least ${textOf(min)}.`);
  return steps > max ? wrong(`must be at most ${textOf(max)}.`) : steps;
}

/** Thousands set apart, as this page writes them, and beyond doubt: a point follows, or another comma. */
const GROUPED = /^[1-9]\d{0,2}((,\d{3})+\.\d*|(,\d{3}){2,})$/;
/** A comma that begins decimals, and could be no other. */
const DECIMAL_COMMA = /^(?![1-9]\d{0,2},\d{3}$)\d*,\d*$/;
/** A comma that sets thousands apart, or begins three decimals. */
const EITHER_COMMA = /^(\d+),(\d{3})$/;

function commaProblem(typed: string): string {
  const [, whole, three] = EITHER_COMMA.exec(typed) ?? [];
  if (whole === undefined) {
    return "has commas that make no number: write a point before decimals, and no comma.";
  }
  const ways = `${whole}${three}, or ${whole}.${three} (also as ${whole},${three}0)`;
  return `has a comma that can be read in two ways: write ${ways}.`;
}

/** What was typed with a point before its decimals, and no comma; undefined where it is not clear what a comma means. */
function withoutCommas(typed: string): string | undefined {
  if (DECIMAL_COMMA.test(typed)) return typed.replace(",", ".");
  if (typed.includes(",") && !GROUPED.test(typed)) return undefined;
  return typed.replaceAll(",", "");
}

/** Reads a decimal in steps. In half of the world a comma begins the decimals, and phones have no other key for that. */
function readSteps(
  text: string,
  stepUnits: bigint,
): bigint | "NOT_A_NUMBER" | "OFF_STEP" | "COMMA" | undefined {
  const typed = text.trim();
  if (typed === "") return undefined;
  const plain = withoutCommas(typed);
  if (plain === undefined) return "COMMA";
  const units = parseDecimal(plain, TEXT_DECIMALS);
  if (units === "TOO_PRECISE") return "OFF_STEP";
  if (typeof units !== "bigint") return "NOT_A_NUMBER";
  return units % stepUnits === 0n ? units / stepUnits : "OFF_STEP";
}

/** What is wrong with the worth of an order at a price. */
export function checkNotional(
  market: Market,
  priceTicks: number,
  lots: bigint,
): InputProblem | undefined {
  const { notionalMinQuanta, notionalMaxQuanta } = market.rules;
  const notional = notionalOf(market, priceTicks, lots);
  const isSmall = notional < notionalMinQuanta;
  if (!isSmall && notional <= notionalMaxQuanta) return undefined;
  const word = isSmall ? "least" : "most";
  const boundQuanta = isSmall ? notionalMinQuanta : notionalMaxQuanta;
  const bound = grouped(formatShort(boundQuanta, market.quoteDecimals));
  return {
    field: "quantity",
    text: `The order must be worth at ${word} ${bound} ${market.quote}.`,
  };
}
