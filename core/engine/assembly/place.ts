import { accountExists, availableOf, findPairRowNear, findRow, isBlocked, makeRow, move, roomForRows } from "./accounts";
import { noteBook } from "./auction";
import { crossesAny } from "./dark";
import { canFill } from "./fill-or-kill";
import { addClient, enterBucket, findClient, hashOf, isNewInBucket } from "./clients";
import {
  ACCOUNT_ORDERS_FULL,
  BALANCES_FULL,
  BUY,
  DUPLICATE_CLIENT_ORDER_ID,
  FILL_OR_KILL,
  IMMEDIATE,
  INSUFFICIENT_BALANCE,
  LEVELS_FULL,
  LIMIT,
  MALFORMED,
  MARKET,
  MARKET_BY_QUOTE,
  NOTIONAL_TOO_LARGE,
  NO_LIQUIDITY,
  ORDERS_FULL,
  POST_ONLY,
  SELF_FAMILY_DECREMENT,
  SELL,
  SPECIALS_FULL,
  STATE_TRADING,
  UNFILLABLE,
  UNKNOWN_ACCOUNT,
  UNKNOWN_MARKET,
  WOULD_TAKE,
} from "./codes";
import {
  emitAccepted,
  emitCanceled,
  emitDeclined,
  emitRejected,
  emitResting,
  emitTriggered,
  setResting,
} from "./events";
import { isGuarded, isHeld, pause, reachOf } from "./guard";
import { levelIn, makePage, marketOf, occupy, roomForLevel, ticksOf } from "./ladder";
import { noteLost } from "./lists";
import { goesLong, matchLong } from "./long-way";
import { marketExists } from "./markets";
import {
  canPayMarket,
  crosses,
  hasPrevented,
  leftOfTaker,
  matchTaker,
  setTaker,
  takerComplete,
  takerEnded,
} from "./matching";
import {
  ACCOUNT_OPEN_ORDERS,
  GENERATION_MASK,
  IS_HIDDEN,
  IS_PROTECTED,
  LEVEL_PREV,
  MARKET_LAST,
  MARKET_LOTS_SAFE,
  MARKET_LOT_QUANTA,
  MARKET_PRICE_HIGH,
  MARKET_PRICE_LOW,
  MARKET_QUICK,
  MARKET_STATE,
  MARKET_TICK_LOT_QUANTA,
  ORDER_SEAT,
  ORDER_STAMP,
  QUICK_LOTS_MASK,
  QUICK_SHIFT,
  ROOT_ACCOUNT_ORDERS_MAX,
  ROOT_SLOT_FREE,
  SLOT_BITS,
  STAMP_CLIENT,
  STAMP_CLIENT_SHIFT,
  STAMP_SIDE_SHIFT,
  TERMS_BAND_UP,
} from "./memory";
import {
  enroll,
  enterLevel,
  giveSlot,
  growLevel,
  idOf,
  listNewSlot,
  paidAsset,
  popSlot,
  receivedAsset,
  reserveOf,
  roomForOrder,
  sideOf,
  takeSlot,
  writeOrder,
} from "./orders";
import { seatBeside, seatsFree, takeSeatInBlock } from "./owned";
import { hasPegs } from "./pegs";
import { checkExtras } from "./place-special";
import { protectionRefusal } from "./protection";
import { accountAt, marketAt, marketIndexOf, orderAt, slotOf, termsAt } from "./root";
import { endAnyOrder, restSpecial, roomForSpecial, specialOf } from "./specials";
import { isGathering, stateOf, stateRefusal } from "./states";
import { pageOf } from "./tables";
import { checkBand, checkTerms, notionalExceeds } from "./terms";
import { awaitState, note } from "./triggers";
import { KEEPS_ACCOUNTS } from "./variant";

// PLACE: matching.md §2.1, §2.2. Offsets: core/protocol command.ts.

// Fields of PLACE; a REPLACE starts the same.
const AT_MARKET: usize = 4;
const AT_ACCOUNT: usize = 8;
const AT_PRICE: usize = 12;
const AT_QUANTITY: usize = 16;
const AT_CLIENT: usize = 24;

/**
 * PLACE.
 *
 * Most orders are limit orders that wait, and pass every check: for them the checks come in whatever order is quick, and
 * nothing but the book, the owner's line and one event is touched. Whatever does not pass, or takes, or needs what must be
 * looked for or made, goes to `placeInOrder`, which begins again. Calls only end this function, but for one where a slot is
 * used for the first time: across a call WebAssembly engines keep nothing in registers.
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
  if (KEEPS_ACCOUNTS) {
    if (!accountExists(account)) return placeInOrder(at);
  }
  const side = (head >> 8) & 1;
  const market = marketAt(index);
  const ticks = load<u32>(at, AT_PRICE);
  const low = load<u32>(market, MARKET_PRICE_LOW);
  if (ticks - low > load<u32>(market, MARKET_PRICE_HIGH) - low) return placeInOrder(at);
  if (crosses(market, side, ticks)) return placeInOrder(at);
  const lots = load<u64>(at, AT_QUANTITY);
  const quick = load<u32>(market, MARKET_QUICK);
  if (lots < <u64>(quick & QUICK_LOTS_MASK)) return placeInOrder(at);
  if (lots > <u64>load<u32>(market, MARKET_LOTS_SAFE)) return placeInOrder(at);
  const notional = (<u64>ticks) * load<u64>(market, MARKET_TICK_LOT_QUANTA) * lots;
  if (notional >> <u64>(quick >> QUICK_SHIFT) == 0) return placeInOrder(at);
  const need = select<u64>(notional, lots * load<u64>(market, MARKET_LOT_QUANTA), side == BUY);
  let payRow: usize = 0;
  if (KEEPS_ACCOUNTS) {
    payRow = findPairRowNear(account, market, side ^ 1);
    if (payRow == 0) return placeInOrder(at);
    if (availableOf(payRow) < need) return placeInOrder(at);
  }
  const page = pageOf(market, side, ticks);
  if (page == 0) return placeOnNewPage(at);
  if (load<u32>(ROOT_SLOT_FREE) == 0) {
    if (!roomForOrder()) return placeInOrder(at);
  }
  const owner = accountAt(account);
  if (KEEPS_ACCOUNTS) {
    if (load<u32>(owner, ACCOUNT_OPEN_ORDERS) >= load<u32>(ROOT_ACCOUNT_ORDERS_MAX)) {
      return placeInOrder(at);
    }
  }
  const level = levelIn(page, ticks);
  const youngest = <usize>load<u32>(level, LEVEL_PREV);
  let free: u32 = 0;
  if (KEEPS_ACCOUNTS) free = seatsFree(owner);
  if (load<u64>(at, AT_CLIENT) != 0) {
    if (!isNewInBucket(hashOf(account, load<u64>(at, AT_CLIENT)))) return placeInOrder(at);
  }

  if (KEEPS_ACCOUNTS) {
    move(payRow, need);
    store<u32>(owner, load<u32>(owner, ACCOUNT_OPEN_ORDERS) + 1, ACCOUNT_OPEN_ORDERS);
  }
  if (load<u32>(ROOT_SLOT_FREE) == 0) listNewSlot();
  const slot = load<u32>(ROOT_SLOT_FREE);
  const order = orderAt(slot);
  const generation = load<u32>(order, ORDER_STAMP) & GENERATION_MASK;
  popSlot(order);
  emitResting(((<u64>generation) << SLOT_BITS) | <u64>slot, load<u64>(at, AT_QUANTITY));
  const named = <u32>(load<u64>(at, AT_CLIENT) != 0) << STAMP_CLIENT_SHIFT;
  const marks = (((load<u32>(at) >> 8) & 1) << STAMP_SIDE_SHIFT) | named;
  writeOrder(order, level, youngest, load<u64>(at, AT_QUANTITY), load<u32>(at, AT_ACCOUNT), generation | marks);
  growLevel(level, order);
  if (named != 0) enterBucket(hashOf(load<u32>(at, AT_ACCOUNT), load<u64>(at, AT_CLIENT)), slot, load<u64>(at, AT_CLIENT));
  if (KEEPS_ACCOUNTS) {
    const beside = seatBeside(owner, free);
    store<u64>(order, (<u64>beside) | ((<u64>payRow) << 32), ORDER_SEAT);
    if (free == 0) {
      if (youngest == level) return sitAndOccupy(order, owner, level);
      return takeSeatInBlock(order, owner);
    }
    store<u32>(beside, slot);
  }
  if (youngest == level) return occupy(market, (load<u32>(at) >> 8) & 1, load<u32>(at, AT_PRICE), level);
}

/** What `place` does last where there are two things left to do: the order has no seat yet, and is the first of its level. */
export function sitAndOccupy(order: usize, owner: usize, level: usize): void {
  takeSeatInBlock(order, owner);
  occupy(marketOf(level), sideOf(order), ticksOf(level), level);
}

/**
 * A PLACE that has passed all that `place` checks before it looks for a page, and finds none. What comes after that is checked
 * here, so that a page is made only for an order that rests in it.
 */
export function placeOnNewPage(at: usize): void {
  const market = marketAt(load<u32>(at, AT_MARKET));
  const account = load<u32>(at, AT_ACCOUNT);
  const side = <u32>load<u8>(at, 1);
  const ticks = load<u32>(at, AT_PRICE);
  const clientOrderId = load<u64>(at, AT_CLIENT);
  if (!roomForLevel(market, side, ticks) || !roomForOrder()) return placeInOrder(at);
  if (KEEPS_ACCOUNTS) {
    const openOrders = load<u32>(accountAt(account), ACCOUNT_OPEN_ORDERS);
    if (openOrders >= load<u32>(ROOT_ACCOUNT_ORDERS_MAX)) return placeInOrder(at);
  }
  if (clientOrderId != 0 && !isNewInBucket(hashOf(account, clientOrderId))) return placeInOrder(at);
  makePage(market, side, ticks);
  place(at);
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
  if (refusal != 0) return refuse(at, known, refusal, refusedSubject);
  const market = marketAt(load<u32>(at, AT_MARKET));
  const account = load<u32>(at, AT_ACCOUNT);
  const side = <u32>load<u8>(at, 1);
  const orderType = <u32>load<u8>(at, 2);
  const ticks = load<u32>(at, AT_PRICE);
  const quantity = load<u64>(at, AT_QUANTITY);
  const gathers = isGathering(stateOf(market));
  const isAuctioned = orderType == MARKET && gathers;
  const limit = isAuctioned ? auctionLimitOf(market, side) : limitOf(market, side, orderType, ticks);
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
  if (known != 0 && left != quantity) noteLost(known, !hasPrevented());
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
    // A pegged order may stand before what it follows: any order that rests may be what others follow now.
    if (gathers) noteBook(market);
    else if (hasPegs(market)) note(market);
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
  if (KEEPS_ACCOUNTS && !accountExists(account)) return UNKNOWN_ACCOUNT;
  const market = marketAt(index);
  if (load<u32>(market, MARKET_STATE) != STATE_TRADING || (KEEPS_ACCOUNTS && isBlocked(account))) {
    const refusal = stateRefusal(account, market, orderType);
    if (refusal != 0) return refusal;
  }
  const quantity = load<u64>(at, AT_QUANTITY);
  const refusal = isKnown ? checkBand(market, orderType, ticks) : checkTerms(market, orderType, ticks, quantity);
  if (refusal != 0) return refusal;
  const forAuction = orderType == MARKET && isGathering(stateOf(market));
  const limit = forAuction ? auctionLimitOf(market, side) : limitOf(market, side, orderType, ticks);
  if (forAuction && side == BUY && notionalExceeds(market, limit, quantity)) return NOTIONAL_TOO_LARGE;
  if (!isKnown) {
    const refusal = checkNew(at, market, account, isPlain, display, expires, marks, forAuction);
    if (refusal != 0) return refusal;
  }
  const payRow = KEEPS_ACCOUNTS ? findRow(account, paidAsset(market, side)) : 0;
  // Without a row there is nothing to pay with, which is enough for a market order that finds nobody.
  const available = payRow == 0 ? 0 : availableOf(payRow);
  const paysAs = forAuction ? LIMIT : orderType;
  if (KEEPS_ACCOUNTS && !canPay(market, side, paysAs, limit, quantity, available)) {
    return INSUFFICIENT_BALANCE;
  }
  if (orderType == POST_ONLY && crossesAny(market, side, limit)) return WOULD_TAKE;
  if (!isKnown && !roomForOrder()) return ORDERS_FULL;
  const needsLevel = mayRest(orderType) && (marks & IS_HIDDEN) == 0;
  if (needsLevel && !roomForLevel(market, side, ticks)) return LEVELS_FULL;
  if (!isKnown && (forAuction || !isPlain) && !roomForSpecial()) return SPECIALS_FULL;
  return KEEPS_ACCOUNTS ? findRows(market, side, account, payRow) : 0;
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
    const refusal = checkExtras(market, display, expires, load<u64>(at, AT_QUANTITY));
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
  if (!KEEPS_ACCOUNTS) return 0;
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

/** Says why an order may not come. One that has waited ends, or comes when its market trades. */
function refuse(at: usize, known: usize, code: u32, subject: u64): void {
  if (known == 0) return emitRejected(code, subject);
  const forAuction = <u32>load<u8>(at, 2) == MARKET && isGathering(stateOf(marketAt(load<u32>(at, AT_MARKET))));
  if (forAuction) return awaitState(specialOf(known));
  emitDeclined(code, idOf(known));
  endAnyOrder(known, false);
}

/** Ends an order that has come and does not rest. `isComplete`: nothing is left of it, though it may not all have traded. */
function giveUp(order: usize, known: usize, isComplete: bool): void {
  if (known == 0) giveSlot(order);
  else endAnyOrder(order, isComplete && !hasPrevented());
}

/** The rows of a market that an account does not have yet: base, then quote. */
function makeMissingRows(market: usize, account: u32): void {
  for (let side = BUY; side <= SELL; side++) {
    const asset = receivedAsset(market, side);
    if (findRow(account, asset) == 0) makeRow(account, asset);
  }
}

/** The worst price an order may trade at: its own, or the collar of a market order (§5). */
@inline
function limitOf(market: usize, side: u32, orderType: u32, ticks: u32): u32 {
  if (orderType < MARKET) return ticks;
  return side == BUY ? load<u32>(market, MARKET_PRICE_HIGH) : load<u32>(market, MARKET_PRICE_LOW);
}

/** The collar of a market order that waits for an auction: of a buy that nothing else bounds, twice the last trade's price. */
function auctionLimitOf(market: usize, side: u32): u32 {
  const collar = limitOf(market, side, MARKET, 0);
  const isBound = side != BUY || load<u32>(termsAt(marketIndexOf(market)), TERMS_BAND_UP) != 0;
  return isBound ? collar : min(2 * load<u32>(market, MARKET_LAST), collar);
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
