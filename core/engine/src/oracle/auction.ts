import { Side } from "@rialto/protocol";
import type { AuctionView } from "../engine.ts";
import type { BookSide, Level, Market } from "./exchange.ts";
import { isCrossed } from "./market-state.ts";

// The price of an uncrossing. Source: matching.md §3.4.

interface Candidate {
  readonly priceTicks: number;
  readonly lots: bigint;
  /** What buyers want less what sellers have. */
  readonly surplus: bigint;
}

/** What uncrossing the book now would trade, or undefined for nothing. */
export function computeAuction(market: Market): AuctionView | undefined {
  if (!isCrossed(market)) return undefined;
  const candidates = listPrices(market).map((priceTicks) => weigh(market, priceTicks));
  const most = candidates.reduce((lots, each) => (each.lots > lots ? each.lots : lots), 0n);
  const heavy = candidates.filter((each) => each.lots === most);
  const least = heavy.reduce<bigint | undefined>((lots, each) => {
    const size = sizeOf(each.surplus);
    return lots === undefined || size < lots ? size : lots;
  }, undefined);
  const even = heavy.filter((each) => sizeOf(each.surplus) === least);
  const chosen = choose(even, market.lastTradeTicks);
  return {
    priceTicks: chosen.priceTicks,
    lots: chosen.lots,
    surplusSide: chosen.surplus < 0n ? Side.Sell : Side.Buy,
    surplusLots: sizeOf(chosen.surplus),
  };
}

/** Of prices that trade the same and leave the same: rules 3 and 4. */
function choose(candidates: readonly Candidate[], referenceTicks: number): Candidate {
  const low = candidates[0]!;
  const high = candidates.at(-1)!;
  if (candidates.every((each) => each.surplus > 0n)) return high;
  if (candidates.every((each) => each.surplus < 0n)) return low;
  const distance = (each: Candidate): number => Math.abs(each.priceTicks - referenceTicks);
  return candidates.reduce((best, each) => (distance(each) < distance(best) ? each : best));
}

/** The prices at which anything changes, and the reference, as far as the book is crossed; ascending. */
function listPrices(market: Market): number[] {
  const low = market.asks.levels[0]!.priceTicks;
  const high = market.bids.levels[0]!.priceTicks;
  const prices = new Set([low, high, market.lastTradeTicks]);
  for (const { priceTicks } of market.bids.levels) prices.add(priceTicks).add(priceTicks + 1);
  for (const { priceTicks } of market.asks.levels) prices.add(priceTicks).add(priceTicks - 1);
  return [...prices].filter((each) => each >= low && each <= high).sort((a, b) => a - b);
}

function weigh(market: Market, priceTicks: number): Candidate {
  const wanted = sumLots(market.bids, (level) => level.priceTicks >= priceTicks);
  const offered = sumLots(market.asks, (level) => level.priceTicks <= priceTicks);
  return { priceTicks, lots: wanted < offered ? wanted : offered, surplus: wanted - offered };
}

function sumLots(book: BookSide, counts: (level: Level) => boolean): bigint {
  let lots = 0n;
  for (const level of book.levels) {
    if (!counts(level)) continue;
    lots += level.lots;
    for (const order of level.orders) lots += order.hiddenLots;
  }
  return lots;
}

function sizeOf(surplus: bigint): bigint {
  return surplus < 0n ? -surplus : surplus;
}
