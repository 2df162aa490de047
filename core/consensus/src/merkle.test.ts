import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import { NO_DIGEST } from "./hash.ts";
import { computeMerkleRoot, proveMerkleLeaf, verifyMerkleProof } from "./merkle.ts";
import { testHash } from "./testing/test-hash.ts";

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => Uint8Array.of(at, 7));

test("every leaf of every tree has a proof, which holds for nothing else", () => {
  for (let count = 1; count < 20; count++) {
    const leaves = leavesOf(count);
    const root = computeMerkleRoot(leaves, testHash);
    for (let index = 0; index < count; index++) {
      const proof = proveMerkleLeaf(leaves, index, testHash);
      expect(verifyMerkleProof(root, leaves[index]!, proof, testHash)).toBe(true);
      for (let other = 0; other < count + 3; other++) {
        if (other === index) continue;
        expect(
          verifyMerkleProof(root, leaves[index]!, { ...proof, leafIndex: other }, testHash),
        ).toBe(false);
        const leaf = Uint8Array.of(other, 7);
        expect(verifyMerkleProof(root, leaf, proof, testHash)).toBe(false);
      }
      for (const leafCount of [0, count - 1, count + 1, 2 * count, -1, Number.NaN]) {
        expect(verifyMerkleProof(root, leaves[index]!, { ...proof, leafCount }, testHash)).toBe(
          false,
        );
      }
    }
  }
});

test("a thousand mutated proofs are refused", () => {
  const prng = createPrng(1);
  const leaves = leavesOf(13);
  const root = computeMerkleRoot(leaves, testHash);
  for (let time = 0; time < 1_000; time++) {
    const index = prng.below(13);
    const proof = proveMerkleLeaf(leaves, index, testHash);
    const siblings = proof.siblings.map((sibling) => Uint8Array.from(sibling));
    siblings[prng.below(siblings.length)]![prng.below(32)]! ^= 1 << prng.below(8);
    expect(verifyMerkleProof(root, leaves[index]!, { ...proof, siblings }, testHash)).toBe(false);
    const cut = { ...proof, siblings: proof.siblings.slice(1) };
    expect(verifyMerkleProof(root, leaves[index]!, cut, testHash)).toBe(false);
  }
});

test("trees of different leaves have different roots; of none it is zeros", () => {
  expect(computeMerkleRoot([], testHash)).toEqual(NO_DIGEST);
  const roots = Array.from({ length: 20 }, (_, count) =>
    String(computeMerkleRoot(leavesOf(count), testHash)),
  );
  expect(new Set(roots).size).toBe(20);
});
