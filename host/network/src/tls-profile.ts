import { constants } from "node:crypto";
import type { TlsOptions } from "node:tls";

/**
 * What both ends of a connection agree on. Both are proved by a secret that only they can compute (link-keys.ts), and each connection
 * has ephemeral keys of its own.
 *
 * Source   RFC 5246 (TLS 1.2), RFC 4279 and 7905 (ECDHE-PSK with ChaCha20-Poly1305). No later version takes such a secret in Node.
 */
export const TLS_PROFILE: Pick<
  TlsOptions,
  "ALPNProtocols" | "ciphers" | "ecdhCurve" | "maxVersion" | "minVersion" | "secureOptions"
> = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  // One, and no other: whoever connects would choose what it costs, and there are some that take ten times as long.
  ecdhCurve: "X25519",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
  ALPNProtocols: ["rialto-link/1"],
  // A ticket would let in whoever has it, without the secret.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
};
