import { ed25519 } from "@noble/curves/ed25519.js";
import { fail } from "@rialto/base";
import { isStrictEd25519 } from "../ed25519.ts";
import type { VerifyFunction } from "../signature.ts";
import { VerifierModule } from "../verifier-module.ts";

let created: VerifierModule | undefined;

/** Verifies with a table made for the purpose, whether the key has signed before or not. */
export const verifyByTable: VerifyFunction = (publicKey, message, signature) => {
  if (!isStrictEd25519(publicKey, signature)) return false;
  if (!ed25519.utils.isValidPublicKey(publicKey, false)) return false;
  const module = (created ??= VerifierModule.create() ?? fail("the machine of the tests can"));
  module.buildTable(0, publicKey);
  module.compute(0, message, signature, 0);
  module.judge(1);
  return module.holds(0);
};
