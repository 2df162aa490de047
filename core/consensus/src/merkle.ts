import { equalBytes } from "@rialto/base";
import { ByteWriter } from "./byte-writer.ts";
import { concatBytes, type HashFunction, NO_DIGEST, tagBytes } from "./hash.ts";

// Merkle trees in the manner of RFC 6962: leaves and nodes are hashed under different tags and an odd node goes
// up as it is. The root also hashes the number of leaves, so that a proof holds for one position only.

const LEAF: Uint8Array = tagBytes("rialto/leaf/1");
const NODE: Uint8Array = tagBytes("rialto/node/1");
const ROOT: Uint8Array = tagBytes("rialto/root/1");

/** The root over `leaves`, which are bytes of any length; 32 zeros over none. */
export function computeMerkleRoot(leaves: readonly Uint8Array[], hash: HashFunction): Uint8Array {
  let level = leaves.map((leaf) => hash(concatBytes(LEAF, leaf)));
  if (level.length === 0) return NO_DIGEST;
  while (level.length > 1) level = nextLevel(level, hash);
  return rootOf(level[0]!, leaves.length, hash);
}

function rootOf(top: Uint8Array, leafCount: number, hash: HashFunction): Uint8Array {
  return hash(concatBytes(ROOT, new ByteWriter(4).u32(leafCount).bytes, top));
}

function nextLevel(level: readonly Uint8Array[], hash: HashFunction): Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const right = level[index + 1];
    next.push(right === undefined ? level[index]! : hash(concatBytes(NODE, level[index]!, right)));
  }
  return next;
}

/** What shows that a leaf stands at `leafIndex` under a root. */
export interface MerkleProof {
  readonly leafIndex: number;
  readonly leafCount: number;
  /** From the leaf up; a level where the node has no sibling has none here either. */
  readonly siblings: readonly Uint8Array[];
}

/** The proof for one leaf. The caller knows that it exists. */
export function proveMerkleLeaf(
  leaves: readonly Uint8Array[],
  leafIndex: number,
  hash: HashFunction,
): MerkleProof {
  const siblings: Uint8Array[] = [];
  let level = leaves.map((leaf) => hash(concatBytes(LEAF, leaf)));
  for (let index = leafIndex; level.length > 1; index >>>= 1) {
    const sibling = level[index ^ 1];
    if (sibling !== undefined) siblings.push(sibling);
    level = nextLevel(level, hash);
  }
  return { leafIndex, leafCount: leaves.length, siblings };
}

/** True where `proof` shows that `leaf` is under `root`. Takes hostile proofs. */
export function verifyMerkleProof(
  root: Uint8Array,
  leaf: Uint8Array,
  proof: MerkleProof,
  hash: HashFunction,
): boolean {
  const { leafIndex, leafCount, siblings } = proof;
  if (!(Number.isInteger(leafIndex) && leafIndex >= 0 && leafIndex < leafCount)) return false;
  if (leafCount > 0x8000_0000) return false;
  let node = hash(concatBytes(LEAF, leaf));
  let index = leafIndex;
  let used = 0;
  for (let count = leafCount; count > 1; count = (count + 1) >>> 1) {
    if ((index ^ 1) < count) {
      const sibling = siblings[used++];
      if (sibling === undefined) return false;
      node = hash(
        index % 2 === 0 ? concatBytes(NODE, node, sibling) : concatBytes(NODE, sibling, node),
      );
    }
    index >>>= 1;
  }
  return used === siblings.length && equalBytes(rootOf(node, leafCount, hash), root);
}
