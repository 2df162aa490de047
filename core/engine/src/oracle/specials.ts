import { fail } from "@rialto/base";
import {
  ICEBERG_SLICES_MAX,
  PegKind,
  RejectCode,
  type OrderTerms,
  type SpecialTerms,
  type Switch,
} from "@rialto/protocol";
import type { Account, Exchange, Market, Order, Special, Trail, Watch } from "./exchange.ts";
import { refuse, type Refusal } from "./outbox.ts";
import { findProtectionCode } from "./protection.ts";

// What special orders have beyond plain ones. Source: matching.md §2.11, §2.12.

/** Of the terms, what an order in its book still needs. */
export interface Extras {
  readonly displayLots: bigint;
  readonly expiresMs: number;
  readonly isProtected: Switch;
  readonly isHidden: Switch;
}

/** An order that comes to the book. */
export interface Coming {
  readonly terms: OrderTerms;
  readonly extras: Extras;
  /** The order itself if it was accepted before, and has waited. */
  readonly known: Order | undefined;
}

export const NO_EXTRAS: Extras = {
  displayLots: 0n,
  expiresMs: 0,
  isProtected: 0,
  isHidden: 0,
};

export function hasExtras(extras: Extras): boolean {
  const marks = extras.isProtected + extras.isHidden;
  return extras.displayLots !== 0n || extras.expiresMs !== 0 || marks !== 0;
}

/** Checks 8a and 8b of matching.md §2.11. */
export function checkExtras(
  exchange: Exchange,
  account: Account,
  market: Market,
  { displayLots, expiresMs, isProtected }: Extras,
  quantity: bigint,
): Refusal | undefined {
  const isTooThin =
    displayLots < market.terms.lotsMin || displayLots * BigInt(ICEBERG_SLICES_MAX) < quantity;
  if (displayLots !== 0n && isTooThin) return refuse(RejectCode.LotsOutOfRange);
  if (expiresMs !== 0 && expiresMs <= exchange.nowMs) return refuse(RejectCode.ExpiryPassed);
  const code = isProtected === 0 ? undefined : findProtectionCode(account, market);
  return code === undefined ? undefined : refuse(code);
}

/** How a special order waits, if it does. */
export interface Waiting {
  readonly watch?: Watch;
  readonly trigger?: SpecialTerms;
  readonly trail?: Trail | undefined;
  readonly isDormant?: boolean;
  readonly peg?: PegKind;
  readonly pegTicks?: number;
}

/** Makes `order` special. The caller has checked that there is room. */
export function makeSpecial(
  exchange: Exchange,
  order: Order,
  terms: OrderTerms,
  extras: Extras,
  waiting: Waiting = {},
): void {
  const special: Special = {
    sequence: exchange.specialSequence,
    displayLots: extras.displayLots,
    renewedBy: 0,
    expiresMs: extras.expiresMs,
    isProtected: extras.isProtected === 1,
    isHidden: extras.isHidden === 1,
    peg: waiting.peg ?? PegKind.None,
    pegTicks: waiting.pegTicks,
    terms,
    watch: waiting.watch,
    trigger: waiting.trigger,
    trail: waiting.trail,
    isDormant: waiting.isDormant === true,
    partner: undefined,
    parent: undefined,
    children: [],
    news: undefined,
  };
  exchange.specialSequence += 1;
  exchange.specialCount += 1;
  order.special = special;
  if (extras.expiresMs !== 0) exchange.expiring.add(order);
  if (waiting.watch !== undefined) order.market.watchers.add(order);
  if (waiting.pegTicks !== undefined) order.market.pegs.add(order);
}

/** True if other orders hang on `order`, or it on others. */
export function isLinked(order: Order): boolean {
  const { special } = order;
  if (special === undefined) return false;
  return special.partner !== undefined || special.children.length > 0;
}

/**
 * Makes `order` plain again: it ends, or rests and needs nothing more.
 *
 * `isComplete`: it has nothing left.
 */
export function forgetSpecial(exchange: Exchange, order: Order, isComplete: boolean): void {
  const { special } = order;
  if (special === undefined) return;
  endPartner(exchange, order);
  if (special.parent !== undefined) {
    const parent = getSpecial(special.parent);
    parent.children = parent.children.filter((child) => child !== order);
  }
  tellChildren(exchange, special, isComplete ? "begins" : "ends");
  order.special = undefined;
  exchange.specialCount -= 1;
  exchange.expiring.delete(order);
  order.market.watchers.delete(order);
  order.market.pegs.delete(order);
  for (const queue of [exchange.ripe, exchange.news]) {
    const position = queue.indexOf(order);
    if (position >= 0) queue.splice(position, 1);
  }
}

/** Lets the order that is paired with this one end, and the pair be none. */
export function endPartner(exchange: Exchange, order: Order): void {
  const partner = order.special?.partner;
  if (partner === undefined) return;
  getSpecial(order).partner = undefined;
  getSpecial(partner).partner = undefined;
  addNews(exchange, partner, "ends");
}

/** Lets the orders that wait for this one end: it has lost lots without a trade, and will never have traded in full. */
export function endChildren(exchange: Exchange, order: Order): void {
  if (order.special !== undefined) tellChildren(exchange, order.special, "ends");
}

function tellChildren(exchange: Exchange, special: Special, news: "ends" | "begins"): void {
  for (const child of special.children) {
    getSpecial(child).parent = undefined;
    addNews(exchange, child, news);
  }
  special.children = [];
}

function addNews(exchange: Exchange, order: Order, news: "ends" | "begins"): void {
  const special = getSpecial(order);
  if (special.news === undefined) exchange.news.push(order);
  // What is to end does not begin any more.
  if (special.news !== "ends") special.news = news;
}

export function getSpecial(order: Order): Special {
  return order.special ?? fail("a special order has its terms");
}

/** The earlier special order first. */
export function compareBySequence(left: Order, right: Order): number {
  return getSpecial(left).sequence - getSpecial(right).sequence;
}
