import { LADDERS, ROOT_BLOCKS_FREE, ROOT_LADDERS_END, ROOT_LADDERS_RESERVED } from "./memory";
import { BROKEN_MEMORY, broken } from "./root";

// The memory of the ladders, in pieces. Small ones are powers of two from 16 to 256 bytes, given back to a list for each
// size; larger ones are never given back. What a market may ever need is reserved when it is listed, in address space: so
// no order ever waits for the memory to grow, and what is not needed is never touched.

const SHIFT_LEAST: u32 = 4;
const SHIFT_MOST: u32 = 8;
/** Bytes of the largest small piece. */
export const BLOCK_BYTES_MAX: u32 = 1 << SHIFT_MOST;
/** Larger ones take whole cache lines. */
const LINE_BYTES: u32 = 64;
/** What is reserved for no market: of each size what splitting leaves over, and a piece while it replaces another. */
const SPARE_BYTES: u32 = 8 * BLOCK_BYTES_MAX;
const GROW_PAGES: u32 = 16;

/** Bytes that a piece of at least `bytes` takes. */
export function blockBytes(bytes: u32): u32 {
  if (bytes > BLOCK_BYTES_MAX) return (bytes + (LINE_BYTES - 1)) & ~(LINE_BYTES - 1);
  return bytes <= 1 << SHIFT_LEAST ? 1 << SHIFT_LEAST : 1 << (32 - <u32>clz(bytes - 1));
}

@inline
function listOf(bytes: u32): usize {
  return ROOT_BLOCKS_FREE + ((<usize>(<u32>ctz(bytes) - SHIFT_LEAST)) << 2);
}

/** A zeroed piece of `bytes`, which `blockBytes` has rounded. The caller has reserved it. */
export function takeBlock(bytes: u32): usize {
  if (bytes > BLOCK_BYTES_MAX) return cut(bytes);
  const list = listOf(bytes);
  let block = <usize>load<u32>(list);
  if (block == 0) block = split(bytes);
  store<u32>(list, load<u32>(block));
  memory.fill(block, 0, bytes);
  return block;
}

/** Gives a small piece back. */
export function giveBlock(block: usize, bytes: u32): void {
  const list = listOf(bytes);
  store<u32>(block, load<u32>(list));
  store<u32>(list, <u32>block);
}

/** Lists pieces of a size of which there is none left. Returns the first. */
function split(bytes: u32): usize {
  const start = cut(BLOCK_BYTES_MAX);
  for (let block = start + BLOCK_BYTES_MAX; block != start; ) {
    block -= <usize>bytes;
    giveBlock(block, bytes);
  }
  return start;
}

function cut(bytes: u32): usize {
  const start = load<u32>(ROOT_LADDERS_END);
  if (bytes > load<u32>(ROOT_LADDERS_RESERVED) - start) broken(BROKEN_MEMORY);
  store<u32>(ROOT_LADDERS_END, start + bytes);
  return <usize>start;
}

/** In fresh memory. */
export function beginBlocks(): void {
  store<u32>(ROOT_LADDERS_END, <u32>LADDERS);
  store<u32>(ROOT_LADDERS_RESERVED, <u32>LADDERS);
  reserveBlocks(SPARE_BYTES);
}

/** Reserves `bytes` more. */
export function reserveBlocks(bytes: u64): void {
  const reserved = <u64>load<u32>(ROOT_LADDERS_RESERVED) + bytes;
  if (reserved > <u64>u32.MAX_VALUE) broken(BROKEN_MEMORY);
  store<u32>(ROOT_LADDERS_RESERVED, <u32>reserved);
  growToReserved();
}

/**
 * Lets the memory have what is reserved: after a listing or a restore. It grows in steps, for a step takes its time; the last
 * one ends where a memory may.
 */
export function growToReserved(): void {
  const needed = <u32>((<u64>load<u32>(ROOT_LADDERS_RESERVED) + 0xffff) >> 16);
  const pages = (needed + (GROW_PAGES - 1)) & ~(GROW_PAGES - 1);
  const missing = <i32>pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) broken(BROKEN_MEMORY);
}
