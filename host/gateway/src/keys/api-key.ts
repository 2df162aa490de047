import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { assert } from "@rialto/base";

/** What a key may do: see its account, trade for it, or operate the exchange. */
export const PERMISSIONS = ["read", "trade", "operator"] as const;
export type Permission = (typeof PERMISSIONS)[number];

export type KeyType = "hmac" | "ed25519";

/** What may be shown of a key. */
export interface KeySummary {
  readonly id: string;
  readonly type: KeyType;
  /** The account's number outside the engine. */
  readonly account: bigint;
  readonly permissions: readonly Permission[];
  /** Addresses and networks ("10.0.0.0/8") that may use it; empty for all. */
  readonly addresses: readonly string[];
  readonly label: string;
  readonly createdMs: number;
}

const HMAC_HEX = /^[0-9a-fA-F]{64}$/;
const ED25519_BASE64 = /^[A-Za-z0-9+/]{86}==$/;

/** A key that requests are signed with. Its secret cannot be read out of it, not even by a logger. */
export class ApiKey implements KeySummary {
  readonly id: string;
  readonly type: KeyType;
  readonly account: bigint;
  readonly permissions: readonly Permission[];
  readonly addresses: readonly string[];
  readonly label: string;
  readonly createdMs: number;
  readonly #secret: string;
  readonly #publicKey: KeyObject | undefined;
  readonly #allowed: BlockList | undefined;

  /** `material` is the secret of an HMAC key, or the public PEM of an Ed25519 key. */
  constructor(summary: KeySummary, material: string) {
    this.id = summary.id;
    this.type = summary.type;
    this.account = summary.account;
    this.permissions = summary.permissions;
    this.addresses = summary.addresses;
    this.label = summary.label;
    this.createdMs = summary.createdMs;
    this.#secret = material;
    this.#publicKey = summary.type === "ed25519" ? createPublicKey(material) : undefined;
    this.#allowed = summary.addresses.length === 0 ? undefined : listOf(summary.addresses);
  }

  may(permission: Permission): boolean {
    return this.permissions.includes(permission);
  }

  mayUseFrom(address: string): boolean {
    if (this.#allowed === undefined) return true;
    const family = isIP(address);
    return family !== 0 && this.#allowed.check(address, family === 6 ? "ipv6" : "ipv4");
  }

  /**
   * True where `signature` is this key's over `payload`.
   *
   * Shape    HMAC-SHA256 in hexadecimal of either case, or Ed25519 in base64.
   * Source   RFC 2104, RFC 8032.
   */
  verifies(payload: string, signature: string): boolean {
    if (this.#publicKey !== undefined) {
      if (!ED25519_BASE64.test(signature)) return false;
      return verify(
        null,
        Buffer.from(payload, "utf8"),
        this.#publicKey,
        Buffer.from(signature, "base64"),
      );
    }
    if (!HMAC_HEX.test(signature)) return false;
    const expected = createHmac("sha256", this.#secret).update(payload, "utf8").digest();
    return timingSafeEqual(expected, Buffer.from(signature, "hex"));
  }
}

function listOf(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const address of addresses) {
    assert(isAddressRule(address), "an address rule has been checked when the key was made");
    const [host, bits] = address.split("/") as [string, string | undefined];
    const family = isIP(host) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(host, family);
    else list.addSubnet(host, Number(bits), family);
  }
  return list;
}

/** True for an IP address, or a network as address and bits. */
export function isAddressRule(text: string): boolean {
  const [host = "", bits, ...rest] = text.split("/");
  const family = isIP(host);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32);
}

/** True for the form of a key's id. */
export function isKeyId(text: string): boolean {
  return /^[A-Za-z0-9]{16,64}$/.test(text);
}
