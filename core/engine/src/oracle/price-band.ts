import { PPM, Side } from "@rialto/protocol";
import type { Market } from "./exchange.ts";

// How far from the last trade an order may be priced, and a market order may trade.
//
// Source: matching.md §5.

/** The highest price of the band around `lastTicks`, or undefined if the market has no upper bound. */
function bandHighTicks(market: Market, lastTicks: number): number | undefined {
  const { bandUpPpm } = market.terms;
  if (bandUpPpm === 0) return undefined;
  return Number((BigInt(lastTicks) * (PPM + BigInt(bandUpPpm))) / PPM);
}

/** The lowest price of the band around `lastTicks`, or undefined if the market has no lower bound. */
function bandLowTicks(market: Market, lastTicks: number): number | undefined {
  const { bandDownPpm } = market.terms;
  if (bandDownPpm === 0) return undefined;
  const scaled = BigInt(lastTicks) * (PPM - BigInt(bandDownPpm));
  return Number((scaled + PPM - 1n) / PPM);
}

/** True if a limit order may be priced at `priceTicks` when the last trade's price is `lastTicks`. */
export function isInBand(market: Market, priceTicks: number, lastTicks: number): boolean {
  const high = bandHighTicks(market, lastTicks);
  const low = bandLowTicks(market, lastTicks);
  if (high !== undefined && priceTicks > high) return false;
  return low === undefined || priceTicks >= low;
}

/**
 * The worst price at which a market order of `side` that comes now trades in an auction. A buy reserves for that price: where the
 * market has no upper bound it is twice the last trade's, which somebody can have.
 */
export function auctionCollarTicks(market: Market, side: Side): number {
  const { lastTradeTicks, terms } = market;
  const isBound = side === Side.Sell || terms.bandUpPpm !== 0;
  return isBound ? collarTicks(market, side) : Math.min(2 * lastTradeTicks, terms.priceTicksMax);
}

/** The worst price at which a market order of `side` trades now. */
export function collarTicks(market: Market, side: Side): number {
  const { lastTradeTicks } = market;
  const { priceTicksMin, priceTicksMax } = market.terms;
  return side === Side.Buy
    ? Math.min(bandHighTicks(market, lastTradeTicks) ?? priceTicksMax, priceTicksMax)
    : Math.max(bandLowTicks(market, lastTradeTicks) ?? priceTicksMin, priceTicksMin);
}
