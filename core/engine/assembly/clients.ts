import { mix } from "./hash";
import {
  CLIENTS,
  CLIENT_IDS,
  ORDER_STAMP,
  ROOT_CLIENTS_SHIFT,
  STAMP_CLIENT,
} from "./memory";
import { accountOf } from "./orders";
import { BROKEN_CLIENT, broken, orderAt, slotOf } from "./root";

// Client order ids of open orders: a table of 64-byte buckets, at most two thirds full.
//
//    0          12            16                                64
//   +----------+-------------+---------------------------------+
//   | tags[12] | passed u32  | slots[12]                       |
//   +----------+-------------+---------------------------------+
//
// tag: 0 for an empty place, else 8 bits of the hash. passed: how many entries found this bucket, or
// one that sent them on to it, full and went on to the next one; a search goes on while it is not 0.

const PASSED: usize = 12;
const SLOTS: usize = 16;
const BUCKET_SHIFT: u32 = 6;
const BUCKET_MASK: usize = (1 << BUCKET_SHIFT) - 1;
const PLACES: u32 = 0xfff;

@inline
export function clientIdAt(slot: u32): usize {
  return CLIENT_IDS + ((<usize>slot) << 3);
}

/** The client order id that `addClient` entered for this slot. */
export function clientIdOf(slot: u32): u64 {
  return load<u64>(clientIdAt(slot));
}

@inline
export function hashOf(account: u32, clientOrderId: u64): u64 {
  return mix(clientOrderId ^ ((<u64>account) << 40));
}
@inline
export function bucketOf(hash: u64): usize {
  return CLIENTS + ((<usize>(hash >> (<u64>load<u32>(ROOT_CLIENTS_SHIFT)))) << BUCKET_SHIFT);
}
@inline
export function tagOf(hash: u64): u32 {
  return (<u32>hash & 0xff) | 1;
}
/** The places of a bucket with this tag, a bit for each. */
@inline
export function placesWith(bucket: usize, tag: u32): u32 {
  return <u32>i8x16.bitmask(i8x16.eq(v128.load(bucket), i8x16.splat(<i8>tag))) & PLACES;
}
/** The slot in the first of these places, of which there is one. */
@inline
export function slotAt(bucket: usize, places: u32): u32 {
  return load<u32>(bucket + ((<usize>ctz(places)) << 2), SLOTS);
}
@inline
function nextBucket(bucket: usize): usize {
  const next = bucket + ((<usize>1) << BUCKET_SHIFT);
  const end = CLIENTS + ((<usize>1) << (64 - load<u32>(ROOT_CLIENTS_SHIFT) + BUCKET_SHIFT));
  return next == end ? CLIENTS : next;
}

/** The slot of the account's open order with this client order id, or 0. */
export function findClient(account: u32, clientOrderId: u64): u32 {
  const hash = hashOf(account, clientOrderId);
  const tag = tagOf(hash);
  let bucket = bucketOf(hash);
  while (true) {
    let places = placesWith(bucket, tag);
    while (places != 0) {
      const slot = slotAt(bucket, places);
      if (
        load<u64>(clientIdAt(slot)) == clientOrderId &&
        accountOf(orderAt(slot)) == account
      ) {
        return slot;
      }
      places &= places - 1;
    }
    if (load<u32>(bucket, PASSED) == 0) return 0;
    bucket = nextBucket(bucket);
  }
}

/**
 * Where an open order with this client order id stands in its first bucket, whosoever it is; 0 where a closer look is needed to
 * find one.
 */
@inline
export function cellOfClient(account: u32, clientOrderId: u64): usize {
  const hash = hashOf(account, clientOrderId);
  const bucket = bucketOf(hash);
  const places = placesWith(bucket, tagOf(hash));
  if (places == 0) return 0;
  return load<u64>(clientIdAt(slotAt(bucket, places))) == clientOrderId ? bucket + <usize>ctz(places) : 0;
}

@inline
export function slotOfCell(cell: usize): u32 {
  return slotAt(cell & ~BUCKET_MASK, 1 << (<u32>cell & <u32>BUCKET_MASK));
}

/** Takes out what stands in its first bucket. */
@inline
export function clearCell(cell: usize): void {
  store<u8>(cell, 0);
}

/** True if the first look says that no open order has the client order id of this hash, and there is room for one. */
@inline
export function isNewInBucket(hash: u64): bool {
  const bucket = bucketOf(hash);
  const found = placesWith(bucket, tagOf(hash)) | load<u32>(bucket, PASSED);
  return found == 0 && placesWith(bucket, 0) != 0;
}

/** Enters an open order of which `isNewInBucket` is true. */
@inline
export function enterBucket(hash: u64, slot: u32, clientOrderId: u64): void {
  const bucket = bucketOf(hash);
  enterPlace(bucket, <usize>ctz(placesWith(bucket, 0)), hash, slot, clientOrderId);
}

@inline
function enterPlace(bucket: usize, place: usize, hash: u64, slot: u32, clientOrderId: u64): void {
  store<u8>(bucket + place, tagOf(hash));
  store<u32>(bucket + (place << 2), slot, SLOTS);
  store<u64>(clientIdAt(slot), clientOrderId);
}

/** Enters an open order. `findClient` does not find its id yet; the order's account is set. */
export function addClient(account: u32, clientOrderId: u64, slot: u32): void {
  const hash = hashOf(account, clientOrderId);
  let bucket = bucketOf(hash);
  let places = placesWith(bucket, 0);
  while (places == 0) {
    store<u32>(bucket, load<u32>(bucket, PASSED) + 1, PASSED);
    bucket = nextBucket(bucket);
    places = placesWith(bucket, 0);
  }
  enterPlace(bucket, <usize>ctz(places), hash, slot, clientOrderId);
}

/** Takes out an order that `addClient` entered. */
export function dropClient(account: u32, slot: u32): void {
  const hash = hashOf(account, load<u64>(clientIdAt(slot)));
  const tag = tagOf(hash);
  let bucket = bucketOf(hash);
  while (true) {
    let places = placesWith(bucket, tag);
    while (places != 0) {
      const place = <usize>ctz(places);
      if (load<u32>(bucket + (place << 2), SLOTS) == slot) {
        store<u8>(bucket + place, 0);
        return;
      }
      places &= places - 1;
    }
    const passed = load<u32>(bucket, PASSED);
    if (passed == 0) broken(BROKEN_CLIENT);
    store<u32>(bucket, passed - 1, PASSED);
    bucket = nextBucket(bucket);
  }
}

/** The client order id of an open order, or 0. */
export function clientOf(order: usize): u64 {
  return (load<u32>(order, ORDER_STAMP) & STAMP_CLIENT) != 0 ? clientIdOf(slotOf(order)) : 0;
}
