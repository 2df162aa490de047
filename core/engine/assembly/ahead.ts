import { bucketOf, hitsIn, keyOf, rowIn, tagOf } from "./accounts";
import {
  bucketOf as clientBucketOf,
  clientIdAt,
  hashOf,
  placesWith,
  slotAt,
  tagOf as clientTagOf,
} from "./clients";
import { CANCEL, REPLACE } from "./codes";
import { mix } from "./hash";
import { pageHeadOf } from "./ladder";
import {
  ACCOUNT_SEAT_BLOCK,
  AHEAD,
  SEAT_BLOCK_FREE,
  LEVELS_PER_PAGE,
  LEVEL_PREV,
  LEVEL_SHIFT,
  MARKET_ASSET,
  MARKET_BITS,
  MARKET_ENTRIES,
  MARKET_INDEX_MASK,
  MARKET_TABLE,
  ORDER_LEVEL,
  ORDER_NEXT,
  ORDER_PAY_ROW,
  ORDER_SEAT,
  ORDER_PREV,
  PAGE_MARKET,
  PAGE_TICKS_SHIFT,
  ROOT_ACCOUNTS,
  ROOT_BALANCES,
  ROOT_MARKETS,
  ROOT_SLOTS_USED,
  SLOT_MASK,
  WHOLE_PAGE_TICKS_SHIFT,
} from "./memory";
import { accountAt, marketAt, orderAt } from "./root";
import { entryIn } from "./tables";
import { KEEPS_ACCOUNTS } from "./variant";

// Where a command has to wait for memory, the next ones wait too: too much code stands between their loads for the
// processor to see them together. So the memory that some commands need is touched before they are executed, in loops so
// short that it waits for many lines at once. Nothing depends on what is read, and all that is read is there: what a
// command names is cut to what exists.
//
// A command of 64 bytes is taken for two. What its second half seems to name exists as well, and does no harm.

/** Commands that are touched at a time: what they touch has to stay in the nearer caches. */
const AHEAD_BYTES: usize = 128 * 32;
/** Lists of addresses, at most one for each command, with room for one more that is not meant. */
const TARGETS: usize = AHEAD;
const COMERS: usize = AHEAD + 0x1000;
const COMER_SHIFT: u32 = 4;
const LEVELS: usize = AHEAD + 0x3000;
const BUCKETS: usize = AHEAD + 0x4000;
const FOUNDERS: usize = AHEAD + 0x5000;
const SOUGHT: usize = AHEAD + 0x6000;
/** Of an entry of SOUGHT, beside its tag: the command is about the order that has this name. */
const IS_TARGET: u32 = 0x100;
/** From here 16 bytes of a row lie in every line that any of its words lies in. */
const ROW_MIDDLE: usize = 4;

let seen: u32 = 0;
/** Keeps the loads from being left out. */
export function touched(): u32 {
  return seen;
}

/** Touches what the next commands in [at, stop) need. Returns where the commands that were touched end. */
export function touchAhead(at: usize, stop: usize): usize {
  const end = at + AHEAD_BYTES < stop ? at + AHEAD_BYTES : stop;
  let targetsEnd = listTargets(at, end);
  if (hasClients(at, end)) targetsEnd = listTargetsByClient(listClients(at, end), targetsEnd);
  const comersEnd = listComers(at, end);
  const levelsEnd = LEVELS + ((comersEnd - COMERS) >> COMER_SHIFT << 2);
  let sum = touchTargets(targetsEnd) + touchMarkets(comersEnd);
  if (KEEPS_ACCOUNTS) sum += touchBlocks(at, end);
  sum += touchNeighbours(targetsEnd) + listEntries(comersEnd);
  // Only where accounts have more rows than the two that lie beside them.
  if (KEEPS_ACCOUNTS && load<u32>(ROOT_BALANCES) > load<u32>(ROOT_ACCOUNTS) * 2) {
    sum += touchRows(listBuckets(at, end));
  }
  if (KEEPS_ACCOUNTS) sum += touchUnits(targetsEnd);
  sum += touchLevels(levelsEnd) + touchYoungest(levelsEnd);
  const foundersEnd = listFounders(comersEnd);
  sum += touchEntries(foundersEnd) + touchBits(foundersEnd);
  seen += sum;
  return end;
}

/** Lists the orders that cancels and moves name by order ids. */
function listTargets(start: usize, end: usize): usize {
  const used = load<u32>(ROOT_SLOTS_USED);
  let to = TARGETS;
  for (let at = start; at < end; at += 32) {
    const kind = <u32>load<u8>(at);
    const isMove = <u32>(kind == REPLACE);
    const slot = load<u32>(at + (<usize>(isMove + 1) << 4)) & SLOT_MASK;
    store<u32>(to, <u32>orderAt(slot));
    to += <usize>((<u32>(kind == CANCEL) | isMove) & <u32>(slot - 1 < used)) << 2;
  }
  return to;
}

/** True where some command has a client order id. */
function hasClients(start: usize, end: usize): bool {
  let all: u64 = 0;
  for (let at = start; at < end; at += 32) all |= load<u64>(at, 24);
  return all != 0;
}

/** Lists the buckets and tags of client order ids: those that cancels and moves look for, and those of orders that come. */
function listClients(start: usize, end: usize): usize {
  let to = SOUGHT;
  for (let at = start; at < end; at += 32) {
    const kind = <u32>load<u8>(at);
    const isMove = <u32>(kind == REPLACE);
    const clientOrderId = load<u64>(at + ((<usize>isMove) << 4), 24);
    const hash = hashOf(load<u32>(at, 8), clientOrderId);
    const isTarget = <u32>(kind == CANCEL) | isMove;
    store<u32>(to, <u32>clientBucketOf(hash));
    store<u32>(to, clientTagOf(hash) | (isTarget * IS_TARGET), 4);
    to += (<usize>(clientOrderId != 0)) << 3;
  }
  return to;
}

/**
 * Touches the buckets, and lists behind the other targets the orders that cancels and moves name by client order ids: of those
 * of the same tag the first, which seldom is another one.
 */
function listTargetsByClient(soughtEnd: usize, targetsEnd: usize): usize {
  let sum: u32 = 0;
  for (let at = SOUGHT; at < soughtEnd; at += 8) sum += load<u32>(<usize>load<u32>(at));
  let to = targetsEnd;
  for (let at = SOUGHT; at < soughtEnd; at += 8) {
    const bucket = <usize>load<u32>(at);
    const tag = load<u32>(at, 4);
    const places = placesWith(bucket, tag);
    const slot = places != 0 ? slotAt(bucket, places) : 0;
    sum += load<u32>(clientIdAt(slot));
    store<u32>(to, <u32>orderAt(slot));
    to += (<usize>((tag & IS_TARGET) != 0)) << 2;
  }
  seen += sum;
  return to;
}

/** Lists orders that come: address of the market, by four more for a sell; ticks; and two words for `listEntries`. */
function listComers(start: usize, end: usize): usize {
  const markets = load<u32>(ROOT_MARKETS);
  let to = COMERS;
  for (let at = start; at < end; at += 32) {
    const head = load<u32>(at);
    const index = load<u32>(at, 4);
    store<u32>(to, <u32>marketAt(index) + ((head >> 6) & 4));
    store<u32>(to, load<u32>(at, 12), 4);
    to += <usize>(<u32>((head & 0xff) != CANCEL) & <u32>(index < markets)) << COMER_SHIFT;
  }
  return to;
}

function touchTargets(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = TARGETS; at < end; at += 4) sum += load<u32>(<usize>load<u32>(at));
  return sum;
}

function touchMarkets(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = COMERS; at < end; at += 1 << COMER_SHIFT) sum += load<u32>(<usize>load<u32>(at), MARKET_TABLE);
  return sum;
}

/** The accounts of commands, and of those that may place an order the first blocks of seats. */
function touchBlocks(start: usize, end: usize): u32 {
  const accounts = load<u32>(ROOT_ACCOUNTS);
  let sum: u32 = 0;
  for (let at = start; at < end; at += 32) {
    const account = load<u32>(at, 8);
    const owner = accountAt(select<u32>(account, 0, account <= accounts));
    const block = <usize>load<u32>(owner, ACCOUNT_SEAT_BLOCK);
    sum += load<u32>(select<usize>(block, owner, load<u8>(at) != CANCEL), SEAT_BLOCK_FREE);
  }
  return sum;
}

/** What stands beside the orders that cancels name, and what they change. */
function touchNeighbours(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = TARGETS; at < end; at += 4) {
    const order = <usize>load<u32>(at);
    sum += load<u32>(<usize>load<u32>(order, ORDER_NEXT));
    sum += load<u32>(<usize>load<u32>(order, ORDER_PREV));
    if (KEEPS_ACCOUNTS) {
      sum += load<u32>(pageHeadOf(<usize>load<u32>(order, ORDER_LEVEL)));
      sum += load<u32>(<usize>load<u32>(order, ORDER_SEAT));
      sum += load<u32>(<usize>load<u32>(order, ORDER_PAY_ROW));
    }
  }
  return sum;
}

/**
 * The markets of the orders that cancels name. An order in no level, or none at all, leads to a page head that is none, and
 * what stands there may be any number.
 */
function touchUnits(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = TARGETS; at < end; at += 4) {
    const level = <usize>load<u32>(<usize>load<u32>(at), ORDER_LEVEL);
    sum += load<u32>(marketAt(load<u32>(pageHeadOf(level), PAGE_MARKET) & MARKET_INDEX_MASK));
  }
  return sum;
}

/** Lists where the rows of the base assets of orders that come are looked for: buckets and tags. */
function listBuckets(start: usize, end: usize): usize {
  const markets = load<u32>(ROOT_MARKETS);
  let to = BUCKETS;
  for (let at = start; at < end; at += 32) {
    const index = load<u32>(at, 4);
    const market = marketAt(select<u32>(index, 0, index < markets));
    const hash = mix(keyOf(load<u32>(at, 8), load<u32>(market, MARKET_ASSET)));
    store<u32>(to, <u32>bucketOf(hash));
    store<u32>(to, tagOf(hash), 4);
    to += 8;
  }
  return to;
}

/** The rows themselves, where their buckets have them. A row may lie in two lines: what is read does so too. */
function touchRows(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = BUCKETS; at < end; at += 8) {
    const bucket = <usize>load<u32>(at);
    const hits = hitsIn(bucket, load<u32>(at, 4));
    sum += v128.extract_lane<u32>(v128.load(hits != 0 ? rowIn(bucket, hits) : 0, ROW_MIDDLE), 0);
  }
  return sum;
}

/** Lists the entries of the page tables of orders that come, and where in their pages the levels lie. */
function listEntries(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = COMERS; at < end; at += 1 << COMER_SHIFT) {
    const ticks = load<u32>(at, 4);
    const table = <usize>load<u32>(<usize>load<u32>(at), MARKET_TABLE);
    const entry = entryIn(table, ticks >> PAGE_TICKS_SHIFT);
    sum += load<u32>(entry);
    store<u32>(at, <u32>entry, 8);
    store<u32>(at, (ticks & (LEVELS_PER_PAGE - 1)) << LEVEL_SHIFT, 12);
  }
  return sum;
}

/** Lists the levels of orders that come; 0 where there is none yet. */
function touchLevels(end: usize): u32 {
  let sum: u32 = 0;
  let from = COMERS;
  for (let at = LEVELS; at < end; at += 4) {
    const page = load<u32>(<usize>load<u32>(from, 8));
    const level = <usize>select<u32>(page + load<u32>(from, 12), 0, page != 0);
    store<u32>(at, <u32>level);
    sum += load<u32>(level, LEVEL_PREV);
    from += 1 << COMER_SHIFT;
  }
  return sum;
}

/** The youngest orders of levels; the page heads of those that are empty. */
function touchYoungest(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = LEVELS; at < end; at += 4) {
    const level = <usize>load<u32>(at);
    const youngest = <usize>load<u32>(level, LEVEL_PREV);
    sum += load<u32>(select<usize>(pageHeadOf(level), youngest, youngest == level));
  }
  return sum;
}

/** Lists orders that come where there is no page yet: market, as above, and ticks. */
function listFounders(end: usize): usize {
  let to = FOUNDERS;
  for (let at = COMERS; at < end; at += 1 << COMER_SHIFT) {
    store<u64>(to, load<u64>(at));
    to += <usize>(load<u32>(<usize>load<u32>(at, 8)) == 0) << 3;
  }
  return to;
}

/** What a market reads when it gets a page. */
function touchEntries(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = FOUNDERS; at < end; at += 8) sum += load<u32>(<usize>load<u32>(at), MARKET_BITS);
  return sum;
}

/** The words of bitmaps in which the bits of new pages come. */
function touchBits(end: usize): u32 {
  let sum: u32 = 0;
  for (let at = FOUNDERS; at < end; at += 8) {
    const ours = <usize>load<u32>(at);
    const number = load<u32>(at, 4) >> WHOLE_PAGE_TICKS_SHIFT;
    const known = select<u32>(number, 0, number < load<u32>(ours & ~7, MARKET_ENTRIES));
    sum += load<u32>(<usize>load<u32>(ours, MARKET_BITS) + ((<usize>(known >> 6)) << 3));
  }
  return sum;
}
