import { createPrng, encodeHex } from "@rialto/base";
import { createTableVerifier, verifyEd25519 } from "@rialto/crypto";
import { drawSignature, drawSigner } from "@rialto/crypto/testing/drawn-signatures";
import { verifyByTable } from "@rialto/crypto/testing/verify-by-table";
import { createNodeBackend, createSodiumBackend } from "../scheme-backend.ts";

export interface Ed25519Agreement {
  readonly signatures: number;
  /** Of them, those that hold. */
  readonly valid: number;
  /** Kinds of signatures among them. */
  readonly kinds: number;
}

/** Signers of one check, and tables for half of them, so that tables come and go. */
const SIGNERS = 6;
const TABLES = 3;

/**
 * Asks every verifier about the same signatures: the one in TypeScript, node:crypto, libsodium, a table made for each signature,
 * and tables kept as the host keeps them, one by one and together.
 *
 * Errors   the first difference, thrown, with the signature.
 */
export function checkEd25519Agreement(seed: number, count: number): Ed25519Agreement {
  const prng = createPrng(seed);
  const [node, sodium] = [createNodeBackend("ed25519"), createSodiumBackend()];
  const kept = createTableVerifier({ other: verifyEd25519, tablesMax: TABLES });
  if (kept === undefined) throw new Error("this machine cannot verify with tables");
  const verifiers = {
    node: node.verify,
    sodium: sodium.verify,
    table: verifyByTable,
    "kept tables": kept.verify,
  };
  const signers = Array.from({ length: SIGNERS }, () => drawSigner(prng));
  const drawn = Array.from({ length: count }, () =>
    drawSignature(signers[prng.below(SIGNERS)]!, prng),
  );
  const expected = drawn.map(({ publicKey, message, signature }) =>
    verifyEd25519(publicKey, message, signature),
  );
  for (const [index, { kind, publicKey, message, signature }] of drawn.entries()) {
    for (const [name, verify] of Object.entries(verifiers)) {
      if (verify(publicKey, message, signature) === expected[index]) continue;
      const parts = [publicKey, message, signature].map((part) => encodeHex(part)).join(" ");
      throw new Error(`${name} does not say ${expected[index]}: seed ${seed}, ${kind}: ${parts}`);
    }
  }
  const together = kept.verifyMany(drawn);
  const differing = together.findIndex((answer, index) => answer !== expected[index]);
  if (differing >= 0) throw new Error(`together differs: seed ${seed}, number ${differing}`);
  return {
    signatures: count,
    valid: expected.filter(Boolean).length,
    kinds: new Set(drawn.map(({ kind }) => kind)).size,
  };
}
