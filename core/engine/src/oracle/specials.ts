import { fail } from "@rialto/base";
import { RejectCode, type OrderTerms } from "@rialto/protocol";
import type { Exchange, Market, Order, Special, Watch } from "./exchange.ts";
import { refuse, type Refusal } from "./outbox.ts";

// What special orders have beyond plain ones. Source: matching.md §2.11.

/** Of the terms, what an order in its book still needs. */
export interface Extras {
  readonly displayLots: bigint;
  readonly expiresMs: number;
}

/** An order that comes to the book. */
export interface Coming {
  readonly terms: OrderTerms;
  readonly extras: Extras;
  /** The order itself if it was accepted before, and has waited. */
  readonly known: Order | undefined;
}

export const NO_EXTRAS: Extras = { displayLots: 0n, expiresMs: 0 };

export function hasExtras(extras: Extras): boolean {
  return extras.displayLots !== 0n || extras.expiresMs !== 0;
}

/** Check 8a of matching.md §2.11. */
export function checkExtras(
  exchange: Exchange,
  market: Market,
  { displayLots, expiresMs }: Extras,
): Refusal | undefined {
  if (displayLots !== 0n && displayLots < market.terms.lotsMin) {
    return refuse(RejectCode.LotsOutOfRange);
  }
  if (expiresMs !== 0 && expiresMs <= exchange.nowMs) return refuse(RejectCode.ExpiryPassed);
  return undefined;
}

/** Makes `order` special. The caller has checked that there is room. */
export function makeSpecial(
  exchange: Exchange,
  order: Order,
  terms: OrderTerms,
  extras: Extras,
  watch?: Watch,
): void {
  const special: Special = {
    sequence: exchange.specialSequence,
    displayLots: extras.displayLots,
    expiresMs: extras.expiresMs,
    terms,
    watch,
  };
  exchange.specialSequence += 1;
  exchange.specialCount += 1;
  order.special = special;
  if (extras.expiresMs !== 0) exchange.expiring.add(order);
  if (watch !== undefined) order.market.watchers.add(order);
}

/** Makes `order` plain again. */
export function forgetSpecial(exchange: Exchange, order: Order): void {
  if (order.special === undefined) return;
  order.special = undefined;
  exchange.specialCount -= 1;
  exchange.expiring.delete(order);
  order.market.watchers.delete(order);
  const position = exchange.ripe.indexOf(order);
  if (position >= 0) exchange.ripe.splice(position, 1);
}

export function getSpecial(order: Order): Special {
  return order.special ?? fail("a special order has its terms");
}

/** The earlier special order first. */
export function compareBySequence(left: Order, right: Order): number {
  return getSpecial(left).sequence - getSpecial(right).sequence;
}
