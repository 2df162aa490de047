import { ROOT_HASH_KEY } from "./memory";

/**
 * A keyed mix of 64 bits for the hash tables. The key is this process's own secret: who chooses ids from
 * outside cannot aim at a bucket, and no answer of the engine depends on where a row lies.
 *
 * Source: the multiply-fold of wyhash, by Wang Yi, and the finalizer of MurmurHash3, by Austin Appleby.
 */
@inline
export function mix(value: u64): u64 {
  const key = load<u64>(ROOT_HASH_KEY);
  let h = (value ^ key) * 0x9e37_79b9_7f4a_7c15;
  h ^= h >> 32;
  return h * key;
}
