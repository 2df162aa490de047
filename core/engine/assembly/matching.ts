import { getTouches, setTouches } from "./agenda";
import { availableOf, collectFee, credit, debit, getPairRow, spend } from "./accounts";
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
import { emitCanceled, emitFill, emitPrevented } from "./events";
import {
  findFees,
  foundMakerFee,
  foundRebate,
  foundTakerFee,
  paidRebate,
  takeRebates,
} from "./fees";
import { setHead } from "./heads";
import { nextWorse, ticksOf, vacate } from "./ladder";
import { noteLost } from "./lists";
import { setLast } from "./markets";
import { TOUCHES_MAX } from "./bounds";
import {
  ACCOUNT_MASK,
  ACCOUNT_SHIFT,
  LEVEL_NEXT,
  LEVEL_PREV,
  LOTS_MASK,
  MARKET_BEST,
  MARKET_LEVEL,
  MARKET_LOT_QUANTA,
  MARKET_MAKER_PPM,
  MARKET_TAKER_PPM,
  MARKET_TICK_LOT_QUANTA,
  MARKET_TRADES,
  MARKET_WATCH,
  ORDER_LOTS,
  ORDER_NEXT,
  ROOT_VOLUMES,
  WATCH_HIDDEN,
} from "./memory";
import { feeOf, smaller } from "./money";
import { accountOf, endOrder, idOf, lotsOf, paidAsset, payRowOf, receivedAsset, releaseLots } from "./orders";
import { note } from "./triggers";
import { hasPegs } from "./pegs";
import { countFill } from "./protection";
import { marketIndexOf } from "./root";
import { KEEPS_ACCOUNTS } from "./variant";
import { endAnyOrder, hiddenOf, refill } from "./specials";

// What `matchTaker` leaves behind for its caller.
let left: u64 = 0;
let ended: u32 = 0;
let complete: bool = false;

/** Lots the taker still wants, or quanta if it is by quote. */
@inline
export function leftOfTaker(): u64 {
  return left;
}
/** Why the taker ended early, or 0. */
@inline
export function takerEnded(): u32 {
  return ended;
}
/** True if the taker wants nothing any more. */
@inline
export function takerComplete(): bool {
  return complete;
}

/** Says what becomes of a taker: what it still wants, why it ends early or 0, whether it wants nothing any more. */
export function setTaker(wanted: u64, reason: u32, isComplete: bool): void {
  left = wanted;
  ended = reason;
  complete = isComplete;
}

/** Whether a taker has lost lots to Decrement since `forgetPrevented`. */
let isPrevented: bool = false;

export function hasPrevented(): bool {
  return isPrevented;
}
export function forgetPrevented(): void {
  isPrevented = false;
}
export function notePrevented(): void {
  isPrevented = true;
}

/** Whether the special maker that was met last has nothing left because it traded or by Decrement, if it has nothing. */
let makerIsComplete: bool = true;

/** What a special order that was met tells others. */
export function noteMeeting(
  maker: usize,
  makerAccount: u32,
  account: u32,
  selfTrade: u32,
  market: usize,
  met: u64,
): void {
  const isOwn = selfTrade != SELF_ALLOW && makerAccount == account;
  if (!isOwn) {
    makerIsComplete = true;
    countFill(maker, makerAccount, market, met);
  }
  if (makerIsComplete) noteLost(maker, !isOwn);
}

/** Of a fill's flags: the maker's fee is a rebate. */
export const MAKER_REBATE: u32 = 2 << 24;

/** A taker meets an order of its own account, which is cancelled, or loses `met` lots by Decrement, as the taker does. */
function meetOwn(
  maker: usize,
  market: usize,
  side: u32,
  ticks: u32,
  takerId: u64,
  selfTrade: u32,
  met: u64,
  makerLots: u64,
  hidden: u64,
): void {
  makerIsComplete = selfTrade == SELF_DECREMENT;
  let freed = met;
  if (selfTrade == SELF_DECREMENT) {
    notePrevented();
    const flags = (side << 16) | (<u32>(met == makerLots && hidden == 0) << 24);
    emitPrevented(flags, marketIndexOf(market), ticks, idOf(maker), takerId, met);
  } else {
    freed = makerLots + hidden;
    const both = selfTrade == SELF_EXPIRE_BOTH;
    emitCanceled(both ? SELF_TRADE_BOTH : SELF_TRADE_MAKER, idOf(maker), freed);
    if (both) ended = SELF_TRADE_BOTH;
  }
  releaseLots(market, side ^ 1, ticks, accountOf(maker), freed);
}

/** True if the opposite side's best price crosses `limit`. */
@inline
export function crosses(market: usize, side: u32, limit: u32): bool {
  // For sells all bits are flipped, so that for both sides a crossing best is not above the limit.
  const flip = 0 - side;
  return (load<u32>(market + ((<usize>(side ^ 1)) << 2), MARKET_BEST) ^ flip) <= (limit ^ flip);
}

/**
 * Trades a taker against the opposite side, best price and oldest order first, within `limit`.
 *
 * One loop, though a long one: what it adds up stays in registers over all levels and makers, and a part of it that is called, or
 * that changes several of these, would bring them to memory at each fill. Rare ends of its branches are functions of their own;
 * so is what can be inlined whole.
 *
 * Units    `quantity` in lots, or in quanta of quote for MARKET_BY_QUOTE.
 * Effects  fills, prevented trades and cancelled makers with their events, all money moved; the taker's own
 *          slot and book entry are left to the caller. Results in `leftOfTaker` and its neighbours.
 * Source   matching.md §3.
 */
export function matchTaker(
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
  const theirs = market + ((<usize>(side ^ 1)) << 2);
  const index = marketIndexOf(market);
  const byQuote = orderType == MARKET_BY_QUOTE;
  // Only where own makers are not traded with can the walk of §2.2 have underestimated the cost,
  // and where icebergs are, whose hidden lots the walk does not see.
  const hides = (load<u32>(market, MARKET_WATCH) & WATCH_HIDDEN) != 0;
  const capped = orderType >= MARKET && (selfTrade != SELF_ALLOW || hides);
  const tickLotQuanta = load<u64>(market, MARKET_TICK_LOT_QUANTA);
  const lotQuanta = load<u64>(market, MARKET_LOT_QUANTA);
  const makerPpm = load<u32>(market, MARKET_MAKER_PPM);
  const takerPpm = load<u32>(market, MARKET_TAKER_PPM);
  const tradesBefore = load<u64>(market, MARKET_TRADES);
  let trades = tradesBefore;
  let wanted = quantity;
  let lots = quantity;
  let touches = getTouches();
  let paid: u64 = 0;
  let received: u64 = 0;
  let takerFees: u64 = 0;
  let makerFees: u64 = 0;
  ended = 0;
  complete = false;

  while (ended == 0) {
    if (wanted == 0) {
      complete = true;
      break;
    }
    if (!crosses(market, side, limit)) break;
    const ticks = load<u32>(theirs, MARKET_BEST);
    const level = <usize>load<u32>(theirs, MARKET_LEVEL);
    const unit = <u64>ticks * tickLotQuanta;
    lots = byQuote ? wanted / unit : wanted;
    if (lots == 0) {
      complete = true;
      break;
    }
    const lotsBefore = lots;
    const tradesAtLevel = trades;
    let maker = <usize>load<u32>(level, LEVEL_NEXT);
    do {
      if (touches == TOUCHES_MAX) {
        ended = TOUCH_LIMIT;
        break;
      }
      touches++;
      const word = load<u64>(maker, ORDER_LOTS);
      const makerLots = word & LOTS_MASK;
      const makerAccount = <u32>(word >> ACCOUNT_SHIFT) & ACCOUNT_MASK;
      let hidden: u64 = 0;
      if (<i64>word < 0) hidden = hiddenOf(maker);
      let met = smaller(lots, makerLots);
      if (selfTrade != SELF_ALLOW && makerAccount == account) {
        if (selfTrade == SELF_EXPIRE_TAKER) {
          ended = SELF_TRADE_TAKER;
          break;
        }
        meetOwn(maker, market, side, ticks, takerId, selfTrade, met, makerLots, hidden);
        if (selfTrade == SELF_DECREMENT) {
          lots -= met;
        } else {
          met = makerLots;
          hidden = 0;
        }
      } else {
        if (KEEPS_ACCOUNTS && capped) {
          met = smaller(met, (availableOf(payRow) - paid) / (side == BUY ? unit : lotQuanta));
          if (met == 0) {
            ended = NO_LIQUIDITY;
            break;
          }
        }
        const base = met * lotQuanta;
        const quote = met * unit;
        const pays = select<u64>(quote, base, side == BUY);
        const receives = select<u64>(base, quote, side == BUY);
        let makerFee: u64 = 0;
        let takerFee: u64 = 0;
        let flags = (side << 16) | (<u32>(met == makerLots && hidden == 0) << 24);
        let told: u64 = 0;
        // Read anew: a register that lives through the loop costs all fills more.
        if (!KEEPS_ACCOUNTS) {
          // Nobody pays.
        } else if (load<u32>(ROOT_VOLUMES) != 0) {
          findFees(market, side, makerAccount, account, pays, receives, quote);
          makerFee = foundMakerFee();
          takerFee = foundTakerFee();
          told = paidRebate() ? foundRebate() : makerFee;
          if (paidRebate()) flags |= MAKER_REBATE;
        } else {
          makerFee = feeOf(pays, makerPpm);
          takerFee = feeOf(receives, takerPpm);
          told = makerFee;
        }
        if (KEEPS_ACCOUNTS) {
          spend(payRowOf(maker), receives);
          credit(getPairRow(makerAccount, market, side ^ 1), pays - makerFee);
        }
        paid += pays;
        received += receives;
        makerFees += makerFee;
        takerFees += takerFee;
        trades++;
        emitFill(flags, index, ticks, trades, idOf(maker), takerId, met, told, takerFee);
        lots -= met;
      }
      if (<i64>word < 0) noteMeeting(maker, makerAccount, account, selfTrade, market, met);
      maker = leaveMaker(maker, level, word, makerAccount, hidden, met);
    } while (lots != 0 && maker != level && ended == 0);

    wanted -= byQuote ? (lotsBefore - lots) * unit : lotsBefore - lots;
    store<u32>(level, <u32>maker, LEVEL_NEXT);
    store<u32>(maker, <u32>level, LEVEL_PREV);
    if (maker == level) vacate(market, side ^ 1, level);
    else setHead(theirs, maker);
    if (trades != tradesAtLevel) setLast(market, ticks);
  }

  left = wanted;
  setTouches(touches);
  if (hasPegs(market)) note(market);
  if (trades == tradesBefore) return;
  store<u64>(market, trades, MARKET_TRADES);
  if (KEEPS_ACCOUNTS) settleTaker(payRow, paid, receiveRow, received, market, side, takerFees, makerFees);
}

/** Goes on behind a maker that has been met. Returns who is the first of its level now, or the level if nobody is left. */
@inline
function leaveMaker(
  maker: usize,
  level: usize,
  word: u64,
  account: u32,
  hidden: u64,
  met: u64,
): usize {
  if (met != (word & LOTS_MASK)) {
    store<u64>(maker, word - met, ORDER_LOTS);
    return maker;
  }
  const next = <usize>load<u32>(maker, ORDER_NEXT);
  if (<i64>word >= 0) {
    endOrder(maker, account);
    return next;
  }
  if (hidden == 0) {
    endAnyOrder(maker, makerIsComplete);
    return next;
  }
  refill(maker, level);
  // Alone in its level it stays the first.
  return next != level ? next : maker;
}

/** Moves the taker's side of all its fills at once, and collects their fees. */
@inline
function settleTaker(
  payRow: usize,
  paid: u64,
  receiveRow: usize,
  received: u64,
  market: usize,
  side: u32,
  takerFees: u64,
  makerFees: u64,
): void {
  debit(payRow, paid);
  credit(receiveRow, received - takerFees);
  if (takerFees != 0) {
    const isTiered = load<u32>(ROOT_VOLUMES) != 0;
    collectFee(receivedAsset(market, side), isTiered ? takerFees - takeRebates() : takerFees);
  }
  if (makerFees != 0) collectFee(paidAsset(market, side), makerFees);
}

/**
 * The walk of matching.md §2.2: whether `available` quanta pay for a market order, whoever owns the
 * makers. Changes nothing, and stops as soon as a level is too dear.
 */
export function canPayMarket(
  market: usize,
  side: u32,
  orderType: u32,
  limit: u32,
  quantity: u64,
  available: u64,
): bool {
  const flip = 0 - side;
  const tickLotQuanta = load<u64>(market, MARKET_TICK_LOT_QUANTA);
  const lotQuanta = load<u64>(market, MARKET_LOT_QUANTA);
  let wanted = quantity;
  let money = available;
  let touches: u32 = 0;
  let level = <usize>load<u32>(market + ((<usize>(side ^ 1)) << 2), MARKET_LEVEL);
  while (level != 0 && wanted != 0) {
    const ticks = ticksOf(level);
    if ((ticks ^ flip) > (limit ^ flip)) break;
    const unit = <u64>ticks * tickLotQuanta;
    const most = orderType == MARKET_BY_QUOTE ? wanted / unit : wanted;
    let there: u64 = 0;
    let maker = <usize>load<u32>(level, LEVEL_NEXT);
    while (maker != level && touches != TOUCHES_MAX && there <= most) {
      there += lotsOf(maker);
      touches++;
      maker = <usize>load<u32>(maker, ORDER_NEXT);
    }
    const lots = smaller(most, there);
    const price = side == BUY ? unit : lotQuanta;
    if (lots > money / price) return false;
    money -= lots * price;
    if (lots < there || maker != level) break;
    wanted -= orderType == MARKET_BY_QUOTE ? lots * unit : lots;
    level = nextWorse(market, side ^ 1, level);
  }
  return true;
}
