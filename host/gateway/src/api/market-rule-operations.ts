import { Fault } from "@rialto/base";
import {
  ASSET_DECIMALS_MAX,
  BAND_UP_PPM_MAX,
  type Command,
  CommandKind,
  EventKind,
  FEE_PPM_MAX,
  listingCommand,
  type MarketIndex,
  MarketState,
  type MarketTerms,
  PPM,
  RejectCode,
} from "@rialto/protocol";
import { type AmountProblem, type MarketSpec, parseAsset } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import { rateText } from "./commission.ts";
import { type Operation, type Services, type SignedCall, signedOperation } from "./operation.ts";
import {
  assetParam,
  choiceParam,
  decimalParam,
  integerParam,
  newAssetParam,
  type ParamValues,
  rateParam,
  required,
  symbolParam,
  textParam,
} from "./params.ts";
import { findOutcome } from "./order-outcome.ts";
import { rejectError } from "./reject-errors.ts";

// The rules of a market that its operator may change while it trades: its terms, and its guard; its beginning and its end; and new assets.

const BAND_DOWN_PPM_MAX = Number(PPM);

const MARKET_PARAMS = { symbol: required(symbolParam) };
const feeParam = rateParam(0, FEE_PPM_MAX);

const TERMS_PARAMS = {
  ...MARKET_PARAMS,
  maker: feeParam,
  taker: feeParam,
  bandUp: rateParam(0, BAND_UP_PPM_MAX),
  bandDown: rateParam(0, BAND_DOWN_PPM_MAX),
  quantityMin: decimalParam,
  quantityMax: decimalParam,
  notionalMin: decimalParam,
  notionalMax: decimalParam,
};
type TermsParams = ParamValues<typeof TERMS_PARAMS>;

async function setTerms({ params, services }: SignedCall<TermsParams>): Promise<object | ApiError> {
  const changes = readChanges(params);
  if (changes instanceof ApiError) return changes;
  const market = params.symbol.index;
  const command = { kind: CommandKind.ChangeMarket, market, changes } as const;
  const event = await services.desk.outcome(command, EventKind.MarketChanged);
  return event instanceof ApiError ? event : termsReply(services, params.symbol);
}

/** What is to be another than it is. */
function readChanges(params: TermsParams): Partial<MarketTerms> | ApiError {
  const { symbol: market, maker, taker, bandUp, bandDown } = params;
  const amounts = {
    lotsMin: readAmount(params.quantityMin, "quantityMin", (text) => market.parseQuantity(text)),
    lotsMax: readAmount(params.quantityMax, "quantityMax", (text) => market.parseQuantity(text)),
    notionalMinQuanta: readNotional(market, params.notionalMin, "notionalMin"),
    notionalMaxQuanta: readNotional(market, params.notionalMax, "notionalMax"),
  };
  const problem = Object.values(amounts).find((amount) => amount instanceof ApiError);
  if (problem instanceof ApiError) return problem;
  const rates = {
    makerFeePpm: maker,
    takerFeePpm: taker,
    bandUpPpm: bandUp,
    bandDownPpm: bandDown,
  };
  const sent = Object.entries({ ...rates, ...amounts }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(sent);
}

function readNotional(
  market: MarketSpec,
  text: string | undefined,
  name: string,
): bigint | ApiError | undefined {
  return readAmount(text, name, (sent) => parseAsset(market.quote, sent));
}

function readAmount(
  text: string | undefined,
  name: string,
  parse: (text: string) => bigint | AmountProblem,
): bigint | ApiError | undefined {
  if (text === undefined) return undefined;
  const amount = parse(text);
  if (amount === "TOO_PRECISE" || amount === "OFF_STEP") return apiError("TOO_PRECISE", name);
  return typeof amount === "bigint" ? amount : apiError("INVALID_DATA", name);
}

function termsReply({ exchange }: Services, market: MarketSpec): object {
  const { terms } = exchange.engine.market(market.index);
  return {
    symbol: market.symbol,
    maker: rateText(terms.makerFeePpm),
    taker: rateText(terms.takerFeePpm),
    bandUp: rateText(terms.bandUpPpm),
    bandDown: rateText(terms.bandDownPpm),
    quantityMin: market.quantityText(terms.lotsMin),
    quantityMax: market.quantityText(terms.lotsMax),
    notionalMin: market.quoteText(terms.notionalMinQuanta),
    notionalMax: market.quoteText(terms.notionalMaxQuanta),
  };
}

/** The states that a new market may begin in. */
const FIRST_STATES = {
  HALT: MarketState.Halted,
  CLOSED: MarketState.Closed,
  PRE_OPEN: MarketState.PreOpen,
  AUCTION: MarketState.Auction,
  TRADING: MarketState.Trading,
};
/** Unless it is said. */
const FIRST_STATE = "HALT";

const LISTING_PARAMS = {
  base: required(assetParam),
  quote: required(assetParam),
  symbol: textParam("what it is to be called; without it as its assets", 20),
  tickSize: required(decimalParam),
  lotSize: required(decimalParam),
  priceMin: required(decimalParam),
  priceMax: required(decimalParam),
  referencePrice: required(decimalParam),
  quantityMin: required(decimalParam),
  quantityMax: required(decimalParam),
  notionalMin: required(decimalParam),
  notionalMax: required(decimalParam),
  maker: feeParam,
  taker: feeParam,
  bandUp: rateParam(0, BAND_UP_PPM_MAX),
  bandDown: rateParam(0, BAND_DOWN_PPM_MAX),
  state: choiceParam(Object.keys(FIRST_STATES) as (keyof typeof FIRST_STATES)[]),
};

type ListingCall = SignedCall<ParamValues<typeof LISTING_PARAMS>>;

/** The name follows from all markets there are, so a command holds for their number alone: where that has grown it is looked at anew. */
async function listMarket(call: ListingCall): Promise<object | ApiError> {
  const { params, services } = call;
  for (;;) {
    const command = readListing(call);
    if (command instanceof ApiError) return command;
    const events = await services.desk.submit(command);
    if (events instanceof ApiError) return events;
    const event = findOutcome(events, EventKind.MarketListed);
    if (event?.kind === EventKind.MarketListed) {
      const market = services.catalog.marketAt(event.market);
      if (market === undefined) return apiError("UNKNOWN");
      return { ...termsReply(services, market), state: params.state ?? FIRST_STATE };
    }
    if (event === undefined) return apiError("UNKNOWN");
    if (event.code !== RejectCode.MarketsChanged) return rejectError(event.code);
  }
}

function readListing(call: ListingCall): Command | ApiError {
  const { params, services } = call;
  const { base, quote, maker = 0, taker = 0, bandUp = 0, bandDown = 0 } = params;
  const { state = FIRST_STATE, ...amounts } = params;
  const { catalog, exchange } = services;
  const symbol = readName(call);
  if (symbol instanceof ApiError) return symbol;
  const rates = {
    makerFeePpm: maker,
    takerFeePpm: taker,
    bandUpPpm: bandUp,
    bandDownPpm: bandDown,
  };
  const market = { ...amounts, ...rates, symbol, base: base.symbol, quote: quote.symbol };
  const command = listingCommand(market, catalog.assets);
  if (command instanceof Fault) return apiError("OPERATION_REFUSED", `${command.message}.`);
  const number = exchange.engine.counts().markets as MarketIndex;
  // The catalog's assets are not all there are: a row of the engine may have no name.
  const assets = { baseAsset: base.index, quoteAsset: quote.index };
  return { ...command, ...assets, state: FIRST_STATES[state], number };
}

/** What the market will be called. Who means another name, or one that there is, is asking for something else. */
function readName({ params, services }: ListingCall): string | ApiError {
  const { base, quote, symbol = base.symbol + quote.symbol } = params;
  if (services.catalog.findMarket(symbol) !== undefined) return apiError("MARKET_EXISTS", symbol);
  const next = services.catalog.nextSymbol(base, quote);
  if (next === symbol) return symbol;
  const problem =
    next === undefined
      ? "The market's name would be too long."
      : `The next market of these assets is called ${next}.`;
  return apiError("OPERATION_REFUSED", problem);
}

const ASSET_PARAMS = {
  symbol: required(newAssetParam),
  decimals: required(integerParam(0, ASSET_DECIMALS_MAX)),
};

async function addAsset({
  params,
  services,
}: SignedCall<ParamValues<typeof ASSET_PARAMS>>): Promise<object | ApiError> {
  const { symbol, decimals } = params;
  // The engine does not know what those are called that the network begins with.
  if (services.catalog.findAsset(symbol) !== undefined) return apiError("ASSET_EXISTS");
  const command = { kind: CommandKind.AddAsset, name: { symbol, decimals } } as const;
  const added = await services.desk.outcome(command, EventKind.AssetAdded);
  return added instanceof ApiError ? added : { asset: symbol, decimals };
}

const timeMsParam = required(integerParam(1, 2 ** 32 - 1));

const GUARD_PARAMS = {
  ...MARKET_PARAMS,
  up: rateParam(0, BAND_UP_PPM_MAX),
  down: rateParam(0, BAND_DOWN_PPM_MAX),
  windowMs: timeMsParam,
  auctionMs: timeMsParam,
};

async function setGuard({
  params,
  services,
}: SignedCall<ParamValues<typeof GUARD_PARAMS>>): Promise<object | ApiError> {
  const { symbol: market, up: upPpm = 0, down: downPpm = 0, windowMs, auctionMs } = params;
  if (upPpm === 0 && downPpm === 0) return apiError("EITHER_PARAMETER", "up", "down");
  return sendGuard(services, market, { upPpm, downPpm, windowMs, auctionMs });
}

const NO_GUARD = { upPpm: 0, downPpm: 0, windowMs: 0, auctionMs: 0 };

async function sendGuard(
  services: Services,
  market: MarketSpec,
  guard: typeof NO_GUARD,
): Promise<object | ApiError> {
  const command = { kind: CommandKind.SetMarketGuard, market: market.index, ...guard } as const;
  const set = await services.desk.outcome(command, EventKind.MarketGuardSet);
  return set instanceof ApiError ? set : guardReply(services, market);
}

function guardReply({ exchange }: Services, { symbol, index }: MarketSpec): object {
  const guard = exchange.engine.guard(index);
  const { upPpm, downPpm, windowMs, auctionMs } = guard ?? NO_GUARD;
  const rates = { up: rateText(upPpm), down: rateText(downPpm) };
  return { symbol, enabled: guard !== undefined, ...rates, windowMs, auctionMs };
}

async function delist({
  params,
  services,
}: SignedCall<ParamValues<typeof MARKET_PARAMS>>): Promise<object | ApiError> {
  const { symbol, index } = params.symbol;
  const events = await services.desk.submit({ kind: CommandKind.DelistMarket, market: index });
  if (events instanceof ApiError) return events;
  // Another market may have come to a state with this command: its auction has ended.
  const refusal = events.find((event) => event.kind === EventKind.Rejected);
  return refusal === undefined ? { symbol, state: "DELISTED" } : rejectError(refusal.code);
}

export const MARKET_RULE_OPERATIONS: readonly Operation[] = [
  signedOperation("operator", {
    name: "operator.marketTerms",
    summary: "What a market asks for, how far from the last price orders may be, and their sizes.",
    http: "GET /operator/market-terms",
    params: MARKET_PARAMS,
    handle: ({ services, params }) => termsReply(services, params.symbol),
  }),
  signedOperation("operator", {
    name: "operator.setMarketTerms",
    summary:
      "Change terms of a market while it trades. What is not sent stays; a band of 0 is none; orders that are open stay as they are.",
    http: "POST /operator/market-terms",
    params: TERMS_PARAMS,
    handle: setTerms,
  }),
  signedOperation("operator", {
    name: "operator.guard",
    summary: "The guard of a market.",
    http: "GET /operator/guard",
    params: MARKET_PARAMS,
    handle: ({ services, params }) => guardReply(services, params.symbol),
  }),
  signedOperation("operator", {
    name: "operator.setGuard",
    summary:
      "Have a market pause in an auction where a trade would be further than this from the price that stood when the window began. 0, or nothing, is no bound on that side.",
    http: "POST /operator/guard",
    params: GUARD_PARAMS,
    handle: setGuard,
  }),
  signedOperation("operator", {
    name: "operator.removeGuard",
    summary: "Let a market trade at any price again.",
    http: "DELETE /operator/guard",
    params: MARKET_PARAMS,
    handle: ({ services, params }) => sendGuard(services, params.symbol, NO_GUARD),
  }),
  signedOperation("operator", {
    name: "operator.addAsset",
    summary:
      "Add an asset, whose quanta are 10^-decimals of a unit, for ever. It can be deposited, and markets of it listed, at once.",
    http: "POST /operator/add-asset",
    params: ASSET_PARAMS,
    handle: addAsset,
  }),
  signedOperation("operator", {
    name: "operator.list",
    summary:
      "List a market between two assets, in a state that is HALT unless another is sent. Its name is that of its assets; for another one of them `symbol` is sent, that name and a number: 2 for the second. So a listing that is asked for twice is made once.",
    http: "POST /operator/list",
    params: LISTING_PARAMS,
    handle: listMarket,
  }),
  signedOperation("operator", {
    name: "operator.delist",
    summary: "End a market for ever. It is closed, and has no open order.",
    http: "POST /operator/delist",
    params: MARKET_PARAMS,
    handle: delist,
  }),
];
