import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { createPrng, encodeHex, parseHex } from "@rialto/base";
import { expect, test } from "vitest";
import { isStrictEd25519, isStrictPublicKey, verifyEd25519 } from "./ed25519.ts";
import { verifyMlDsa65 } from "./ml-dsa.ts";
import { hostileEd25519 } from "./testing/hostile-ed25519.ts";
import { MLDSA_VECTORS, RFC8032_VECTORS } from "./testing/signature-vectors.ts";

test.each(RFC8032_VECTORS)("Ed25519 accepts $name of RFC 8032 and nothing near it", (vector) => {
  const [key, message, signature] = [vector.publicKey, vector.message, vector.signature].map(
    (text) => parseHex(text)!,
  ) as [Uint8Array, Uint8Array, Uint8Array];
  expect(verifyEd25519(key, message, signature)).toBe(true);
  const longer = new Uint8Array([...message, 0]);
  expect(verifyEd25519(key, longer, signature)).toBe(false);
  expect(verifyEd25519(key, message, signature.subarray(1))).toBe(false);
  expect(verifyEd25519(key.subarray(1), message, signature)).toBe(false);
  const prng = createPrng(3);
  for (let round = 0; round < 20; round++) {
    expect(verifyEd25519(key, message, flipBit(signature, prng))).toBe(false);
    expect(verifyEd25519(flipBit(key, prng), message, signature)).toBe(false);
  }
});

test("the strict rule: no cofactor, no small order, no second encoding", () => {
  const cases = hostileEd25519();
  const wrong = cases.filter(
    ({ publicKey, message, signature, isValid }) =>
      verifyEd25519(publicKey, message, signature) !== isValid,
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
  expect(cases.filter(({ isValid }) => isValid).length).toBeGreaterThan(3);
  // The library's own check, which follows another rule, takes signatures that ours must refuse.
  const takenByNoble = cases.filter(
    ({ publicKey, message, signature, isValid }) =>
      !isValid && ed25519.verify(signature, message, publicKey, { zip215: false }),
  );
  expect(takenByNoble.length).toBeGreaterThan(0);
});

test("the bytes given are read alone, in a Buffer too", () => {
  const { publicKey, message, signature } = RFC8032_VECTORS[2]!;
  const parts = [publicKey, message, signature].map((text) => Buffer.from(text, "hex"));
  const [key, text, signed] = parts as [Buffer, Buffer, Buffer];
  expect(verifyEd25519(key, text, signed)).toBe(true);
  expect(parts.map((part) => part.toString("hex"))).toEqual([publicKey, message, signature]);
});

test("points of small order are refused as keys and in signatures", () => {
  const good = parseHex(RFC8032_VECTORS[0]!.signature)!;
  const key = parseHex(RFC8032_VECTORS[0]!.publicKey)!;
  expect(isStrictEd25519(key, good)).toBe(true);
  expect(isStrictPublicKey(key)).toBe(true);
  expect(isStrictPublicKey(key.subarray(1))).toBe(false);
  for (const text of ED25519_TORSION_SUBGROUP) {
    const small = parseHex(text)!;
    expect(isStrictEd25519(small, good)).toBe(false);
    expect(isStrictPublicKey(small)).toBe(false);
    expect(isStrictEd25519(key, new Uint8Array([...small, ...good.subarray(32)]))).toBe(false);
  }
});

test.each(MLDSA_VECTORS)("ML-DSA-65 keys from a seed are those of $name", (vector) => {
  const { publicKey } = ml_dsa65.keygen(parseHex(vector.seed)!);
  const text = encodeHex(publicKey);
  expect(text.slice(0, 64)).toBe(vector.publicKeyBegin);
  expect(text.slice(-64)).toBe(vector.publicKeyEnd);
});

test("ML-DSA-65 accepts the published signature and nothing near it", () => {
  const vector = MLDSA_VECTORS.find(({ signatureBegin }) => signatureBegin !== undefined)!;
  const { publicKey, secretKey } = ml_dsa65.keygen(parseHex(vector.seed)!);
  const message = parseHex(vector.message!)!;
  const signature = ml_dsa65.sign(message, secretKey, { extraEntropy: false });
  expect(encodeHex(signature).slice(0, 64)).toBe(vector.signatureBegin);
  expect(encodeHex(signature).slice(-64)).toBe(vector.signatureEnd);
  expect(verifyMlDsa65(publicKey, message, signature)).toBe(true);
  expect(verifyMlDsa65(publicKey, new Uint8Array([...message, 0]), signature)).toBe(false);
  expect(verifyMlDsa65(publicKey.subarray(1), message, signature)).toBe(false);
  expect(verifyMlDsa65(publicKey, message, signature.subarray(1))).toBe(false);
  const prng = createPrng(9);
  for (let round = 0; round < 20; round++) {
    expect(verifyMlDsa65(publicKey, message, flipBit(signature, prng))).toBe(false);
  }
});

function flipBit(bytes: Uint8Array, prng: ReturnType<typeof createPrng>): Uint8Array {
  const copy = bytes.slice();
  const at = prng.below(copy.length);
  copy[at] = copy[at]! ^ (1 << prng.below(8));
  return copy;
}
