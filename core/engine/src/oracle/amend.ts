import {
  CancelReason,
  EventKind,
  OrderType,
  RejectCode,
  SelfTrade,
  type Command,
  type CommandKind,
} from "@rialto/protocol";
import { pageOf } from "./book.ts";
import { findTarget } from "./cancel.ts";
import { bookSide } from "./exchange.ts";
import type { Exchange, Order } from "./exchange.ts";
import { computeReachTicks, isHeld, pause } from "./guard.ts";
import { findStateRefusal, isGathering } from "./market-state.ts";
import { matchTaker } from "./matching.ts";
import { availableQuanta, reserveOf } from "./money.ts";
import { enterBook, forgetOrder, leaveBook, reduceUntraded } from "./orders.ts";
import { refuse, type Outbox, type Refusal } from "./outbox.ts";
import { isLinked } from "./specials.ts";
import { noteBook } from "./uncross.ts";
import { checkPriceAndQuantity, wouldTake } from "./place-checks.ts";

type Amend = Extract<Command, { readonly kind: typeof CommandKind.Amend }>;

/**
 * Does AMEND. Source: matching.md §2.10.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 */
export function amendOrder(exchange: Exchange, command: Amend, outbox: Outbox): void {
  const order = findAmendable(exchange, command);
  if ("code" in order) {
    outbox.reject(order);
    return;
  }
  const keeps = command.priceTicks === order.priceTicks && command.quantity <= order.lots;
  const isExpected = command.expectedLots === order.lots && keeps;
  if (command.expectedLots !== 0n && !isExpected) {
    outbox.reject(refuse(RejectCode.OrderChanged));
    return;
  }
  if (keeps) {
    shrinkOrder(exchange, order, command.quantity, outbox);
    return;
  }
  const refusal = findMoveRefusal(exchange, order, command);
  if (refusal === undefined) moveOrder(exchange, order, command, outbox);
  else outbox.reject(refusal);
}

function findAmendable(exchange: Exchange, command: Amend): Order | Refusal {
  const { orderType, selfTrade } = command;
  const isKnown = orderType === OrderType.Limit || orderType === OrderType.PostOnly;
  if (!isKnown || selfTrade > SelfTrade.FamilyDecrement) return refuse(RejectCode.Malformed);
  const order = findTarget(exchange, command.account, command.target);
  if ("code" in order) return order;
  if (command.quantity === 0n) return refuse(RejectCode.LotsOutOfRange);
  const isIceberg = (order.special?.displayLots ?? 0n) !== 0n || order.isDark;
  const isPegged = order.special?.pegTicks !== undefined;
  const isPlain = !order.isWaiting && !isIceberg && !isPegged && !isLinked(order);
  return isPlain ? order : refuse(RejectCode.NotAmendable);
}

function shrinkOrder(exchange: Exchange, order: Order, lots: bigint, outbox: Outbox): void {
  if (lots < order.lots) reduceUntraded(exchange, order, order.lots - lots);
  noteBook(order.market);
  outbox.emit({
    kind: EventKind.Amended,
    kept: true,
    orderId: order.id,
    restingLots: Number(lots),
  });
}

/** The checks of PLACE that an order which moves has to pass again. */
function findMoveRefusal(exchange: Exchange, order: Order, command: Amend): Refusal | undefined {
  const { account, market, side } = order;
  const terms = { ...command, market: market.index, side, clientOrderId: 0n };
  const refusal =
    findStateRefusal(exchange, account, market, command.orderType) ??
    checkPriceAndQuantity(market, terms);
  if (refusal !== undefined) return refusal;
  const had = reserveOf(market, side, order.priceTicks, order.lots);
  const needs = reserveOf(market, side, command.priceTicks, command.quantity);
  if (availableQuanta(account, needs.asset) + had.quanta < needs.quanta) {
    return refuse(RejectCode.InsufficientBalance);
  }
  if (command.orderType === OrderType.PostOnly && wouldTake(market, terms)) {
    return refuse(RejectCode.WouldTake);
  }
  const isPageInUse = bookSide(market, side).pages.has(pageOf(command.priceTicks));
  if (!isPageInUse && exchange.levelPageCount >= exchange.limits.levelPagesMax) {
    return refuse(RejectCode.LevelsFull);
  }
  return undefined;
}

/** Lets the order come again, under its old id. */
function moveOrder(exchange: Exchange, order: Order, command: Amend, outbox: Outbox): void {
  const { id, account, market, side } = order;
  leaveBook(exchange, order);
  const amendedAt = outbox.emit({
    kind: EventKind.Amended,
    kept: false,
    orderId: id,
    restingLots: 0,
  });
  const { priceTicks } = command;
  const taker = {
    id,
    account,
    market,
    side,
    selfTrade: command.selfTrade,
    limitTicks: computeReachTicks(exchange, market, side, priceTicks),
    isMarketOrder: false,
    isByQuote: false,
    left: command.quantity,
    isPrevented: false,
  };
  const gathers = isGathering(market.state);
  const end = gathers ? "nothingCrosses" : matchTaker(exchange, taker, outbox);
  if (end === "nothingCrosses") {
    const pauses = !gathers && isHeld(market, side, priceTicks, taker.limitTicks);
    order.priceTicks = command.priceTicks;
    order.lots = taker.left;
    outbox.setRestingLots(amendedAt, taker.left);
    enterBook(exchange, order);
    noteBook(market);
    if (pauses) pause(exchange, market, outbox);
    return;
  }
  if (end !== "complete") emitEnd(end, id, taker.left, outbox);
  forgetOrder(exchange, order, end === "complete");
}

function emitEnd(
  reason: CancelReason,
  orderId: Order["id"],
  remaining: bigint,
  outbox: Outbox,
): void {
  outbox.emit({ kind: EventKind.Canceled, reason, orderId, remaining });
}
