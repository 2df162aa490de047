import { addToBook, cycleInBook, reduceInBook, removeFromBook } from "./book.ts";
import type { OrderId, OrderTerms } from "@rialto/protocol";
import { bookSide, getAccount, getMarket } from "./exchange.ts";
import type { Exchange, Order } from "./exchange.ts";
import { release, reserve, reserveOf, type Amount } from "./money.ts";
import { giveBackSlot } from "./slots.ts";
import { addDark, isUnseen, removeDark } from "./dark.ts";
import { endChildren, endPartner, forgetSpecial } from "./specials.ts";

// The life of an order. Each step keeps its places (book, order table, account, client order ids) and its
// reserve together.

/** What has neither traded nor been taken off. */
export function remainingLots(order: Order): bigint {
  return order.lots + order.hiddenLots;
}

function reserveOfOrder(order: Order): Amount {
  return reserveOf(order.market, order.side, order.priceTicks, remainingLots(order));
}

/** Makes `order` one of its account's open orders. */
export function registerOrder(exchange: Exchange, order: Order): void {
  const { account } = order;
  exchange.orders.set(order.id, order);
  account.orders.set(order.id, order);
  if (order.clientOrderId !== 0n) account.clientOrders.set(order.clientOrderId, order);
}

/** Puts a registered order at the end of its level, or where it rests unseen, and sets its reserve aside. */
export function enterBook(exchange: Exchange, order: Order): void {
  reserve(order.account, reserveOfOrder(order));
  order.isDark = isUnseen(order);
  if (order.isDark) return addDark(bookSide(order.market, order.side), order);
  exchange.levelPageCount += addToBook(bookSide(order.market, order.side), order);
}

/** Takes a registered order out of where it rests; its reserve becomes available. */
export function leaveBook(exchange: Exchange, order: Order): void {
  release(order.account, reserveOfOrder(order));
  if (order.isDark) return removeDark(bookSide(order.market, order.side), order);
  exchange.levelPageCount -= removeFromBook(bookSide(order.market, order.side), order);
}

/** True for an iceberg that has shown another part since its market began to uncross, and hides more. */
export function isRenewed({ market, special, hiddenLots }: Order): boolean {
  return special !== undefined && hiddenLots > 0n && special.renewedBy > market.uncrossFrom;
}

/**
 * Takes traded `lots`, whose reserve is spent, off what `order` shows, and then off what it hides.
 *
 * Returns  "refilled" if it shows the next of what it hides, at the end of its level; "ended" if it has nothing left.
 */
export function reduceTraded(
  exchange: Exchange,
  order: Order,
  lots: bigint,
): "reduced" | "refilled" | "ended" {
  const book = bookSide(order.market, order.side);
  const fromShown = lots < order.lots ? lots : order.lots;
  order.hiddenLots -= lots - fromShown;
  if (order.isDark) order.lots -= fromShown;
  else reduceInBook(book, order, fromShown);
  endPartner(exchange, order);
  if (order.lots > 0n) return "reduced";
  if (order.hiddenLots === 0n) {
    leaveBook(exchange, order);
    forgetOrder(exchange, order, true);
    return "ended";
  }
  const { displayLots } = order.special!;
  const shown = displayLots < order.hiddenLots ? displayLots : order.hiddenLots;
  order.hiddenLots -= shown;
  cycleInBook(book, order, shown);
  return "refilled";
}

/** Takes `lots` off what `order` shows without a trade. */
export function reduceUntraded(
  exchange: Exchange,
  order: Order,
  lots: bigint,
): "reduced" | "refilled" | "ended" {
  release(order.account, reserveOf(order.market, order.side, order.priceTicks, lots));
  endChildren(exchange, order);
  return reduceTraded(exchange, order, lots);
}

/** Ends `order` with all it has left, wherever it is, and gives its slot back. */
export function endOrder(exchange: Exchange, order: Order): void {
  if (!order.isWaiting) leaveBook(exchange, order);
  forgetOrder(exchange, order, false);
}

/** Ends an order that is in no book, and gives its slot back. `isComplete`: without a word, it has nothing left. */
export function forgetOrder(exchange: Exchange, order: Order, isComplete: boolean): void {
  const { account } = order;
  forgetSpecial(exchange, order, isComplete);
  exchange.orders.delete(order.id);
  account.orders.delete(order.id);
  if (order.clientOrderId !== 0n) account.clientOrders.delete(order.clientOrderId);
  giveBackSlot(exchange.slots, order.id);
}

/** An order that is nowhere yet. */
export function makeOrder(id: OrderId, exchange: Exchange, terms: OrderTerms): Order {
  return {
    id,
    account: getAccount(exchange, terms.account),
    market: getMarket(exchange, terms.market),
    side: terms.side,
    priceTicks: terms.priceTicks,
    lots: terms.quantity,
    hiddenLots: 0n,
    isWaiting: false,
    isDark: false,
    special: undefined,
    clientOrderId: terms.clientOrderId,
  };
}
