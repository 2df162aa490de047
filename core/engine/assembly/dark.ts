import { availableOf, collectFee, credit, debit, getPairRow, reserve, spend } from "./accounts";
import { getTouches, setTouches } from "./agenda";
import {
  BUY,
  MARKET,
  MARKET_BY_QUOTE,
  NO_LIQUIDITY,
  SELF_ALLOW,
  SELF_EXPIRE_BOTH,
  SELF_EXPIRE_TAKER,
  SELF_DECREMENT,
  SELF_TRADE_BOTH,
  SELF_TRADE_TAKER,
  TOUCH_LIMIT,
} from "./codes";
import { emitFill } from "./events";
import { findFees, foundMakerFee, foundRebate, foundTakerFee, paidRebate, takeRebates } from "./fees";
import { setLast, setSafe } from "./markets";
import {
  MAKER_REBATE,
  crosses,
  leftOfTaker,
  matchTaker,
  meetOwn,
  noteMeeting,
  setTaker,
  takerComplete,
  takerEnded,
} from "./matching";
import {
  ACCOUNT_SHIFT,
  IS_DARK,
  LEVEL_NEXT,
  MARKET_BEST,
  MARKET_LEVEL,
  MARKET_LOT_QUANTA,
  MARKET_MAKER_PPM,
  MARKET_TAKER_PPM,
  MARKET_TICK_LOT_QUANTA,
  MARKET_TRADES,
  MARKET_WATCH,
  NODE_KEY,
  NODE_SEQUENCE,
  ORDER_LEVEL,
  ORDER_LOTS,
  ORDER_PAY_ROW,
  RARE_DARK,
  ROOT_SPECIAL_SEQUENCE,
  ROOT_VOLUMES,
  SPECIAL_ACCOUNT,
  SPECIAL_FLAGS,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  SPECIAL_WATCH,
  TOUCHES_MAX,
  WATCH_DARK,
  WATCH_HIDDEN,
} from "./memory";
import { feeOf, smaller } from "./money";
import { accountOf, idOf, isSpecial, lotsOf, paidAsset, payRowOf, receivedAsset, sideOf } from "./orders";
import { marketAt, marketIndexOf, orderAt } from "./root";
import { countWaiting, endAnyOrder, specialOf } from "./specials";
import { firstFrom, firstNode, insertNode, removeNode } from "./tree";
import { rareOf } from "./triggers";

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
  if ((load<u32>(darkTree(market, 0)) | load<u32>(darkTree(market, 1))) != 0) return;
  store<u32>(market, load<u32>(market, MARKET_WATCH) & ~WATCH_DARK, MARKET_WATCH);
  setSafe(market);
}

/**
 * The first order of a side in an uncrossing at a price that some order there reaches: a market order, else what is shown
 * goes before what is not at the same price.
 */
export function firstOrder(market: usize, side: u32, ticks: u32): usize {
  const first = firstMarketOrder(market, side);
  if (first != 0 && <u32>load<u64>(first, NODE_KEY) <= flipIfBid(side, ticks)) return orderOfDark(first);
  const ours = market + ((<usize>side) << 2);
  const level = <usize>load<u32>(ours, MARKET_LEVEL);
  const node = hasDark(market) ? firstLimit(market, side) : 0;
  const isUnseen = node != 0 && (level == 0 || <u32>load<u64>(node, NODE_KEY) < flipIfBid(side, load<u32>(ours, MARKET_BEST)));
  return isUnseen ? orderOfDark(node) : <usize>load<u32>(level, LEVEL_NEXT);
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

/** The first dark order of the side that a taker trades with, if it crosses `limit`: its node, or 0. */
function crossingDark(market: usize, side: u32, limit: u32): usize {
  const node = firstNode(darkTree(market, side ^ 1));
  if (node == 0) return 0;
  return flipIfBid(side ^ 1, limit) >= <u32>load<u64>(node, NODE_KEY) ? node : 0;
}

/** True if the opposite side's best price, seen or not, crosses `limit`. */
export function crossesAny(market: usize, side: u32, limit: u32): bool {
  if (crosses(market, side, limit)) return true;
  return hasDark(market) && crossingDark(market, side, limit) != 0;
}

/**
 * Trades a taker as `matchTaker` does, where the other side may have dark orders.
 *
 * Effects  those of `matchTaker`, results likewise.
 */
export function matchAll(
  market: usize,
  side: u32,
  orderType: u32,
  limit: u32,
  quantity: u64,
  account: u32,
  selfTrade: u32,
  takerId: u64,
  payRow: usize,
  receiveRow: usize,
): void {
  let left = quantity;
  while (true) {
    const node = hasDark(market) ? crossingDark(market, side, limit) : 0;
    // What is shown at the price of the first dark order, or better, goes before it.
    const reach = node != 0 ? ticksOfDark(node, side ^ 1) : limit;
    matchTaker(market, side, orderType, reach, left, account, selfTrade, takerId, payRow, receiveRow);
    if (node == 0 || takerComplete() || takerEnded() != 0) return;
    left = leftOfTaker();
    const unit = <u64>reach * load<u64>(market, MARKET_TICK_LOT_QUANTA);
    const lots = orderType == MARKET_BY_QUOTE ? left / unit : left;
    if (lots == 0) return setTaker(left, 0, true);
    const touches = getTouches();
    if (touches == TOUCHES_MAX) return setTaker(left, TOUCH_LIMIT, false);
    setTouches(touches + 1);
    const met = meetDark(orderOfDark(node), market, side, orderType, reach, lots, account, selfTrade, takerId, payRow, receiveRow);
    left -= orderType == MARKET_BY_QUOTE ? met * unit : met;
    if (takerEnded() != 0) return setTaker(left, takerEnded(), false);
  }
}

/** One meeting of a taker and a dark order. Returns how many lots the taker has traded or lost. */
function meetDark(
  maker: usize,
  market: usize,
  side: u32,
  orderType: u32,
  ticks: u32,
  wanted: u64,
  account: u32,
  selfTrade: u32,
  takerId: u64,
  payRow: usize,
  receiveRow: usize,
): u64 {
  const makerLots = lotsOf(maker);
  const makerAccount = accountOf(maker);
  let met = smaller(wanted, makerLots);
  let taken = met;
  const isOwn = selfTrade != SELF_ALLOW && makerAccount == account;
  if (isOwn) {
    if (selfTrade == SELF_EXPIRE_TAKER) {
      setTaker(0, SELF_TRADE_TAKER, false);
      return 0;
    }
    meetOwn(maker, market, side, ticks, takerId, selfTrade, met, makerLots, 0);
    if (selfTrade != SELF_DECREMENT) {
      met = makerLots;
      taken = 0;
      if (selfTrade == SELF_EXPIRE_BOTH) setTaker(0, SELF_TRADE_BOTH, false);
    }
  } else {
    if (orderType >= MARKET) met = smaller(met, availableOf(payRow) / unitOf(market, side, ticks));
    if (met == 0) {
      setTaker(0, NO_LIQUIDITY, false);
      return 0;
    }
    taken = met;
    tradeDark(maker, market, side, ticks, met, account, takerId, payRow, receiveRow);
  }
  noteMeeting(maker, makerAccount, account, selfTrade, market, met);
  store<u64>(maker, load<u64>(maker, ORDER_LOTS) - met, ORDER_LOTS);
  if (met == makerLots) endAnyOrder(maker, !isOwn || selfTrade == SELF_DECREMENT);
  return taken;
}

/** What a taker pays for a lot. */
@inline
function unitOf(market: usize, side: u32, ticks: u32): u64 {
  if (side != BUY) return load<u64>(market, MARKET_LOT_QUANTA);
  return <u64>ticks * load<u64>(market, MARKET_TICK_LOT_QUANTA);
}

/** Moves the money of a fill of a dark order, and tells of it. */
function tradeDark(
  maker: usize,
  market: usize,
  side: u32,
  ticks: u32,
  lots: u64,
  account: u32,
  takerId: u64,
  payRow: usize,
  receiveRow: usize,
): void {
  const makerAccount = accountOf(maker);
  const quote = lots * <u64>ticks * load<u64>(market, MARKET_TICK_LOT_QUANTA);
  const base = lots * load<u64>(market, MARKET_LOT_QUANTA);
  const pays = side == BUY ? quote : base;
  const receives = side == BUY ? base : quote;
  let flags = (side << 16) | (<u32>(lots == lotsOf(maker)) << 24);
  let makerFee = feeOf(pays, load<u32>(market, MARKET_MAKER_PPM));
  let takerFee = feeOf(receives, load<u32>(market, MARKET_TAKER_PPM));
  let told = makerFee;
  let kept = takerFee;
  if (load<u32>(ROOT_VOLUMES) != 0) {
    findFees(market, side, makerAccount, account, pays, receives, quote);
    makerFee = foundMakerFee();
    takerFee = foundTakerFee();
    told = paidRebate() ? foundRebate() : makerFee;
    if (paidRebate()) flags |= MAKER_REBATE;
    kept = takerFee - takeRebates();
  }
  spend(payRowOf(maker), receives);
  credit(getPairRow(makerAccount, market, side ^ 1), pays - makerFee);
  debit(payRow, pays);
  credit(receiveRow, receives - takerFee);
  collectFee(paidAsset(market, side), makerFee);
  collectFee(receivedAsset(market, side), kept);
  const trades = load<u64>(market, MARKET_TRADES) + 1;
  store<u64>(market, trades, MARKET_TRADES);
  setLast(market, ticks);
  emitFill(flags, marketIndexOf(market), ticks, trades, idOf(maker), takerId, lots, told, takerFee);
}
