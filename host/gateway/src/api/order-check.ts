import type { MarketView } from "@rialto/engine";
import {
  type MarketTerms,
  MarketState,
  OrderType,
  PegKind,
  PPM,
  RejectCode,
  Side,
  TriggerKind,
  TriggerSource,
} from "@rialto/protocol";
import type { OrderDraft } from "./order-draft.ts";

type Terms = OrderDraft["terms"];

/**
 * What a market would refuse an order for before the engine looks at the account's money and the book: how an order is
 * tried out without being placed.
 *
 * Returns  the code of the first check that fails, or undefined.
 * Source   matching.md §2.1, checks 4 to 8, §2.11 and §5.
 */
export function checkTerms(terms: Terms, view: MarketView, nowMs: number): RejectCode | undefined {
  const market = view.terms;
  const { orderType, priceTicks, quantity, displayLots } = terms;
  const waits = terms.trigger !== TriggerKind.None || terms.peg !== PegKind.None;
  const closed = stateRefusal(market.state, waits ? undefined : orderType);
  if (closed !== undefined) return closed;
  const isInRange = (ticks: number): boolean =>
    ticks >= market.priceTicksMin && ticks <= market.priceTicksMax;
  const { triggerTicks } = terms;
  if (triggerTicks !== 0 && !isInRange(triggerTicks)) return RejectCode.PriceOutOfRange;
  const isLimit = orderType !== OrderType.Market && orderType !== OrderType.MarketByQuote;
  if (isLimit && !isInRange(priceTicks)) return RejectCode.PriceOutOfRange;
  const isByQuote = orderType === OrderType.MarketByQuote;
  const isSized = quantity >= market.lotsMin && quantity <= market.lotsMax;
  if (!isByQuote && !isSized) return RejectCode.LotsOutOfRange;
  const ticks = BigInt(isLimit ? priceTicks : view.lastTradeTicks);
  const notional = isByQuote ? quantity : ticks * quantity * market.tickLotQuanta;
  if (notional < market.notionalMinQuanta) return RejectCode.NotionalTooSmall;
  if (notional > market.notionalMaxQuanta) return RejectCode.NotionalTooLarge;
  const lastTicks = lastTicksOf(terms, view);
  if (isLimit && lastTicks !== undefined && !isInBand(priceTicks, market, lastTicks)) {
    return RejectCode.PriceOutsideBand;
  }
  if (displayLots !== 0n && displayLots < market.lotsMin) return RejectCode.LotsOutOfRange;
  if (terms.expiresMs !== 0 && terms.expiresMs <= nowMs) return RejectCode.ExpiryPassed;
  const isOfLast = terms.triggerSource === TriggerSource.LastTrade;
  const isMet = isOfLast && triggerTicks !== 0 && hasCome(terms, view.lastTradeTicks);
  return isMet ? RejectCode.WouldTrigger : undefined;
}

/** Whether the state lets in an order of a type; one that waits comes as if it had none. Source: matching.md §2.8. */
function stateRefusal(
  state: MarketState,
  orderType: OrderType | undefined,
): RejectCode | undefined {
  switch (state) {
    case MarketState.Trading:
      return undefined;
    case MarketState.PostOnly: {
      const isIn = orderType === undefined || orderType === OrderType.PostOnly;
      return isIn ? undefined : RejectCode.MarketPostOnly;
    }
    case MarketState.PreOpen:
    case MarketState.Auction: {
      const isIn = orderType === OrderType.Limit || orderType === OrderType.Market;
      return isIn || orderType === undefined ? undefined : RejectCode.MarketInAuction;
    }
    case MarketState.CancelOnly:
      return RejectCode.MarketCancelOnly;
    case MarketState.Halted:
      return RejectCode.MarketHalted;
    case MarketState.Closed:
    case MarketState.Delisted:
      return RejectCode.MarketClosed;
  }
}

/** True if the last price is one already that an order waits for. */
function hasCome({ side, trigger, triggerTicks }: Terms, lastTradeTicks: number): boolean {
  const isStop = trigger === TriggerKind.Stop || trigger === TriggerKind.TrailingStop;
  const isUp = (side === Side.Buy) === isStop;
  return isUp ? lastTradeTicks >= triggerTicks : lastTradeTicks <= triggerTicks;
}

/**
 * The last trade's price when the order comes to its book; undefined for one that trails, is pegged or waits for the best
 * quote: that is not known.
 */
function lastTicksOf(terms: Terms, view: MarketView): number | undefined {
  const { trigger, triggerTicks, triggerSource, peg } = terms;
  if (peg !== PegKind.None || triggerSource !== TriggerSource.LastTrade) return undefined;
  switch (trigger) {
    case TriggerKind.None:
      return view.lastTradeTicks;
    case TriggerKind.Stop:
    case TriggerKind.TakeProfit:
      return triggerTicks;
    default:
      return undefined;
  }
}

function isInBand(priceTicks: number, terms: MarketTerms, lastTicks: number): boolean {
  const { bandUpPpm, bandDownPpm } = terms;
  const last = BigInt(lastTicks);
  const high = (last * (PPM + BigInt(bandUpPpm))) / PPM;
  const low = (last * (PPM - BigInt(bandDownPpm)) + PPM - 1n) / PPM;
  const ticks = BigInt(priceTicks);
  return (bandUpPpm === 0 || ticks <= high) && (bandDownPpm === 0 || ticks >= low);
}
