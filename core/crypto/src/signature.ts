// Checking signatures, which is pure. Making them needs secrets and randomness, and is work of the host.

/** The signature schemes of the network, by the names that documents and files use. */
export const SIGNATURE_SCHEMES = ["ed25519", "ml-dsa-65"] as const;
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number];

/** Lengths of the encodings of a scheme, in bytes. */
export interface SignatureSizes {
  readonly publicKeyBytes: number;
  readonly signatureBytes: number;
}

/** Source: RFC 8032, section 5.1; FIPS 204, table 2. */
export const SIGNATURE_SIZES: Readonly<Record<SignatureScheme, SignatureSizes>> = {
  ed25519: { publicKeyBytes: 32, signatureBytes: 64 },
  "ml-dsa-65": { publicKeyBytes: 1_952, signatureBytes: 3_309 },
};

/**
 * Says whether `signature` is the key's over `message`. Every implementation of a scheme gives the same answer to the
 * same bytes, hostile ones included: members that disagree about a signature would disagree about a block.
 *
 * Shape    bytes of any length; what does not have the scheme's lengths is no signature.
 * Errors   none.
 */
export type VerifyFunction = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** True where key and signature have the lengths of the scheme. */
export function hasSignatureSizes(
  scheme: SignatureScheme,
  publicKey: Uint8Array,
  signature: Uint8Array,
): boolean {
  const sizes = SIGNATURE_SIZES[scheme];
  return publicKey.length === sizes.publicKeyBytes && signature.length === sizes.signatureBytes;
}
