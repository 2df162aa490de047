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
const POINT_BYTES = 32;
/** The order of the group and of the field, little-endian: what scalars and coordinates must be below. */
const ORDER_BYTES: Uint8Array = encodeInteger(ORDER);
const FIELD_BYTES: Uint8Array = encodeInteger(Point.Fp.ORDER);

/** Encodings of the points of small order, the sign bit cleared, as y coordinates: five, since pairs share one. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  ...new Set(
    ED25519_TORSION_SUBGROUP.map((text) => {
      const bytes = parseHex(text) ?? fail("the torsion subgroup is given in hexadecimal");
      bytes[POINT_BYTES - 1] = bytes[POINT_BYTES - 1]! & 0x7f;
      return encodeHex(bytes);
    }),
  ),
].map((text) => parseHex(text) ?? fail("what was encoded parses"));

/**
 * True where a signature and key are encoded as every implementation accepts them: the point and the key canonical and
 * not of small order, the scalar below the group's order. To be asked before any library is.
 *
 * Source   RFC 8032, section 5.1.7; Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020.
 */
export function isStrictEd25519(publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (!hasSignatureSizes("ed25519", publicKey, signature)) return false;
  if (!isBelow(signature, POINT_BYTES, 0xff, ORDER_BYTES)) return false;
  return isStrictPoint(publicKey) && isStrictPoint(signature);
}

/**
 * True for what a signature may hold under, as far as its encoding tells: 32 bytes, canonical, of no small order. Under a key of small
 * order none does here, and where others check less strictly, anybody's.
 */
export function isStrictPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === POINT_BYTES && isStrictPoint(publicKey);
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

/** Of a point at the beginning of `bytes`. Allocates nothing: it runs before every verification. */
function isStrictPoint(bytes: Uint8Array): boolean {
  if (!isBelow(bytes, 0, 0x7f, FIELD_BYTES)) return false;
  for (let index = 0; index < SMALL_ORDER_Y.length; index++) {
    if (hasCoordinate(bytes, SMALL_ORDER_Y[index]!)) return false;
  }
  return true;
}

/** True where the 32 bytes at `offset`, the last of them masked, are an integer below `limit`. */
function isBelow(bytes: Uint8Array, offset: number, mask: number, limit: Uint8Array): boolean {
  for (let index = POINT_BYTES - 1; index >= 0; index--) {
    const byte = bytes[offset + index]! & (index === POINT_BYTES - 1 ? mask : 0xff);
    if (byte !== limit[index]) return byte < limit[index]!;
  }
  return false;
}

function hasCoordinate(bytes: Uint8Array, y: Uint8Array): boolean {
  for (let index = 0; index < POINT_BYTES - 1; index++) {
    if (bytes[index] !== y[index]) return false;
  }
  return (bytes[POINT_BYTES - 1]! & 0x7f) === y[POINT_BYTES - 1];
}

/** A little-endian integer of any length. */
function decodeInteger(bytes: Uint8Array): bigint {
  // Not slice(): of a Buffer that would be the same memory.
  return BigInt(`0x${encodeHex(new Uint8Array(bytes).reverse())}`);
}

function encodeInteger(value: bigint): Uint8Array {
  const bytes = parseHex(value.toString(16).padStart(64, "0"));
  return (bytes ?? fail("an integer in hexadecimal parses")).reverse();
}
