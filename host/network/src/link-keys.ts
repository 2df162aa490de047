import { createHash, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { assert } from "@rialto/base";

/** A link key is an X25519 key, as in a key file; ZeroMQ's CURVE uses the same. */
export const LINK_KEY_BYTES = 32;

// Source: ZeroMQ RFC 32, "Z85": five characters for four bytes.
const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** The key as ZeroMQ takes it. */
export function encodeZ85(key: Uint8Array): string {
  assert(key.length % 4 === 0, "Z85 encodes whole groups of four bytes");
  let text = "";
  for (let at = 0; at < key.length; at += 4) {
    const value =
      ((key[at]! << 24) | (key[at + 1]! << 16) | (key[at + 2]! << 8) | key[at + 3]!) >>> 0;
    for (const divisor of [52_200_625, 614_125, 7_225, 85, 1]) {
      text += Z85[Math.floor(value / divisor) % 85]!;
    }
  }
  return text;
}

/** The public key of a link key. */
export function linkPublicKey(secretKey: Uint8Array): Uint8Array {
  const key = importSecret(secretKey);
  return new Uint8Array(createPublicKey(key).export({ format: "raw-public" }));
}

/**
 * The name under which a member is known at another one's ZeroMQ socket, which only these two can compute. CURVE proves that a
 * peer has the key of some member, but the socket does not say of which; a name that takes the key to know does.
 */
export function linkName(
  secretKey: Uint8Array,
  otherPublicKey: Uint8Array,
  client: Uint8Array,
  server: Uint8Array,
): string | undefined {
  const secret = deriveSecret("rialto/link-name/1\0", secretKey, otherPublicKey, client, server);
  return secret?.toString("hex");
}

/** The secret of one direction between two members, which only these two can compute: the pre-shared key of their TLS. */
export function linkSecret(
  secretKey: Uint8Array,
  otherPublicKey: Uint8Array,
  client: Uint8Array,
  server: Uint8Array,
): Buffer | undefined {
  return deriveSecret("rialto/link-secret/1\0", secretKey, otherPublicKey, client, server);
}

/** What both have in common, bound to what it is for and to who connects to whom. */
function deriveSecret(
  label: string,
  secretKey: Uint8Array,
  otherPublicKey: Uint8Array,
  client: Uint8Array,
  server: Uint8Array,
): Buffer | undefined {
  const shared = sharedSecret(secretKey, otherPublicKey);
  if (shared === undefined) return undefined;
  return createHash("sha256").update(label).update(shared).update(client).update(server).digest();
}

/** What node:crypto says of a public key that leads to the same secret with every other one. */
const LOW_ORDER = "ERR_OSSL_FAILED_DURING_DERIVATION";

/**
 * What the Diffie-Hellman of two keys comes to. Undefined where everybody could compute it: whose key that is, nobody can be linked
 * with, and what is sealed for it everybody can open.
 *
 * Source   RFC 7748 §6.1.
 */
export function sharedSecret(
  secretKey: Uint8Array,
  otherPublicKey: Uint8Array,
): Buffer | undefined {
  const publicKey = createPublicKey({
    key: Buffer.from(otherPublicKey),
    format: "raw-public",
    asymmetricKeyType: "x25519",
  });
  try {
    return diffieHellman({ privateKey: importSecret(secretKey), publicKey });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === LOW_ORDER) return undefined;
    throw error;
  }
}

function importSecret(secretKey: Uint8Array): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({
    key: Buffer.from(secretKey),
    format: "raw-private",
    asymmetricKeyType: "x25519",
  });
}
