import { createPrng, decodeBase64, type Prng } from "@rialto/base";
import { EVENT_BUFFER_BYTES, UNCROSSING_TOUCHES } from "@rialto/protocol";
import type { StepBounds } from "../oracle/bounds.ts";
import { BOUNDED_WASM_BASE64 } from "./generated/bounded-wasm.ts";

// Engines whose commands and steps may do next to nothing, so that random commands meet what is otherwise left over once in
// thousands of orders, and read the events of one command in many calls.

/** The greatest of small bounds. */
const SMALL_MAX = 24;
/** With more bytes of events than this a call does nothing more. */
const CALL_BYTES = [0, 64, 1_024];

let compiled: WebAssembly.Module | undefined;

/** What `createHotEngine` needs for an engine with these bounds. */
export function boundedBuild(bounds: StepBounds): {
  readonly module: WebAssembly.Module;
  readonly imports: object;
} {
  compiled ??= new WebAssembly.Module(decodeBase64(BOUNDED_WASM_BASE64));
  return { module: compiled, imports: { bounds } };
}

/** Draws bounds from `seed`: the smaller the more often. */
export function drawSmallBounds(seed: number): StepBounds {
  const prng = createPrng(seed);
  // With fewer an uncrossing would never go on.
  const touchesMax = Math.max(UNCROSSING_TOUCHES, drawSmall(prng));
  return {
    touchesMax,
    massCancelsMax: drawSmall(prng),
    cancelAllMax: drawSmall(prng),
    activationsMax: drawSmall(prng),
    activationTouchesMin: 1 + prng.below(touchesMax),
    dueMax: drawSmall(prng),
    newsMax: drawSmall(prng),
    pegMovesMax: drawSmall(prng),
    indicativesMax: drawSmall(prng),
    commandEventBytesMax: EVENT_BUFFER_BYTES - CALL_BYTES[prng.below(CALL_BYTES.length)]!,
  };
}

function drawSmall(prng: Prng): number {
  return 1 + prng.below(1 + prng.below(SMALL_MAX));
}
