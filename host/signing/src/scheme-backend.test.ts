import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createPrng, encodeHex, parseHex } from "@rialto/base";
import { verifyEd25519, verifyMlDsa65 } from "@rialto/crypto";
import { hostileEd25519 } from "@rialto/crypto/testing/hostile-ed25519";
import { RFC8032_VECTORS } from "@rialto/crypto/testing/signature-vectors";
import { expect, test } from "vitest";
import {
  createNodeBackend,
  createSodiumBackend,
  createTablesBackend,
  selectBackend,
} from "./scheme-backend.ts";
import { SecretSeed } from "./secret-seed.ts";
import { checkEd25519Agreement } from "./testing/ed25519-agreement.ts";

// sodium-native has a binary for every platform on which these tests run; if it does not load, they fail and say so.
const ED25519 = [createNodeBackend("ed25519"), createSodiumBackend(), createTablesBackend()];

test.each(ED25519)("$name signs as RFC 8032 says", (backend) => {
  for (const { seed, publicKey, message, signature } of RFC8032_VECTORS) {
    const signer = backend.createSigner(new SecretSeed(parseHex(seed)!));
    expect(encodeHex(signer.publicKey)).toBe(publicKey);
    expect(encodeHex(signer.sign(parseHex(message)!))).toBe(signature);
  }
});

test.each(ED25519)("$name agrees with core about every hostile signature", (backend) => {
  const wrong = hostileEd25519().filter(
    ({ publicKey, message, signature, isValid }) =>
      backend.verify(publicKey, message, signature) !== isValid,
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test("node, sodium, tables and core agree on 600 signatures, whole, damaged and of wrong length", () => {
  const prng = createPrng(77);
  let acceptedCount = 0;
  for (let round = 0; round < 600; round++) {
    const seed = new SecretSeed(Uint8Array.from({ length: 32 }, () => prng.below(256)));
    const signer = ED25519[round % 3]!.createSigner(seed);
    const message = Uint8Array.from({ length: prng.below(200) }, () => prng.below(256));
    const parts = [signer.publicKey, message, signer.sign(message)];
    const damaged = prng.below(4);
    if (damaged < 3) parts[damaged] = damage(parts[damaged]!, prng);
    const [publicKey, text, signature] = parts as [Uint8Array, Uint8Array, Uint8Array];
    const answers = [
      verifyEd25519(publicKey, text, signature),
      ...ED25519.map((backend) => backend.verify(publicKey, text, signature)),
    ];
    expect(new Set(answers).size).toBe(1);
    if (answers[0] === true) acceptedCount++;
  }
  expect(acceptedCount).toBeGreaterThan(100);
});

test.each([1, 2, 3])(
  "all verifiers agree on what honest and hostile signers make, seed %i",
  (seed) => {
    const { signatures, valid, kinds } = checkEd25519Agreement(seed, 150);
    expect(signatures).toBe(150);
    expect(valid).toBeGreaterThan(15);
    expect(valid).toBeLessThan(75);
    expect(kinds).toBe(10);
  },
);

test("ML-DSA-65 by node and by core accept each other's world", () => {
  const backend = createNodeBackend("ml-dsa-65");
  const signer = backend.createSigner(new SecretSeed(new Uint8Array(32).fill(0x2a)));
  const message = new TextEncoder().encode("Hello world");
  const signatures = [signer.sign(message), signer.sign(message)];
  // Hedged signing: what is hashed must not be the signature.
  expect(signatures[0]).not.toEqual(signatures[1]);
  const prng = createPrng(6);
  for (const signature of signatures) {
    for (const verify of [backend.verify, verifyMlDsa65]) {
      expect(verify(signer.publicKey, message, signature)).toBe(true);
      expect(verify(signer.publicKey, message, damage(signature, prng))).toBe(false);
      expect(verify(signer.publicKey.subarray(1), message, signature)).toBe(false);
    }
  }
});

test("ML-DSA-65 by node and by core: a hint has one encoding", () => {
  const backend = createNodeBackend("ml-dsa-65");
  const signer = backend.createSigner(new SecretSeed(new Uint8Array(32).fill(0x2b)));
  const message = Uint8Array.of(4, 5, 6);
  // FIPS 204, algorithm 20: places of ones, ascending in each of six polynomials, then how many there are so far.
  const drawHint = (): { readonly signature: Uint8Array; readonly hint: Uint8Array } => {
    const signature = signer.sign(message);
    return { signature, hint: signature.subarray(-61) };
  };
  let { signature, hint } = drawHint();
  while (hint[55]! < 2 || hint[60]! > 54) ({ signature, hint } = drawHint());
  const rewritten = (change: (hint: Uint8Array) => void): Uint8Array => {
    const copy = Uint8Array.from(signature);
    change(copy.subarray(-61));
    return copy;
  };
  const others = [
    rewritten((bytes) => bytes.subarray(0, 2).reverse()),
    rewritten((bytes) => bytes.set(bytes.subarray(0, 1), 1)),
    rewritten((bytes) => bytes.fill(1, 54, 55)),
    rewritten((bytes) => bytes.fill(56, 60)),
    rewritten((bytes) => bytes.fill(0, 60)),
  ];
  for (const verify of [backend.verify, verifyMlDsa65]) {
    expect(verify(signer.publicKey, message, signature)).toBe(true);
    expect(others.map((other) => verify(signer.publicKey, message, other))).toEqual(
      others.map(() => false),
    );
  }
});

test("the fastest backend is chosen unless one is insisted on", () => {
  expect(selectBackend("ed25519").name).toBe("tables");
  expect(selectBackend("ed25519", "sodium").name).toBe("sodium");
  expect(selectBackend("ed25519", "node").name).toBe("node");
  expect(selectBackend("ml-dsa-65").name).toBe("node");
});

test.runIf(process.arch === "x64")(
  "where multiplication and addition are not fused, libraries verify",
  () => {
    // The module would compute wrongly there: it has to find out by itself.
    const module = pathToFileURL(join(import.meta.dirname, "scheme-backend.ts")).href;
    const program = `
      import { createTablesBackend, selectBackend } from ${JSON.stringify(module)};
      let code = "none";
      try {
        createTablesBackend();
      } catch (error) {
        code = error.detail.code;
      }
      console.log(selectBackend("ed25519").name, code);`;
    const run = (...flags: readonly string[]): string =>
      execFileSync(process.execPath, [...flags, "--input-type=module", "-e", program], {
        encoding: "utf8",
      }).trim();
    expect(run("--no-enable-fma3")).toBe("sodium TABLES_UNAVAILABLE");
    expect(run()).toBe("tables none");
  },
);

function damage(bytes: Uint8Array, prng: ReturnType<typeof createPrng>): Uint8Array {
  if (bytes.length === 0 || prng.chance(1, 6)) return new Uint8Array([...bytes, 1]);
  const copy = bytes.slice();
  const at = prng.below(copy.length);
  copy[at] = copy[at]! ^ (1 << prng.below(8));
  return copy;
}
