import type { OrderId } from "@rialto/protocol";
import { NOT_WORKING, OrderStatus } from "@rialto/storage";
import { expect, test } from "vitest";
import { OrderRecord, OrderTable } from "./order-record.ts";

const SLOTS = 2 ** 24;

function orderOf(orderId: number): OrderRecord {
  return new OrderRecord({
    serial: orderId,
    orderId,
    account: 1,
    market: 0,
    side: 0,
    orderType: 0,
    selfTrade: 0,
    priceTicks: 1,
    lots: 1,
    quoteQuanta: 0n,
    clientOrderId: 0n,
    text: "",
    executedLots: 0,
    executedQuanta: 0n,
    preventedLots: 0,
    status: OrderStatus.New,
    createdMs: 0,
    updatedMs: 0,
    triggerKind: 0,
    triggerTicks: 0,
    trailBasisPoints: 0,
    displayLots: 0,
    waitedMs: NOT_WORKING,
    listId: 0,
    listKind: 0,
    listText: "",
  });
}

test("an order that is forgotten holds none that came or ended after it: an open one of its list may hold it for months", () => {
  const table = new OrderTable(2);
  const orders: OrderRecord[] = [];
  // One after the other in the same slot, as its generations say.
  for (let generation = 1; generation <= 5; generation++) {
    const order = orderOf(generation * SLOTS + 1);
    orders.push(order);
    table.add(order);
    order.status = OrderStatus.Filled;
    table.close(order);
  }
  const links = orders.map(({ earlier, later, nextClosed }) =>
    [earlier, later, nextClosed].map((order) => order && orders.indexOf(order)),
  );
  const none = undefined;
  const forgotten = [none, none, none];
  expect(links).toEqual([forgotten, forgotten, forgotten, [none, 4, 4], [3, none, none]]);
  expect(orders.map(({ orderId }) => table.find(orderId as OrderId) !== undefined)).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
});
