import type { RestClient } from "@rialto/client";

interface OrderRow {
  readonly clientOrderId: string;
  readonly status: string;
}

/**
 * What a node says has become of orders, by client order id.
 *
 * Errors   those of the client: also for an order that the node does not know.
 */
export async function readOrderStatuses(
  reader: RestClient,
  symbol: string,
  clientOrderIds: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const newest = (await reader.signed("GET", "/api/v3/allOrders", {
    symbol,
    limit: 1_000,
  })) as readonly OrderRow[];
  const statuses = new Map(newest.map((order) => [order.clientOrderId, order.status]));
  // Of more orders than one answer holds, the oldest are asked for one by one.
  for (const origClientOrderId of clientOrderIds) {
    if (statuses.has(origClientOrderId)) continue;
    const one = (await reader.signed("GET", "/api/v3/order", {
      symbol,
      origClientOrderId,
    })) as OrderRow;
    statuses.set(one.clientOrderId, one.status);
  }
  return statuses;
}
