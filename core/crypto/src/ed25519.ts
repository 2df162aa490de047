import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { encodeHex, equalBytes, fail, parseHex } from "@rialto/base";
import { concatBytes } from "./hash.ts";
import { hasSignatureSizes, type VerifyFunction } from "./signature.ts";

// RFC 8032 leaves open whether the equation is checked with or without the cofactor 8, and libraries differ: noble checks
// with it, libsodium and OpenSSL without. A hostile signer can make signatures on which they disagree. The rule here is
// the strictest that all can follow: without the cofactor, canonical encodings, no point of small order.

const { Point } = ed25519;
const ORDER: bigint = Point.Fn.ORDER;
const FIELD: bigint = Point.Fp.ORDER;
const POINT_BYTES = 32;

/** Encodings of the eight points of small order, the sign bit cleared, as y coordinates. */
const SMALL_ORDER_Y: readonly Uint8Array[] = ED25519_TORSION_SUBGROUP.map((text) => {
  const bytes = parseHex(text) ?? fail("the torsion subgroup is given in hexadecimal");
  return withoutSign(bytes);
});

/**
 * True where a signature and key are encoded as every implementation accepts them: the point and the key canonical and
 * not of small order, the scalar below the group's order. To be asked before any library is.
 *
 * Source   RFC 8032, section 5.1.7; Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020.
 */
export function isStrictEd25519(publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (!hasSignatureSizes("ed25519", publicKey, signature)) return false;
  const point = signature.subarray(0, POINT_BYTES);
  if (decodeInteger(signature.subarray(POINT_BYTES)) >= ORDER) return false;
  return isStrictPoint(publicKey) && isStrictPoint(point);
}

/** Ed25519 in plain TypeScript: the portable default, for browsers and for comparison. */
export const verifyEd25519: VerifyFunction = (publicKey, message, signature) => {
  if (!isStrictEd25519(publicKey, signature)) return false;
  if (!ed25519.utils.isValidPublicKey(publicKey, false)) return false;
  const claimed = signature.subarray(0, POINT_BYTES);
  const challenge = decodeInteger(sha512(concatBytes(claimed, publicKey, message))) % ORDER;
  const scalar = decodeInteger(signature.subarray(POINT_BYTES));
  const key = Point.fromBytes(publicKey);
  const point = Point.BASE.multiplyUnsafe(scalar).subtract(key.multiplyUnsafe(challenge));
  return equalBytes(point.toBytes(), claimed);
};

function isStrictPoint(bytes: Uint8Array): boolean {
  const y = withoutSign(bytes);
  // Only values of 2^255 - 19 and above are not canonical, and they end in bytes of ones.
  if (y[POINT_BYTES - 1] === 0x7f && decodeInteger(y) >= FIELD) return false;
  return !SMALL_ORDER_Y.some((small) => equalBytes(small, y));
}

function withoutSign(bytes: Uint8Array): Uint8Array {
  // Not slice(): of a Buffer that would be the same memory.
  const y = new Uint8Array(bytes);
  y[POINT_BYTES - 1] = y[POINT_BYTES - 1]! & 0x7f;
  return y;
}

/** A little-endian integer of any length. */
function decodeInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(new Uint8Array(bytes).reverse())}`);
}
