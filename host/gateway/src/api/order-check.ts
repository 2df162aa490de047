import type { MarketView } from "@rialto/engine";
import { MarketState, type OrderTerms, OrderType, PPM, RejectCode } from "@rialto/protocol";

/**
 * What the engine would say of an order before it looks at the account and the book: how an order is tried
 * out without being placed.
 *
 * Returns  the code of the first check that fails, or undefined.
 * Source   matching.md §2.1, checks 4 to 8, and §5.
 */
export function checkTerms(
  terms: Pick<OrderTerms, "orderType" | "priceTicks" | "quantity">,
  view: MarketView,
): RejectCode | undefined {
  const market = view.terms;
  if (market.state === MarketState.Halted) return RejectCode.MarketHalted;
  if (market.state === MarketState.CancelOnly) return RejectCode.MarketCancelOnly;
  const { orderType, priceTicks, quantity } = terms;
  const isLimit = orderType !== OrderType.Market && orderType !== OrderType.MarketByQuote;
  const isInRange = priceTicks >= market.priceTicksMin && priceTicks <= market.priceTicksMax;
  if (isLimit && !isInRange) return RejectCode.PriceOutOfRange;
  const isByQuote = orderType === OrderType.MarketByQuote;
  const isSized = quantity >= market.lotsMin && quantity <= market.lotsMax;
  if (!isByQuote && !isSized) return RejectCode.LotsOutOfRange;
  const ticks = BigInt(isLimit ? priceTicks : view.lastTradeTicks);
  const notional = isByQuote ? quantity : ticks * quantity * market.tickLotQuanta;
  if (notional < market.notionalMinQuanta) return RejectCode.NotionalTooSmall;
  if (notional > market.notionalMaxQuanta) return RejectCode.NotionalTooLarge;
  if (isLimit && !isInBand(priceTicks, view)) return RejectCode.PriceOutsideBand;
  return undefined;
}

function isInBand(priceTicks: number, view: MarketView): boolean {
  const { bandUpPpm, bandDownPpm } = view.terms;
  const last = BigInt(view.lastTradeTicks);
  const high = (last * (PPM + BigInt(bandUpPpm))) / PPM;
  const low = (last * (PPM - BigInt(bandDownPpm)) + PPM - 1n) / PPM;
  const ticks = BigInt(priceTicks);
  return (bandUpPpm === 0 || ticks <= high) && (bandDownPpm === 0 || ticks >= low);
}
