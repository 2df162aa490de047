import {
  accountExists,
  availableOf,
  giveBack,
  move,
  findPairRowNear,
  findRow,
  makeRow,
  roomForRows,
} from "./accounts";
import { noteBook } from "./auction";
import { crossesAny } from "./dark";
import { canFill } from "./fill-or-kill";
import { isGuarded, isHeld, pause, reachOf } from "./guard";
import { addClient, clientIdOf, enterBucket, findClient, hashOf, isNewInBucket } from "./clients";
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
  NOT_MASTER_ACCOUNT,
  NOT_ORDER_OWNER,
  NO_LIQUIDITY,
  ORDERS_FULL,
  POST_ONLY,
  PRICE_OUTSIDE_BAND,
  PRICE_OUT_OF_RANGE,
  REPLACED,
  REQUESTED,
  REQUESTED_ALL,
  SELF_FAMILY_DECREMENT,
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
  emitResting,
  emitTriggered,
  setResting,
} from "./events";
import { entryOf, levelIn, marketOf, occupy, roomForLevel, ticksOf, vacate } from "./ladder";
import { noteLost } from "./lists";
import { isPart, nextOfFamily } from "./ledger";
import { goesLong, matchLong } from "./long-way";
import { marketExists } from "./markets";
import {
  canPayMarket,
  crosses,
  leftOfTaker,
  matchTaker,
  setTaker,
  takerComplete,
  takerEnded,
} from "./matching";
import {
  ACCOUNT_BLOCKED_BIT,
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_SHIFT,
  CANCEL_ALL_MAX,
  MARKET_LAST,
  MARKET_LOTS_SAFE,
  MARKET_LOT_QUANTA,
  MARKET_PRICE_HIGH,
  MARKET_PRICE_LOW,
  MARKET_QUICK,
  MARKET_STATE,
  MARKET_TICK_LOT_QUANTA,
  LOTS_MASK,
  SEAT_BLOCKS,
  ORDER_LEVEL,
  ORDER_LOTS,
  ORDER_NEXT,
  ORDER_SEAT,
  ORDER_PREV,
  QUICK_SHIFT,
  ORDER_STAMP,
  ROOT_ACCOUNT_ORDERS_MAX,
  ROOT_GUARDED,
  ROOT_SLOT_FREE,
  LEVEL_NEXT,
  LEVEL_PREV,
  STAMP_CLIENT,
  STAMP_CLIENT_SHIFT,
  GENERATION_MASK,
  IS_HIDDEN,
  IS_PROTECTED,
  SLOT_BITS,
  STAMP_SIDE_SHIFT,
  TERMS_LOTS_MAX,
  TERMS_LOTS_MIN,
  TERMS_NOTIONAL_MAX,
  TERMS_NOTIONAL_MIN,
  TERMS_PRICE_MAX,
  TERMS_PRICE_MIN,
} from "./memory";
import { gatherOwned, gathered, leaveSeatBlock, takeSeatInBlock, seatBeside, seatsFree } from "./owned";
import { checkExtras } from "./place-special";
import { protectionRefusal } from "./protection";
import { endAnyOrder, marketOfOrder, restSpecial, roomForSpecial } from "./specials";
import { productExceeds } from "./money";
import {
  accountOf,
  growLevel,
  popSlot,
  writeOrder,
  enterLevel,
  findOrder,
  giveOrdinarySlot,
  giveSlot,
  isOrdinary,
  payRowOf,
  shrinkLevel,
  idOf,
  enroll,
  paidAsset,
  receivedAsset,
  removeAnyOrder,
  reserveOf,
  roomForOrder,
  sideOf,
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
 * Most orders are limit orders that wait, and pass every check: for them the checks come in whatever order is quick, and
 * nothing but the book, the owner's line and one event is touched. Whatever does not pass, or takes, or needs what must be
 * looked for or made, goes to `placeInOrder`, which begins again. Calls only end this function: across a call WebAssembly
 * engines keep nothing in registers.
 */
export function place(at: usize): void {
  // One test to an `if`: a test of several becomes a chain of truth values in registers. What is needed again is read
  // again: a register that is needed for long is stored and read anyway.
  const head = load<u32>(at);
  // Side at most 1, type at most 3 and its bits alike: Limit or PostOnly; self-trade mode at most 4.
  if (((head & 0x00fc_fe00) | ((head ^ (head >> 1)) & 0x0001_0000)) != 0) return placeInOrder(at);
  if (head >= 0x0500_0000) return placeInOrder(at);
  const index = load<u32>(at, AT_MARKET);
  if (!marketExists(index)) return placeInOrder(at);
  const account = load<u32>(at, AT_ACCOUNT);
  if (!accountExists(account)) return placeInOrder(at);
  const side = (head >> 8) & 1;
  const market = marketAt(index);
  const ticks = load<u32>(at, AT_PRICE);
  const low = load<u32>(market, MARKET_PRICE_LOW);
  if (ticks - low > load<u32>(market, MARKET_PRICE_HIGH) - low) return placeInOrder(at);
  if (crosses(market, side, ticks)) return placeInOrder(at);
  const lots = load<u64>(at, AT_QUANTITY);
  const quick = load<u64>(market, MARKET_QUICK);
  if (lots < (quick & LOTS_MASK)) return placeInOrder(at);
  if (lots > load<u64>(market, MARKET_LOTS_SAFE)) return placeInOrder(at);
  const notional = (<u64>ticks) * load<u64>(market, MARKET_TICK_LOT_QUANTA) * lots;
  if (notional >> (quick >> QUICK_SHIFT) == 0) return placeInOrder(at);
  const need = select<u64>(notional, lots * load<u64>(market, MARKET_LOT_QUANTA), side == BUY);
  const payRow = findPairRowNear(account, market, side ^ 1);
  if (payRow == 0) return placeInOrder(at);
  if (availableOf(payRow) < need) return placeInOrder(at);
  const page = <usize>load<u32>(entryOf(market, side, ticks));
  if (page == 0) return placeInOrder(at);
  if (load<u32>(ROOT_SLOT_FREE) == 0) return placeInOrder(at);
  const owner = accountAt(account);
  if (load<u32>(owner, ACCOUNT_OPEN_ORDERS) >= load<u32>(ROOT_ACCOUNT_ORDERS_MAX)) {
    return placeInOrder(at);
  }
  const level = levelIn(page, ticks);
  const youngest = <usize>load<u32>(level, LEVEL_PREV);
  const free = seatsFree(owner);
  if (<u32>(youngest == level) > free) return placeInOrder(at);
  if (load<u64>(at, AT_CLIENT) != 0) {
    if (!isNewInBucket(hashOf(account, load<u64>(at, AT_CLIENT)))) return placeInOrder(at);
  }

  move(payRow, need);
  store<u32>(owner, load<u32>(owner, ACCOUNT_OPEN_ORDERS) + 1, ACCOUNT_OPEN_ORDERS);
  const slot = load<u32>(ROOT_SLOT_FREE);
  const order = orderAt(slot);
  const generation = load<u32>(order, ORDER_STAMP) & GENERATION_MASK;
  popSlot(order);
  emitResting(((<u64>generation) << SLOT_BITS) | <u64>slot, load<u64>(at, AT_QUANTITY));
  const named = <u32>(load<u64>(at, AT_CLIENT) != 0) << STAMP_CLIENT_SHIFT;
  const marks = (((load<u32>(at) >> 8) & 1) << STAMP_SIDE_SHIFT) | named;
  writeOrder(order, level, youngest, load<u64>(at, AT_QUANTITY), load<u32>(at, AT_ACCOUNT), generation | marks);
  growLevel(level, order, load<u64>(at, AT_QUANTITY));
  if (named != 0) enterBucket(hashOf(load<u32>(at, AT_ACCOUNT), load<u64>(at, AT_CLIENT)), slot, load<u64>(at, AT_CLIENT));
  const beside = seatBeside(owner, free);
  store<u64>(order, (<u64>beside) | ((<u64>payRow) << 32), ORDER_SEAT);
  if (free == 0) return takeSeatInBlock(order, owner);
  store<u32>(beside, slot);
  if (youngest == level) return occupy(market, (load<u32>(at) >> 8) & 1, load<u32>(at, AT_PRICE), level);
}

/** PLACE, or the place part of REPLACE, with every check. */
export function placeInOrder(at: usize): void {
  admit(at, 0, 0, 0, 0);
}

/**
 * Lets an order come to the book, in the words of matching.md §2.1 and §2.11: every check, in its order.
 *
 * `at`: its PLACE. `known`: the order itself if it was accepted before and has waited, else 0. `display`,
 * `expires` and `marks`: what it has beyond that.
 */
export function admit(
  at: usize,
  known: usize,
  display: u64,
  expires: u64,
  marks: u32,
): void {
  const isPlain = known == 0 && (display | expires) == 0 && marks == 0;
  const refusal = findRefusal(at, known != 0, isPlain, display, expires, marks);
  if (refusal != 0) return refuse(known, refusal, refusedSubject);
  const market = marketAt(load<u32>(at, AT_MARKET));
  const account = load<u32>(at, AT_ACCOUNT);
  const side = <u32>load<u8>(at, 1);
  const orderType = <u32>load<u8>(at, 2);
  const ticks = load<u32>(at, AT_PRICE);
  const quantity = load<u64>(at, AT_QUANTITY);
  const limit = limitOf(market, side, orderType, ticks);
  const gathers = isGathering(stateOf(market));
  const guarded = isGuarded(market);
  const reach = guarded ? reachOf(market, side, limit) : limit;

  const order = known != 0 ? known : takeSlot();
  const orderId = idOf(order);
  const accepted = known != 0 ? emitTriggered(orderId) : emitAccepted(orderId);
  let left = quantity;
  let ended: u32 = 0;
  if (!gathers) {
    take(at, market, side, orderType, reach, orderId);
    if (takerComplete()) return giveUp(order, known, true);
    left = leftOfTaker();
    ended = takerEnded();
  }
  // Of a pair, the one that has lost lots is the one that stays.
  if (known != 0 && left != quantity) noteLost(known);
  const mayPause = guarded && !gathers && (ended == 0 || ended == NO_LIQUIDITY);
  const pauses = mayPause && isHeld(market, side, limit, reach);
  if (ended == 0 && (gathers || mayRest(orderType))) {
    setResting(accepted, left);
    const name = load<u64>(at, AT_CLIENT);
    if (isPlain && orderType != MARKET) {
      const need = reserveOf(market, side, ticks, left);
      rest(order, market, side, ticks, left, account, name, foundPayRow, need);
    } else {
      const isKnown = known != 0;
      // A market order rests for the auction, up to its collar.
      const kept = orderType == MARKET ? marks | IS_HIDDEN : marks;
      restSpecial(order, isKnown, market, side, limit, left, at, display, expires, kept);
    }
    if (gathers) noteBook(market);
  } else {
    const reason = ended != 0 ? ended : orderType >= MARKET ? NO_LIQUIDITY : IMMEDIATE;
    emitCanceled(reason, orderId, left);
    giveUp(order, known, false);
  }
  if (pauses) pause(market);
}

/** What `findRefusal` leaves behind: the subject of a refusal, or the rows of an order that may come. */
let refusedSubject: u64 = 0;
let foundPayRow: usize = 0;
let foundReceiveRow: usize = 0;

/** The checks of an order that comes, in their order. Returns a reject code, or 0. Then its rows are there. */
function findRefusal(
  at: usize,
  isKnown: bool,
  isPlain: bool,
  display: u64,
  expires: u64,
  marks: u32,
): u32 {
  const head = load<u32>(at);
  const side = (head >> 8) & 0xff;
  const orderType = (head >> 16) & 0xff;
  const ticks = load<u32>(at, AT_PRICE);
  refusedSubject = 0;
  if (side > SELL || orderType > MARKET_BY_QUOTE || head >> 24 > SELF_FAMILY_DECREMENT) return MALFORMED;
  if (orderType >= MARKET && ticks != 0) return MALFORMED;
  const index = load<u32>(at, AT_MARKET);
  if (!marketExists(index)) return UNKNOWN_MARKET;
  const account = load<u32>(at, AT_ACCOUNT);
  if (!accountExists(account)) return UNKNOWN_ACCOUNT;
  const market = marketAt(index);
  if (load<u32>(market, MARKET_STATE) != STATE_TRADING || isBlocked(account)) {
    const refusal = stateRefusal(account, market, orderType);
    if (refusal != 0) return refusal;
  }
  const quantity = load<u64>(at, AT_QUANTITY);
  const refusal = checkTerms(market, orderType, ticks, quantity);
  if (refusal != 0) return refusal;
  const limit = limitOf(market, side, orderType, ticks);
  const forAuction = orderType == MARKET && isGathering(stateOf(market));
  if (forAuction && side == BUY && notionalExceeds(market, limit, quantity)) return NOTIONAL_TOO_LARGE;
  if (!isKnown) {
    const refusal = checkNew(at, market, account, isPlain, display, expires, marks, forAuction);
    if (refusal != 0) return refusal;
  }
  const payRow = findRow(account, paidAsset(market, side));
  // Without a row there is nothing to pay with, which is enough for a market order that finds nobody.
  const available = payRow == 0 ? 0 : availableOf(payRow);
  const paysAs = forAuction ? LIMIT : orderType;
  if (!canPay(market, side, paysAs, limit, quantity, available)) return INSUFFICIENT_BALANCE;
  if (orderType == POST_ONLY && crossesAny(market, side, limit)) return WOULD_TAKE;
  if (!isKnown && !roomForOrder()) return ORDERS_FULL;
  const needsLevel = mayRest(orderType) && (marks & IS_HIDDEN) == 0;
  if (needsLevel && !roomForLevel(market, side, ticks)) return LEVELS_FULL;
  if (!isKnown && (forAuction || !isPlain) && !roomForSpecial()) return SPECIALS_FULL;
  return findRows(market, side, account, payRow);
}

/** The checks of an order that was not accepted before. Returns a reject code, or 0. */
function checkNew(
  at: usize,
  market: usize,
  account: u32,
  isPlain: bool,
  display: u64,
  expires: u64,
  marks: u32,
  forAuction: bool,
): u32 {
  if (!isPlain) {
    const refusal = checkExtras(market, display, expires);
    if (refusal != 0) return refusal;
    const shut = (marks & IS_PROTECTED) != 0 ? protectionRefusal(account, market) : 0;
    if (shut != 0) return shut;
  }
  const clientOrderId = load<u64>(at, AT_CLIENT);
  if (clientOrderId != 0) {
    const open = findClient(account, clientOrderId);
    if (open != 0) {
      refusedSubject = idOf(orderAt(open));
      return DUPLICATE_CLIENT_ORDER_ID;
    }
  }
  const isFull = load<u32>(accountAt(account), ACCOUNT_OPEN_ORDERS) >= load<u32>(ROOT_ACCOUNT_ORDERS_MAX);
  return isFull && (forAuction || mayRest(<u32>load<u8>(at, 2))) ? ACCOUNT_ORDERS_FULL : 0;
}

/** Finds an order's rows, and makes those that it lacks. Returns BALANCES_FULL where there is no room, or 0. */
function findRows(market: usize, side: u32, account: u32, payRow: usize): u32 {
  foundPayRow = payRow;
  foundReceiveRow = findRow(account, receivedAsset(market, side));
  if (foundReceiveRow != 0 && payRow != 0) return 0;
  if (!roomForRows((<u32>(foundReceiveRow == 0)) + <u32>(payRow == 0))) return BALANCES_FULL;
  makeMissingRows(market, account);
  foundPayRow = findRow(account, paidAsset(market, side));
  foundReceiveRow = findRow(account, receivedAsset(market, side));
  return 0;
}

/** Trades what an order that `findRefusal` let pass can trade at once, up to `reach`; or nothing, if it wants all or nothing. */
function take(
  at: usize,
  market: usize,
  side: u32,
  orderType: u32,
  reach: u32,
  orderId: u64,
): void {
  const quantity = load<u64>(at, AT_QUANTITY);
  const account = load<u32>(at, AT_ACCOUNT);
  const selfTrade = <u32>load<u8>(at, 3);
  const isAll = orderType == FILL_OR_KILL;
  if (isAll && !canFill(market, side, reach, quantity, account, selfTrade)) return setTaker(quantity, UNFILLABLE, false);
  if (goesLong(market, selfTrade)) {
    matchLong(market, side, orderType, reach, quantity, account, selfTrade, orderId, foundPayRow, foundReceiveRow);
  } else {
    matchTaker(market, side, orderType, reach, quantity, account, selfTrade, orderId, foundPayRow, foundReceiveRow);
  }
}

@inline
function mayRest(orderType: u32): bool {
  return orderType == LIMIT || orderType == POST_ONLY;
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
  if (quantity < load<u64>(terms, TERMS_LOTS_MIN) || quantity > load<u64>(terms, TERMS_LOTS_MAX)) {
    return LOTS_OUT_OF_RANGE;
  }
  const price = isLimit ? ticks : load<u32>(market, MARKET_LAST);
  const unit = (<u64>price) * load<u64>(market, MARKET_TICK_LOT_QUANTA);
  if (productExceeds(unit, quantity, notionalMax)) return NOTIONAL_TOO_LARGE;
  return unit * quantity < notionalMin ? NOTIONAL_TOO_SMALL : 0;
}

/** True if an order at a price is dearer than its market lets one be. */
function notionalExceeds(market: usize, ticks: u32, lots: u64): bool {
  const unit = <u64>ticks * load<u64>(market, MARKET_TICK_LOT_QUANTA);
  return productExceeds(unit, lots, load<u64>(termsAt(marketIndexOf(market)), TERMS_NOTIONAL_MAX));
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
  enroll(order, account);
  if (clientOrderId != 0) addClient(account, clientOrderId, slotOf(order));
}

/**
 * CANCEL. A plain open order of the account, named by its order id, is simply removed; anything else goes to
 * `cancelInOrder`, which begins again. As in `place`, calls only end this function.
 */
export function cancel(at: usize): void {
  const orderId = load<u64>(at, AT_CANCEL_ORDER);
  if (load<u64>(at, AT_CANCEL_CLIENT) != 0) return cancelInOrder(at);
  if (load<u32>(ROOT_GUARDED) != 0) return cancelInOrder(at);
  const order = findOrder(orderId);
  if (order == 0) return cancelInOrder(at);
  const stamp = load<u32>(order, ORDER_STAMP);
  if (!isOrdinary(stamp)) return cancelInOrder(at);
  const word = load<u64>(order, ORDER_LOTS);
  // The word of a special order names no account that there is.
  if (<u32>(word >> ACCOUNT_SHIFT) != load<u32>(at, AT_ACCOUNT)) return cancelInOrder(at);
  const seat = <usize>load<u32>(order, ORDER_SEAT);
  const next = load<u32>(order, ORDER_NEXT);
  const prev = load<u32>(order, ORDER_PREV);
  if ((<u32>(next == prev) & <u32>(seat >= SEAT_BLOCKS)) != 0) return cancelInOrder(at);

  const lots = word & LOTS_MASK;
  emitCanceled(REQUESTED, orderId, lots);
  store<u32>(<usize>prev, next, LEVEL_NEXT);
  store<u32>(<usize>next, prev, LEVEL_PREV);
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  shrinkLevel(level, lots);
  const market = marketOf(level);
  const side = (stamp >> STAMP_SIDE_SHIFT) & 1;
  giveBack(payRowOf(order), reserveOf(market, side, ticksOf(level), lots));
  const owner = accountAt(<u32>(word >> ACCOUNT_SHIFT));
  store<u32>(owner, load<u32>(owner, ACCOUNT_OPEN_ORDERS) - 1, ACCOUNT_OPEN_ORDERS);
  store<u32>(seat, 0);
  giveOrdinarySlot(order, stamp);
  if (next == prev) return vacate(market, side, level);
  if (seat >= SEAT_BLOCKS) return leaveSeatBlock(seat, load<u32>(at, AT_ACCOUNT));
}

/** CANCEL with every check, in its order. */
export function cancelInOrder(at: usize): void {
  const orderId = load<u64>(at, AT_CANCEL_ORDER);
  cancelTarget(load<u32>(at, AT_ACCOUNT), orderId, load<u64>(at, AT_CANCEL_CLIENT), REQUESTED);
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
  const withFamily = <u32>load<u8>(at, 2);
  if (sides > BOTH_SIDES || withFamily > 1) return emitRejected(MALFORMED, 0);
  if (index != ALL_MARKETS && !marketExists(index)) return emitRejected(UNKNOWN_MARKET, 0);
  if (!accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  if (withFamily != 0 && isPart(account)) return emitRejected(NOT_MASTER_ACCOUNT, 0);
  if (index != ALL_MARKETS && stateOf(marketAt(index)) == STATE_HALTED) {
    return emitRejected(MARKET_HALTED, 0);
  }
  let count: u32 = 0;
  let more = false;
  for (let each = account; each != 0 && !more; ) {
    const wanted = cancelOwned(each, index, sides, CANCEL_ALL_MAX - count);
    more = wanted > CANCEL_ALL_MAX - count;
    count = more ? CANCEL_ALL_MAX : count + wanted;
    each = withFamily == 0 ? 0 : nextOfFamily(account, each);
  }
  emitCanceledAll(count, more);
}

/** Cancels an account's orders, at most `most`. Returns how many there were to cancel. */
function cancelOwned(account: u32, index: u32, sides: u32, most: u32): u32 {
  let count: u32 = 0;
  const owned = gatherOwned(account);
  for (let each: u32 = 0; each < owned; each++) {
    const order = gathered(each);
    if (sides != BOTH_SIDES && sideOf(order) != sides) continue;
    const market = marketOfOrder(order);
    if (index != ALL_MARKETS && market != marketAt(index)) continue;
    if (stateOf(market) == STATE_HALTED) continue;
    if (++count > most) continue;
    const id = idOf(order);
    emitCanceled(REQUESTED_ALL, id, removeAnyOrder(order));
    noteBook(market);
  }
  return count;
}

/** REPLACE. */
export function replace(at: usize): void {
  const mode = <u32>load<u8>(at, AT_MODE);
  if (mode > ALLOW_FAILURE) return emitRejected(MALFORMED, 0);
  const account = load<u32>(at, AT_ACCOUNT);
  const target = load<u64>(at, AT_TARGET);
  const done = cancelTarget(account, target, load<u64>(at, AT_TARGET_CLIENT), REPLACED);
  if (!done && mode == STOP_ON_FAILURE) return;
  place(at);
}

/** The client order id of an open order, or 0. */
export function clientOf(order: usize): u64 {
  return (load<u32>(order, ORDER_STAMP) & STAMP_CLIENT) != 0 ? clientIdOf(slotOf(order)) : 0;
}
