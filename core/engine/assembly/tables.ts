import { BLOCK_BYTES_MAX, blockBytes, giveBlock, takeBlock } from "./blocks";
import { MARKET_TABLE, PAGE_TICKS_SHIFT, ROOT_NO_TABLE } from "./memory";
import { broken } from "./root";

// Page tables: where the pages of a side of a market are, by the numbers of the pages. A table covers the page numbers in which orders have been, and
// some around; one that has to reach further is replaced by a wider one, or by one elsewhere if its old pages are gone. A
// table too wide for a small piece of memory covers all numbers, once and for all.
//
//    0       4       8
//   +-------+-------+----------------+---+
//   | first | count | entries[count] | 0 |      an entry: address of a page, or 0
//   +-------+-------+----------------+---+

const FIRST: usize = 0;
const COUNT: usize = 4;
const ENTRIES: usize = 8;
/** What a table has beside its entries: its head, and one more entry that is always 0. */
const OTHER_BYTES: u32 = 12;
const SMALLEST_BYTES: u32 = 16;

/** The page of a side at a number, or 0. A number that the table does not cover leads to its last entry. */
@inline
export function pageAt(ours: usize, number: u32): usize {
  const table = <usize>load<u32>(ours, MARKET_TABLE);
  return <usize>load<u32>(entryIn(table, number));
}
/** The entry for a number in a table, or the one that is always 0. */
@inline
export function entryIn(table: usize, number: u32): usize {
  const count = load<u32>(table, COUNT);
  const index = number - load<u32>(table, FIRST);
  return table + ENTRIES + ((<usize>select<u32>(index, count, index < count)) << 2);
}
/** The page of a price, or 0. */
@inline
export function pageOf(market: usize, side: u32, ticks: u32): usize {
  return pageAt(market + ((<usize>side) << 2), ticks >> PAGE_TICKS_SHIFT);
}

/** Enters a page at a number below `entries`. */
export function setPage(ours: usize, entries: u32, number: u32, page: usize): void {
  let table = <usize>load<u32>(ours, MARKET_TABLE);
  if (number - load<u32>(table, FIRST) >= load<u32>(table, COUNT)) {
    table = widen(ours, table, entries, number);
  }
  store<u32>(entryIn(table, number), <u32>page);
}
/** Takes out the page at a number. */
export function clearPage(ours: usize, number: u32): void {
  store<u32>(entryIn(<usize>load<u32>(ours, MARKET_TABLE), number), 0);
}

@inline
function bytesFor(count: u32): u32 {
  return blockBytes(count * 4 + OTHER_BYTES);
}

/** Replaces a table by one that covers `number` as well as all pages that are in use. Its size at the least stays. */
function widen(ours: usize, table: usize, entries: u32, number: u32): usize {
  const first = load<u32>(table, FIRST);
  const count = load<u32>(table, COUNT);
  let low = number;
  let high = number;
  for (let at = first; at != first + count; at++) {
    if (load<u32>(entryIn(table, at)) == 0) continue;
    if (at < low) low = at;
    if (at > high) high = at;
  }
  const span = high - low + 1;
  const bytes = bytesFor(span > count ? span : count);
  // With as much room below the pages as above them.
  const fits = (bytes - OTHER_BYTES) / 4;
  const isWhole = bytes > BLOCK_BYTES_MAX || fits >= entries;
  const width = isWhole ? entries : fits;
  const below = (width - span) / 2;
  const lowest = below < low ? low - below : 0;
  const wider = takeBlock(bytesFor(width));
  store<u32>(wider, isWhole ? 0 : lowest + width > entries ? entries - width : lowest, FIRST);
  store<u32>(wider, width, COUNT);
  for (let at = first; at != first + count; at++) {
    const page = load<u32>(entryIn(table, at));
    if (page != 0) store<u32>(entryIn(wider, at), page);
  }
  if (table != ROOT_NO_TABLE) giveBlock(table, bytesFor(count));
  store<u32>(ours, <u32>wider, MARKET_TABLE);
  return wider;
}

/** Bytes that the tables of one side may ever take, of a market with so many entries: one of each size. */
export function tablesBytesMax(entries: u32): u64 {
  let sum: u64 = 0;
  for (let bytes = SMALLEST_BYTES; bytes <= BLOCK_BYTES_MAX; bytes <<= 1) {
    sum += bytes;
    if ((bytes - OTHER_BYTES) / 4 >= entries) return sum;
  }
  return sum + <u64>bytesFor(entries);
}

/** For the audit: a table lies within its entries, and ends as it should. */
export function auditTable(ours: usize, entries: u32): void {
  const table = <usize>load<u32>(ours, MARKET_TABLE);
  const end = load<u32>(table, FIRST) + load<u32>(table, COUNT);
  if (end > entries || load<u32>(entryIn(table, end)) != 0) broken(7);
}
