import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { hasSignatureSizes, type VerifyFunction } from "./signature.ts";

/**
 * ML-DSA-65 in plain TypeScript, pure variant, empty context: the portable default.
 *
 * Source   FIPS 204, algorithm 3.
 */
export const verifyMlDsa65: VerifyFunction = (publicKey, message, signature) =>
  hasSignatureSizes("ml-dsa-65", publicKey, signature) &&
  ml_dsa65.verify(signature, message, publicKey);
