import {
  LOTS_OUT_OF_RANGE,
  MARKET,
  MARKET_BY_QUOTE,
  NOTIONAL_TOO_LARGE,
  NOTIONAL_TOO_SMALL,
  PRICE_OUTSIDE_BAND,
  PRICE_OUT_OF_RANGE,
} from "./codes";
import {
  MARKET_LAST,
  MARKET_PRICE_HIGH,
  MARKET_PRICE_LOW,
  MARKET_TICK_LOT_QUANTA,
  TERMS_LOTS_MAX,
  TERMS_LOTS_MIN,
  TERMS_NOTIONAL_MAX,
  TERMS_NOTIONAL_MIN,
  TERMS_PRICE_MAX,
  TERMS_PRICE_MIN,
} from "./memory";
import { productExceeds } from "./money";
import { marketIndexOf, termsAt } from "./root";

// Whether an order is one that its market takes: checks 5 to 8 of PLACE, matching.md §2.1.

/** Checks 5 to 8 of PLACE. Returns a reject code, or 0. */
export function checkTerms(market: usize, orderType: u32, ticks: u32, quantity: u64): u32 {
  const refusal = checkBounds(market, orderType, ticks, quantity);
  return refusal != 0 ? refusal : checkBand(market, orderType, ticks);
}

/** Check 8 of PLACE. Returns a reject code, or 0. */
export function checkBand(market: usize, orderType: u32, ticks: u32): u32 {
  if (orderType >= MARKET) return 0;
  const low = load<u32>(market, MARKET_PRICE_LOW);
  return ticks - low <= load<u32>(market, MARKET_PRICE_HIGH) - low ? 0 : PRICE_OUTSIDE_BAND;
}

/** True if an order at a price is dearer than its market lets one be. */
export function notionalExceeds(market: usize, ticks: u32, lots: u64): bool {
  const unit = <u64>ticks * load<u64>(market, MARKET_TICK_LOT_QUANTA);
  return productExceeds(unit, lots, load<u64>(termsAt(marketIndexOf(market)), TERMS_NOTIONAL_MAX));
}

/** Checks 5 to 7 of PLACE. Returns a reject code, or 0. */
export function checkBounds(market: usize, orderType: u32, ticks: u32, quantity: u64): u32 {
  const terms = termsAt(marketIndexOf(market));
  const isLimit = orderType < MARKET;
  if (
    isLimit &&
    (ticks < load<u32>(terms, TERMS_PRICE_MIN) || ticks > load<u32>(terms, TERMS_PRICE_MAX))
  ) {
    return PRICE_OUT_OF_RANGE;
  }
  const notionalMax = load<u64>(terms, TERMS_NOTIONAL_MAX);
  const notionalMin = load<u64>(terms, TERMS_NOTIONAL_MIN);
  if (orderType == MARKET_BY_QUOTE) {
    if (quantity < notionalMin) return NOTIONAL_TOO_SMALL;
    return quantity > notionalMax ? NOTIONAL_TOO_LARGE : 0;
  }
  if (quantity < load<u64>(terms, TERMS_LOTS_MIN) || quantity > load<u64>(terms, TERMS_LOTS_MAX)) {
    return LOTS_OUT_OF_RANGE;
  }
  const price = isLimit ? ticks : load<u32>(market, MARKET_LAST);
  const unit = (<u64>price) * load<u64>(market, MARKET_TICK_LOT_QUANTA);
  if (productExceeds(unit, quantity, notionalMax)) return NOTIONAL_TOO_LARGE;
  return unit * quantity < notionalMin ? NOTIONAL_TOO_SMALL : 0;
}
