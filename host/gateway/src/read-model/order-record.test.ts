import type { OrderId } from "@rialto/protocol";
import { NOT_WORKING, OrderStatus } from "@rialto/storage";
import { expect, test } from "vitest";
import { OrderRecord, OrderTable } from "./order-record.ts";

const SLOTS = 2 ** 24;

function orderOf(orderId: number, account = 1, market = 0): OrderRecord {
  return new OrderRecord({
    serial: orderId,
    orderId,
    account,
    market,
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
    expiresMs: 0,
    pegKind: 0,
    pegTicks: 0,
    flags: 0,
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

test("what an account has open in a market is told without a look at any other order", () => {
  const table = new OrderTable(10);
  const orders = [orderOf(1), orderOf(2), orderOf(3), orderOf(4), orderOf(5, 2), orderOf(6, 1, 2)];
  for (const order of orders) table.add(order);
  const idsOf = (account: number, market?: number): number[] =>
    table.open(account, market).map(({ orderId }) => orderId);
  expect([idsOf(1, 0), idsOf(1), idsOf(2), idsOf(3)]).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4, 6],
    [5],
    [],
  ]);
  // The oldest, one in the middle, and the newest end.
  for (const orderId of [1, 3, 4]) table.close(orders[orderId - 1]!);
  expect([idsOf(1, 0), idsOf(1)]).toEqual([[2], [2, 6]]);
  table.add(orderOf(7));
  expect(idsOf(1, 0)).toEqual([2, 7]);
  for (const order of [orders[1]!, orders[4]!]) {
    Object.defineProperty(order, "nextOpen", { get: () => expect.unreachable("it is looked at") });
  }
  expect([idsOf(1, 1), idsOf(1, 2)]).toEqual([[], [6]]);
});
