import {
  assetAt,
  assetOfRow,
  availableOf,
  findAccountByNumber,
  firstRow,
  isBlocked,
  nextRow,
  reservedOf,
} from "./accounts";
import { isDark } from "./dark";
import { clientOf, findClient } from "./clients";
import { nextWorse, ticksOf } from "./ladder";
import { scheduleAt, writeFeeRates, writeVolume } from "./fees";
import {
  ANSWERS,
  ANSWERS_BYTES,
  MARKET_LAST,
  MARKET_LEVEL,
  MARKET_TRADES,
  NODE_KEY,
  ORDER_LEVEL,
  OWNER_DEADLINE,
  PROTECTION_SHIFT,
  RARE_GUARD_UP,
  ROOT_ACCOUNTS,
  ROOT_ASSETS,
  ROOT_BALANCES,
  ROOT_COMMANDS,
  ROOT_MARKETS,
  ROOT_PAGES_USED,
  ROOT_SPECIALS,
  ROOT_SUSPENDED,
  SCHEDULE_SHIFT,
  SPECIAL_DISPLAY,
  SPECIAL_TERMS,
  TERMS_BYTES,
} from "./memory";
import { nameAt } from "./ledger";
import { smaller } from "./money";
import {
  accountOf,
  findOrder,
  idOf,
  isSpecial,
  lotsOf,
  openOrderCount,
  shownLots,
  sideOf,
} from "./orders";
import { gatherOwned, gathered } from "./owned";
import { firstProtection, nextProtection } from "./protection";
import { marketAt, marketIndexOf, orderAt, ownerAt, slotOf, termsAt } from "./root";
import { nextToCome } from "./settle";
import { hiddenOf, isAway, isWaiting, marketOfOrder, specialOf } from "./specials";
import { rareOf, trailOf, triggerOf, triggerTicksOf } from "./triggers";

// Questions that change nothing. Lists are written to the answer buffer, a piece at a time: a piece ends
// when the buffer is full, and its last word tells the next call where to go on.

export function querySuspended(): u32 {
  return load<u32>(ROOT_SUSPENDED);
}

export function queryAccount(number: u64): u32 {
  return findAccountByNumber(number);
}

export function queryBlocked(account: u32): bool {
  return isBlocked(account);
}

export function queryAsset(asset: u32): u32 {
  return <u32>assetAt(asset);
}

/** Where the ADD_ASSET record of an asset's name lies; it is all 0 for one without. */
export function queryAssetName(asset: u32): u32 {
  return <u32>nameAt(asset);
}

/** Writes what an account pays in a market, 8 bytes: maker's ppm i32, taker's u32. Account 0 is one without a schedule. */
export function queryFeeRates(account: u32, index: u32): void {
  writeFeeRates(ANSWERS, account, marketAt(index));
}

/** Writes a fee schedule: tiers u32, asset u32, then each tier: volume u64, maker's ppm i32, taker's u32. */
export function queryFeeSchedule(schedule: u32): void {
  memory.copy(ANSWERS, scheduleAt(schedule), 1 << SCHEDULE_SHIFT);
}

/** Writes the volume of an account u64. Returns the number of its schedule and 1, or 0 for none. */
export function queryVolume(account: u32): u32 {
  return writeVolume(ANSWERS, account);
}

/** Writes the guard of a market, u32 each: up, down, window, auction; zeros for none. */
export function queryGuard(index: u32): void {
  memory.copy(ANSWERS, rareOf(marketAt(index)) + RARE_GUARD_UP, 16);
}

/** Writes the records of an account's protections, 64 bytes each. Returns their count. */
export function queryProtections(account: u32): u32 {
  let count: u32 = 0;
  for (let record = firstProtection(account); record != 0; record = nextProtection(record)) {
    memory.copy(ANSWERS + ((<usize>count) << PROTECTION_SHIFT), record, 1 << PROTECTION_SHIFT);
    count++;
  }
  return count;
}

/** When the orders of an account end, 0 for never. */
export function queryDeadline(account: u32): u64 {
  return load<u64>(ownerAt(account) + OWNER_DEADLINE, NODE_KEY);
}

/** When something comes by itself, or has been left over; the greatest number for never. */
export function queryNextDue(): u64 {
  return nextToCome();
}

/**
 * Writes the balance rows of an account from row `from` (0 for its first): 24 bytes each: asset u32, 0,
 * available u64, reserved u64. Returns their count; `queryNext` goes on.
 */
export function queryBalances(account: u32, from: u32): u32 {
  let row = from != 0 ? <usize>from : firstRow(account);
  let count: u32 = 0;
  let at = ANSWERS;
  while (row != 0 && count < ANSWERS_BYTES / 24) {
    store<u64>(at, assetOfRow(account, row));
    store<u64>(at, availableOf(row), 8);
    store<u64>(at, reservedOf(row), 16);
    at += 24;
    count++;
    row = nextRow(account, row);
  }
  next = <u32>row;
  return count;
}
let next: u32 = 0;
/** Where the last list goes on, or 0 if it ended. */
export function queryNext(): u32 {
  return next;
}

/** Slot of the open order with this id, or 0. */
export function querySlot(orderId: u64): u32 {
  const order = findOrder(orderId);
  return order == 0 ? 0 : <u32>(idOf(order) & 0xff_ffff);
}

export function queryClientSlot(account: u32, clientOrderId: u64): u32 {
  return clientOrderId == 0 ? 0 : findClient(account, clientOrderId);
}

const OPEN_ORDER_BYTES: usize = 72;

/**
 * Writes one open order at `at`, 72 bytes: id u64, market u32, account u32, price u32, side u32, lots u64,
 * client order id u64, hidden lots u64, waits u32, its terms (type u8, self-trade u8, 1 u8; or zeros), trigger u8,
 * trigger's price u32, what it trails by u32 (see trailOf), lots that an iceberg shows u64.
 */
function writeOpenOrder(at: usize, order: usize): void {
  const waits = isWaiting(order);
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  store<u64>(at, idOf(order));
  store<u32>(at, marketIndexOf(marketOfOrder(order)), 8);
  store<u32>(at, accountOf(order), 12);
  store<u32>(at, isAway(order) ? load<u32>(specialOf(order), SPECIAL_TERMS + 12) : ticksOf(level), 16);
  store<u32>(at, sideOf(order), 20);
  const unseen = isDark(order);
  store<u64>(at, unseen ? 0 : lotsOf(order), 24);
  store<u64>(at, clientOf(order), 32);
  store<u64>(at, unseen ? lotsOf(order) : hiddenOf(order), 40);
  store<u64>(at, <u64>waits, 48);
  memory.fill(at + 56, 0, OPEN_ORDER_BYTES - 56);
  if (!isSpecial(order)) return;
  const record = specialOf(order);
  if (isAway(order)) {
    store<u16>(at, load<u16>(record, SPECIAL_TERMS + 2), 52);
    store<u8>(at, 1, 54);
  }
  store<u8>(at, <u8>triggerOf(record, sideOf(order)), 55);
  store<u32>(at, triggerTicksOf(record), 56);
  store<u32>(at, trailOf(record), 60);
  store<u64>(at, smaller(load<u64>(record, SPECIAL_DISPLAY), lotsOf(order) + hiddenOf(order)), 64);
}

/** Writes the open order of a slot that `querySlot` or `queryClientSlot` found. */
export function queryOrder(slot: u32): void {
  writeOpenOrder(ANSWERS, orderAt(slot));
}

/** Writes an account's open orders, the lowest slot first, from slot `from` on. Returns their count. */
export function queryOpenOrders(account: u32, from: u32): u32 {
  const owned = gatherOwned(account);
  let count: u32 = 0;
  next = 0;
  for (let each: u32 = 0; each < owned; each++) {
    const order = gathered(each);
    if (slotOf(order) < from) continue;
    if (count == ANSWERS_BYTES / <u32>OPEN_ORDER_BYTES) {
      next = slotOf(order);
      break;
    }
    writeOpenOrder(ANSWERS + <usize>count * OPEN_ORDER_BYTES, order);
    count++;
  }
  return count;
}

/** Writes up to `levelsMax` levels of a side, best first, 16 bytes each: price u32, 0, lots u64. */
export function queryDepth(index: u32, side: u32, levelsMax: u32): u32 {
  const market = marketAt(index);
  let level = <usize>load<u32>(market + ((<usize>side) << 2), MARKET_LEVEL);
  let count: u32 = 0;
  while (level != 0 && count < levelsMax && count < ANSWERS_BYTES / 16) {
    const at = ANSWERS + ((<usize>count) << 4);
    store<u64>(at, ticksOf(level));
    store<u64>(at, shownLots(level), 8);
    count++;
    level = nextWorse(market, side, level);
  }
  return count;
}

/** A counter: assets, accounts, markets, open orders, pages in use, balance rows, special orders. */
export function queryCount(counter: u32): u32 {
  switch (counter) {
    case 0:
      return load<u32>(ROOT_ASSETS);
    case 1:
      return load<u32>(ROOT_ACCOUNTS);
    case 2:
      return load<u32>(ROOT_MARKETS);
    case 3:
      return openOrderCount();
    case 4:
      return load<u32>(ROOT_PAGES_USED);
    case 5:
      return load<u32>(ROOT_BALANCES);
    default:
      return load<u32>(ROOT_SPECIALS);
  }
}

export function queryCommands(): u64 {
  return load<u64>(ROOT_COMMANDS);
}

/** Writes a market: its terms (96 bytes), last trade's price u32, 0, trades u64. */
export function queryMarket(index: u32): void {
  const market = marketAt(index);
  memory.copy(ANSWERS, termsAt(index), TERMS_BYTES);
  store<u64>(ANSWERS, load<u32>(market, MARKET_LAST), 96);
  store<u64>(ANSWERS, load<u64>(market, MARKET_TRADES), 104);
}
