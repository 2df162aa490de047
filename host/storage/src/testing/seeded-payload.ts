import { createPrng } from "@rialto/base";

/** The payload that a seeded writer appends at `sequence`: 0 to 6,000 bytes. */
export function payloadOf(seed: number, sequence: number): Uint8Array {
  const prng = createPrng(seed * 1_000_003 + sequence);
  return new Uint8Array(prng.below(6_001)).fill(1 + prng.below(255));
}
