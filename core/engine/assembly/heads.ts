import { HEAD_LONG, LEVEL_NEXT, LOTS_MASK, MARKET_HEAD, MARKET_LEVEL, ORDER_LOTS } from "./memory";

// Heads: how many lots the oldest order at each of a market's best prices has, beside those prices, so that whoever reads
// both reads one line. Orders that come behind another change no head.
//
// Invariant: after every command a head is the lots of the first order of its side's best level, HEAD_LONG if they are that
// many or more, 0 if the side is empty.

/** The head of a side, of which `order` is the first, changes. `ours`: as the side's best price is addressed from. */
@inline
export function setHead(ours: usize, order: usize): void {
  const lots = load<u64>(order, ORDER_LOTS) & LOTS_MASK;
  store<u32>(ours, <u32>select<u64>(lots, HEAD_LONG, lots < HEAD_LONG), MARKET_HEAD);
}

/** The first order of a side's best level is another, or has other lots. The side has an order. */
export function renewHead(market: usize, side: u32): void {
  const ours = market + ((<usize>side) << 2);
  setHead(ours, <usize>load<u32>(<usize>load<u32>(ours, MARKET_LEVEL), LEVEL_NEXT));
}
