import type { CertificateChecks, Committee } from "@rialto/consensus";
import { type SignatureScheme } from "@rialto/crypto";
import { selectBackend } from "@rialto/signing";

/** What signatures of a committee's members are checked with: whichever libraries are fastest here. */
export function certificateChecks(
  committee: Committee,
): CertificateChecks & Required<Pick<CertificateChecks, "verifyQuantum">> {
  const { members } = committee;
  const verifier =
    (scheme: SignatureScheme, keys: readonly (Uint8Array | undefined)[]) =>
    (author: number, message: Uint8Array, signature: Uint8Array): boolean => {
      const key = keys[author];
      return key !== undefined && backends[scheme].verify(key, message, signature);
    };
  const backends = {
    ed25519: selectBackend("ed25519"),
    "ml-dsa-65": selectBackend("ml-dsa-65"),
  };
  return {
    committee,
    verify: verifier(
      "ed25519",
      members.map((each) => each.publicKey),
    ),
    verifyQuantum: verifier(
      "ml-dsa-65",
      members.map((each) => each.quantumKey),
    ),
  };
}
