import { setTimer } from "./auction";
import { crossesAny } from "./dark";
import {
  BUY,
  EVENT_MARKET_GUARD_SET,
  MALFORMED,
  MARKET_CLOSED,
  STATE_AUCTION,
  STATE_DELISTED,
  UNKNOWN_MARKET,
} from "./codes";
import { emitIndex, emitRejected } from "./events";
import { marketExists } from "./markets";
import {
  BAND_UP_PPM_MAX,
  MARKET_LAST,
  MARKET_WATCH,
  PPM,
  RARE_GUARD_AUCTION,
  RARE_GUARD_DOWN,
  RARE_GUARD_ENDS,
  RARE_GUARD_TICKS,
  RARE_GUARD_UP,
  RARE_GUARD_WINDOW,
  RARE_REOPEN,
  ROOT_NOW_MS,
  WATCH_GUARD,
} from "./memory";
import { marketAt, marketIndexOf } from "./root";
import { changeState, stateOf } from "./states";
import { rareOf, showBeforePause } from "./triggers";

// The guard of a market: matching.md §3.5.

/** SET_MARKET_GUARD. */
export function setMarketGuard(at: usize): void {
  const index = load<u32>(at, 4);
  const up = load<u32>(at, 8);
  const down = load<u32>(at, 12);
  const windowMs = load<u32>(at, 16);
  const auctionMs = load<u32>(at, 20);
  const isOff = (up | down) == 0;
  const isTimed = windowMs != 0 && auctionMs != 0;
  const isMeant = isOff ? (windowMs | auctionMs) == 0 : isTimed;
  if (up > BAND_UP_PPM_MAX || down > <u32>PPM || !isMeant) return emitRejected(MALFORMED, 0);
  if (!marketExists(index)) return emitRejected(UNKNOWN_MARKET, 0);
  const market = marketAt(index);
  if (stateOf(market) == STATE_DELISTED) return emitRejected(MARKET_CLOSED, 0);
  const rare = rareOf(market);
  store<u32>(rare, up, RARE_GUARD_UP);
  store<u32>(rare, down, RARE_GUARD_DOWN);
  store<u32>(rare, windowMs, RARE_GUARD_WINDOW);
  store<u32>(rare, auctionMs, RARE_GUARD_AUCTION);
  const others = load<u32>(market, MARKET_WATCH) & ~WATCH_GUARD;
  store<u32>(market, isOff ? others : others | WATCH_GUARD, MARKET_WATCH);
  if (isOff) {
    store<u32>(rare, 0, RARE_GUARD_TICKS);
    store<u64>(rare, 0, RARE_GUARD_ENDS);
  } else {
    moveGuard(market);
  }
  emitIndex(EVENT_MARKET_GUARD_SET, 0, index);
}

/** Measures a guard's distance from the last trade, from now on. */
export function moveGuard(market: usize): void {
  const rare = rareOf(market);
  store<u32>(rare, load<u32>(market, MARKET_LAST), RARE_GUARD_TICKS);
  const ends = load<u64>(ROOT_NOW_MS) + <u64>load<u32>(rare, RARE_GUARD_WINDOW);
  store<u64>(rare, ends, RARE_GUARD_ENDS);
}

@inline
export function isGuarded(market: usize): bool {
  return (load<u32>(market, MARKET_WATCH) & WATCH_GUARD) != 0;
}

/** The worst price at which an order limited to `limit` may trade now in a market that has a guard. */
export function reachOf(market: usize, side: u32, limit: u32): u32 {
  if (!crossesAny(market, side, limit)) return limit;
  const rare = rareOf(market);
  if (load<u64>(ROOT_NOW_MS) >= load<u64>(rare, RARE_GUARD_ENDS)) moveGuard(market);
  const ticks = <u64>load<u32>(rare, RARE_GUARD_TICKS);
  if (side == BUY) {
    const up = <u64>load<u32>(rare, RARE_GUARD_UP);
    const high = (ticks * (PPM + up)) / PPM;
    return up == 0 || <u64>limit < high ? limit : <u32>high;
  }
  const down = <u64>load<u32>(rare, RARE_GUARD_DOWN);
  const low = (ticks * (PPM - down) + (PPM - 1)) / PPM;
  return down == 0 || <u64>limit > low ? limit : <u32>low;
}

/** True if only the guard keeps an order from the best opposite price. */
export function isHeld(market: usize, side: u32, limit: u32, reach: u32): bool {
  return crossesAny(market, side, limit) && !crossesAny(market, side, reach);
}

/** Pauses a market in an auction, which ends by itself. */
export function pause(market: usize): void {
  showBeforePause(market);
  changeState(market, marketIndexOf(market), STATE_AUCTION);
  const length = <u64>load<u32>(rareOf(market), RARE_GUARD_AUCTION);
  setTimer(market, RARE_REOPEN, load<u64>(ROOT_NOW_MS) + length);
}
