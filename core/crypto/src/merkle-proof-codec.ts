import { assert, viewOf } from "@rialto/base";
import { DIGEST_BYTES } from "./hash.ts";
import { MERKLE_PATH_MAX, type MerkleProof } from "./merkle.ts";

/*
 * A proof as bytes, little-endian. One encoding per proof: the length says how long the path is, nothing may follow.
 *
 *   0        4        8                    8 + 32 n
 *   +--------+--------+---------------------+
 *   | index  | count  | n digests of 32     |      0 <= n <= 32
 *   +--------+--------+---------------------+
 */
const HEADER_BYTES = 8;

/** Most bytes of an encoded proof. */
export const MERKLE_PROOF_BYTES_MAX: number = HEADER_BYTES + MERKLE_PATH_MAX * DIGEST_BYTES;

export function encodeMerkleProof(proof: MerkleProof): Uint8Array {
  assert(proof.path.length <= MERKLE_PATH_MAX, "a path has at most 32 steps");
  const bytes = new Uint8Array(HEADER_BYTES + proof.path.length * DIGEST_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, proof.leafIndex, true);
  view.setUint32(4, proof.leafCount, true);
  for (let step = 0; step < proof.path.length; step++) {
    const digest = proof.path[step]!;
    assert(digest.length === DIGEST_BYTES, "a path holds digests");
    bytes.set(digest, HEADER_BYTES + step * DIGEST_BYTES);
  }
  return bytes;
}

/** The proof in `bytes`, or undefined where they are no encoding of one. What it proves is not checked here. */
export function parseMerkleProof(bytes: Uint8Array): MerkleProof | undefined {
  const pathBytes = bytes.length - HEADER_BYTES;
  if (pathBytes < 0 || pathBytes % DIGEST_BYTES !== 0) return undefined;
  if (bytes.length > MERKLE_PROOF_BYTES_MAX) return undefined;
  const view = viewOf(bytes);
  const leafIndex = view.getUint32(0, true);
  const leafCount = view.getUint32(4, true);
  if (leafIndex >= leafCount) return undefined;
  const path: Uint8Array[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += DIGEST_BYTES) {
    path.push(new Uint8Array(bytes.subarray(at, at + DIGEST_BYTES)));
  }
  return { leafIndex, leafCount, path };
}
