import { addToBook, reduceInBook, removeFromBook } from "./book.ts";
import { bookSide } from "./exchange.ts";
import type { Exchange, Order } from "./exchange.ts";
import { release, reserve, reserveOf } from "./money.ts";
import { giveBackSlot } from "./slots.ts";

// The life of an order in the book. Each step keeps its four places (book, order table, account,
// client order ids) and its reserve together.

/** Lets `order` wait at the end of its level, its reserve set aside. */
export function restOrder(exchange: Exchange, order: Order): void {
  const { account } = order;
  enterBook(exchange, order);
  exchange.orders.set(order.id, order);
  account.orders.set(order.id, order);
  if (order.clientOrderId !== 0n) account.clientOrders.set(order.clientOrderId, order);
}

/** Puts a known order at the end of its level and sets its reserve aside. */
export function enterBook(exchange: Exchange, order: Order): void {
  const { account, market, side, priceTicks, lots } = order;
  reserve(account, reserveOf(market, side, priceTicks, lots));
  exchange.levelPageCount += addToBook(bookSide(market, side), order);
}

/** Takes a known order out of its level; its reserve becomes available. */
export function leaveBook(exchange: Exchange, order: Order): void {
  const { account, market, side, priceTicks, lots } = order;
  release(account, reserveOf(market, side, priceTicks, lots));
  exchange.levelPageCount -= removeFromBook(bookSide(market, side), order);
}

/** Takes traded `lots`, whose reserve is spent, off `order`, which ends if none are left. */
export function reduceTraded(exchange: Exchange, order: Order, lots: bigint): void {
  reduceInBook(bookSide(order.market, order.side), order, lots);
  if (order.lots === 0n) endOrder(exchange, order);
}

/** Takes `lots` off `order` without a trade, which ends if none are left. */
export function reduceUntraded(exchange: Exchange, order: Order, lots: bigint): void {
  release(order.account, reserveOf(order.market, order.side, order.priceTicks, lots));
  reduceTraded(exchange, order, lots);
}

/** Takes `order` out of the book with all it has left, and gives its slot back. */
export function endOrder(exchange: Exchange, order: Order): void {
  leaveBook(exchange, order);
  forgetOrder(exchange, order);
}

/** Ends an order that is in no book, and gives its slot back. */
export function forgetOrder(exchange: Exchange, order: Order): void {
  const { account } = order;
  exchange.orders.delete(order.id);
  account.orders.delete(order.id);
  if (order.clientOrderId !== 0n) account.clientOrders.delete(order.clientOrderId);
  giveBackSlot(exchange.slots, order.id);
}
