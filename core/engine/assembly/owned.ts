import {
  ALL_SEATS_FREE,
  ANSWERS,
  ACCOUNT_SEAT_BLOCK,
  ACCOUNT_SEATS,
  SEAT_BLOCKS,
  SEAT_BLOCK_BYTES,
  SEAT_BLOCK_FREE,
  SEAT_BLOCK_NEXT,
  SEAT_BLOCK_SEATS,
  SEATS_PER_BLOCK,
  SEAT_BLOCK_PREV,
  GATHERED,
  ORDER_SEAT,
  ROOT_SEAT_BLOCKS_CUT,
  ROOT_SEAT_BLOCK_FREE,
} from "./memory";
import { accountAt, orderAt, slotOf } from "./root";

// Which open orders an account has: their slots, in seats. Four seats lie beside the account, the others in blocks of
// thirteen. An order knows its seat, so that leaving it touches no other order. An account's blocks stand in a circle, full
// ones last. A new order takes any seat that is free beside the account or in its first block; what is asked for comes sorted, so that no answer depends on seats.

/** With so many free seats a block comes first again: fewer do not pay for the blocks that are touched for it. */
const SEATS_WORTH_FILLING: u32 = 9;

/** Gives an order a seat of its account. */
@inline
export function own(order: usize, account: u32): void {
  const owner = accountAt(account);
  const free = seatsFree(owner);
  if (free == 0) return takeSeatInBlock(order, owner);
  takeSeat(order, seatBeside(owner, free));
}

/** Takes an order's seat from it. */
@inline
export function disown(order: usize, account: u32): void {
  const seat = <usize>load<u32>(order, ORDER_SEAT);
  store<u32>(seat, 0);
  if (seat >= SEAT_BLOCKS) leaveSeatBlock(seat, account);
}

/** A bit for each free one of the four seats beside an account. */
@inline
export function seatsFree(owner: usize): u32 {
  return <u32>i32x4.bitmask(i32x4.eq(v128.load(owner + ACCOUNT_SEATS), i32x4.splat(0)));
}
/** The first of the seats beside an account that are free. */
@inline
export function seatBeside(owner: usize, free: u32): usize {
  return owner + ACCOUNT_SEATS + ((<usize>ctz(free)) << 2);
}
@inline
function takeSeat(order: usize, seat: usize): void {
  store<u32>(seat, slotOf(order));
  store<u32>(order, <u32>seat, ORDER_SEAT);
}

/** Gives an order a seat in a block of its account. */
export function takeSeatInBlock(order: usize, owner: usize): void {
  let block = <usize>load<u32>(owner, ACCOUNT_SEAT_BLOCK);
  if (block == 0 || load<u32>(block, SEAT_BLOCK_FREE) == 0) block = addSeatBlock(owner);
  const free = load<u32>(block, SEAT_BLOCK_FREE);
  const left = free & (free - 1);
  store<u32>(block, left, SEAT_BLOCK_FREE);
  takeSeat(order, block + SEAT_BLOCK_SEATS + ((<usize>ctz(free)) << 2));
  // In a circle, the first becomes the last when the second becomes the first.
  if (left == 0) store<u32>(owner, load<u32>(block, SEAT_BLOCK_NEXT), ACCOUNT_SEAT_BLOCK);
}

function addSeatBlock(owner: usize): usize {
  let block = <usize>load<u32>(ROOT_SEAT_BLOCK_FREE);
  if (block != 0) {
    store<u32>(ROOT_SEAT_BLOCK_FREE, load<u32>(block, SEAT_BLOCK_NEXT));
  } else {
    const cut = load<u32>(ROOT_SEAT_BLOCKS_CUT);
    store<u32>(ROOT_SEAT_BLOCKS_CUT, cut + 1);
    block = SEAT_BLOCKS + <usize>cut * SEAT_BLOCK_BYTES;
  }
  store<u32>(block, ALL_SEATS_FREE, SEAT_BLOCK_FREE);
  putFirst(block, owner);
  return block;
}

function putFirst(block: usize, owner: usize): void {
  const first = <usize>load<u32>(owner, ACCOUNT_SEAT_BLOCK);
  const next = first == 0 ? block : first;
  const prev = first == 0 ? block : <usize>load<u32>(first, SEAT_BLOCK_PREV);
  store<u32>(block, <u32>next, SEAT_BLOCK_NEXT);
  store<u32>(block, <u32>prev, SEAT_BLOCK_PREV);
  store<u32>(next, <u32>block, SEAT_BLOCK_PREV);
  store<u32>(prev, <u32>block, SEAT_BLOCK_NEXT);
  store<u32>(owner, <u32>block, ACCOUNT_SEAT_BLOCK);
}

function takeOut(block: usize, owner: usize): void {
  const next = load<u32>(block, SEAT_BLOCK_NEXT);
  const prev = load<u32>(block, SEAT_BLOCK_PREV);
  store<u32>(<usize>next, prev, SEAT_BLOCK_PREV);
  store<u32>(<usize>prev, next, SEAT_BLOCK_NEXT);
  if (<usize>load<u32>(owner, ACCOUNT_SEAT_BLOCK) != block) return;
  store<u32>(owner, <usize>next == block ? 0 : next, ACCOUNT_SEAT_BLOCK);
}

/** A seat in a block has become free: one that is worth filling comes first, an empty one is given back. */
export function leaveSeatBlock(seat: usize, account: u32): void {
  const block = seat & ~(SEAT_BLOCK_BYTES - 1);
  const index = <u32>((seat - block - SEAT_BLOCK_SEATS) >> 2);
  const free = load<u32>(block, SEAT_BLOCK_FREE) | (1 << index);
  store<u32>(block, free, SEAT_BLOCK_FREE);
  const count = <u32>popcnt(free);
  if (count != SEATS_WORTH_FILLING && free != ALL_SEATS_FREE) return;
  takeOut(block, accountAt(account));
  if (free != ALL_SEATS_FREE) return putFirst(block, accountAt(account));
  store<u32>(block, load<u32>(ROOT_SEAT_BLOCK_FREE), SEAT_BLOCK_NEXT);
  store<u32>(ROOT_SEAT_BLOCK_FREE, <u32>block);
}

/** Writes the slots of an account's open orders, the lowest first, for `gathered`. Returns their count. */
export function gatherOwned(account: u32): u32 {
  const owner = accountAt(account);
  let end = copySeats(owner + ACCOUNT_SEATS, 4, GATHERED);
  let block = <usize>load<u32>(owner, ACCOUNT_SEAT_BLOCK);
  const first = block;
  while (block != 0) {
    end = copySeats(block + SEAT_BLOCK_SEATS, SEATS_PER_BLOCK, end);
    block = <usize>load<u32>(block, SEAT_BLOCK_NEXT);
    if (block == first) break;
  }
  const count = <u32>((end - GATHERED) >> 2);
  sortGathered(count);
  return count;
}

/** The order of what `gatherOwned` wrote at an index. */
export function gathered(index: u32): usize {
  return orderAt(load<u32>(GATHERED + ((<usize>index) << 2)));
}

function copySeats(seats: usize, count: u32, to: usize): usize {
  for (let seat: u32 = 0; seat < count; seat++) {
    const slot = load<u32>(seats + ((<usize>seat) << 2));
    if (slot == 0) continue;
    store<u32>(to, slot);
    to += 4;
  }
  return to;
}

/** Up to so many are sorted sooner than all values of a digit are counted. */
const FEW: u32 = 512;
/** A slot has two digits. */
const DIGIT_BITS: u32 = 11;
const DIGITS: u32 = 1 << DIGIT_BITS;
// Where answers are written later.
const COUNTS: usize = ANSWERS;
const SORTED: usize = ANSWERS + ((<usize>DIGITS) << 2);

function sortGathered(count: u32): void {
  if (count <= FEW) return sortFew(count);
  sortByDigit(GATHERED, SORTED, count, 0);
  sortByDigit(SORTED, GATHERED, count, DIGIT_BITS);
}

/** Writes slots in the order of one of their digits, and as they were where it is the same (Knuth 3, 5.2.5). */
function sortByDigit(from: usize, to: usize, count: u32, shift: u32): void {
  memory.fill(COUNTS, 0, (<usize>DIGITS) << 2);
  const end = from + ((<usize>count) << 2);
  for (let at = from; at != end; at += 4) {
    const digit = countOf(load<u32>(at), shift);
    store<u32>(digit, load<u32>(digit) + 1);
  }
  let place: u32 = <u32>to;
  for (let digit = COUNTS; digit != SORTED; digit += 4) {
    const slots = load<u32>(digit);
    store<u32>(digit, place);
    place += slots << 2;
  }
  for (let at = from; at != end; at += 4) {
    const slot = load<u32>(at);
    const digit = countOf(slot, shift);
    const next = load<u32>(digit);
    store<u32>(<usize>next, slot);
    store<u32>(digit, next + 4);
  }
}

/** Where the digit of a slot is counted, and then where the next slot with that goes. */
@inline
function countOf(slot: u32, shift: u32): usize {
  return COUNTS + ((<usize>((slot >> shift) & (DIGITS - 1))) << 2);
}

/** Shell's sort, with gaps of Knuth (The Art of Computer Programming 3, 5.2.1). */
function sortFew(count: u32): void {
  let gap: u32 = 1;
  while (gap < count / 3) gap = gap * 3 + 1;
  for (; gap != 0; gap /= 3) {
    for (let index = gap; index < count; index++) {
      const slot = load<u32>(GATHERED + ((<usize>index) << 2));
      let at = index;
      while (at >= gap) {
        const other = load<u32>(GATHERED + ((<usize>(at - gap)) << 2));
        if (other < slot) break;
        store<u32>(GATHERED + ((<usize>at) << 2), other);
        at -= gap;
      }
      store<u32>(GATHERED + ((<usize>at) << 2), slot);
    }
  }
}
