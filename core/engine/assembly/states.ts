import {
  BOOK_CROSSED,
  EVENT_ACCOUNT_STATE_SET,
  EVENT_MARKET_STATE_SET,
  EVENT_TRADING_SET,
  ACCOUNT_BLOCKED,
  BUY,
  LIMIT,
  MALFORMED,
  MARKET,
  MARKET_CANCEL_ONLY,
  MARKET_CLOSED,
  MARKET_HALTED,
  MARKET_IN_AUCTION,
  MARKET_POST_ONLY,
  POST_ONLY,
  SELL,
  STATE_AUCTION,
  STATE_CANCEL_ONLY,
  STATE_CLOSED,
  STATE_DELISTED,
  STATE_HALTED,
  STATE_POST_ONLY,
  STATE_PRE_OPEN,
  STATE_TRADING,
  TRADING_SUSPENDED,
  TRANSITION_NOT_ALLOWED,
  UNKNOWN_ACCOUNT,
  UNKNOWN_MARKET,
} from "./codes";
import { accountExists, isBlocked } from "./accounts";
import { beginUncrossing, leaveAuction, noteBook } from "./auction";
import { bestOf, hasMarketOrders } from "./dark";
import { isGuarded, moveGuard } from "./guard";
import { emitIndex, emitRejected } from "./events";
import { marketExists, setSafe } from "./markets";
import {
  ACCOUNT_BLOCKED_BIT,
  ACCOUNT_OPEN_ORDERS,
  MARKET_LAST,
  MARKET_STATE,
  MARKET_SUSPENDED,
  MARKET_WATCH,
  NO_ASK,
  NO_BID,
  ROOT_GUARDED,
  ROOT_MARKETS,
  ROOT_SUSPENDED,
  SPECIAL_TERMS,
  TERMS_STATE,
  WATCH_LAST,
  WATCH_QUOTE,
} from "./memory";
import { accountAt, marketAt, termsAt } from "./root";
import { hasPegs } from "./pegs";
import { makeRipe, nextAwaiting, note, noteLast } from "./triggers";

// States of markets, of accounts, and of the whole exchange: matching.md §2.8.

@inline
export function stateOf(market: usize): u32 {
  return <u32>load<u8>(market, MARKET_STATE);
}

export function stateIsKnown(state: u32): bool {
  return state - STATE_TRADING <= STATE_DELISTED - STATE_TRADING;
}

/** True in the states in which orders gather without trading. */
@inline
export function isGathering(state: u32): bool {
  return state == STATE_PRE_OPEN || state == STATE_AUCTION;
}

/** True in the states in which a book may not be crossed. */
@inline
export function isContinuous(state: u32): bool {
  return state == STATE_TRADING || state == STATE_POST_ONLY;
}

export function isCrossed(market: usize): bool {
  const bid = bestOf(market, BUY);
  const ask = bestOf(market, SELL);
  return bid != NO_BID && ask != NO_ASK && bid >= ask;
}

/** Check 4 of PLACE: why this type of order may not come now, or 0. */
export function stateRefusal(account: u32, market: usize, orderType: u32): u32 {
  const stopped = stoppedRefusal(account);
  return stopped != 0 ? stopped : stateCode(market, orderType);
}

/** The part of check 4 that is the same for every type. */
export function closedRefusal(account: u32, market: usize): u32 {
  const stopped = stoppedRefusal(account);
  return stopped != 0 ? stopped : closedCode(market);
}

/** The part that no market is asked for. */
function stoppedRefusal(account: u32): u32 {
  if (load<u32>(ROOT_SUSPENDED) != 0) return TRADING_SUSPENDED;
  return isBlocked(account) ? ACCOUNT_BLOCKED : 0;
}

/** Why a market's state does not let orders of a type in, or 0. */
function stateCode(market: usize, orderType: u32): u32 {
  const closed = closedCode(market);
  if (closed != 0) return closed;
  const state = stateOf(market);
  if (state == STATE_POST_ONLY) return orderType == POST_ONLY ? 0 : MARKET_POST_ONLY;
  return isGathering(state) && orderType != LIMIT && orderType != MARKET ? MARKET_IN_AUCTION : 0;
}

function closedCode(market: usize): u32 {
  switch (stateOf(market)) {
    case STATE_HALTED:
      return MARKET_HALTED;
    case STATE_CANCEL_ONLY:
      return MARKET_CANCEL_ONLY;
    case STATE_CLOSED:
    case STATE_DELISTED:
      return MARKET_CLOSED;
    default:
      return 0;
  }
}

/** True if an order may not come now, for no other reason than its market's state. */
export function isKeptOut(account: u32, market: usize, orderType: u32): bool {
  return !isBlocked(account) && stateCode(market, orderType) != 0;
}

/** True for the states in which a cancel is refused, or told of. */
export function looksAtCancels(state: u32): bool {
  return state == STATE_HALTED || state == STATE_AUCTION;
}

/** The states that a state may go to, a bit each. */
function goalsOf(state: u32): u32 {
  switch (state) {
    case STATE_TRADING:
      return bit(STATE_POST_ONLY) | bit(STATE_AUCTION) | STOPS;
    case STATE_POST_ONLY:
      return bit(STATE_TRADING) | bit(STATE_AUCTION) | STOPS;
    case STATE_PRE_OPEN:
      return bit(STATE_AUCTION) | STOPS;
    case STATE_AUCTION:
      return OPENS | bit(STATE_PRE_OPEN) | STOPS;
    case STATE_CANCEL_ONLY:
    case STATE_HALTED:
      return OPENS | bit(STATE_PRE_OPEN) | bit(STATE_AUCTION) | STOPS;
    case STATE_DELISTED:
      return 0;
    default:
      return bit(STATE_PRE_OPEN) | bit(STATE_AUCTION) | bit(STATE_HALTED);
  }
}

@inline
function bit(state: u32): u32 {
  return (<u32>1) << state;
}
const OPENS: u32 = (1 << STATE_TRADING) | (1 << STATE_POST_ONLY);
const STOPS: u32 = (1 << STATE_CANCEL_ONLY) | (1 << STATE_HALTED) | (1 << STATE_CLOSED);

/** SET_MARKET_STATE. */
export function setMarketState(at: usize): void {
  const state = <u32>load<u8>(at, TERMS_STATE);
  const index = load<u32>(at, 4);
  if (!stateIsKnown(state)) return emitRejected(MALFORMED, 0);
  if (!marketExists(index)) return emitRejected(UNKNOWN_MARKET, 0);
  const market = marketAt(index);
  const was = stateOf(market);
  if (state != was && (goalsOf(was) & bit(state)) == 0) {
    return emitRejected(TRANSITION_NOT_ALLOWED, 0);
  }
  if (was == STATE_AUCTION && (isContinuous(state) || state == STATE_CLOSED)) {
    return beginUncrossing(market, state);
  }
  if (isContinuous(state) && (isCrossed(market) || hasMarketOrders(market))) {
    return emitRejected(BOOK_CROSSED, 0);
  }
  changeState(market, index, state);
}

/** Puts a market into a state that it may have, and says so. */
export function changeState(market: usize, index: u32, state: u32): void {
  const pegs = hasPegs(market);
  const looked = pegs || looksAtCancels(stateOf(market));
  const looks = pegs || looksAtCancels(state);
  store<u32>(ROOT_GUARDED, load<u32>(ROOT_GUARDED) - <u32>looked + <u32>looks);
  leaveAuction(market);
  store<u8>(market, <u8>state, MARKET_STATE);
  store<u8>(termsAt(index), <u8>state, TERMS_STATE);
  setSafe(market);
  emitIndex(EVENT_MARKET_STATE_SET, state, index);
  noteBook(market);
  if (isContinuous(state) && isGuarded(market)) moveGuard(market);
  // What happened to the prices in other states is seen now.
  if (pegs) note(market);
  if (state == STATE_TRADING) noteIfWatched(market);
  ripenAwaiting(market);
}

/** Makes those ripe that have waited until their market lets them in, the earliest accepted first. */
function ripenAwaiting(market: usize): void {
  let record = nextAwaiting(market, 0);
  while (record != 0) {
    const next = nextAwaiting(market, record);
    if (stateCode(market, <u32>load<u8>(record + SPECIAL_TERMS, 2)) == 0) makeRipe(record);
    record = next;
  }
}

/** Lets the orders that wait in a market be shown at least its last price, if there are any. */
function noteIfWatched(market: usize): void {
  const watched = load<u32>(market, MARKET_WATCH) & (WATCH_LAST | WATCH_QUOTE);
  if (watched != 0) noteLast(market, load<u32>(market, MARKET_LAST));
}

/** SET_TRADING. */
export function setTrading(at: usize): void {
  const enabled = <u32>load<u8>(at, 1);
  if (enabled > 1) return emitRejected(MALFORMED, 0);
  store<u32>(ROOT_SUSPENDED, 1 - enabled);
  for (let index: u32 = 0; index < load<u32>(ROOT_MARKETS); index++) {
    suspendIfTold(marketAt(index));
    // What happened to its prices meanwhile is seen now.
    if (hasPegs(marketAt(index))) note(marketAt(index));
    noteIfWatched(marketAt(index));
  }
  emitIndex(EVENT_TRADING_SET, enabled, 0);
}

/** Marks a market as the exchange is: stopped or not. */
export function suspendIfTold(market: usize): void {
  store<u32>(market, stateOf(market) | load<u32>(ROOT_SUSPENDED) * MARKET_SUSPENDED, MARKET_STATE);
  setSafe(market);
}

/** SET_ACCOUNT_STATE. */
export function setAccountState(at: usize): void {
  const enabled = <u32>load<u8>(at, 1);
  const account = load<u32>(at, 8);
  if (enabled > 1) return emitRejected(MALFORMED, 0);
  if (!accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  const owner = accountAt(account);
  const open = load<u32>(owner, ACCOUNT_OPEN_ORDERS) & ~ACCOUNT_BLOCKED_BIT;
  store<u32>(owner, enabled != 0 ? open : open | ACCOUNT_BLOCKED_BIT, ACCOUNT_OPEN_ORDERS);
  emitIndex(EVENT_ACCOUNT_STATE_SET, enabled, account);
}
