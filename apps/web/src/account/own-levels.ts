import { lotsOf, type Market, ticksOf } from "../market/market.ts";
import type { OrderRow } from "./order-row.ts";

/** What of the account's own can be seen at each price of a market: lots by ticks. */
export interface OwnLevels {
  readonly bids: ReadonlyMap<number, bigint>;
  readonly asks: ReadonlyMap<number, bigint>;
}

/** From the account's open orders in the market. */
export function ownLevelsOf(market: Market, openOrders: readonly OrderRow[]): OwnLevels {
  const [bids, asks] = [new Map<number, bigint>(), new Map<number, bigint>()];
  for (const order of openOrders) {
    if (!order.isWorking) continue;
    const side = order.side === "BUY" ? bids : asks;
    const ticks = ticksOf(market, order.price);
    const leftLots = lotsOf(market, order.quantity) - lotsOf(market, order.executed);
    const shownLots = lotsOf(market, order.shown);
    const seenLots = shownLots > 0n && shownLots < leftLots ? shownLots : leftLots;
    side.set(ticks, (side.get(ticks) ?? 0n) + seenLots);
  }
  return { bids, asks };
}
