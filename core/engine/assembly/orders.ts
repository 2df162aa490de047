import { getPairRow, release, reserve } from "./accounts";
import { dropClient } from "./clients";
import { BUY } from "./codes";
import { renewHead } from "./heads";
import { levelFor, marketOf, occupy, ticksOf, vacate } from "./ladder";
import {
  ACCOUNT_MASK,
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_SHIFT,
  GENERATION_MASK,
  LEVEL_NEXT,
  LEVEL_PREV,
  LOTS_MASK,
  MARKET_ASSET,
  MARKET_LOT_QUANTA,
  MARKET_TICK_LOT_QUANTA,
  ORDER_LEVEL,
  ORDER_LOTS,
  ORDER_NEXT,
  ORDER_PAY_ROW,
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
import { accountAt, orderAt, slotOf } from "./root";
import { disown, own } from "./owned";
import { removeSpecial } from "./specials";
import { KEEPS_ACCOUNTS } from "./variant";

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
/** The balance row that an order in a level pays from. */
@inline
export function payRowOf(order: usize): usize {
  return <usize>load<u32>(order, ORDER_PAY_ROW);
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
  if (load<u32>(ROOT_SLOT_FREE) == 0) listNewSlot();
  return takeFreeSlot();
}

/** Puts a slot that was never used on the empty stack of free ones. The caller has checked `roomForOrder`. */
@inline
export function listNewSlot(): void {
  const slot = load<u32>(ROOT_SLOTS_USED) + 1;
  store<u32>(ROOT_SLOTS_USED, slot);
  store<u32>(orderAt(slot), 1, ORDER_STAMP);
  store<u32>(ROOT_SLOT_FREE, slot);
  store<u32>(ROOT_SLOTS_FREE, 1);
}

/** Takes a free slot's order, the top one, off the stack. */
@inline
export function popSlot(order: usize): void {
  store<u32>(ROOT_SLOT_FREE, load<u32>(order, ORDER_NEXT));
  store<u32>(ROOT_SLOTS_FREE, load<u32>(ROOT_SLOTS_FREE) - 1);
}

/** `takeSlot` where one is free. */
@inline
function takeFreeSlot(): usize {
  const order = orderAt(load<u32>(ROOT_SLOT_FREE));
  popSlot(order);
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
  giveOrdinarySlot(order, generation);
}

/** Of an open order's stamp: it has no client order id, and its slot has another generation to come. */
@inline
export function isOrdinary(stamp: u32): bool {
  return (stamp & ~(<u32>1 << STAMP_SIDE_SHIFT)) < GENERATION_MASK;
}

/** `giveSlot` for an order of an ordinary stamp. */
@inline
export function giveOrdinarySlot(order: usize, stamp: u32): void {
  store<u32>(order, ((stamp & GENERATION_MASK) + 1) | STAMP_FREE, ORDER_STAMP);
  store<u32>(order, load<u32>(ROOT_SLOT_FREE), ORDER_NEXT);
  store<u32>(ROOT_SLOT_FREE, slotOf(order));
  store<u32>(ROOT_SLOTS_FREE, load<u32>(ROOT_SLOTS_FREE) + 1);
}

/** Makes an order one of its account's, and counts it. */
@inline
export function enroll(order: usize, account: u32): void {
  if (!KEEPS_ACCOUNTS) return;
  own(order, account);
  const owner = accountAt(account);
  store<u32>(owner, load<u32>(owner, ACCOUNT_OPEN_ORDERS) + 1, ACCOUNT_OPEN_ORDERS);
}

/** An order that has left its level ends: no more its account's, out of the client ids, its slot back. */
@inline
export function endOrder(order: usize, account: u32): void {
  if (KEEPS_ACCOUNTS) {
    disown(order, account);
    const owner = accountAt(account);
    store<u32>(owner, load<u32>(owner, ACCOUNT_OPEN_ORDERS) - 1, ACCOUNT_OPEN_ORDERS);
  }
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
  if (KEEPS_ACCOUNTS) release(getPairRow(account, market, side ^ 1), reserveOf(market, side, ticks, lots));
}

/** Takes any open order out of wherever it is and ends it. Returns all the lots it had left. */
export function removeAnyOrder(order: usize): u64 {
  return isSpecial(order) ? removeSpecial(order) : removeOrder(order);
}

/** Takes a plain open order out of its book and ends it; its reserve becomes available. Returns its lots. */
@inline
function removeOrder(order: usize): u64 {
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
  const level = <usize>load<u32>(order, ORDER_LEVEL);
  const side = sideOf(order);
  const isLast = load<u32>(order, ORDER_NEXT) == load<u32>(order, ORDER_PREV);
  const isFirst = <usize>load<u32>(order, ORDER_PREV) == level;
  takeFromLevel(order);
  const market = marketOf(level);
  if (KEEPS_ACCOUNTS) release(payRowOf(order), reserveOf(market, side, ticksOf(level), lots));
  if (isLast) vacate(market, side, level);
  else if (isFirst) renewHead(market, side);
}

/** Takes an order out of the list of its level. */
@inline
function takeFromLevel(order: usize): void {
  const next = load<u32>(order, ORDER_NEXT);
  const prev = load<u32>(order, ORDER_PREV);
  store<u32>(<usize>prev, next, LEVEL_NEXT);
  store<u32>(<usize>next, prev, LEVEL_PREV);
}

/** Lots that the orders of a level show, added up one by one. */
export function shownLots(level: usize): u64 {
  let lots: u64 = 0;
  for (let order = <usize>load<u32>(level, LEVEL_NEXT); order != level; ) {
    lots += lotsOf(order);
    order = <usize>load<u32>(order, ORDER_NEXT);
  }
  return lots;
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
  if (KEEPS_ACCOUNTS) reserve(payRow, need);
  const level = levelFor(market, side, ticks);
  const isFirst = <usize>load<u32>(level, LEVEL_PREV) == level;
  appendToLevel(order, level, lots, owner, payRow);
  if (isFirst) occupy(market, side, ticks, level);
}

/** Puts an order at the end of a level. `owner`: its account, and whether it is special. */
@inline
function appendToLevel(order: usize, level: usize, lots: u64, owner: u32, payRow: usize): void {
  const youngest = <usize>load<u32>(level, LEVEL_PREV);
  writeOrder(order, level, youngest, lots, owner, load<u32>(order, ORDER_STAMP));
  store<u32>(order, <u32>payRow, ORDER_PAY_ROW);
  growLevel(level, order);
}

/** Writes what an order is that comes to the end of a level, behind its youngest; all but seat and row. */
@inline
export function writeOrder(
  order: usize,
  level: usize,
  youngest: usize,
  lots: u64,
  owner: u32,
  stamp: u32,
): void {
  // Pairs of fields: one store each.
  store<u64>(order, (<u64>level) | ((<u64>youngest) << 32), ORDER_NEXT);
  store<u64>(order, lots | ((<u64>owner) << ACCOUNT_SHIFT), ORDER_LOTS);
  store<u64>(order, (<u64>level) | ((<u64>stamp) << 32), ORDER_LEVEL);
}

/** A level has one more order, at its end. */
@inline
export function growLevel(level: usize, order: usize): void {
  const youngest = <usize>load<u32>(level, LEVEL_PREV);
  store<u32>(level, <u32>order, LEVEL_PREV);
  store<u32>(youngest, <u32>order, ORDER_NEXT);
}
