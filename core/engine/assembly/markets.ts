import { bitsBytes } from "./bits";
import { blockBytes, reserveBlocks, takeBlock } from "./blocks";
import {
  EVENT_MARKET_LISTED,
  INVALID_LISTING,
  EVENT_MARKET_CHANGED,
  MARKET_CLOSED,
  MARKET_NOT_CLOSED,
  MARKET_NOT_EMPTY,
  STATE_CLOSED,
  STATE_DELISTED,
  STATE_TRADING,
  UNKNOWN_MARKET,
  MARKETS_CHANGED,
  MARKETS_FULL,
} from "./codes";
import { emitIndex, emitRejected } from "./events";
import {
  ANSWERS,
  BAND_UP_PPM_MAX,
  FEE_PPM_MAX,
  LOTS_MAX,
  LOTS_SAFE_MAX,
  MARKET_ASSET,
  MARKET_BAND_DOWN,
  MARKET_BAND_UP,
  MARKET_BEST,
  MARKET_BITS,
  MARKET_ENTRIES,
  MARKET_LAST,
  MARKET_LEVEL,
  RARE_WAITING,
  TERMS_MARKET,
  MARKET_LOTS_SAFE,
  MARKET_LOT_QUANTA,
  MARKET_MAKER_PPM,
  MARKET_PRICE_HIGH,
  MARKET_PRICE_LOW,
  MARKET_QUICK,
  QUICK_LOTS_MASK,
  QUICK_SHIFT,
  MARKET_STATE,
  MARKET_TABLE,
  MARKET_TAKER_PPM,
  MARKET_TICK_LOT_QUANTA,
  MARKET_WATCH,
  NO_ASK,
  NO_BID,
  WHOLE_PAGE_TICKS_SHIFT,
  PPM,
  PRICE_TICKS_MAX,
  QUANTA_MAX,
  ROOT_ASSETS,
  ROOT_GUARDED,
  ROOT_NO_TABLE,
  ROOT_LADDER_ENTRIES,
  ROOT_LADDER_ENTRIES_MAX,
  ROOT_MARKETS,
  ROOT_MARKETS_MAX,
  TERMS_BAND_DOWN,
  TERMS_BAND_UP,
  TERMS_BASE,
  TERMS_BYTES,
  TERMS_KEPT,
  TERMS_LOTS_MAX,
  TERMS_LOTS_MIN,
  TERMS_LOT_QUANTA,
  TERMS_MAKER_PPM,
  TERMS_NOTIONAL_MAX,
  TERMS_NOTIONAL_MIN,
  TERMS_PRICE_MAX,
  TERMS_PRICE_MIN,
  TERMS_QUOTE,
  TERMS_REFERENCE,
  TERMS_STATE,
  TERMS_TAKER_PPM,
  TERMS_TICK_LOT_QUANTA,
  WATCH_DARK,
  WATCH_LAST,
  WATCH_OUTER,
} from "./memory";
import { productExceeds, smaller } from "./money";
import { noteLast, rareOf } from "./triggers";
import { changeState, looksAtCancels, stateIsKnown, stateOf, suspendIfTold } from "./states";
import { marketAt, marketIndexOf, termsAt } from "./root";
import { tablesBytesMax } from "./tables";

@inline
export function marketExists(index: u32): bool {
  return index < load<u32>(ROOT_MARKETS);
}

/** LIST_MARKET. Source: matching.md §2.6, §2.7. */
export function listMarket(at: usize): void {
  const index = load<u32>(ROOT_MARKETS);
  const entries = <u64>(load<u32>(at, TERMS_PRICE_MAX) >> WHOLE_PAGE_TICKS_SHIFT) + 1;
  const taken = <u64>load<u32>(ROOT_LADDER_ENTRIES) + 2 * entries;
  const numberAndOne = load<u32>(at, TERMS_MARKET);
  if (numberAndOne != 0 && numberAndOne - 1 != index) return emitRejected(MARKETS_CHANGED, 0);
  if (index >= load<u32>(ROOT_MARKETS_MAX) || taken > <u64>load<u32>(ROOT_LADDER_ENTRIES_MAX)) {
    return emitRejected(MARKETS_FULL, 0);
  }
  if (!termsAreValid(at)) return emitRejected(INVALID_LISTING, 0);
  store<u32>(ROOT_MARKETS, index + 1);
  store<u32>(ROOT_LADDER_ENTRIES, <u32>taken);
  memory.copy(termsAt(index), at, TERMS_BYTES);
  store<u32>(termsAt(index), 0, TERMS_MARKET);
  fillMarket(marketAt(index), at, <u32>entries);
  if (looksAtCancels(load<u8>(at, TERMS_STATE))) {
    store<u32>(ROOT_GUARDED, load<u32>(ROOT_GUARDED) + 1);
  }
  emitIndex(EVENT_MARKET_LISTED, 0, index);
}

function termsAreValid(at: usize): bool {
  const assets = load<u32>(ROOT_ASSETS);
  const base = load<u32>(at, TERMS_BASE);
  const quote = load<u32>(at, TERMS_QUOTE);
  const priceMin = load<u32>(at, TERMS_PRICE_MIN);
  const priceMax = load<u32>(at, TERMS_PRICE_MAX);
  const reference = load<u32>(at, TERMS_REFERENCE);
  const lotsMin = load<u64>(at, TERMS_LOTS_MIN);
  const lotsMax = load<u64>(at, TERMS_LOTS_MAX);
  const lotQuanta = load<u64>(at, TERMS_LOT_QUANTA);
  const tickLotQuanta = load<u64>(at, TERMS_TICK_LOT_QUANTA);
  const notionalMin = load<u64>(at, TERMS_NOTIONAL_MIN);
  const notionalMax = load<u64>(at, TERMS_NOTIONAL_MAX);
  const state = <u32>load<u8>(at, TERMS_STATE);
  if (!stateIsKnown(state) || state == STATE_DELISTED) return false;
  if (base >= assets || quote >= assets || base == quote) return false;
  if (priceMin < 1 || reference < priceMin || priceMax < reference) return false;
  if (priceMax > PRICE_TICKS_MAX) return false;
  if (lotsMin < 1 || lotsMax < lotsMin || lotsMax > LOTS_MAX) return false;
  if (lotQuanta < 1 || productExceeds(lotsMax, lotQuanta, QUANTA_MAX)) return false;
  if (tickLotQuanta < 1 || productExceeds(priceMax, tickLotQuanta, QUANTA_MAX)) return false;
  if (notionalMin < 1 || notionalMax < notionalMin || notionalMax > QUANTA_MAX) return false;
  return (
    load<u32>(at, TERMS_MAKER_PPM) <= FEE_PPM_MAX &&
    load<u32>(at, TERMS_TAKER_PPM) <= FEE_PPM_MAX &&
    load<u32>(at, TERMS_BAND_UP) <= BAND_UP_PPM_MAX &&
    load<u32>(at, TERMS_BAND_DOWN) <= <u32>PPM
  );
}

function fillMarket(market: usize, at: usize, entries: u32): void {
  store<u32>(market, NO_BID, MARKET_BEST);
  store<u32>(market, NO_ASK, MARKET_BEST + 4);
  store<u64>(market, load<u64>(at, TERMS_TICK_LOT_QUANTA), MARKET_TICK_LOT_QUANTA);
  store<u64>(market, load<u64>(at, TERMS_LOT_QUANTA), MARKET_LOT_QUANTA);
  store<u32>(market, load<u32>(at, TERMS_BASE), MARKET_ASSET);
  store<u32>(market, load<u32>(at, TERMS_QUOTE), MARKET_ASSET + 4);
  store<u32>(market, load<u8>(at, TERMS_STATE), MARKET_STATE);
  store<u32>(market, entries, MARKET_ENTRIES);
  fillBounds(market, at);
  suspendIfTold(market);
  const bits = <u32>bitsBytes(entries);
  const bitsOfBoth = blockBytes(2 * bits);
  reserveBlocks(<u64>bitsOfBoth + 2 * tablesBytesMax(2 * entries));
  const start = <u32>takeBlock(bitsOfBoth);
  store<u32>(market, start, MARKET_BITS);
  store<u32>(market, start + bits, MARKET_BITS + 4);
  store<u32>(market, <u32>ROOT_NO_TABLE, MARKET_TABLE);
  store<u32>(market, <u32>ROOT_NO_TABLE, MARKET_TABLE + 4);
  const reference = load<u32>(at, TERMS_REFERENCE);
  store<u32>(market, reference, MARKET_LAST);
  setRange(market, reference);
}

/** The part of a market's terms that may change. */
function fillBounds(market: usize, at: usize): void {
  const shift = 64 - <u32>clz(load<u64>(at, TERMS_NOTIONAL_MIN) - 1);
  const lotsMin = <u32>load<u64>(at, TERMS_LOTS_MIN) & QUICK_LOTS_MASK;
  store<u32>(market, lotsMin | (shift << QUICK_SHIFT), MARKET_QUICK);
  store<u32>(market, load<u32>(at, TERMS_MAKER_PPM), MARKET_MAKER_PPM);
  store<u32>(market, load<u32>(at, TERMS_TAKER_PPM), MARKET_TAKER_PPM);
  store<u32>(market, load<u32>(at, TERMS_BAND_UP), MARKET_BAND_UP);
  store<u32>(market, load<u32>(at, TERMS_BAND_DOWN), MARKET_BAND_DOWN);
}

/** CHANGE_MARKET. */
export function changeMarket(at: usize): void {
  const index = load<u32>(at, TERMS_MARKET);
  if (!marketExists(index)) return emitRejected(UNKNOWN_MARKET, 0);
  const market = marketAt(index);
  if (stateOf(market) == STATE_DELISTED) return emitRejected(MARKET_CLOSED, 0);
  const terms = termsAt(index);
  const changed = changedTerms(terms, at);
  if (!fixedTermsAreSame(terms, changed) || !termsAreValid(changed)) {
    return emitRejected(INVALID_LISTING, 0);
  }
  memory.copy(terms, changed, TERMS_BYTES);
  fillBounds(market, terms);
  setSafe(market);
  setRange(market, load<u32>(market, MARKET_LAST));
  emitIndex(EVENT_MARKET_CHANGED, 0, index);
}

/** In scratch: `terms` with those in their places that the CHANGE_MARKET at `at` names. */
function changedTerms(terms: usize, at: usize): usize {
  memory.copy(ANSWERS, terms, TERMS_BYTES);
  let kept = <u32>load<u16>(at, TERMS_KEPT);
  if ((kept & 1) == 0) store<u8>(ANSWERS, load<u8>(at, TERMS_STATE), TERMS_STATE);
  for (let offset = TERMS_BASE; offset < TERMS_MARKET;) {
    const isWide = offset >= TERMS_LOT_QUANTA && offset < TERMS_MAKER_PPM;
    const bytes: usize = isWide ? 8 : 4;
    kept >>= 1;
    if ((kept & 1) == 0) memory.copy(ANSWERS + offset, at + offset, bytes);
    offset += bytes;
  }
  return ANSWERS;
}

/** What the orders and the money of a market are measured by, and its state. */
function fixedTermsAreSame(terms: usize, at: usize): bool {
  if (load<u8>(terms, TERMS_STATE) != load<u8>(at, TERMS_STATE)) return false;
  for (let offset = TERMS_BASE; offset < TERMS_LOTS_MIN; offset += 8) {
    if (load<u64>(terms + offset) != load<u64>(at + offset)) return false;
  }
  return load<u32>(terms, TERMS_REFERENCE) == load<u32>(at, TERMS_REFERENCE);
}

/** DELIST_MARKET. */
export function delistMarket(at: usize): void {
  const index = load<u32>(at, 4);
  if (!marketExists(index)) return emitRejected(UNKNOWN_MARKET, 0);
  const market = marketAt(index);
  if (stateOf(market) != STATE_CLOSED) return emitRejected(MARKET_NOT_CLOSED, 0);
  const resting = load<u32>(market, MARKET_LEVEL) | load<u32>(market, MARKET_LEVEL + 4);
  if ((resting | load<u32>(rareOf(market), RARE_WAITING)) != 0) {
    return emitRejected(MARKET_NOT_EMPTY, 0);
  }
  changeState(market, index, STATE_DELISTED);
}

/** Sets the last trade's price, and the price range that follows from it (matching.md §5). */
@inline
export function setLast(market: usize, ticks: u32): void {
  if (load<u32>(market, MARKET_LAST) == ticks) return;
  store<u32>(market, ticks, MARKET_LAST);
  const bands = load<u32>(market, MARKET_BAND_UP) | load<u32>(market, MARKET_BAND_DOWN);
  if ((bands | (load<u32>(market, MARKET_WATCH) & WATCH_LAST)) != 0) followLast(market, ticks);
}

export function followLast(market: usize, last: u32): void {
  setRange(market, last);
  if ((load<u32>(market, MARKET_WATCH) & WATCH_LAST) != 0) noteLast(market, last);
}

/** Sets up to which lots an order may pass with few looks. */
export function setSafe(market: usize): void {
  const terms = termsAt(marketIndexOf(market));
  const dearest = <u64>load<u32>(terms, TERMS_PRICE_MAX) * load<u64>(terms, TERMS_TICK_LOT_QUANTA);
  const affordable = load<u64>(terms, TERMS_NOTIONAL_MAX) / dearest;
  const safe = smaller(load<u64>(terms, TERMS_LOTS_MAX), affordable);
  const isSafe =
    load<u32>(market, MARKET_STATE) == STATE_TRADING &&
    (load<u32>(market, MARKET_WATCH) & (WATCH_DARK | WATCH_OUTER)) == 0 &&
    load<u64>(terms, TERMS_LOTS_MIN) <= QUICK_LOTS_MASK;
  store<u32>(market, isSafe ? <u32>smaller(safe, LOTS_SAFE_MAX) : 0, MARKET_LOTS_SAFE);
}

export function setRange(market: usize, last: u32): void {
  store<u32>(market, lowAround(market, last), MARKET_PRICE_LOW);
  store<u32>(market, highAround(market, last), MARKET_PRICE_HIGH);
}

/** The lowest price that an order may have where `last` is the last trade's. */
@inline
export function lowAround(market: usize, last: u32): u32 {
  const low = load<u32>(termsAt(marketIndexOf(market)), TERMS_PRICE_MIN);
  const down = <u64>load<u32>(market, MARKET_BAND_DOWN);
  if (down == 0) return low;
  const bandLow = (<u64>last * (PPM - down) + (PPM - 1)) / PPM;
  return bandLow > <u64>low ? <u32>bandLow : low;
}

/** The highest. */
@inline
export function highAround(market: usize, last: u32): u32 {
  const high = load<u32>(termsAt(marketIndexOf(market)), TERMS_PRICE_MAX);
  const up = <u64>load<u32>(market, MARKET_BAND_UP);
  if (up == 0) return high;
  const bandHigh = (<u64>last * (PPM + up)) / PPM;
  return bandHigh < <u64>high ? <u32>bandHigh : high;
}
