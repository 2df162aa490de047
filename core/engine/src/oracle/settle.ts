import { CancelReason, MarketState, type Switch } from "@rialto/protocol";
import { attendDeadline } from "./deadline.ts";
import { compareByExpiry } from "./due-order.ts";
import { endOpenOrder } from "./end-order.ts";
import type { Exchange, Order } from "./exchange.ts";
import { beginUncrossing, findStateCode, isUncrossing } from "./market-state.ts";
import { attendNews, endByPartner } from "./news.ts";
import type { Outbox } from "./outbox.ts";
import { arePegsLate } from "./pegs.ts";
import { comeToBook } from "./place.ts";
import { getSpecial } from "./specials.ts";
import { showAuction, showAuctions, uncrossMarkets } from "./uncross.ts";
import { awaitState, watchPrices } from "./triggers.ts";

// What happens around each command, without being asked for by it.

/**
 * Does what is due, and what commands and steps have left to be done, step by step until nothing of that is left.
 *
 * Returns  false where the events so far have to be read before more can be done: call again then.
 * Source   matching.md §3.3.
 */
export function prepare(exchange: Exchange, outbox: Outbox): boolean {
  while (findDue(exchange) !== undefined || isUnfinished(exchange)) {
    if (!outbox.hasRoom()) return false;
    allowStep(exchange, outbox);
    // What is due goes before any trade, but for those of an auction that was to end before it.
    const trades = isUncrossing(exchange) || attendDue(exchange, outbox);
    if (trades || findDue(exchange) === undefined) settle(exchange, outbox);
  }
  return outbox.hasRoom();
}

/** True while something is left that the next command is not to come in between of. */
function isUnfinished(exchange: Exchange): boolean {
  return isUncrossing(exchange) || arePricesOld(exchange);
}

/** True while orders stand in books that are to be ended, or to stand elsewhere: nobody is to trade with them. */
function arePricesOld(exchange: Exchange): boolean {
  return hasNews(exchange) || arePegsLate(exchange);
}

/** True while orders stand in books that a list or a protection has to end. */
function hasNews(exchange: Exchange): boolean {
  return exchange.news.length + exchange.tripped.length > 0;
}

/** Opens a command, or a step before it, with all that one may take. */
export function allowStep(exchange: Exchange, outbox: Outbox): void {
  outbox.startCommand(exchange.commandCount);
  exchange.touchesLeft = exchange.bounds.touchesMax;
  exchange.pegMoves = 0;
}

/**
 * Does what is due, the earliest first, as much as one step may. With a deadline or an auction that ends a step does.
 *
 * Returns  true where an auction has ended, whose orders are to trade now.
 */
function attendDue(exchange: Exchange, outbox: Outbox): boolean {
  for (let left = exchange.bounds.dueMax; left > 0;) {
    const due = findDue(exchange);
    if (due === undefined) return false;
    left = due.attend(left, outbox);
    if (due.endsAuction) return true;
  }
  return false;
}

/** Something that is due at a time. */
interface Due {
  readonly atMs: number;
  readonly endsAuction: boolean;
  /** Does it, where `left` more things may be done in the step. Returns how many are left of these; 0 also to end the step. */
  attend(left: number, outbox: Outbox): number;
}

/** What is due first: of what is due at one time orders go before accounts, and these before markets. */
function findDue(exchange: Exchange): Due | undefined {
  // What is set is set for later than now, or says so.
  if (!exchange.mayBeDue) return undefined;
  const first = findFirst(exchange);
  const isDue = first !== undefined && first.atMs <= exchange.nowMs;
  exchange.mayBeDue = isDue;
  return isDue ? first : undefined;
}

/** What comes first, be it due or not. */
function findFirst(exchange: Exchange): Due | undefined {
  const all = [firstExpiry(exchange), firstDeadline(exchange), firstTimer(exchange)];
  return all.reduce((best, each) => {
    if (best === undefined || each === undefined) return best ?? each;
    return each.atMs < best.atMs ? each : best;
  });
}

/** When that is: now where a command has left over what comes with the next. */
export function nextDueMs(exchange: Exchange): number | undefined {
  const hasRipe = exchange.ripe.length > 0 && !exchange.isSuspended;
  if (hasRipe || isUnfinished(exchange)) return exchange.nowMs;
  return findFirst(exchange)?.atMs;
}

function firstExpiry(exchange: Exchange): Due | undefined {
  const order = least(exchange.expiring, compareByExpiry);
  if (order === undefined) return undefined;
  return {
    atMs: getSpecial(order).expiresMs,
    endsAuction: false,
    attend(left, outbox) {
      endOpenOrder(exchange, order, CancelReason.Expired, outbox);
      return left - 1;
    },
  };
}

function firstDeadline(exchange: Exchange): Due | undefined {
  const bound = exchange.accounts.filter(({ deadlineMs }) => deadlineMs !== undefined);
  const account = least(bound, (a, b) => a.deadlineMs! - b.deadlineMs! || a.index - b.index);
  if (account === undefined) return undefined;
  return {
    atMs: account.deadlineMs!,
    endsAuction: false,
    attend(_left, outbox) {
      attendDeadline(exchange, account, outbox);
      // An account may have as many orders as fit one step's events.
      return 0;
    },
  };
}

/** An auction that is to end, or an indicative price that is to be told. */
function firstTimer(exchange: Exchange): Due | undefined {
  const timers = exchange.markets.flatMap((market) => [
    { market, atMs: market.reopenAtMs, isReopening: true },
    { market, atMs: market.showAtMs, isReopening: false },
  ]);
  const timer = least(
    timers.filter(({ atMs }) => atMs !== undefined),
    (a, b) => a.atMs! - b.atMs!,
  );
  if (timer === undefined) return undefined;
  const { market, isReopening } = timer;
  return {
    atMs: timer.atMs!,
    endsAuction: isReopening,
    attend(left, outbox) {
      if (!isReopening) {
        showAuction(exchange, market, outbox);
        return left - 1;
      }
      beginUncrossing(market, MarketState.Trading);
      // Its orders trade before anything else becomes due.
      return 0;
    },
  };
}

/** The least of `all`, of equal ones the first. */
function least<Item>(all: Iterable<Item>, compare: (a: Item, b: Item) => number): Item | undefined {
  let first: Item | undefined;
  for (const each of all) if (first === undefined || compare(each, first) < 0) first = each;
  return first;
}

/** Lets what the command has caused happen, as far as one command may. Source: matching.md §3.2. */
export function settle(exchange: Exchange, outbox: Outbox): void {
  let newsLeft = attendNews(exchange, exchange.bounds.newsMax, outbox);
  if (!hasNews(exchange)) uncrossMarkets(exchange, outbox);
  newsLeft = attendNews(exchange, newsLeft, outbox);
  comeRipe(exchange, newsLeft, outbox);
  showAuctions(exchange, outbox);
}

function comeRipe(exchange: Exchange, newsAtFirst: number, outbox: Outbox): void {
  let newsLeft = newsAtFirst;
  watchPrices(exchange, outbox);
  // They would be declined: whoever wanted to be protected by one would not be any more.
  if (exchange.isSuspended) return;
  // They would trade with what is due.
  if (findDue(exchange) !== undefined) return;
  for (let count = 0; count < exchange.bounds.activationsMax; count++) {
    if (exchange.touchesLeft < exchange.bounds.activationTouchesMin || arePricesOld(exchange))
      return;
    const order = exchange.ripe.shift();
    if (order === undefined) return;
    activate(exchange, order, outbox);
    newsLeft = attendNews(exchange, newsLeft, outbox);
    watchPrices(exchange, outbox);
  }
}

function activate(exchange: Exchange, order: Order, outbox: Outbox): void {
  const special = getSpecial(order);
  const { account, market } = order;
  if (!account.isBlocked && findStateCode(market, special.terms.orderType) !== undefined) {
    awaitState(order);
    return;
  }
  // Of a pair, the one whose price has come is the one that stays.
  const { partner } = special;
  if (special.trigger !== undefined && partner !== undefined) {
    special.partner = undefined;
    getSpecial(partner).partner = undefined;
    endByPartner(exchange, partner, outbox);
  }
  const isHidden: Switch = special.isHidden ? 1 : 0;
  const extras = { ...special, isProtected: 0 as const, isHidden };
  comeToBook(exchange, { terms: special.terms, extras, known: order }, outbox);
}
