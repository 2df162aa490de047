import {
  EventKind,
  OrderType,
  PRICE_TICKS_MAX,
  RejectCode,
  Side,
  TRAILING_PER_FAMILY_MAX,
  TRAILING_PER_MARKET_MAX,
  TRAIL_BASIS_POINTS_MAX,
  TriggerKind,
  TriggerSource,
  type SpecialTerms,
} from "@rialto/protocol";
import { getAccount, getMarket, isFamily } from "./exchange.ts";
import type { Exchange, Market, Trail, Watch } from "./exchange.ts";
import { findClosedRefusal } from "./market-state.ts";
import { makeOrder, registerOrder } from "./orders.ts";
import { refuse, type Outbox, type Refusal } from "./outbox.ts";
import { comeToBook } from "./place.ts";
import {
  checkBand,
  checkBounds,
  checkDuplicate,
  checkExists,
  checkKnownWords,
  checkOrderCount,
  isRestingType,
} from "./place-checks.ts";
import { acceptPegged, arePegWordsValid, findPegRefusal } from "./pegs.ts";
import { hasSlotLeft, takeSlot } from "./slots.ts";
import { checkExtras, makeSpecial } from "./specials.ts";
import { follow, hasCome } from "./triggers.ts";

/**
 * Does PLACE_SPECIAL.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 * Source   matching.md §2.11; the letters in this file are its letters.
 */
export function placeSpecial(exchange: Exchange, terms: SpecialTerms, outbox: Outbox): void {
  if (!checkKnownWords(terms) || !areWordsValid(terms)) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  if (terms.trigger === TriggerKind.None && terms.peg === 0) {
    comeToBook(exchange, { terms, extras: terms, known: undefined }, outbox);
    return;
  }
  const refusal = findWaitingRefusal(exchange, terms);
  if (refusal !== undefined) {
    outbox.reject(refusal);
    return;
  }
  if (terms.peg !== 0) {
    acceptPegged(exchange, terms, outbox);
    return;
  }
  const order = makeOrder(takeSlot(exchange.slots), exchange, terms);
  order.isWaiting = true;
  registerOrder(exchange, order);
  const watch = computeWatch(order.market, terms);
  makeSpecial(exchange, order, terms, terms, { watch, trail: trailOf(terms) });
  outbox.emit({ kind: EventKind.Accepted, orderId: order.id, restingLots: 0, waits: true });
}

/** Check 1a. */
export function areWordsValid(terms: SpecialTerms): boolean {
  const { trigger, triggerSource, triggerTicks, trailBasisPoints } = terms;
  const mayRest = isRestingType(terms.orderType);
  if (terms.isHidden > 1) return false;
  if (terms.isHidden === 1 && (!mayRest || terms.displayLots !== 0n)) return false;
  if (terms.isProtected > 1 || !arePegWordsValid(terms)) return false;
  if (terms.isProtected === 1 && (!mayRest || trigger !== TriggerKind.None)) return false;
  if (terms.displayLots !== 0n && !mayRest) return false;
  if (terms.expiresMs !== 0 && !mayRest && trigger === TriggerKind.None) return false;
  switch (trigger) {
    case TriggerKind.None:
      return (
        triggerSource === TriggerSource.LastTrade && triggerTicks === 0 && trailBasisPoints === 0
      );
    case TriggerKind.Stop:
    case TriggerKind.TakeProfit:
      return (
        triggerSource <= TriggerSource.BestQuote &&
        triggerTicks !== 0 &&
        trailBasisPoints === 0 &&
        terms.orderType !== OrderType.MarketByQuote
      );
    case TriggerKind.TrailingStop:
    case TriggerKind.TrailingTakeProfit:
      return (
        triggerSource === TriggerSource.LastTrade &&
        trailBasisPoints !== 0 &&
        terms.orderType !== OrderType.MarketByQuote
      );
    default:
      return false;
  }
}

/** The checks of an order that is to wait. */
function findWaitingRefusal(exchange: Exchange, terms: SpecialTerms): Refusal | undefined {
  const unknown = checkExists(exchange, terms);
  if (unknown !== undefined) return unknown;
  const account = getAccount(exchange, terms.account);
  const market = getMarket(exchange, terms.market);
  return (
    checkTerms(exchange, terms) ??
    checkMet(market, terms) ??
    checkDuplicate(account, terms) ??
    checkOrderCount(exchange, account) ??
    checkRoom(exchange, terms)
  );
}

/** Those of its terms. */
export function checkTerms(exchange: Exchange, terms: SpecialTerms): Refusal | undefined {
  const account = getAccount(exchange, terms.account);
  const market = getMarket(exchange, terms.market);
  return (
    findClosedRefusal(exchange, account, market) ??
    checkTrigger(market, terms) ??
    checkBounds(market, terms) ??
    checkBandAtTrigger(market, terms) ??
    checkExtras(exchange, account, market, terms, terms.quantity)
  );
}

function checkTrigger(market: Market, terms: SpecialTerms): Refusal | undefined {
  const { priceTicksMin, priceTicksMax } = market.terms;
  if (terms.pegTicks > PRICE_TICKS_MAX) return refuse(RejectCode.PriceOutOfRange);
  if (terms.trailBasisPoints > TRAIL_BASIS_POINTS_MAX) return refuse(RejectCode.PriceOutOfRange);
  if (terms.triggerTicks === 0) return undefined;
  const isInRange = terms.triggerTicks >= priceTicksMin && terms.triggerTicks <= priceTicksMax;
  return isInRange ? undefined : refuse(RejectCode.PriceOutOfRange);
}

/** Check 8 for an order that waits for a last price: as if that were it. */
function checkBandAtTrigger(market: Market, terms: SpecialTerms): Refusal | undefined {
  const { trigger, triggerSource, triggerTicks } = terms;
  const waitsForLast = trigger === TriggerKind.Stop || trigger === TriggerKind.TakeProfit;
  if (!waitsForLast || triggerSource !== TriggerSource.LastTrade) return undefined;
  return checkBand(market, terms, triggerTicks);
}

/** A trigger that would not have to wait is refused. */
export function checkMet(market: Market, terms: SpecialTerms): Refusal | undefined {
  if (terms.triggerTicks === 0) return undefined;
  return hasCome(market, computeWatch(market, terms)) ? refuse(RejectCode.WouldTrigger) : undefined;
}

function checkRoom(exchange: Exchange, terms: SpecialTerms): Refusal | undefined {
  if (!hasSlotLeft(exchange.slots, exchange.limits.ordersMax)) {
    return refuse(RejectCode.OrdersFull);
  }
  if (exchange.specialCount >= exchange.limits.specialsMax) return refuse(RejectCode.SpecialsFull);
  return terms.peg !== 0 ? findPegRefusal(exchange, terms) : checkTrailing(exchange, [terms]);
}

/** Whether those of these orders that trail may come. All have one market and account. */
export function checkTrailing(
  exchange: Exchange,
  orders: readonly SpecialTerms[],
): Refusal | undefined {
  const coming = orders.filter((terms) => trailOf(terms) !== undefined);
  if (coming.length === 0) return undefined;
  const market = getMarket(exchange, coming[0]!.market);
  const there = [...exchange.orders.values()].filter(
    (order) => order.market === market && order.special?.trail !== undefined,
  );
  const owner = getAccount(exchange, coming[0]!.account);
  const own = there.filter(({ account }) => isFamily(account, owner));
  const isFull =
    there.length + coming.length > TRAILING_PER_MARKET_MAX ||
    own.length + coming.length > TRAILING_PER_FAMILY_MAX;
  return isFull ? refuse(RejectCode.TrailingFull) : undefined;
}

/** How an order is to trail, if it is. */
export function trailOf({ trigger, trailBasisPoints }: SpecialTerms): Trail | undefined {
  if (trailBasisPoints === 0) return undefined;
  const takesProfit = trigger === TriggerKind.TrailingTakeProfit;
  return { basisPoints: trailBasisPoints, takesProfit };
}

/** Which price an order waits for, and which way it has to go. */
export function computeWatch(market: Market, terms: SpecialTerms): Watch {
  const { trigger, side, triggerSource, triggerTicks, trailBasisPoints } = terms;
  if (triggerTicks === 0) return follow(side, trailBasisPoints, market.lastTradeTicks);
  const isBuy = side === Side.Buy;
  const quote = isBuy ? "ask" : "bid";
  const takesProfit =
    trigger === TriggerKind.TakeProfit || trigger === TriggerKind.TrailingTakeProfit;
  return {
    price: triggerSource === TriggerSource.BestQuote ? quote : "last",
    goes: isBuy === takesProfit ? "down" : "up",
    ticks: triggerTicks,
    peakTicks: 0,
  };
}
