import {
  ACCOUNTS,
  ACCOUNT_SHIFT_BYTES,
  MARKETS,
  MARKET_SHIFT,
  ORDERS,
  ORDER_SHIFT,
  OWNERS,
  OWNER_SHIFT,
  TERMS,
  TERMS_BYTES,
} from "./memory";

/** Stops the engine for good: an invariant does not hold. The number leads to its text in src/hot/invariants.ts. */
export function broken(invariant: u32): void {
  brokenInvariant = invariant;
  unreachable();
}
let brokenInvariant: u32 = 0;
/** Which invariant `broken` named, after a trap. */
export function invariantBroken(): u32 {
  return brokenInvariant;
}

// Numbers of the invariants that are always checked; audit.ts has those from 101 on.
export const BROKEN_RESERVE: u32 = 1;
export const BROKEN_AVAILABLE: u32 = 2;
export const BROKEN_COMMAND_KIND: u32 = 4;
export const BROKEN_COMMAND_END: u32 = 5;
export const BROKEN_ROW: u32 = 6;
export const BROKEN_CLIENT: u32 = 8;
export const BROKEN_MEMORY: u32 = 9;
export const BROKEN_SPECIAL: u32 = 10;

@inline
export function marketAt(index: u32): usize {
  return MARKETS + ((<usize>index) << MARKET_SHIFT);
}
@inline
export function marketIndexOf(market: usize): u32 {
  return <u32>((market - MARKETS) >> MARKET_SHIFT);
}
@inline
export function termsAt(index: u32): usize {
  return TERMS + <usize>index * TERMS_BYTES;
}
@inline
export function accountAt(index: u32): usize {
  return ACCOUNTS + ((<usize>index) << ACCOUNT_SHIFT_BYTES);
}
/** The record of what an account needs seldom. */
@inline
export function ownerAt(index: u32): usize {
  return OWNERS + ((<usize>index) << OWNER_SHIFT);
}
@inline
export function orderAt(slot: u32): usize {
  return ORDERS + ((<usize>slot) << ORDER_SHIFT);
}
@inline
export function slotOf(order: usize): u32 {
  return <u32>((order - ORDERS) >> ORDER_SHIFT);
}
