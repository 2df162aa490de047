// Cryptography comes from outside: core is free of it, and a simulator may choose a cheaper one.

/** Length of every digest: SHA-256 in production. */
export const DIGEST_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** A collision-resistant hash of 32 bytes. Pure; the result is the caller's to keep. */
export type HashFunction = (bytes: Uint8Array) => Uint8Array;
/** Signs with the key of this member. Ed25519 in production. */
export type SignFunction = (message: Uint8Array) => Uint8Array;
/** True where `signature` is the author's over `message`. */
export type VerifyFunction = (
  author: number,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

export const NO_DIGEST: Uint8Array = new Uint8Array(DIGEST_BYTES);

/** The bytes of an ASCII tag: what separates one kind of hashed or signed thing from another. */
export function tagBytes(tag: string): Uint8Array {
  const bytes = new Uint8Array(tag.length);
  for (let index = 0; index < tag.length; index++) bytes[index] = tag.charCodeAt(index);
  return bytes;
}

/** The parts one after the other, in memory of their own. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The total order of digests: bytewise. Negative, 0 or positive. */
export function compareDigests(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < DIGEST_BYTES; index++) {
    const difference = left[index]! - right[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
