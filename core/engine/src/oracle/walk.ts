import { OrderType, type Side } from "@rialto/protocol";
import { crosses } from "./book.ts";
import { oppositeSide } from "./exchange.ts";
import type { Market } from "./exchange.ts";
import { quoteQuanta } from "./money.ts";

export interface WalkOrder {
  readonly side: Side;
  readonly orderType: typeof OrderType.Market | typeof OrderType.MarketByQuote;
  /** Lots; by quote, quanta. */
  readonly quantity: bigint;
  readonly collarTicks: number;
  /** How many resting orders the walk sees. */
  readonly ordersMax: number;
}

/**
 * What a market order would trade if it owned nothing in the book: the base of check 11.
 *
 * Effects  pure.
 * Source   matching.md §2.2.
 */
export function walkBook(
  market: Market,
  order: WalkOrder,
): { readonly lots: bigint; readonly costQuanta: bigint } {
  let lots = 0n;
  let costQuanta = 0n;
  let ordersLeft = order.ordersMax;
  for (const level of oppositeSide(market, order.side).levels) {
    if (!crosses(order.side, order.collarTicks, level.priceTicks)) break;
    const wanted =
      order.orderType === OrderType.MarketByQuote
        ? (order.quantity - costQuanta) / quoteQuanta(market, level.priceTicks, 1n)
        : order.quantity - lots;
    const seen = level.orders.slice(0, ordersLeft);
    ordersLeft -= seen.length;
    const there = seen.reduce((sum, maker) => sum + maker.lots, 0n);
    const taken = wanted < there ? wanted : there;
    lots += taken;
    costQuanta += quoteQuanta(market, level.priceTicks, taken);
    if (taken < there) break;
  }
  return { lots, costQuanta };
}
