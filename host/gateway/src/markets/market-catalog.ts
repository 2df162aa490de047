import { Fault } from "@rialto/base";
import {
  type AssetIndex,
  CommandKind,
  formatDecimal,
  genesisCommands,
  type MarketConfig,
  type MarketIndex,
  type MarketTerms,
  type NetworkConfig,
  parseDecimal,
  TEXT_DECIMALS,
} from "@rialto/protocol";

/** An asset as the API names it. */
export interface AssetSpec {
  readonly index: AssetIndex;
  readonly symbol: string;
  readonly decimals: number;
}

/** What is wrong with an amount that a client wrote. */
export type AmountProblem = "NOT_A_NUMBER" | "NEGATIVE" | "TOO_PRECISE" | "OFF_STEP" | "TOO_LARGE";

const UNITS = 10n ** BigInt(TEXT_DECIMALS);
const UNITS_NUMBER = 1e8;
const TICKS_MAX = 2 ** 32 - 1;
const LOTS_MAX: bigint = (1n << 62n) - 1n;

/** Amounts as text with eight decimals, or more where the asset has more. */
export function assetText(asset: AssetSpec, quanta: bigint): string {
  const missing = TEXT_DECIMALS - asset.decimals;
  if (missing <= 0) return formatDecimal(quanta, asset.decimals);
  const units = quanta * 10n ** BigInt(missing);
  const number = Number(units);
  return Number.isSafeInteger(number) && number >= 0
    ? unitsText(number)
    : formatDecimal(units, TEXT_DECIMALS);
}

/** Reads an amount of an asset in quanta. */
export function parseAsset(asset: AssetSpec, text: string): bigint | AmountProblem {
  const quanta = readDecimal(text, asset.decimals);
  return typeof quanta === "bigint" && quanta > LOTS_MAX ? "TOO_LARGE" : quanta;
}

/** A number of 10^-8 as text. Units: a safe integer, not negative. */
function unitsText(units: number): string {
  const whole = Math.floor(units / UNITS_NUMBER);
  return `${whole}.${String(units - whole * UNITS_NUMBER).padStart(TEXT_DECIMALS, "0")}`;
}

/** A market as the API names and counts it: text on one side, ticks and lots on the other. */
export class MarketSpec {
  readonly index: MarketIndex;
  readonly symbol: string;
  /** As streams name it. */
  readonly streamSymbol: string;
  readonly base: AssetSpec;
  readonly quote: AssetSpec;
  readonly terms: MarketTerms;
  /** Of 10^-8. */
  readonly #tickUnits: bigint;
  readonly #lotUnits: bigint;
  readonly #tickUnitsNumber: number;
  readonly #lotUnitsNumber: number;

  constructor(
    index: MarketIndex,
    config: MarketConfig,
    base: AssetSpec,
    quote: AssetSpec,
    terms: MarketTerms,
  ) {
    this.index = index;
    this.symbol = config.symbol;
    this.streamSymbol = config.symbol.toLowerCase();
    this.base = base;
    this.quote = quote;
    this.terms = terms;
    // The network's configuration has been checked: these are numbers.
    this.#tickUnits = parseDecimal(config.tickSize, TEXT_DECIMALS) as bigint;
    this.#lotUnits = parseDecimal(config.lotSize, TEXT_DECIMALS) as bigint;
    this.#tickUnitsNumber = Number(this.#tickUnits);
    this.#lotUnitsNumber = Number(this.#lotUnits);
  }

  priceText(ticks: number): string {
    const units = ticks * this.#tickUnitsNumber;
    return Number.isSafeInteger(units)
      ? unitsText(units)
      : formatDecimal(BigInt(ticks) * this.#tickUnits, TEXT_DECIMALS);
  }

  quantityText(lots: number | bigint): string {
    const units = Number(lots) * this.#lotUnitsNumber;
    return Number.isSafeInteger(units) && Number.isSafeInteger(Number(lots))
      ? unitsText(units)
      : formatDecimal(BigInt(lots) * this.#lotUnits, TEXT_DECIMALS);
  }

  quoteText(quanta: bigint): string {
    return assetText(this.quote, quanta);
  }

  parsePrice(text: string): number | AmountProblem {
    const ticks = parseSteps(text, this.#tickUnits);
    if (typeof ticks !== "bigint") return ticks;
    return ticks > TICKS_MAX ? "TOO_LARGE" : Number(ticks);
  }

  parseQuantity(text: string): bigint | AmountProblem {
    const lots = parseSteps(text, this.#lotUnits);
    return typeof lots === "bigint" && lots > LOTS_MAX ? "TOO_LARGE" : lots;
  }

  /** What was paid on average for `lots` that cost `quanta`, rounded down to eight decimals. */
  averagePriceText(quanta: bigint, lots: bigint): string {
    const scale = UNITS * UNITS;
    const units = (quanta * scale) / (10n ** BigInt(this.quote.decimals) * lots * this.#lotUnits);
    return formatDecimal(units, TEXT_DECIMALS);
  }

  /** A difference of prices, with its sign. */
  priceDifferenceText(ticks: number): string {
    return formatDecimal(BigInt(ticks) * this.#tickUnits, TEXT_DECIMALS);
  }
}

/** Numbers of clients have no sign. */
function readDecimal(text: string, decimals: number): bigint | AmountProblem {
  if (text.startsWith("+")) return "NOT_A_NUMBER";
  const value = parseDecimal(text, decimals);
  return value === "TOO_LONG" ? "NOT_A_NUMBER" : value;
}

function parseSteps(text: string, stepUnits: bigint): bigint | AmountProblem {
  const units = readDecimal(text, TEXT_DECIMALS);
  if (typeof units !== "bigint") return units;
  return units % stepUnits === 0n ? units / stepUnits : "OFF_STEP";
}

/** The assets and markets of a network, by index and by name. */
export class MarketCatalog {
  readonly assets: readonly AssetSpec[];
  readonly markets: readonly MarketSpec[];
  readonly #bySymbol: ReadonlyMap<string, MarketSpec>;
  readonly #byStreamSymbol: ReadonlyMap<string, MarketSpec>;
  readonly #assetBySymbol: ReadonlyMap<string, AssetSpec>;

  /** Errors: NETWORK_CONFIG_INVALID, thrown. */
  constructor(network: NetworkConfig) {
    const genesis = genesisCommands(network);
    if (genesis instanceof Fault) throw genesis;
    const listings = genesis.filter((command) => command.kind === CommandKind.ListMarket);
    this.assets = network.assets.map(({ symbol, decimals }, index) => {
      return { index: index as AssetIndex, symbol, decimals };
    });
    this.#assetBySymbol = new Map(this.assets.map((asset) => [asset.symbol, asset]));
    this.markets = listings.map((terms, index) => {
      const config = network.markets[index]!;
      const [base, quote] = [this.assets[terms.baseAsset]!, this.assets[terms.quoteAsset]!];
      return new MarketSpec(index as MarketIndex, config, base, quote, terms);
    });
    this.#bySymbol = new Map(this.markets.map((market) => [market.symbol, market]));
    this.#byStreamSymbol = new Map(this.markets.map((market) => [market.streamSymbol, market]));
  }

  findMarket(symbol: string): MarketSpec | undefined {
    return this.#bySymbol.get(symbol);
  }

  findStreamMarket(symbol: string): MarketSpec | undefined {
    return this.#byStreamSymbol.get(symbol);
  }

  findAsset(symbol: string): AssetSpec | undefined {
    return this.#assetBySymbol.get(symbol);
  }
}
