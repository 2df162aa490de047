import { PPM, Side } from "@rialto/protocol";
import type { Market } from "./exchange.ts";

// How far from the last trade an order may be priced, and a market order may trade.
//
// Source: matching.md §5.

/** The highest price of the band, or undefined if the market has no upper bound. */
function bandHighTicks(market: Market): number | undefined {
  const { bandUpPpm } = market.terms;
  if (bandUpPpm === 0) return undefined;
  return Number((BigInt(market.lastTradeTicks) * (PPM + BigInt(bandUpPpm))) / PPM);
}

/** The lowest price of the band, or undefined if the market has no lower bound. */
function bandLowTicks(market: Market): number | undefined {
  const { bandDownPpm } = market.terms;
  if (bandDownPpm === 0) return undefined;
  const scaled = BigInt(market.lastTradeTicks) * (PPM - BigInt(bandDownPpm));
  return Number((scaled + PPM - 1n) / PPM);
}

/** True if a limit order may be priced at `priceTicks` now. */
export function isInBand(market: Market, priceTicks: number): boolean {
  const high = bandHighTicks(market);
  const low = bandLowTicks(market);
  if (high !== undefined && priceTicks > high) return false;
  return low === undefined || priceTicks >= low;
}

/** The worst price at which a market order of `side` trades now. */
export function collarTicks(market: Market, side: Side): number {
  const { priceTicksMin, priceTicksMax } = market.terms;
  return side === Side.Buy
    ? Math.min(bandHighTicks(market) ?? priceTicksMax, priceTicksMax)
    : Math.max(bandLowTicks(market) ?? priceTicksMin, priceTicksMin);
}
