import { reserve } from "./accounts";
import { BUY, MARKET } from "./codes";
import { setSafe } from "./markets";
import { crosses } from "./matching";
import {
  ACCOUNT_SHIFT,
  IS_DARK,
  LEVEL_NEXT,
  MARKET_BEST,
  MARKET_LEVEL,
  MARKET_WATCH,
  NODE_KEY,
  NODE_SEQUENCE,
  ORDER_LEVEL,
  ORDER_LOTS,
  ORDER_PAY_ROW,
  RARE_DARK,
  ROOT_SPECIAL_SEQUENCE,
  SPECIAL_ACCOUNT,
  SPECIAL_FLAGS,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  SPECIAL_WATCH,
  WATCH_DARK,
  WATCH_HIDDEN,
} from "./memory";
import { accountOf, isSpecial, sideOf } from "./orders";
import { marketAt, orderAt } from "./root";
import { countWaiting, specialOf } from "./specials";
import { firstFrom, firstNode, insertNode, removeNode } from "./tree";
import { hasPegs } from "./pegs";
import { note, rareOf } from "./triggers";

// Orders that rest unseen: matching.md §2.18. They stand in no level: each side of a market has a tree of them, the
// first to trade first, so that a book without any is as if there were none. While there is one, no order takes the quick
// way (`setSafe`).

@inline
export function hasDark(market: usize): bool {
  return (load<u32>(market, MARKET_WATCH) & WATCH_DARK) != 0;
}
@inline
export function darkTree(market: usize, side: u32): usize {
  return rareOf(market) + RARE_DARK + ((<usize>side) << 2);
}
/** The low half of a key, and the price that it is for: on both sides the better comes first. */
@inline
function flipIfBid(side: u32, ticks: u32): u32 {
  return ticks ^ (side - 1);
}
/** Of the keys of limit orders: market orders, which wait for an auction (§3.4), go before them. */
const LIMIT_KEY: u64 = 1 << 32;

/** The first dark limit order of a side: its node, or 0. */
@inline
export function firstLimit(market: usize, side: u32): usize {
  return firstFrom(darkTree(market, side), LIMIT_KEY);
}
/** The first market order of a side that waits for an auction: its node, or 0. */
export function firstMarketOrder(market: usize, side: u32): usize {
  if (!hasDark(market)) return 0;
  const node = firstNode(darkTree(market, side));
  return node != 0 && isMarketOrder(node) ? node : 0;
}
@inline
export function isMarketOrder(node: usize): bool {
  return load<u64>(node, NODE_KEY) < LIMIT_KEY;
}
export function hasMarketOrders(market: usize): bool {
  return (firstMarketOrder(market, 0) | firstMarketOrder(market, 1)) != 0;
}
/** The order that a node of a side's tree is of. */
@inline
export function orderOfDark(node: usize): usize {
  return orderAt(load<u32>(node - SPECIAL_WATCH, SPECIAL_SLOT));
}
@inline
export function ticksOfDark(node: usize, side: u32): u32 {
  return flipIfBid(side, <u32>load<u64>(node, NODE_KEY));
}
export function isDark(order: usize): bool {
  return isSpecial(order) && (load<u32>(specialOf(order), SPECIAL_FLAGS) & IS_DARK) != 0;
}

/**
 * Puts a known order, whose terms its record has, behind all dark orders that are as good, and reserves `need` for it.
 *
 * `ticks`: its limit, or the collar of a market order.
 */
export function enterDark(order: usize, market: usize, ticks: u32, lots: u64, payRow: usize, need: u64): void {
  const record = specialOf(order);
  const side = sideOf(order);
  const owner = <u64>(accountOf(order) | SPECIAL_ACCOUNT);
  reserve(payRow, need);
  store<u32>(order, 0, ORDER_LEVEL);
  store<u64>(order, lots | (owner << ACCOUNT_SHIFT), ORDER_LOTS);
  store<u32>(order, <u32>payRow, ORDER_PAY_ROW);
  const sequence = load<u64>(ROOT_SPECIAL_SEQUENCE);
  store<u64>(ROOT_SPECIAL_SEQUENCE, sequence + 1);
  const node = record + SPECIAL_WATCH;
  const limitKey = <u32>load<u8>(record, SPECIAL_TERMS + 2) == MARKET ? 0 : LIMIT_KEY;
  store<u32>(record, ticks, SPECIAL_TERMS + 12);
  store<u64>(node, limitKey | <u64>flipIfBid(side, ticks), NODE_KEY);
  store<u64>(node, sequence, NODE_SEQUENCE);
  insertNode(darkTree(market, side), node);
  store<u32>(record, load<u32>(record, SPECIAL_FLAGS) | IS_DARK, SPECIAL_FLAGS);
  countWaiting(record, 1);
  if (hasPegs(market)) note(market);
  store<u32>(market, load<u32>(market, MARKET_WATCH) | WATCH_DARK | WATCH_HIDDEN, MARKET_WATCH);
  setSafe(market);
}

/** Takes a dark order out of its tree; what it reserved is the caller's. */
export function leaveDark(record: usize): void {
  const market = marketAt(load<u32>(record, SPECIAL_TERMS + 4));
  const side = sideOf(orderAt(load<u32>(record, SPECIAL_SLOT)));
  removeNode(darkTree(market, side), record + SPECIAL_WATCH);
  store<u32>(record, load<u32>(record, SPECIAL_FLAGS) & ~IS_DARK, SPECIAL_FLAGS);
  countWaiting(record, -1);
  if (hasPegs(market)) note(market);
  if ((load<u32>(darkTree(market, 0)) | load<u32>(darkTree(market, 1))) != 0) return;
  store<u32>(market, load<u32>(market, MARKET_WATCH) & ~WATCH_DARK, MARKET_WATCH);
  setSafe(market);
}

/**
 * The first order of a side that reaches a price, or 0: in an uncrossing a market order, else what is shown goes before what is
 * not at the same price.
 */
export function firstOrder(market: usize, side: u32, ticks: u32): usize {
  const reach = flipIfBid(side, ticks);
  const first = firstMarketOrder(market, side);
  if (first != 0 && <u32>load<u64>(first, NODE_KEY) <= reach) return orderOfDark(first);
  const ours = market + ((<usize>side) << 2);
  // Of an empty side worse than any price.
  const shown = flipIfBid(side, load<u32>(ours, MARKET_BEST));
  const node = hasDark(market) ? firstLimit(market, side) : 0;
  if (node != 0) {
    const unseen = <u32>load<u64>(node, NODE_KEY);
    if (unseen < shown) return unseen <= reach ? orderOfDark(node) : 0;
  }
  return shown <= reach ? <usize>load<u32>(<usize>load<u32>(ours, MARKET_LEVEL), LEVEL_NEXT) : 0;
}

/** The best price of a side, seen or not; that of an empty side if nothing rests. */
export function bestOf(market: usize, side: u32): u32 {
  const ours = market + ((<usize>side) << 2);
  const best = load<u32>(ours, MARKET_BEST);
  if (!hasDark(market)) return best;
  const node = firstLimit(market, side);
  if (node == 0) return best;
  const ticks = ticksOfDark(node, side);
  if (load<u32>(ours, MARKET_LEVEL) == 0) return ticks;
  return flipIfBid(side, ticks) < flipIfBid(side, best) ? ticks : best;
}

/** The same in an auction, where market orders trade up to their collars. */
export function bestInAuction(market: usize, side: u32): u32 {
  const best = bestOf(market, side);
  const node = firstMarketOrder(market, side);
  if (node == 0) return best;
  return side == BUY ? max(best, ticksOfDark(node, side)) : min(best, ticksOfDark(node, side));
}

/** The first dark limit order of the side that a taker trades with, if it crosses `limit`: its node, or 0. */
function crossingDark(market: usize, side: u32, limit: u32): usize {
  const node = firstLimit(market, side ^ 1);
  if (node == 0) return 0;
  return flipIfBid(side ^ 1, limit) >= <u32>load<u64>(node, NODE_KEY) ? node : 0;
}

/** True if the opposite side's best price, seen or not, crosses `limit`. */
export function crossesAny(market: usize, side: u32, limit: u32): bool {
  if (crosses(market, side, limit)) return true;
  return hasDark(market) && crossingDark(market, side, limit) != 0;
}
