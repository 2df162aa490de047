import { UNSETTLED, putOnAgenda } from "./agenda";
import {
  BUY,
  SELL,
  STATE_TRADING,
  TRIGGER_NONE,
  TRIGGER_STOP,
  TRIGGER_TAKE_PROFIT,
  TRIGGER_TRAILING_STOP,
  TRIGGER_TRAILING_TAKE_PROFIT,
} from "./codes";
import {
  BASIS_POINTS,
  FAMILY_TRAILING_MAX,
  FLAGS_KEPT,
  IS_DORMANT,
  IS_NOTED,
  IS_PRICED,
  IS_WAITING,
  IS_WATCHING,
  MARKET_BEST,
  MARKET_LAST,
  MARKET_LEVEL,
  MARKET_WATCH,
  NODE_KEY,
  RARES,
  RARE_NODE,
  RARE_NOTED,
  RARE_SHIFT,
  RARE_TRAIL_COUNT,
  RARE_TRAIL_HEAD,
  RARE_TREES,
  RARE_UNSEEN,
  ROOT_NOTED,
  ROOT_SUSPENDED,
  SPECIAL_FLAGS,
  SPECIAL_PEAK,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  SPECIAL_TRAIL,
  SPECIAL_TRAIL_NEXT,
  SPECIAL_TRAIL_PREV,
  SPECIAL_TRIGGER_TICKS,
  SPECIAL_TRIGGER_TREE,
  SPECIAL_WATCH,
  TRAILING_MAX,
  TRAIL_TAKES_PROFIT,
  TREE_SHIFT,
  WATCH_LAST,
  WATCH_QUOTE,
} from "./memory";
import { masterOf } from "./ledger";
import { marketAt, marketIndexOf, orderAt } from "./root";
import { accountOf } from "./orders";
import { hasPegs, movePegs } from "./pegs";
import { addRipe } from "./specials";
import { stateOf } from "./states";
import { firstFrom, firstNode, insertNode, nextNode, removeNode } from "./tree";

// Orders that wait for a price: matching.md §3.2. Of a market's six trees the even ones hold those that wait for a
// price to go up, nearest first, the odd ones those that wait for it to go down: there the keys are the prices with
// all bits flipped, so that here too the first is the nearest.

export const TREE_LAST: u32 = 0;
export const TREE_BID: u32 = 2;
export const TREE_ASK: u32 = 4;
export const TREES: u32 = 6;
/** Below every price, so that no order waits for it. */
const ANY_TICKS: u32 = 0;

@inline
export function rareOf(market: usize): usize {
  return RARES + ((<usize>marketIndexOf(market)) << RARE_SHIFT);
}
@inline
export function treeOf(market: usize, tree: u32): usize {
  return rareOf(market) + RARE_TREES + ((<usize>tree) << 2);
}
/** The price that a node of a tree waits for, or the key for a price. */
@inline
export function flipIfDown(tree: u32, ticks: u32): u32 {
  return ticks ^ (0 - (tree & 1));
}
@inline
function treeOfRecord(record: usize): u32 {
  return (load<u32>(record, SPECIAL_FLAGS) >> TREE_SHIFT) & 7;
}
@inline
function marketOfRecord(record: usize): usize {
  return marketAt(load<u32>(record, SPECIAL_TERMS + 4));
}

/** What a special order waits for, or will when it is no longer dormant: TRIGGER_NONE if that is no price. */
export function triggerOf(record: usize, side: u32): u32 {
  const flags = load<u32>(record, SPECIAL_FLAGS);
  const isAsleep = (flags & IS_DORMANT) != 0 && (flags & IS_PRICED) != 0;
  if (((flags & IS_WATCHING) == 0 && !isAsleep) || awaitsState(record, flags)) return TRIGGER_NONE;
  const trail = load<u32>(record, SPECIAL_TRAIL);
  if (trail != 0) {
    return (trail & TRAIL_TAKES_PROFIT) != 0 ? TRIGGER_TRAILING_TAKE_PROFIT : TRIGGER_TRAILING_STOP;
  }
  const tree = isAsleep ? load<u32>(record, SPECIAL_TRIGGER_TREE) : treeOfRecord(record);
  const goesUp = (tree & 1) == 0;
  return goesUp == (side == BUY) ? TRIGGER_STOP : TRIGGER_TAKE_PROFIT;
}

/** True for an order that waits until its market lets it in. */
function awaitsState(record: usize, flags: u32): bool {
  const isOfLast = (flags & IS_WATCHING) != 0 && treeOfRecord(record) == TREE_LAST;
  return isOfLast && load<u64>(record + SPECIAL_WATCH, NODE_KEY) == ANY_TICKS;
}

/** The price of its trigger; 0 for none. */
export function triggerTicksOf(record: usize): u32 {
  const flags = load<u32>(record, SPECIAL_FLAGS);
  if ((flags & IS_WATCHING) != 0) {
    return flipIfDown(treeOfRecord(record), <u32>load<u64>(record + SPECIAL_WATCH, NODE_KEY));
  }
  return (flags & IS_DORMANT) != 0 ? load<u32>(record, SPECIAL_TRIGGER_TICKS) : 0;
}

/** The distance at which it trails; the highest bit says that it follows the last price. 0 for one that does not trail. */
export function trailOf(record: usize): u32 {
  const points = load<u32>(record, SPECIAL_TRAIL) & ~TRAIL_TAKES_PROFIT;
  return points | (<u32>(load<u32>(record, SPECIAL_PEAK) != 0) << 31);
}

/** True if `coming` more orders of an account may trail in a market, beside those of its family. */
export function roomForTrails(market: usize, account: u32, coming: u32): bool {
  const rare = rareOf(market);
  if (load<u16>(rare, RARE_TRAIL_COUNT) + coming > TRAILING_MAX) return false;
  const master = masterOf(account);
  let own: u32 = coming;
  let record = <usize>load<u32>(rare, RARE_TRAIL_HEAD);
  while (record != 0) {
    own += <u32>(masterOf(accountOf(orderAt(load<u32>(record, SPECIAL_SLOT)))) == master);
    record = <usize>load<u32>(record, SPECIAL_TRAIL_NEXT);
  }
  return own <= FAMILY_TRAILING_MAX;
}

/** Marks an order that waits, or is dormant, as one that trails. `trail`: of memory.ts, or 0. */
export function setTrail(record: usize, trail: u32): void {
  if (trail == 0) return;
  const rare = rareOf(marketOfRecord(record));
  const head = <usize>load<u32>(rare, RARE_TRAIL_HEAD);
  store<u32>(record, trail, SPECIAL_TRAIL);
  store<u32>(record, <u32>head, SPECIAL_TRAIL_NEXT);
  if (head != 0) store<u32>(head, <u32>record, SPECIAL_TRAIL_PREV);
  store<u32>(rare, <u32>record, RARE_TRAIL_HEAD);
  store<u16>(rare, load<u16>(rare, RARE_TRAIL_COUNT) + 1, RARE_TRAIL_COUNT);
}

/** Takes the mark away. */
export function dropTrail(record: usize): void {
  if (load<u32>(record, SPECIAL_TRAIL) == 0) return;
  const rare = rareOf(marketOfRecord(record));
  store<u16>(rare, load<u16>(rare, RARE_TRAIL_COUNT) - 1, RARE_TRAIL_COUNT);
  const next = <usize>load<u32>(record, SPECIAL_TRAIL_NEXT);
  const prev = <usize>load<u32>(record, SPECIAL_TRAIL_PREV);
  if (next != 0) store<u32>(next, <u32>prev, SPECIAL_TRAIL_PREV);
  if (prev != 0) store<u32>(prev, <u32>next, SPECIAL_TRAIL_NEXT);
  else store<u32>(rare, <u32>next, RARE_TRAIL_HEAD);
  store<u32>(record, 0, SPECIAL_TRAIL);
  store<u32>(record, 0, SPECIAL_PEAK);
}

/** Lets an order wait for its price, or one that trails from the start follow the last one. `ticks`: 0 for that. */
export function watch(record: usize, tree: u32, ticks: u32): void {
  if (ticks != 0) return enterTree(record, tree, ticks);
  follow(record, load<u32>(marketOfRecord(record), MARKET_LAST));
}

/** Lets an order that was ripe wait until its market lets it in. */
export function awaitState(record: usize): void {
  enterTree(record, TREE_LAST, ANY_TICKS);
}

/** The order that waits so behind another, or the first behind 0: the earliest accepted first. Returns 0 behind the last. */
export function nextAwaiting(market: usize, record: usize): usize {
  const node = record == 0 ? firstNode(treeOf(market, TREE_LAST)) : nextNode(record + SPECIAL_WATCH);
  return node != 0 && load<u64>(node, NODE_KEY) == ANY_TICKS ? node - SPECIAL_WATCH : 0;
}

/** Lets an order wait for nothing but its turn to come to its book. */
export function makeRipe(record: usize): void {
  unwatch(record);
  addRipe(record);
  putOnAgenda(UNSETTLED);
}

/** Lets an order wait for no price any more. */
export function unwatch(record: usize): void {
  leaveTree(record);
  dropTrail(record);
}

function enterTree(record: usize, tree: u32, ticks: u32): void {
  const market = marketOfRecord(record);
  const kept = load<u32>(record, SPECIAL_FLAGS) & FLAGS_KEPT;
  store<u32>(record, kept | IS_WAITING | IS_WATCHING | (tree << TREE_SHIFT), SPECIAL_FLAGS);
  store<u64>(record + SPECIAL_WATCH, <u64>flipIfDown(tree, ticks), NODE_KEY);
  insertNode(treeOf(market, tree), record + SPECIAL_WATCH);
  const bit = tree < TREE_BID ? WATCH_LAST : WATCH_QUOTE;
  store<u32>(market, load<u32>(market, MARKET_WATCH) | bit, MARKET_WATCH);
}

function leaveTree(record: usize): void {
  const market = marketOfRecord(record);
  const tree = treeOfRecord(record);
  removeNode(treeOf(market, tree), record + SPECIAL_WATCH);
  store<u32>(record, IS_WAITING | (load<u32>(record, SPECIAL_FLAGS) & FLAGS_KEPT), SPECIAL_FLAGS);
  const first = tree & ~1;
  if (tree < TREE_BID) {
    if ((load<u32>(treeOf(market, first)) | load<u32>(treeOf(market, first + 1))) == 0) {
      store<u32>(market, load<u32>(market, MARKET_WATCH) & ~WATCH_LAST, MARKET_WATCH);
    }
  } else {
    let any: u32 = 0;
    for (let each = TREE_BID; each < TREES; each++) any |= load<u32>(treeOf(market, each));
    if (any == 0) {
      store<u32>(market, load<u32>(market, MARKET_WATCH) & ~WATCH_QUOTE, MARKET_WATCH);
    }
  }
}

/** Lets an order that trails follow the last price from `peak` on. */
function follow(record: usize, peak: u32): void {
  store<u32>(record, peak, SPECIAL_PEAK);
  const tree = TREE_LAST + (<u32>load<u8>(record + SPECIAL_TERMS, 1) == BUY ? 0 : 1);
  enterTree(record, tree, trailedFrom(tree, peak, load<u32>(record, SPECIAL_TRAIL)));
}

/** Puts a market on the list of those to look at before the command is done. */
export function note(market: usize): void {
  const rare = rareOf(market);
  const noted = load<u16>(rare, RARE_NOTED);
  if ((noted & IS_NOTED) != 0) return;
  store<u16>(rare, <u16>(noted | IS_NOTED), RARE_NOTED);
  store<u64>(rare + RARE_NODE, <u64>marketIndexOf(market), NODE_KEY);
  insertNode(ROOT_NOTED, rare + RARE_NODE);
  putOnAgenda(UNSETTLED);
}

/** A trade has changed the last price of a market where orders wait for one. */
export function noteLast(market: usize, ticks: u32): void {
  const rare = rareOf(market);
  if (load<u32>(rare, RARE_UNSEEN) == 0) store<u32>(rare, ticks, RARE_UNSEEN);
  note(market);
}

/** True if pegged orders stand elsewhere than they belong, because more had to move than may after one command. */
export function arePegsLate(): bool {
  // What is noted has been looked at: only such markets were noted anew.
  return load<u32>(ROOT_NOTED) != 0;
}

/** Shows the waiting orders of the markets that were noted what has become of their prices. */
export function watchPrices(): void {
  let node = firstNode(ROOT_NOTED);
  while (node != 0) {
    const rare = node - RARE_NODE;
    const index = <u32>((rare - RARES) >> RARE_SHIFT);
    const market = marketAt(index);
    removeNode(ROOT_NOTED, node);
    store<u16>(rare, <u16>(load<u16>(rare, RARE_NOTED) & ~IS_NOTED), RARE_NOTED);
    const isLate = hasPegs(market) && !movePegs(market);
    showPrices(market, rare);
    if (isLate) note(market);
    // Its own pegged orders may have had it noted anew.
    node = firstFrom(ROOT_NOTED, <u64>(isLate ? index + 1 : index));
  }
}

/** True if a market's waiting orders are shown its prices. */
function isShowing(market: usize): bool {
  return stateOf(market) == STATE_TRADING && load<u32>(ROOT_SUSPENDED) == 0;
}

/** Shows those that wait the price that one who begins to wait now has come too late for. */
export function showFirst(market: usize): void {
  const rare = rareOf(market);
  const first = load<u32>(rare, RARE_UNSEEN);
  const last = load<u32>(market, MARKET_LAST);
  if (first != 0 && first != last && isShowing(market)) showLast(market, rare, first);
  store<u32>(rare, last, RARE_UNSEEN);
  note(market);
}

function showPrices(market: usize, rare: usize): void {
  const first = load<u32>(rare, RARE_UNSEEN);
  store<u32>(rare, 0, RARE_UNSEEN);
  if (!isShowing(market)) return;
  showTrades(market, rare, first);
  showQuote(market, BUY, TREE_BID);
  showQuote(market, SELL, TREE_ASK);
}

/** Shows those that wait what was traded before the market pauses. */
export function showBeforePause(market: usize): void {
  const rare = rareOf(market);
  showTrades(market, rare, load<u32>(rare, RARE_UNSEEN));
  store<u32>(rare, 0, RARE_UNSEEN);
}

/** Shows those that wait the price of the first trade that they have not been shown yet, and that of the last. */
function showTrades(market: usize, rare: usize, first: u32): void {
  if (first == 0) return;
  const last = load<u32>(market, MARKET_LAST);
  if (first != last) showLast(market, rare, first);
  showLast(market, rare, last);
}

function showQuote(market: usize, side: u32, tree: u32): void {
  const ours = market + ((<usize>side) << 2);
  if (load<u32>(ours, MARKET_LEVEL) != 0) ripen(market, tree, load<u32>(ours, MARKET_BEST));
}

function showLast(market: usize, rare: usize, ticks: u32): void {
  let record = <usize>load<u32>(rare, RARE_TRAIL_HEAD);
  while (record != 0) {
    if (load<u32>(record, SPECIAL_PEAK) != 0) trailBehind(market, record, ticks);
    record = <usize>load<u32>(record, SPECIAL_TRAIL_NEXT);
  }
  ripen(market, TREE_LAST, ticks);
}

/** What a trailing stop waits for follows a price that is the best it has seen. */
function trailBehind(market: usize, record: usize, ticks: u32): void {
  const tree = treeOfRecord(record);
  if (flipIfDown(tree, ticks) >= flipIfDown(tree, load<u32>(record, SPECIAL_PEAK))) return;
  const trail = load<u32>(record, SPECIAL_TRAIL);
  store<u32>(record, ticks, SPECIAL_PEAK);
  const node = record + SPECIAL_WATCH;
  removeNode(treeOf(market, tree), node);
  store<u64>(node, <u64>flipIfDown(tree, trailedFrom(tree, ticks, trail)), NODE_KEY);
  insertNode(treeOf(market, tree), node);
}

/** What a trailing stop waits for when the best it has seen is `peak`: at least a tick from it. */
function trailedFrom(tree: u32, peak: u32, trail: u32): u32 {
  const points = <u64>(trail & ~TRAIL_TAKES_PROFIT);
  const distance = <u32>(((<u64>peak) * points + BASIS_POINTS - 1) / BASIS_POINTS);
  return (tree & 1) == 0 ? peak + distance : peak - distance;
}

/** Makes those ripe whose price has come, or lets them follow it: first those that waited for it to go up. */
function ripen(market: usize, first: u32, ticks: u32): void {
  for (let tree = first; tree <= first + 1; tree++) {
    const limit = <u64>flipIfDown(tree, ticks);
    while (true) {
      const node = firstNode(treeOf(market, tree));
      if (node == 0 || load<u64>(node, NODE_KEY) > limit) break;
      const record = node - SPECIAL_WATCH;
      if (load<u32>(record, SPECIAL_TRAIL) != 0 && load<u32>(record, SPECIAL_PEAK) == 0) {
        leaveTree(record);
        follow(record, ticks);
        continue;
      }
      makeRipe(record);
    }
  }
}

/** True if a market's price is already what an order would wait for in a tree. */
export function hasCome(market: usize, tree: u32, ticks: u32): bool {
  let price = load<u32>(market, MARKET_LAST);
  if (tree >= TREE_BID) {
    const theirs = market + ((<usize>((tree - TREE_BID) >> 1)) << 2);
    if (load<u32>(theirs, MARKET_LEVEL) == 0) return false;
    price = load<u32>(theirs, MARKET_BEST);
  }
  return flipIfDown(tree, ticks) <= flipIfDown(tree, price);
}
