import {
  BAND_UP_PPM_MAX,
  EventKind,
  FEE_PPM_MAX,
  LEVELS_PER_PAGE,
  LOTS_MAX,
  MarketState,
  PPM,
  PRICE_TICKS_MAX,
  QUANTA_MAX,
  RejectCode,
  Side,
  type Command,
  type CommandKind,
  type MarketIndex,
  type MarketTerms,
} from "@rialto/protocol";
import { createBookSide } from "./book.ts";
import type { Exchange } from "./exchange.ts";
import { enterState, isMarketState } from "./market-state.ts";
import { refuse, type Outbox } from "./outbox.ts";

/**
 * Does LIST_MARKET. Source: matching.md §2.6.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 */
export function listMarket(
  exchange: Exchange,
  terms: MarketTerms,
  outbox: Outbox,
  number?: MarketIndex,
): void {
  const { limits, markets } = exchange;
  if (number !== undefined && number !== markets.length) {
    outbox.reject(refuse(RejectCode.MarketsChanged));
    return;
  }
  const ladderEntries = computeLadderEntries(terms.priceTicksMax);
  if (
    markets.length >= limits.marketsMax ||
    exchange.ladderEntryCount + ladderEntries > limits.ladderEntriesMax
  ) {
    outbox.reject(refuse(RejectCode.MarketsFull));
    return;
  }
  if (!areTermsValid(exchange, terms)) {
    outbox.reject(refuse(RejectCode.InvalidListing));
    return;
  }
  const index = markets.length as MarketIndex;
  markets.push({
    index,
    terms,
    state: terms.state,
    lastTradeTicks: terms.referenceTicks,
    unseenTicks: undefined,
    tradeCount: 0,
    uncrossTo: undefined,
    uncrossFrom: 0,
    guard: undefined,
    reopenAtMs: undefined,
    isBookNew: false,
    nextShowMs: 0,
    showAtMs: undefined,
    pegs: new Set(),
    watchers: new Set(),
    bids: createBookSide(Side.Buy),
    asks: createBookSide(Side.Sell),
  });
  exchange.ladderEntryCount += ladderEntries;
  outbox.emit({ kind: EventKind.MarketListed, market: index });
}

type ChangeMarket = Extract<Command, { readonly kind: typeof CommandKind.ChangeMarket }>;

/**
 * Does CHANGE_MARKET. Source: matching.md §2.15.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 */
export function changeMarket(exchange: Exchange, command: ChangeMarket, outbox: Outbox): void {
  const market = exchange.markets[command.market];
  if (market === undefined) {
    outbox.reject(refuse(RejectCode.UnknownMarket));
    return;
  }
  if (market.state === MarketState.Delisted) {
    outbox.reject(refuse(RejectCode.MarketClosed));
    return;
  }
  const before = { ...market.terms, state: market.state };
  const terms = { ...before, ...command.changes };
  const isSame = FIXED_TERMS.every((name) => terms[name] === before[name]);
  if (!isSame || !areTermsValid(exchange, terms)) {
    outbox.reject(refuse(RejectCode.InvalidListing));
    return;
  }
  market.terms = terms;
  outbox.emit({ kind: EventKind.MarketChanged, market: market.index });
}

/** What the orders and the money of a market are measured by, and its state. */
const FIXED_TERMS = [
  "state",
  "baseAsset",
  "quoteAsset",
  "priceTicksMin",
  "priceTicksMax",
  "lotQuanta",
  "tickLotQuanta",
  "referenceTicks",
] as const;

/**
 * Does DELIST_MARKET. Source: matching.md §2.15.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 */
export function delistMarket(exchange: Exchange, index: MarketIndex, outbox: Outbox): void {
  const market = exchange.markets[index];
  if (market === undefined) {
    outbox.reject(refuse(RejectCode.UnknownMarket));
    return;
  }
  if (market.state !== MarketState.Closed) {
    outbox.reject(refuse(RejectCode.MarketNotClosed));
    return;
  }
  if ([...exchange.orders.values()].some((order) => order.market === market)) {
    outbox.reject(refuse(RejectCode.MarketNotEmpty));
    return;
  }
  enterState(exchange, market, MarketState.Delisted, outbox);
}

/** Entries that the two ladders of a market take. Source: matching.md §2.7. */
export function computeLadderEntries(priceTicksMax: number): number {
  return 2 * Math.ceil((priceTicksMax + 1) / LEVELS_PER_PAGE);
}

function areTermsValid(exchange: Exchange, terms: MarketTerms): boolean {
  return (
    isMarketState(terms.state) &&
    terms.state !== MarketState.Delisted &&
    terms.baseAsset !== terms.quoteAsset &&
    terms.baseAsset < exchange.assets.length &&
    terms.quoteAsset < exchange.assets.length &&
    arePricesValid(terms) &&
    areQuantitiesValid(terms) &&
    areRatesValid(terms)
  );
}

function arePricesValid(terms: MarketTerms): boolean {
  return (
    1 <= terms.priceTicksMin &&
    terms.priceTicksMin <= terms.referenceTicks &&
    terms.referenceTicks <= terms.priceTicksMax &&
    terms.priceTicksMax <= PRICE_TICKS_MAX
  );
}

function areQuantitiesValid(terms: MarketTerms): boolean {
  return (
    1n <= terms.lotsMin &&
    terms.lotsMin <= terms.lotsMax &&
    terms.lotsMax <= BigInt(LOTS_MAX) &&
    terms.lotQuanta >= 1n &&
    terms.tickLotQuanta >= 1n &&
    terms.lotsMax * terms.lotQuanta <= QUANTA_MAX &&
    BigInt(terms.priceTicksMax) * terms.tickLotQuanta <= QUANTA_MAX &&
    1n <= terms.notionalMinQuanta &&
    terms.notionalMinQuanta <= terms.notionalMaxQuanta &&
    terms.notionalMaxQuanta <= QUANTA_MAX
  );
}

function areRatesValid(terms: MarketTerms): boolean {
  return (
    terms.makerFeePpm <= FEE_PPM_MAX &&
    terms.takerFeePpm <= FEE_PPM_MAX &&
    terms.bandUpPpm <= BAND_UP_PPM_MAX &&
    terms.bandDownPpm <= Number(PPM)
  );
}
