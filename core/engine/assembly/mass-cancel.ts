import { accountExists } from "./accounts";
import { noteBook } from "./auction";
import {
  ALL_MARKETS,
  BOTH_SIDES,
  BUY,
  MALFORMED,
  NOT_MASTER_ACCOUNT,
  OPERATOR,
  SELL,
  UNKNOWN_ACCOUNT,
  UNKNOWN_MARKET,
} from "./codes";
import { darkTree, orderOfDark } from "./dark";
import { emitCanceled, emitCanceledAll, emitRejected } from "./events";
import { nextWorse } from "./ladder";
import { isPart, nextOfFamily } from "./ledger";
import { marketExists } from "./markets";
import { MASS_CANCELS_MAX } from "./bounds";
import {
  LEVEL_NEXT,
  MARKET_LEVEL,
  ORDER_NEXT,
  ROOT_MARKETS,
  ROOT_RIPE_HEAD,
  ROOT_SLOTS_USED,
  ROOT_SPECIALS,
  HAS_TO_END,
  IS_DORMANT,
  IS_WAITING,
  RARE_PEG_HEAD,
  RARE_WAITING,
  SPECIAL_FLAGS,
  SPECIAL_NEXT,
  SPECIAL_OF,
  SPECIAL_PEG_NEXT,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  SPECIAL_WATCH,
} from "./memory";
import { idOf, removeAnyOrder, sideOf } from "./orders";
import { gatherOwned, gathered } from "./owned";
import { marketAt, orderAt } from "./root";
import { marketOfOrder } from "./specials";
import { firstNode, nextNode } from "./tree";
import { TREES, rareOf, treeOf } from "./triggers";

// MASS_CANCEL: matching.md §2.9.

let count: u32 = 0;
let more: bool = false;

export function massCancel(at: usize): void {
  const sides = <u32>load<u8>(at, 1);
  const index = load<u32>(at, 4);
  const account = load<u32>(at, 8);
  const withFamily = <u32>load<u8>(at, 2);
  if (sides > BOTH_SIDES || withFamily > 1) return emitRejected(MALFORMED, 0);
  if (withFamily != 0 && account == 0) return emitRejected(MALFORMED, 0);
  if (index != ALL_MARKETS && !marketExists(index)) return emitRejected(UNKNOWN_MARKET, 0);
  if (account != 0 && !accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  if (withFamily != 0 && isPart(account)) return emitRejected(NOT_MASTER_ACCOUNT, 0);
  count = 0;
  more = false;
  if (account != 0) {
    for (let each = account; each != 0 && !more; ) {
      cancelOwned(each, index, sides);
      each = withFamily == 0 ? 0 : nextOfFamily(account, each);
    }
  } else {
    const first: u32 = index == ALL_MARKETS ? 0 : index;
    const end = index == ALL_MARKETS ? load<u32>(ROOT_MARKETS) : index + 1;
    for (let each = first; each < end && !more; each++) cancelBook(marketAt(each), sides);
    cancelRipe(index, sides);
    cancelDormant(index, sides);
  }
  emitCanceledAll(count, more);
}

/** Ends one more order, or notes that it would be one too many. */
function cancelOne(order: usize): void {
  if (count == MASS_CANCELS_MAX) {
    more = true;
    return;
  }
  const id = idOf(order);
  const market = marketOfOrder(order);
  emitCanceled(OPERATOR, id, removeAnyOrder(order));
  noteBook(market);
  count++;
}

/** The account's orders, the lowest slot first. */
function cancelOwned(account: u32, index: u32, sides: u32): void {
  const owned = gatherOwned(account);
  for (let each: u32 = 0; each < owned && !more; each++) {
    const order = gathered(each);
    if (sides != BOTH_SIDES && sideOf(order) != sides) continue;
    const market = marketOfOrder(order);
    if (index == ALL_MARKETS || market == marketAt(index)) cancelOne(order);
  }
}

function cancelBook(market: usize, sides: u32): void {
  if (sides != SELL) cancelSide(market, BUY);
  if (sides != BUY) cancelSide(market, SELL);
  if (sides != SELL) cancelDark(market, BUY);
  if (sides != BUY) cancelDark(market, SELL);
  cancelWaiting(market, sides);
}

/** Those that rest unseen, the best first. */
function cancelDark(market: usize, side: u32): void {
  let node = firstNode(darkTree(market, side));
  while (node != 0 && !more) {
    const next = nextNode(node);
    cancelOne(orderOfDark(node));
    node = next;
  }
}

/** Those that wait for a price, tree by tree and the nearest first, then pegged ones. */
function cancelWaiting(market: usize, sides: u32): void {
  // Of many markets few have any.
  if (load<u32>(rareOf(market), RARE_WAITING) == 0) return;
  for (let tree: u32 = 0; tree < TREES; tree++) {
    let node = firstNode(treeOf(market, tree));
    while (node != 0 && !more) {
      const next = nextNode(node);
      cancelRecord(node - SPECIAL_WATCH, sides);
      node = next;
    }
  }
  let record = <usize>load<u32>(rareOf(market), RARE_PEG_HEAD);
  while (record != 0 && !more) {
    const next = <usize>load<u32>(record, SPECIAL_PEG_NEXT);
    if ((load<u32>(record, SPECIAL_FLAGS) & IS_WAITING) != 0) cancelRecord(record, sides);
    record = next;
  }
}

/** Those whose price has come. All markets share one queue, so it is walked once, and not for each of them. */
function cancelRipe(index: u32, sides: u32): void {
  let record = <usize>load<u32>(ROOT_RIPE_HEAD);
  while (record != 0 && !more) {
    const next = <usize>load<u32>(record, SPECIAL_NEXT);
    if (index == ALL_MARKETS || load<u32>(record, SPECIAL_TERMS + 4) == index) cancelRecord(record, sides);
    record = next;
  }
}

/** Those that wait for another of their list and are not to end, the lowest slot first. Nothing lists them, so all slots are walked. */
function cancelDormant(index: u32, sides: u32): void {
  if (load<u32>(ROOT_SPECIALS) == 0) return;
  const used = load<u32>(ROOT_SLOTS_USED);
  for (let slot: u32 = 1; slot <= used && !more; slot++) {
    const record = <usize>load<u32>(SPECIAL_OF + ((<usize>slot) << 2));
    if (record == 0 || load<u32>(record, SPECIAL_SLOT) != slot) continue;
    if ((load<u32>(record, SPECIAL_FLAGS) & (IS_DORMANT | HAS_TO_END)) != IS_DORMANT) continue;
    if (index == ALL_MARKETS || load<u32>(record, SPECIAL_TERMS + 4) == index) cancelRecord(record, sides);
  }
}

function cancelRecord(record: usize, sides: u32): void {
  const order = orderAt(load<u32>(record, SPECIAL_SLOT));
  if (sides == BOTH_SIDES || sideOf(order) == sides) cancelOne(order);
}

/** From the best level to the worst, in each the oldest first. */
function cancelSide(market: usize, side: u32): void {
  let level = <usize>load<u32>(market + ((<usize>side) << 2), MARKET_LEVEL);
  while (level != 0 && !more) {
    // Both are read before what they are read from is gone.
    const worse = nextWorse(market, side, level);
    let order = <usize>load<u32>(level, LEVEL_NEXT);
    while (order != level && !more) {
      const younger = <usize>load<u32>(order, ORDER_NEXT);
      cancelOne(order);
      order = younger;
    }
    level = worse;
  }
}
