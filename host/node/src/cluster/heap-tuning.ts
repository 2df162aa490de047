import { setFlagsFromString } from "node:v8";

/** By how much what is in use may grow between two collections of the whole heap. */
const GROWING_PERCENT = 800;

/**
 * Keeps a member from collecting its whole heap while it works.
 *
 * V8 collects when what was allocated since the last time exceeds a share of the heap, and counts what lies outside of it:
 * messages and blocks, which are nearly all of what a member allocates, beside a heap of some 20 MB. Under load a member
 * so marked its whole heap twice a second, for a sixth of all its processor time and with pauses of 10 to 140 ms.
 *
 * And what dies young is to go with the young generation. V8 takes note of where objects are made that live for long, and from then
 * on makes them old: while a member starts and rounds are slow that is every header of a block, and what an old header refers
 * to, were it dead, stays until the whole heap is collected.
 *
 * Effects  for the whole process; some 150 MB more memory at most, which the heap may grow by.
 */
export function tuneHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
  setFlagsFromString("--no-allocation-site-pretenuring");
}
