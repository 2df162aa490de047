import { formatDecimal, parseDecimal, rescale } from "@rialto/protocol";
import { fail } from "@rialto/base";

/** Decimals of the prices and quantities of the API. */
const TEXT_DECIMALS = 8;

/** What a market allows, in the integers that the exchange itself counts in. */
export interface MarketRules {
  readonly tickUnits: bigint;
  readonly lotUnits: bigint;
  readonly priceMinTicks: number;
  readonly priceMaxTicks: number;
  readonly lotsMin: bigint;
  readonly lotsMax: bigint;
  readonly notionalMinQuanta: bigint;
  readonly notionalMaxQuanta: bigint;
  /** Parts that an iceberg may come in. */
  readonly icebergPartsMax: number;
}

/** One market as the terminal counts and writes it. */
export interface Market {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  /** Decimals of the amounts of each asset: an amount is an integer of so many decimals, called quanta here. */
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  /** Decimals that prices and quantities need. */
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** Units of 10^-8 in a tick and in a lot, and the bounds of an order. */
  readonly rules: MarketRules;
}

type Filter = Readonly<Record<string, string>> & { readonly filterType: string };

interface SymbolInfo {
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly baseAssetPrecision: number;
  readonly quoteAssetPrecision: number;
  readonly filters: readonly Filter[];
}

/** Reads the markets from the answer of exchangeInfo. */
export function marketsOf(exchangeInfo: unknown): readonly Market[] {
  const { symbols } = exchangeInfo as { readonly symbols: readonly SymbolInfo[] };
  return symbols.map(marketOf);
}

function marketOf(info: SymbolInfo): Market {
  const find = (type: string): Filter =>
    info.filters.find(({ filterType }) => filterType === type) ?? fail(`a market has a ${type}`);
  const [price, lots, notional] = [find("PRICE_FILTER"), find("LOT_SIZE"), find("NOTIONAL")];
  const tickUnits = unitsOf(price["tickSize"]!);
  const lotUnits = unitsOf(lots["stepSize"]!);
  const quoteDecimals = info.quoteAssetPrecision;
  return {
    symbol: info.symbol,
    base: info.baseAsset,
    quote: info.quoteAsset,
    baseDecimals: info.baseAssetPrecision,
    quoteDecimals,
    priceDecimals: decimalsOf(tickUnits),
    quantityDecimals: decimalsOf(lotUnits),
    rules: {
      tickUnits,
      lotUnits,
      priceMinTicks: Number(unitsOf(price["minPrice"]!) / tickUnits),
      priceMaxTicks: Number(unitsOf(price["maxPrice"]!) / tickUnits),
      lotsMin: unitsOf(lots["minQty"]!) / lotUnits,
      lotsMax: unitsOf(lots["maxQty"]!) / lotUnits,
      notionalMinQuanta: amountOf(notional["minNotional"]!, quoteDecimals),
      notionalMaxQuanta: amountOf(notional["maxNotional"]!, quoteDecimals),
      icebergPartsMax: Number(find("ICEBERG_PARTS")["limit"]),
    },
  };
}

/** True where nothing of the one is otherwise in the other, its rules included. */
export function isSameMarket(left: Market, right: Market): boolean {
  return isSameListing(left, right) && isEqual(left.rules, right.rules);
}

/** True where both are the same for as long as they are listed, in the same steps. */
export function isSameListing(left: Market, right: Market): boolean {
  const partOf = ({ rules, ...listed }: Market): object => {
    const { tickUnits, lotUnits } = rules;
    return { ...listed, tickUnits, lotUnits };
  };
  return isEqual(partOf(left), partOf(right));
}

function isEqual<T extends object>(left: T, right: T): boolean {
  return (Object.keys(left) as (keyof T)[]).every((name) => left[name] === right[name]);
}

/** How many decimals a step of 10^-8 units needs: 0.01 needs two. */
function decimalsOf(stepUnits: bigint): number {
  const fraction = formatDecimal(stepUnits, TEXT_DECIMALS).split(".")[1]!;
  return fraction.replace(/0+$/, "").length;
}

function unitsOf(text: string): bigint {
  return amountOf(text, TEXT_DECIMALS);
}

/** An amount that the exchange wrote, as an integer of `decimals` decimals. */
export function amountOf(text: string, decimals: number): bigint {
  const value = parseDecimal(text, decimals);
  return typeof value === "bigint" ? value : fail("the exchange writes plain decimals");
}

export function ticksOf(market: Market, price: string): number {
  return Number(unitsOf(price) / market.rules.tickUnits);
}

export function lotsOf(market: Market, quantity: string): bigint {
  return unitsOf(quantity) / market.rules.lotUnits;
}

/** What `lots` cost at a price, exactly. Units: quanta of the quote. */
export function notionalOf(market: Market, priceTicks: number, lots: bigint): bigint {
  const { tickUnits, lotUnits } = market.rules;
  const units = BigInt(priceTicks) * lots * tickUnits * lotUnits;
  // Invariant: a tick times a lot is a whole number of quanta; the exchange lists no other market.
  return rescale(units, 2 * TEXT_DECIMALS, market.quoteDecimals);
}

/** Units: quanta of the base. */
export function baseAmountOf(market: Market, lots: bigint): bigint {
  return rescale(lots * market.rules.lotUnits, TEXT_DECIMALS, market.baseDecimals);
}

export function priceText(market: Market, priceTicks: number): string {
  const units = BigInt(priceTicks) * market.rules.tickUnits;
  return formatDecimal(rescale(units, TEXT_DECIMALS, market.priceDecimals), market.priceDecimals);
}

export function quantityText(market: Market, lots: bigint): string {
  const { quantityDecimals } = market;
  const units = lots * market.rules.lotUnits;
  return formatDecimal(rescale(units, TEXT_DECIMALS, quantityDecimals), quantityDecimals);
}
