import { fail } from "@rialto/base";
import { LEVELS_PER_PAGE, Side } from "@rialto/protocol";
import type { BookSide, Level, Order } from "./exchange.ts";

// One side of a book: levels from best to worst, in each the orders in their order of arrival.

export function createBookSide(side: Side): BookSide {
  return { side, levels: [], pages: new Map(), dark: [] };
}

/** True if an order of `takerSide` limited to `limitTicks` trades at `priceTicks`. */
export function crosses(takerSide: Side, limitTicks: number, priceTicks: number): boolean {
  return takerSide === Side.Buy ? priceTicks <= limitTicks : priceTicks >= limitTicks;
}

/** The page of `priceTicks`: the levels 16k to 16k + 15 are page k. */
export function pageOf(priceTicks: number): number {
  return Math.floor(priceTicks / LEVELS_PER_PAGE);
}

/** Puts `order` behind all others of its price. Returns how many pages more are in use now. */
export function addToBook(book: BookSide, order: Order): number {
  const index = findLevelIndex(book, order.priceTicks);
  const level = book.levels[index];
  if (level !== undefined && level.priceTicks === order.priceTicks) {
    level.orders.push(order);
    level.lots += order.lots;
    return 0;
  }
  book.levels.splice(index, 0, {
    priceTicks: order.priceTicks,
    orders: [order],
    lots: order.lots,
  });
  const page = pageOf(order.priceTicks);
  const levelCount = book.pages.get(page) ?? 0;
  book.pages.set(page, levelCount + 1);
  return levelCount === 0 ? 1 : 0;
}

/** Takes `order` out of the book. Returns how many pages fewer are in use now. */
export function removeFromBook(book: BookSide, order: Order): number {
  const levelIndex = findLevelIndex(book, order.priceTicks);
  const level = getLevel(book, order);
  const orderIndex = level.orders.indexOf(order);
  if (orderIndex < 0) fail("an open order waits in the level of its price");
  level.orders.splice(orderIndex, 1);
  level.lots -= order.lots;
  if (level.orders.length > 0) return 0;
  book.levels.splice(levelIndex, 1);
  const page = pageOf(order.priceTicks);
  const levelCount = book.pages.get(page) ?? fail("the page of a level with orders is in use");
  if (levelCount > 1) {
    book.pages.set(page, levelCount - 1);
    return 0;
  }
  book.pages.delete(page);
  return 1;
}

/** Takes `lots` off an order that stays where it is. */
export function reduceInBook(book: BookSide, order: Order, lots: bigint): void {
  if (lots > order.lots) fail("an order loses no more lots than it has");
  order.lots -= lots;
  getLevel(book, order).lots -= lots;
}

/** Gives an order that shows nothing `lots` to show, and puts it behind all others of its level. */
export function cycleInBook(book: BookSide, order: Order, lots: bigint): void {
  const level = getLevel(book, order);
  level.orders.splice(level.orders.indexOf(order), 1);
  level.orders.push(order);
  level.lots += lots;
  order.lots = lots;
}

function getLevel(book: BookSide, order: Order): Level {
  const level = book.levels[findLevelIndex(book, order.priceTicks)];
  if (level?.priceTicks !== order.priceTicks) fail("the level of an open order exists");
  return level;
}

/** Where the level of `priceTicks` is, or would have to be put. */
function findLevelIndex(book: BookSide, priceTicks: number): number {
  let low = 0;
  let high = book.levels.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const middleTicks = book.levels[middle]!.priceTicks;
    const isBetter = book.side === Side.Buy ? middleTicks > priceTicks : middleTicks < priceTicks;
    if (isBetter) low = middle + 1;
    else high = middle;
  }
  return low;
}
