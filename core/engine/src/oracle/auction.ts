import { fail } from "@rialto/base";
import { Side } from "@rialto/protocol";
import type { AuctionView } from "../engine.ts";
import { bestTicks, darkLimits } from "./dark.ts";
import type { BookSide, Market } from "./exchange.ts";
import { hasMarketOrders, isCrossed } from "./market-state.ts";
import { remainingLots } from "./orders.ts";

// The price of an uncrossing. Source: matching.md §3.4.

interface Candidate {
  readonly priceTicks: number;
  readonly lots: bigint;
  /** What buyers want less what sellers have. */
  readonly surplus: bigint;
}

/** What uncrossing the book now would trade, or undefined for nothing. */
export function computeAuction(market: Market): AuctionView | undefined {
  if (!isCrossed(market) && !hasMarketOrders(market)) return undefined;
  const candidates = listPrices(market).map((priceTicks) => weigh(market, priceTicks));
  const most = candidates.reduce((lots, each) => (each.lots > lots ? each.lots : lots), 0n);
  if (most === 0n) return undefined;
  const heavy = candidates.filter((each) => each.lots === most);
  const least = heavy.reduce<bigint | undefined>((lots, each) => {
    const size = sizeOf(each.surplus);
    return lots === undefined || size < lots ? size : lots;
  }, undefined);
  const even = heavy.filter((each) => sizeOf(each.surplus) === least);
  return viewOf(choose(even, market.lastTradeTicks));
}

/** What an uncrossing that has begun trades next: at one price, in however many steps, as long as anything trades at it. */
export function computeNext(market: Market): AuctionView | undefined {
  const goesOn = hasTraded(market) ? weigh(market, market.lastTradeTicks) : undefined;
  return goesOn !== undefined && goesOn.lots > 0n ? viewOf(goesOn) : computeAuction(market);
}

/** True if anything has traded since the market began to uncross. */
export function hasTraded({ tradeCount, uncrossFrom }: Market): boolean {
  return tradeCount > uncrossFrom;
}

function viewOf({ priceTicks, lots, surplus }: Candidate): AuctionView {
  return {
    priceTicks,
    lots,
    surplusSide: surplus < 0n ? Side.Sell : Side.Buy,
    surplusLots: sizeOf(surplus),
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

/** Among which prices the price is looked for. */
function findRange(market: Market): { readonly low: number; readonly high: number } {
  const { bids, asks, lastTradeTicks } = market;
  if (!hasMarketOrders(market)) {
    const low = bestTicks(asks) ?? fail("a crossed book has asks");
    const high = bestTicks(bids) ?? fail("a crossed book has bids");
    return { low, high };
  }
  const limits = [bids, asks].flatMap((book) => [...book.levels, ...darkLimits(book)]);
  const prices = [lastTradeTicks, ...limits.map((each) => each.priceTicks)];
  const low = prices.reduce((least, each) => Math.min(least, each));
  const high = prices.reduce((most, each) => Math.max(most, each));
  return { low, high };
}

/** The prices at which anything changes, and the reference, within the range; ascending. */
function listPrices(market: Market): number[] {
  const { low, high } = findRange(market);
  const prices = new Set([low, high, market.lastTradeTicks]);
  const { bids, asks } = market;
  for (const { priceTicks } of [...bids.levels, ...bids.dark]) {
    prices.add(priceTicks).add(priceTicks + 1);
  }
  for (const { priceTicks } of [...asks.levels, ...asks.dark]) {
    prices.add(priceTicks).add(priceTicks - 1);
  }
  return [...prices].filter((each) => each >= low && each <= high).sort((a, b) => a - b);
}

function weigh(market: Market, priceTicks: number): Candidate {
  const wanted = sumLots(market.bids, (ticks) => ticks >= priceTicks);
  const offered = sumLots(market.asks, (ticks) => ticks <= priceTicks);
  return { priceTicks, lots: wanted < offered ? wanted : offered, surplus: wanted - offered };
}

/** All lots at the prices that count, whether shown or not. */
function sumLots(book: BookSide, counts: (priceTicks: number) => boolean): bigint {
  const orders = [...book.levels.flatMap((level) => level.orders), ...book.dark];
  return orders
    .filter((order) => counts(order.priceTicks))
    .reduce((lots, order) => lots + remainingLots(order), 0n);
}

function sizeOf(surplus: bigint): bigint {
  return surplus < 0n ? -surplus : surplus;
}
