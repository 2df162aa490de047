import { DUE, UNSETTLED, getTouches, isOnAgenda, putOnAgenda, setTouches, takeOffAgenda } from "./agenda";
import {
  beginUncrossing,
  isUncrossing,
  noteBook,
  showAuction,
  showAuctions,
  stopTimer,
  uncrossMarkets,
} from "./auction";
import { EXPIRED, STATE_TRADING } from "./codes";
import { attendDeadline } from "./deadline";
import { emitCanceled, roomForCommand } from "./events";
import { ACTIVATIONS_MAX, ACTIVATION_TOUCHES_MIN, DUE_MAX, TOUCHES_MAX } from "./bounds";
import {
  IS_HIDDEN,
  NODE_KEY,
  NODE_SEQUENCE,
  RARE_REOPEN,
  RARE_SHOW,
  ROOT_DEADLINES,
  ROOT_EXPIRIES,
  ROOT_MARKET_TIMERS,
  ROOT_NEWS_HEAD,
  ROOT_NEXT_DUE,
  ROOT_NOTED,
  ROOT_NOW_MS,
  ROOT_RIPE_HEAD,
  ROOT_SUSPENDED,
  ROOT_TRIPPED_HEAD,
  ROOT_UNCROSSINGS,
  SPECIAL_DISPLAY,
  SPECIAL_EXPIRY,
  SPECIAL_FLAGS,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
} from "./memory";
import { allowNews, attendNews, endPartnerOfPriced } from "./lists";
import { forgetPrevented } from "./matching";
import { smaller } from "./money";
import { accountOf, idOf, removeAnyOrder } from "./orders";
import { allowPegMoves } from "./pegs";
import { marketAt, orderAt } from "./root";
import { marketOfOrder, takeRipe } from "./specials";
import { admit } from "./place";
import { AT_MARKET } from "./place-special";
import { isKeptOut } from "./states";
import { firstNode } from "./tree";
import { arePegsLate, awaitState, watchPrices } from "./triggers";

// What happens around each command, without being asked for by it.

/** Finds what is left over from earlier commands, or due by now. */
@inline
export function openAgenda(): void {
  if (load<u64>(ROOT_NEXT_DUE) <= load<u64>(ROOT_NOW_MS)) putOnAgenda(DUE);
  if (isUnsettled()) putOnAgenda(UNSETTLED);
}

function isUnsettled(): bool {
  const ripe = load<u32>(ROOT_RIPE_HEAD);
  return (ripe | load<u32>(ROOT_UNCROSSINGS) | load<u32>(ROOT_NOTED)) != 0 || hasNews();
}

/** True while something is left that the next command is not to come in between of. */
function isUnfinished(): bool {
  return isUncrossing() || arePricesOld();
}

/** True while orders stand in books that are to be ended, or to stand elsewhere: nobody is to trade with them. */
function arePricesOld(): bool {
  return hasNews() || arePegsLate();
}

/** True while orders stand in books that a list or a protection has to end. */
function hasNews(): bool {
  return (load<u32>(ROOT_NEWS_HEAD) | load<u32>(ROOT_TRIPPED_HEAD)) != 0;
}

/**
 * Before a command: does what is due, and what commands and steps have left to be done, step by step until nothing of that is left.
 *
 * Returns  false where the events so far have to be read before more can be done.
 * Source   matching.md §3.3.
 */
export function prepare(): bool {
  while (isDue() || isUnfinished()) {
    if (!roomForCommand()) return false;
    // What is due goes before any trade, but for those of an auction that was to end before it.
    const trades = isUncrossing() || attendDue();
    if (trades || !isDue()) settle();
    setTouches(0);
  }
  return roomForCommand();
}

/** When something comes by itself, and now where a command has left over what comes with the next; the greatest number for never. */
export function nextToCome(): u64 {
  const hasRipe = load<u32>(ROOT_RIPE_HEAD) != 0 && load<u32>(ROOT_SUSPENDED) == 0;
  return hasRipe || isUnfinished() ? load<u64>(ROOT_NOW_MS) : nextDue();
}

/** When something is due; the greatest number for never. */
function nextDue(): u64 {
  return smaller(smaller(timeOf(ROOT_EXPIRIES), timeOf(ROOT_DEADLINES)), timeOf(ROOT_MARKET_TIMERS));
}

/** True if something is due by now; else notes when something will be. */
function isDue(): bool {
  if (!isOnAgenda(DUE)) return false;
  const next = nextDue();
  if (next <= load<u64>(ROOT_NOW_MS)) return true;
  store<u64>(ROOT_NEXT_DUE, next);
  takeOffAgenda(DUE);
  return false;
}

/**
 * Does what is due, the earliest first, as much as one step may. Of what is due at one time orders go before accounts, and
 * these before markets. With a deadline or an auction that ends a step does.
 *
 * Returns  true where an auction has ended, whose orders are to trade now.
 */
function attendDue(): bool {
  for (let count: u32 = 0; count < DUE_MAX && isDue(); ) {
    const expiry = timeOf(ROOT_EXPIRIES);
    const deadline = timeOf(ROOT_DEADLINES);
    const timer = timeOf(ROOT_MARKET_TIMERS);
    if (expiry <= deadline && expiry <= timer) {
      endExpired(firstNode(ROOT_EXPIRIES) - SPECIAL_EXPIRY);
      count++;
    } else if (deadline <= timer) {
      // An account may have as many orders as fit one step's events.
      attendDeadline(<u32>load<u64>(firstNode(ROOT_DEADLINES), NODE_SEQUENCE));
      return false;
    } else {
      // Its orders trade before anything else becomes due.
      if (attendMarket(firstNode(ROOT_MARKET_TIMERS))) return true;
      count++;
    }
  }
  return false;
}

/** When the first node of a tree is due. */
function timeOf(tree: usize): u64 {
  const node = firstNode(tree);
  return node == 0 ? u64.MAX_VALUE : load<u64>(node, NODE_KEY);
}

function endExpired(record: usize): void {
  const order = orderAt(load<u32>(record, SPECIAL_SLOT));
  const id = idOf(order);
  const market = marketOfOrder(order);
  emitCanceled(EXPIRED, id, removeAnyOrder(order));
  noteBook(market);
}

/** Returns true for an auction that ends, false for an indicative price that is told. */
function attendMarket(node: usize): bool {
  const sequence = load<u64>(node, NODE_SEQUENCE);
  const market = marketAt(<u32>(sequence >> 1));
  if ((sequence & 1) != 0) {
    stopTimer(market, RARE_SHOW);
    showAuction(market);
    return false;
  }
  beginUncrossing(market, STATE_TRADING);
  return true;
}

/** Lets an order whose price has come, or that waits for none, come to its book. */
function activate(record: usize): void {
  const at = record + SPECIAL_TERMS;
  const order = orderAt(load<u32>(record, SPECIAL_SLOT));
  const market = marketAt(load<u32>(at, AT_MARKET));
  if (isKeptOut(accountOf(order), market, <u32>load<u8>(at, 2))) return awaitState(record);
  endPartnerOfPriced(record);
  const expires = load<u64>(record + SPECIAL_EXPIRY, NODE_KEY);
  const hidden = load<u32>(record, SPECIAL_FLAGS) & IS_HIDDEN;
  forgetPrevented();
  admit(at, order, load<u64>(record, SPECIAL_DISPLAY), expires, hidden);
}

/** Lets what the command has caused happen, as far as one command may: matching.md §3.2. */
export function settle(): void {
  allowNews();
  allowPegMoves();
  attendNews();
  // More may have to end by what was due than one step ends: none of that trades in an auction any more.
  if (!hasNews()) uncrossMarkets();
  attendNews();
  watchPrices();
  comeRipe();
  showAuctions();
  if (!isUnsettled()) takeOffAgenda(UNSETTLED);
}

/**
 * Lets ripe orders come to their books, the first first, as many as one command may. While trading is suspended they wait, and while
 * something is due, to be ended or to be moved: they would trade with it.
 */
function comeRipe(): void {
  if (load<u32>(ROOT_SUSPENDED) != 0 || isDue()) return;
  for (let count: u32 = 0; count < ACTIVATIONS_MAX; count++) {
    const record = <usize>load<u32>(ROOT_RIPE_HEAD);
    if (record == 0 || arePricesOld() || TOUCHES_MAX - getTouches() < ACTIVATION_TOUCHES_MIN) return;
    takeRipe(record);
    activate(record);
    attendNews();
    watchPrices();
  }
}
