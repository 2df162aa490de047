import {
  assetAt,
  assetOfRow,
  availableOf,
  findAccountByNumber,
  findRow,
  firstRow,
  nextRow,
  reservedOf,
} from "./accounts";
import { clientIdOf, findClient } from "./clients";
import { BUY, SELL, STATE_AUCTION } from "./codes";
import { darkTree, hasDark, hasMarketOrders, isDark } from "./dark";
import { hasPegs } from "./pegs";
import { pageHeadOf, ticksOf } from "./ladder";
import {
  ACCOUNT_BLOCKED_BIT,
  ACCOUNT_SEAT_BLOCK,
  ACCOUNT_OPEN_ORDERS,
  ANSWERS,
  ANSWERS_BYTES,
  ASSET_FEES,
  ALL_SEATS_FREE,
  SEAT_BLOCK_FREE,
  SEAT_BLOCK_NEXT,
  SEAT_BLOCK_SEATS,
  SEATS_PER_BLOCK,
  SEAT_BLOCK_PREV,
  ASSET_ISSUED,
  LEVELS_PER_PAGE,
  LEVEL_NEXT,
  LEVEL_PREV,
  LEVEL_SHIFT,
  MARKET_BEST,
  MARKET_BITS,
  MARKET_ENTRIES,
  MARKET_HEAD,
  MARKET_INDEX_MASK,
  MARKET_LAST,
  MARKET_LEVEL,
  MARKET_PRICE_HIGH,
  MARKET_PRICE_LOW,
  NO_ASK,
  NO_BID,
  ORDER_LEVEL,
  ORDER_NEXT,
  ORDER_SEAT,
  ORDER_STAMP,
  PAGE_BASE,
  PAGE_MARKET,
  PAGE_OCCUPANCY,
  PAGE_SIDE_SHIFT,
  PAGE_TICKS_SHIFT,
  QUANTA_MAX,
  ROOT_ACCOUNTS,
  ROOT_ASSETS,
  ROOT_EXPIRIES,
  ROOT_BALANCES,
  RARE_PEG_COUNT,
  RARE_PEG_HEAD,
  RARE_REOPEN,
  RARE_SHOW,
  RARE_UNCROSS_TO,
  RARE_WAITING,
  ROOT_BOOKS,
  ROOT_GUARDED,
  ROOT_MARKET_TIMERS,
  ROOT_UNCROSSINGS,
  ROOT_MARKETS,
  ROOT_NOTED,
  ROOT_PAGES_USED,
  ROOT_RIPE_HEAD,
  ROOT_SLOTS_FREE,
  ROOT_SLOTS_USED,
  ROOT_SLOT_FREE,
  ROOT_SPECIALS,
  HAS_TO_BEGIN,
  HAS_TO_END,
  HEAD_LONG,
  IS_DARK,
  IS_DORMANT,
  IS_HIDDEN,
  IS_RIPE,
  ROOT_NEWS_HEAD,
  SPECIAL_CHILDREN,
  SPECIAL_NEWS_NEXT,
  SPECIAL_NEWS_PREV,
  SPECIAL_PARENT,
  SPECIAL_PEG,
  SPECIAL_PEG_NEXT,
  SPECIAL_PEG_PREV,
  SPECIAL_PARTNER,
  IS_WAITING,
  IS_WATCHING,
  MARKET_WATCH,
  NODE_KEY,
  NODE_PARENT,
  SPECIAL_EXPIRY,
  SPECIAL_FLAGS,
  SPECIAL_TERMS,
  SPECIAL_NEXT,
  SPECIAL_PREV,
  WATCH_LAST,
  WATCH_QUOTE,
  OWNER_DEADLINE,
  OWNER_NUMBER,
  OWNER_VOLUME,
  ROOT_DEADLINES,
  ROOT_VOLUMES,
  VOLUME_ACCOUNT,
  VOLUME_DAYS,
  VOLUME_RING,
  VOLUME_TOTAL,
  STAMP_CLIENT,
  STAMP_FREE,
  TERMS_PRICE_MAX,
  TERMS_PRICE_MIN,
  IS_NOTED,
  RARE_NOTED,
} from "./memory";
import {
  accountOf,
  isSpecial,
  lotsOf,
  openOrderCount,
  paidAsset,
  reserveOf,
  sideOf,
} from "./orders";
import { hiddenOf, isAway, isWaiting, marketOfOrder, specialOf } from "./specials";
import { firstNode, isBefore, nextNode } from "./tree";
import { TREES, rareOf, treeOf } from "./triggers";
import { isContinuous, isCrossed, looksAtCancels, stateOf } from "./states";
import { gatherOwned, gathered } from "./owned";
import { accountAt, broken, marketAt, orderAt, ownerAt, slotOf, termsAt } from "./root";
import { auditTable, pageAt } from "./tables";

// Recomputes everything that can be derived, from nothing but the lists themselves, and compares. The numbers
// name the invariants of hot/invariants.ts.

let ordersSeen: u32 = 0;
let pagesSeen: u32 = 0;
let uncrossings: u32 = 0;

export function audit(): void {
  auditBalances();
  ordersSeen = 0;
  pagesSeen = 0;
  let guarded: u32 = 0;
  let timers: u32 = 0;
  uncrossings = 0;
  for (let index: u32 = 0; index < load<u32>(ROOT_MARKETS); index++) {
    const market = marketAt(index);
    auditSide(market, index, BUY);
    auditSide(market, index, SELL);
    auditRange(market, index);
    if (isContinuous(stateOf(market)) && (isCrossed(market) || hasMarketOrders(market))) broken(110);
    if (hasPegs(market) || looksAtCancels(stateOf(market))) guarded++;
    timers += auditAuction(market);
  }
  if (guarded != load<u32>(ROOT_GUARDED)) broken(118);
  if (timers != auditTree(ROOT_MARKET_TIMERS)) broken(124);
  if (uncrossings != auditTree(ROOT_UNCROSSINGS) || load<u32>(ROOT_BOOKS) != 0) broken(124);
  if (ordersSeen + auditSpecials() != openOrderCount()) broken(112);
  if (pagesSeen != load<u32>(ROOT_PAGES_USED)) broken(113);
  auditAccounts();
  auditVolumes();
  auditSlots();
}

/** Conservation of each asset, and the range of each balance. */
export function auditBalances(): void {
  const assets = load<u32>(ROOT_ASSETS);
  const span = ANSWERS_BYTES >> 3;
  for (let first: u32 = 0; first < assets; first += span) {
    const width = min(span, assets - first);
    memory.fill(ANSWERS, 0, (<usize>width) << 3);
    for (let account: u32 = 1; account <= load<u32>(ROOT_ACCOUNTS); account++) {
      for (let row = firstRow(account); row != 0; row = nextRow(account, row)) {
        const available = availableOf(row);
        const reserved = reservedOf(row);
        if (available > QUANTA_MAX || reserved > QUANTA_MAX) broken(120);
        const offset = assetOfRow(account, row) - first;
        if (offset < width) {
          const sum = ANSWERS + ((<usize>offset) << 3);
          store<u64>(sum, load<u64>(sum) + available + reserved);
        }
      }
    }
    for (let offset: u32 = 0; offset < width; offset++) {
      const asset = assetAt(first + offset);
      const held = load<u64>(ANSWERS + ((<usize>offset) << 3)) + load<u64>(asset, ASSET_FEES);
      if (held != load<u64>(asset, ASSET_ISSUED)) broken(101);
    }
  }
}

function auditSide(market: usize, index: u32, side: u32): void {
  const ours = market + ((<usize>side) << 2);
  const entries = load<u32>(market, MARKET_ENTRIES);
  auditTable(ours, 2 * entries);
  let best = side == SELL ? NO_ASK : NO_BID;
  for (let number: u32 = 0; number < 2 * entries; number++) {
    const page = pageAt(ours, number);
    const isWhole = (page | pageAt(ours, number ^ 1)) != 0;
    if (bitIsSet(<usize>load<u32>(ours, MARKET_BITS), entries, number >> 1) != isWhole) broken(108);
    if (isWhole && (number & 1) == 0) pagesSeen++;
    if (page == 0) continue;
    const head = pageHeadOf(page);
    const base = number << PAGE_TICKS_SHIFT;
    if ((load<u32>(head, PAGE_MARKET) & MARKET_INDEX_MASK) != index) broken(7);
    if (load<u32>(head, PAGE_BASE) != (base | (side << PAGE_SIDE_SHIFT))) broken(7);
    const occupancy = <u32>load<u8>(head, PAGE_OCCUPANCY);
    if (occupancy == 0) broken(107);
    for (let step: u32 = 0; step < LEVELS_PER_PAGE; step++) {
      const occupied = ((occupancy >> step) & 1) != 0;
      auditLevel(page + ((<usize>step) << LEVEL_SHIFT), side, occupied);
      if (occupied && (side == BUY || best == NO_ASK)) best = base + step;
    }
  }
  if (load<u32>(ours, MARKET_BEST) != best) broken(109);
  const level = <usize>load<u32>(ours, MARKET_LEVEL);
  const isEmpty = best == (side == SELL ? NO_ASK : NO_BID);
  if ((level == 0) != isEmpty || (!isEmpty && ticksOf(level) != best)) broken(109);
  const lots = isEmpty ? 0 : lotsOf(<usize>load<u32>(level, LEVEL_NEXT));
  if (<u64>load<u32>(ours, MARKET_HEAD) != min(lots, HEAD_LONG)) broken(127);
}

/** True if the bit is set on the lowest floor, and every floor above says so too. */
function bitIsSet(bits: usize, entries: u32, index: u32): bool {
  let words = (entries + 63) >> 6;
  const lowest = load<u64>(bits + ((<usize>(index >> 6)) << 3));
  const isSet = ((lowest >> (index & 63)) & 1) != 0;
  let below = lowest;
  while (words > 1) {
    index >>= 6;
    bits += (<usize>words) << 3;
    words = (words + 63) >> 6;
    const word = load<u64>(bits + ((<usize>(index >> 6)) << 3));
    if (((word >> (index & 63)) & 1) != <u64>(below != 0)) broken(108);
    below = word;
  }
  return isSet;
}

function auditLevel(level: usize, side: u32, occupied: bool): void {
  let prev = level;
  let order = <usize>load<u32>(level, LEVEL_NEXT);
  if ((order != level) != occupied) broken(107);
  while (order != level) {
    if (<usize>load<u32>(order, LEVEL_PREV) != prev) broken(104);
    if (<usize>load<u32>(order, ORDER_LEVEL) != level) broken(105);
    if ((load<u32>(order, ORDER_STAMP) & STAMP_FREE) != 0 || sideOf(order) != side) broken(106);
    if (lotsOf(order) == 0 || isAway(order)) broken(106);
    ordersSeen++;
    if (ordersSeen > openOrderCount()) broken(112);
    prev = order;
    order = <usize>load<u32>(order, ORDER_NEXT);
  }
  if (<usize>load<u32>(level, LEVEL_PREV) != prev) broken(104);
}

function auditRange(market: usize, index: u32): void {
  const terms = termsAt(index);
  const last = load<u32>(market, MARKET_LAST);
  const low = load<u32>(market, MARKET_PRICE_LOW);
  const high = load<u32>(market, MARKET_PRICE_HIGH);
  if (low < load<u32>(terms, TERMS_PRICE_MIN) || high > load<u32>(terms, TERMS_PRICE_MAX))
    broken(119);
  if (last < low || last > high) broken(119);
}

function auditAccounts(): void {
  let openOrders: u32 = 0;
  let rows: u32 = 0;
  for (let account: u32 = 1; account <= load<u32>(ROOT_ACCOUNTS); account++) {
    const owner = accountAt(account);
    if (findAccountByNumber(load<u64>(ownerAt(account), OWNER_NUMBER)) != account) broken(116);
    openOrders += auditOwner(account, owner);
    for (let row = firstRow(account); row != 0; row = nextRow(account, row)) {
      const asset = assetOfRow(account, row);
      if (findRow(account, asset) != row) broken(117);
      if (reservedOf(row) != reservedBy(account, asset)) broken(102);
      rows++;
    }
  }
  if (openOrders != openOrderCount()) broken(112);
  if (rows != load<u32>(ROOT_BALANCES)) broken(117);
}

function auditOwner(account: u32, owner: usize): u32 {
  const open = load<u32>(owner, ACCOUNT_OPEN_ORDERS) & ~ACCOUNT_BLOCKED_BIT;
  const count = gatherOwned(account);
  for (let each: u32 = 0; each < count; each++) {
    const order = gathered(each);
    const slot = slotOf(order);
    const seat = <usize>load<u32>(order, ORDER_SEAT);
    if (accountOf(order) != account || load<u32>(seat) != slot) broken(111);
    if (each != 0 && gathered(each - 1) == order) broken(111);
    if ((load<u32>(order, ORDER_STAMP) & STAMP_FREE) != 0) broken(111);
    if ((load<u32>(order, ORDER_STAMP) & STAMP_CLIENT) != 0) {
      if (findClient(account, clientIdOf(slot)) != slot) broken(115);
    }
  }
  if (count != open) broken(111);
  auditSeatBlocks(owner);
  return count;
}

/** No block is empty, and each knows which of its seats are free. */
function auditSeatBlocks(owner: usize): void {
  const first = load<u32>(owner, ACCOUNT_SEAT_BLOCK);
  if (first == 0) return;
  let prev = load<u32>(<usize>first, SEAT_BLOCK_PREV);
  let block = <usize>first;
  do {
    let free: u32 = 0;
    for (let seat: u32 = 0; seat < SEATS_PER_BLOCK; seat++) {
      free |= (<u32>(load<u32>(block + ((<usize>seat) << 2), SEAT_BLOCK_SEATS) == 0)) << seat;
    }
    if (free == ALL_SEATS_FREE || free != load<u32>(block, SEAT_BLOCK_FREE)) broken(111);
    if (load<u32>(block, SEAT_BLOCK_PREV) != prev) broken(111);
    prev = <u32>block;
    block = <usize>load<u32>(block, SEAT_BLOCK_NEXT);
  } while (<u32>block != first);
}

/** What the open orders of an account need of an asset. */
function reservedBy(account: u32, asset: u32): u64 {
  let needed: u64 = 0;
  const count = gatherOwned(account);
  for (let each: u32 = 0; each < count; each++) {
    const order = gathered(each);
    if (isWaiting(order)) continue;
    const market = marketOfOrder(order);
    const side = sideOf(order);
    if (paidAsset(market, side) == asset) {
      const level = <usize>load<u32>(order, ORDER_LEVEL);
      const ticks = isDark(order) ? load<u32>(specialOf(order), SPECIAL_TERMS + 12) : ticksOf(level);
      needed += reserveOf(market, side, ticks, lotsOf(order) + hiddenOf(order));
    }
  }
  return needed;
}

function auditSlots(): void {
  let free: u32 = 0;
  let slot = load<u32>(ROOT_SLOT_FREE);
  while (slot != 0) {
    free++;
    if (free > load<u32>(ROOT_SLOTS_FREE)) broken(114);
    const order = orderAt(slot);
    if ((load<u32>(order, ORDER_STAMP) & STAMP_FREE) == 0) broken(114);
    slot = load<u32>(order, ORDER_NEXT);
  }
  if (free != load<u32>(ROOT_SLOTS_FREE)) broken(114);
  let open: u32 = 0;
  let usedUp: u32 = 0;
  for (let each: u32 = 1; each <= load<u32>(ROOT_SLOTS_USED); each++) {
    const stamp = load<u32>(orderAt(each), ORDER_STAMP);
    if ((stamp & STAMP_FREE) == 0) open++;
    else if (stamp == STAMP_FREE) usedUp++;
  }
  if (open != openOrderCount()) broken(112);
  if (open + free + usedUp != load<u32>(ROOT_SLOTS_USED)) broken(114);
}

function auditVolumes(): void {
  let count: u32 = 0;
  let deadlines: u32 = 0;
  for (let account: u32 = 1; account <= load<u32>(ROOT_ACCOUNTS); account++) {
    if (load<u64>(ownerAt(account) + OWNER_DEADLINE, NODE_KEY) != 0) deadlines++;
    const record = <usize>load<u32>(ownerAt(account), OWNER_VOLUME);
    if (record == 0) continue;
    count++;
    if (load<u32>(record, VOLUME_ACCOUNT) != account) broken(126);
    let total: u64 = 0;
    for (let day: u64 = 0; day < VOLUME_DAYS; day++) {
      total += load<u64>(record + ((<usize>day) << 3), VOLUME_RING);
    }
    if (total != load<u64>(record, VOLUME_TOTAL)) broken(126);
  }
  if (count != load<u32>(ROOT_VOLUMES)) broken(126);
  if (deadlines != auditTree(ROOT_DEADLINES)) broken(123);
}

/** Returns how many timers a market has set, and counts it if its uncrossing has begun. */
function auditAuction(market: usize): u32 {
  const rare = rareOf(market);
  if (load<u16>(rare, RARE_UNCROSS_TO) != 0) uncrossings++;
  const reopens = load<u64>(rare + RARE_REOPEN, NODE_KEY) != 0;
  const shows = load<u64>(rare + RARE_SHOW, NODE_KEY) != 0;
  if (stateOf(market) != STATE_AUCTION && (reopens || shows)) broken(124);
  return <u32>reopens + <u32>shows;
}

/** Special orders, their records and their trees. Returns how many orders are in no level. */
function auditSpecials(): u32 {
  let specials: u32 = 0;
  let waiting: u32 = 0;
  let watching: u32 = 0;
  let ripe: u32 = 0;
  let dormant: u32 = 0;
  let news: u32 = 0;
  let adrift: u32 = 0;
  let pegged: u32 = 0;
  let expiring: u32 = 0;
  let dark: u32 = 0;
  for (let slot: u32 = 1; slot <= load<u32>(ROOT_SLOTS_USED); slot++) {
    const order = orderAt(slot);
    if ((load<u32>(order, ORDER_STAMP) & STAMP_FREE) != 0 || !isSpecial(order)) continue;
    const record = specialOf(order);
    const flags = load<u32>(record, SPECIAL_FLAGS);
    specials++;
    if ((flags & IS_WAITING) != 0) waiting++;
    else if ((flags & (IS_WATCHING | IS_RIPE)) != 0) broken(122);
    if ((flags & IS_DARK) != 0) {
      dark++;
      if ((flags & (IS_WAITING | IS_HIDDEN)) != IS_HIDDEN || lotsOf(order) == 0) broken(122);
    }
    if ((flags & IS_WATCHING) != 0) watching++;
    if ((flags & IS_RIPE) != 0) ripe++;
    if ((flags & IS_DORMANT) != 0) dormant++;
    if ((flags & (HAS_TO_END | HAS_TO_BEGIN)) != 0) news++;
    if (load<u32>(record, SPECIAL_PEG) != 0) {
      pegged++;
      if ((flags & IS_WAITING) != 0) adrift++;
    }
    auditLinks(record, slot);
    if (load<u64>(record + SPECIAL_EXPIRY, NODE_KEY) != 0) expiring++;
  }
  if (specials != load<u32>(ROOT_SPECIALS)) broken(121);
  if (watching + ripe + dormant + adrift != waiting) broken(122);
  let inTrees: u32 = 0;
  let counted: u32 = 0;
  let unseen: u32 = 0;
  for (let index: u32 = 0; index < load<u32>(ROOT_MARKETS); index++) {
    const market = marketAt(index);
    const pegs = auditQueue(rareOf(market) + RARE_PEG_HEAD, SPECIAL_PEG_NEXT, SPECIAL_PEG_PREV);
    if (pegs != load<u16>(rareOf(market), RARE_PEG_COUNT) || hasPegs(market) != (pegs != 0)) {
      broken(122);
    }
    pegged -= pegs;
    counted += load<u32>(rareOf(market), RARE_WAITING);
    const darkHere = auditTree(darkTree(market, BUY)) + auditTree(darkTree(market, SELL));
    if (hasDark(market) != (darkHere != 0)) broken(122);
    unseen += darkHere;
    let bits: u32 = 0;
    for (let tree: u32 = 0; tree < TREES; tree++) {
      const count = auditTree(treeOf(market, tree));
      inTrees += count;
      if (count != 0) bits |= tree < 2 ? WATCH_LAST : WATCH_QUOTE;
    }
    if ((load<u32>(market, MARKET_WATCH) & (WATCH_LAST | WATCH_QUOTE)) != bits) broken(122);
  }
  if (counted != waiting + dark || pegged != 0 || unseen != dark) broken(122);
  auditNoted();
  if (inTrees != watching || auditTree(ROOT_EXPIRIES) != expiring) broken(123);
  if (auditQueue(ROOT_RIPE_HEAD, SPECIAL_NEXT, SPECIAL_PREV) != ripe) broken(122);
  if (auditQueue(ROOT_NEWS_HEAD, SPECIAL_NEWS_NEXT, SPECIAL_NEWS_PREV) != news) broken(122);
  return waiting + dark;
}

/** What is noted after a command waits for pegged orders to move. */
function auditNoted(): void {
  let noted: u32 = 0;
  for (let index: u32 = 0; index < load<u32>(ROOT_MARKETS); index++) {
    const market = marketAt(index);
    if ((load<u16>(rareOf(market), RARE_NOTED) & IS_NOTED) == 0) continue;
    noted++;
    if (!hasPegs(market)) broken(122);
  }
  if (auditTree(ROOT_NOTED) != noted) broken(122);
}

/** Returns how many nodes a tree has. */
function auditTree(tree: usize): u32 {
  const root = <usize>load<u32>(tree);
  if (root != 0 && load<u32>(root, NODE_PARENT) != 0) broken(123);
  let count: u32 = 0;
  let node = firstNode(tree);
  while (node != 0) {
    const next = nextNode(node);
    if (next != 0 && !isBefore(node, next)) broken(123);
    count++;
    node = next;
  }
  return count;
}

/** Pairs are two, and children know their parent. */
function auditLinks(record: usize, slot: u32): void {
  const partner = load<u32>(record, SPECIAL_PARTNER);
  if (partner != 0 && load<u32>(specialOf(orderAt(partner)), SPECIAL_PARTNER) != slot) broken(125);
  for (let place: usize = 0; place < 8; place += 4) {
    const child = load<u32>(record + place, SPECIAL_CHILDREN);
    if (child != 0 && load<u32>(specialOf(orderAt(child)), SPECIAL_PARENT) != slot) broken(125);
  }
}

/** Returns how many records a queue has, that are linked at these offsets. */
function auditQueue(head: usize, next: usize, back: usize): u32 {
  let count: u32 = 0;
  let prev: usize = 0;
  let record = <usize>load<u32>(head);
  while (record != 0) {
    if (<usize>load<u32>(record + back) != prev) broken(122);
    count++;
    prev = record;
    record = <usize>load<u32>(record + next);
  }
  return count;
}
