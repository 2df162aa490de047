import { fail } from "@rialto/base";
import { LOTS_MAX, orderGeneration, orderSlot, Side } from "@rialto/protocol";
import { auditMoney } from "./audit-money.ts";
import { pageOf } from "./book.ts";
import { isBetter, isMarketOrder } from "./dark.ts";
import { bookSide } from "./exchange.ts";
import type { BookSide, Exchange, Level, Market, Order } from "./exchange.ts";
import { computeLadderEntries } from "./listing.ts";
import { hasMarketOrders, isContinuous, isCrossed } from "./market-state.ts";

/**
 * Recomputes what can be derived from the orders in the books and compares.
 *
 * Effects  pure.
 * Errors   an `InvariantError` that names the first thing that does not hold.
 * Source   matching.md §1.
 */
export function audit(exchange: Exchange): void {
  auditLimits(exchange);
  auditAccounts(exchange);
  for (const market of exchange.markets) auditMarket(exchange, market);
  auditCounts(exchange);
  auditSlots(exchange);
  auditMoney(exchange);
}

function auditLimits(exchange: Exchange): void {
  const { limits, slots } = exchange;
  if (slots.generations.length > limits.ordersMax) fail("slots in use are within ordersMax");
  if (exchange.levelPageCount > limits.levelPagesMax) fail("pages are within levelPagesMax");
  if (exchange.accounts.length > limits.accountsMax) fail("accounts are within accountsMax");
  if (exchange.balanceCount > limits.balancesMax) fail("balance rows are within balancesMax");
  if (exchange.assets.length > limits.assetsMax) fail("assets are within assetsMax");
  if (exchange.markets.length > limits.marketsMax) fail("markets are within marketsMax");
  if (exchange.ladderEntryCount > limits.ladderEntriesMax) fail("ladders are within their pool");
  for (const account of exchange.accounts) {
    if (account.orders.size > limits.accountOrdersMax)
      fail("an account's orders are within limits");
  }
}

function auditAccounts(exchange: Exchange): void {
  if (exchange.accountsByNumber.size !== exchange.accounts.length) {
    fail("each account has a number of its own");
  }
  for (const [position, account] of exchange.accounts.entries()) {
    if (account.index !== position + 1) fail("accounts are numbered from 1");
    if (exchange.accountsByNumber.get(account.number) !== account) {
      fail("an account is found by its number");
    }
    let namedOrders = 0;
    for (const [id, order] of account.orders) {
      if (order.id !== id || order.account !== account) fail("an account lists its own orders");
      if (exchange.orders.get(id) !== order) fail("an account's order is in the order table");
      if (order.clientOrderId === 0n) continue;
      namedOrders += 1;
      if (account.clientOrders.get(order.clientOrderId) !== order) {
        fail("an open order is found by its client order id");
      }
    }
    if (account.clientOrders.size !== namedOrders) fail("a client order id names an open order");
  }
}

function auditMarket(exchange: Exchange, market: Market): void {
  if (exchange.markets[market.index] !== market) fail("markets are numbered from 0");
  auditBookSide(exchange, market, Side.Buy);
  auditBookSide(exchange, market, Side.Sell);
  if (isContinuous(market.state)) {
    if (isCrossed(market)) fail("the best bid is below the best ask");
    if (hasMarketOrders(market)) fail("market orders wait for auctions only");
  }
  const { priceTicksMin, priceTicksMax, referenceTicks } = market.terms;
  if (market.lastTradeTicks < priceTicksMin || market.lastTradeTicks > priceTicksMax) {
    fail("the last trade is within the market's prices");
  }
  if (market.tradeCount === 0 && market.lastTradeTicks !== referenceTicks) {
    fail("the reference stands for the last trade until there is one");
  }
}

function auditBookSide(exchange: Exchange, market: Market, side: Side): void {
  const book = bookSide(market, side);
  if (book.side !== side) fail("bids are buys and asks are sells");
  const { priceTicksMin, priceTicksMax } = market.terms;
  const pages = new Map<number, number>();
  let better: Level | undefined;
  for (const level of book.levels) {
    const { priceTicks } = level;
    if (priceTicks < priceTicksMin || priceTicks > priceTicksMax)
      fail("a level's price is in range");
    if (better !== undefined && !isWorse(book, better.priceTicks, priceTicks)) {
      fail("levels are sorted from best to worst");
    }
    better = level;
    pages.set(pageOf(priceTicks), (pages.get(pageOf(priceTicks)) ?? 0) + 1);
    auditLevel(exchange, market, book, level);
  }
  auditDark(exchange, market, book);
  if (pages.size !== book.pages.size) fail("pages in use are those of the levels");
  for (const [page, levelCount] of pages) {
    if (book.pages.get(page) !== levelCount) fail("a page counts its levels with orders");
  }
}

/** Those that rest unseen: in order, and in no level. */
function auditDark(exchange: Exchange, market: Market, book: BookSide): void {
  for (const [position, order] of book.dark.entries()) {
    if (order.market !== market || order.side !== book.side) fail("an order is in its own book");
    if (!order.isDark || order.isWaiting) fail("a dark order rests unseen");
    if (order.lots < 1n || order.lots > BigInt(LOTS_MAX)) fail("an open order has lots");
    if (exchange.orders.get(order.id) !== order) fail("an order in a book is in the order table");
    const before = book.dark[position - 1];
    if (before === undefined) continue;
    const isSame = isMarketOrder(order) === isMarketOrder(before);
    const isMisplaced = isSame
      ? isBetter(book.side, order.priceTicks, before.priceTicks)
      : isMarketOrder(order);
    if (isMisplaced) fail("dark orders are sorted from first to last");
  }
}

/** True if `priceTicks` is a worse price than `betterTicks` on this side. */
function isWorse(book: BookSide, betterTicks: number, priceTicks: number): boolean {
  return book.side === Side.Buy ? priceTicks < betterTicks : priceTicks > betterTicks;
}

function auditLevel(exchange: Exchange, market: Market, book: BookSide, level: Level): void {
  if (level.orders.length === 0) fail("a level has orders");
  let lots = 0n;
  for (const order of level.orders) {
    if (order.market !== market || order.side !== book.side) fail("an order is in its own book");
    if (order.priceTicks !== level.priceTicks) fail("an order is in the level of its price");
    if (order.isWaiting || order.isDark) fail("a waiting or dark order is in no level");
    if (order.hiddenLots < 0n) fail("no amount is negative");
    if (order.lots < 1n || order.lots > BigInt(LOTS_MAX)) fail("an open order has lots");
    if (exchange.orders.get(order.id) !== order) fail("an order in a book is in the order table");
    lots += order.lots;
  }
  if (lots !== level.lots) fail("a level's lots are those of its orders");
}

function auditCounts(exchange: Exchange): void {
  const ordersInBooks = new Set<Order>();
  let pageCount = 0;
  let ladderEntryCount = 0;
  for (const { bids, asks, terms } of exchange.markets) {
    ladderEntryCount += computeLadderEntries(terms.priceTicksMax);
    for (const book of [bids, asks]) {
      pageCount += book.pages.size;
      for (const order of [...book.levels.flatMap((level) => level.orders), ...book.dark]) {
        if (ordersInBooks.has(order)) fail("an order is in one place of one book");
        ordersInBooks.add(order);
      }
    }
  }
  let ordersOfAccounts = 0;
  for (const account of exchange.accounts) ordersOfAccounts += account.orders.size;
  let specialCount = 0;
  let waitingCount = 0;
  for (const order of exchange.orders.values()) {
    if (order.special !== undefined) specialCount += 1;
    auditLinks(order);
    if (!order.isWaiting) continue;
    waitingCount += 1;
    const places = [
      order.market.watchers.has(order),
      exchange.ripe.includes(order),
      order.special?.isDormant === true,
      order.market.pegs.has(order),
    ];
    if (places.filter(Boolean).length !== 1) {
      fail("a waiting order watches, is ripe, or is dormant");
    }
  }
  if (specialCount !== exchange.specialCount) fail("the count of special orders is right");
  if (ordersInBooks.size + waitingCount !== exchange.orders.size) {
    fail("each open order is in a book once, or waits");
  }
  if (ordersOfAccounts !== exchange.orders.size) fail("each open order is in its account's list");
  if (pageCount !== exchange.levelPageCount) fail("the count of pages in use is right");
  if (ladderEntryCount !== exchange.ladderEntryCount) fail("the count of ladder entries is right");
}

function auditLinks(order: Order): void {
  const partner = order.special?.partner;
  if (partner !== undefined && partner.special?.partner !== order) fail("a pair is two orders");
  for (const child of order.special?.children ?? []) {
    if (child.special?.parent !== order) fail("an order's dormant orders wait for it");
  }
  const parent = order.special?.parent;
  if (parent !== undefined && parent.special?.children.includes(order) !== true) {
    fail("a dormant order is one of those that wait");
  }
}

function auditSlots(exchange: Exchange): void {
  const { generations, stack } = exchange.slots;
  const orderBySlot = new Map<number, Order>();
  for (const [id, order] of exchange.orders) {
    if (order.id !== id) fail("an order is found by its id");
    if (orderBySlot.has(orderSlot(id))) fail("two orders have two slots");
    if (generations[orderSlot(id) - 1] !== orderGeneration(id)) {
      fail("an open order has the generation of its slot");
    }
    orderBySlot.set(orderSlot(id), order);
  }
  const freeSlots = new Set(stack);
  if (freeSlots.size !== stack.length) fail("a slot is on the stack once");
  for (const [position, generation] of generations.entries()) {
    const slot = position + 1;
    const isFree = freeSlots.has(slot);
    const isUsed = orderBySlot.has(slot);
    if (generation === 0 && (isFree || isUsed)) fail("a slot that is used up is never used again");
    if (generation !== 0 && isFree === isUsed) fail("a slot is either free or has an order");
  }
}
