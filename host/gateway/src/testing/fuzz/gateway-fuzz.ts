import { createPrng } from "@rialto/base";
import type { Fuzzer } from "./fuzzer.ts";
import { REQUEST_FUZZERS } from "./request-fuzzers.ts";
import { TEXT_FUZZERS } from "./text-fuzzers.ts";

/** Every parser of text from outside that the gateway has. */
export const FUZZERS: readonly Fuzzer[] = [...TEXT_FUZZERS, ...REQUEST_FUZZERS];

/** A case may take this long; what takes longer has met something that does not scale. */
const CASE_MS_MAX = 1_000;

/**
 * Gives a parser `cases` inputs, each drawn from a seed of its own: `seed`, `seed + 1`, and so on.
 *
 * Errors   the first case of which something is wrong, thrown, with the command that replays it.
 */
export function fuzz(fuzzer: Fuzzer, seed: number, cases: number): void {
  for (let index = 0; index < cases; index++) {
    const caseSeed = (seed + index) >>> 0;
    const input = fuzzer.draw(createPrng(caseSeed));
    const startMs = performance.now();
    const problem = problemOf(fuzzer, input);
    const tookMs = performance.now() - startMs;
    if (problem === undefined && tookMs <= CASE_MS_MAX) continue;
    const replay = `npm run fuzz -- gateway --parser ${fuzzer.name} --seed ${caseSeed} --cases 1`;
    const what = problem ?? `it took ${Math.round(tookMs)} ms`;
    throw new Error(`${fuzzer.name}: ${what}\ninput: ${JSON.stringify(input)}\nreplay: ${replay}`);
  }
}

function problemOf(fuzzer: Fuzzer, input: string): string | undefined {
  try {
    return fuzzer.check(input);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
