import type { Prng } from "@rialto/base";

/** One parser of outside text, how its inputs are made, and what must hold of its results. */
export interface Fuzzer {
  readonly name: string;
  readonly draw: (prng: Prng) => string;
  /** Undefined, or what is wrong with what the parser has made of the input. */
  readonly check: (input: string) => string | undefined;
}
