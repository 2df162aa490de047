import { accountOf, idOf, isSpecial, lotsOf, reserveOf, shownLots } from "./orders";
import { collectFee, credit, getPairRow, release, spend } from "./accounts";
import { UNSETTLED, getTouches, putOnAgenda, setTouches } from "./agenda";
import { BUY, SELL, STATE_AUCTION } from "./codes";
import { emitAuctioned, emitIndicative } from "./events";
import { addVolume, auctionFee } from "./fees";
import { nextAboveLevel, nextWorse, ticksOf, vacate } from "./ladder";
import { noteLost } from "./lists";
import { setLast } from "./markets";
import {
  ANSWERS,
  INDICATIVE_INTERVAL_MS,
  IS_BOOK_NEW,
  LEVEL_NEXT,
  LEVEL_PREV,
  MARKET_ASSET,
  MARKET_BEST,
  MARKET_LAST,
  MARKET_LEVEL,
  MARKET_LOT_QUANTA,
  MARKET_TICK_LOT_QUANTA,
  MARKET_TRADES,
  MARKET_WATCH,
  NODE_KEY,
  NODE_SEQUENCE,
  ORDER_LOTS,
  ORDER_NEXT,
  RARES,
  RARE_BOOK,
  RARE_NEXT_SHOW,
  RARE_NOTED,
  RARE_REOPEN,
  RARE_SHIFT,
  RARE_SHOW,
  RARE_UNCROSSING,
  RARE_UNCROSS_TO,
  ROOT_BOOKS,
  ROOT_MARKET_TIMERS,
  ROOT_NEXT_DUE,
  ROOT_NOW_MS,
  ROOT_UNCROSSINGS,
  TOUCHES_MAX,
  UNCROSSING_TOUCHES,
  WATCH_HIDDEN,
} from "./memory";
import { smaller } from "./money";
import { hasPegs } from "./pegs";
import { countFill } from "./protection";
import { marketAt, marketIndexOf } from "./root";
import { endAnyOrder, hiddenOf, refill } from "./specials";
import { changeState, isCrossed, stateOf } from "./states";
import { firstNode, insertNode, removeNode } from "./tree";
import { note, rareOf } from "./triggers";

// Call auctions: matching.md §3.4. `findPrice` leaves what it found here.
let price: u32 = 0;
let volume: u64 = 0;
let surplus: i64 = 0;
let turn: u32 = 0;

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

@inline
function sizeOf(lots: i64): u64 {
  return <u64>(lots < 0 ? -lots : lots);
}

/**
 * Finds the price of an uncrossing. Returns false if nothing would trade.
 *
 * Walks the prices upwards through the crossed part of the book, in pieces in which neither what is wanted nor what is
 * offered changes. What is wanted only falls and what is offered only rises, so pieces that are equally good lie side
 * by side, those with a surplus of buyers first.
 */
function findPrice(market: usize): bool {
  price = 0;
  volume = 0;
  surplus = 0;
  if (!isCrossed(market)) return false;
  const bottom = load<u32>(market, MARKET_BEST + 4);
  const top = load<u32>(market, MARKET_BEST);
  let wanted: u64 = 0;
  let bid = <usize>load<u32>(market, MARKET_LEVEL);
  let lowestBid = bid;
  while (bid != 0 && ticksOf(bid) >= bottom) {
    wanted += totalOf(market, bid);
    lowestBid = bid;
    bid = nextWorse(market, BUY, bid);
  }
  bid = lowestBid;
  let ask = <usize>load<u32>(market, MARKET_LEVEL + 4);
  let offered: u64 = 0;
  let low = bottom;
  let first: u32 = 0;
  let last: u32 = 0;
  let firstSurplus: i64 = 0;
  let lastSurplus: i64 = 0;
  while (true) {
    if (ask != 0 && ticksOf(ask) == low) {
      offered += totalOf(market, ask);
      ask = nextAboveLevel(market, SELL, ask);
    }
    let high = ticksOf(bid);
    const isBid = ask == 0 || ticksOf(ask) > high;
    if (!isBid) high = ticksOf(ask) - 1;
    const lots = smaller(wanted, offered);
    const rest = <i64>(wanted - offered);
    if (lots > volume || (lots == volume && sizeOf(rest) < sizeOf(firstSurplus))) {
      volume = lots;
      first = low;
      firstSurplus = rest;
      last = high;
      lastSurplus = rest;
    } else if (lots == volume && sizeOf(rest) == sizeOf(firstSurplus)) {
      if (rest != lastSurplus) turn = low;
      last = high;
      lastSurplus = rest;
    }
    if (high == top) break;
    if (isBid) {
      wanted -= totalOf(market, bid);
      bid = nextAboveLevel(market, BUY, bid);
    }
    low = high + 1;
  }
  // Rules 3 and 4, for prices that trade the same and leave the same.
  const reference = load<u32>(market, MARKET_LAST);
  if (lastSurplus > 0) price = last;
  else if (firstSurplus < 0) price = first;
  else price = reference < first ? first : reference > last ? last : reference;
  surplus = firstSurplus != lastSurplus && price < turn ? firstSurplus : lastSurplus;
  return true;
}

/** Writes what uncrossing a market would trade: price u32, surplus side u32, lots u64, surplus lots u64. */
export function queryAuction(index: u32): u32 {
  if (!findPrice(marketAt(index))) return 0;
  store<u32>(ANSWERS, price);
  store<u32>(ANSWERS, <u32>(surplus < 0), 4);
  store<u64>(ANSWERS, volume, 8);
  store<u64>(ANSWERS, sizeOf(surplus), 16);
  return 1;
}

/** Begins to uncross a market, which then goes to a state. */
export function beginUncrossing(market: usize, state: u32): void {
  const rare = rareOf(market);
  if (load<u32>(rare, RARE_UNCROSS_TO) == 0) {
    store<u64>(rare + RARE_UNCROSSING, <u64>marketIndexOf(market), NODE_KEY);
    insertNode(ROOT_UNCROSSINGS, rare + RARE_UNCROSSING);
  }
  store<u32>(rare, state, RARE_UNCROSS_TO);
  putOnAgenda(UNSETTLED);
}

/** Goes on with the uncrossings that were begun, as far as the command may. */
export function uncrossMarkets(): void {
  while (load<u32>(ROOT_UNCROSSINGS) != 0) {
    const rare = firstNode(ROOT_UNCROSSINGS) - RARE_UNCROSSING;
    const index = <u32>((rare - RARES) >> RARE_SHIFT);
    if (!uncross(marketAt(index))) return;
    changeState(marketAt(index), index, load<u32>(rare, RARE_UNCROSS_TO));
  }
}

/** Returns false if the command may meet no more makers. */
function uncross(market: usize): bool {
  if (!findPrice(market)) return true;
  let left = volume;
  const ticks = price;
  while (left != 0) {
    const touches = getTouches();
    if (TOUCHES_MAX - touches < UNCROSSING_TOUCHES) return false;
    setTouches(touches + UNCROSSING_TOUCHES);
    left -= trade(market, ticks, left);
  }
  return true;
}

/** Lets the first orders of both sides trade at a price, at most `most` lots. Returns how many. */
function trade(market: usize, ticks: u32, most: u64): u64 {
  const bids = <usize>load<u32>(market, MARKET_LEVEL);
  const asks = <usize>load<u32>(market, MARKET_LEVEL + 4);
  const buy = <usize>load<u32>(bids, LEVEL_NEXT);
  const sell = <usize>load<u32>(asks, LEVEL_NEXT);
  const lots = smaller(smaller(lotsOf(buy), lotsOf(sell)), most);
  const base = lots * load<u64>(market, MARKET_LOT_QUANTA);
  const quote = lots * <u64>ticks * load<u64>(market, MARKET_TICK_LOT_QUANTA);
  const buyer = accountOf(buy);
  const seller = accountOf(sell);
  const buyFee = auctionFee(buyer, market, base);
  const sellFee = auctionFee(seller, market, quote);
  addVolume(buyer, market, quote);
  addVolume(seller, market, quote);
  const payRow = getPairRow(buyer, market, 1);
  release(payRow, reserveOf(market, BUY, ticksOf(bids) - ticks, lots));
  spend(payRow, quote);
  spend(getPairRow(seller, market, 0), base);
  credit(getPairRow(buyer, market, 0), base - buyFee);
  credit(getPairRow(seller, market, 1), quote - sellFee);
  collectFee(load<u32>(market, MARKET_ASSET), buyFee);
  collectFee(load<u32>(market, MARKET_ASSET + 4), sellFee);
  const trades = load<u64>(market, MARKET_TRADES) + 1;
  store<u64>(market, trades, MARKET_TRADES);
  setLast(market, ticks);
  const buyDone = lots == lotsOf(buy) && hiddenOf(buy) == 0;
  const sellDone = lots == lotsOf(sell) && hiddenOf(sell) == 0;
  const flags = (<u32>buyDone << 16) | (<u32>sellDone << 24);
  const index = marketIndexOf(market);
  emitAuctioned(flags, index, ticks, trades, idOf(buy), idOf(sell), lots, buyFee, sellFee);
  countFill(buy, buyer, market, lots);
  countFill(sell, seller, market, lots);
  reduceFirst(market, BUY, bids, buy, lots);
  reduceFirst(market, SELL, asks, sell, lots);
  return lots;
}

/** Takes traded lots, whose reserve is spent, off the first order of a level. */
function reduceFirst(market: usize, side: u32, level: usize, order: usize, lots: u64): void {
  if (isSpecial(order)) noteLost(order);
  if (lots < lotsOf(order)) {
    store<u64>(order, load<u64>(order, ORDER_LOTS) - lots, ORDER_LOTS);
    return;
  }
  const next = <usize>load<u32>(order, ORDER_NEXT);
  const refills = hiddenOf(order) != 0;
  if (refills) {
    refill(order, level);
    // Alone in its level it stays the first.
    if (next == level) return;
  }
  store<u32>(level, <u32>next, LEVEL_NEXT);
  store<u32>(next, <u32>level, LEVEL_PREV);
  if (refills) return;
  if (next == level) vacate(market, side, level);
  endAnyOrder(order, true);
}

/** Notes that an auction's book is another: its indicative price is to be told. */
export function noteBook(market: usize): void {
  const rare = rareOf(market);
  if (hasPegs(market)) note(market);
  const noted = load<u32>(rare, RARE_NOTED);
  if (stateOf(market) != STATE_AUCTION || (noted & IS_BOOK_NEW) != 0) return;
  store<u32>(rare, noted | IS_BOOK_NEW, RARE_NOTED);
  store<u64>(rare + RARE_BOOK, <u64>marketIndexOf(market), NODE_KEY);
  insertNode(ROOT_BOOKS, rare + RARE_BOOK);
  putOnAgenda(UNSETTLED);
}

/** Tells the indicative prices of the auctions whose books are others, or notes when they may be told. */
export function showAuctions(): void {
  while (load<u32>(ROOT_BOOKS) != 0) {
    const rare = firstNode(ROOT_BOOKS) - RARE_BOOK;
    removeNode(ROOT_BOOKS, rare + RARE_BOOK);
    store<u32>(rare, load<u32>(rare, RARE_NOTED) & ~IS_BOOK_NEW, RARE_NOTED);
    const market = marketAt(<u32>((rare - RARES) >> RARE_SHIFT));
    if (stateOf(market) != STATE_AUCTION) continue;
    if (load<u64>(rare + RARE_SHOW, NODE_KEY) != 0) continue;
    const next = load<u64>(rare, RARE_NEXT_SHOW);
    if (load<u64>(ROOT_NOW_MS) >= next) showAuction(market);
    else setTimer(market, RARE_SHOW, next);
  }
}

export function showAuction(market: usize): void {
  const rare = rareOf(market);
  store<u64>(rare, load<u64>(ROOT_NOW_MS) + INDICATIVE_INTERVAL_MS, RARE_NEXT_SHOW);
  findPrice(market);
  emitIndicative(<u32>(surplus < 0), marketIndexOf(market), price, volume, sizeOf(surplus));
}

/** Sets one of a market's timers, RARE_REOPEN or RARE_SHOW. */
export function setTimer(market: usize, timer: usize, atMs: u64): void {
  const node = rareOf(market) + timer;
  store<u64>(node, atMs, NODE_KEY);
  const kind = <u64>(timer == RARE_SHOW);
  store<u64>(node, ((<u64>marketIndexOf(market)) << 1) | kind, NODE_SEQUENCE);
  insertNode(ROOT_MARKET_TIMERS, node);
  if (atMs < load<u64>(ROOT_NEXT_DUE)) store<u64>(ROOT_NEXT_DUE, atMs);
}

/** Stops a timer, if it is set. */
export function stopTimer(market: usize, timer: usize): void {
  const node = rareOf(market) + timer;
  if (load<u64>(node, NODE_KEY) == 0) return;
  removeNode(ROOT_MARKET_TIMERS, node);
  store<u64>(node, 0, NODE_KEY);
}

/** A market changes its state: whatever was to come of the one before does not come. */
export function leaveAuction(market: usize): void {
  const rare = rareOf(market);
  if (load<u32>(rare, RARE_UNCROSS_TO) != 0) {
    removeNode(ROOT_UNCROSSINGS, rare + RARE_UNCROSSING);
    store<u32>(rare, 0, RARE_UNCROSS_TO);
  }
  stopTimer(market, RARE_REOPEN);
  stopTimer(market, RARE_SHOW);
  store<u64>(rare, 0, RARE_NEXT_SHOW);
}
