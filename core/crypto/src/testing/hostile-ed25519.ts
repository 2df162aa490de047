import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { encodeHex, parseHex } from "@rialto/base";

// Signatures of a signer who knows the secret and cheats with the curve: what he adds lies in the subgroup of order 8,
// where checks with and without the cofactor part ways.

export interface HostileSignature {
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** Whether the equation holds without the cofactor and every encoding is canonical. */
  readonly isValid: boolean;
}

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
const FIELD = Point.Fp.ORDER;

/** Every pair of torsion parts of key and point, scalars beyond the order, encodings beyond the field. Deterministic. */
export function hostileEd25519(): HostileSignature[] {
  const cases: HostileSignature[] = [];
  const torsion = ED25519_TORSION_SUBGROUP.map((text) => Point.fromHex(text, true));
  for (const [inKey, keyPart] of torsion.entries()) {
    for (const [inPoint, pointPart] of torsion.entries()) {
      for (const tweak of [0n, 1n, 2n]) {
        cases.push(makeCase(`key+t${inKey} point+t${inPoint} ${tweak}`, keyPart, pointPart, tweak));
      }
    }
  }
  return [...cases, ...cases.slice(0, 1).flatMap(malleable)];
}

type CurvePoint = InstanceType<typeof Point>;

function makeCase(
  name: string,
  keyPart: CurvePoint,
  pointPart: CurvePoint,
  tweak: bigint,
): HostileSignature {
  const secret = 0x1234_5678_9abc_def0n + tweak;
  const nonce = 0xfedc_ba98_7654_3210n + tweak;
  const key = Point.BASE.multiply(secret).add(keyPart);
  const point = Point.BASE.multiply(nonce).add(pointPart);
  const message = Uint8Array.of(1, 2, Number(tweak));
  const publicKey = key.toBytes();
  const challenge =
    decodeLittle(sha512(new Uint8Array([...point.toBytes(), ...publicKey, ...message]))) % ORDER;
  const scalar = (nonce + challenge * secret) % ORDER;
  const expected = Point.BASE.multiply(scalar).subtract(key.multiply(challenge));
  return {
    name,
    publicKey,
    message,
    signature: new Uint8Array([...point.toBytes(), ...encodeLittle(scalar)]),
    isValid: expected.equals(point),
  };
}

/** The same signature written in other ways, and the identity as key, under which anything holds. */
function malleable({ publicKey, message, signature }: HostileSignature): HostileSignature[] {
  const scalar = decodeLittle(signature.subarray(32));
  const beyond = new Uint8Array([...signature.subarray(0, 32), ...encodeLittle(scalar + ORDER)]);
  const identity = Uint8Array.of(1, ...new Uint8Array(31));
  const identityBeyond = encodeLittle(FIELD + 1n);
  const nothing = new Uint8Array([...identity, ...new Uint8Array(32)]);
  const common = { message, isValid: false };
  return [
    { ...common, name: "scalar beyond the order", publicKey, signature: beyond },
    { ...common, name: "identity as key and point", publicKey: identity, signature: nothing },
    { ...common, name: "identity beyond the field", publicKey: identityBeyond, signature: nothing },
    { ...common, name: "no point of the curve", publicKey: encodeLittle(2n), signature },
    { ...common, name: "all ones", publicKey: new Uint8Array(32).fill(255), signature },
    { ...common, name: "zeros", publicKey, signature: new Uint8Array(64) },
    {
      ...common,
      name: "point of all ones",
      publicKey,
      signature: new Uint8Array([...new Uint8Array(32).fill(255), ...signature.subarray(32)]),
    },
  ];
}

function decodeLittle(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes.slice().reverse())}`);
}

function encodeLittle(value: bigint): Uint8Array {
  return parseHex(value.toString(16).padStart(64, "0"))!.reverse();
}
