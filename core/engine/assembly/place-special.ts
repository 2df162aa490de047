import { accountExists } from "./accounts";
import { findClient } from "./clients";
import {
  ACCOUNT_ORDERS_FULL,
  BUY,
  DUPLICATE_CLIENT_ORDER_ID,
  EXPIRY_PASSED,
  LIMIT,
  LOTS_OUT_OF_RANGE,
  MALFORMED,
  MARKET,
  MARKET_BY_QUOTE,
  ORDERS_FULL,
  PEG_KIND_MARKET,
  PEG_KIND_MIDPOINT,
  PLACE,
  POST_ONLY,
  PRICE_OUTSIDE_BAND,
  PRICE_OUT_OF_RANGE,
  SELF_FAMILY_DECREMENT,
  SELL,
  SPECIALS_FULL,
  TRAILING_FULL,
  TRIGGER_NONE,
  TRIGGER_TAKE_PROFIT,
  TRIGGER_TRAILING_STOP,
  TRIGGER_TRAILING_TAKE_PROFIT,
  UNKNOWN_ACCOUNT,
  UNKNOWN_MARKET,
  WOULD_TRIGGER,
} from "./codes";
import { emitAccepted, emitRejected, setWaiting } from "./events";
import { highAround, lowAround, marketExists } from "./markets";
import {
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_SHIFT,
  ICEBERG_SLICES_MAX,
  IS_HIDDEN,
  IS_PROTECTED,
  IS_WAITING,
  ORDER_LEVEL,
  ORDER_LOTS,
  PRICE_TICKS_MAX,
  ROOT_ACCOUNT_ORDERS_MAX,
  ROOT_NOW_MS,
  SPECIAL_ACCOUNT,
  SPECIAL_FLAGS,
  SPECIAL_TERMS,
  TERMS_LOTS_MIN,
  TERMS_PRICE_MAX,
  TERMS_PRICE_MIN,
  TRAIL_BASIS_POINTS_MAX,
  TRAIL_TAKES_PROFIT,
} from "./memory";
import { idOf, roomForOrder, takeSlot } from "./orders";
import { accountAt, marketAt, marketIndexOf, orderAt, termsAt } from "./root";
import { countWaiting, enlist, makeSpecial, roomForSpecial, specialOf } from "./specials";
import { acceptPegged, pegRefusal } from "./pegs";
import { closedRefusal } from "./states";
import { admit } from "./place";
import { checkBounds } from "./terms";
import { TREE_ASK, TREE_BID, TREE_LAST, hasCome, roomForTrails, setTrail, watch } from "./triggers";

// PLACE_SPECIAL: matching.md §2.11. Fields: core/protocol command.ts; the first 32 bytes are those of PLACE.

export const AT_MARKET: usize = 4;
export const AT_ACCOUNT: usize = 8;
const AT_PRICE: usize = 12;
const AT_QUANTITY: usize = 16;
export const AT_CLIENT: usize = 24;
const AT_DISPLAY: usize = 32;
const AT_EXPIRES: usize = 40;
const EXPIRES_MASK: u64 = (1 << 56) - 1;
const AT_HIDDEN: usize = 47;
export const AT_TRIGGER: usize = 48;
const AT_SOURCE: usize = 49;
export const AT_PROTECTED: usize = 50;
export const AT_PEGGED: usize = 51;
const AT_PEG_TICKS: usize = 60;
export const AT_TRIGGER_TICKS: usize = 52;
const AT_TRAIL: usize = 56;

export function placeSpecial(at: usize): void {
  if (!wordsAreKnown(at)) return emitRejected(MALFORMED, 0);
  const display = load<u64>(at, AT_DISPLAY);
  const expires = expiresOf(at);
  const isPegged = load<u8>(at, AT_PEGGED) != 0;
  if (<u32>load<u8>(at, AT_TRIGGER) == TRIGGER_NONE && !isPegged) {
    return admit(at, 0, display, expires, marksOf(at));
  }
  const refusal = waitingRefusal(at);
  if (refusal != 0) {
    const account = load<u32>(at, AT_ACCOUNT);
    const isDuplicate = refusal == DUPLICATE_CLIENT_ORDER_ID;
    const open = isDuplicate ? findClient(account, load<u64>(at, AT_CLIENT)) : 0;
    return emitRejected(refusal, open != 0 ? idOf(orderAt(open)) : 0);
  }
  if (isPegged) return acceptPegged(takeWaiting(at), <u32>load<u8>(at, AT_PEGGED), load<u32>(at, AT_PEG_TICKS));
  acceptWaiting(at);
}

/** Checks 1 and 1a. */
export function wordsAreKnown(at: usize): bool {
  const orderType = <u32>load<u8>(at, 2);
  if (load<u8>(at, 1) > <u8>SELL || orderType > MARKET_BY_QUOTE) return false;
  if (load<u8>(at, 3) > <u8>SELF_FAMILY_DECREMENT) return false;
  if (orderType >= MARKET && load<u32>(at, AT_PRICE) != 0) return false;
  const trigger = <u32>load<u8>(at, AT_TRIGGER);
  const source = <u32>load<u8>(at, AT_SOURCE);
  const ticks = load<u32>(at, AT_TRIGGER_TICKS);
  const trail = load<u32>(at, AT_TRAIL);
  const mayRest = orderType == LIMIT || orderType == POST_ONLY;
  const isProtected = <u32>load<u8>(at, AT_PROTECTED);
  if (isProtected > 1) return false;
  const isHidden = <u32>load<u8>(at, AT_HIDDEN);
  if (isHidden > 1) return false;
  if (isHidden != 0 && (!mayRest || load<u64>(at, AT_DISPLAY) != 0)) return false;
  const isPegged = <u32>load<u8>(at, AT_PEGGED);
  if (isPegged > PEG_KIND_MIDPOINT) return false;
  if (isPegged == PEG_KIND_MARKET && load<u32>(at, AT_PEG_TICKS) == 0) return false;
  if (isPegged == 0) {
    if (load<u32>(at, AT_PEG_TICKS) != 0) return false;
  } else {
    if (orderType != POST_ONLY || load<u64>(at, AT_DISPLAY) != 0) return false;
    if (trigger != TRIGGER_NONE || (isProtected | isHidden) != 0) return false;
  }
  if (isProtected != 0 && (!mayRest || trigger != TRIGGER_NONE)) return false;
  if (!mayRest && load<u64>(at, AT_DISPLAY) != 0) return false;
  if (trigger == TRIGGER_NONE) {
    if (!mayRest && expiresOf(at) != 0) return false;
    return source == 0 && ticks == 0 && trail == 0;
  }
  if (orderType == MARKET_BY_QUOTE) return false;
  if (trails(at)) return source == 0 && trail != 0;
  return trigger <= TRIGGER_TAKE_PROFIT && source <= 1 && ticks != 0 && trail == 0;
}

/** True for an order that follows the last price, at once or in time. */
export function trails(at: usize): bool {
  const trigger = <u32>load<u8>(at, AT_TRIGGER);
  return trigger == TRIGGER_TRAILING_STOP || trigger == TRIGGER_TRAILING_TAKE_PROFIT;
}

function takesProfit(at: usize): bool {
  const trigger = <u32>load<u8>(at, AT_TRIGGER);
  return trigger == TRIGGER_TAKE_PROFIT || trigger == TRIGGER_TRAILING_TAKE_PROFIT;
}

/** Of an order that trails: how, in the words of memory.ts; else 0. */
export function trailFor(at: usize): u32 {
  if (!trails(at)) return 0;
  return load<u32>(at, AT_TRAIL) | (takesProfit(at) ? TRAIL_TAKES_PROFIT : 0);
}

/** The tree in which an order waits for its price. */
export function treeFor(at: usize): u32 {
  const isBuy = <u32>load<u8>(at, 1) == BUY;
  const isUp = isBuy != takesProfit(at);
  const quote = isBuy ? TREE_ASK : TREE_BID;
  return (load<u8>(at, AT_SOURCE) != 0 ? quote : TREE_LAST) + (isUp ? 0 : 1);
}

/** The checks of an order that is to wait. Returns a reject code, or 0. */
function waitingRefusal(at: usize): u32 {
  const index = load<u32>(at, AT_MARKET);
  const account = load<u32>(at, AT_ACCOUNT);
  if (!marketExists(index)) return UNKNOWN_MARKET;
  if (!accountExists(account)) return UNKNOWN_ACCOUNT;
  const refusal = termsRefusal(at);
  if (refusal != 0) return refusal;
  if (hasComeAlready(at) != 0) return WOULD_TRIGGER;
  const clientOrderId = load<u64>(at, AT_CLIENT);
  if (clientOrderId != 0 && findClient(account, clientOrderId) != 0) {
    return DUPLICATE_CLIENT_ORDER_ID;
  }
  if (load<u32>(accountAt(account), ACCOUNT_OPEN_ORDERS) >= load<u32>(ROOT_ACCOUNT_ORDERS_MAX)) {
    return ACCOUNT_ORDERS_FULL;
  }
  if (!roomForOrder()) return ORDERS_FULL;
  if (!roomForSpecial()) return SPECIALS_FULL;
  if (load<u8>(at, AT_PEGGED) != 0) return pegRefusal(account, marketAt(index));
  return trails(at) && !roomForTrails(marketAt(index), account, 1) ? TRAILING_FULL : 0;
}

/** Those of its terms, where its market and account exist. Returns a reject code, or 0. */
export function termsRefusal(at: usize): u32 {
  const index = load<u32>(at, AT_MARKET);
  const market = marketAt(index);
  const closed = closedRefusal(load<u32>(at, AT_ACCOUNT), market);
  if (closed != 0) return closed;
  if (load<u32>(at, AT_PEG_TICKS) > PRICE_TICKS_MAX) return PRICE_OUT_OF_RANGE;
  if (load<u32>(at, AT_TRAIL) > TRAIL_BASIS_POINTS_MAX) return PRICE_OUT_OF_RANGE;
  const ticks = load<u32>(at, AT_TRIGGER_TICKS);
  if (ticks != 0) {
    const terms = termsAt(index);
    if (ticks < load<u32>(terms, TERMS_PRICE_MIN)) return PRICE_OUT_OF_RANGE;
    if (ticks > load<u32>(terms, TERMS_PRICE_MAX)) return PRICE_OUT_OF_RANGE;
  }
  const refusal = checkBounds(
    market,
    <u32>load<u8>(at, 2),
    load<u32>(at, AT_PRICE),
    load<u64>(at, AT_QUANTITY),
  );
  if (refusal != 0) return refusal;
  if (!bandHoldsAtTrigger(at, market)) return PRICE_OUTSIDE_BAND;
  return checkExtras(market, load<u64>(at, AT_DISPLAY), expiresOf(at), load<u64>(at, AT_QUANTITY));
}

/** Check 8 for an order that waits for a last price: as if that were it. */
function bandHoldsAtTrigger(at: usize, market: usize): bool {
  const waitsForLast = <u32>load<u8>(at, AT_TRIGGER) != TRIGGER_NONE && load<u8>(at, AT_SOURCE) == 0;
  if (!waitsForLast || trails(at) || <u32>load<u8>(at, 2) >= MARKET) return true;
  const ticks = load<u32>(at, AT_PRICE);
  const last = load<u32>(at, AT_TRIGGER_TICKS);
  return ticks >= lowAround(market, last) && ticks <= highAround(market, last);
}

/** WOULD_TRIGGER for a trigger that would not have to wait, or 0. */
export function hasComeAlready(at: usize): u32 {
  const ticks = load<u32>(at, AT_TRIGGER_TICKS);
  if (ticks == 0) return 0;
  const market = marketAt(load<u32>(at, AT_MARKET));
  return hasCome(market, treeFor(at), ticks) ? WOULD_TRIGGER : 0;
}

/** Check 8a: the parts that outlast the order's coming. Returns a reject code, or 0. */
export function checkExtras(market: usize, display: u64, expires: u64, quantity: u64): u32 {
  if (display != 0) {
    if (display < load<u64>(termsAt(marketIndexOf(market)), TERMS_LOTS_MIN)) return LOTS_OUT_OF_RANGE;
    if (quantity > ICEBERG_SLICES_MAX && (quantity - 1) / ICEBERG_SLICES_MAX >= display) return LOTS_OUT_OF_RANGE;
  }
  return expires != 0 && expires <= load<u64>(ROOT_NOW_MS) ? EXPIRY_PASSED : 0;
}

/** When an order ends: the last byte of the field is another's. */
@inline
function expiresOf(at: usize): u64 {
  return load<u64>(at, AT_EXPIRES) & EXPIRES_MASK;
}

/** Of what an order says, the flags that its record keeps while it rests. */
function marksOf(at: usize): u32 {
  const shield: u32 = load<u8>(at, AT_PROTECTED) != 0 ? IS_PROTECTED : 0;
  return shield | (load<u8>(at, AT_HIDDEN) != 0 ? IS_HIDDEN : 0);
}

/** Writes an order's terms into its record. */
export function keepTerms(record: usize, at: usize): void {
  memory.copy(record + SPECIAL_TERMS, at, 32);
  store<u8>(record, <u8>PLACE, SPECIAL_TERMS);
}

/** Takes a slot and a record for an order that is to wait, whatever for, and returns it. */
export function takeWaiting(at: usize): usize {
  const account = load<u32>(at, AT_ACCOUNT);
  const order = takeSlot();
  enlist(order, <u32>load<u8>(at, 1), account, load<u64>(at, AT_CLIENT));
  const word = load<u64>(at, AT_QUANTITY) | ((<u64>(account | SPECIAL_ACCOUNT)) << ACCOUNT_SHIFT);
  store<u64>(order, word, ORDER_LOTS);
  store<u32>(order, 0, ORDER_LEVEL);
  const record = makeSpecial(order, load<u64>(at, AT_DISPLAY), expiresOf(at));
  keepTerms(record, at);
  const hidden: u32 = load<u8>(at, AT_HIDDEN) != 0 ? IS_HIDDEN : 0;
  store<u32>(record, IS_WAITING | hidden, SPECIAL_FLAGS);
  countWaiting(record, 1);
  return order;
}

function acceptWaiting(at: usize): void {
  const order = takeWaiting(at);
  const record = specialOf(order);
  setTrail(record, trailFor(at));
  watch(record, treeFor(at), load<u32>(at, AT_TRIGGER_TICKS));
  setWaiting(emitAccepted(idOf(order)));
}
