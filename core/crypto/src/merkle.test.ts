import { createPrng, encodeHex, equalBytes, parseHex } from "@rialto/base";
import { expect, test } from "vitest";
import { sha256 } from "./hash.ts";
import {
  encodeMerkleProof,
  MERKLE_PROOF_BYTES_MAX,
  parseMerkleProof,
} from "./merkle-proof-codec.ts";
import {
  computeMerkleRoot,
  computeTreeHash,
  hashLeaf,
  type MerkleProof,
  proveInclusion,
  verifyInclusion,
} from "./merkle.ts";

// Source: the reference tree of the certificate-transparency project, of which all implementations of RFC 6962 use it.
const REFERENCE_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((text) => parseHex(text)!);
const REFERENCE_ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => Uint8Array.of(index, index >> 8, 7));

test("the tree hash is that of RFC 6962", () => {
  const hashes = REFERENCE_LEAVES.map((leaf) => hashLeaf(leaf, sha256));
  const roots = REFERENCE_ROOTS.map((_, count) => computeTreeHash(hashes.slice(0, count), sha256));
  expect(roots.map((root) => encodeHex(root))).toEqual(REFERENCE_ROOTS);
});

test("every leaf of every tree up to 70 leaves has a proof, which holds for it alone", () => {
  for (let count = 1; count <= 70; count++) {
    const leaves = leavesOf(count);
    const root = computeMerkleRoot(leaves, sha256);
    for (let index = 0; index < count; index++) {
      const proof = proveInclusion(leaves, index, sha256);
      expect(verifyInclusion(root, leaves[index]!, proof, sha256)).toBe(true);
      const other = Uint8Array.of(255, index);
      expect(verifyInclusion(root, other, proof, sha256)).toBe(false);
      const moved = { ...proof, leafIndex: index === 0 ? count - 1 : index - 1 };
      const isSame = moved.leafIndex === index;
      expect(verifyInclusion(root, leaves[index]!, moved, sha256)).toBe(isSame);
    }
  }
});

test("a root is of one number of leaves: no proof holds for another size", () => {
  const leaves = leavesOf(7);
  const root = computeMerkleRoot(leaves, sha256);
  for (let leafIndex = 0; leafIndex < 7; leafIndex++) {
    const proof = proveInclusion(leaves, leafIndex, sha256);
    for (let leafCount = 0; leafCount < 40; leafCount++) {
      const isTrue = verifyInclusion(root, leaves[leafIndex]!, { ...proof, leafCount }, sha256);
      expect(isTrue).toBe(leafCount === 7);
    }
  }
});

test("an inner node does not pass as a leaf", () => {
  const [first, second] = leavesOf(2) as [Uint8Array, Uint8Array];
  const root = computeMerkleRoot([first, second], sha256);
  const inner = new Uint8Array([...hashLeaf(first, sha256), ...hashLeaf(second, sha256)]);
  const proof: MerkleProof = { leafIndex: 0, leafCount: 1, path: [] };
  expect(verifyInclusion(root, inner, proof, sha256)).toBe(false);
});

test("each of 4,000 mutated proofs is refused, as bytes or by the root", () => {
  const prng = createPrng(4);
  const leaves = leavesOf(100);
  const root = computeMerkleRoot(leaves, sha256);
  let parsedCount = 0;
  for (let round = 0; round < 4_000; round++) {
    const leafIndex = prng.below(100);
    const bytes = encodeMerkleProof(proveInclusion(leaves, leafIndex, sha256));
    const mutated = mutate(bytes, prng);
    if (equalBytes(mutated, bytes)) continue;
    const proof = parseMerkleProof(mutated);
    if (proof === undefined) continue;
    parsedCount++;
    expect(encodeMerkleProof(proof)).toEqual(mutated);
    expect(verifyInclusion(root, leaves[leafIndex]!, proof, sha256)).toBe(false);
  }
  expect(parsedCount).toBeGreaterThan(1_000);
});

test("bytes that are no proof are named so: too short, too long, odd, outside the tree", () => {
  const sizes = [0, 7, 9, 39, MERKLE_PROOF_BYTES_MAX + 32];
  for (const size of sizes) expect(parseMerkleProof(new Uint8Array(size).fill(1))).toBe(undefined);
  expect(parseMerkleProof(Uint8Array.of(5, 0, 0, 0, 5, 0, 0, 0))).toBe(undefined);
});

function mutate(bytes: Uint8Array, prng: ReturnType<typeof createPrng>): Uint8Array {
  const kind = prng.below(4);
  if (kind === 0) return bytes.subarray(0, prng.below(bytes.length));
  if (kind === 1) return new Uint8Array([...bytes, ...new Uint8Array(32).fill(prng.below(256))]);
  const copy = bytes.slice();
  const at = prng.below(bytes.length);
  copy[at] = copy[at]! ^ (1 << prng.below(8));
  return copy;
}
