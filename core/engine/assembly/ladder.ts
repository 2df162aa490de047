import { clearBit, nextAbove, nextBelow, setBit } from "./bits";
import { BUY, SELL } from "./codes";
import { setHead } from "./heads";
import {
  LEVELS_PER_PAGE,
  LEVEL_NEXT,
  LEVEL_PREV,
  LEVEL_SHIFT,
  MARKET_BEST,
  MARKET_BITS,
  MARKET_ENTRIES,
  MARKET_HEAD,
  MARKET_INDEX_MASK,
  MARKET_LEVEL,
  MARKET_WATCH,
  NO_ASK,
  NO_BID,
  PAGES,
  PAGE_BASE,
  PAGE_BYTES,
  PAGE_HEADS,
  PAGE_HEAD_SHIFT,
  PAGE_MARKET,
  PAGE_OCCUPANCY,
  PAGE_SHIFT,
  PAGE_SIDE_SHIFT,
  PAGE_TICKS_SHIFT,
  PAGE_TICK_MASK,
  ROOT_PAGES_CUT,
  ROOT_PAGES_MAX,
  ROOT_PAGES_USED,
  ROOT_PAGE_FREE,
  WATCH_PEGS,
  WATCH_QUOTE,
} from "./memory";
import { marketAt, marketIndexOf } from "./root";
import { clearPage, pageAt, pageOf, setPage } from "./tables";
import { note } from "./triggers";

// The ladders: for each side of a market a table of pages, a page for each 8 ticks where an order
// waits. A page comes with the first order of its levels and goes with the last (matching.md §1).
//
// Invariant: a level's bit in its page's occupancy is set exactly while an order waits in it; a page is in its table, and a
// bit for its whole page set in its side's bitmap, exactly while its occupancy is not 0.

@inline
export function pageHeadOf(level: usize): usize {
  return PAGE_HEADS + (((level - PAGES) >> PAGE_SHIFT) << PAGE_HEAD_SHIFT);
}
@inline
function levelIndexOf(level: usize): u32 {
  return (<u32>(level >> LEVEL_SHIFT)) & (LEVELS_PER_PAGE - 1);
}
@inline
export function ticksOf(level: usize): u32 {
  return (load<u32>(pageHeadOf(level), PAGE_BASE) & PAGE_TICK_MASK) + levelIndexOf(level);
}
@inline
export function marketOf(level: usize): usize {
  return marketAt(load<u32>(pageHeadOf(level), PAGE_MARKET) & MARKET_INDEX_MASK);
}
@inline
export function roomForLevel(market: usize, side: u32, ticks: u32): bool {
  const ours = market + ((<usize>side) << 2);
  const number = ticks >> PAGE_TICKS_SHIFT;
  if ((pageAt(ours, number) | pageAt(ours, number ^ 1)) != 0) return true;
  return load<u32>(ROOT_PAGES_USED) < load<u32>(ROOT_PAGES_MAX);
}

/** The level of a price, its page made if it is not in use. The caller has checked `roomForLevel`. */
@inline
export function levelFor(market: usize, side: u32, ticks: u32): usize {
  let page = pageOf(market, side, ticks);
  if (page == 0) page = makePage(market, side, ticks);
  return levelIn(page, ticks);
}

/** The level of a price in its page. */
@inline
export function levelIn(page: usize, ticks: u32): usize {
  return page + ((<usize>(ticks & (LEVELS_PER_PAGE - 1))) << LEVEL_SHIFT);
}

export function makePage(market: usize, side: u32, ticks: u32): usize {
  let page = <usize>load<u32>(ROOT_PAGE_FREE);
  if (page != 0) {
    // A free page is all empty levels, but for the first word, which links the free pages.
    store<u32>(ROOT_PAGE_FREE, load<u32>(page));
    store<u32>(page, <u32>page, LEVEL_NEXT);
  } else {
    const cut = load<u32>(ROOT_PAGES_CUT);
    store<u32>(ROOT_PAGES_CUT, cut + 1);
    page = PAGES + ((<usize>cut) << PAGE_SHIFT);
    for (let level = page; level < page + PAGE_BYTES; level += (<usize>1) << LEVEL_SHIFT) {
      store<u32>(level, <u32>level, LEVEL_NEXT);
      store<u32>(level, <u32>level, LEVEL_PREV);
    }
  }
  const head = pageHeadOf(page);
  // With no level occupied.
  store<u32>(head, marketIndexOf(market), PAGE_MARKET);
  store<u32>(head, (ticks & ~(LEVELS_PER_PAGE - 1)) | (side << PAGE_SIDE_SHIFT), PAGE_BASE);
  const ours = market + ((<usize>side) << 2);
  const entries = load<u32>(market, MARKET_ENTRIES);
  const number = ticks >> PAGE_TICKS_SHIFT;
  setPage(ours, entries * 2, number, page);
  if (pageAt(ours, number ^ 1) == 0) {
    store<u32>(ROOT_PAGES_USED, load<u32>(ROOT_PAGES_USED) + 1);
    setBit(<usize>load<u32>(ours, MARKET_BITS), entries, number >> 1);
  }
  return page;
}

/** A level has received its first order: marks it, and makes it the best if it is. */
export function occupy(market: usize, side: u32, ticks: u32, level: usize): void {
  const head = pageHeadOf(level);
  const occupancy = <u32>load<u8>(head, PAGE_OCCUPANCY) | (1 << (ticks & (LEVELS_PER_PAGE - 1)));
  store<u8>(head, <u8>occupancy, PAGE_OCCUPANCY);
  const ours = market + ((<usize>side) << 2);
  // For asks all bits are flipped, so that on both sides better means greater.
  const flip = 0 - side;
  if ((ticks ^ flip) > (load<u32>(ours, MARKET_BEST) ^ flip)) {
    store<u32>(ours, ticks, MARKET_BEST);
    store<u32>(ours, <u32>level, MARKET_LEVEL);
    setHead(ours, <usize>load<u32>(level, LEVEL_NEXT));
    if ((load<u32>(market, MARKET_WATCH) & (WATCH_QUOTE | WATCH_PEGS)) != 0) note(market);
  }
}

/** A level has lost its last order: unmarks it, frees its page if that is empty, finds the next best. */
export function vacate(market: usize, side: u32, level: usize): void {
  const head = pageHeadOf(level);
  const index = levelIndexOf(level);
  const occupancy = <u32>load<u8>(head, PAGE_OCCUPANCY) & ~((<u32>1) << index);
  store<u8>(head, <u8>occupancy, PAGE_OCCUPANCY);
  const ours = market + ((<usize>side) << 2);
  const base = load<u32>(head, PAGE_BASE) & PAGE_TICK_MASK;
  const isBest = load<u32>(ours, MARKET_LEVEL) == <u32>level;
  const watched = load<u32>(market, MARKET_WATCH) & (WATCH_QUOTE | WATCH_PEGS);
  if (isBest && watched != 0) note(market);
  if (occupancy != 0) {
    // The best level of a side is the last of its page on that side, so the next is in the page too.
    if (isBest) {
      const next = side == SELL ? <u32>ctz(occupancy) : 31 - <u32>clz(occupancy);
      const best = level + ((<usize>next) << LEVEL_SHIFT) - ((<usize>index) << LEVEL_SHIFT);
      store<u32>(ours, base + next, MARKET_BEST);
      store<u32>(ours, <u32>best, MARKET_LEVEL);
      setHead(ours, <usize>load<u32>(best, LEVEL_NEXT));
    }
    return;
  }
  const number = base >> PAGE_TICKS_SHIFT;
  clearPage(ours, number);
  freePage(level & ~(PAGE_BYTES - 1));
  if (pageAt(ours, number ^ 1) == 0) {
    store<u32>(ROOT_PAGES_USED, load<u32>(ROOT_PAGES_USED) - 1);
    clearBit(<usize>load<u32>(ours, MARKET_BITS), load<u32>(market, MARKET_ENTRIES), number >> 1);
  }
  if (isBest) takeBest(ours, side, nextPage(market, ours, number, side == SELL));
}

/** The next page of a side, above or below a page number, or 0. */
function nextPage(market: usize, ours: usize, number: u32, isUp: bool): usize {
  // The other half of the whole page, if that is where it has to be.
  const other = pageAt(ours, number ^ 1);
  if (other != 0 && isUp == ((number & 1) == 0)) return other;
  const entries = load<u32>(market, MARKET_ENTRIES);
  const bits = <usize>load<u32>(ours, MARKET_BITS);
  const whole = number >> 1;
  const next = isUp ? nextAbove(bits, entries, whole) : nextBelow(bits, entries, whole);
  if (next < 0) return 0;
  const nearer = ((<u32>next) << 1) | <u32>!isUp;
  const near = pageAt(ours, nearer);
  return near != 0 ? near : pageAt(ours, nearer ^ 1);
}

function freePage(page: usize): void {
  store<u32>(page, load<u32>(ROOT_PAGE_FREE));
  store<u32>(ROOT_PAGE_FREE, <u32>page);
}

/** Makes the best level of a page of a side its best, or none for 0. */
function takeBest(ours: usize, side: u32, page: usize): void {
  if (page == 0) {
    store<u32>(ours, side == SELL ? NO_ASK : NO_BID, MARKET_BEST);
    store<u32>(ours, 0, MARKET_LEVEL);
    store<u32>(ours, 0, MARKET_HEAD);
    return;
  }
  const level = bestOfPage(page, side);
  store<u32>(ours, ticksOf(level), MARKET_BEST);
  store<u32>(ours, <u32>level, MARKET_LEVEL);
  setHead(ours, <usize>load<u32>(level, LEVEL_NEXT));
}

function bestOfPage(page: usize, side: u32): usize {
  const occupancy = <u32>load<u8>(pageHeadOf(page), PAGE_OCCUPANCY);
  const index = side == SELL ? <usize>ctz(occupancy) : 31 - <usize>clz(occupancy);
  return page + (index << LEVEL_SHIFT);
}

/** The next worse level of its side that holds an order, or 0. */
export function nextWorse(market: usize, side: u32, level: usize): usize {
  return neighbour(market, side, level, side == SELL);
}

/** The next level of its side, at a higher price, that holds an order, or 0. */
export function nextAboveLevel(market: usize, side: u32, level: usize): usize {
  return neighbour(market, side, level, true);
}

function neighbour(market: usize, side: u32, level: usize, isUp: bool): usize {
  const head = pageHeadOf(level);
  const occupancy = <u32>load<u8>(head, PAGE_OCCUPANCY);
  const index = levelIndexOf(level);
  const rest = isUp ? occupancy & ~(((<u32>2) << index) - 1) : occupancy & (((<u32>1) << index) - 1);
  const page = level & ~(PAGE_BYTES - 1);
  if (rest != 0) {
    const found = isUp ? <usize>ctz(rest) : 31 - <usize>clz(rest);
    return page + (found << LEVEL_SHIFT);
  }
  const number = (load<u32>(head, PAGE_BASE) & PAGE_TICK_MASK) >> PAGE_TICKS_SHIFT;
  const next = nextPage(market, market + ((<usize>side) << 2), number, isUp);
  // Coming from below, a page's lowest level is the next; from above its highest.
  return next == 0 ? 0 : bestOfPage(next, isUp ? SELL : BUY);
}
