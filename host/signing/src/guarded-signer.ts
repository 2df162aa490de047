import type { GuardMark } from "./guard-layout.ts";
import type { Signer } from "./scheme-backend.ts";
import type { SigningGuard } from "./signing-guard.ts";

/**
 * Signs `message` for the place and content that `mark` names. The signature exists only once the mark is durable, so
 * that no failure can release a second one for the same place.
 *
 * Errors   those of `SigningGuard.reserve`.
 */
export async function signGuarded(
  guard: SigningGuard,
  signer: Signer,
  mark: GuardMark,
  message: Uint8Array,
): Promise<Uint8Array> {
  await guard.reserve(mark);
  return signer.sign(message);
}
