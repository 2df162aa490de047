import { BUY, SELL } from "./codes";
import {
  bestInAuction,
  bestOf,
  darkTree,
  firstLimit,
  firstMarketOrder,
  hasDark,
  hasMarketOrders,
  isMarketOrder,
  orderOfDark,
  ticksOfDark,
} from "./dark";
import { nextAboveLevel, nextWorse, ticksOf } from "./ladder";
import { LEVEL_NEXT, MARKET_LAST, MARKET_LEVEL, MARKET_WATCH, NO_ASK, ORDER_NEXT, WATCH_HIDDEN } from "./memory";
import { smaller } from "./money";
import { lotsOf, shownLots } from "./orders";
import { hiddenOf } from "./specials";
import { firstNode, lastNode, nextNode, prevNode } from "./tree";

// The price of an uncrossing: matching.md §3.4. `findPrice` leaves what it found here.
let price: u32 = 0;
let volume: u64 = 0;
let surplus: i64 = 0;

@inline
export function foundPrice(): u32 {
  return price;
}
@inline
export function foundVolume(): u64 {
  return volume;
}
/** Lots: above 0 buyers', below 0 sellers'. */
@inline
export function foundSurplus(): i64 {
  return surplus;
}

const NONE: u32 = 0xffff_ffff;

// Where the walk upwards stands on both sides: the next level and the next dark limit order, 0 for none.
let bidLevel: usize = 0;
let bidNode: usize = 0;
let askLevel: usize = 0;
let askNode: usize = 0;
// The same for market orders, which are there up to their collars.
let bidMarket: usize = 0;
let askMarket: usize = 0;

// The pieces of equal merit that the walk has found so far: one run of prices.
let first: u32 = 0;
let last: u32 = 0;
let firstSurplus: i64 = 0;
let lastSurplus: i64 = 0;
let turn: u32 = 0;

@inline
export function sizeOf(lots: i64): u64 {
  return <u64>(lots < 0 ? -lots : lots);
}

/** All lots of a level, shown or hidden. */
function totalOf(market: usize, level: usize): u64 {
  if ((load<u32>(market, MARKET_WATCH) & WATCH_HIDDEN) == 0) return shownLots(level);
  let total: u64 = 0;
  for (let order = <usize>load<u32>(level, LEVEL_NEXT); order != level; ) {
    total += lotsOf(order) + hiddenOf(order);
    order = <usize>load<u32>(order, ORDER_NEXT);
  }
  return total;
}

/**
 * Finds the price of an uncrossing. Returns false if nothing would trade, which the best orders tell at once but for collars that no
 * price in question reaches.
 *
 * Walks the prices upwards through the crossed part of the book, or all of it if there are market orders, in pieces in which neither what is wanted nor what is
 * offered changes. What is wanted only falls and what is offered only rises, so pieces that are equally good lie side
 * by side, those with a surplus of buyers first.
 */
export function findPrice(market: usize): bool {
  price = 0;
  volume = 0;
  surplus = 0;
  if (bestInAuction(market, BUY) < bestInAuction(market, SELL)) return false;
  const isOpen = hasMarketOrders(market);
  const bottom = isOpen ? lowestOf(market) : bestOf(market, SELL);
  const top = isOpen ? highestOf(market) : bestOf(market, BUY);
  let wanted = beginBids(market, bottom);
  let offered: u64 = 0;
  beginAsks(market);
  first = 0;
  last = 0;
  firstSurplus = 0;
  lastSurplus = 0;
  let low = bottom;
  while (true) {
    while (nextAsk() <= low) offered += passAsks(market, nextAsk());
    const bid = nextBid();
    const high = min(top, min(bid, nextAsk() - 1));
    weigh(low, high, wanted, offered);
    if (high == top) break;
    if (bid == high) wanted -= passBids(market, high);
    low = high + 1;
  }
  if (volume == 0) {
    surplus = 0;
    return false;
  }
  choose(load<u32>(market, MARKET_LAST));
  return true;
}

/** Compares the prices from `low` to `high`, which are all alike, with the best so far. */
function weigh(low: u32, high: u32, wanted: u64, offered: u64): void {
  const lots = smaller(wanted, offered);
  const rest = <i64>(wanted - offered);
  if (lots > volume || (lots == volume && sizeOf(rest) < sizeOf(firstSurplus))) {
    volume = lots;
    first = low;
    firstSurplus = rest;
    last = high;
    lastSurplus = rest;
  } else if (lots == volume && sizeOf(rest) == sizeOf(firstSurplus)) {
    turn = low;
    last = high;
    lastSurplus = rest;
  }
}

/** Rules 3 and 4, for prices that trade the same and leave the same. */
function choose(reference: u32): void {
  if (lastSurplus > 0) price = last;
  else if (firstSurplus < 0) price = first;
  else price = reference < first ? first : reference > last ? last : reference;
  surplus = firstSurplus != lastSurplus && price < turn ? firstSurplus : lastSurplus;
}

/** The lowest price at which a limit order rests, or that of the last trade if it is lower. */
function lowestOf(market: usize): u32 {
  let lowest = load<u32>(market, MARKET_LAST);
  const ask = bestOf(market, SELL);
  if (ask != NO_ASK && ask < lowest) lowest = ask;
  const bid = worstOf(market, BUY);
  return bid != 0 && bid < lowest ? bid : lowest;
}

/** The highest, likewise. */
function highestOf(market: usize): u32 {
  return max(load<u32>(market, MARKET_LAST), max(bestOf(market, BUY), worstOf(market, SELL)));
}

/** The worst price at which a limit order of a side rests, or 0. */
function worstOf(market: usize, side: u32): u32 {
  let worst: u32 = 0;
  let level = <usize>load<u32>(market + ((<usize>side) << 2), MARKET_LEVEL);
  while (level != 0) {
    worst = ticksOf(level);
    level = nextWorse(market, side, level);
  }
  const node = lastNode(darkTree(market, side));
  if (node == 0 || isMarketOrder(node)) return worst;
  const dark = ticksOfDark(node, side);
  if (worst == 0) return dark;
  return side == BUY ? min(worst, dark) : max(worst, dark);
}

/** Begins with the lowest bid that is not below `bottom`. Returns the lots of it and all better ones. */
function beginBids(market: usize, bottom: u32): u64 {
  let wanted: u64 = 0;
  bidLevel = 0;
  bidNode = 0;
  bidMarket = 0;
  let level = <usize>load<u32>(market, MARKET_LEVEL);
  while (level != 0 && ticksOf(level) >= bottom) {
    wanted += totalOf(market, level);
    bidLevel = level;
    level = nextWorse(market, BUY, level);
  }
  if (!hasDark(market)) return wanted;
  for (let node = firstNode(darkTree(market, BUY)); node != 0; node = nextNode(node)) {
    if (ticksOfDark(node, BUY) < bottom) continue;
    wanted += lotsOf(orderOfDark(node));
    if (isMarketOrder(node)) bidMarket = node;
    else bidNode = node;
  }
  return wanted;
}

function beginAsks(market: usize): void {
  askLevel = <usize>load<u32>(market, MARKET_LEVEL + 4);
  askNode = hasDark(market) ? firstLimit(market, SELL) : 0;
  askMarket = firstMarketOrder(market, SELL);
}

function lowest(level: usize, node: usize, order: usize, side: u32): u32 {
  const shown = level == 0 ? NONE : ticksOf(level);
  const dark = node == 0 ? NONE : ticksOfDark(node, side);
  return min(min(shown, dark), order == 0 ? NONE : ticksOfDark(order, side));
}
function nextBid(): u32 {
  return lowest(bidLevel, bidNode, bidMarket, BUY);
}
function nextAsk(): u32 {
  return lowest(askLevel, askNode, askMarket, SELL);
}

/** Goes on behind the bids at a price. Returns their lots. */
function passBids(market: usize, ticks: u32): u64 {
  let lots: u64 = 0;
  if (bidLevel != 0 && ticksOf(bidLevel) == ticks) {
    lots += totalOf(market, bidLevel);
    bidLevel = nextAboveLevel(market, BUY, bidLevel);
  }
  while (bidNode != 0 && ticksOfDark(bidNode, BUY) == ticks) {
    lots += lotsOf(orderOfDark(bidNode));
    bidNode = prevNode(bidNode);
    if (bidNode != 0 && isMarketOrder(bidNode)) bidNode = 0;
  }
  while (bidMarket != 0 && ticksOfDark(bidMarket, BUY) == ticks) {
    lots += lotsOf(orderOfDark(bidMarket));
    bidMarket = prevNode(bidMarket);
  }
  return lots;
}

/** The same for asks. */
function passAsks(market: usize, ticks: u32): u64 {
  let lots: u64 = 0;
  if (askLevel != 0 && ticksOf(askLevel) == ticks) {
    lots += totalOf(market, askLevel);
    askLevel = nextAboveLevel(market, SELL, askLevel);
  }
  while (askNode != 0 && ticksOfDark(askNode, SELL) == ticks) {
    lots += lotsOf(orderOfDark(askNode));
    askNode = nextNode(askNode);
  }
  while (askMarket != 0 && ticksOfDark(askMarket, SELL) == ticks) {
    lots += lotsOf(orderOfDark(askMarket));
    askMarket = nextNode(askMarket);
    if (askMarket != 0 && !isMarketOrder(askMarket)) askMarket = 0;
  }
  return lots;
}
