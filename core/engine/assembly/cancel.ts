import { accountExists, giveBack } from "./accounts";
import { noteBook } from "./auction";
import { cellOfClient, clearCell, findClient, slotOfCell } from "./clients";
import {
  ALLOW_FAILURE,
  ALL_MARKETS,
  BOTH_SIDES,
  MALFORMED,
  MARKET_HALTED,
  NOT_MASTER_ACCOUNT,
  NOT_ORDER_OWNER,
  REPLACED,
  REQUESTED,
  REQUESTED_ALL,
  STATE_HALTED,
  STOP_ON_FAILURE,
  UNKNOWN_ACCOUNT,
  UNKNOWN_MARKET,
  UNKNOWN_ORDER,
} from "./codes";
import { emitCanceled, emitCanceledAll, emitRejected } from "./events";
import { setHead } from "./heads";
import { marketOf, ticksOf, vacate } from "./ladder";
import { isPart, nextOfFamily } from "./ledger";
import { marketExists } from "./markets";
import { CANCEL_ALL_MAX } from "./bounds";
import {
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_SHIFT,
  LEVEL_NEXT,
  LEVEL_PREV,
  LOTS_MASK,
  MARKET_BEST,
  ORDER_LEVEL,
  ORDER_LOTS,
  ORDER_NEXT,
  ORDER_PREV,
  ORDER_SEAT,
  ORDER_STAMP,
  ROOT_GUARDED,
  SEAT_BLOCKS,
  STAMP_CLIENT,
  STAMP_SIDE_SHIFT,
} from "./memory";
import {
  accountOf,
  findOrder,
  giveOrdinarySlot,
  idOf,
  isOrdinary,
  payRowOf,
  removeAnyOrder,
  reserveOf,
  sideOf,
} from "./orders";
import { gatherOwned, gathered, leaveSeatBlock } from "./owned";
import { place } from "./place";
import { KEEPS_ACCOUNTS } from "./variant";
import { accountAt, marketAt, orderAt } from "./root";
import { marketOfOrder } from "./specials";
import { stateOf } from "./states";

// CANCEL, CANCEL_ALL and REPLACE: matching.md §2.3 to §2.5. Offsets: core/protocol command.ts.

const AT_MARKET: usize = 4;
const AT_ACCOUNT: usize = 8;
// Of CANCEL.
const AT_ORDER: usize = 16;
const AT_CLIENT: usize = 24;
// Of REPLACE.
const AT_TARGET: usize = 32;
const AT_TARGET_CLIENT: usize = 40;
const AT_MODE: usize = 48;

/**
 * CANCEL. A plain open order of the account is simply removed; anything else goes to `cancelInOrder`, which begins again. As in
 * `place`, calls only end this function.
 */
export function cancel(at: usize): void {
  if (load<u64>(at, AT_CLIENT) != 0) return cancelByClient(at);
  if (load<u32>(ROOT_GUARDED) != 0) return cancelInOrder(at);
  const orderId = load<u64>(at, AT_ORDER);
  const order = findOrder(orderId);
  if (order == 0) return cancelInOrder(at);
  const stamp = load<u32>(order, ORDER_STAMP);
  if (!isOrdinary(stamp)) return cancelInOrder(at);
  cancelPlain(at, order, orderId, stamp, 0);
}

/** CANCEL by a client order id. */
export function cancelByClient(at: usize): void {
  if (load<u64>(at, AT_ORDER) != 0) return cancelInOrder(at);
  if (load<u32>(ROOT_GUARDED) != 0) return cancelInOrder(at);
  const cell = cellOfClient(load<u32>(at, AT_ACCOUNT), load<u64>(at, AT_CLIENT));
  if (cell == 0) return cancelInOrder(at);
  const order = orderAt(slotOfCell(cell));
  const stamp = load<u32>(order, ORDER_STAMP);
  if (!isOrdinary(stamp & ~STAMP_CLIENT)) return cancelInOrder(at);
  cancelPlain(at, order, idOf(order), stamp, cell);
}

/** The rest of a CANCEL of an order in the book; `cell` is where its client order id stands, 0 where it has none. */
@inline
function cancelPlain(at: usize, order: usize, orderId: u64, stamp: u32, cell: usize): void {
  const word = load<u64>(order, ORDER_LOTS);
  // A special order: its word has the account and a mark, and a command may name just that number.
  if (<i64>word < 0) return cancelInOrder(at);
  if (<u32>(word >> ACCOUNT_SHIFT) != load<u32>(at, AT_ACCOUNT)) return cancelInOrder(at);
  const seat = <usize>load<u32>(order, ORDER_SEAT);
  const next = load<u32>(order, ORDER_NEXT);
  const prev = load<u32>(order, ORDER_PREV);
  if (KEEPS_ACCOUNTS) {
    if ((<u32>(next == prev) & <u32>(seat >= SEAT_BLOCKS)) != 0) return cancelInOrder(at);
  }

  const lots = word & LOTS_MASK;
  emitCanceled(REQUESTED, orderId, lots);
  store<u32>(<usize>prev, next, LEVEL_NEXT);
  store<u32>(<usize>next, prev, LEVEL_PREV);
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  const side = (stamp >> STAMP_SIDE_SHIFT) & 1;
  if (KEEPS_ACCOUNTS) {
    giveBack(payRowOf(order), reserveOf(marketOf(level), side, ticksOf(level), lots));
    const owner = accountAt(<u32>(word >> ACCOUNT_SHIFT));
    store<u32>(owner, load<u32>(owner, ACCOUNT_OPEN_ORDERS) - 1, ACCOUNT_OPEN_ORDERS);
    store<u32>(seat, 0);
  }
  if (cell != 0) clearCell(cell);
  giveOrdinarySlot(order, stamp);
  if (next == prev) return vacate(marketOf(level), side, level);
  if (<usize>prev == level) {
    const ours = marketOf(level) + ((<usize>side) << 2);
    if (load<u32>(ours, MARKET_BEST) == ticksOf(level)) setHead(ours, <usize>next);
  }
  if (KEEPS_ACCOUNTS) {
    if (seat >= SEAT_BLOCKS) return leaveSeatBlock(seat, load<u32>(at, AT_ACCOUNT));
  }
}

/** CANCEL with every check, in its order. */
export function cancelInOrder(at: usize): void {
  const orderId = load<u64>(at, AT_ORDER);
  cancelTarget(load<u32>(at, AT_ACCOUNT), orderId, load<u64>(at, AT_CLIENT), REQUESTED);
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
  if (KEEPS_ACCOUNTS && !accountExists(account)) {
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
  if (stateOf(marketOfOrder(order)) == STATE_HALTED) {
    emitRejected(MARKET_HALTED, idOf(order));
    return 0;
  }
  return order;
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
  if (index != ALL_MARKETS && stateOf(marketAt(index)) == STATE_HALTED) return emitRejected(MARKET_HALTED, 0);
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
