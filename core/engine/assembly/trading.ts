import {
  accountExists,
  availableOf,
  findPairRow,
  findRow,
  makeRow,
  roomForRows,
} from "./accounts";
import { noteBook } from "./auction";
import { isGuarded, isHeld, pause, reachOf } from "./guard";
import { addClient, clientIdOf, findClient } from "./clients";
import {
  ACCOUNT_ORDERS_FULL,
  ALLOW_FAILURE,
  ALL_MARKETS,
  BALANCES_FULL,
  BOTH_SIDES,
  BUY,
  DUPLICATE_CLIENT_ORDER_ID,
  FILL_OR_KILL,
  IMMEDIATE,
  INSUFFICIENT_BALANCE,
  LEVELS_FULL,
  LIMIT,
  LOTS_OUT_OF_RANGE,
  MALFORMED,
  MARKET,
  MARKET_BY_QUOTE,
  MARKET_HALTED,
  NOTIONAL_TOO_LARGE,
  NOTIONAL_TOO_SMALL,
  NOT_ORDER_OWNER,
  NO_LIQUIDITY,
  ORDERS_FULL,
  POST_ONLY,
  PRICE_OUTSIDE_BAND,
  PRICE_OUT_OF_RANGE,
  REPLACED,
  REQUESTED,
  REQUESTED_ALL,
  SELF_DECREMENT,
  SELL,
  SPECIALS_FULL,
  STATE_HALTED,
  STATE_TRADING,
  STOP_ON_FAILURE,
  UNFILLABLE,
  UNKNOWN_ACCOUNT,
  UNKNOWN_MARKET,
  UNKNOWN_ORDER,
  WOULD_TAKE,
} from "./codes";
import {
  emitAccepted,
  emitCanceled,
  emitCanceledAll,
  emitDeclined,
  emitRejected,
  emitTriggered,
  setResting,
} from "./events";
import { entryOf, roomForLevel } from "./ladder";
import { noteLost } from "./lists";
import { marketExists } from "./markets";
import {
  canFill,
  canPayMarket,
  crosses,
  leftOfTaker,
  matchTaker,
  takerComplete,
  takerEnded,
} from "./matching";
import {
  ACCOUNT_BLOCKED_BIT,
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_ORDER_HEAD,
  ACCOUNT_SHIFT,
  MARKET_LAST,
  MARKET_LOTS_MIN,
  MARKET_LOTS_SAFE,
  MARKET_LOT_QUANTA,
  MARKET_NOTIONAL_MIN,
  MARKET_PRICE_HIGH,
  MARKET_PRICE_LOW,
  MARKET_STATE,
  MARKET_TICK_LOT_QUANTA,
  ORDER_LOTS,
  ORDER_OWNER_NEXT,
  ORDER_STAMP,
  ROOT_ACCOUNT_ORDERS_MAX,
  ROOT_GUARDED,
  ROOT_SLOT_FREE,
  STAMP_CLIENT,
  STAMP_SIDE_SHIFT,
  TERMS_LOTS_MAX,
  TERMS_NOTIONAL_MAX,
  TERMS_NOTIONAL_MIN,
  TERMS_PRICE_MAX,
  TERMS_PRICE_MIN,
} from "./memory";
import { checkExtras } from "./place-special";
import { protectionRefusal } from "./protection";
import { endAnyOrder, marketOfOrder, restSpecial, roomForSpecial } from "./specials";
import { productExceeds } from "./money";
import {
  accountOf,
  enterLevel,
  findOrder,
  giveSlot,
  idOf,
  own,
  paidAsset,
  receivedAsset,
  removeAnyOrder,
  removeOrder,
  reserveOf,
  roomForOrder,
  sideOf,
  takeFreeSlot,
  takeSlot,
} from "./orders";
import { isGathering, stateOf, stateRefusal } from "./states";
import { accountAt, marketAt, marketIndexOf, orderAt, slotOf, termsAt } from "./root";

// PLACE, CANCEL, CANCEL_ALL and REPLACE: matching.md §2.1 to §2.5. Offsets: core/protocol command.ts.

// Fields of PLACE; REPLACE starts the same.
const AT_MARKET: usize = 4;
const AT_ACCOUNT: usize = 8;
const AT_PRICE: usize = 12;
const AT_QUANTITY: usize = 16;
const AT_CLIENT: usize = 24;
const AT_TARGET: usize = 32;
const AT_TARGET_CLIENT: usize = 40;
const AT_MODE: usize = 48;
// Fields of CANCEL.
const AT_CANCEL_ORDER: usize = 16;
const AT_CANCEL_CLIENT: usize = 24;

/**
 * PLACE.
 *
 * Most orders are limit orders that wait, and pass every check: for them the checks come in whatever order is quick,
 * and nothing but the book, the owner's line and one event is touched. Whatever does not pass, or takes, or needs
 * room that must be made, goes to `placeInOrder`, which begins again.
 */
export function place(at: usize): void {
  const head = load<u32>(at);
  const index = load<u32>(at, AT_MARKET);
  const account = load<u32>(at, AT_ACCOUNT);
  const ticks = load<u32>(at, AT_PRICE);
  const quantity = load<u64>(at, AT_QUANTITY);
  const clientOrderId = load<u64>(at, AT_CLIENT);
  const side = (head >> 8) & 1;
  // One test to an `if`: a test of several becomes a chain of truth values in registers.
  // Side at most 1, type at most 3, self-trade mode at most 4; then only Limit and PostOnly.
  if ((head & 0x00fc_fe00) != 0) return placeInOrder(at);
  if (head >= 0x0500_0000) return placeInOrder(at);
  if (((WAITING_TYPES >> ((head >> 16) & 3)) & 1) == 0) return placeInOrder(at);
  if (!marketExists(index)) return placeInOrder(at);
  if (!accountExists(account)) return placeInOrder(at);
  const market = marketAt(index);
  const low = load<u32>(market, MARKET_PRICE_LOW);
  const notional = (<u64>ticks) * load<u64>(market, MARKET_TICK_LOT_QUANTA) * quantity;
  if (load<u32>(market, MARKET_STATE) != STATE_TRADING) return placeInOrder(at);
  if (ticks - low > load<u32>(market, MARKET_PRICE_HIGH) - low) return placeInOrder(at);
  if (quantity < load<u64>(market, MARKET_LOTS_MIN)) return placeInOrder(at);
  if (quantity > load<u64>(market, MARKET_LOTS_SAFE)) return placeInOrder(at);
  if (notional < load<u64>(market, MARKET_NOTIONAL_MIN)) return placeInOrder(at);
  if (crosses(market, side, ticks)) return placeInOrder(at);
  const owner = accountAt(account);
  if (load<u32>(owner, ACCOUNT_OPEN_ORDERS) >= load<u32>(ROOT_ACCOUNT_ORDERS_MAX)) {
    return placeInOrder(at);
  }
  const payRow = findPairRow(account, market, side ^ 1);
  if (payRow == 0) return placeInOrder(at);
  const need = select<u64>(notional, quantity * load<u64>(market, MARKET_LOT_QUANTA), side == BUY);
  if (availableOf(payRow) < need) return placeInOrder(at);
  if (load<u32>(ROOT_SLOT_FREE) == 0) return placeInOrder(at);
  if (load<u32>(entryOf(market, side, ticks)) == 0) {
    if (!roomForLevel(market, side, ticks)) return placeInOrder(at);
  }
  if (clientOrderId != 0) {
    if (findClient(account, clientOrderId) != 0) return placeInOrder(at);
  }
  const order = takeFreeSlot();
  setResting(emitAccepted(idOf(order)), quantity);
  rest(order, market, side, ticks, quantity, account, clientOrderId, payRow, need);
}

/** Of the order types that wait in the book, a bit each. */
const WAITING_TYPES: u32 = (1 << LIMIT) | (1 << POST_ONLY);

/** PLACE, or the place part of REPLACE, with every check. */
export function placeInOrder(at: usize): void {
  admit(at, 0, 0, 0, false);
}

/**
 * Lets an order come to the book, in the words of matching.md §2.1 and §2.11: every check, in its order.
 *
 * `at`: its PLACE. `known`: the order itself if it was accepted before and has waited, else 0. `display`,
 * `expires` and `isProtected`: what it has beyond that.
 */
export function admit(
  at: usize,
  known: usize,
  display: u64,
  expires: u64,
  isProtected: bool,
): void {
  const head = load<u32>(at);
  const side = (head >> 8) & 0xff;
  const orderType = (head >> 16) & 0xff;
  const selfTrade = head >> 24;
  const ticks = load<u32>(at, AT_PRICE);
  if (side > SELL || orderType > MARKET_BY_QUOTE || selfTrade > SELF_DECREMENT) {
    return refuse(known, MALFORMED, 0);
  }
  if (orderType >= MARKET && ticks != 0) return refuse(known, MALFORMED, 0);
  const index = load<u32>(at, AT_MARKET);
  if (!marketExists(index)) return refuse(known, UNKNOWN_MARKET, 0);
  const account = load<u32>(at, AT_ACCOUNT);
  if (!accountExists(account)) return refuse(known, UNKNOWN_ACCOUNT, 0);
  const market = marketAt(index);
  if (load<u32>(market, MARKET_STATE) != STATE_TRADING || isBlocked(account)) {
    const refusal = stateRefusal(account, market, orderType);
    if (refusal != 0) return refuse(known, refusal, 0);
  }
  const gathers = isGathering(stateOf(market));
  const quantity = load<u64>(at, AT_QUANTITY);
  const refusal = checkTerms(market, orderType, ticks, quantity);
  if (refusal != 0) return refuse(known, refusal, 0);

  const clientOrderId = load<u64>(at, AT_CLIENT);
  const mayRest = orderType == LIMIT || orderType == POST_ONLY;
  const isPlain = known == 0 && (display | expires) == 0 && !isProtected;
  if (known == 0) {
    if (!isPlain) {
      const refusal = checkExtras(market, display, expires);
      if (refusal != 0) return emitRejected(refusal, 0);
      const shut = isProtected ? protectionRefusal(account, market) : 0;
      if (shut != 0) return emitRejected(shut, 0);
    }
    if (clientOrderId != 0) {
      const open = findClient(account, clientOrderId);
      if (open != 0) return emitRejected(DUPLICATE_CLIENT_ORDER_ID, idOf(orderAt(open)));
    }
    const openOrders = load<u32>(accountAt(account), ACCOUNT_OPEN_ORDERS);
    if (mayRest && openOrders >= load<u32>(ROOT_ACCOUNT_ORDERS_MAX)) {
      return emitRejected(ACCOUNT_ORDERS_FULL, 0);
    }
  }

  let payRow = findRow(account, paidAsset(market, side));
  // Without a row there is nothing to pay with, which is enough for a market order that finds nobody.
  const available = payRow == 0 ? 0 : availableOf(payRow);
  const limit = limitOf(market, side, orderType, ticks);
  if (!canPay(market, side, orderType, limit, quantity, available)) {
    return refuse(known, INSUFFICIENT_BALANCE, 0);
  }
  if (orderType == POST_ONLY && crosses(market, side, limit)) return refuse(known, WOULD_TAKE, 0);
  if (known == 0 && !roomForOrder()) return emitRejected(ORDERS_FULL, 0);
  if (mayRest && !roomForLevel(market, side, ticks)) return refuse(known, LEVELS_FULL, 0);
  if (known == 0 && !isPlain && !roomForSpecial()) return emitRejected(SPECIALS_FULL, 0);
  let receiveRow = findRow(account, receivedAsset(market, side));
  if (receiveRow == 0 || payRow == 0) {
    if (!roomForRows((<u32>(receiveRow == 0)) + <u32>(payRow == 0))) {
      return refuse(known, BALANCES_FULL, 0);
    }
    makeMissingRows(market, account);
    payRow = findRow(account, paidAsset(market, side));
    receiveRow = findRow(account, receivedAsset(market, side));
  }

  const order = known != 0 ? known : takeSlot();
  const orderId = idOf(order);
  const accepted = known != 0 ? emitTriggered(orderId) : emitAccepted(orderId);
  let left = quantity;
  let ended: u32 = 0;
  const guarded = isGuarded(market);
  const reach = guarded ? reachOf(market, side, limit) : limit;
  if (!gathers) {
    if (orderType == FILL_OR_KILL && !canFill(market, side, reach, quantity, account, selfTrade)) {
      ended = UNFILLABLE;
    } else {
      matchTaker(
        market,
        side,
        orderType,
        reach,
        quantity,
        account,
        selfTrade,
        orderId,
        payRow,
        receiveRow,
      );
      if (takerComplete()) return giveUp(order, known, true);
      left = leftOfTaker();
      ended = takerEnded();
    }
  }
  // Of a pair, the one that has lost lots is the one that stays.
  if (known != 0 && left != quantity) noteLost(known);
  const mayPause = guarded && !gathers && (ended == 0 || ended == NO_LIQUIDITY);
  const pauses = mayPause && isHeld(market, side, limit, reach);
  if (ended == 0 && mayRest) {
    setResting(accepted, left);
    if (isPlain) {
      const need = reserveOf(market, side, ticks, left);
      rest(order, market, side, ticks, left, account, clientOrderId, payRow, need);
    } else {
      restSpecial(
      order,
      known != 0,
      market,
      side,
      ticks,
      left,
      account,
      clientOrderId,
      display,
      expires,
      isProtected,
    );
    }
    if (gathers) noteBook(market);
  } else {
    const reason = ended != 0 ? ended : orderType >= MARKET ? NO_LIQUIDITY : IMMEDIATE;
    emitCanceled(reason, orderId, left);
    giveUp(order, known, false);
  }
  if (pauses) pause(market);
}

/** Says why an order may not come. One that has waited ends. */
function refuse(known: usize, code: u32, subject: u64): void {
  if (known == 0) return emitRejected(code, subject);
  emitDeclined(code, idOf(known));
  endAnyOrder(known, false);
}

/** Ends an order that has come and does not rest. */
function giveUp(order: usize, known: usize, isComplete: bool): void {
  if (known == 0) giveSlot(order);
  else endAnyOrder(order, isComplete);
}

function isBlocked(account: u32): bool {
  return (load<u32>(accountAt(account), ACCOUNT_OPEN_ORDERS) & ACCOUNT_BLOCKED_BIT) != 0;
}

/** The rows of a market that an account does not have yet: base, then quote. */
function makeMissingRows(market: usize, account: u32): void {
  for (let side = BUY; side <= SELL; side++) {
    const asset = receivedAsset(market, side);
    if (findRow(account, asset) == 0) makeRow(account, asset);
  }
}

/** Checks 5 to 8 of PLACE. Returns a reject code, or 0. */
export function checkTerms(market: usize, orderType: u32, ticks: u32, quantity: u64): u32 {
  const refusal = checkBounds(market, orderType, ticks, quantity);
  if (refusal != 0 || orderType >= MARKET) return refusal;
  const low = load<u32>(market, MARKET_PRICE_LOW);
  return ticks - low <= load<u32>(market, MARKET_PRICE_HIGH) - low ? 0 : PRICE_OUTSIDE_BAND;
}

/** Checks 5 to 7 of PLACE. Returns a reject code, or 0. */
export function checkBounds(market: usize, orderType: u32, ticks: u32, quantity: u64): u32 {
  const terms = termsAt(marketIndexOf(market));
  const isLimit = orderType < MARKET;
  if (
    isLimit &&
    (ticks < load<u32>(terms, TERMS_PRICE_MIN) || ticks > load<u32>(terms, TERMS_PRICE_MAX))
  ) {
    return PRICE_OUT_OF_RANGE;
  }
  const notionalMax = load<u64>(terms, TERMS_NOTIONAL_MAX);
  const notionalMin = load<u64>(terms, TERMS_NOTIONAL_MIN);
  if (orderType == MARKET_BY_QUOTE) {
    if (quantity < notionalMin) return NOTIONAL_TOO_SMALL;
    return quantity > notionalMax ? NOTIONAL_TOO_LARGE : 0;
  }
  if (quantity < load<u64>(market, MARKET_LOTS_MIN) || quantity > load<u64>(terms, TERMS_LOTS_MAX)) {
    return LOTS_OUT_OF_RANGE;
  }
  const price = isLimit ? ticks : load<u32>(market, MARKET_LAST);
  const unit = (<u64>price) * load<u64>(market, MARKET_TICK_LOT_QUANTA);
  if (productExceeds(unit, quantity, notionalMax)) return NOTIONAL_TOO_LARGE;
  return unit * quantity < notionalMin ? NOTIONAL_TOO_SMALL : 0;
}

/** The worst price an order may trade at: its own, or the collar of a market order (§5). */
@inline
function limitOf(market: usize, side: u32, orderType: u32, ticks: u32): u32 {
  if (orderType < MARKET) return ticks;
  return side == BUY ? load<u32>(market, MARKET_PRICE_HIGH) : load<u32>(market, MARKET_PRICE_LOW);
}

/** Check 11 of PLACE. Source: matching.md §2.2. */
function canPay(
  market: usize,
  side: u32,
  orderType: u32,
  limit: u32,
  quantity: u64,
  available: u64,
): bool {
  if (orderType < MARKET) return reserveOf(market, side, limit, quantity) <= available;
  if (side == BUY && orderType == MARKET_BY_QUOTE) return quantity <= available;
  if (side == SELL && orderType == MARKET) {
    return quantity <= available / load<u64>(market, MARKET_LOT_QUANTA);
  }
  return canPayMarket(market, side, orderType, limit, quantity, available);
}

/** Puts a new order at the end of its level, and reserves `need` for it. */
@inline
function rest(
  order: usize,
  market: usize,
  side: u32,
  ticks: u32,
  lots: u64,
  account: u32,
  clientOrderId: u64,
  payRow: usize,
  need: u64,
): void {
  const marks = (side << STAMP_SIDE_SHIFT) | (clientOrderId != 0 ? STAMP_CLIENT : 0);
  store<u32>(order, load<u32>(order, ORDER_STAMP) | marks, ORDER_STAMP);
  enterLevel(order, market, side, ticks, lots, account, payRow, need);
  own(order, account);
  if (clientOrderId != 0) addClient(account, clientOrderId, slotOf(order));
}

/**
 * CANCEL. An open order of the account, named by its order id, is simply removed; anything else goes to
 * `cancelInOrder`, which begins again.
 */
export function cancel(at: usize): void {
  const account = load<u32>(at, AT_ACCOUNT);
  const orderId = load<u64>(at, AT_CANCEL_ORDER);
  const clientOrderId = load<u64>(at, AT_CANCEL_CLIENT);
  if (clientOrderId != 0) return cancelInOrder(account, orderId, clientOrderId);
  if (load<u32>(ROOT_GUARDED) != 0) return cancelInOrder(account, orderId, clientOrderId);
  const order = findOrder(orderId);
  if (order == 0) return cancelInOrder(account, orderId, clientOrderId);
  // The word of a special order names no account that there is.
  const owner = <u32>(load<u64>(order, ORDER_LOTS) >> ACCOUNT_SHIFT);
  if (owner != account) return cancelInOrder(account, orderId, clientOrderId);
  emitCanceled(REQUESTED, orderId, removeOrder(order));
}

/** CANCEL with every check, in its order. */
export function cancelInOrder(account: u32, orderId: u64, clientOrderId: u64): void {
  cancelTarget(account, orderId, clientOrderId, REQUESTED);
}

/** Cancels an order by one of its ids, or emits why not. Returns whether it did. Source: matching.md §2.3. */
function cancelTarget(account: u32, orderId: u64, clientOrderId: u64, reason: u32): bool {
  const order = findTarget(account, orderId, clientOrderId);
  if (order == 0) return false;
  const id = idOf(order);
  const market = marketOfOrder(order);
  emitCanceled(reason, id, removeAnyOrder(order));
  noteBook(market);
  return true;
}

/** The open order that the account may cancel now, or 0 after saying why there is none. */
export function findTarget(account: u32, orderId: u64, clientOrderId: u64): usize {
  if ((orderId == 0) == (clientOrderId == 0)) {
    emitRejected(MALFORMED, 0);
    return 0;
  }
  if (!accountExists(account)) {
    emitRejected(UNKNOWN_ACCOUNT, 0);
    return 0;
  }
  let order: usize = 0;
  if (orderId != 0) {
    order = findOrder(orderId);
  } else {
    const slot = findClient(account, clientOrderId);
    if (slot != 0) order = orderAt(slot);
  }
  if (order == 0) {
    emitRejected(UNKNOWN_ORDER, orderId);
    return 0;
  }
  if (accountOf(order) != account) {
    emitRejected(NOT_ORDER_OWNER, orderId);
    return 0;
  }
  if (isHalted(order)) {
    emitRejected(MARKET_HALTED, idOf(order));
    return 0;
  }
  return order;
}

function isHalted(order: usize): bool {
  return stateOf(marketOfOrder(order)) == STATE_HALTED;
}

/** CANCEL_ALL. */
export function cancelAll(at: usize): void {
  const sides = <u32>load<u8>(at, 1);
  const index = load<u32>(at, AT_MARKET);
  const account = load<u32>(at, AT_ACCOUNT);
  if (sides > BOTH_SIDES) return emitRejected(MALFORMED, 0);
  if (index != ALL_MARKETS && !marketExists(index)) return emitRejected(UNKNOWN_MARKET, 0);
  if (!accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  if (index != ALL_MARKETS && stateOf(marketAt(index)) == STATE_HALTED) {
    return emitRejected(MARKET_HALTED, 0);
  }
  let count: u32 = 0;
  let slot = load<u32>(accountAt(account), ACCOUNT_ORDER_HEAD);
  while (slot != 0) {
    const order = orderAt(slot);
    slot = load<u32>(order, ORDER_OWNER_NEXT);
    if (sides != BOTH_SIDES && sideOf(order) != sides) continue;
    const market = marketOfOrder(order);
    if (index != ALL_MARKETS && market != marketAt(index)) continue;
    if (stateOf(market) == STATE_HALTED) continue;
    const id = idOf(order);
    emitCanceled(REQUESTED_ALL, id, removeAnyOrder(order));
    noteBook(market);
    count++;
  }
  emitCanceledAll(count, false);
}

/** REPLACE. */
export function replace(at: usize): void {
  const mode = <u32>load<u8>(at, AT_MODE);
  if (mode > ALLOW_FAILURE) return emitRejected(MALFORMED, 0);
  const account = load<u32>(at, AT_ACCOUNT);
  const target = load<u64>(at, AT_TARGET);
  const done = cancelTarget(account, target, load<u64>(at, AT_TARGET_CLIENT), REPLACED);
  if (!done && mode == STOP_ON_FAILURE) return;
  placeInOrder(at);
}

/** The client order id of an open order, or 0. */
export function clientOf(order: usize): u64 {
  return (load<u32>(order, ORDER_STAMP) & STAMP_CLIENT) != 0 ? clientIdOf(slotOf(order)) : 0;
}
