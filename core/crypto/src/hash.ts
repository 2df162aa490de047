import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

// One hash for everything that is hashed or signed (consensus: SHA-256), behind a type, so that a host may bring a
// faster implementation and a simulator a cheaper one.

/** Length of every digest. */
export const DIGEST_BYTES = 32;

/** A collision-resistant hash of 32 bytes. Pure; the result is the caller's to keep. */
export type HashFunction = (bytes: Uint8Array) => Uint8Array;

/**
 * SHA-256 in plain TypeScript: the portable default.
 *
 * Source   FIPS 180-4.
 */
export const sha256: HashFunction = (bytes) => nobleSha256(bytes);

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

/** Longer inputs are put together in memory of their own. */
const JOINED_BYTES = 128 * 1024;
const joined = new Uint8Array(JOINED_BYTES);
/** Views of its beginning by their length, made once: most of what is hashed is short. */
const JOINED_VIEWS = 512;
const joinedViews: (Uint8Array | undefined)[] = Array.from({ length: JOINED_VIEWS });

/** The hash of the parts one after the other, put together in memory that is used again and again. */
export function hashParts(hash: HashFunction, ...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  if (size > JOINED_BYTES) return hash(concatBytes(...parts));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return hash(joinedTo(size));
}

function joinedTo(size: number): Uint8Array {
  if (size >= JOINED_VIEWS) return joined.subarray(0, size);
  return (joinedViews[size] ??= joined.subarray(0, size));
}

/**
 * The bytes of an ASCII tag and a zero after it: what separates one kind of hashed or signed thing from another. No
 * tag with its zero begins another one.
 */
export function tagBytes(tag: string): Uint8Array {
  const bytes = new Uint8Array(tag.length + 1);
  for (let index = 0; index < tag.length; index++) bytes[index] = tag.charCodeAt(index);
  return bytes;
}
