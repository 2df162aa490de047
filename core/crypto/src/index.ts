export { isStrictEd25519, isStrictPublicKey, verifyEd25519 } from "./ed25519.ts";
export {
  concatBytes,
  DIGEST_BYTES,
  type HashFunction,
  hashParts,
  sha256,
  tagBytes,
} from "./hash.ts";
export {
  computeMerkleRoot,
  computeRootOfHashes,
  computeTreeHash,
  hashLeaf,
  MERKLE_PATH_MAX,
  type MerkleProof,
  proveInclusion,
  verifyInclusion,
} from "./merkle.ts";
export {
  encodeMerkleProof,
  MERKLE_PROOF_BYTES_MAX,
  parseMerkleProof,
} from "./merkle-proof-codec.ts";
export { verifyMlDsa65 } from "./ml-dsa.ts";
export {
  hasSignatureSizes,
  SIGNATURE_SCHEMES,
  SIGNATURE_SIZES,
  type SignatureScheme,
  type SignatureSizes,
  type VerifyFunction,
} from "./signature.ts";
export {
  createTableVerifier,
  type SignedMessage,
  TableVerifier,
  type TableVerifierOptions,
  USES_BEFORE_TABLE,
} from "./table-verifier.ts";
export { isVerifierSupported } from "./verifier-module.ts";
