import { clientOf } from "./clients";
import { accountOf, idOf, isSpecial, lotsOf, sideOf } from "./orders";
import {
  ACCOUNT_BLOCKED_BIT,
  ACCOUNT_OPEN_ORDERS,
  ANSWERS,
  ANSWERS_BYTES,
  ASSET_FEES,
  ASSET_ISSUED,
  FEE_SCHEDULES_MAX,
  GENERATION_MASK,
  HAS_TO_BEGIN,
  HAS_TO_END,
  IS_DORMANT,
  IS_HIDDEN,
  IS_PRICED,
  IS_PROTECTED,
  LEVEL_NEXT,
  MARKET_LAST,
  MARKET_LEVEL,
  MARKET_TRADES,
  NAME_BYTES,
  NODE_KEY,
  ORDER_NEXT,
  ORDER_STAMP,
  OWNER_DEADLINE,
  PEG_MARKET,
  PEG_MIDPOINT,
  OWNER_MASTER,
  OWNER_NUMBER,
  OWNER_PROTECTIONS,
  OWNER_VOLUME,
  PROTECTION_ACCOUNT,
  PROTECTION_ENDS,
  PROTECTION_FILLS,
  PROTECTION_FILLS_MAX,
  PROTECTION_LOTS,
  PROTECTION_LOTS_MAX,
  PROTECTION_MARKET,
  PROTECTION_NEXT,
  PROTECTION_QUEUE_NEXT,
  PROTECTION_TRIPPED,
  PROTECTION_WINDOW,
  RARE_GUARD_AUCTION,
  RARE_GUARD_DOWN,
  RARE_GUARD_ENDS,
  RARE_GUARD_TICKS,
  RARE_GUARD_UP,
  RARE_GUARD_WINDOW,
  RARE_NEXT_SHOW,
  RARE_PEG_HEAD,
  RARE_REOPEN,
  RARE_SHOW,
  RARE_UNCROSS_TO,
  ROOT_ACCOUNTS,
  ROOT_ASSETS,
  ROOT_COMMANDS,
  ROOT_EXPIRIES,
  ROOT_MARKETS,
  ROOT_NEWS_HEAD,
  ROOT_NOW_MS,
  ROOT_RIPE_HEAD,
  ROOT_SLOTS_FREE,
  ROOT_SLOTS_USED,
  ROOT_SLOT_FREE,
  ROOT_TRIPPED_HEAD,
  ROOT_SUSPENDED,
  SCHEDULE_COUNT,
  SPECIAL_DISPLAY,
  SPECIAL_EXPIRY,
  SPECIAL_FLAGS,
  SPECIAL_HIDDEN,
  SPECIAL_NEWS_NEXT,
  SPECIAL_NEXT,
  SPECIAL_PARENT,
  SPECIAL_PARTNER,
  SPECIAL_PEAK,
  SPECIAL_PEG,
  SPECIAL_PEG_NEXT,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  SPECIAL_TRAIL,
  SPECIAL_TRIGGER_TICKS,
  SPECIAL_TRIGGER_TREE,
  SPECIAL_WATCH,
  STAMP_FREE,
  TERMS_BYTES,
  VOLUME_DAYS,
  VOLUME_SCHEDULE,
} from "./memory";
import { assetAt, assetOfRow, availableOf, firstRow, nextRow, reservedOf } from "./accounts";
import { darkTree, orderOfDark } from "./dark";
import { scheduleAt, volumeOfDay } from "./fees";
import { nextWorse, ticksOf } from "./ladder";
import { nameAt } from "./ledger";
import { accountAt, marketAt, orderAt, ownerAt, termsAt } from "./root";
import { hasTraded, isRenewed } from "./auction";
import { isAway, marketOfOrder, specialOf } from "./specials";
import { firstNode, nextNode } from "./tree";
import { TREES, TREE_BID, flipIfDown, rareOf, treeOf } from "./triggers";

// The state stream of matching.md §6, in pieces that fit the answer buffer. `stateNext` writes a piece and
// returns its length, 0 at the end; where it stands between pieces is kept here.

const PART_HEAD: u32 = 0;
const PART_ASSETS: u32 = 1;
const PART_ACCOUNTS: u32 = 2;
const PART_ACCOUNT_ROWS: u32 = 3;
const PART_MARKETS: u32 = 4;
const PART_BIDS: u32 = 5;
const PART_ASKS: u32 = 6;
const PART_STACK: u32 = 7;
const PART_GENERATIONS: u32 = 8;
const PART_SPECIALS: u32 = 9;
const PART_WATCHES: u32 = 10;
const PART_EXPIRIES: u32 = 11;
const PART_RIPE: u32 = 12;
const PART_NEWS: u32 = 13;
const PART_SCHEDULES: u32 = 14;
const PART_VOLUMES: u32 = 15;
const PART_TRIPPED: u32 = 16;
const PART_PEGS: u32 = 17;
const PART_DARK: u32 = 18;
const PART_NAMES: u32 = 19;
const PART_END: u32 = 20;

let part: u32 = PART_END;
let index: u32 = 0; // of the asset, account, market or slot in work
let cursor: usize = 0; // row, slot, level or order to go on with
let level: usize = 0;
let tree: u32 = 0;
let at: usize = ANSWERS;

/** Room for the longest record of any part, so that each step can write one without asking. */
const END: usize = ANSWERS + ANSWERS_BYTES - 2048;

export function stateBegin(): void {
  part = PART_HEAD;
}

export function stateNext(): u32 {
  at = ANSWERS;
  while (at < END && part != PART_END) step();
  return <u32>(at - ANSWERS);
}

@inline
function put64(value: u64): void {
  store<u64>(at, value);
  at += 8;
}
@inline
function put32(value: u32): void {
  store<u32>(at, value);
  at += 4;
}

function step(): void {
  switch (part) {
    case PART_HEAD:
      return stepHead();
    case PART_ASSETS:
      return stepAssets();
    case PART_ACCOUNTS:
      return stepAccounts();
    case PART_ACCOUNT_ROWS:
      return stepRows();
    case PART_MARKETS:
      return stepMarkets();
    case PART_BIDS:
    case PART_ASKS:
      return stepOrders(part - PART_BIDS);
    case PART_STACK:
      return stepStack();
    case PART_GENERATIONS:
      return stepGenerations();
    case PART_SPECIALS:
      return stepSpecials();
    case PART_WATCHES:
      return stepWatches();
    case PART_EXPIRIES:
      return stepExpiries();
    case PART_PEGS:
      return stepPegs();
    case PART_DARK:
      return stepDark();
    case PART_TRIPPED:
      return stepTripped();
    case PART_NAMES:
      return stepNames();
    case PART_SCHEDULES:
      return stepSchedules();
    case PART_VOLUMES:
      return stepVolumes();
    case PART_RIPE:
      return stepQueue(SPECIAL_NEXT, PART_NEWS);
    default:
      return stepQueue(SPECIAL_NEWS_NEXT, PART_TRIPPED);
  }
}

function stepHead(): void {
  put64(0x3430_4554_4154_5352); // "RSTATE04"
  put64(load<u64>(ROOT_NOW_MS));
  put64(load<u64>(ROOT_COMMANDS));
  put32(load<u32>(ROOT_ASSETS));
  put32(load<u32>(ROOT_ACCOUNTS));
  put32(load<u32>(ROOT_MARKETS));
  put32(load<u32>(ROOT_SLOTS_USED));
  put32(load<u32>(ROOT_SLOTS_FREE));
  put32(load<u32>(ROOT_SUSPENDED));
  part = PART_ASSETS;
  index = 0;
}

function stepAssets(): void {
  if (index == load<u32>(ROOT_ASSETS)) {
    part = PART_ACCOUNTS;
    index = 1;
    return;
  }
  const asset = assetAt(index++);
  put64(load<u64>(asset, ASSET_ISSUED));
  put64(load<u64>(asset, ASSET_FEES));
}

function stepAccounts(): void {
  if (index > load<u32>(ROOT_ACCOUNTS)) {
    part = PART_SCHEDULES;
    index = 0;
    return;
  }
  const account = accountAt(index);
  put64(load<u64>(ownerAt(index), OWNER_NUMBER));
  const openOrders = load<u32>(account, ACCOUNT_OPEN_ORDERS);
  put32(openOrders & ~ACCOUNT_BLOCKED_BIT);
  put32(rowCount(index));
  put32(openOrders >> 31);
  put32(load<u32>(ownerAt(index), OWNER_MASTER));
  put64(load<u64>(ownerAt(index) + OWNER_DEADLINE, NODE_KEY));
  putProtections(index);
  cursor = firstRow(index);
  part = PART_ACCOUNT_ROWS;
}

function putProtections(account: u32): void {
  let record = <usize>load<u32>(ownerAt(account), OWNER_PROTECTIONS);
  while (record != 0) {
    put32(load<u32>(record, PROTECTION_MARKET));
    put32(load<u32>(record, PROTECTION_WINDOW));
    put64(load<u64>(record, PROTECTION_LOTS_MAX));
    put32(load<u32>(record, PROTECTION_FILLS_MAX));
    put32(load<u32>(record, PROTECTION_FILLS));
    put64(load<u64>(record, PROTECTION_LOTS));
    put64(load<u64>(record, PROTECTION_ENDS));
    put64(load<u32>(record, PROTECTION_TRIPPED));
    record = <usize>load<u32>(record, PROTECTION_NEXT);
  }
  put64(u64.MAX_VALUE);
}

function rowCount(account: u32): u32 {
  let count: u32 = 0;
  for (let row = firstRow(account); row != 0; row = nextRow(account, row)) count++;
  return count;
}

function stepRows(): void {
  if (cursor == 0) {
    part = PART_ACCOUNTS;
    index++;
    return;
  }
  put64(assetOfRow(index, cursor));
  put64(availableOf(cursor));
  put64(reservedOf(cursor));
  cursor = nextRow(index, cursor);
}

function stepMarkets(): void {
  if (index == load<u32>(ROOT_MARKETS)) {
    part = PART_STACK;
    cursor = <usize>load<u32>(ROOT_SLOT_FREE);
    return;
  }
  const market = marketAt(index);
  memory.copy(at, termsAt(index), TERMS_BYTES);
  at += TERMS_BYTES;
  const rare = rareOf(market);
  put32(load<u32>(market, MARKET_LAST));
  const next = <u32>load<u16>(rare, RARE_UNCROSS_TO);
  put32(next | ((<u32>(next != 0 && hasTraded(market))) << 8));
  put64(load<u64>(market, MARKET_TRADES));
  put64(load<u64>(rare + RARE_REOPEN, NODE_KEY));
  put64(load<u64>(rare, RARE_NEXT_SHOW));
  put64(load<u64>(rare + RARE_SHOW, NODE_KEY));
  put32(load<u32>(rare, RARE_GUARD_UP));
  put32(load<u32>(rare, RARE_GUARD_DOWN));
  put32(load<u32>(rare, RARE_GUARD_WINDOW));
  put32(load<u32>(rare, RARE_GUARD_AUCTION));
  put32(load<u32>(rare, RARE_GUARD_TICKS));
  put32(0);
  put64(load<u64>(rare, RARE_GUARD_ENDS));
  beginSide(0);
}

function beginSide(side: u32): void {
  part = PART_BIDS + side;
  level = <usize>load<u32>(marketAt(index) + ((<usize>side) << 2), MARKET_LEVEL);
  cursor = level == 0 ? 0 : <usize>load<u32>(level, LEVEL_NEXT);
}

function stepOrders(side: u32): void {
  if (level == 0) {
    put64(0);
    put64(0);
    put64(0);
    put64(0);
    if (side == 0) return beginSide(1);
    index++;
    part = PART_MARKETS;
    return;
  }
  put64(idOf(cursor));
  put32(accountOf(cursor));
  put32(ticksOf(level));
  put64(lotsOf(cursor));
  put64(clientOf(cursor));
  cursor = <usize>load<u32>(cursor, ORDER_NEXT);
  if (cursor == level) {
    level = nextWorse(marketAt(index), side, level);
    if (level != 0) cursor = <usize>load<u32>(level, LEVEL_NEXT);
  }
}

function stepStack(): void {
  if (cursor == 0) {
    part = PART_GENERATIONS;
    index = 1;
    return;
  }
  put32(<u32>cursor);
  cursor = <usize>load<u32>(orderAt(<u32>cursor), ORDER_NEXT);
}

function stepGenerations(): void {
  if (index > load<u32>(ROOT_SLOTS_USED)) {
    part = PART_SPECIALS;
    index = 1;
    return;
  }
  put32(load<u32>(orderAt(index++), ORDER_STAMP) & GENERATION_MASK);
}

function stepSpecials(): void {
  if (index > load<u32>(ROOT_SLOTS_USED)) {
    put64(0);
    part = PART_WATCHES;
    index = 0;
    tree = 0;
    cursor = load<u32>(ROOT_MARKETS) == 0 ? 0 : firstNode(treeOf(marketAt(0), 0));
    return;
  }
  const order = orderAt(index++);
  if ((load<u32>(order, ORDER_STAMP) & STAMP_FREE) != 0 || !isSpecial(order)) return;
  const record = specialOf(order);
  put64(idOf(order));
  put64(load<u64>(record, SPECIAL_HIDDEN));
  put64(load<u64>(record, SPECIAL_DISPLAY));
  put64(load<u64>(record + SPECIAL_EXPIRY, NODE_KEY));
  put32(load<u32>(record, SPECIAL_TRAIL));
  put32(load<u32>(record, SPECIAL_PEAK));
  put64(idInSlot(load<u32>(record, SPECIAL_PARTNER)));
  put64(idInSlot(load<u32>(record, SPECIAL_PARENT)));
  const links = linkFlags(record, sideOf(order) == 0) | ((<u32>isRenewedNow(order)) << 10);
  put32(links);
  put32((links & 1) != 0 ? load<u32>(record, SPECIAL_TRIGGER_TICKS) : 0);
  const peg = load<u32>(record, SPECIAL_PEG);
  put32(peg);
  put32(peg == 0 ? 0 : load<u32>(record, SPECIAL_TERMS + 12));
  if (!isAway(order)) return;
  memory.copy(at, record + SPECIAL_TERMS, 32);
  store<u64>(at, lotsOf(order), 16);
  at += 32;
}

/** `index` and `tree` name the tree in work, `cursor` the node to go on with. */
function stepWatches(): void {
  if (index == load<u32>(ROOT_MARKETS)) {
    part = PART_PEGS;
    index = 0;
    cursor = load<u32>(ROOT_MARKETS) == 0 ? 0 : pegHeadOf(0);
    return;
  }
  if (cursor != 0) {
    put64(idOf(orderAt(load<u32>(cursor - SPECIAL_WATCH, SPECIAL_SLOT))));
    put64(<u64>flipIfDown(tree, <u32>load<u64>(cursor, NODE_KEY)));
    cursor = nextNode(cursor);
    return;
  }
  put64(0);
  tree++;
  if (tree == TREES) {
    tree = 0;
    index++;
  }
  cursor = index == load<u32>(ROOT_MARKETS) ? 0 : firstNode(treeOf(marketAt(index), tree));
}

function pegHeadOf(market: u32): usize {
  return <usize>load<u32>(rareOf(marketAt(market)), RARE_PEG_HEAD);
}

function stepPegs(): void {
  if (index == load<u32>(ROOT_MARKETS)) {
    part = PART_DARK;
    index = 0;
    tree = 0;
    cursor = load<u32>(ROOT_MARKETS) == 0 ? 0 : firstNode(darkTree(marketAt(0), 0));
    return;
  }
  if (cursor != 0) {
    put64(idOf(orderAt(load<u32>(cursor, SPECIAL_SLOT))));
    cursor = <usize>load<u32>(cursor, SPECIAL_PEG_NEXT);
    return;
  }
  put64(0);
  index++;
  cursor = index == load<u32>(ROOT_MARKETS) ? 0 : pegHeadOf(index);
}

/** `index` names the market and `tree` the side in work. */
function stepDark(): void {
  if (index == load<u32>(ROOT_MARKETS)) {
    part = PART_EXPIRIES;
    cursor = firstNode(ROOT_EXPIRIES);
    return;
  }
  if (cursor != 0) {
    put64(idOf(orderOfDark(cursor)));
    cursor = nextNode(cursor);
    return;
  }
  put64(0);
  if (tree == 1) index++;
  tree ^= 1;
  cursor = index == load<u32>(ROOT_MARKETS) ? 0 : firstNode(darkTree(marketAt(index), tree));
}

function stepExpiries(): void {
  if (cursor == 0) {
    put64(0);
    part = PART_RIPE;
    cursor = <usize>load<u32>(ROOT_RIPE_HEAD);
    return;
  }
  put64(idOf(orderAt(load<u32>(cursor - SPECIAL_EXPIRY, SPECIAL_SLOT))));
  cursor = nextNode(cursor);
}

function stepTripped(): void {
  if (cursor == 0) {
    put64(0);
    part = PART_NAMES;
    index = 0;
    return;
  }
  put32(load<u32>(cursor, PROTECTION_ACCOUNT));
  put32(load<u32>(cursor, PROTECTION_MARKET));
  cursor = <usize>load<u32>(cursor, PROTECTION_QUEUE_NEXT);
}

/** The last part: an exchange whose assets have no names has none. */
function stepNames(): void {
  if (index == load<u32>(ROOT_ASSETS)) {
    part = PART_END;
    return;
  }
  const name = nameAt(index);
  if (load<u8>(name) != 0) {
    put64(index);
    memory.copy(at, name, NAME_BYTES);
    at += NAME_BYTES;
  }
  index++;
}

function stepSchedules(): void {
  if (index == FEE_SCHEDULES_MAX) {
    part = PART_VOLUMES;
    index = 1;
    return;
  }
  const schedule = scheduleAt(index++);
  const bytes: usize = 8 + ((<usize>load<u32>(schedule, SCHEDULE_COUNT)) << 4);
  memory.copy(at, schedule, bytes);
  at += bytes;
}

function stepVolumes(): void {
  if (index > load<u32>(ROOT_ACCOUNTS)) {
    put64(0);
    part = PART_MARKETS;
    index = 0;
    return;
  }
  const account = index++;
  const record = <usize>load<u32>(ownerAt(account), OWNER_VOLUME);
  if (record == 0) return;
  put32(account);
  put32(load<u32>(record, VOLUME_SCHEDULE));
  for (let age: u64 = 0; age < VOLUME_DAYS; age++) put64(volumeOfDay(record, age));
}

/** A queue of records, linked at an offset, and the part behind it. */
function stepQueue(link: usize, following: u32): void {
  if (cursor == 0) {
    put64(0);
    part = following;
    cursor = <usize>load<u32>(following == PART_NEWS ? ROOT_NEWS_HEAD : ROOT_TRIPPED_HEAD);
    return;
  }
  put64(idOf(orderAt(load<u32>(cursor, SPECIAL_SLOT))));
  cursor = <usize>load<u32>(cursor + link);
}

/** The id of the order in a slot, or 0 for slot 0. */
function idInSlot(slot: u32): u64 {
  return slot == 0 ? 0 : idOf(orderAt(slot));
}

/** True for an iceberg that offers all it has as its market goes on to uncross. */
function isRenewedNow(order: usize): bool {
  const market = marketOfOrder(order);
  return load<u16>(rareOf(market), RARE_UNCROSS_TO) != 0 && isRenewed(market, order);
}

/** Bits: it is dormant; its price; it has to end; it has to begin; and of its price, which way and whose. */
function linkFlags(record: usize, isBuy: bool): u32 {
  const flags = load<u32>(record, SPECIAL_FLAGS);
  const isDormant = (flags & IS_DORMANT) != 0;
  const isPriced = (flags & IS_PRICED) != 0;
  const tree = load<u32>(record, SPECIAL_TRIGGER_TREE);
  const isTake = isDormant && isPriced && ((tree & 1) == 0) != isBuy;
  return (
    <u32>isDormant |
    (<u32>isPriced << 1) |
    (<u32>((flags & HAS_TO_END) != 0) << 2) |
    (<u32>((flags & HAS_TO_BEGIN) != 0) << 3) |
    (<u32>(isDormant && tree >= TREE_BID) << 4) |
    (<u32>isTake << 5) |
    (<u32>((flags & IS_PROTECTED) != 0) << 6) |
    (<u32>((flags & IS_HIDDEN) != 0) << 7) |
    (<u32>((flags & PEG_MARKET) != 0) << 8) |
    (<u32>((flags & PEG_MIDPOINT) != 0) << 9)
  );
}
