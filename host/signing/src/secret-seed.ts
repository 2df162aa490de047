import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { assert } from "@rialto/base";

/** Every secret here is 32 bytes: a seed (Ed25519, ML-DSA) or a scalar (X25519). */
export const SEED_BYTES = 32;

/** A secret that does not print: neither logs nor JSON nor the debugger's inspection show it. */
export class SecretSeed {
  readonly #bytes: Uint8Array;

  /** Takes a copy of `bytes`. */
  constructor(bytes: Uint8Array) {
    assert(bytes.length === SEED_BYTES, "a seed has 32 bytes");
    this.#bytes = new Uint8Array(bytes); // not slice(): of a Buffer that would be the same memory
  }

  static random(): SecretSeed {
    return new SecretSeed(randomBytes(SEED_BYTES));
  }

  /** A copy of the secret, for the moment in which a key is made of it. */
  expose(): Uint8Array {
    return new Uint8Array(this.#bytes);
  }

  toJSON(): string {
    return "[secret]";
  }

  toString(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
