import { DIGEST_BYTES, type HashFunction } from "../hash.ts";

/**
 * A hash for tests and simulations in which nobody attacks the hash itself: four lanes of murmur-like mixing. It
 * is deterministic, fast, and has no place in production.
 */
export const testHash: HashFunction = (bytes) => {
  const digest = new Uint8Array(DIGEST_BYTES);
  const view = new DataView(digest.buffer);
  let a = 0x243f_6a88 ^ bytes.length;
  let b = 0x85a3_08d3;
  let c = 0x1319_8a2e;
  let d = 0x0370_7344;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    a = Math.imul(a ^ byte, 0x9e37_79b1) ^ (d >>> 15);
    b = Math.imul(b + byte + index, 0x85eb_ca77) ^ (a >>> 13);
    c = Math.imul(c ^ (byte << 8), 0xc2b2_ae3d) ^ (b >>> 16);
    d = Math.imul(d + (byte ^ index), 0x27d4_eb2f) ^ (c >>> 14);
  }
  for (let lane = 0; lane < 8; lane++) {
    a = Math.imul(a ^ (b >>> 11) ^ lane, 0x85eb_ca6b);
    b = Math.imul(b ^ (c >>> 13), 0xc2b2_ae35);
    c = Math.imul(c ^ (d >>> 15), 0x9e37_79b1);
    d = Math.imul(d ^ (a >>> 16), 0x27d4_eb2f);
    view.setUint32(lane * 4, a ^ b ^ c ^ d, true);
  }
  return digest;
};
