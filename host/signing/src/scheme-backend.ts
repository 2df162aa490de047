import { createPrivateKey, sign, verify } from "node:crypto";
import { createRequire } from "node:module";
import { assert, fail } from "@rialto/base";
import {
  createTableVerifier,
  hasSignatureSizes,
  isStrictEd25519,
  isVerifierSupported,
  SIGNATURE_SIZES,
  type SignatureScheme,
  type SignedMessage,
  type TableVerifier,
  type VerifyFunction,
} from "@rialto/crypto";
import { KeyCache } from "./key-cache.ts";
import { publicKeyOf } from "./key-file.ts";
import type { SecretSeed } from "./secret-seed.ts";
import { isSigningFault, signingFault } from "./signing-fault.ts";

/**
 * What executes a scheme. `node` is there everywhere, `sodium` where its binary loads; `tables` is our own verification of keys
 * that have signed before, and one of the others for the rest.
 */
export type BackendName = "node" | "sodium" | "tables";

/** Makes signatures with one secret, which it keeps. */
export interface Signer {
  readonly scheme: SignatureScheme;
  readonly publicKey: Uint8Array;
  /** The signature over `message`. For ML-DSA it is randomised: every call gives another one. */
  sign(message: Uint8Array): Uint8Array;
}

/** One scheme, as one library does it. */
export interface SchemeBackend {
  readonly scheme: SignatureScheme;
  readonly name: BackendName;
  readonly verify: VerifyFunction;
  /** An answer a signature, in their order; where `name` is `tables` they cost less together. */
  verifyMany(signed: readonly SignedMessage[]): boolean[];
  createSigner(seed: SecretSeed): Signer;
}

/** The calls of libsodium that are used here. It publishes no types. */
interface Sodium {
  crypto_sign_SECRETKEYBYTES: number;
  crypto_sign_seed_keypair(publicKey: Buffer, secretKey: Buffer, seed: Buffer): void;
  crypto_sign_detached(signature: Buffer, message: Buffer, secretKey: Buffer): void;
  crypto_sign_verify_detached(signature: Buffer, message: Buffer, publicKey: Buffer): boolean;
}

/** Ed25519 or ML-DSA-65 by node:crypto: the portable default. */
export function createNodeBackend(scheme: SignatureScheme): SchemeBackend {
  const keys = new KeyCache(scheme);
  const isAcceptable =
    scheme === "ed25519"
      ? isStrictEd25519
      : (key: Uint8Array, signature: Uint8Array) => hasSignatureSizes(scheme, key, signature);
  const verifyOne: VerifyFunction = (publicKey, message, signature) =>
    isAcceptable(publicKey, signature) && verify(null, message, keys.get(publicKey), signature);
  return {
    scheme,
    name: "node",
    verify: verifyOne,
    verifyMany: (signed) => verifyEach(signed, verifyOne),
    createSigner(seed) {
      const format = scheme === "ed25519" ? "raw-private" : "raw-seed";
      const key = createPrivateKey({
        key: Buffer.from(seed.expose()),
        format,
        asymmetricKeyType: scheme,
      });
      return {
        scheme,
        publicKey: publicKeyOf(scheme, seed),
        sign: (message) => new Uint8Array(sign(null, message, key)),
      };
    },
  };
}

/**
 * Ed25519 by libsodium: two to three times faster.
 *
 * Errors   SODIUM_UNAVAILABLE where the binary is not installed or does not load.
 */
export function createSodiumBackend(): SchemeBackend {
  const sodium = loadSodium();
  const verifyOne: VerifyFunction = (publicKey, message, signature) =>
    isStrictEd25519(publicKey, signature) &&
    sodium.crypto_sign_verify_detached(asBuffer(signature), asBuffer(message), asBuffer(publicKey));
  return {
    scheme: "ed25519",
    name: "sodium",
    verify: verifyOne,
    verifyMany: (signed) => verifyEach(signed, verifyOne),
    createSigner(seed) {
      const publicKey = Buffer.alloc(SIGNATURE_SIZES.ed25519.publicKeyBytes);
      const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
      sodium.crypto_sign_seed_keypair(publicKey, secretKey, Buffer.from(seed.expose()));
      return {
        scheme: "ed25519",
        publicKey: new Uint8Array(publicKey),
        sign(message) {
          const signature = Buffer.alloc(SIGNATURE_SIZES.ed25519.signatureBytes);
          sodium.crypto_sign_detached(signature, asBuffer(message), secretKey);
          return new Uint8Array(signature);
        },
      };
    },
  };
}

/** One for all callers on a thread: its tables take memory, and the same keys sign everywhere. */
let tables: TableVerifier | undefined;

/**
 * Ed25519 as the fastest library does it, but for signatures of keys that have signed before, which are checked with tables of
 * those keys (decision 018): three times faster, and more.
 *
 * Effects  the first verification takes 1.4 MB, and each key that signs often 102 KiB, up to 53 MB.
 * Errors   TABLES_UNAVAILABLE where the runtime or the processor cannot.
 */
export function createTablesBackend(): SchemeBackend {
  if (!isVerifierSupported()) throw signingFault({ code: "TABLES_UNAVAILABLE" });
  const library = selectLibrary();
  const kept = (): TableVerifier => {
    tables ??= createTableVerifier({ other: library.verify });
    return tables ?? fail("it is supported");
  };
  return {
    scheme: "ed25519",
    name: "tables",
    verify: (publicKey, message, signature) => kept().verify(publicKey, message, signature),
    verifyMany: (signed) => kept().verifyMany(signed),
    createSigner: (seed) => library.createSigner(seed),
  };
}

/** The fastest backend of a scheme that works here; `only` insists on one. */
export function selectBackend(scheme: SignatureScheme, only?: BackendName): SchemeBackend {
  if (scheme !== "ed25519") {
    assert(only === undefined || only === "node", "node:crypto alone does ML-DSA");
    return createNodeBackend(scheme);
  }
  switch (only) {
    case "node":
      return createNodeBackend(scheme);
    case "sodium":
      return createSodiumBackend();
    case "tables":
      return createTablesBackend();
    case undefined:
      return isVerifierSupported() ? createTablesBackend() : selectLibrary();
  }
}

function selectLibrary(): SchemeBackend {
  return isSodiumInstalled() ? createSodiumBackend() : createNodeBackend("ed25519");
}

function verifyEach(signed: readonly SignedMessage[], verifyOne: VerifyFunction): boolean[] {
  return signed.map(({ publicKey, message, signature }) =>
    verifyOne(publicKey, message, signature),
  );
}

const require = createRequire(import.meta.url);
let sodiumLoads: boolean | undefined;

function isSodiumInstalled(): boolean {
  if (sodiumLoads !== undefined) return sodiumLoads;
  try {
    loadSodium();
    sodiumLoads = true;
  } catch (error) {
    // What is missing is an accelerator: the caller learns from `name` which backend serves it.
    if (!isSigningFault(error) || error.detail.code !== "SODIUM_UNAVAILABLE") throw error;
    sodiumLoads = false;
  }
  return sodiumLoads;
}

function loadSodium(): Sodium {
  try {
    return require("sodium-native") as Sodium;
  } catch (error) {
    const errorCode = (error as NodeJS.ErrnoException).code ?? "UNKNOWN";
    throw signingFault({ code: "SODIUM_UNAVAILABLE", errorCode }, error);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
