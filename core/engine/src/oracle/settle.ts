import {
  ACTIVATION_TOUCHES_MIN,
  ACTIVATIONS_PER_COMMAND_MAX,
  CancelReason,
  DUE_PER_COMMAND_MAX,
  EventKind,
  MarketState,
  NEWS_PER_COMMAND_MAX,
  type Switch,
} from "@rialto/protocol";
import { attendDeadlines } from "./deadline.ts";
import { compareByExpiry } from "./due-order.ts";
import type { Exchange, Order } from "./exchange.ts";
import { findStateCode } from "./market-state.ts";
import { attendNews, endByPartner } from "./news.ts";
import { endOrder, remainingLots } from "./orders.ts";
import type { Outbox } from "./outbox.ts";
import { comeToBook } from "./place.ts";
import { getSpecial } from "./specials.ts";
import { noteBook, showAuction, showAuctions, uncrossMarkets } from "./uncross.ts";
import { awaitTrading, watchPrices } from "./triggers.ts";

// What happens around each command, without being asked for by it.

/** Does what is due. Source: matching.md §3.3. */
export function attendDue(exchange: Exchange, outbox: Outbox): void {
  // What is set is set for later than now, or says so.
  if (!exchange.mayBeDue) return;
  const left = DUE_PER_COMMAND_MAX - endExpired(exchange, outbox);
  const leftForMarkets = attendDeadlines(exchange, left, outbox);
  exchange.mayBeDue = attendMarkets(exchange, leftForMarkets, outbox) === 0;
}

/** Lets auctions end, and tells indicative prices, the earliest first. Returns how much of `countMax` is left. */
function attendMarkets(exchange: Exchange, countMax: number, outbox: Outbox): number {
  const timers = exchange.markets.flatMap((market) => [
    { market, atMs: market.reopenAtMs, rank: 2 * market.index },
    { market, atMs: market.showAtMs, rank: 2 * market.index + 1 },
  ]);
  const due = timers
    .filter(({ atMs }) => atMs !== undefined && atMs <= exchange.nowMs)
    .sort((left, right) => left.atMs! - right.atMs! || left.rank - right.rank);
  const attended = due.slice(0, countMax);
  for (const { market, rank } of attended) {
    if (rank % 2 === 1) {
      showAuction(exchange, market, outbox);
      continue;
    }
    market.reopenAtMs = undefined;
    market.uncrossTo = MarketState.Trading;
  }
  return countMax - attended.length;
}

/** Ends the orders whose time is over. Returns how many. */
function endExpired(exchange: Exchange, outbox: Outbox): number {
  const due = [...exchange.expiring]
    .filter((order) => getSpecial(order).expiresMs <= exchange.nowMs)
    .sort(compareByExpiry);
  const ended = due.slice(0, DUE_PER_COMMAND_MAX);
  for (const order of ended) {
    outbox.emit({
      kind: EventKind.Canceled,
      reason: CancelReason.Expired,
      orderId: order.id,
      remaining: remainingLots(order),
    });
    endOrder(exchange, order);
    noteBook(order.market);
  }
  return ended.length;
}

/** Lets what the command has caused happen, as far as one command may. Source: matching.md §3.2. */
export function settle(exchange: Exchange, outbox: Outbox): void {
  let newsLeft = attendNews(exchange, NEWS_PER_COMMAND_MAX, outbox);
  uncrossMarkets(exchange, outbox);
  newsLeft = attendNews(exchange, newsLeft, outbox);
  comeRipe(exchange, newsLeft, outbox);
  showAuctions(exchange, outbox);
}

function comeRipe(exchange: Exchange, newsAtFirst: number, outbox: Outbox): void {
  let newsLeft = newsAtFirst;
  watchPrices(exchange, outbox);
  // They would be declined: whoever wanted to be protected by one would not be any more.
  if (exchange.isSuspended) return;
  for (let count = 0; count < ACTIVATIONS_PER_COMMAND_MAX; count++) {
    if (exchange.touchesLeft < ACTIVATION_TOUCHES_MIN) return;
    const order = exchange.ripe.shift();
    if (order === undefined) return;
    activate(exchange, order, outbox);
    newsLeft = attendNews(exchange, newsLeft, outbox);
    watchPrices(exchange, outbox);
  }
}

function activate(exchange: Exchange, order: Order, outbox: Outbox): void {
  const special = getSpecial(order);
  if (special.news === "ends") {
    endByPartner(exchange, order, outbox);
    return;
  }
  const { account, market } = order;
  if (!account.isBlocked && findStateCode(market, special.terms.orderType) !== undefined) {
    awaitTrading(order);
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
