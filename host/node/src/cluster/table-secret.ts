import { encodeHex, Fault, parseHex } from "@rialto/base";
import { linkPublicKey, sharedSecret } from "@rialto/network";
import type { SecretSeed } from "@rialto/signing";
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { GenesisFile } from "./genesis.ts";

// The secret that keys the engine's hash tables, so that no client can aim ids at one bucket. All members of a cluster
// have the same one, since it decides where rows lie: only so are their snapshots the same bytes, which others can compare
// and take in pieces from several. It stands in the genesis file, sealed for each member's link key:
//
//   ephemeral X25519 key 32 | AES-256-GCM of the secret 32 | tag 16

const SECRET_BYTES = 32;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
export const SEALED_SECRET_BYTES: number = KEY_BYTES + SECRET_BYTES + TAG_BYTES;
/** Each key seals one message. */
const NONCE = Buffer.alloc(12);
const INFO = "rialto/table-secret/1";

export type TableSecretFaultDetail = {
  readonly code: "MEMBER_LINK_KEY_LOW";
  readonly member: number;
};

/**
 * The same genesis with a fresh secret in it, sealed for each of its members.
 *
 * Errors   MEMBER_LINK_KEY_LOW, thrown: what is sealed for such a key everybody can open.
 */
export function withTableSecret(file: GenesisFile): GenesisFile {
  const secret = randomBytes(SECRET_BYTES);
  const tableSecrets = file.members.map(({ linkKey }, member) => {
    const sealed = seal(secret, parseHex(linkKey)!);
    if (sealed !== undefined) return encodeHex(sealed);
    const message = `the link key of member ${member} leads to the same secret with every other: it is none of \`rialto keys member\``;
    const detail = { code: "MEMBER_LINK_KEY_LOW", member } as const;
    throw new Fault<TableSecretFaultDetail>(detail, "error", message);
  });
  return { ...file, tableSecrets };
}

/**
 * The key of a member's hash tables. Without a secret in the genesis it is drawn anew at each start: then the member's
 * snapshots are its own alone.
 *
 * Errors   undefined where the secret is not sealed for this member.
 */
export function openTableKey(
  file: GenesisFile,
  self: number,
  linkSeed: SecretSeed,
): bigint | undefined {
  const sealed = file.tableSecrets?.[self];
  if (sealed === undefined) return randomBytes(8).readBigUInt64LE();
  const linkKey = parseHex(file.members[self]!.linkKey)!;
  const secret = unseal(parseHex(sealed)!, linkSeed.expose(), linkKey);
  if (secret === undefined) return undefined;
  return createHash("sha256").update(`${INFO}\0`).update(secret).digest().readBigUInt64LE();
}

function seal(secret: Uint8Array, recipient: Uint8Array): Uint8Array | undefined {
  const ephemeral = randomBytes(KEY_BYTES);
  const sender = linkPublicKey(ephemeral);
  const shared = sharedSecret(ephemeral, recipient);
  if (shared === undefined) return undefined;
  const cipher = createCipheriv("aes-256-gcm", keyOf(shared, sender, recipient), NONCE);
  const text = Buffer.concat([cipher.update(secret), cipher.final()]);
  return Buffer.concat([sender, text, cipher.getAuthTag()]);
}

function unseal(
  sealed: Uint8Array,
  seed: Uint8Array,
  recipient: Uint8Array,
): Uint8Array | undefined {
  const sender = sealed.subarray(0, KEY_BYTES);
  const shared = sharedSecret(seed, sender);
  if (shared === undefined) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyOf(shared, sender, recipient), NONCE);
    decipher.setAuthTag(sealed.subarray(KEY_BYTES + SECRET_BYTES));
    const text = decipher.update(sealed.subarray(KEY_BYTES, KEY_BYTES + SECRET_BYTES));
    return Buffer.concat([text, decipher.final()]);
  } catch (error) {
    // Sealed for somebody else, or changed: the library has no other way to say so.
    if (error instanceof Error && !("code" in error)) return undefined;
    throw error;
  }
}

function keyOf(shared: Uint8Array, sender: Uint8Array, recipient: Uint8Array): Buffer {
  const salt = Buffer.concat([sender, recipient]);
  return Buffer.from(hkdfSync("sha256", shared, salt, INFO, KEY_BYTES));
}
