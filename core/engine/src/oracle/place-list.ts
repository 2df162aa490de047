import {
  EventKind,
  ListKind,
  OrderType,
  RejectCode,
  TriggerKind,
  type Command,
  type CommandKind,
  type SpecialTerms,
} from "@rialto/protocol";
import { getAccount, getMarket } from "./exchange.ts";
import type { Exchange, Order } from "./exchange.ts";
import { makeOrder, registerOrder } from "./orders.ts";
import { refuse, type Outbox, type Refusal } from "./outbox.ts";
import { checkDuplicate, checkExists, checkKnownWords, isRestingType } from "./place-checks.ts";
import {
  areWordsValid,
  checkMet,
  checkTerms,
  checkTrailing,
  computeWatch,
  trailOf,
} from "./place-special.ts";
import { takeSlot } from "./slots.ts";
import { getSpecial, makeSpecial, type Waiting } from "./specials.ts";

type PlaceList = Extract<Command, { readonly kind: typeof CommandKind.PlaceList }>;

/**
 * Does PLACE_LIST.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 * Source   matching.md §2.12.
 */
export function placeList(exchange: Exchange, list: PlaceList, outbox: Outbox): void {
  const refusal = findListRefusal(exchange, list);
  if (refusal !== undefined) {
    outbox.reject(refusal);
    return;
  }
  const orders = list.legs.map((leg, index) => {
    const order = acceptLeg(exchange, leg, !isPending(list, index));
    outbox.emit({ kind: EventKind.Accepted, orderId: order.id, restingLots: 0, waits: true });
    return order;
  });
  link(list.listKind, orders);
}

/** True for a leg that waits for the first to trade in full. */
function isPending(list: PlaceList, index: number): boolean {
  return index > 0 && list.listKind !== ListKind.OneCancelsOther;
}

function findListRefusal(exchange: Exchange, list: PlaceList): Refusal | undefined {
  if (!isListValid(list)) return refuse(RejectCode.Malformed);
  for (const [index, leg] of list.legs.entries()) {
    const refusal =
      checkExists(exchange, leg) ??
      checkTerms(exchange, leg) ??
      (isPending(list, index) ? undefined : checkMet(getMarket(exchange, leg.market), leg)) ??
      checkDuplicate(getAccount(exchange, leg.account), leg);
    if (refusal !== undefined) return refusal;
  }
  const names = list.legs.map((leg) => leg.clientOrderId).filter((name) => name !== 0n);
  if (new Set(names).size < names.length) return refuse(RejectCode.DuplicateClientOrderId);
  return checkListRoom(exchange, list);
}

/** Check 1. */
function isListValid({ listKind, legs }: PlaceList): boolean {
  const isKnown =
    listKind >= ListKind.OneCancelsOther && (listKind as number) <= ListKind.OneTriggersPair;
  const [first, second, third] = legs;
  if (!isKnown || first === undefined || second === undefined) return false;
  if (!legs.every((leg) => checkKnownWords(leg) && areWordsValid(leg))) return false;
  if (legs.some((leg) => leg.isProtected !== 0 || leg.peg !== 0)) return false;
  if (legs.some((leg) => leg.market !== first.market || leg.account !== first.account))
    return false;
  if (first.trigger === TriggerKind.None && !isRestingType(first.orderType)) return false;
  const pair = listKind === ListKind.OneCancelsOther ? [first, second] : [second, third];
  if (listKind !== ListKind.OneTriggersOther) {
    if (pair[0]?.side !== pair[1]?.side || pair[1]?.trigger === TriggerKind.None) return false;
  }
  const pending = listKind === ListKind.OneCancelsOther ? [] : legs.slice(1);
  return pending.every(isMeasured);
}

/** A leg that waits for another trades lots, not quanta. */
function isMeasured(leg: SpecialTerms): boolean {
  return leg.orderType !== OrderType.MarketByQuote;
}

function checkListRoom(exchange: Exchange, { legs }: PlaceList): Refusal | undefined {
  const { limits, slots } = exchange;
  const account = getAccount(exchange, legs[0]!.account);
  if (account.orders.size + legs.length > limits.accountOrdersMax) {
    return refuse(RejectCode.AccountOrdersFull);
  }
  const slotsLeft = slots.stack.length + limits.ordersMax - slots.generations.length;
  if (slotsLeft < legs.length) return refuse(RejectCode.OrdersFull);
  if (exchange.specialCount + legs.length > limits.specialsMax) {
    return refuse(RejectCode.SpecialsFull);
  }
  return checkTrailing(exchange, legs);
}

function acceptLeg(exchange: Exchange, leg: SpecialTerms, isNow: boolean): Order {
  const order = makeOrder(takeSlot(exchange.slots), exchange, leg);
  order.isWaiting = true;
  registerOrder(exchange, order);
  const isPriced = leg.trigger !== TriggerKind.None;
  const trigger = isPriced ? { trigger: leg } : {};
  const watch = isPriced && isNow ? { watch: computeWatch(order.market, leg) } : {};
  const waiting: Waiting = { ...trigger, ...watch, trail: trailOf(leg), isDormant: !isNow };
  makeSpecial(exchange, order, leg, leg, waiting);
  if (isNow && !isPriced) exchange.ripe.push(order);
  return order;
}

function link(listKind: ListKind, orders: readonly Order[]): void {
  const [first, second, third] = orders;
  if (listKind === ListKind.OneCancelsOther) pairUp(first!, second!);
  if (listKind === ListKind.OneTriggersPair) pairUp(second!, third!);
  if (listKind === ListKind.OneCancelsOther) return;
  getSpecial(first!).children = orders.slice(1);
  for (const child of orders.slice(1)) getSpecial(child).parent = first!;
}

function pairUp(left: Order, right: Order): void {
  getSpecial(left).partner = right;
  getSpecial(right).partner = left;
}
