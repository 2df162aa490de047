import type { Order } from "./exchange.ts";
import { compareBySequence, getSpecial } from "./specials.ts";

/** The order that ends first comes first. Source: matching.md §3.3. */
export function compareByExpiry(left: Order, right: Order): number {
  const earlier = getSpecial(left).expiresMs - getSpecial(right).expiresMs;
  return earlier === 0 ? compareBySequence(left, right) : earlier;
}
