import { U64_MAX } from "@rialto/base";
import { formatShort, isClientOrderText, parseDecimal } from "@rialto/protocol";
import type { AssetSpec, MarketCatalog, MarketSpec } from "../markets/market-catalog.ts";
import { findInterval, type IntervalIndex } from "../read-model/intervals.ts";
import { ApiError, apiError, type ApiErrorName } from "./api-error.ts";

// How the parameters of an operation are declared and read. They arrive as text: the values of a form, or
// the tokens of a JSON request as they were written.

/** Parameters as they were sent. */
export type SentParams = ReadonlyMap<string, string>;

/** One parameter: how it is read, and how the documentation describes it. */
export interface Param<T> {
  readonly isRequired: boolean;
  readonly description: string;
  readonly parse: (text: string, name: string, catalog: MarketCatalog) => T | ApiError;
}

export interface RequiredParam<T> extends Param<T> {
  readonly isRequired: true;
}

export type ParamSpecs = Readonly<Record<string, Param<unknown>>>;

export type ParamValues<Specs extends ParamSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends RequiredParam<infer T>
    ? T
    : Specs[Name] extends Param<infer T>
      ? T | undefined
      : never;
};

/** Parameters that any request may carry, for they belong to how it is signed and answered. */
const ENVELOPE: ReadonlySet<string> = new Set([
  "apiKey",
  "recvWindow",
  "returnRateLimits",
  "signature",
  "timestamp",
]);

export function required<T>(param: Param<T>): RequiredParam<T> {
  return { ...param, isRequired: true };
}

/**
 * Reads the parameters that were sent by their declarations.
 *
 * Returns  the values, undefined for what was not sent, or the first thing that is wrong.
 */
export function readParams<Specs extends ParamSpecs>(
  specs: Specs,
  sent: SentParams,
  catalog: MarketCatalog,
): ParamValues<Specs> | ApiError {
  const values: Record<string, unknown> = {};
  let readCount = 0;
  for (const [name, param] of Object.entries(specs)) {
    const text = sent.get(name);
    if (text === undefined) {
      if (param.isRequired) return apiError("MANDATORY_PARAMETER", name);
      continue;
    }
    if (text === "") return apiError("EMPTY_PARAMETER", name);
    const value = param.parse(text, name, catalog);
    if (value instanceof ApiError) return value;
    values[name] = value;
    readCount += 1;
  }
  for (const name of sent.keys()) if (ENVELOPE.has(name) && !(name in specs)) readCount += 1;
  if (readCount < sent.size) return apiError("UNREAD_PARAMETER", readCount, sent.size);
  return values as ParamValues<Specs>;
}

function declare<T>(description: string, parse: Param<T>["parse"]): Param<T> {
  return { isRequired: false, description, parse };
}

const SYMBOL = /^[A-Z0-9\-_.]{1,20}$/;
const SYMBOL_RANGE = "^[A-Z0-9-_.]{1,20}$";
const SYMBOLS_MAX = 1_000;

export const symbolParam: Param<MarketSpec> = declare(
  "symbol of a market",
  (text, name, catalog) => {
    if (!SYMBOL.test(text)) return apiError("ILLEGAL_CHARACTERS", name, SYMBOL_RANGE);
    return catalog.findMarket(text) ?? apiError("INVALID_SYMBOL");
  },
);

export const symbolsParam: Param<readonly MarketSpec[]> = declare(
  'JSON array of symbols: ["BTCUSD","ETHUSD"]',
  (text, name, catalog) => {
    const symbols = parseTextArray(text);
    if (symbols === undefined || symbols.length === 0 || symbols.length > SYMBOLS_MAX) {
      return apiError("INVALID_DATA", name);
    }
    const markets: MarketSpec[] = [];
    for (const symbol of symbols) {
      const market = catalog.findMarket(symbol);
      if (market === undefined) return apiError("INVALID_SYMBOL");
      markets.push(market);
    }
    if (new Set(symbols).size < symbols.length) return apiError("DUPLICATE_PARAMETER");
    return markets;
  },
);

/** A JSON array of texts, or undefined. */
function parseTextArray(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isTexts = Array.isArray(value) && value.every((each) => typeof each === "string");
    return isTexts ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const assetParam: Param<AssetSpec> = declare("symbol of an asset", (text, name, catalog) => {
  return catalog.findAsset(text) ?? apiError("INVALID_DATA", name);
});

/** A symbol that an asset may have. */
export const newAssetParam: Param<string> = declare("1..20 of A-Z0-9", (text, name) =>
  /^[A-Z0-9]{1,20}$/.test(text) ? text : apiError("ILLEGAL_CHARACTERS", name, "^[A-Z0-9]{1,20}$"),
);

/** A decimal that is read once its market is known. */
export const decimalParam: Param<string> = declare("decimal", (text) => text);

/** Of a fraction in parts in a million. */
const RATE_DECIMALS = 6;
const RATE_RANGE = "^-?([0-9]{1,20})(\\.[0-9]{1,20})?$";

/** A fraction as the parts in a million that it is, in [minPpm, maxPpm]: 0.001 is 1,000. */
export function rateParam(minPpm: number, maxPpm: number): Param<number> {
  const [min, max] = [minPpm, maxPpm].map((ppm) => formatShort(BigInt(ppm), RATE_DECIMALS));
  return declare(`decimal ${min} to ${max}`, (text, name) => {
    const isNegative = text.startsWith("-");
    const digits = isNegative ? text.slice(1) : text;
    const ppm = /^[0-9.]/.test(digits) ? parseDecimal(digits, RATE_DECIMALS) : "NOT_A_NUMBER";
    if (ppm === "TOO_PRECISE") return apiError("TOO_PRECISE", name);
    if (typeof ppm !== "bigint") return apiError("ILLEGAL_CHARACTERS", name, RATE_RANGE);
    const value = isNegative ? -ppm : ppm;
    return value < minPpm || value > maxPpm ? apiError("INVALID_DATA", name) : Number(value);
  });
}

const INTEGER = /^[0-9]{1,20}$/;

/** An integer in [min, max]; above the largest it is taken as that where `isClamped`. */
export function integerParam(min: number, max: number, isClamped = false): Param<number> {
  const range = isClamped ? `from ${min}; more than ${max} is ${max}` : `${min} to ${max}`;
  return declare(`integer ${max === Number.MAX_SAFE_INTEGER ? "" : range}`.trim(), (text, name) => {
    if (!INTEGER.test(text)) return apiError("ILLEGAL_CHARACTERS", name, "^[0-9]{1,20}$");
    const value = Number(text);
    if (value > max && isClamped) return max;
    return value < min || value > max ? apiError("INVALID_DATA", name) : value;
  });
}

export const idParam: Param<number> = integerParam(0, Number.MAX_SAFE_INTEGER);

export const u64Param: Param<bigint> = declare("integer up to 2^64 - 1", (text, name) => {
  if (!INTEGER.test(text)) return apiError("ILLEGAL_CHARACTERS", name, "^[0-9]{1,20}$");
  const value = BigInt(text);
  return value > U64_MAX ? apiError("INVALID_DATA", name) : value;
});

/** From here on a time is in microseconds. */
const MICROSECONDS_MIN = 1e15;

/** A time in milliseconds; microseconds are understood too. */
export const timeParam: Param<number> = declare("time in ms, or µs", (text, name) => {
  if (!INTEGER.test(text)) return apiError("ILLEGAL_CHARACTERS", name, "^[0-9]{1,20}$");
  const value = Number(text);
  const timeMs = value >= MICROSECONDS_MIN ? Math.floor(value / 1_000) : value;
  // The last day that a date can have.
  return timeMs > 8.64e15 ? apiError("INVALID_DATA", name) : timeMs;
});

export const booleanParam: Param<boolean> = declare("true or false", (text, name) => {
  if (text === "true" || text === "false") return text === "true";
  return apiError("ILLEGAL_CHARACTERS", name, "^(true|false)$");
});

export const clientOrderIdParam: Param<string> = declare("1..36 of a-zA-Z0-9-_.:/", (text, name) =>
  isClientOrderText(text) ? text : apiError("ILLEGAL_CHARACTERS", name, "^[a-zA-Z0-9-_.:/]{1,36}$"),
);

export const intervalParam: Param<IntervalIndex> = declare(
  "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M",
  (text) => findInterval(text) ?? apiError("INVALID_INTERVAL"),
);

/** One of a few words. */
export function choiceParam<const Choices extends readonly string[]>(
  choices: Choices,
  error: ApiErrorName = "INVALID_DATA",
): Param<Choices[number]> {
  return declare(choices.join(" "), (text, name) =>
    choices.includes(text) ? (text as Choices[number]) : apiError(error, name),
  );
}

/** The one zone in which days begin here. */
export const timeZoneParam: Param<string> = choiceParam(["0", "00:00", "+00:00"]);

export const sideParam: Param<"BUY" | "SELL"> = choiceParam(["BUY", "SELL"], "INVALID_SIDE");

export const EVERYBODY = "everybody";

/** The number of an account; all accounts only by a word, so that a number that was left out does not mean them. */
export const accountsParam: Param<bigint | typeof EVERYBODY> = declare(
  `number of an account, or ${EVERYBODY}`,
  (text, name, catalog) => {
    if (text === EVERYBODY) return EVERYBODY;
    return INTEGER.test(text)
      ? u64Param.parse(text, name, catalog)
      : apiError("INVALID_DATA", name);
  },
);

/** Text of at most `lengthMax` characters. */
export function textParam(description: string, lengthMax: number): Param<string> {
  return declare(description, (text, name) =>
    text.length <= lengthMax ? text : apiError("INVALID_DATA", name),
  );
}
