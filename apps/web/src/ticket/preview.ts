import { formatDecimal } from "@rialto/protocol";
import type { BookSide } from "../market/book-side.ts";
import { baseAmountOf, type Market, notionalOf } from "../market/market.ts";
import type { OrderDraft } from "./order-draft.ts";

/** Parts in a million of what is received. */
export interface FeeRates {
  readonly makerPpm: bigint;
  readonly takerPpm: bigint;
}

/** What deserves a word before the order is sent. */
export type PreviewWarning = "wouldTake" | "wouldExpire" | "partlyExpires" | "partlyUnfilled";

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

interface Walk {
  readonly takenLots: bigint;
  readonly takenQuanta: bigint;
  /** Fees of what is received, each level's rounded up as the exchange rounds each fill. */
  readonly feeQuanta: bigint;
}

const PPM = 1_000_000n;

/** The fee of a fill, in the asset that is received and rounded up to what the ledger keeps of it. */
function feeOf(market: Market, draft: OrderDraft, receivedQuanta: bigint, ratePpm: bigint): bigint {
  const step = draft.side === "BUY" ? market.baseFeeStep : market.quoteFeeStep;
  const divisor = PPM * step;
  return ((receivedQuanta * ratePpm + divisor - 1n) / divisor) * step;
}

/** What a fill gives: the base to a buyer, the quote to a seller. */
function receivedOf(market: Market, draft: OrderDraft, lots: bigint, quanta: bigint): bigint {
  return draft.side === "BUY" ? baseAmountOf(market, lots) : quanta;
}

/**
 * Computes what would come of `draft` against the other side of the book. Pure.
 *
 * Shape    `opposite` is the asks for a buyer, the bids for a seller.
 */
export function previewOrder(
  market: Market,
  draft: OrderDraft,
  opposite: BookSide,
  rates: FeeRates,
): Preview {
  const walk = walkBook(market, draft, opposite, rates);
  if (draft.isPostOnly && draft.kind === "limit") {
    const warning = walk.takenLots > 0n ? "wouldTake" : undefined;
    return conclude(market, draft, NOTHING, draft.lots, rates, warning);
  }
  const leftLots = draft.lots - walk.takenLots;
  if (leftLots === 0n) return conclude(market, draft, walk, 0n, rates, undefined);
  if (draft.kind === "market") return conclude(market, draft, walk, 0n, rates, "partlyUnfilled");
  if (draft.timeInForce === "FOK")
    return conclude(market, draft, NOTHING, 0n, rates, "wouldExpire");
  if (draft.timeInForce === "IOC") {
    const warning = walk.takenLots === 0n ? "wouldExpire" : "partlyExpires";
    return conclude(market, draft, walk, 0n, rates, warning);
  }
  return conclude(market, draft, walk, leftLots, rates, undefined);
}

const NOTHING: Walk = { takenLots: 0n, takenQuanta: 0n, feeQuanta: 0n };

function walkBook(market: Market, draft: OrderDraft, opposite: BookSide, rates: FeeRates): Walk {
  const isBuy = draft.side === "BUY";
  let takenLots = 0n;
  let takenQuanta = 0n;
  let feeQuanta = 0n;
  for (let index = 0; index < opposite.count && takenLots < draft.lots; index++) {
    const ticks = opposite.priceTicks(index);
    const isBeyond = isBuy ? ticks > draft.priceTicks : ticks < draft.priceTicks;
    if (draft.kind === "limit" && isBeyond) break;
    const left = draft.lots - takenLots;
    const offered = opposite.lots(index);
    const lots = offered < left ? offered : left;
    const quanta = notionalOf(market, ticks, lots);
    takenLots += lots;
    takenQuanta += quanta;
    feeQuanta += feeOf(market, draft, receivedOf(market, draft, lots, quanta), rates.takerPpm);
  }
  return { takenLots, takenQuanta, feeQuanta };
}

function conclude(
  market: Market,
  draft: OrderDraft,
  walk: Walk,
  restingLots: bigint,
  rates: FeeRates,
  warning: PreviewWarning | undefined,
): Preview {
  const restingQuanta = notionalOf(market, draft.priceTicks, restingLots);
  const notionalQuanta = walk.takenQuanta + restingQuanta;
  const grossQuanta = receivedOf(market, draft, walk.takenLots + restingLots, notionalQuanta);
  const restingGross = receivedOf(market, draft, restingLots, restingQuanta);
  const feeQuanta = walk.feeQuanta + feeOf(market, draft, restingGross, rates.makerPpm);
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
