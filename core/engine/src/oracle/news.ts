import { CancelReason } from "@rialto/protocol";
import { endOpenOrder } from "./end-order.ts";
import type { Exchange, Order } from "./exchange.ts";
import type { Outbox } from "./outbox.ts";
import { computeWatch } from "./place-special.ts";
import { listProtected } from "./protection.ts";
import { getSpecial } from "./specials.ts";
import { showFirst } from "./triggers.ts";

// What the orders of a list do to each other. Source: matching.md §2.12.

/**
 * Carries out the news there is, the first first, then what tripped protections end.
 *
 * Returns  how much more may be carried out after the command.
 */
export function attendNews(exchange: Exchange, newsLeft: number, outbox: Outbox): number {
  let left = newsLeft;
  while (left > 0) {
    left = attendOrders(exchange, left, outbox);
    const [first] = exchange.tripped;
    if (left === 0 || first === undefined) return left;
    const { account, protection } = first;
    for (const order of listProtected(account, protection.market).slice(0, left)) {
      left -= 1;
      endOpenOrder(exchange, order, CancelReason.Protection, outbox);
    }
    if (left === 0) return 0;
    left -= 1;
    exchange.tripped.shift();
  }
  return 0;
}

function attendOrders(exchange: Exchange, newsLeft: number, outbox: Outbox): number {
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
  endOpenOrder(exchange, order, CancelReason.ListPartner, outbox);
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
  showFirst(exchange, market);
  market.watchers.add(order);
}
