import type { Fault } from "@rialto/base";
import type { ApiKey, KeySummary } from "./api-key.ts";

export type KeyStoreFaultDetail =
  | { readonly code: "KEY_STORE_IO"; readonly path: string; readonly errorCode: string }
  | {
      readonly code: "KEY_STORE_VERSION_UNKNOWN";
      readonly path: string;
      readonly found: number;
      readonly supported: number;
    }
  /** What was asked for makes no key. */
  | { readonly code: "KEY_INVALID"; readonly problem: string };

export type KeyStoreFault = Fault<KeyStoreFaultDetail>;

/** Where the keys of the exchange's users are kept. */
export interface KeyStore extends Disposable {
  /**
   * The key of an id, if it is there and not revoked.
   *
   * Effects  a key added by another process is found at once; one revoked by another is refused within
   *          a quarter of a second.
   */
  find(id: string): ApiKey | undefined;

  /** Every key that is not revoked, oldest first, without secrets. */
  list(): KeySummary[];

  /**
   * Adds a key: `material` is the secret of an HMAC key, the public PEM of an Ed25519 key.
   *
   * Errors   KEY_INVALID, KEY_STORE_IO, thrown.
   */
  add(summary: KeySummary, material: string): void;

  /** Ends a key for ever. Returns whether there was one. */
  revoke(id: string, nowMs: number): boolean;
}
