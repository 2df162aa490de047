import { accountOf, idOf, isSpecial, lotsOf, removeAnyOrder, reserveOf } from "./orders";
import { collectFee, credit, getPairRow, release, spend } from "./accounts";
import { DUE, UNSETTLED, getTouches, putOnAgenda, setTouches } from "./agenda";
import { BUY, NO_LIQUIDITY, SELL, STATE_AUCTION } from "./codes";
import { findPrice, foundPrice, foundSurplus, foundVolume, sizeOf } from "./auction-price";
import { firstMarketOrder, firstOrder, hasMarketOrders, isDark, orderOfDark } from "./dark";
import { emitAuctioned, emitCanceled, emitIndicative } from "./events";
import { auctionFee, countTrade } from "./fees";
import { renewHead } from "./heads";
import { ticksOf, vacate } from "./ladder";
import { noteLost } from "./lists";
import { setLast } from "./markets";
import { INDICATIVES_MAX, TOUCHES_MAX } from "./bounds";
import {
  ANSWERS,
  INDICATIVE_INTERVAL_MS,
  IS_BOOK_NEW,
  LEVEL_NEXT,
  LEVEL_PREV,
  MARKET_ASSET,
  MARKET_LAST,
  MARKET_LOT_QUANTA,
  MARKET_TICK_LOT_QUANTA,
  MARKET_TRADES,
  MARKET_UNCROSS_FROM,
  NODE_KEY,
  NODE_SEQUENCE,
  ORDER_LEVEL,
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
  ROOT_SUSPENDED,
  ROOT_UNCROSSINGS,
  SPECIAL_HIDDEN,
  SPECIAL_RENEWED,
  SPECIAL_TERMS,
  UNCROSSING_TOUCHES,
} from "./memory";
import { smaller } from "./money";
import { hasPegs } from "./pegs";
import { countFill } from "./protection";
import { marketAt, marketIndexOf } from "./root";
import { endAnyOrder, hiddenOf, refill, specialOf } from "./specials";
import { changeState, isCrossed, stateOf } from "./states";
import { firstNode, insertNode, removeNode } from "./tree";
import { note, rareOf } from "./triggers";

// Call auctions: matching.md §3.4.

/** Writes what uncrossing a market would trade: price u32, surplus side u32, lots u64, surplus lots u64. */
export function queryAuction(index: u32): u32 {
  if (!findPrice(marketAt(index))) return 0;
  store<u32>(ANSWERS, foundPrice());
  store<u32>(ANSWERS, <u32>(foundSurplus() < 0), 4);
  store<u64>(ANSWERS, foundVolume(), 8);
  store<u64>(ANSWERS, sizeOf(foundSurplus()), 16);
  return 1;
}

/** Lets the orders of an auction trade, and the market go to a state when they have, however long that takes. */
export function beginUncrossing(market: usize, state: u32): void {
  const rare = rareOf(market);
  stopTimer(market, RARE_REOPEN);
  store<u64>(market, load<u64>(market, MARKET_TRADES), MARKET_UNCROSS_FROM);
  if (load<u16>(rare, RARE_UNCROSS_TO) == 0) {
    store<u64>(rare + RARE_UNCROSSING, <u64>marketIndexOf(market), NODE_KEY);
    insertNode(ROOT_UNCROSSINGS, rare + RARE_UNCROSSING);
  }
  store<u16>(rare, <u16>(state), RARE_UNCROSS_TO);
  putOnAgenda(UNSETTLED);
}

/** True while the orders of an auction trade, which may take several steps. While trading is suspended that stands still. */
export function isUncrossing(): bool {
  return load<u32>(ROOT_UNCROSSINGS) != 0 && load<u32>(ROOT_SUSPENDED) == 0;
}

/** Goes on with the uncrossings that were begun, as far as the command may. */
export function uncrossMarkets(): void {
  if (load<u32>(ROOT_SUSPENDED) != 0) return;
  while (load<u32>(ROOT_UNCROSSINGS) != 0) {
    const rare = firstNode(ROOT_UNCROSSINGS) - RARE_UNCROSSING;
    const index = <u32>((rare - RARES) >> RARE_SHIFT);
    if (!uncross(marketAt(index)) || !touchOnce()) return;
    changeState(marketAt(index), index, load<u16>(rare, RARE_UNCROSS_TO));
  }
}

/** Counts a touch. Returns false if the command has none left. */
function touchOnce(): bool {
  const touches = getTouches();
  if (touches == TOUCHES_MAX) return false;
  setTouches(touches + 1);
  return true;
}

/** Returns false if the command may meet no more makers. */
function uncross(market: usize): bool {
  while (true) {
    const ticks = nextPrice(market);
    if (ticks != 0 && !tradeAt(market, ticks)) return false;
    if (!hasMarketOrders(market) && !isCrossed(market)) return true;
    // Without them, what their collars kept apart may trade.
    if (!endMarketOrders(market, BUY) || !endMarketOrders(market, SELL)) return false;
  }
}

/** The price at which orders trade next, 0 for none: one price, in however many steps, as long as any trade at it. */
function nextPrice(market: usize): u32 {
  const last = load<u32>(market, MARKET_LAST);
  if (hasTraded(market) && firstOrder(market, BUY, last) != 0 && firstOrder(market, SELL, last) != 0) return last;
  return findPrice(market) ? foundPrice() : 0;
}

/** True if anything has traded since the market began to uncross. */
export function hasTraded(market: usize): bool {
  return load<u64>(market, MARKET_TRADES) > load<u64>(market, MARKET_UNCROSS_FROM);
}

/** Ends the market orders of a side that an uncrossing has left. Returns false if the command may meet no more makers. */
function endMarketOrders(market: usize, side: u32): bool {
  for (let node = firstMarketOrder(market, side); node != 0; node = firstMarketOrder(market, side)) {
    if (!touchOnce()) return false;
    const order = orderOfDark(node);
    const id = idOf(order);
    emitCanceled(NO_LIQUIDITY, id, removeAnyOrder(order));
  }
  return true;
}

/**
 * Lets the first orders of both sides trade at a price, as long as there are any that reach it, which is its volume: nobody counts
 * that, because an uncrossing of many steps would count all that is left in each. Returns false if the command may meet no more
 * makers.
 */
function tradeAt(market: usize, ticks: u32): bool {
  while (true) {
    const buy = firstOrder(market, BUY, ticks);
    const sell = firstOrder(market, SELL, ticks);
    if (buy == 0 || sell == 0) return true;
    const touches = getTouches();
    if (TOUCHES_MAX - touches < UNCROSSING_TOUCHES) return false;
    setTouches(touches + UNCROSSING_TOUCHES);
    trade(market, ticks, buy, sell);
  }
}

/** Lets two orders trade at a price what both offer. */
function trade(market: usize, ticks: u32, buy: usize, sell: usize): void {
  const lots = smaller(offeredLots(market, buy), offeredLots(market, sell));
  const base = lots * load<u64>(market, MARKET_LOT_QUANTA);
  const quote = lots * <u64>ticks * load<u64>(market, MARKET_TICK_LOT_QUANTA);
  const buyer = accountOf(buy);
  const seller = accountOf(sell);
  const buyFee = auctionFee(buyer, market, base);
  const sellFee = auctionFee(seller, market, quote);
  countTrade(buyer, seller, market, quote);
  const payRow = getPairRow(buyer, market, 1);
  release(payRow, reserveOf(market, BUY, priceOf(buy) - ticks, lots));
  spend(payRow, quote);
  spend(getPairRow(seller, market, 0), base);
  credit(getPairRow(buyer, market, 0), base - buyFee);
  credit(getPairRow(seller, market, 1), quote - sellFee);
  collectFee(load<u32>(market, MARKET_ASSET), buyFee);
  collectFee(load<u32>(market, MARKET_ASSET + 4), sellFee);
  const trades = load<u64>(market, MARKET_TRADES) + 1;
  store<u64>(market, trades, MARKET_TRADES);
  setLast(market, ticks);
  const buyDone = lots == lotsOf(buy) + hiddenOf(buy);
  const sellDone = lots == lotsOf(sell) + hiddenOf(sell);
  const flags = (<u32>buyDone << 16) | (<u32>sellDone << 24);
  const index = marketIndexOf(market);
  emitAuctioned(flags, index, ticks, trades, idOf(buy), idOf(sell), lots, buyFee, sellFee);
  countFill(buy, buyer, market, lots);
  countFill(sell, seller, market, lots);
  // Whatever traded all that it showed and is not done shows the next of it.
  if (!buyDone && lots >= lotsOf(buy)) store<u64>(specialOf(buy), trades, SPECIAL_RENEWED);
  if (!sellDone && lots >= lotsOf(sell)) store<u64>(specialOf(sell), trades, SPECIAL_RENEWED);
  reduceFirst(market, BUY, buy, lots);
  reduceFirst(market, SELL, sell, lots);
}

/** What an order trades at once: what it shows, or all it has if it has shown another part in this uncrossing already. */
function offeredLots(market: usize, order: usize): u64 {
  return isRenewed(market, order) ? lotsOf(order) + hiddenOf(order) : lotsOf(order);
}

/** True for an iceberg that has shown another part since its market began to uncross, and hides more. */
export function isRenewed(market: usize, order: usize): bool {
  if (hiddenOf(order) == 0) return false;
  return load<u64>(specialOf(order), SPECIAL_RENEWED) > load<u64>(market, MARKET_UNCROSS_FROM);
}

/** The price at which an order rests. */
export function priceOf(order: usize): u32 {
  if (isDark(order)) return load<u32>(specialOf(order), SPECIAL_TERMS + 12);
  return ticksOf(<usize>load<u32>(order, ORDER_LEVEL));
}

/** Takes traded lots, whose reserve is spent, off what the first order of a side shows, and then off what it hides. */
export function reduceFirst(market: usize, side: u32, order: usize, lots: u64): void {
  if (isDark(order)) return reduceDark(order, lots);
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  if (isSpecial(order)) noteLost(order, true);
  if (lots < lotsOf(order)) {
    store<u64>(order, load<u64>(order, ORDER_LOTS) - lots, ORDER_LOTS);
    return renewHead(market, side);
  }
  const fromHidden = lots - lotsOf(order);
  if (fromHidden != 0) {
    const record = specialOf(order);
    store<u64>(record, load<u64>(record, SPECIAL_HIDDEN) - fromHidden, SPECIAL_HIDDEN);
  }
  const next = <usize>load<u32>(order, ORDER_NEXT);
  const refills = hiddenOf(order) != 0;
  if (refills) {
    refill(order, level);
    // Alone in its level it stays the first.
    if (next == level) return renewHead(market, side);
  }
  store<u32>(level, <u32>next, LEVEL_NEXT);
  store<u32>(next, <u32>level, LEVEL_PREV);
  if (next == level) vacate(market, side, level);
  else renewHead(market, side);
  if (refills) return;
  endAnyOrder(order, true);
}

function reduceDark(order: usize, lots: u64): void {
  noteLost(order, true);
  store<u64>(order, load<u64>(order, ORDER_LOTS) - lots, ORDER_LOTS);
  if (lotsOf(order) == 0) endAnyOrder(order, true);
}

/** Notes that an auction's book is another: its indicative price is to be told. */
export function noteBook(market: usize): void {
  const rare = rareOf(market);
  if (hasPegs(market)) note(market);
  const noted = load<u16>(rare, RARE_NOTED);
  if (stateOf(market) != STATE_AUCTION || (noted & IS_BOOK_NEW) != 0) return;
  store<u16>(rare, <u16>(noted | IS_BOOK_NEW), RARE_NOTED);
  store<u64>(rare + RARE_BOOK, <u64>marketIndexOf(market), NODE_KEY);
  insertNode(ROOT_BOOKS, rare + RARE_BOOK);
  putOnAgenda(UNSETTLED);
}

/** Tells the indicative prices of the auctions whose books are others, as many as one command may, or notes when they may be told. */
export function showAuctions(): void {
  const now = load<u64>(ROOT_NOW_MS);
  let told: u32 = 0;
  while (load<u32>(ROOT_BOOKS) != 0) {
    const rare = firstNode(ROOT_BOOKS) - RARE_BOOK;
    removeNode(ROOT_BOOKS, rare + RARE_BOOK);
    store<u16>(rare, <u16>(load<u16>(rare, RARE_NOTED) & ~IS_BOOK_NEW), RARE_NOTED);
    const market = marketAt(<u32>((rare - RARES) >> RARE_SHIFT));
    if (stateOf(market) != STATE_AUCTION) continue;
    if (load<u64>(rare + RARE_SHOW, NODE_KEY) != 0) continue;
    const next = load<u64>(rare, RARE_NEXT_SHOW);
    if (now >= next && told < INDICATIVES_MAX) {
      showAuction(market);
      told++;
    } else {
      setTimer(market, RARE_SHOW, next > now ? next : now);
      if (next <= now) putOnAgenda(DUE);
    }
  }
}

export function showAuction(market: usize): void {
  const rare = rareOf(market);
  store<u64>(rare, load<u64>(ROOT_NOW_MS) + INDICATIVE_INTERVAL_MS, RARE_NEXT_SHOW);
  findPrice(market);
  const side = <u32>(foundSurplus() < 0);
  emitIndicative(side, marketIndexOf(market), foundPrice(), foundVolume(), sizeOf(foundSurplus()));
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
  if (load<u16>(rare, RARE_UNCROSS_TO) != 0) {
    removeNode(ROOT_UNCROSSINGS, rare + RARE_UNCROSSING);
    store<u16>(rare, 0, RARE_UNCROSS_TO);
  }
  stopTimer(market, RARE_REOPEN);
  stopTimer(market, RARE_SHOW);
  store<u64>(rare, 0, RARE_NEXT_SHOW);
}
