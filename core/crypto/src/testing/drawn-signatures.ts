import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { encodeHex, parseHex, type Prng } from "@rialto/base";

// Signatures at random, honest and hostile: what a signer can do who knows the secret, and what anybody can do to a
// signature on its way. What the right answer is, the verifiers have to say alike.

export interface DrawnSignature {
  readonly kind: string;
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
const FIELD = Point.Fp.ORDER;
const TORSION = ED25519_TORSION_SUBGROUP.map((text) => Point.fromHex(text, true));
type CurvePoint = InstanceType<typeof Point>;

/** One who signs. `part`: what was added to the key, a point of small order; the neutral one for honest signers. */
export interface DrawnSigner {
  readonly secret: bigint;
  readonly part: CurvePoint;
  readonly key: CurvePoint;
  readonly publicKey: Uint8Array;
}

export function drawSigner(prng: Prng): DrawnSigner {
  const secret = (drawInteger(prng, 32) % (ORDER - 1n)) + 1n;
  const part = TORSION[prng.chance(1, 2) ? 0 : prng.below(8)]!;
  const key = Point.BASE.multiply(secret).add(part);
  return { secret, part, key, publicKey: key.toBytes() };
}

/** Kinds that hold by the rule when the key is honest; `matched` ones hold under every key. */
export function drawSignature(signer: DrawnSigner, prng: Prng): DrawnSignature {
  const message = drawBytes(prng, prng.below(300));
  const { publicKey } = signer;
  const whole = sign(signer, message, TORSION[0]!, prng);
  const draws: readonly (() => DrawnSignature)[] = [
    () => ({ kind: "plain", publicKey, message, signature: whole }),
    () => ({ kind: "matched", publicKey, ...matched(signer, message, prng) }),
    () => {
      const signature = sign(signer, message, TORSION[prng.below(8)]!, prng);
      return { kind: "torsion in the point", publicKey, message, signature };
    },
    () => ({ kind: "bit of it", publicKey, message, signature: flipBit(whole, prng) }),
    () => ({
      kind: "bit of the key",
      publicKey: flipBit(publicKey, prng),
      message,
      signature: whole,
    }),
    () => {
      const other = message.length === 0 ? Uint8Array.of(0) : flipBit(message, prng);
      return { kind: "bit of the message", publicKey, message: other, signature: whole };
    },
    () => ({
      kind: "scalar",
      publicKey,
      message,
      signature: withScalar(whole, drawScalar(whole, prng)),
    }),
    () => ({ kind: "point", publicKey, message, signature: withPoint(whole, drawEncoding(prng)) }),
    () => ({ kind: "key", publicKey: drawEncoding(prng), message, signature: whole }),
    () => ({ kind: "length", publicKey, message, signature: whole.subarray(0, prng.below(64)) }),
  ];
  return draws[prng.below(draws.length)]!();
}

/** R = r B + part, S = r + k a. */
function sign(
  { secret, publicKey }: DrawnSigner,
  message: Uint8Array,
  part: CurvePoint,
  prng: Prng,
): Uint8Array {
  const nonce = (drawInteger(prng, 32) % (ORDER - 1n)) + 1n;
  const point = Point.BASE.multiply(nonce).add(part).toBytes();
  const scalar = (nonce + challengeOf(point, publicKey, message) * secret) % ORDER;
  return new Uint8Array([...point, ...encodeInteger(scalar)]);
}

/** A signature that holds without the cofactor under a key of any order: of R tried until its small part is -k times the key's. */
function matched(
  { secret, part, publicKey }: DrawnSigner,
  message: Uint8Array,
  prng: Prng,
): { readonly message: Uint8Array; readonly signature: Uint8Array } {
  const nonce = (drawInteger(prng, 32) % (ORDER - 1n)) + 1n;
  const base = Point.BASE.multiply(nonce);
  for (let attempt = 0; ; attempt++) {
    const text = new Uint8Array([...message, attempt & 0xff, attempt >> 8]);
    for (const torsion of TORSION) {
      const point = base.add(torsion).toBytes();
      const challenge = challengeOf(point, publicKey, text);
      if (!part.multiplyUnsafe(challenge).add(torsion).equals(Point.ZERO)) continue;
      const scalar = (nonce + challenge * secret) % ORDER;
      return { message: text, signature: new Uint8Array([...point, ...encodeInteger(scalar)]) };
    }
  }
}

/** Scalars at and beyond the edges, and the right one written otherwise. */
function drawScalar(signature: Uint8Array, prng: Prng): bigint {
  const scalar = decodeInteger(signature.subarray(32));
  const edges = [
    0n,
    1n,
    ORDER - 1n,
    ORDER,
    ORDER + 1n,
    2n ** 252n,
    2n ** 253n - 1n,
    2n ** 256n - 1n,
  ];
  const others = [scalar + ORDER, scalar + 8n * ORDER, ORDER - scalar, drawInteger(prng, 32)];
  const all = [...edges, ...others];
  return all[prng.below(all.length)]! & (2n ** 256n - 1n);
}

/** Encodings of points: of small order, beyond the field, of nothing, of anything. */
function drawEncoding(prng: Prng): Uint8Array {
  const signBit = prng.chance(1, 2) ? 2n ** 255n : 0n;
  const draws: readonly (() => Uint8Array)[] = [
    () => TORSION[prng.below(8)]!.toBytes(),
    () => encodeInteger(BigInt(prng.below(19)) + FIELD + signBit),
    () => encodeInteger(BigInt(prng.below(19)) + signBit),
    () => encodeInteger(FIELD - 1n - BigInt(prng.below(19)) + signBit),
    () => drawBytes(prng, 32),
    () => Point.BASE.multiply(BigInt(prng.below(1_000)) + 1n).toBytes(),
  ];
  return draws[prng.below(draws.length)]!();
}

function withScalar(signature: Uint8Array, scalar: bigint): Uint8Array {
  return new Uint8Array([...signature.subarray(0, 32), ...encodeInteger(scalar)]);
}

function withPoint(signature: Uint8Array, point: Uint8Array): Uint8Array {
  return new Uint8Array([...point, ...signature.subarray(32)]);
}

export function challengeOf(point: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return decodeInteger(sha512(new Uint8Array([...point, ...key, ...message]))) % ORDER;
}

export function flipBit(bytes: Uint8Array, prng: Prng): Uint8Array {
  const copy = bytes.slice();
  const at = prng.below(copy.length);
  copy[at] = copy[at]! ^ (1 << prng.below(8));
  return copy;
}

export function drawBytes(prng: Prng, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => prng.below(256));
}

export function drawInteger(prng: Prng, bytes: number): bigint {
  return decodeInteger(drawBytes(prng, bytes));
}

/** Little-endian, as all of Ed25519 is. */
export function decodeInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(new Uint8Array(bytes).reverse())}`);
}

export function encodeInteger(value: bigint): Uint8Array {
  return parseHex(value.toString(16).padStart(64, "0"))!.reverse();
}
