// Which commit a 32-byte hash belongs to: an open hash table of fixed size in one linear memory.
//
//   queries   2048 * 32  hashes to look up, or the one to add; looked up 512 at a time
//   found     2048 * 8   f64: the commit index of each query, 0 for a hash that is not known
//   flags     2048       u8: 1 certified, 2 fast, 4 economic, 8 quantum, 16 known
//   ring      4 a hash   u32: places in the order of coming, for the oldest has to go first
//   heads     64 each, one line of memory: what is in a bucket
//   places    36 each, 29 for a bucket
//
//     head   0      4        6       8                62       64
//            +------+--------+-------+---- ... -------+--------+
//            | used | beyond | tag 3 | tag 4          | tag 31 |
//            +------+--------+-------+---- ... -------+--------+
//     place  0                                 30       36
//            +---------------------------------+--------+
//            | all of a hash but its last two  | commit |
//            +---------------------------------+--------+
//
// The last 8 bytes of a hash, times an odd number: the upper 16 bits are its tag, the 32 below name its home. With all else
// equal two tags are equal only where the last two bytes are, as an odd number has an inverse: so all 32 bytes are compared.
// `used` has bit n for place n, of 3 to 31. A hash stands in its home bucket; where that is full, in the next with a place,
// and each bucket that it passed counts it in `beyond`. So of a hash that is not known a head is read and no place; of one
// that is, one place, whose address its head says. Heads are few enough for a cache to hold. Nothing moves.

const QUERIES_MAX: usize = 2048;
const BATCH: usize = 512;
const HASH_BYTES: usize = 32;
const QUERIES: usize = 0;
const FOUND: usize = QUERIES + QUERIES_MAX * HASH_BYTES;
const FLAGS: usize = FOUND + QUERIES_MAX * 8;
/** Of each query with a tag that is held: u32 the address of the place, u32 the address of the query. */
const CANDIDATES: usize = FLAGS + QUERIES_MAX;
const CANDIDATE_BYTES: usize = 8;
/** Addresses of queries, u32, that need more than one look. */
const UNSURE: usize = CANDIDATES + BATCH * CANDIDATE_BYTES;
const TOUCHED: usize = UNSURE + BATCH * 4;
/** Four i64: the first commit that each level does not reach. Zero before the first certificate, and then no flag is set. */
const MARKS: usize = TOUCHED + 64;
const RING: usize = 0x1_8000;
const HEAD_BYTES: usize = 64;
const BEYOND: usize = 4;
/** A count that stays, since it may have been more. */
const BEYOND_MAX: u32 = 0xffff;
/** The first lanes of a head are no tags. */
const PLACE_FIRST: usize = 3;
const PLACES: usize = 29;
const PLACES_USED: u32 = 0xffff_fff8;
const PLACE_BYTES: usize = 36;
const COMMIT: usize = 30;

let bucketCount: u32 = 0;
let heads: usize = 0;
/** Where place 0 of the first bucket would be. */
let places: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;
/** Of the ring: where the oldest place is noted. */
let oldest: u32 = 0;
let multiplier: u64 = 0;

/** Lays the table out in memory that has been grown to `tableEnd`. */
export function initialize(bucketsMax: u32, hashesMax: u32, hashKey: u64): void {
  bucketCount = bucketsMax;
  heads = headsStart(hashesMax);
  places = heads + <usize>bucketsMax * HEAD_BYTES - PLACE_FIRST * PLACE_BYTES;
  capacity = hashesMax;
  multiplier = hashKey | 1;
}

function headsStart(hashesMax: u32): usize {
  return (RING + <usize>hashesMax * 4 + HEAD_BYTES - 1) & ~(HEAD_BYTES - 1);
}

export function tableStart(): usize {
  return RING;
}

/** With a place more than there are: `touchPlaces` may read it. */
export function tableEnd(bucketsMax: u32, hashesMax: u32): usize {
  const bucketBytes = HEAD_BYTES + PLACES * PLACE_BYTES;
  return headsStart(hashesMax) + <usize>bucketsMax * bucketBytes + PLACE_BYTES;
}

export function entryCount(): u32 {
  return count;
}

/** Up to which commit each level reaches. */
export function setMarks(toCertified: f64, toFast: f64, toEconomic: f64, toQuantum: f64): void {
  store<i64>(MARKS, <i64>toCertified + 1);
  store<i64>(MARKS, <i64>toFast + 1, 8);
  store<i64>(MARKS, <i64>toEconomic + 1, 16);
  store<i64>(MARKS, <i64>toQuantum + 1, 24);
}

/** Who hands hashes in does not know `by`, and cannot aim at one bucket, nor at one tag. */
// @ts-ignore: decorator
@inline
function mix(hash: usize, by: u64): u64 {
  return load<u64>(hash, 24) * by;
}

/** The home bucket. Of no concern to it are the last two bytes of a hash, which a place does not hold. */
// @ts-ignore: decorator
@inline
function homeOf(mixed: u64, buckets: u64): usize {
  return <usize>((((mixed >> 16) & 0xffff_ffff) * buckets) >> 32);
}

/** Looks the first `queries` hashes up. */
export function find(queries: u32): void {
  memory.fill(FOUND, 0, <usize>queries * 8);
  memory.fill(FLAGS, 0, queries);
  const end = QUERIES + <usize>queries * HASH_BYTES;
  for (let at = QUERIES; at < end; at += BATCH * HASH_BYTES) {
    findBatch(at, min(at + BATCH * HASH_BYTES, end));
  }
}

/** Looks up the hashes in bytes [start, end), a batch at most. */
function findBatch(start: usize, end: usize): void {
  touchHeads(start, end);
  const by = multiplier;
  const buckets: u64 = bucketCount;
  const firstHead = heads;
  const firstPlace = places;
  let unsure = UNSURE;
  let candidate = CANDIDATES;
  for (let query = start; query < end; query += HASH_BYTES) {
    const mixed = mix(query, by);
    const home = homeOf(mixed, buckets);
    const head = firstHead + home * HEAD_BYTES;
    const held = withTag(head, mixed);
    const place = firstPlace + (home * PLACES + ctz(held)) * PLACE_BYTES;
    store<u64>(candidate, <u64>place | (<u64>query << 32));
    candidate += <usize>(held != 0) << 3;
    if (<u32>(held == 0) & <u32>(load<u16>(head, BEYOND) != 0)) {
      store<u32>(unsure, <u32>query);
      unsure += 4;
    }
  }
  touchPlaces(candidate);
  unsure = compare(candidate, unsure);
  for (let at = UNSURE; at < unsure; at += 4) {
    const query = <usize>load<u32>(at);
    const place = findPlace(query);
    if (place != 0) write(query, place);
  }
}

// Touching reads and does nothing else, so that as many reads as can be are under way together. Four go to a turn: of the
// last turn some may be what an earlier batch has left, read in vain.

function touchHeads(start: usize, end: usize): void {
  const by = multiplier;
  const buckets: u64 = bucketCount;
  const firstHead = heads;
  let sum: u32 = 0;
  for (let query = start; query < end; query += 4 * HASH_BYTES) {
    sum += load<u32>(firstHead + homeOf(mix(query, by), buckets) * HEAD_BYTES);
    sum += load<u32>(firstHead + homeOf(mix(query + 32, by), buckets) * HEAD_BYTES);
    sum += load<u32>(firstHead + homeOf(mix(query + 64, by), buckets) * HEAD_BYTES);
    sum += load<u32>(firstHead + homeOf(mix(query + 96, by), buckets) * HEAD_BYTES);
  }
  store<u32>(TOUCHED, sum);
}

function touchPlaces(end: usize): void {
  let sum: u32 = 0;
  for (let at = CANDIDATES; at < end; at += 4 * CANDIDATE_BYTES) {
    sum += bothEnds(load<u32>(at)) + bothEnds(load<u32>(at, 8));
    sum += bothEnds(load<u32>(at, 16)) + bothEnds(load<u32>(at, 24));
  }
  store<u32>(TOUCHED, sum);
}

/** Half of the places begin in one line and end in the next. */
// @ts-ignore: decorator
@inline
function bothEnds(place: usize): u32 {
  return load<u32>(place) + load<u32>(place, PLACE_BYTES - 4);
}

/** Answers the candidates that are what they seem. Returns the end of the unsure, to which it adds the others. */
// @ts-ignore: decorator
@inline
function compare(end: usize, unsureEnd: usize): usize {
  let unsure = unsureEnd;
  for (let at = CANDIDATES; at < end; at += CANDIDATE_BYTES) {
    const place = <usize>load<u32>(at);
    const query = <usize>load<u32>(at, 4);
    if (isAt(place, query)) write(query, place);
    else {
      store<u32>(unsure, <u32>query);
      unsure += 4;
    }
  }
  return unsure;
}

/** Bit n for each place n of a bucket that holds a hash with this tag. */
// @ts-ignore: decorator
@inline
function withTag(head: usize, mixed: u64): u32 {
  const tags = i16x8.splat(<i16>(mixed >> 48));
  const a = i16x8.eq(v128.load(head), tags);
  const b = i16x8.eq(v128.load(head, 16), tags);
  const c = i16x8.eq(v128.load(head, 32), tags);
  const d = i16x8.eq(v128.load(head, 48), tags);
  const low = <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(a, b));
  const high = <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(c, d));
  return (low | (high << 16)) & load<u32>(head);
}

/** True where a place holds the query, if the tag is the query's. */
// @ts-ignore: decorator
@inline
function isAt(place: usize, query: usize): bool {
  const low = v128.xor(v128.load(place), v128.load(query));
  const high = v128.xor(v128.load(place, 14), v128.load(query, 14));
  return !v128.any_true(v128.or(low, high));
}

/** Answers a query with what stands in a place. */
// @ts-ignore: decorator
@inline
function write(query: usize, place: usize): void {
  const commit = <i64>(load<u64>(place, COMMIT - 2) >> 16);
  store<f64>(query >> 2, <f64>commit, FOUND);
  const all = i64x2.splat(commit);
  const low = i64x2.bitmask(i64x2.gt_s(v128.load(MARKS), all));
  const high = i64x2.bitmask(i64x2.gt_s(v128.load(MARKS, 16), all));
  store<u8>(query >> 5, <u32>low | (<u32>high << 2) | 16, FLAGS);
}

function after(bucket: usize): usize {
  return bucket + 1 == <usize>bucketCount ? 0 : bucket + 1;
}

function placeAt(bucket: usize, number: usize): usize {
  return places + (bucket * PLACES + number) * PLACE_BYTES;
}

/** Where a hash stands, 0 for nowhere. */
function findPlace(query: usize): usize {
  const mixed = mix(query, multiplier);
  let bucket = homeOf(mixed, bucketCount);
  for (let step: u32 = 0; step < bucketCount; step++) {
    const head = heads + bucket * HEAD_BYTES;
    for (let held = withTag(head, mixed); held != 0; held &= held - 1) {
      const place = placeAt(bucket, ctz(held));
      if (isAt(place, query)) return place;
    }
    if (load<u16>(head, BEYOND) == 0) return 0;
    bucket = after(bucket);
  }
  return 0;
}

/** Adds the first query, which belongs to the commit `index`, unless it is known. When full, forgets the oldest. */
export function add(index: f64): void {
  if (findPlace(QUERIES) != 0) return;
  if (count == capacity) forgetOldest();
  const mixed = mix(QUERIES, multiplier);
  let bucket = homeOf(mixed, bucketCount);
  let head = heads + bucket * HEAD_BYTES;
  while (load<u32>(head) == PLACES_USED) {
    countBeyond(head, 1);
    bucket = after(bucket);
    head = heads + bucket * HEAD_BYTES;
  }
  const number = ctz(~load<u32>(head) & PLACES_USED);
  const place = placeAt(bucket, number);
  v128.store(place, v128.load(QUERIES));
  v128.store(place, v128.load(QUERIES, 14), 14);
  store<u32>(place, <u32><u64>index, COMMIT);
  store<u16>(place, <u16>(<u64>index >> 32), COMMIT + 4);
  store<u16>(head + (number << 1), <u16>(mixed >> 48));
  store<u32>(head, load<u32>(head) | (<u32>1 << number));
  const last = oldest + count;
  store<u32>(RING + (<usize>(last < capacity ? last : last - capacity) << 2), <u32>place);
  count++;
}

function countBeyond(head: usize, by: u32): void {
  const beyond = <u32>load<u16>(head, BEYOND);
  if (beyond != BEYOND_MAX) store<u16>(head, <u16>(beyond + by), BEYOND);
}

function forgetOldest(): void {
  const place = <usize>load<u32>(RING + (<usize>oldest << 2));
  const ordinal = (place - places) / PLACE_BYTES - PLACE_FIRST;
  const stands = ordinal / PLACES;
  for (let b = homeOf(mix(place, multiplier), bucketCount); b != stands; b = after(b)) {
    countBeyond(heads + b * HEAD_BYTES, -1);
  }
  const head = heads + stands * HEAD_BYTES;
  const number = PLACE_FIRST + (ordinal % PLACES);
  store<u32>(head, load<u32>(head) & ~(<u32>1 << number));
  oldest = oldest + 1 == capacity ? 0 : oldest + 1;
  count--;
}
