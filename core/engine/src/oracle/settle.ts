import {
  ACTIVATION_TOUCHES_MIN,
  ACTIVATIONS_PER_COMMAND_MAX,
  CancelReason,
  DUE_PER_COMMAND_MAX,
  EventKind,
} from "@rialto/protocol";
import { compareByExpiry } from "./due-order.ts";
import type { Exchange, Order } from "./exchange.ts";
import { endOrder, remainingLots } from "./orders.ts";
import type { Outbox } from "./outbox.ts";
import { comeToBook } from "./place.ts";
import { getSpecial } from "./specials.ts";
import { watchPrices } from "./triggers.ts";

// What happens around each command, without being asked for by it.

/** Ends the orders whose time is over. Source: matching.md §3.3. */
export function attendDue(exchange: Exchange, outbox: Outbox): void {
  const due = [...exchange.expiring]
    .filter((order) => getSpecial(order).expiresMs <= exchange.nowMs)
    .sort(compareByExpiry);
  for (const order of due.slice(0, DUE_PER_COMMAND_MAX)) {
    outbox.emit({
      kind: EventKind.Canceled,
      reason: CancelReason.Expired,
      orderId: order.id,
      remaining: remainingLots(order),
    });
    endOrder(exchange, order);
  }
}

/** Lets what the command has caused happen, as far as one command may. Source: matching.md §3.2. */
export function settle(exchange: Exchange, outbox: Outbox): void {
  watchPrices(exchange);
  for (let count = 0; count < ACTIVATIONS_PER_COMMAND_MAX; count++) {
    if (exchange.touchesLeft < ACTIVATION_TOUCHES_MIN) return;
    const order = exchange.ripe.shift();
    if (order === undefined) return;
    activate(exchange, order, outbox);
    watchPrices(exchange);
  }
}

function activate(exchange: Exchange, order: Order, outbox: Outbox): void {
  const special = getSpecial(order);
  comeToBook(exchange, { terms: special.terms, extras: special, known: order }, outbox);
}
