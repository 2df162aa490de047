import { assert, Fault } from "@rialto/base";
import {
  type AssetName,
  type Command,
  CommandKind,
  LIST_MARKET_BYTES,
  MarketState,
  type MarketTerms,
} from "./command.ts";
import { encodeCommand } from "./command-codec.ts";
import { parseDecimal, rescale } from "./decimal.ts";
import type { AssetIndex } from "./ids.ts";
import {
  ACCOUNT_ORDERS_MAX,
  ACCOUNTS_MAX,
  ASSET_DECIMALS_MAX,
  ASSETS_MAX,
  BALANCES_MAX,
  BAND_UP_PPM_MAX,
  FEE_PPM_MAX,
  ladderEntriesMaxBeside,
  LEVEL_PAGES_MAX,
  LEVELS_PER_PAGE,
  LOTS_MAX,
  MARKETS_MAX,
  ORDERS_MAX,
  PPM,
  PRICE_TICKS_MAX,
  QUANTA_MAX,
  SPECIALS_MAX,
  VOLUMES_MAX,
} from "./limits.ts";

// What every member of a network must agree on before the first command: assets, markets, capacities. Its
// hash starts the journal, so a journal is never continued under another network's rules.

/** Decimals of prices and quantities as text. Assets may have fewer or more. */
export const TEXT_DECIMALS = 8;

export type AssetConfig = AssetName;

/** Amounts are decimal text, exactly as an operator writes them. */
export interface MarketConfig {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly priceMin: string;
  readonly priceMax: string;
  readonly quantityMin: string;
  readonly quantityMax: string;
  readonly notionalMin: string;
  readonly notionalMax: string;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  readonly bandUpPpm: number;
  readonly bandDownPpm: number;
  readonly referencePrice: string;
}

export interface CapacityConfig {
  readonly ordersMax: number;
  readonly levelPagesMax: number;
  readonly accountsMax: number;
  readonly balancesMax: number;
  readonly assetsMax: number;
  readonly marketsMax: number;
  readonly ladderEntriesMax: number;
  readonly accountOrdersMax: number;
  readonly specialsMax: number;
  readonly volumesMax: number;
}

export interface NetworkConfig {
  readonly name: string;
  readonly assets: readonly AssetConfig[];
  readonly markets: readonly MarketConfig[];
  readonly capacities: CapacityConfig;
}

export type NetworkFaultDetail = {
  readonly code: "NETWORK_CONFIG_INVALID";
  /** One sentence for each thing that is wrong. */
  readonly problems: readonly string[];
};

type ListMarket = Extract<Command, { readonly kind: typeof CommandKind.ListMarket }>;

const SYMBOL = /^[A-Z0-9]{1,20}$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/**
 * Checks a network's configuration and returns the commands that bring its assets and markets into being.
 *
 * Errors   all problems at once, as one fault, returned: configuration is input.
 */
export function genesisCommands(config: NetworkConfig): Command[] | Fault<NetworkFaultDetail> {
  const problems: string[] = [];
  checkCapacities(config, problems);
  if (!isText(config.name, NAME))
    problems.push(`name: "${config.name}" is not lower-case-with-dashes`);
  const assetIndex = indexAssets(config.assets, problems);
  const commands: Command[] = config.assets.map(() => ({ kind: CommandKind.AddAsset }));
  const symbols = new Set<string>();
  for (const market of config.markets) {
    if (!isText(market.symbol, SYMBOL)) {
      problems.push(`market "${market.symbol}": letters, digits only`);
    }
    if (symbols.has(market.symbol)) problems.push(`market ${market.symbol}: named twice`);
    symbols.add(market.symbol);
    const listing = listingOf(market, config.assets, assetIndex, problems);
    if (listing !== undefined) commands.push(listing);
  }
  checkLadders(config, commands, problems);
  if (problems.length === 0) return commands;
  const message = `the network configuration is invalid:\n  ${problems.join("\n  ")}`;
  return new Fault({ code: "NETWORK_CONFIG_INVALID", problems }, "fatal", message);
}

/**
 * LIST_MARKET of a market between two of `assets`, whose rows are their places there. Its symbol is not looked at.
 *
 * Errors   all problems at once, as one fault, returned.
 */
export function listingCommand(
  market: MarketConfig,
  assets: readonly AssetConfig[],
): ListMarket | Fault<NetworkFaultDetail> {
  const problems: string[] = [];
  const command = listingOf(market, assets, indexAssets(assets, problems), problems);
  if (command !== undefined) return command;
  return new Fault({ code: "NETWORK_CONFIG_INVALID", problems }, "error", problems.join("; "));
}

/** True for text of that form. A JSON file may hold a number in its place, which a pattern would take. */
function isText(value: unknown, form: RegExp): boolean {
  return typeof value === "string" && form.test(value);
}

function areDecimals(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= ASSET_DECIMALS_MAX;
}

/** The place of each asset, by its symbol. */
function indexAssets(
  assets: readonly AssetConfig[],
  problems: string[],
): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>();
  for (const [index, { symbol, decimals }] of assets.entries()) {
    if (!isText(symbol, SYMBOL)) problems.push(`asset "${symbol}": letters and digits only`);
    if (indexes.has(symbol)) problems.push(`asset ${symbol}: named twice`);
    if (!areDecimals(decimals)) {
      problems.push(`asset ${symbol}: decimals must be 0 to ${ASSET_DECIMALS_MAX}`);
    }
    indexes.set(symbol, index);
  }
  return indexes;
}

function checkCapacities(config: NetworkConfig, problems: string[]): void {
  const bounds: Readonly<Record<Exclude<keyof CapacityConfig, "ladderEntriesMax">, number>> = {
    ordersMax: ORDERS_MAX,
    levelPagesMax: LEVEL_PAGES_MAX,
    accountsMax: ACCOUNTS_MAX,
    balancesMax: BALANCES_MAX,
    assetsMax: ASSETS_MAX,
    marketsMax: MARKETS_MAX,
    accountOrdersMax: ACCOUNT_ORDERS_MAX,
    specialsMax: SPECIALS_MAX,
    volumesMax: VOLUMES_MAX,
  };
  for (const [name, max] of Object.entries(bounds)) {
    const value = config.capacities[name as keyof CapacityConfig];
    if (!Number.isInteger(value) || value < 1 || value > max) {
      problems.push(`capacities.${name}: ${value} is not in 1 to ${max}`);
    }
  }
  const { assets, markets, capacities } = config;
  const { marketsMax, ladderEntriesMax } = capacities;
  const entriesMax = ladderEntriesMaxBeside(Math.min(marketsMax, MARKETS_MAX));
  if (
    !Number.isInteger(ladderEntriesMax) ||
    ladderEntriesMax < 1 ||
    ladderEntriesMax > entriesMax
  ) {
    problems.push(
      `capacities.ladderEntriesMax: ${ladderEntriesMax} is not in 1 to ${entriesMax}, beside ${marketsMax} markets`,
    );
  }
  if (assets.length > capacities.assetsMax) {
    problems.push(`capacities.assetsMax: ${capacities.assetsMax}, and there are ${assets.length}`);
  }
  if (markets.length > capacities.marketsMax) {
    problems.push(
      `capacities.marketsMax: ${capacities.marketsMax}, and there are ${markets.length}`,
    );
  }
}

/**
 * The prices of all markets have to find room (matching.md §2.7). The engine would refuse the market that does not, and
 * those behind it would be taken for the ones before.
 */
function checkLadders(
  { capacities }: NetworkConfig,
  commands: readonly Command[],
  problems: string[],
): void {
  let entries = 0;
  for (const command of commands) {
    if (command.kind !== CommandKind.ListMarket) continue;
    entries += 2 * Math.ceil((command.priceTicksMax + 1) / LEVELS_PER_PAGE);
  }
  const { ladderEntriesMax } = capacities;
  if (entries <= ladderEntriesMax) return;
  problems.push(
    `capacities.ladderEntriesMax: ${ladderEntriesMax}, and the prices of the markets take ${entries}: raise it, or lower priceMax`,
  );
}

function listingOf(
  market: MarketConfig,
  assets: readonly AssetConfig[],
  assetIndex: ReadonlyMap<string, number>,
  problems: string[],
): ListMarket | undefined {
  const before = problems.length;
  const complain: Complain = (text) => void problems.push(`market ${market.symbol}: ${text}`);
  const base = assets[assetIndex.get(market.base) ?? -1];
  const quote = assets[assetIndex.get(market.quote) ?? -1];
  if (base === undefined) complain(`base asset ${market.base} is not among the assets`);
  if (quote === undefined) complain(`quote asset ${market.quote} is not among the assets`);
  if (base === undefined || quote === undefined) return undefined;
  // Amounts of an asset without sensible decimals mean nothing: the asset has been complained of.
  if (!areDecimals(base.decimals) || !areDecimals(quote.decimals)) return undefined;
  const terms: MarketTerms = {
    ...readAmounts(market, base, quote, complain),
    state: MarketState.Trading,
    baseAsset: assetIndex.get(market.base) as AssetIndex,
    quoteAsset: assetIndex.get(market.quote) as AssetIndex,
    makerFeePpm: market.makerFeePpm,
    takerFeePpm: market.takerFeePpm,
    bandUpPpm: market.bandUpPpm,
    bandDownPpm: market.bandDownPpm,
  };
  if (problems.length === before) checkTerms(terms, base, quote, complain);
  return problems.length === before ? { kind: CommandKind.ListMarket, ...terms } : undefined;
}

type Complain = (text: string) => void;
type Amounts = Omit<
  MarketTerms,
  "state" | "baseAsset" | "quoteAsset" | "makerFeePpm" | "takerFeePpm" | "bandUpPpm" | "bandDownPpm"
>;

/** Reads a market's decimal text into ticks, lots and quanta. What is not a whole number of quanta is 0. */
function readAmounts(
  market: MarketConfig,
  base: AssetConfig,
  quote: AssetConfig,
  complain: Complain,
): Amounts {
  const unit = (field: keyof MarketConfig): bigint => {
    const text = market[field];
    // A JSON number has been a float before anybody could read it.
    if (typeof text !== "string") complain(`${field} ${text} is not text, as amounts are`);
    else {
      const value = parseDecimal(text, TEXT_DECIMALS);
      if (typeof value === "bigint" && value > 0n) return value;
      complain(`${field} "${text}" is not a positive number of at most 8 decimals`);
    }
    return 1n;
  };
  const tick = unit("tickSize");
  const lot = unit("lotSize");
  const inSteps = (field: keyof MarketConfig, step: bigint, name: string): bigint => {
    const value = unit(field);
    if (value % step !== 0n) complain(`${field} is not a whole number of ${name}s`);
    return value / step;
  };
  return {
    priceTicksMin: Number(inSteps("priceMin", tick, "tick")),
    priceTicksMax: Number(inSteps("priceMax", tick, "tick")),
    referenceTicks: Number(inSteps("referencePrice", tick, "tick")),
    lotsMin: inSteps("quantityMin", lot, "lot"),
    lotsMax: inSteps("quantityMax", lot, "lot"),
    lotQuanta: quantaOf(lot, TEXT_DECIMALS, base.decimals),
    tickLotQuanta: quantaOf(tick * lot, 2 * TEXT_DECIMALS, quote.decimals),
    notionalMinQuanta: quantaOf(unit("notionalMin"), TEXT_DECIMALS, quote.decimals),
    notionalMaxQuanta: quantaOf(unit("notionalMax"), TEXT_DECIMALS, quote.decimals),
  };
}

/** The rules of matching.md §2.6 for a listing, said in the words of the configuration. */
function checkTerms(
  terms: MarketTerms,
  base: AssetConfig,
  quote: AssetConfig,
  complain: Complain,
): void {
  const rules: readonly (readonly [boolean, string])[] = [
    [terms.baseAsset !== terms.quoteAsset, "base and quote are the same asset"],
    [terms.lotQuanta > 0n, `a lot is not a whole number of quanta of ${base.symbol}`],
    [
      terms.tickLotQuanta > 0n,
      `one tick times one lot is not a whole number of quanta of ${quote.symbol}`,
    ],
    [terms.notionalMinQuanta > 0n, "notionalMin is not a whole number of quanta"],
    [terms.notionalMaxQuanta > 0n, "notionalMax is not a whole number of quanta"],
    [
      terms.priceTicksMin <= terms.referenceTicks && terms.referenceTicks <= terms.priceTicksMax,
      "referencePrice is not between priceMin and priceMax",
    ],
    [terms.priceTicksMax <= PRICE_TICKS_MAX, `priceMax is over ${PRICE_TICKS_MAX} ticks`],
    [terms.lotsMin <= terms.lotsMax, "quantityMin is over quantityMax"],
    [terms.lotsMax <= BigInt(LOTS_MAX), `quantityMax is over ${LOTS_MAX} lots`],
    [terms.lotsMax * terms.lotQuanta <= QUANTA_MAX, "quantityMax is over 2^62 - 1 quanta"],
    [
      BigInt(terms.priceTicksMax) * terms.tickLotQuanta <= QUANTA_MAX,
      "priceMax times a lot is over 2^62 - 1 quanta",
    ],
    [terms.notionalMinQuanta <= terms.notionalMaxQuanta, "notionalMin is over notionalMax"],
    [terms.notionalMaxQuanta <= QUANTA_MAX, "notionalMax is over 2^62 - 1 quanta"],
    [isRate(terms.makerFeePpm, FEE_PPM_MAX), `makerFeePpm is not 0 to ${FEE_PPM_MAX}`],
    [isRate(terms.takerFeePpm, FEE_PPM_MAX), `takerFeePpm is not 0 to ${FEE_PPM_MAX}`],
    [isRate(terms.bandUpPpm, BAND_UP_PPM_MAX), `bandUpPpm is not 0 to ${BAND_UP_PPM_MAX}`],
    [isRate(terms.bandDownPpm, Number(PPM)), `bandDownPpm is not 0 to ${PPM}`],
  ];
  for (const [holds, problem] of rules) if (!holds) complain(problem);
}

function isRate(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

/** A value of `from` decimals in quanta, or 0 if that is not a whole number. */
function quantaOf(value: bigint, from: number, decimals: number): bigint {
  if (decimals >= from) return rescale(value, from, decimals);
  const divisor = 10n ** BigInt(from - decimals);
  return value % divisor === 0n ? value / divisor : 0n;
}

/**
 * The bytes whose hash names the network: its name, its symbols, its capacities and its genesis commands,
 * each in one fixed place or length-prefixed.
 */
export function networkBytes(config: NetworkConfig, genesis: readonly Command[]): Uint8Array {
  const texts = [config.name, ...config.assets.map((asset) => `${asset.symbol}:${asset.decimals}`)];
  texts.push(
    ...config.markets.map((market) => `${market.symbol}:${market.tickSize}:${market.lotSize}`),
  );
  const capacities = Object.entries(config.capacities).sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
  const size = texts.reduce((sum, text) => sum + 1 + text.length, 16);
  const bytes = new Uint8Array(size + capacities.length * 4 + genesis.length * LIST_MARKET_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const char of "RIALTO-NETWORK-1") bytes[at++] = char.charCodeAt(0);
  for (const text of texts) {
    assert(text.length < 256, "a name in the network's bytes is short");
    bytes[at++] = text.length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
  }
  for (const [, value] of capacities) {
    view.setUint32(at, value, true);
    at += 4;
  }
  for (const command of genesis) at = encodeCommand(view, at, command);
  return bytes.subarray(0, at);
}
