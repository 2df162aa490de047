import { availableOf, collectFee, credit, debit, getPairRow, spend } from "./accounts";
import { getTouches, setTouches } from "./agenda";
import { priceOf, reduceFirst } from "./auction";
import {
  BUY,
  MARKET,
  MARKET_BY_QUOTE,
  NO_LIQUIDITY,
  SELF_ALLOW,
  SELF_DECREMENT,
  SELF_EXPIRE_BOTH,
  SELF_EXPIRE_TAKER,
  SELF_TRADE_BOTH,
  SELF_TRADE_MAKER,
  SELF_TRADE_TAKER,
  TOUCH_LIMIT,
} from "./codes";
import { firstOrder, hasDark } from "./dark";
import { emitCanceled, emitFill, emitPrevented } from "./events";
import { findFees, foundMakerFee, foundRebate, foundTakerFee, paidRebate, takeRebates } from "./fees";
import { masterOf } from "./ledger";
import { noteLost } from "./lists";
import { setLast } from "./markets";
import { MAKER_REBATE, notePrevented, setTaker, takerEnded } from "./matching";
import { TOUCHES_MAX } from "./bounds";
import {
  MARKET_LOT_QUANTA,
  MARKET_MAKER_PPM,
  MARKET_TAKER_PPM,
  MARKET_TICK_LOT_QUANTA,
  MARKET_TRADES,
  ROOT_VOLUMES,
} from "./memory";
import { feeOf, smaller } from "./money";
import {
  accountOf,
  idOf,
  isSpecial,
  lotsOf,
  paidAsset,
  payRowOf,
  receivedAsset,
  releaseLots,
  removeAnyOrder,
} from "./orders";
import { hasPegs } from "./pegs";
import { countFill } from "./protection";
import { marketIndexOf } from "./root";
import { hiddenOf } from "./specials";
import { note } from "./triggers";

// The long way to trade: what `matchTaker` does, one maker at a time, where it does not see all: orders that rest unseen,
// and takers that look out for orders of their whole family. Source: matching.md §3.

/** True if a taker has to go the long way. */
@inline
export function goesLong(market: usize, selfTrade: u32): bool {
  return hasDark(market) || selfTrade > SELF_DECREMENT;
}

/** What happens at an own maker, whichever orders the taker takes for its own. */
@inline
function modeOf(selfTrade: u32): u32 {
  return selfTrade > SELF_DECREMENT ? selfTrade - SELF_DECREMENT : selfTrade;
}

/** True if a taker does not trade with an order of this account. */
export function isOwn(makerAccount: u32, account: u32, selfTrade: u32): bool {
  if (selfTrade == SELF_ALLOW) return false;
  if (makerAccount == account) return true;
  return selfTrade > SELF_DECREMENT && masterOf(makerAccount) == masterOf(account);
}

/** As `matchTaker`; results likewise. */
export function matchLong(
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
  const theirs = side ^ 1;
  const byQuote = orderType == MARKET_BY_QUOTE;
  let left = quantity;
  let wanted: u64 = left;
  setTaker(left, 0, false);
  while (left != 0 && takerEnded() == 0) {
    const maker = firstOrder(market, theirs, limit);
    if (maker == 0) break;
    const ticks = priceOf(maker);
    const unit = <u64>ticks * load<u64>(market, MARKET_TICK_LOT_QUANTA);
    wanted = byQuote ? left / unit : left;
    if (wanted == 0) break;
    const touches = getTouches();
    if (touches == TOUCHES_MAX) {
      setTaker(left, TOUCH_LIMIT, false);
      break;
    }
    setTouches(touches + 1);
    let met: u64 = 0;
    if (isOwn(accountOf(maker), account, selfTrade)) {
      met = meetOwn(maker, market, theirs, ticks, takerId, modeOf(selfTrade), wanted);
    } else {
      met = smaller(wanted, lotsOf(maker));
      if (orderType >= MARKET) met = smaller(met, availableOf(payRow) / costOf(market, side, ticks));
      if (met == 0) setTaker(left, NO_LIQUIDITY, false);
      else trade(maker, market, side, ticks, met, account, takerId, payRow, receiveRow);
    }
    left -= byQuote ? met * unit : met;
  }
  if (hasPegs(market)) note(market);
  setTaker(left, takerEnded(), takerEnded() == 0 && (left == 0 || wanted == 0));
}

/** What a taker pays for a lot. */
@inline
function costOf(market: usize, side: u32, ticks: u32): u64 {
  if (side != BUY) return load<u64>(market, MARKET_LOT_QUANTA);
  return <u64>ticks * load<u64>(market, MARKET_TICK_LOT_QUANTA);
}

/** A taker meets an order that it takes for its own. Returns how many lots both lose. `theirs`: the maker's side. */
function meetOwn(
  maker: usize,
  market: usize,
  theirs: u32,
  ticks: u32,
  takerId: u64,
  mode: u32,
  wanted: u64,
): u64 {
  if (mode == SELF_EXPIRE_TAKER) {
    setTaker(0, SELF_TRADE_TAKER, false);
    return 0;
  }
  const id = idOf(maker);
  if (mode != SELF_DECREMENT) {
    const both = mode == SELF_EXPIRE_BOTH;
    emitCanceled(both ? SELF_TRADE_BOTH : SELF_TRADE_MAKER, id, removeAnyOrder(maker));
    if (both) setTaker(0, SELF_TRADE_BOTH, false);
    return 0;
  }
  const lots = smaller(wanted, lotsOf(maker));
  notePrevented();
  if (isSpecial(maker)) noteLost(maker, false);
  const isDone = lots == lotsOf(maker) && hiddenOf(maker) == 0;
  const flags = ((theirs ^ 1) << 16) | (<u32>isDone << 24);
  emitPrevented(flags, marketIndexOf(market), ticks, id, takerId, lots);
  releaseLots(market, theirs, ticks, accountOf(maker), lots);
  reduceFirst(market, theirs, maker, lots);
  return lots;
}

/** Moves the money of a fill, and tells of it. */
function trade(
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
  const isDone = lots == lotsOf(maker) && hiddenOf(maker) == 0;
  let flags = (side << 16) | (<u32>isDone << 24);
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
  countFill(maker, makerAccount, market, lots);
  reduceFirst(market, side ^ 1, maker, lots);
}
