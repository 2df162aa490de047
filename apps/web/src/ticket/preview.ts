import { formatDecimal } from "@rialto/protocol";
import type { BookSide } from "../market/book-side.ts";
import { baseAmountOf, type Market, notionalOf } from "../market/market.ts";
import type { OrderDraft, PlainDraft, SideWord, Situation } from "./order-draft.ts";
import { estimatedTicks, type StopTerms } from "./stop-terms.ts";

/** Parts in a million of what is received. */
export interface FeeRates {
  /** Below 0 for one who is paid, and pays nothing. */
  readonly makerPpm: bigint;
  readonly takerPpm: bigint;
}

/** What deserves a word before the order is sent. */
export type PreviewWarning =
  | "wouldTake"
  | "wouldExpire"
  | "partlyExpires"
  | "partlyUnfilled"
  | "farFromBest"
  | "notCovered"
  | "mayRest";

/**
 * What an order would do if it met the book as it is shown.
 *
 * Units    lots; quanta of the quote, but `feeQuanta` and `receivedQuanta` are of what is received: the base
 *          for a buyer, the quote for a seller. The fee of a resting part is the maker's, should it fill.
 */
export interface Preview {
  readonly takenLots: bigint;
  readonly restingLots: bigint;
  /** What the part that is taken at once costs on average, cut to the market's decimals; "" if none is. */
  readonly averagePrice: string;
  /** What is paid, or for a seller what is received before the fee. */
  readonly notionalQuanta: bigint;
  /** What the account must have for it: quanta of the quote for a buyer, of the base for a seller. */
  readonly neededQuanta: bigint;
  readonly feeQuanta: bigint;
  readonly receivedQuanta: bigint;
  readonly warning: PreviewWarning | undefined;
}

/** What comes of an order: at once, when a stop's price has come, or of a pair one of the two. */
export interface OrderPreview {
  readonly now: Preview | undefined;
  /** An estimate: nobody knows what the book will be. Undefined also while it follows a price that is not known. */
  readonly stop: Preview | undefined;
}

/** What is traded: an order, whenever it comes. Units: ticks and lots. */
interface Terms {
  readonly side: SideWord;
  readonly priceTicks: number;
  readonly lots: bigint;
}

interface Walk {
  readonly takenLots: bigint;
  readonly takenQuanta: bigint;
  /** Fees of what is received, each level's rounded up as the exchange rounds each fill. */
  readonly feeQuanta: bigint;
  /** The price of the last level that is taken from; 0 if none is. */
  readonly worstTicks: number;
}

const PPM = 1_000_000n;

/** The fee of a fill, in the asset that is received and rounded up as the ledger keeps it. A rebate comes in the other one. */
function feeOf(receivedQuanta: bigint, ratePpm: bigint): bigint {
  if (ratePpm <= 0n) return 0n;
  return (receivedQuanta * ratePpm + PPM - 1n) / PPM;
}

/** What a fill gives: the base to a buyer, the quote to a seller. */
function receivedOf(market: Market, draft: Terms, lots: bigint, quanta: bigint): bigint {
  return draft.side === "BUY" ? baseAmountOf(market, lots) : quanta;
}

/** Computes what would come of any order. Shape: `opposite` as for `previewPlain`. Pure. */
export function previewOrder(
  market: Market,
  draft: OrderDraft,
  opposite: BookSide,
  rates: FeeRates,
  situation: Situation,
): OrderPreview {
  switch (draft.kind) {
    case "limit":
    case "market":
      return { now: previewPlain(market, draft, opposite, rates), stop: undefined };
    case "stop":
      return { now: undefined, stop: previewStop(market, draft, rates, situation) };
    case "oco": {
      const now = conclude(market, draft, NOTHING, draft.lots, rates, undefined);
      return { now, stop: previewStop(market, draft, rates, situation) };
    }
  }
}

/** What a stop that buys at the market needs beyond the price that it waits for, in hundredths of that: the book moves on. */
export const STOP_ROOM_PERCENT = 1n;

/** Computes what would come of a stop if it traded at its limit, or at the price that it waits for. */
function previewStop(
  market: Market,
  draft: { readonly side: SideWord; readonly lots: bigint; readonly stop: StopTerms },
  rates: FeeRates,
  { lastTicks, availableQuanta }: Situation,
): Preview | undefined {
  const { side, lots, stop } = draft;
  const priceTicks = estimatedTicks(side, stop, lastTicks);
  if (priceTicks === undefined) return undefined;
  const terms = { side, lots, priceTicks };
  const comesAt = estimatedTicks(side, { ...stop, limitTicks: 0 }, lastTicks) ?? priceTicks;
  const mayRest = side === "BUY" ? priceTicks < comesAt : priceTicks > comesAt;
  const walk = mayRest ? NOTHING : takeAll(market, terms, rates);
  const restingLots = mayRest ? lots : 0n;
  const warning = mayRest ? "mayRest" : undefined;
  const preview = conclude(market, terms, walk, restingLots, rates, warning);
  const hasRoom = side === "BUY" && stop.limitTicks === 0;
  const room = hasRoom ? (preview.neededQuanta * STOP_ROOM_PERCENT) / 100n : 0n;
  const isShort = availableQuanta !== undefined && preview.neededQuanta + room > availableQuanta;
  return isShort ? { ...preview, warning: "notCovered" } : preview;
}

/** As if one counterpart had all of it, at its price. */
function takeAll(market: Market, terms: Terms, rates: FeeRates): Walk {
  const takenQuanta = notionalOf(market, terms.priceTicks, terms.lots);
  const received = receivedOf(market, terms, terms.lots, takenQuanta);
  const feeQuanta = feeOf(received, rates.takerPpm);
  return { takenLots: terms.lots, takenQuanta, feeQuanta, worstTicks: terms.priceTicks };
}

/**
 * Computes what would come of `draft` against the other side of the book. Pure.
 *
 * Shape    `opposite` is the asks for a buyer, the bids for a seller.
 */
export function previewPlain(
  market: Market,
  draft: PlainDraft,
  opposite: BookSide,
  rates: FeeRates,
): Preview {
  const walk = walkBook(market, draft, opposite, rates);
  if (draft.isPostOnly && draft.kind === "limit") {
    const warning = walk.takenLots > 0n ? "wouldTake" : undefined;
    return conclude(market, draft, NOTHING, draft.lots, rates, warning);
  }
  const leftLots = draft.lots - walk.takenLots;
  const farWarning = goesFar(draft, walk, opposite) ? "farFromBest" : undefined;
  if (leftLots === 0n) return conclude(market, draft, walk, 0n, rates, farWarning);
  if (draft.kind === "market") return conclude(market, draft, walk, 0n, rates, "partlyUnfilled");
  if (draft.timeInForce === "FOK")
    return conclude(market, draft, NOTHING, 0n, rates, "wouldExpire");
  if (draft.timeInForce === "IOC") {
    const warning = walk.takenLots === 0n ? "wouldExpire" : "partlyExpires";
    return conclude(market, draft, walk, 0n, rates, warning);
  }
  return conclude(market, draft, walk, leftLots, rates, farWarning);
}

const NOTHING: Walk = { takenLots: 0n, takenQuanta: 0n, feeQuanta: 0n, worstTicks: 0 };

/** How far from the best price an order may trade without a word, in hundredths of that. */
const FAR_PERCENT = 5;

/** True for one that takes, and may go far: by its limit, if it has one, or up the book as it stands. */
function goesFar({ kind, priceTicks }: PlainDraft, walk: Walk, opposite: BookSide): boolean {
  if (walk.takenLots === 0n) return false;
  const bestTicks = opposite.priceTicks(0);
  const worstTicks = kind === "limit" ? priceTicks : walk.worstTicks;
  return Math.abs(worstTicks - bestTicks) * 100 > bestTicks * FAR_PERCENT;
}

function walkBook(market: Market, draft: PlainDraft, opposite: BookSide, rates: FeeRates): Walk {
  const isBuy = draft.side === "BUY";
  let takenLots = 0n;
  let takenQuanta = 0n;
  let feeQuanta = 0n;
  let worstTicks = 0;
  for (let index = 0; index < opposite.count && takenLots < draft.lots; index++) {
    const ticks = opposite.priceTicks(index);
    const isBeyond = isBuy ? ticks > draft.priceTicks : ticks < draft.priceTicks;
    if (draft.kind === "limit" && isBeyond) break;
    const left = draft.lots - takenLots;
    const offered = opposite.lots(index);
    const lots = offered < left ? offered : left;
    const quanta = notionalOf(market, ticks, lots);
    worstTicks = ticks;
    takenLots += lots;
    takenQuanta += quanta;
    feeQuanta += feeOf(receivedOf(market, draft, lots, quanta), rates.takerPpm);
  }
  return { takenLots, takenQuanta, feeQuanta, worstTicks };
}

function conclude(
  market: Market,
  draft: Terms,
  walk: Walk,
  restingLots: bigint,
  rates: FeeRates,
  warning: PreviewWarning | undefined,
): Preview {
  const restingQuanta = notionalOf(market, draft.priceTicks, restingLots);
  const notionalQuanta = walk.takenQuanta + restingQuanta;
  const grossQuanta = receivedOf(market, draft, walk.takenLots + restingLots, notionalQuanta);
  const restingGross = receivedOf(market, draft, restingLots, restingQuanta);
  const feeQuanta = walk.feeQuanta + feeOf(restingGross, rates.makerPpm);
  const neededQuanta = draft.side === "BUY" ? notionalQuanta : baseAmountOf(market, draft.lots);
  return {
    takenLots: walk.takenLots,
    restingLots,
    averagePrice: averageOf(market, walk),
    notionalQuanta,
    neededQuanta,
    feeQuanta,
    receivedQuanta: grossQuanta - feeQuanta,
    warning,
  };
}

function averageOf(market: Market, { takenLots, takenQuanta }: Walk): string {
  if (takenLots === 0n) return "";
  const { priceDecimals, baseDecimals, quoteDecimals } = market;
  const scaled = takenQuanta * 10n ** BigInt(baseDecimals + priceDecimals);
  const units = scaled / (baseAmountOf(market, takenLots) * 10n ** BigInt(quoteDecimals));
  return formatDecimal(units, priceDecimals);
}

/**
 * The most lots that `quanta` of the quote buy: at the limit price, or for a market order up the asks.
 *
 * Units    `limitTicks` undefined for a market order.
 */
export function affordableLots(
  market: Market,
  quanta: bigint,
  limitTicks: number | undefined,
  asks: BookSide,
): bigint {
  if (limitTicks !== undefined) {
    return limitTicks === 0 ? 0n : quanta / notionalOf(market, limitTicks, 1n);
  }
  let left = quanta;
  let lots = 0n;
  for (let index = 0; index < asks.count; index++) {
    const lotQuanta = notionalOf(market, asks.priceTicks(index), 1n);
    const affordable = left / lotQuanta;
    const offered = asks.lots(index);
    const taken = offered < affordable ? offered : affordable;
    lots += taken;
    left -= taken * lotQuanta;
    if (taken < offered) break;
  }
  return lots;
}
