import type { Engine } from "./engine.ts";

/** A hash that takes its input in pieces. Given from outside: the engine has no cryptography. */
export interface IncrementalHash {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/**
 * What two engines in the same state have in common, and no two in different states.
 *
 * Shape    `sha256` has had no input yet; it is spent by this. 32 bytes come back.
 * Source   docs/protocol/matching.md §6.
 */
export function stateHash(engine: Engine, sha256: IncrementalHash): Uint8Array {
  engine.writeState((bytes) => sha256.update(bytes));
  return sha256.digest();
}
