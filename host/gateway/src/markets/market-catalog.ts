import { Fault } from "@rialto/base";
import {
  type AssetIndex,
  CommandKind,
  formatDecimal,
  genesisCommands,
  type MarketIndex,
  type MarketTerms,
  type NetworkConfig,
  parseDecimal,
  TEXT_DECIMALS,
} from "@rialto/protocol";
import type { EngineReader } from "../exchange-port.ts";

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

/** What a market is called, and what its steps are. Units: of 10^-8. */
interface MarketName {
  readonly symbol: string;
  readonly tickUnits: bigint;
  readonly lotUnits: bigint;
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
    { symbol, tickUnits, lotUnits }: MarketName,
    base: AssetSpec,
    quote: AssetSpec,
    terms: MarketTerms,
  ) {
    this.index = index;
    this.symbol = symbol;
    this.streamSymbol = symbol.toLowerCase();
    this.base = base;
    this.quote = quote;
    this.terms = terms;
    this.#tickUnits = tickUnits;
    this.#lotUnits = lotUnits;
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

const SYMBOL_CHARACTERS_MAX = 20;

/**
 * The steps of a market that no configuration tells of, by its terms; undefined where they are no decimals of eight places. The
 * opposite of what a listing makes of them.
 */
function stepsOf(
  { lotQuanta, tickLotQuanta }: MarketTerms,
  base: AssetSpec,
  quote: AssetSpec,
): Omit<MarketName, "symbol"> | undefined {
  const lotUnits = unitsOf(lotQuanta, base.decimals, TEXT_DECIMALS);
  const tickLotUnits = unitsOf(tickLotQuanta, quote.decimals, 2 * TEXT_DECIMALS);
  if (lotUnits === undefined || tickLotUnits === undefined) return undefined;
  if (tickLotUnits % lotUnits !== 0n) return undefined;
  return { tickUnits: tickLotUnits / lotUnits, lotUnits };
}

/** Quanta as a whole number of 10^-`to`. */
function unitsOf(quanta: bigint, decimals: number, to: number): bigint | undefined {
  if (decimals <= to) return quanta * 10n ** BigInt(to - decimals);
  const divisor = 10n ** BigInt(decimals - to);
  return quanta % divisor === 0n ? quanta / divisor : undefined;
}

/** What the engine tells of the assets and markets that there are. */
type ListedReader = Pick<EngineReader, "counts" | "market" | "assetName">;

/**
 * The assets and markets of a network, by index and by name. Assets that were added while the exchange ran have the name that they were
 * added with. Markets that were listed then are called after their assets, and counted where that name is taken. The engine keeps all
 * that names them, on every node.
 */
export class MarketCatalog {
  /** By index; undefined for one that has no name, or another one's. */
  readonly #assetByIndex: (AssetSpec | undefined)[];
  #assets: readonly AssetSpec[];
  /** By index; undefined for one that cannot be named. */
  readonly #byIndex: (MarketSpec | undefined)[];
  #markets: readonly MarketSpec[];
  readonly #bySymbol: Map<string, MarketSpec>;
  readonly #byStreamSymbol: Map<string, MarketSpec>;
  readonly #assetBySymbol: Map<string, AssetSpec>;
  readonly #listed: { readonly engine: ListedReader } | undefined;

  /**
   * Shape    `listed`: where assets and markets are learnt that the network does not begin with.
   * Errors   NETWORK_CONFIG_INVALID, thrown.
   */
  constructor(network: NetworkConfig, listed?: { readonly engine: ListedReader }) {
    const genesis = genesisCommands(network);
    if (genesis instanceof Fault) throw genesis;
    const listings = genesis.filter((command) => command.kind === CommandKind.ListMarket);
    this.#listed = listed;
    const assets = network.assets.map(({ symbol, decimals }, index) => {
      return { index: index as AssetIndex, symbol, decimals };
    });
    this.#assetByIndex = [...assets];
    this.#assets = assets;
    this.#assetBySymbol = new Map(assets.map((asset) => [asset.symbol, asset]));
    this.#markets = listings.map((terms, index) => {
      const { symbol, tickSize, lotSize } = network.markets[index]!;
      const [base, quote] = [assets[terms.baseAsset]!, assets[terms.quoteAsset]!];
      // The network's configuration has been checked: these are numbers.
      const tickUnits = parseDecimal(tickSize, TEXT_DECIMALS) as bigint;
      const lotUnits = parseDecimal(lotSize, TEXT_DECIMALS) as bigint;
      const name = { symbol, tickUnits, lotUnits };
      return new MarketSpec(index as MarketIndex, name, base, quote, terms);
    });
    this.#byIndex = [...this.#markets];
    this.#bySymbol = new Map(this.#markets.map((market) => [market.symbol, market]));
    this.#byStreamSymbol = new Map(this.#markets.map((market) => [market.streamSymbol, market]));
  }

  /** By index; those without a name are not there. */
  get assets(): readonly AssetSpec[] {
    this.#learn();
    return this.#assets;
  }

  /** The asset of a row, if it has a name. */
  assetAt(index: number): AssetSpec | undefined {
    if (index >= this.#assetByIndex.length) this.#learn();
    return this.#assetByIndex[index];
  }

  /** By index; those that cannot be named are not there. */
  get markets(): readonly MarketSpec[] {
    this.#learn();
    return this.#markets;
  }

  /** The market of a row, if it has a name. */
  marketAt(index: number): MarketSpec | undefined {
    if (index >= this.#byIndex.length) this.#learn();
    return this.#byIndex[index];
  }

  findMarket(symbol: string): MarketSpec | undefined {
    const known = this.#bySymbol.get(symbol);
    if (known !== undefined || !this.#learn()) return known;
    return this.#bySymbol.get(symbol);
  }

  findStreamMarket(symbol: string): MarketSpec | undefined {
    const known = this.#byStreamSymbol.get(symbol);
    if (known !== undefined || !this.#learn()) return known;
    return this.#byStreamSymbol.get(symbol);
  }

  findAsset(symbol: string): AssetSpec | undefined {
    const known = this.#assetBySymbol.get(symbol);
    if (known !== undefined || !this.#learn()) return known;
    return this.#assetBySymbol.get(symbol);
  }

  /** What the next market of two assets is called; undefined where that is too long. */
  nextSymbol(base: AssetSpec, quote: AssetSpec): string | undefined {
    this.#learn();
    return this.#freeSymbol(base, quote);
  }

  #freeSymbol(base: AssetSpec, quote: AssetSpec): string | undefined {
    const pair = base.symbol + quote.symbol;
    let symbol = pair;
    for (let count = 2; this.#bySymbol.has(symbol); count++) symbol = `${pair}${count}`;
    return symbol.length <= SYMBOL_CHARACTERS_MAX ? symbol : undefined;
  }

  /** Names what has been added and listed since. Returns whether there was anything. */
  #learn(): boolean {
    if (this.#listed === undefined) return false;
    const { engine } = this.#listed;
    const { assets, markets } = engine.counts();
    const isMore = assets > this.#assetByIndex.length || markets > this.#byIndex.length;
    // A market is listed after its assets were added.
    if (isMore) this.#learnAssets(engine, assets);
    if (isMore) this.#learnMarkets(engine, markets);
    return isMore;
  }

  #learnAssets(engine: ListedReader, count: number): void {
    for (let index = this.#assetByIndex.length; index < count; index++) {
      const name = engine.assetName(index as AssetIndex);
      const isFree = name !== undefined && !this.#assetBySymbol.has(name.symbol);
      const asset = isFree ? { index: index as AssetIndex, ...name } : undefined;
      this.#assetByIndex.push(asset);
      if (asset !== undefined) this.#assetBySymbol.set(asset.symbol, asset);
    }
    this.#assets = this.#assetByIndex.filter((asset) => asset !== undefined);
  }

  #learnMarkets(engine: ListedReader, count: number): void {
    for (let index = this.#byIndex.length; index < count; index++) {
      const market = this.#nameMarket(
        index as MarketIndex,
        engine.market(index as MarketIndex).terms,
      );
      this.#byIndex.push(market);
      if (market === undefined) continue;
      this.#bySymbol.set(market.symbol, market);
      this.#byStreamSymbol.set(market.streamSymbol, market);
    }
    this.#markets = this.#byIndex.filter((market) => market !== undefined);
  }

  #nameMarket(index: MarketIndex, terms: MarketTerms): MarketSpec | undefined {
    const base = this.#assetByIndex[terms.baseAsset];
    const quote = this.#assetByIndex[terms.quoteAsset];
    if (base === undefined || quote === undefined) return undefined;
    const steps = stepsOf(terms, base, quote);
    const symbol = this.#freeSymbol(base, quote);
    if (steps === undefined || symbol === undefined) return undefined;
    return new MarketSpec(index, { symbol, ...steps }, base, quote, terms);
  }
}
