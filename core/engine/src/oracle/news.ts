import { CancelReason, EventKind } from "@rialto/protocol";
import type { Exchange, Order } from "./exchange.ts";
import { endOrder, remainingLots } from "./orders.ts";
import type { Outbox } from "./outbox.ts";
import { computeWatch } from "./place-special.ts";
import { getSpecial } from "./specials.ts";
import { noteBook } from "./uncross.ts";

// What the orders of a list do to each other. Source: matching.md §2.12.

/** Carries out the news there is, the first first. Returns how much more may be carried out after the command. */
export function attendNews(exchange: Exchange, newsLeft: number, outbox: Outbox): number {
  for (let left = newsLeft; left > 0; left--) {
    const order = exchange.news.shift();
    if (order === undefined) return left;
    const special = getSpecial(order);
    const { news } = special;
    special.news = undefined;
    if (news === "ends") endByPartner(exchange, order, outbox);
    else begin(exchange, order);
  }
  return 0;
}

/** Ends an order because of another of its list. */
export function endByPartner(exchange: Exchange, order: Order, outbox: Outbox): void {
  outbox.emit({
    kind: EventKind.Canceled,
    reason: CancelReason.ListPartner,
    orderId: order.id,
    remaining: remainingLots(order),
  });
  endOrder(exchange, order);
  noteBook(order.market);
}

/** Lets an order that was dormant wait for its price, or be ripe. */
function begin(exchange: Exchange, order: Order): void {
  const special = getSpecial(order);
  const { market } = order;
  special.isDormant = false;
  if (special.trigger === undefined) {
    exchange.ripe.push(order);
    return;
  }
  special.watch = computeWatch(market, special.trigger);
  market.watchers.add(order);
  market.unseenTicks ??= market.lastTradeTicks;
}
