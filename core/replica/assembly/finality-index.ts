// Which commit a 32-byte hash belongs to: an open hash table of fixed size in one linear memory.
//
//   queries   256 * 32   hashes to look up, or the one to add
//   found     256 * 8    f64: the commit index of each query, 0 for a hash that is not known
//   flags     256        u8: 1 certified, 2 fast, 4 economic, 8 quantum, 16 known
//   ring      4 a hash   u32: places in the order of coming, for the oldest has to go first
//   buckets   128 each, two lines of memory with three places:
//
//     0        32       40         48         56       60   64        88       96        120
//     +--------+--------+----------+----------+--------+----+---------+--------+---------+--------+
//     | hash 0 | index  | head of 1| head of 2| strays | 0  | rest 1  | index  | rest 2  | index  |
//     +--------+--------+----------+----------+--------+----+---------+--------+---------+--------+
//
// An index is the commit's, i64, 0 for an empty place; a head is the first 8 bytes of a hash. A hash stands in its home
// bucket; where that is full, in the next one with a place, and its home counts a stray. So nearly every lookup reads two
// lines of one page, with no branch that depends on what is found: many are under way together. Nothing moves.

const BATCH: u32 = 256;
const QUERIES: usize = 0;
const FOUND: usize = QUERIES + BATCH * 32;
const FLAGS: usize = FOUND + BATCH * 8;
const HOMES: usize = FLAGS + BATCH;
const UNSURE: usize = HOMES + BATCH * 4;
const TOUCHED: usize = UNSURE + BATCH * 4;
/** 32 bytes of zeros: read in the place of a second line that nothing leads to. */
const NOTHING: usize = TOUCHED + 64;
const RING: usize = 0x4000;
const BUCKET_BYTES: u32 = 128;
const PLACES: u32 = 3;
const INDEX: usize = 32;
const HEADS: usize = 40;
const STRAYS: usize = 56;
const RESTS: usize = 64;
const REST_BYTES: usize = 24;

let bucketCount: u32 = 0;
let buckets: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;
/** Of the ring: where the next place is noted, and the oldest stands once the ring is full. */
let nextRing: u32 = 0;
let secret: u64 = 0;
let certified: i64 = 0;
let fast: i64 = 0;
let economic: i64 = 0;
let quantum: i64 = 0;

/** Lays the table out in memory that has been grown to `tableEnd`. */
export function initialize(bucketsMax: u32, hashesMax: u32, hashKey: u64): void {
  bucketCount = bucketsMax;
  buckets = bucketsStart(hashesMax);
  capacity = hashesMax;
  secret = hashKey;
}

function bucketsStart(hashesMax: u32): usize {
  return (RING + <usize>hashesMax * 4 + BUCKET_BYTES - 1) & ~(<usize>BUCKET_BYTES - 1);
}

export function tableStart(): usize {
  return RING;
}

export function tableEnd(bucketsMax: u32, hashesMax: u32): usize {
  return bucketsStart(hashesMax) + <usize>bucketsMax * BUCKET_BYTES;
}

export function entryCount(): u32 {
  return count;
}

/** Up to which commit each level reaches. */
export function setMarks(toCertified: f64, toFast: f64, toEconomic: f64, toQuantum: f64): void {
  certified = <i64>toCertified;
  fast = <i64>toFast;
  economic = <i64>toEconomic;
  quantum = <i64>toQuantum;
}

/** The home of a hash. Who hands hashes in does not know the secret, and cannot aim at one bucket. */
// @ts-ignore: decorator
@inline
function homeOf(head: u64): usize {
  const mixed = (head ^ secret) * 0x9e37_79b9_7f4a_7c15;
  return buckets + <usize>((((mixed >> 32) * bucketCount) >> 32) << 7);
}

/** Looks the first `queries` hashes up. */
export function find(queries: u32): void {
  touch(queries);
  let unsure: u32 = 0;
  for (let at: u32 = 0; at < queries; at++) {
    const query = QUERIES + <usize>at * 32;
    const home = <usize>load<u32>(HOMES + (<usize>at << 2));
    const head = load<u64>(query);
    const isFirst = isFirstPlace(home, query);
    const isSecond = load<u64>(home, HEADS) == head;
    const isThird = load<u64>(home, HEADS + 8) == head;
    const rest = home + RESTS + (<usize>isThird << 5);
    const second = select<usize>(rest, NOTHING, isSecond | isThird);
    // Integers: of floats V8 makes a select a branch.
    const index = select<i64>(load<i64>(home, INDEX), 0, isFirst)
      | select<i64>(load<i64>(second, REST_BYTES), 0, isRest(second, query));
    write(at, index);
    store<u32>(UNSURE + (<usize>unsure << 2), at);
    const isElsewhere = <u32>(load<u32>(home, STRAYS) != 0) | (<u32>isSecond & <u32>isThird);
    unsure += <u32>(index == 0) & isElsewhere;
  }
  for (let at: u32 = 0; at < unsure; at++) {
    const which = load<u32>(UNSURE + (<usize>at << 2));
    const place = findPlace(QUERIES + <usize>which * 32);
    if (place != 0) write(which, load<i64>(indexAt(place)));
  }
}

/** Reads both lines of each home, and nothing else, so that as many reads as can be are under way together. */
function touch(queries: u32): void {
  let sum: u64 = 0;
  for (let at: u32 = 0; at < queries; at++) {
    const home = homeOf(load<u64>(QUERIES + <usize>at * 32));
    store<u32>(HOMES + (<usize>at << 2), <u32>home);
    sum += load<u64>(home) + load<u64>(home, RESTS);
  }
  store<u64>(TOUCHED, sum);
}

// @ts-ignore: decorator
@inline
function write(at: u32, index: i64): void {
  store<f64>(FOUND + (<usize>at << 3), <f64>index);
  const reached = <u32>(index <= certified) | (<u32>(index <= fast) << 1)
    | (<u32>(index <= economic) << 2) | (<u32>(index <= quantum) << 3) | 16;
  store<u8>(FLAGS + at, select<u32>(reached, 0, index != 0));
}

// @ts-ignore: decorator
@inline
function isFirstPlace(home: usize, query: usize): bool {
  const low = v128.xor(v128.load(home), v128.load(query));
  const high = v128.xor(v128.load(home, 16), v128.load(query, 16));
  return !v128.any_true(v128.or(low, high));
}

/** True where the rest of a hash is the query's: its last 24 bytes. */
// @ts-ignore: decorator
@inline
function isRest(rest: usize, query: usize): bool {
  const low = v128.xor(v128.load(rest), v128.load(query, 8));
  const high = v128.xor(v128.load(rest, 8), v128.load(query, 16));
  return !v128.any_true(v128.or(low, high));
}

// A place is a bucket's address and which of the three, in its lowest bits.

// @ts-ignore: decorator
@inline
function bucketOf(place: usize): usize {
  return place & ~(<usize>BUCKET_BYTES - 1);
}

// @ts-ignore: decorator
@inline
function numberOf(place: usize): usize {
  return place & (<usize>BUCKET_BYTES - 1);
}

function indexAt(place: usize): usize {
  const number = numberOf(place);
  return bucketOf(place) + (number == 0 ? INDEX : RESTS + (number - 1) * 32 + REST_BYTES);
}

function headAt(place: usize): usize {
  const number = numberOf(place);
  return bucketOf(place) + (number == 0 ? 0 : HEADS + (number - 1) * 8);
}

function restAt(place: usize): usize {
  const number = numberOf(place);
  return bucketOf(place) + (number == 0 ? 8 : RESTS + (number - 1) * 32);
}

function after(bucket: usize): usize {
  const next = bucket + BUCKET_BYTES;
  return next == buckets + <usize>bucketCount * BUCKET_BYTES ? buckets : next;
}

/** Where a hash stands, 0 for nowhere. Beyond its home it goes on until all strays of that have been met. */
function findPlace(query: usize): usize {
  const head = load<u64>(query);
  const home = homeOf(head);
  let strays = load<u32>(home, STRAYS);
  let bucket = home;
  for (let step: u32 = 0; step < bucketCount; step++) {
    for (let number: u32 = 0; number < PLACES; number++) {
      const place = bucket + number;
      if (load<i64>(indexAt(place)) == 0) continue;
      const found = load<u64>(headAt(place));
      if (found == head && isRest(restAt(place), query)) return place;
      if (bucket != home && homeOf(found) == home) strays--;
    }
    if (strays == 0) return 0;
    bucket = after(bucket);
  }
  return 0;
}

/** Adds the first query, which belongs to the commit `index`, unless it is known. When full, forgets the oldest. */
export function add(index: f64): void {
  if (findPlace(QUERIES) != 0) return;
  const ring = RING + (<usize>nextRing << 2);
  if (count == capacity) forget(<usize>load<u32>(ring));
  else count++;
  nextRing = nextRing + 1 == capacity ? 0 : nextRing + 1;
  const home = homeOf(load<u64>(QUERIES));
  let bucket = home;
  let place = emptyPlace(bucket);
  while (place == 0) {
    bucket = after(bucket);
    place = emptyPlace(bucket);
  }
  if (bucket != home) store<u32>(home, load<u32>(home, STRAYS) + 1, STRAYS);
  store<u64>(headAt(place), load<u64>(QUERIES));
  v128.store(restAt(place), v128.load(QUERIES, 8));
  store<u64>(restAt(place), load<u64>(QUERIES, 24), 16);
  store<i64>(indexAt(place), <i64>index);
  store<u32>(ring, <u32>place);
}

function emptyPlace(bucket: usize): usize {
  for (let number: u32 = 0; number < PLACES; number++) {
    if (load<i64>(indexAt(bucket + number)) == 0) return bucket + number;
  }
  return 0;
}

function forget(place: usize): void {
  const home = homeOf(load<u64>(headAt(place)));
  if (bucketOf(place) != home) store<u32>(home, load<u32>(home, STRAYS) - 1, STRAYS);
  store<i64>(indexAt(place), 0);
  // Else two heads could be the same, and one of them nobody's.
  store<u64>(headAt(place), 0);
}
