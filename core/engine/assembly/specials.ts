import { getPairRow } from "./accounts";
import { addClient } from "./clients";
import { enterDark, isDark, leaveDark } from "./dark";
import { emitShown } from "./events";
import { marketOf, ticksOf } from "./ladder";
import { isLinked, unlink } from "./lists";
import {
  ACCOUNT_SHIFT,
  FLAGS_KEPT,
  IS_DARK,
  IS_HIDDEN,
  IS_RIPE,
  IS_WAITING,
  IS_WATCHING,
  LEVEL_PREV,
  MARKET_WATCH,
  NODE_KEY,
  NODE_SEQUENCE,
  ORDER_LEVEL,
  ORDER_LOTS,
  ORDER_NEXT,
  ORDER_PREV,
  ORDER_STAMP,
  RARE_WAITING,
  ROOT_EXPIRIES,
  ROOT_NEXT_DUE,
  ROOT_RIPE_HEAD,
  ROOT_RIPE_TAIL,
  ROOT_SPECIALS,
  ROOT_SPECIALS_CUT,
  ROOT_SPECIALS_MAX,
  ROOT_SPECIAL_FREE,
  ROOT_SPECIAL_SEQUENCE,
  SPECIALS,
  SPECIAL_ACCOUNT,
  SPECIAL_DISPLAY,
  SPECIAL_EXPIRY,
  SPECIAL_FLAGS,
  SPECIAL_HIDDEN,
  SPECIAL_NEXT,
  SPECIAL_OF,
  SPECIAL_PEG,
  SPECIAL_PREV,
  SPECIAL_RECORD_BYTES,
  SPECIAL_SHIFT,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  SPECIAL_WATCH,
  STAMP_CLIENT,
  STAMP_SIDE_SHIFT,
  WATCH_HIDDEN,
} from "./memory";
import { smaller } from "./money";
import {
  accountOf,
  endOrder,
  enterLevel,
  idOf,
  isSpecial,
  liftOrder,
  lotsOf,
  enroll,
  releaseLots,
  reserveOf,
  sideOf,
} from "./orders";
import { BROKEN_SPECIAL, broken, marketAt, slotOf } from "./root";
import { dropPeg } from "./pegs";
import { AT_ACCOUNT, AT_CLIENT, keepTerms } from "./place-special";
import { insertNode, removeNode } from "./tree";
import { dropTrail, rareOf, unwatch } from "./triggers";

// Special orders: matching.md §2.11. An order has a record exactly while the sign of its word of lots says so.

export function specialOf(order: usize): usize {
  const record = <usize>load<u32>(SPECIAL_OF + ((<usize>slotOf(order)) << 2));
  if (load<u32>(record, SPECIAL_SLOT) != slotOf(order)) broken(BROKEN_SPECIAL);
  return record;
}

/** True for an order that is open but in no level: its record has its terms. */
export function isAway(order: usize): bool {
  return isSpecial(order) && (load<u32>(specialOf(order), SPECIAL_FLAGS) & (IS_WAITING | IS_DARK)) != 0;
}

export function isWaiting(order: usize): bool {
  return isSpecial(order) && (load<u32>(specialOf(order), SPECIAL_FLAGS) & IS_WAITING) != 0;
}

/** The market of an open order, wherever it is. */
export function marketOfOrder(order: usize): usize {
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  if (!isAway(order)) return marketOf(level);
  return marketAt(load<u32>(specialOf(order), SPECIAL_TERMS + 4));
}

export function roomForSpecial(): bool {
  return load<u32>(ROOT_SPECIALS) < load<u32>(ROOT_SPECIALS_MAX);
}

/** Lots that an iceberg hides; 0 for any other order. */
export function hiddenOf(order: usize): u64 {
  return isSpecial(order) ? load<u64>(specialOf(order), SPECIAL_HIDDEN) : 0;
}

/** Makes the record of an order. The caller has checked `roomForSpecial`, and marks the order. */
export function makeSpecial(order: usize, display: u64, expires: u64): usize {
  let record = <usize>load<u32>(ROOT_SPECIAL_FREE);
  if (record != 0) {
    store<u32>(ROOT_SPECIAL_FREE, load<u32>(record, SPECIAL_NEXT));
  } else {
    const cut = load<u32>(ROOT_SPECIALS_CUT);
    store<u32>(ROOT_SPECIALS_CUT, cut + 1);
    record = SPECIALS + ((<usize>cut) << SPECIAL_SHIFT);
  }
  memory.fill(record, 0, SPECIAL_RECORD_BYTES);
  const sequence = load<u64>(ROOT_SPECIAL_SEQUENCE);
  store<u64>(ROOT_SPECIAL_SEQUENCE, sequence + 1);
  store<u32>(ROOT_SPECIALS, load<u32>(ROOT_SPECIALS) + 1);
  store<u32>(record, slotOf(order), SPECIAL_SLOT);
  store<u32>(SPECIAL_OF + ((<usize>slotOf(order)) << 2), <u32>record);
  store<u64>(record, display, SPECIAL_DISPLAY);
  store<u64>(record + SPECIAL_WATCH, sequence, NODE_SEQUENCE);
  if (expires != 0) {
    const node = record + SPECIAL_EXPIRY;
    store<u64>(node, expires, NODE_KEY);
    store<u64>(node, sequence, NODE_SEQUENCE);
    insertNode(ROOT_EXPIRIES, node);
    if (expires < load<u64>(ROOT_NEXT_DUE)) store<u64>(ROOT_NEXT_DUE, expires);
  }
  return record;
}

/**
 * Gives the record of an order back, wherever it is linked. The caller unmarks the order, or ends it.
 *
 * `isComplete`: it has nothing left.
 */
export function dropSpecial(order: usize, isComplete: bool): void {
  const record = specialOf(order);
  unlink(record, isComplete);
  const flags = load<u32>(record, SPECIAL_FLAGS);
  if ((flags & IS_WATCHING) != 0) unwatch(record);
  dropTrail(record);
  if ((flags & IS_RIPE) != 0) takeRipe(record);
  if ((flags & IS_WAITING) != 0) countWaiting(record, -1);
  if ((flags & IS_DARK) != 0) leaveDark(record);
  if (load<u32>(record, SPECIAL_PEG) != 0) dropPeg(record);
  if (load<u64>(record + SPECIAL_EXPIRY, NODE_KEY) != 0) {
    removeNode(ROOT_EXPIRIES, record + SPECIAL_EXPIRY);
  }
  store<u32>(record, 0, SPECIAL_SLOT);
  store<u32>(record, load<u32>(ROOT_SPECIAL_FREE), SPECIAL_NEXT);
  store<u32>(ROOT_SPECIAL_FREE, <u32>record);
  store<u32>(ROOT_SPECIALS, load<u32>(ROOT_SPECIALS) - 1);
}

/** Counts an order among those of its market that wait, or no more. */
export function countWaiting(record: usize, change: i32): void {
  const rare = rareOf(marketAt(load<u32>(record, SPECIAL_TERMS + 4)));
  store<u32>(rare, load<u32>(rare, RARE_WAITING) + change, RARE_WAITING);
}

/** Puts an order whose price has come at the end of the queue. */
export function addRipe(record: usize): void {
  const tail = <usize>load<u32>(ROOT_RIPE_TAIL);
  store<u32>(record, load<u32>(record, SPECIAL_FLAGS) | IS_RIPE, SPECIAL_FLAGS);
  store<u32>(record, 0, SPECIAL_NEXT);
  store<u32>(record, <u32>tail, SPECIAL_PREV);
  if (tail == 0) store<u32>(ROOT_RIPE_HEAD, <u32>record);
  else store<u32>(tail, <u32>record, SPECIAL_NEXT);
  store<u32>(ROOT_RIPE_TAIL, <u32>record);
}

export function takeRipe(record: usize): void {
  const next = <usize>load<u32>(record, SPECIAL_NEXT);
  const prev = <usize>load<u32>(record, SPECIAL_PREV);
  if (next == 0) store<u32>(ROOT_RIPE_TAIL, <u32>prev);
  else store<u32>(next, <u32>prev, SPECIAL_PREV);
  if (prev == 0) store<u32>(ROOT_RIPE_HEAD, <u32>next);
  else store<u32>(prev, <u32>next, SPECIAL_NEXT);
  store<u32>(record, load<u32>(record, SPECIAL_FLAGS) & ~IS_RIPE, SPECIAL_FLAGS);
}

/** Takes a special order out of wherever it is and ends it. Returns all the lots it had left. */
export function removeSpecial(order: usize): u64 {
  const account = accountOf(order);
  let lots = lotsOf(order);
  if (isDark(order)) {
    const terms = specialOf(order) + SPECIAL_TERMS;
    releaseLots(marketAt(load<u32>(terms, 4)), sideOf(order), load<u32>(terms, 12), account, lots);
  } else if (!isWaiting(order)) {
    const level = <usize>load<u32>(order, ORDER_LEVEL);
    const market = marketOf(level);
    const ticks = ticksOf(level);
    const hidden = hiddenOf(order);
    liftOrder(order);
    if (hidden != 0) releaseLots(market, sideOf(order), ticks, account, hidden);
    lots += hidden;
  }
  dropSpecial(order, false);
  endOrder(order, account);
  return lots;
}

/** Ends an order that is in no level. */
export function endAnyOrder(order: usize, isComplete: bool): void {
  if (isSpecial(order)) dropSpecial(order, isComplete);
  endOrder(order, accountOf(order));
}

/**
 * Lets an iceberg that has nothing to show show the next of what it hides, at the end of its level.
 *
 * The order is the level's first, and its links to what was before it are the caller's to mend.
 */
export function refill(order: usize, level: usize): void {
  const record = specialOf(order);
  const hidden = load<u64>(record, SPECIAL_HIDDEN);
  const shown = smaller(load<u64>(record, SPECIAL_DISPLAY), hidden);
  store<u64>(record, hidden - shown, SPECIAL_HIDDEN);
  const account = <u64>(accountOf(order) | SPECIAL_ACCOUNT);
  store<u64>(order, shown | (account << ACCOUNT_SHIFT), ORDER_LOTS);
  if (<usize>load<u32>(order, ORDER_NEXT) != level) {
    const youngest = <usize>load<u32>(level, LEVEL_PREV);
    store<u32>(youngest, <u32>order, ORDER_NEXT);
    store<u32>(order, <u32>youngest, ORDER_PREV);
    store<u32>(order, <u32>level, ORDER_NEXT);
    store<u32>(level, <u32>order, LEVEL_PREV);
  }
  emitShown(idOf(order), shown);
}

/**
 * Lets what is left of an order rest that is special, or was while it waited.
 *
 * `isKnown`: it has waited, and is one of its account's orders already. `at`: its PLACE. `marks`: flags that it
 * keeps.
 */
export function restSpecial(
  order: usize,
  isKnown: bool,
  market: usize,
  side: u32,
  ticks: u32,
  lots: u64,
  at: usize,
  display: u64,
  expires: u64,
  marks: u32,
): void {
  const account = load<u32>(at, AT_ACCOUNT);
  if (!isKnown) {
    enlist(order, side, account, load<u64>(at, AT_CLIENT));
    const record = makeSpecial(order, display, expires);
    store<u32>(record, marks, SPECIAL_FLAGS);
    if ((marks & IS_HIDDEN) != 0) keepTerms(record, at);
  }
  const staysSpecial = (display | expires) != 0 || marks != 0 || isLinked(specialOf(order));
  let shown = lots;
  if (staysSpecial) {
    const record = specialOf(order);
    if (display != 0) {
      shown = smaller(display, lots);
      store<u32>(market, load<u32>(market, MARKET_WATCH) | WATCH_HIDDEN, MARKET_WATCH);
    }
    store<u64>(record, lots - shown, SPECIAL_HIDDEN);
    if (isKnown) countWaiting(record, -1);
    const kept = load<u32>(record, SPECIAL_FLAGS) & FLAGS_KEPT;
    store<u32>(record, kept | marks, SPECIAL_FLAGS);
  } else {
    dropSpecial(order, false);
  }
  const owner = staysSpecial ? account | SPECIAL_ACCOUNT : account;
  const payRow = getPairRow(account, market, side ^ 1);
  const need = reserveOf(market, side, ticks, lots);
  if ((marks & IS_HIDDEN) != 0) {
    enterDark(order, market, ticks, lots, payRow, need);
    return emitShown(idOf(order), 0);
  }
  enterLevel(order, market, side, ticks, shown, owner, payRow, need);
  if (display != 0) emitShown(idOf(order), shown);
}

/** Makes a new order one of its account's. */
export function enlist(order: usize, side: u32, account: u32, clientOrderId: u64): void {
  const marks = (side << STAMP_SIDE_SHIFT) | (clientOrderId != 0 ? STAMP_CLIENT : 0);
  store<u32>(order, load<u32>(order, ORDER_STAMP) | marks, ORDER_STAMP);
  // The client ids look at the account; what else the word says comes with the level.
  store<u64>(order, (<u64>account) << ACCOUNT_SHIFT, ORDER_LOTS);
  enroll(order, account);
  if (clientOrderId != 0) addClient(account, clientOrderId, slotOf(order));
}
