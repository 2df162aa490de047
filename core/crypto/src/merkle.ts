import { assert, equalBytes, setSafeU64, viewOf } from "@rialto/base";
import { DIGEST_BYTES, type HashFunction, hashParts, tagBytes } from "./hash.ts";

// Merkle trees as in RFC 6962: leaves and inner nodes are hashed under different first bytes, and a tree of n leaves is
// split at the largest power of two below n. The root that others sign also hashes the number of leaves: without it, one
// path can be valid at the same index of trees of different sizes.

const LEAF_PREFIX: Uint8Array = Uint8Array.of(0);
const NODE_PREFIX: Uint8Array = Uint8Array.of(1);
const ROOT_TAG: Uint8Array = tagBytes("rialto/merkle-root/1");
/** Where the number of leaves of a root is written to be hashed. */
const countBytes = new Uint8Array(8);
const countView = viewOf(countBytes);
const emptyRoots = new WeakMap<HashFunction, Uint8Array>();

/** Most leaves of a tree, so that indexes are 32-bit and a path has at most 32 steps. */
const MERKLE_LEAVES_MAX = 0xffff_ffff;
/** Most digests in a path. */
export const MERKLE_PATH_MAX = 32;

/** What shows that a leaf stands at `leafIndex` of a tree of `leafCount` leaves. */
export interface MerkleProof {
  readonly leafIndex: number;
  readonly leafCount: number;
  /** Digests of siblings from the leaf upwards; a level at which the node has no sibling has none here either. */
  readonly path: readonly Uint8Array[];
}

/** The hash of a leaf, which is bytes of any length, in one part or in several. Pure. */
export function hashLeaf(
  leaf: Uint8Array,
  hash: HashFunction,
  ...more: readonly Uint8Array[]
): Uint8Array {
  return hashParts(hash, LEAF_PREFIX, leaf, ...more);
}

/**
 * The Merkle tree hash over the hashes of leaves, in order.
 *
 * Source   RFC 6962, section 2.1. Of no leaves it is the hash of nothing.
 */
export function computeTreeHash(leafHashes: readonly Uint8Array[], hash: HashFunction): Uint8Array {
  if (leafHashes.length === 0) return hash(new Uint8Array(0));
  let level = leafHashes;
  while (level.length > 1) level = nextLevel(level, hash);
  return level[0]!;
}

/** The root over `leaves`, which are bytes of any length: what is signed and what proofs are checked against. Pure. */
export function computeMerkleRoot(leaves: readonly Uint8Array[], hash: HashFunction): Uint8Array {
  return computeRootOfHashes(
    leaves.map((leaf) => hashLeaf(leaf, hash)),
    hash,
  );
}

/** The same for leaves of which only the hashes are at hand. Pure. */
export function computeRootOfHashes(
  leafHashes: readonly Uint8Array[],
  hash: HashFunction,
): Uint8Array {
  if (leafHashes.length === 0) return emptyRoot(hash);
  return rootOf(computeTreeHash(leafHashes, hash), leafHashes.length, hash);
}

/** The root over nothing, which is that of most blocks and commits: computed once, and all share it. */
function emptyRoot(hash: HashFunction): Uint8Array {
  let root = emptyRoots.get(hash);
  if (root === undefined) {
    root = rootOf(computeTreeHash([], hash), 0, hash);
    emptyRoots.set(hash, root);
  }
  return root;
}

/**
 * The proof that leaf `leafIndex` is in the tree over `leaves`. Pure.
 *
 * Source   RFC 6962, section 2.1.1.
 */
export function proveInclusion(
  leaves: readonly Uint8Array[],
  leafIndex: number,
  hash: HashFunction,
): MerkleProof {
  assert(leafIndex >= 0 && leafIndex < leaves.length, "only a leaf of the tree has a proof");
  const path: Uint8Array[] = [];
  let level: readonly Uint8Array[] = leaves.map((leaf) => hashLeaf(leaf, hash));
  for (let index = leafIndex; level.length > 1; index >>>= 1) {
    const sibling = level[index % 2 === 0 ? index + 1 : index - 1];
    if (sibling !== undefined) path.push(sibling);
    level = nextLevel(level, hash);
  }
  return { leafIndex, leafCount: leaves.length, path };
}

/** True where `proof` shows that `leaf` is under `root`. Takes any proof, hostile ones too. Pure. */
export function verifyInclusion(
  root: Uint8Array,
  leaf: Uint8Array,
  proof: MerkleProof,
  hash: HashFunction,
): boolean {
  const { leafIndex, leafCount, path } = proof;
  if (!isIndex(leafIndex) || !isIndex(leafCount) || leafIndex >= leafCount) return false;
  let node = hashLeaf(leaf, hash);
  let index = leafIndex;
  let used = 0;
  // The last node of a level of odd width goes up alone; every other one has a sibling in the path.
  for (let width = leafCount; width > 1; width = Math.ceil(width / 2)) {
    const isAlone = index === width - 1 && index % 2 === 0;
    if (!isAlone) {
      const sibling = path[used++];
      if (sibling?.length !== DIGEST_BYTES) return false;
      node = index % 2 === 0 ? hashNode(node, sibling, hash) : hashNode(sibling, node, hash);
    }
    index >>>= 1;
  }
  return used === path.length && equalBytes(rootOf(node, leafCount, hash), root);
}

function isIndex(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MERKLE_LEAVES_MAX;
}

function rootOf(top: Uint8Array, leafCount: number, hash: HashFunction): Uint8Array {
  assert(leafCount <= MERKLE_LEAVES_MAX, "the number of leaves has 32 bits");
  setSafeU64(countView, 0, leafCount);
  return hashParts(hash, ROOT_TAG, countBytes, top);
}

function hashNode(left: Uint8Array, right: Uint8Array, hash: HashFunction): Uint8Array {
  return hashParts(hash, NODE_PREFIX, left, right);
}

/** Half as many nodes. Pairing neighbours and carrying the odd one gives the splits of RFC 6962. */
function nextLevel(level: readonly Uint8Array[], hash: HashFunction): Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const right = level[index + 1];
    next.push(right === undefined ? level[index]! : hashNode(level[index]!, right, hash));
  }
  return next;
}
