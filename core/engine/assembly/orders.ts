import { getPairRow, release, reserve } from "./accounts";
import { dropClient } from "./clients";
import { BUY } from "./codes";
import { levelFor, marketOf, occupy, ticksOf, vacate } from "./ladder";
import {
  ACCOUNT_MASK,
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_ORDER_HEAD,
  ACCOUNT_SHIFT,
  GENERATION_MASK,
  LEVEL_LOTS,
  LEVEL_NEXT,
  LEVEL_PREV,
  LOTS_MASK,
  MARKET_ASSET,
  MARKET_LOT_QUANTA,
  MARKET_TICK_LOT_QUANTA,
  ORDER_LEVEL,
  ORDER_LOTS,
  ORDER_NEXT,
  ORDER_OWNER_NEXT,
  ORDER_OWNER_PREV,
  ORDER_PREV,
  ORDER_STAMP,
  ROOT_ORDERS_MAX,
  ROOT_SLOTS_FREE,
  ROOT_SLOTS_USED,
  ROOT_SLOTS_USED_UP,
  ROOT_SLOT_FREE,
  SLOT_BITS,
  SLOT_MASK,
  STAMP_CLIENT,
  STAMP_FREE,
  STAMP_SIDE_SHIFT,
} from "./memory";
import { BROKEN_LEVEL_LOTS, accountAt, broken, orderAt, slotOf } from "./root";
import { removeSpecial } from "./specials";

/** Of a word of lots: all but the mark of a special order. */
const PLAIN_MASK: u64 = 0x7fff_ffff_ffff_ffff;

// The order table: slots and their generations, the owners' lists, and taking an order out of the book.

@inline
export function lotsOf(order: usize): u64 {
  return load<u64>(order, ORDER_LOTS) & LOTS_MASK;
}
@inline
export function accountOf(order: usize): u32 {
  return <u32>(load<u64>(order, ORDER_LOTS) >> ACCOUNT_SHIFT) & ACCOUNT_MASK;
}
@inline
export function isSpecial(order: usize): bool {
  return <i64>load<u64>(order, ORDER_LOTS) < 0;
}
@inline
export function sideOf(order: usize): u32 {
  return (load<u32>(order, ORDER_STAMP) >> STAMP_SIDE_SHIFT) & 1;
}
@inline
export function idOf(order: usize): u64 {
  const generation = <u64>(load<u32>(order, ORDER_STAMP) & GENERATION_MASK);
  return (generation << SLOT_BITS) | <u64>slotOf(order);
}

/** The open order with this id, or 0. */
@inline
export function findOrder(id: u64): usize {
  const slot = (<u32>id) & SLOT_MASK;
  if (slot - 1 >= load<u32>(ROOT_SLOTS_USED)) return 0;
  const order = orderAt(slot);
  const stamp = load<u32>(order, ORDER_STAMP);
  // The free bit is tested by itself: an id from outside may have any bit set.
  if (<u64>(stamp & GENERATION_MASK) != id >> SLOT_BITS) return 0;
  if ((stamp & STAMP_FREE) != 0) return 0;
  return order;
}

@inline
export function roomForOrder(): bool {
  return (
    load<u32>(ROOT_SLOT_FREE) != 0 || load<u32>(ROOT_SLOTS_USED) < load<u32>(ROOT_ORDERS_MAX)
  );
}

/** Orders that wait in a book. */
export function openOrderCount(): u32 {
  return load<u32>(ROOT_SLOTS_USED) - load<u32>(ROOT_SLOTS_FREE) - load<u32>(ROOT_SLOTS_USED_UP);
}

/** Takes a slot. The caller has checked `roomForOrder`; it sets every field but the generation. */
export function takeSlot(): usize {
  if (load<u32>(ROOT_SLOT_FREE) != 0) return takeFreeSlot();
  const slot = load<u32>(ROOT_SLOTS_USED) + 1;
  store<u32>(ROOT_SLOTS_USED, slot);
  const order = orderAt(slot);
  store<u32>(order, 1, ORDER_STAMP);
  return order;
}

/** The same where one is free. */
@inline
export function takeFreeSlot(): usize {
  const order = orderAt(load<u32>(ROOT_SLOT_FREE));
  store<u32>(ROOT_SLOT_FREE, load<u32>(order, ORDER_NEXT));
  store<u32>(ROOT_SLOTS_FREE, load<u32>(ROOT_SLOTS_FREE) - 1);
  store<u32>(order, load<u32>(order, ORDER_STAMP) & GENERATION_MASK, ORDER_STAMP);
  return order;
}

/** Gives a slot back: its generation is over. A slot that has had its last is not used again. */
@inline
export function giveSlot(order: usize): void {
  const generation = load<u32>(order, ORDER_STAMP) & GENERATION_MASK;
  if (generation == GENERATION_MASK) {
    store<u32>(order, STAMP_FREE, ORDER_STAMP);
    store<u32>(ROOT_SLOTS_USED_UP, load<u32>(ROOT_SLOTS_USED_UP) + 1);
    return;
  }
  store<u32>(order, (generation + 1) | STAMP_FREE, ORDER_STAMP);
  store<u32>(order, load<u32>(ROOT_SLOT_FREE), ORDER_NEXT);
  store<u32>(ROOT_SLOT_FREE, slotOf(order));
  store<u32>(ROOT_SLOTS_FREE, load<u32>(ROOT_SLOTS_FREE) + 1);
}

/** Puts an order at the head of its owner's list and counts it. */
@inline
export function own(order: usize, account: u32): void {
  const owner = accountAt(account);
  const older = load<u32>(owner, ACCOUNT_ORDER_HEAD);
  const slot = slotOf(order);
  store<u32>(order, older, ORDER_OWNER_NEXT);
  store<u32>(order, 0, ORDER_OWNER_PREV);
  if (older != 0) store<u32>(orderAt(older), slot, ORDER_OWNER_PREV);
  store<u32>(owner, slot, ACCOUNT_ORDER_HEAD);
  store<u32>(owner, load<u32>(owner, ACCOUNT_OPEN_ORDERS) + 1, ACCOUNT_OPEN_ORDERS);
}

/** An order that has left its level ends: out of its owner's list and the client ids, its slot back. */
@inline
export function endOrder(order: usize, account: u32): void {
  const owner = accountAt(account);
  const older = load<u32>(order, ORDER_OWNER_NEXT);
  const younger = load<u32>(order, ORDER_OWNER_PREV);
  if (older != 0) store<u32>(orderAt(older), younger, ORDER_OWNER_PREV);
  if (younger != 0) store<u32>(orderAt(younger), older, ORDER_OWNER_NEXT);
  else store<u32>(owner, older, ACCOUNT_ORDER_HEAD);
  store<u32>(owner, load<u32>(owner, ACCOUNT_OPEN_ORDERS) - 1, ACCOUNT_OPEN_ORDERS);
  if ((load<u32>(order, ORDER_STAMP) & STAMP_CLIENT) != 0) dropClient(account, slotOf(order));
  giveSlot(order);
}

/** Asset index that a side pays in. */
@inline
export function paidAsset(market: usize, side: u32): u32 {
  return load<u32>(market + ((<usize>(side ^ 1)) << 2), MARKET_ASSET);
}
@inline
export function receivedAsset(market: usize, side: u32): u32 {
  return load<u32>(market + ((<usize>side) << 2), MARKET_ASSET);
}

/** What a resting order of `lots` at `ticks` reserves, in quanta of the asset it pays in. */
@inline
export function reserveOf(market: usize, side: u32, ticks: u32, lots: u64): u64 {
  const quote = (<u64>ticks) * load<u64>(market, MARKET_TICK_LOT_QUANTA) * lots;
  return select<u64>(quote, load<u64>(market, MARKET_LOT_QUANTA) * lots, side == BUY);
}

/** Makes available what `lots` of a resting order had reserved. */
export function releaseLots(market: usize, side: u32, ticks: u32, account: u32, lots: u64): void {
  release(getPairRow(account, market, side ^ 1), reserveOf(market, side, ticks, lots));
}

/** Takes any open order out of wherever it is and ends it. Returns all the lots it had left. */
export function removeAnyOrder(order: usize): u64 {
  return isSpecial(order) ? removeSpecial(order) : removeOrder(order);
}

/** Takes a plain open order out of its book and ends it; its reserve becomes available. Returns its lots. */
@inline
export function removeOrder(order: usize): u64 {
  const word = load<u64>(order, ORDER_LOTS);
  liftWord(order, word);
  endOrder(order, <u32>(word >> ACCOUNT_SHIFT));
  return word & LOTS_MASK;
}

/** Takes an open order out of its level; its reserve becomes available. Returns its lots. */
export function liftOrder(order: usize): u64 {
  const word = load<u64>(order, ORDER_LOTS);
  liftWord(order, word & PLAIN_MASK);
  return word & LOTS_MASK;
}

/** The same, given the order's word of lots without the mark of a special order. */
@inline
function liftWord(order: usize, word: u64): void {
  const lots = word & LOTS_MASK;
  const account = <u32>(word >> ACCOUNT_SHIFT);
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  const side = sideOf(order);
  const next = load<u32>(order, ORDER_NEXT);
  const prev = load<u32>(order, ORDER_PREV);
  store<u32>(<usize>prev, next, LEVEL_NEXT);
  store<u32>(<usize>next, prev, LEVEL_PREV);
  const total = load<u64>(level, LEVEL_LOTS);
  if (lots > total) broken(BROKEN_LEVEL_LOTS);
  store<u64>(level, total - lots, LEVEL_LOTS);
  const market = marketOf(level);
  const row = getPairRow(account, market, side ^ 1);
  release(row, reserveOf(market, side, ticksOf(level), lots));
  if (next == prev) vacate(market, side, level);
}

/** Puts a known order at the end of a level, and reserves `need` for it. `owner`: its account, and whether it is special. */
@inline
export function enterLevel(
  order: usize,
  market: usize,
  side: u32,
  ticks: u32,
  lots: u64,
  owner: u32,
  payRow: usize,
  need: u64,
): void {
  reserve(payRow, need);
  const level = levelFor(market, side, ticks);
  const youngest = <usize>load<u32>(level, LEVEL_PREV);
  store<u32>(order, <u32>level, ORDER_NEXT);
  store<u32>(order, <u32>youngest, ORDER_PREV);
  store<u64>(order, lots | ((<u64>owner) << ACCOUNT_SHIFT), ORDER_LOTS);
  store<u32>(order, <u32>level, ORDER_LEVEL);
  store<u32>(youngest, <u32>order, ORDER_NEXT);
  store<u32>(level, <u32>order, LEVEL_PREV);
  store<u64>(level, load<u64>(level, LEVEL_LOTS) + lots, LEVEL_LOTS);
  if (youngest == level) occupy(market, side, ticks, level);
}
