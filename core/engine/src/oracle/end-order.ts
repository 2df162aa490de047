import { EventKind, type CancelReason } from "@rialto/protocol";
import type { Exchange, Order } from "./exchange.ts";
import { endOrder, remainingLots } from "./orders.ts";
import type { Outbox } from "./outbox.ts";
import { noteBook } from "./uncross.ts";

/** Ends an open order, wherever it is, and says why: mutates `exchange`, emits to `outbox`. */
export function endOpenOrder(
  exchange: Exchange,
  order: Order,
  reason: CancelReason,
  outbox: Outbox,
): void {
  outbox.emit({
    kind: EventKind.Canceled,
    reason,
    orderId: order.id,
    remaining: remainingLots(order),
  });
  endOrder(exchange, order);
  noteBook(order.market);
}
