import {
  type HashFunction,
  QUANTUM_SIGNATURE_BYTES,
  SIGNATURE_BYTES,
  type SignFunction,
  type VerifyFunction,
} from "@rialto/consensus";
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";

export const sha256: HashFunction = (bytes) => hash("sha256", bytes, "buffer");

/** The keys of a simulated committee. */
export interface SimKeys {
  readonly publicKeys: readonly Uint8Array[];
  readonly sign: (author: number) => SignFunction;
  readonly verify: VerifyFunction;
}

const QUANTUM_KEY_BYTES = 1_952;
/** What stands behind the keyed hash. */
const QUANTUM_REST: Uint8Array = new Uint8Array(QUANTUM_SIGNATURE_BYTES - SIGNATURE_BYTES);

/**
 * In the place of ML-DSA-65, always keyed hashes: what node:crypto signs is randomised, and a seed would no longer
 * name a run.
 */
export function createQuantumKeys(count: number, seed: number): SimKeys {
  const cheap = createCheapKeys(count, seed ^ 0x51de);
  return {
    publicKeys: cheap.publicKeys.map((key) => {
      const long = new Uint8Array(QUANTUM_KEY_BYTES);
      long.set(key);
      return long;
    }),
    sign: (author) => (message) => {
      const signature = new Uint8Array(QUANTUM_SIGNATURE_BYTES);
      signature.set(cheap.sign(author)(message));
      return signature;
    },
    verify: (author, message, signature) =>
      signature.length === QUANTUM_SIGNATURE_BYTES &&
      Buffer.compare(signature.subarray(SIGNATURE_BYTES), QUANTUM_REST) === 0 &&
      cheap.verify(author, message, signature.subarray(0, SIGNATURE_BYTES)),
  };
}

/**
 * Keyed hashes instead of signatures: nobody in the simulation holds another's secret, so nobody can forge, at a
 * hundredth of the cost.
 */
export function createCheapKeys(count: number, seed: number): SimKeys {
  const secrets = Array.from({ length: count }, (_, author) =>
    sha256(Uint8Array.of(author, seed & 255, (seed >>> 8) & 255, (seed >>> 16) & 255, seed >>> 24)),
  );
  const mac = (author: number, message: Uint8Array): Uint8Array => {
    const keyed = new Uint8Array(32 + message.length);
    keyed.set(secrets[author]!);
    keyed.set(message, 32);
    const signature = new Uint8Array(64);
    signature.set(sha256(keyed));
    return signature;
  };
  return {
    publicKeys: secrets.map(sha256),
    sign: (author) => (message) => mac(author, message),
    verify: (author, message, signature) => Buffer.compare(mac(author, message), signature) === 0,
  };
}

const PRIVATE_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** Ed25519 keys, as in production. */
export function createRealKeys(count: number, seed: number): SimKeys {
  const pairs = Array.from({ length: count }, (_, author): readonly [KeyObject, KeyObject] => {
    const secret = sha256(Uint8Array.of(7, author, seed & 255, (seed >>> 8) & 255));
    const key = Buffer.concat([PRIVATE_HEAD, secret]);
    const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
    return [privateKey, createPublicKey(privateKey)];
  });
  return {
    publicKeys: pairs.map(([, key]) => key.export({ format: "der", type: "spki" }).subarray(-32)),
    sign: (author) => (message) => sign(undefined, message, pairs[author]![0]),
    verify: (author, message, signature) =>
      signature.length === 64 && verify(undefined, message, pairs[author]![1], signature),
  };
}
