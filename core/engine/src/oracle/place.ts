import { fail } from "@rialto/base";
import { CancelReason, EventKind, OrderType, type OrderTerms } from "@rialto/protocol";
import { getAccount, getMarket } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";
import { computeReachTicks, isHeld, pause } from "./guard.ts";
import { isGathering } from "./market-state.ts";
import { canFillAll, emitShown, matchTaker, type Taker } from "./matching.ts";
import { makeRow } from "./money.ts";
import { enterBook, forgetOrder, makeOrder, registerOrder } from "./orders.ts";
import type { Outbox } from "./outbox.ts";
import { findRefusal, isForAuction, isLimitType } from "./place-checks.ts";
import { auctionCollarTicks, collarTicks } from "./price-band.ts";
import { giveBackSlot, takeSlot } from "./slots.ts";
import { awaitState } from "./triggers.ts";
import { noteBook } from "./uncross.ts";
import {
  endChildren,
  endPartner,
  forgetSpecial,
  getSpecial,
  hasExtras,
  isLinked,
  makeSpecial,
  NO_EXTRAS,
  type Coming,
} from "./specials.ts";

/**
 * Does PLACE.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 * Source   matching.md §2.1.
 */
export function placeOrder(exchange: Exchange, terms: OrderTerms, outbox: Outbox): void {
  comeToBook(exchange, { terms, extras: NO_EXTRAS, known: undefined }, outbox);
}

/**
 * Checks an order, accepts it, lets it trade, and lets it rest or ends it.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 * Source   matching.md §2.1, §2.11 and §3.
 */
export function comeToBook(exchange: Exchange, coming: Coming, outbox: Outbox): void {
  const { known } = coming;
  const refusal = findRefusal(exchange, coming);
  if (refusal !== undefined) {
    if (known === undefined) {
      outbox.reject(refusal);
      return;
    }
    if (isForAuction(known.market, coming.terms)) {
      awaitState(known);
      return;
    }
    outbox.emit({ kind: EventKind.Declined, code: refusal.code, orderId: known.id });
    forgetOrder(exchange, known, false);
    return;
  }
  const { taker, announcedAt } = acceptOrder(exchange, coming, outbox);
  const { limitTicks } = taker;
  taker.limitTicks = computeReachTicks(exchange, taker.market, taker.side, limitTicks);
  const fate = tradeOrder(exchange, coming.terms.orderType, taker, outbox);
  // Of a pair, the one that has lost lots is the one that stays.
  if (known !== undefined && taker.left !== coming.terms.quantity) endPartner(exchange, known);
  if (known !== undefined && taker.isPrevented) endChildren(exchange, known);
  const pauses = isPausing(taker, fate, limitTicks);
  finishOrder(exchange, coming, { taker, announcedAt, fate }, outbox);
  if (pauses) pause(exchange, taker.market, outbox);
}

/** True if the order would have gone on trading beyond what the market's guard lets it. */
function isPausing(taker: Taker, fate: Fate, limitTicks: number): boolean {
  const wantsMore =
    fate === "rests" || fate === CancelReason.Immediate || fate === CancelReason.NoLiquidity;
  const { market, side } = taker;
  return (
    wantsMore && !isGathering(market.state) && isHeld(market, side, limitTicks, taker.limitTicks)
  );
}

/** Lets an order that has traded what it can rest, or ends it. */
function finishOrder(
  exchange: Exchange,
  coming: Coming,
  { taker, announcedAt, fate }: { taker: Taker; announcedAt: number; fate: Fate },
  outbox: Outbox,
): void {
  const { known } = coming;
  if (fate === "rests") {
    outbox.setRestingLots(announcedAt, taker.left);
    rest(exchange, coming, taker, outbox);
    noteBook(taker.market);
    return;
  }
  if (fate !== "complete") {
    outbox.emit({
      kind: EventKind.Canceled,
      reason: fate,
      orderId: taker.id,
      remaining: taker.left,
    });
  }
  if (known === undefined) giveBackSlot(exchange.slots, taker.id);
  else forgetOrder(exchange, known, fate === "complete");
}

/** Makes the rows of an order that passed all checks, takes its slot if it has none, and says so. */
function acceptOrder(
  exchange: Exchange,
  { terms, known }: Coming,
  outbox: Outbox,
): { readonly taker: Taker; readonly announcedAt: number } {
  const account = getAccount(exchange, terms.account);
  const market = getMarket(exchange, terms.market);
  makeRow(exchange, account, market.terms.baseAsset);
  makeRow(exchange, account, market.terms.quoteAsset);
  const id = known?.id ?? takeSlot(exchange.slots);
  const announcedAt = outbox.emit(
    known === undefined
      ? { kind: EventKind.Accepted, orderId: id, restingLots: 0, waits: false }
      : { kind: EventKind.Triggered, orderId: id, restingLots: 0 },
  );
  const isLimit = isLimitType(terms.orderType);
  const taker = {
    id,
    account,
    market,
    side: terms.side,
    selfTrade: terms.selfTrade,
    limitTicks: isLimit ? terms.priceTicks : collarTicks(market, terms.side),
    isMarketOrder: !isLimit,
    isByQuote: terms.orderType === OrderType.MarketByQuote,
    left: terms.quantity,
    isPrevented: false,
  };
  return { taker, announcedAt };
}

type Fate = "complete" | "rests" | CancelReason;

/** Matches the taker and says what becomes of what is left of it (matching.md §3, the end). */
function tradeOrder(exchange: Exchange, orderType: OrderType, taker: Taker, outbox: Outbox): Fate {
  if (isGathering(taker.market.state)) return "rests";
  if (orderType === OrderType.FillOrKill && !canFillAll(exchange, taker)) {
    return CancelReason.Unfillable;
  }
  const end = matchTaker(exchange, taker, outbox);
  if (end !== "nothingCrosses") return end;
  switch (orderType) {
    case OrderType.Limit:
    case OrderType.PostOnly:
      return "rests";
    case OrderType.ImmediateOrCancel:
      return CancelReason.Immediate;
    case OrderType.Market:
    case OrderType.MarketByQuote:
      return CancelReason.NoLiquidity;
    case OrderType.FillOrKill:
      return fail("a fill-or-kill order that was counted trades in full");
  }
}

/** Lets what is left of the taker rest, showing no more than it says. */
function rest(exchange: Exchange, coming: Coming, taker: Taker, outbox: Outbox): void {
  const { terms, extras, known } = coming;
  const order = known ?? makeOrder(taker.id, exchange, terms);
  // A market order rests for the auction, unseen and up to its collar.
  const isMarketOrder = terms.orderType === OrderType.Market;
  if (isMarketOrder) order.priceTicks = auctionCollarTicks(order.market, order.side);
  if (known === undefined) {
    registerOrder(exchange, order);
    const kept = isMarketOrder ? { ...extras, isHidden: 1 as const } : extras;
    if (hasExtras(kept)) makeSpecial(exchange, order, terms, kept);
  } else if (isMarketOrder) {
    getSpecial(known).isHidden = true;
  } else if (!hasExtras(extras) && !isLinked(order)) {
    forgetSpecial(exchange, order, false);
  }
  const isIceberg = extras.displayLots !== 0n && extras.displayLots < taker.left;
  order.lots = isIceberg ? extras.displayLots : taker.left;
  order.hiddenLots = taker.left - order.lots;
  order.isWaiting = false;
  enterBook(exchange, order);
  if (extras.displayLots !== 0n || order.isDark) emitShown(order, outbox);
}
