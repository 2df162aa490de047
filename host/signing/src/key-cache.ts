import { createPublicKey, type KeyObject } from "node:crypto";
import type { SignatureScheme } from "@rialto/crypto";

/** Keys kept ready. Making one costs a third of a verification; a committee has far fewer members. */
const KEYS_MAX = 1_024;

/** Public keys as node:crypto wants them. The oldest is forgotten when there are too many. */
export class KeyCache {
  readonly #scheme: SignatureScheme;
  readonly #keys = new Map<string, KeyObject>();

  constructor(scheme: SignatureScheme) {
    this.#scheme = scheme;
  }

  get(publicKey: Uint8Array): KeyObject {
    const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString(
      "latin1",
    );
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = createPublicKey({
      key: Buffer.from(publicKey),
      format: "raw-public",
      asymmetricKeyType: this.#scheme,
    });
    if (this.#keys.size >= KEYS_MAX) this.#keys.delete(this.#keys.keys().next().value!);
    this.#keys.set(name, key);
    return key;
  }
}
