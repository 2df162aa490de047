import { assert, createPrng, fail, parseHex } from "@rialto/base";
import { expect, test } from "vitest";
import { isStrictEd25519, verifyEd25519 } from "./ed25519.ts";
import type { VerifyFunction } from "./signature.ts";
import {
  createTableVerifier,
  type SignedMessage,
  type TableVerifier,
  USES_BEFORE_TABLE,
} from "./table-verifier.ts";
import { drawSignature, type DrawnSigner, drawSigner } from "./testing/drawn-signatures.ts";
import { hostileEd25519 } from "./testing/hostile-ed25519.ts";
import { RFC8032_VECTORS } from "./testing/signature-vectors.ts";
import { SPECCHECK_CASES } from "./testing/speccheck-cases.ts";
import { verifyByTable } from "./testing/verify-by-table.ts";

const bytes = (text: string): Uint8Array => parseHex(text) ?? fail("a vector is hexadecimal");

function createCounting(tablesMax?: number): { verifier: TableVerifier; others: () => number } {
  let count = 0;
  const other: VerifyFunction = (...signed) => {
    count++;
    return verifyEd25519(...signed);
  };
  const options = tablesMax === undefined ? { other } : { other, tablesMax };
  return { verifier: createTableVerifier(options) ?? fail("supported"), others: () => count };
}

/** A signature of the signer that holds, whatever its key is. */
function drawGood(signer: DrawnSigner, seed: number): SignedMessage {
  const prng = createPrng(seed);
  for (;;) {
    const drawn = drawSignature(signer, prng);
    if (drawn.kind === "matched") return drawn;
  }
}

const signers = (count: number, seed: number): DrawnSigner[] => {
  const prng = createPrng(seed);
  return Array.from({ length: count }, () => drawSigner(prng));
};

/** Lets the verifier see a key until it has a table. */
function teach(verifier: TableVerifier, signer: DrawnSigner): void {
  const { publicKey, message, signature } = drawGood(signer, 5);
  const before = verifier.tableCount;
  for (let use = 0; use < USES_BEFORE_TABLE; use++) {
    assert(verifier.verify(publicKey, message, signature), "a matched signature holds");
  }
  assert(before === verifier.tablesMax || verifier.tableCount === before + 1, "it has a table");
}

test("the key of a table is a copy, also of a key in a Buffer: what becomes of its memory changes nothing", () => {
  const { verifier, others } = createCounting();
  const [signer] = signers(1, 91);
  const { publicKey, message, signature } = drawGood(signer!, 5);
  const memory = Buffer.from(publicKey);
  for (let use = 0; use < USES_BEFORE_TABLE; use++) verifier.verify(memory, message, signature);
  expect(verifier.tableCount).toBe(1);
  // Another key that begins alike, as the next packet in the same memory may have one.
  memory[20]! ^= 1;
  const before = others();
  expect(verifier.verify(publicKey, message, signature)).toBe(true);
  expect(others()).toBe(before);
  expect(verifier.verify(memory, message, signature)).toBe(false);
});

test("RFC 8032's signatures hold by a table, and none that is near them", () => {
  for (const vector of RFC8032_VECTORS) {
    const [key, message, signature] = [vector.publicKey, vector.message, vector.signature].map(
      bytes,
    );
    expect(verifyByTable(key!, message!, signature!)).toBe(true);
    for (let bit = 0; bit < 512; bit += 5) {
      const damaged = signature!.slice();
      damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
      expect(verifyByTable(key!, message!, damaged)).toBe(false);
    }
    expect(verifyByTable(key!, new Uint8Array([...message!, 0]), signature!)).toBe(false);
  }
});

test("of the signatures on which implementations differ, one holds", () => {
  const cases = SPECCHECK_CASES.map((each) => ({
    ...each,
    parts: [bytes(each.publicKey), bytes(each.message), bytes(each.signature)] as const,
  }));
  for (const verify of [verifyByTable, verifyEd25519]) {
    const wrong = cases.filter(({ parts, isValid }) => verify(...parts) !== isValid);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  }
});

test("tables give the right answer to every hostile signature", () => {
  const wrong = hostileEd25519().filter(
    ({ publicKey, message, signature, isValid }) =>
      verifyByTable(publicKey, message, signature) !== isValid,
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test("a key gets a table when some of its signatures have held, and the answers stay", () => {
  const { verifier, others } = createCounting();
  const [signer] = signers(1, 11);
  const { publicKey, message, signature } = drawGood(signer!, 1);
  const wrong = new Uint8Array([...message, 1]);
  for (let use = 0; use < USES_BEFORE_TABLE; use++) {
    expect(verifier.tableCount).toBe(0);
    expect(verifier.verify(publicKey, wrong, signature)).toBe(false);
    expect(verifier.verify(publicKey, message, signature)).toBe(true);
  }
  expect(verifier.tableCount).toBe(1);
  expect(others()).toBe(2 * USES_BEFORE_TABLE);
  expect(verifier.verify(publicKey, message, signature)).toBe(true);
  expect(verifier.verify(publicKey, wrong, signature)).toBe(false);
  expect(others()).toBe(2 * USES_BEFORE_TABLE);
});

test("what has the wrong lengths or encodings reaches nobody", () => {
  const { verifier, others } = createCounting();
  const [signer] = signers(1, 12);
  const { publicKey, message, signature } = drawGood(signer!, 2);
  teach(verifier, signer!);
  const asked = others();
  expect(verifier.verify(publicKey.subarray(1), message, signature)).toBe(false);
  expect(verifier.verify(publicKey, message, signature.subarray(1))).toBe(false);
  expect(verifier.verify(new Uint8Array(32).fill(255), message, signature)).toBe(false);
  expect(verifier.verifyMany([{ publicKey, message, signature: new Uint8Array(0) }])).toEqual([
    false,
  ]);
  expect(others()).toBe(asked);
});

test("the table least lately used makes room, and memory stays within its bound", () => {
  const { verifier, others } = createCounting(3);
  const known = signers(5, 13);
  for (const signer of known.slice(0, 3)) teach(verifier, signer);
  const fullBytes = verifier.memoryBytes;
  const goods = known.map((signer) => drawGood(signer, 3));
  const ask = (index: number): boolean => {
    const asked = others();
    const { publicKey, message, signature } = goods[index]!;
    expect(verifier.verify(publicKey, message, signature)).toBe(true);
    return others() === asked;
  };
  expect([0, 1, 2].map(ask)).toEqual([true, true, true]);
  expect(ask(0)).toBe(true); // now 1 is the oldest
  teach(verifier, known[3]!);
  expect([0, 2, 3].map(ask)).toEqual([true, true, true]);
  expect(ask(1)).toBe(false);
  teach(verifier, known[4]!); // 0 is the oldest
  expect([2, 3, 4].map(ask)).toEqual([true, true, true]);
  expect(ask(0)).toBe(false);
  expect(verifier.tableCount).toBe(3);
  expect(verifier.memoryBytes).toBe(fullBytes);
  expect(fullBytes).toBeLessThan(1.5e6 + 3 * 105_000);
});

test("a key that begins like a known one is not taken for it", () => {
  const { verifier, others } = createCounting();
  const [signer] = signers(1, 14);
  teach(verifier, signer!);
  const { publicKey, message, signature } = drawGood(signer!, 4);
  let strict = 0;
  for (let byte = 6; byte < 32; byte++) {
    const similar = publicKey.slice();
    similar[byte] = similar[byte]! ^ 1;
    if (isStrictEd25519(similar, signature)) strict++;
    expect(verifier.verify(similar, message, signature)).toBe(false);
  }
  // Each went to the other verifier, beside those from before there was a table.
  expect(others()).toBe(USES_BEFORE_TABLE + strict);
  expect(strict).toBeGreaterThan(20);
});

test("a message beyond the buffer goes to the other verifier", () => {
  const { verifier, others } = createCounting();
  const [vector] = RFC8032_VECTORS;
  const parts = [
    bytes(vector!.publicKey),
    bytes(vector!.message),
    bytes(vector!.signature),
  ] as const;
  for (let use = 0; use < USES_BEFORE_TABLE; use++) verifier.verify(...parts);
  expect(verifier.verify(parts[0], new Uint8Array(65_536), parts[2])).toBe(false);
  expect(others()).toBe(USES_BEFORE_TABLE);
  expect(verifier.verify(parts[0], new Uint8Array(65_537), parts[2])).toBe(false);
  expect(others()).toBe(USES_BEFORE_TABLE + 1);
});

test.each([0, 1, 2, 63, 64, 65, 130])("%i together are judged as they are one by one", (count) => {
  const { verifier } = createCounting();
  const known = signers(4, 15);
  for (const signer of known.slice(0, 3)) teach(verifier, signer);
  const prng = createPrng(count);
  const signed = Array.from({ length: count }, () => drawSignature(known[prng.below(4)]!, prng));
  const expected = signed.map(({ publicKey, message, signature }) =>
    verifyEd25519(publicKey, message, signature),
  );
  expect(verifier.verifyMany(signed)).toEqual(expected);
  expect(expected.filter(Boolean).length).toBeGreaterThanOrEqual(count > 60 ? 5 : 0);
});
