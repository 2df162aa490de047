import { DIGEST_BYTES, SIGNATURE_SIZES } from "@rialto/crypto";

// What is decided here does not depend on which hash and which signatures are used: a simulator may bring cheaper ones.

export { concatBytes, DIGEST_BYTES, type HashFunction, hashParts, tagBytes } from "@rialto/crypto";

export const SIGNATURE_BYTES = 64;
/** Of ML-DSA-65. */
export const QUANTUM_SIGNATURE_BYTES: number = SIGNATURE_SIZES["ml-dsa-65"].signatureBytes;

/** Signs with the key of this member. Ed25519 in production. */
export type SignFunction = (message: Uint8Array) => Uint8Array;
/** True where `signature` is the author's over `message`. */
export type VerifyFunction = (
  author: number,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

export const NO_DIGEST: Uint8Array = new Uint8Array(DIGEST_BYTES);

/** The total order of digests: bytewise. Negative, 0 or positive. */
export function compareDigests(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < DIGEST_BYTES; index++) {
    const difference = left[index]! - right[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
