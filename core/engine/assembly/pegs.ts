import { availableOf, findRow, getPairRow, isBlocked, makeRow, roomForRows } from "./accounts";
import { ACCOUNT_BLOCKED, BALANCES_FULL, BUY, INSUFFICIENT_BALANCE, LEVELS_FULL, PEGS_FULL, PEG_KIND_MARKET, SELL } from "./codes";
import { firstLimit, hasDark, ticksOfDark } from "./dark";
import { emitAccepted, emitDeclined, emitPegged, setWaiting } from "./events";
import { nextWorse, roomForLevel, ticksOf } from "./ladder";
import { masterOf } from "./ledger";
import { PEG_MOVES_MAX } from "./bounds";
import {
  FAMILY_PEGS_MAX,
  LEVEL_NEXT,
  MARKET_ASSET,
  MARKET_LEVEL,
  MARKET_WATCH,
  ORDER_LEVEL,
  ORDER_LOTS,
  ORDER_NEXT,
  PEGS_MAX,
  PEG_KINDS,
  PEG_MARKET,
  PEG_MIDPOINT,
  RARE_PEG_COUNT,
  RARE_PEG_HEAD,
  RARE_PEG_TAIL,
  ROOT_GUARDED,
  ROOT_SUSPENDED,
  SPECIAL_ACCOUNT,
  SPECIAL_FLAGS,
  SPECIAL_PEG,
  SEEN_NONE,
  SPECIAL_PEG_NEW,
  SPECIAL_PEG_NEXT,
  SPECIAL_PEG_PREV,
  SPECIAL_PEG_SEEN,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  TERMS_PRICE_MAX,
  TERMS_PRICE_MIN,
  FLAGS_KEPT,
  IS_WAITING,
  WATCH_OUTER,
  WATCH_PEGS,
} from "./memory";
import {
  accountOf,
  enterLevel,
  idOf,
  isSpecial,
  liftOrder,
  lotsOf,
  reserveOf,
  sideOf,
} from "./orders";
import { setSafe } from "./markets";
import { marketAt, marketIndexOf, orderAt, termsAt } from "./root";
import { countWaiting, endAnyOrder, specialOf } from "./specials";
import { isContinuous, looksAtCancels, stateOf } from "./states";
import { note, rareOf } from "./triggers";

// Orders whose prices follow others': matching.md §2.17.

@inline
export function hasPegs(market: usize): bool {
  return (load<u32>(market, MARKET_WATCH) & WATCH_PEGS) != 0;
}

/** What there has to be room for, besides a slot and a record. Returns a reject code, or 0. */
export function pegRefusal(account: u32, market: usize): u32 {
  if (load<u16>(rareOf(market), RARE_PEG_COUNT) >= PEGS_MAX) return PEGS_FULL;
  if (countOfFamily(account, market) >= FAMILY_PEGS_MAX) return PEGS_FULL;
  const noBase = <u32>(findRow(account, load<u32>(market, MARKET_ASSET)) == 0);
  const noQuote = <u32>(findRow(account, load<u32>(market, MARKET_ASSET + 4)) == 0);
  return roomForRows(noBase + noQuote) ? 0 : BALANCES_FULL;
}

/** How many pegged orders of a market are an account's, or its family's. */
function countOfFamily(account: u32, market: usize): u32 {
  const master = masterOf(account);
  let count: u32 = 0;
  let record = <usize>load<u32>(rareOf(market), RARE_PEG_HEAD);
  while (record != 0) {
    count += <u32>(masterOf(accountOf(orderAt(load<u32>(record, SPECIAL_SLOT)))) == master);
    record = <usize>load<u32>(record, SPECIAL_PEG_NEXT);
  }
  return count;
}

/** Accepts a pegged order that passed its checks: it waits until prices are shown. */
export function acceptPegged(order: usize, kind: u32, pegTicks: u32): void {
  const record = specialOf(order);
  const market = marketAt(load<u32>(record, SPECIAL_TERMS + 4));
  const account = accountOf(order);
  for (let which: usize = 0; which < 8; which += 4) {
    const asset = load<u32>(market + which, MARKET_ASSET);
    if (findRow(account, asset) == 0) makeRow(account, asset);
  }
  store<u32>(record, pegTicks + 1, SPECIAL_PEG);
  if (kind >= PEG_KIND_MARKET) {
    const mark = kind == PEG_KIND_MARKET ? PEG_MARKET : PEG_MIDPOINT;
    store<u32>(record, load<u32>(record, SPECIAL_FLAGS) | mark, SPECIAL_FLAGS);
    store<u32>(market, load<u32>(market, MARKET_WATCH) | WATCH_OUTER, MARKET_WATCH);
    setSafe(market);
  }
  const rare = rareOf(market);
  const tail = <usize>load<u32>(rare, RARE_PEG_TAIL);
  store<u32>(record, <u32>tail, SPECIAL_PEG_PREV);
  if (tail == 0) {
    store<u32>(rare, <u32>record, RARE_PEG_HEAD);
    store<u32>(record, SEEN_NONE, SPECIAL_PEG_SEEN);
  } else {
    store<u32>(tail, <u32>record, SPECIAL_PEG_NEXT);
  }
  const head = <usize>load<u32>(rare, RARE_PEG_HEAD);
  if (load<u32>(head, SPECIAL_PEG_NEW) == 0) store<u32>(head, <u32>record, SPECIAL_PEG_NEW);
  store<u32>(rare, <u32>record, RARE_PEG_TAIL);
  const count = load<u16>(rare, RARE_PEG_COUNT) + 1;
  store<u16>(rare, count, RARE_PEG_COUNT);
  if (count == 1) {
    store<u32>(market, load<u32>(market, MARKET_WATCH) | WATCH_PEGS, MARKET_WATCH);
    if (!looksAtCancels(stateOf(market))) store<u32>(ROOT_GUARDED, load<u32>(ROOT_GUARDED) + 1);
  }
  setWaiting(emitAccepted(idOf(order)));
  note(market);
}

/** A pegged order ends. */
export function dropPeg(record: usize): void {
  const market = marketAt(load<u32>(record, SPECIAL_TERMS + 4));
  const rare = rareOf(market);
  const next = <usize>load<u32>(record, SPECIAL_PEG_NEXT);
  const prev = <usize>load<u32>(record, SPECIAL_PEG_PREV);
  const head = <usize>load<u32>(rare, RARE_PEG_HEAD);
  if (<usize>load<u32>(head, SPECIAL_PEG_NEW) == record) store<u32>(head, <u32>next, SPECIAL_PEG_NEW);
  if (head == record && next != 0) {
    v128.store(next, v128.load(head, SPECIAL_PEG_SEEN), SPECIAL_PEG_SEEN);
    store<u32>(next, load<u32>(head, SPECIAL_PEG_NEW), SPECIAL_PEG_NEW);
  }
  if (next == 0) store<u32>(rare, <u32>prev, RARE_PEG_TAIL);
  else store<u32>(next, <u32>prev, SPECIAL_PEG_PREV);
  if (prev == 0) store<u32>(rare, <u32>next, RARE_PEG_HEAD);
  else store<u32>(prev, <u32>next, SPECIAL_PEG_NEXT);
  const count = load<u16>(rare, RARE_PEG_COUNT) - 1;
  store<u16>(rare, count, RARE_PEG_COUNT);
  if (count != 0) return;
  store<u32>(market, load<u32>(market, MARKET_WATCH) & ~(WATCH_PEGS | WATCH_OUTER), MARKET_WATCH);
  setSafe(market);
  if (!looksAtCancels(stateOf(market))) store<u32>(ROOT_GUARDED, load<u32>(ROOT_GUARDED) - 1);
}

export function isPegged(order: usize): bool {
  return isSpecial(order) && load<u32>(specialOf(order), SPECIAL_PEG) != 0;
}

// How many have moved after the command.
let moves: u32 = 0;

/** A command has been executed: as many pegged orders may move as after any. */
export function allowPegMoves(): void {
  moves = 0;
}

/**
 * Moves the pegged orders of a market to where they belong now, the oldest first. Returns false, and moves none, if some stand
 * elsewhere and as many have moved as may.
 *
 * What they follow stays what it is while they move. Where it is what it was when they moved last, only those that came since can
 * stand elsewhere than they belong.
 */
export function movePegs(market: usize): bool {
  // While trading is suspended nothing comes to a book: they neither.
  if (!isContinuous(stateOf(market)) || load<u32>(ROOT_SUSPENDED) != 0) return true;
  const head = <usize>load<u32>(rareOf(market), RARE_PEG_HEAD);
  bid = followedTicks(market, BUY);
  ask = followedTicks(market, SELL);
  darkBid = darkTicks(market, BUY);
  darkAsk = darkTicks(market, SELL);
  if (moves >= PEG_MOVES_MAX) return allStandRight(market, head);
  const shown = (<u64>bid) | ((<u64>ask) << 32);
  const unseen = (<u64>darkBid) | ((<u64>darkAsk) << 32);
  let record = head;
  if (load<u64>(head, SPECIAL_PEG_SEEN) == shown && load<u64>(head, SPECIAL_PEG_SEEN + 8) == unseen) {
    record = <usize>load<u32>(head, SPECIAL_PEG_NEW);
  }
  store<u64>(head, shown, SPECIAL_PEG_SEEN);
  store<u64>(head, unseen, SPECIAL_PEG_SEEN + 8);
  store<u32>(head, 0, SPECIAL_PEG_NEW);
  while (record != 0) {
    const next = <usize>load<u32>(record, SPECIAL_PEG_NEXT);
    movePeg(market, record);
    record = next;
  }
  return true;
}

/** True if all pegged orders of the market in work, from one on, stand where they belong. */
function allStandRight(market: usize, first: usize): bool {
  for (let record = first; record != 0; record = <usize>load<u32>(record, SPECIAL_PEG_NEXT)) {
    const order = orderAt(load<u32>(record, SPECIAL_SLOT));
    if (pegTicksOf(market, record, sideOf(order)) != standsAt(record, order)) return false;
  }
  return true;
}

/** The price at which a pegged order stands, or 0 where it stands in no book. */
function standsAt(record: usize, order: usize): u32 {
  if ((load<u32>(record, SPECIAL_FLAGS) & IS_WAITING) != 0) return 0;
  return ticksOf(<usize>load<u32>(order, ORDER_LEVEL));
}

/** The best price of a side that a plain order stands at, or 0: at most as many others are before it as may be pegged. */
function followedTicks(market: usize, side: u32): u32 {
  let level = <usize>load<u32>(market + ((<usize>side) << 2), MARKET_LEVEL);
  while (level != 0) {
    let order = <usize>load<u32>(level, LEVEL_NEXT);
    while (order != level) {
      if (!isPegged(order)) return ticksOf(level);
      order = <usize>load<u32>(order, ORDER_NEXT);
    }
    level = nextWorse(market, side, level);
  }
  return 0;
}

/** The best price of a side at which an order rests unseen, or 0. */
function darkTicks(market: usize, side: u32): u32 {
  if (!hasDark(market)) return 0;
  const node = firstLimit(market, side);
  return node == 0 ? 0 : ticksOfDark(node, side);
}

// What the pegged orders of the market in work follow: 0 for nothing.
let bid: u32 = 0;
let ask: u32 = 0;
let darkBid: u32 = 0;
let darkAsk: u32 = 0;

/** Where what it follows wants a pegged order, or i64.MAX_VALUE where there is nothing to follow. */
function followedBy(record: usize, side: u32): i64 {
  const kinds = load<u32>(record, SPECIAL_FLAGS) & PEG_KINDS;
  const away = <i64>load<u32>(record, SPECIAL_PEG) - 1;
  const behind = side == BUY ? -away : away;
  const ours = <i64>(side == BUY ? bid : ask);
  const theirs = <i64>(side == BUY ? ask : bid);
  if (kinds == 0) return ours == 0 ? i64.MAX_VALUE : ours + behind;
  if (theirs == 0) return i64.MAX_VALUE;
  if (ours == 0) return kinds == PEG_MARKET ? theirs + behind : i64.MAX_VALUE;
  // Buys on one side of the middle, sells on the other: no two of them would trade.
  const middle = side == BUY ? (ours + theirs - 1) / 2 : (ours + theirs + 2) / 2;
  if (kinds == PEG_MIDPOINT) return middle + behind;
  return inward(side, theirs + behind, middle);
}

/** The worse of two prices of a side. */
@inline
function inward(side: u32, ticks: i64, bound: i64): i64 {
  return side == BUY ? min(ticks, bound) : max(ticks, bound);
}

/** Where a pegged order belongs, or 0 where there is nothing to follow. */
function pegTicksOf(market: usize, record: usize, side: u32): u32 {
  const followed = followedBy(record, side);
  if (followed == i64.MAX_VALUE) return 0;
  const terms = termsAt(marketIndexOf(market));
  let ticks = inward(side, followed, <i64>load<u32>(record, SPECIAL_TERMS + 12));
  const unseen = side == BUY ? darkAsk : darkBid;
  if (unseen != 0) ticks = inward(side, ticks, side == BUY ? <i64>unseen - 1 : <i64>unseen + 1);
  if (ticks < <i64>load<u32>(terms, TERMS_PRICE_MIN)) return 0;
  return ticks > <i64>load<u32>(terms, TERMS_PRICE_MAX) ? 0 : <u32>ticks;
}

/** Why a pegged order may not come to where it belongs, or 0. */
function moveRefusal(account: u32, market: usize, side: u32, ticks: u32, payRow: usize, need: u64): u32 {
  if (isBlocked(account)) return ACCOUNT_BLOCKED;
  if (availableOf(payRow) < need) return INSUFFICIENT_BALANCE;
  return roomForLevel(market, side, ticks) ? 0 : LEVELS_FULL;
}

function movePeg(market: usize, record: usize): void {
  const order = orderAt(load<u32>(record, SPECIAL_SLOT));
  const side = sideOf(order);
  const flags = load<u32>(record, SPECIAL_FLAGS);
  const waits = (flags & IS_WAITING) != 0;
  const ticks = pegTicksOf(market, record, side);
  if (ticks == standsAt(record, order)) return;
  moves++;
  const lots = lotsOf(order);
  const account = accountOf(order);
  const id = idOf(order);
  if (!waits) {
    liftOrder(order);
    store<u32>(order, 0, ORDER_LEVEL);
    countWaiting(record, 1);
    store<u32>(record, (flags & FLAGS_KEPT) | IS_WAITING, SPECIAL_FLAGS);
    store<u64>(record, load<u64>(order, ORDER_LOTS) & 0xff_ffff_ffff, SPECIAL_TERMS + 16);
  }
  if (ticks == 0) return emitPegged(id, 0, 0);
  const payRow = getPairRow(account, market, side ^ 1);
  const need = reserveOf(market, side, ticks, lots);
  const refusal = moveRefusal(account, market, side, ticks, payRow, need);
  if (refusal != 0) {
    emitDeclined(refusal, id);
    return endAnyOrder(order, false);
  }
  countWaiting(record, -1);
  store<u32>(record, flags & FLAGS_KEPT, SPECIAL_FLAGS);
  enterLevel(order, market, side, ticks, lots, account | SPECIAL_ACCOUNT, payRow, need);
  emitPegged(id, lots, ticks);
}
