import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { Fault, U64_MAX } from "@rialto/base";
import { isAddressRule, type KeySummary, type KeyType, type Permission } from "./api-key.ts";
import type { KeyStore, KeyStoreFault } from "./key-store.ts";

export interface NewKey {
  /** The account's number outside the engine, any u64. The account is opened when it is first needed. */
  readonly account: bigint;
  readonly permissions: readonly Permission[];
  readonly addresses?: readonly string[];
  readonly label?: string;
  readonly nowMs: number;
}

export interface HmacKey {
  readonly id: string;
  readonly secret: string;
}

export interface Ed25519Key {
  readonly id: string;
  readonly publicKeyPem: string;
  /** PKCS8, 119 characters: what clients take as their secret. Undefined where the user brought the key. */
  readonly privateKeyPem: string | undefined;
}

const KEY_LETTERS = 64;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Random bytes, drawn many at a time: a draw costs far more than its bytes. */
const POOL_BYTES = 4_096;
let pool: Buffer = Buffer.alloc(0);
let poolAt = 0;

/** Text of letters and digits, each drawn evenly from the system's secure source. */
export function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    if (poolAt === pool.length) {
      pool = randomBytes(POOL_BYTES);
      poolAt = 0;
    }
    const byte = pool[poolAt]!;
    // What has been used must not be found in memory.
    pool[poolAt++] = 0;
    // Bytes beyond the last multiple of 62 would favour the first letters.
    if (byte < 248) text += ALPHABET[byte % ALPHABET.length]!;
  }
  return text;
}

/**
 * Makes a key that signs with HMAC-SHA256. The secret is shown here and never again.
 *
 * Errors   KEY_INVALID, KEY_STORE_IO, thrown.
 */
export function createHmacKey(store: KeyStore, key: NewKey): HmacKey {
  const id = randomText(KEY_LETTERS);
  const secret = randomText(KEY_LETTERS);
  addHmacKey(store, key, { id, secret });
  return { id, secret };
}

/** Adds an HMAC key whose id and secret are known already: the demo account's. */
export function addHmacKey(store: KeyStore, key: NewKey, { id, secret }: HmacKey): void {
  store.add(summaryOf(key, id, "hmac"), secret);
}

/**
 * Makes a key that signs with Ed25519: of the user's own public key in PEM, or of a new pair, whose private
 * half is shown here and kept nowhere.
 *
 * Errors   KEY_INVALID, KEY_STORE_IO, thrown.
 */
export function createEd25519Key(store: KeyStore, key: NewKey, userPem?: string): Ed25519Key {
  const id = randomText(KEY_LETTERS);
  const pair =
    userPem === undefined
      ? generateKeyPairSync("ed25519", {
          publicKeyEncoding: { type: "spki", format: "pem" },
          privateKeyEncoding: { type: "pkcs8", format: "pem" },
        })
      : { publicKey: checkPem(userPem), privateKey: undefined };
  store.add(summaryOf(key, id, "ed25519"), pair.publicKey);
  return { id, publicKeyPem: pair.publicKey, privateKeyPem: pair.privateKey };
}

function checkPem(pem: string): string {
  const problem = findPemProblem(pem);
  if (problem !== undefined) throw invalid(problem);
  return createPublicKey(pem).export({ type: "spki", format: "pem" }).toString();
}

function findPemProblem(pem: string): string | undefined {
  if (/PRIVATE KEY/.test(pem)) return "it is a private key: give only the public one";
  try {
    const isKind = createPublicKey(pem).asymmetricKeyType === "ed25519";
    return isKind ? undefined : "it is no Ed25519 public key";
  } catch (error) {
    return `it is no public key in PEM: ${(error as Error).message}`;
  }
}

/** What a new key, or one of a user's own PEM, cannot be; undefined where it can be made. */
export function findKeyProblem(
  { account, permissions, addresses = [], label = "" }: NewKey,
  userPem?: string,
): string | undefined {
  if (account < 0n || account > U64_MAX) return "the account's number is no u64";
  if (permissions.length === 0) return "it may do nothing: give it a permission";
  const wrong = addresses.find((address) => !isAddressRule(address));
  if (wrong !== undefined) return `"${wrong}" is no address and no network`;
  if (label.length > 100) return "its label is longer than 100 characters";
  return userPem === undefined ? undefined : findPemProblem(userPem);
}

function summaryOf(key: NewKey, id: string, type: KeyType): KeySummary {
  const { account, permissions, addresses = [], label = "", nowMs } = key;
  const problem = findKeyProblem(key);
  if (problem !== undefined) throw invalid(problem);
  return { id, type, account, permissions, addresses, label, createdMs: nowMs };
}

function invalid(problem: string): KeyStoreFault {
  return new Fault({ code: "KEY_INVALID", problem }, "error", `the key is not valid: ${problem}`);
}
