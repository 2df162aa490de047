import { beginBlocks } from "./blocks";
import { agendaIsEmpty, clearAgenda, setTouches } from "./agenda";
import { touchAhead } from "./ahead";
import { amend } from "./amend";
import { cancel, cancelAll, replace } from "./cancel";
import { place } from "./place";
import {
  ADD_ASSET,
  AMEND,
  CANCEL,
  CANCEL_ALL,
  CHANGE_MARKET,
  DELIST_MARKET,
  DEPOSIT,
  LIST_MARKET,
  MASS_CANCEL,
  OPEN_ACCOUNT,
  OPEN_SUB_ACCOUNT,
  PLACE,
  PLACE_LIST,
  PLACE_SPECIAL,
  REPLACE,
  SET_ACCOUNT_FEES,
  SET_ACCOUNT_STATE,
  SET_DEADLINE,
  SET_FEE_TIER,
  SET_MARKET_GUARD,
  SET_MARKET_STATE,
  SET_PROTECTION,
  SET_TRADING,
  TRANSFER,
  WITHDRAW,
} from "./codes";
import { beginEvents, eventBytes, roomForCommand, setCommand } from "./events";
import { setDeadline } from "./deadline";
import { setAccountFees, setFeeTier } from "./fees";
import { setMarketGuard } from "./guard";
import { addAsset, moveBalance, openAccount, openSubAccount, transfer } from "./ledger";
import { changeMarket, delistMarket, listMarket } from "./markets";
import { placeList } from "./place-list";
import { placeSpecial } from "./place-special";
import { setProtection } from "./protection";
import { openAgenda, prepare, settle } from "./settle";
import { massCancel } from "./mass-cancel";
import { setAccountState, setMarketState, setTrading } from "./states";
import {
  COMMANDS,
  ROOT_ACCOUNTS_MAX,
  ROOT_ACCOUNT_ORDERS_MAX,
  ROOT_ASSETS_MAX,
  ROOT_BALANCES_MAX,
  ROOT_BALANCES_SHIFT,
  ROOT_CLIENTS_SHIFT,
  ROOT_COMMANDS,
  ROOT_EVENT_BYTES,
  ROOT_HASH_KEY,
  ROOT_LADDER_ENTRIES_MAX,
  ROOT_MARKETS_MAX,
  ROOT_NEXT_DUE,
  ROOT_NOW_MS,
  ROOT_NUMBERS_SHIFT,
  ROOT_ORDERS_MAX,
  ROOT_PAGES_MAX,
  ROOT_SLOTS_USED,
  ROOT_SPECIALS_MAX,
  ROOT_VOLUMES_MAX,
} from "./memory";
import { BROKEN_COMMAND_END, BROKEN_COMMAND_KIND, broken } from "./root";

export * from "./queries";
export * from "./state";
export { touchAhead, touched } from "./ahead";
export { audit, auditBalances } from "./audit";
export { invariantBroken } from "./root";
export * from "./regions";

// The optimizer inlines every function that is called in one place only, and V8 then spills the registers of the
// common path to make room for the rare one. It leaves alone what is exported.
export { findOtherRow, getRow, makeRow } from "./accounts";
export { addClient, dropClient, findClient } from "./clients";
export { makePage, occupy, vacate } from "./ladder";
export { followLast, setRange } from "./markets";
export { feeAt } from "./money";
export { removeAnyOrder } from "./orders";
export { addRipe, dropSpecial, endAnyOrder, hiddenOf, makeSpecial, refill } from "./specials";
export { removeSpecial, restSpecial } from "./specials";
export { prepare, settle } from "./settle";
export { note, noteLast } from "./triggers";
export { findFees, takeRebates } from "./fees";
export { countFill } from "./protection";
export { movePegs } from "./pegs";
export { matchTaker, noteMeeting } from "./matching";
export { crossesAny, enterDark, leaveDark } from "./dark";
export { matchLong } from "./long-way";
export { canFill } from "./fill-or-kill";
export { noteLost, unlink } from "./lists";
export { noteBook, queryAuction } from "./auction";
export { pause, reachOf } from "./guard";
export { leaveSeatBlock, takeSeatInBlock } from "./owned";
export { growToReserved } from "./blocks";
export { setPage } from "./tables";
export { cancelInOrder, cancelByClient } from "./cancel";
export { place, placeInOrder, placeOnNewPage, sitAndOccupy } from "./place";

/** With more orders than this, what commands need is seldom in the nearest caches. */
const AHEAD_SLOTS: u32 = 0x2000;

/**
 * Sets the capacities of an engine in fresh, zeroed memory. `hashKey` is this process's secret.
 */
export function initialize(
  ordersMax: u32,
  pagesMax: u32,
  accountsMax: u32,
  balancesMax: u32,
  assetsMax: u32,
  marketsMax: u32,
  ladderEntriesMax: u32,
  accountOrdersMax: u32,
  specialsMax: u32,
  volumesMax: u32,
  hashKey: u64,
): void {
  store<u32>(ROOT_ORDERS_MAX, ordersMax);
  store<u32>(ROOT_PAGES_MAX, pagesMax);
  store<u32>(ROOT_ACCOUNTS_MAX, accountsMax);
  store<u32>(ROOT_BALANCES_MAX, balancesMax);
  store<u32>(ROOT_ASSETS_MAX, assetsMax);
  store<u32>(ROOT_MARKETS_MAX, marketsMax);
  store<u32>(ROOT_LADDER_ENTRIES_MAX, ladderEntriesMax);
  store<u32>(ROOT_ACCOUNT_ORDERS_MAX, accountOrdersMax);
  store<u32>(ROOT_SPECIALS_MAX, specialsMax);
  store<u32>(ROOT_VOLUMES_MAX, volumesMax);
  store<u64>(ROOT_NEXT_DUE, u64.MAX_VALUE);
  store<u32>(ROOT_BALANCES_SHIFT, shiftFor(((<u64>balancesMax * 4) / 3) | 3));
  store<u32>(ROOT_NUMBERS_SHIFT, shiftFor((<u64>accountsMax * 4) / 3));
  store<u32>(ROOT_CLIENTS_SHIFT, shiftFor(<u64>ordersMax / 8));
  store<u64>(ROOT_HASH_KEY, hashKey | 1);
  beginBlocks();
}

/** `64 - b` for the least power of two 2^b that is above `cells`. */
function shiftFor(cells: u64): u32 {
  return <u32>clz(cells | 1);
}

/**
 * Executes the commands in bytes [start, end) of the command buffer.
 *
 * Returns  where it stopped: `end`, or earlier for want of event room. Source: engine.ts, `execute`.
 */
export function execute(start: u32, end: u32, nowMs: f64): u32 {
  // A float that is a safe integer: crossing with an i64 would allocate a BigInt each time.
  const now = <u64>nowMs;
  if (now > load<u64>(ROOT_NOW_MS)) store<u64>(ROOT_NOW_MS, now);
  beginEvents();
  clearAgenda();
  openAgenda();
  let at = COMMANDS + <usize>start;
  const stop = COMMANDS + <usize>end;
  let count = load<u64>(ROOT_COMMANDS);
  const isLarge = load<u32>(ROOT_SLOTS_USED) > AHEAD_SLOTS;
  let ahead = at;
  // One test to an `if`: a test of several becomes a chain of truth values in registers.
  while (true) {
    if (isLarge) {
      if (at >= ahead) ahead = touchAhead(at, stop);
    }
    setCommand(<u32>count);
    setTouches(0);
    if (!agendaIsEmpty()) {
      if (!prepare()) break;
    }
    const kind = <u32>load<u8>(at);
    if (kind == PLACE) {
      place(at);
      at += 32;
    } else if (kind == CANCEL) {
      cancel(at);
      at += 32;
    } else {
      at += executeRare(at, kind);
    }
    count++;
    // What was due has been done before the command: what stands there is unsettled.
    if (!agendaIsEmpty()) settle();
    if (at >= stop) break;
    if (!roomForCommand()) break;
  }
  if (at > stop) broken(BROKEN_COMMAND_END);
  store<u64>(ROOT_COMMANDS, count);
  store<u32>(ROOT_EVENT_BYTES, eventBytes());
  return <u32>(at - COMMANDS);
}

function executeRare(at: usize, kind: u32): usize {
  switch (kind) {
    case CANCEL_ALL:
      cancelAll(at);
      return 32;
    case REPLACE:
      replace(at);
      return 64;
    case SET_PROTECTION:
      setProtection(at);
      return 32;
    case SET_DEADLINE:
      setDeadline(at);
      return 32;
    case PLACE_LIST:
      placeList(at);
      return 192;
    case PLACE_SPECIAL:
      placeSpecial(at);
      return 64;
    case AMEND:
      amend(at);
      return 64;
    case OPEN_ACCOUNT:
      openAccount(at);
      return 32;
    case DEPOSIT:
      moveBalance(at, 0);
      return 32;
    case WITHDRAW:
      moveBalance(at, 1);
      return 32;
    case ADD_ASSET:
      addAsset(at);
      return 32;
    case LIST_MARKET:
      listMarket(at);
      return 96;
    case CHANGE_MARKET:
      changeMarket(at);
      return 96;
    case DELIST_MARKET:
      delistMarket(at);
      return 32;
    case SET_MARKET_STATE:
      setMarketState(at);
      return 32;
    case MASS_CANCEL:
      massCancel(at);
      return 32;
    case SET_TRADING:
      setTrading(at);
      return 32;
    case SET_FEE_TIER:
      setFeeTier(at);
      return 32;
    case SET_ACCOUNT_FEES:
      setAccountFees(at);
      return 32;
    case OPEN_SUB_ACCOUNT:
      openSubAccount(at);
      return 32;
    case TRANSFER:
      transfer(at);
      return 32;
    case SET_MARKET_GUARD:
      setMarketGuard(at);
      return 32;
    case SET_ACCOUNT_STATE:
      setAccountState(at);
      return 32;
    default:
      broken(BROKEN_COMMAND_KIND);
      return 0;
  }
}
