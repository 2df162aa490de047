import { fail } from "@rialto/base";
import { OrderType, Side } from "@rialto/protocol";
import type { BookSide, Level, Order } from "./exchange.ts";

// Orders that rest unseen: the dark orders of one side of a book. Source: matching.md §2.18.

/** True for an order that rests unseen, or would. */
export function isUnseen(order: Order): boolean {
  return order.special?.isHidden === true;
}

/** Puts `order` behind all dark orders that are as good. */
export function addDark(book: BookSide, order: Order): void {
  const worse = book.dark.findIndex((each) => isBehind(book, each, order));
  book.dark.splice(worse < 0 ? book.dark.length : worse, 0, order);
}

export function removeDark(book: BookSide, order: Order): void {
  const position = book.dark.indexOf(order);
  if (position < 0) fail("a dark order is one of its side's");
  book.dark.splice(position, 1);
}

/** True for a market order that waits for an auction: its price is its collar. */
export function isMarketOrder(order: Order): boolean {
  return order.special?.terms.orderType === OrderType.Market;
}

/** True if `order` trades before `later`, which has been there longer. */
function isBehind(book: BookSide, later: Order, order: Order): boolean {
  if (isMarketOrder(order) !== isMarketOrder(later)) return isMarketOrder(order);
  return isBetter(book.side, order.priceTicks, later.priceTicks);
}

/** The dark orders that have a limit. */
export function darkLimits(book: BookSide): Order[] {
  return book.dark.filter((order) => !isMarketOrder(order));
}

/** Those that wait for an auction, the first to trade first. */
export function marketOrders(book: BookSide): Order[] {
  return book.dark.filter(isMarketOrder);
}

/** True if an order of a side at a price is met before one at the other. */
export function isBetter(side: Side, priceTicks: number, otherTicks: number): boolean {
  return side === Side.Buy ? priceTicks > otherTicks : priceTicks < otherTicks;
}

/** The best price at which a limit order of the side rests, seen or not. */
export function bestTicks(book: BookSide): number | undefined {
  const seen = book.levels[0]?.priceTicks;
  const unseen = darkLimits(book)[0]?.priceTicks;
  if (seen === undefined || unseen === undefined) return seen ?? unseen;
  return isBetter(book.side, unseen, seen) ? unseen : seen;
}

/** The first order of a side that is at `priceTicks` or better in an uncrossing: a market order if there is one. */
export function firstAuctioned(book: BookSide, priceTicks: number): Order | undefined {
  const [first] = marketOrders(book);
  const isReached = first !== undefined && !isBetter(book.side, priceTicks, first.priceTicks);
  return isReached ? first : firstOrder(book);
}

/** The first limit order of a side: what is shown goes before what is not at the same price. */
export function firstOrder(book: BookSide): Order | undefined {
  const [level] = book.levels;
  const [unseen] = darkLimits(book);
  const isUnseenFirst =
    unseen !== undefined &&
    (level === undefined || isBetter(book.side, unseen.priceTicks, level.priceTicks));
  if (isUnseenFirst) return unseen;
  return level?.orders[0];
}

/** All that rests at one price. */
export interface Rank {
  readonly priceTicks: number;
  readonly level: Level | undefined;
  /** Oldest first. */
  readonly dark: readonly Order[];
}

/** Every price of a side at which anything rests, best first. */
export function listRanks(book: BookSide): Rank[] {
  const prices = new Set([...book.levels, ...book.dark].map((each) => each.priceTicks));
  return [...prices]
    .sort((left, right) => (book.side === Side.Buy ? right - left : left - right))
    .map((priceTicks) => ({
      priceTicks,
      level: book.levels.find((level) => level.priceTicks === priceTicks),
      dark: book.dark.filter((order) => order.priceTicks === priceTicks),
    }));
}
