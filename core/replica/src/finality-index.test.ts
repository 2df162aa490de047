import { createPrng, type Prng } from "@rialto/base";
import { FinalityLevel } from "@rialto/consensus";
import { expect, test } from "vitest";
import { FINALITY_QUERIES_MAX, FinalityIndex, levelOfFlags } from "./finality-index.ts";

const SECRET = 0x1234_5678_9abc_def1n;

function drawHash(prng: Prng): Uint8Array {
  const hash = new Uint8Array(32);
  const words = new Uint32Array(hash.buffer);
  for (let at = 0; at < words.length; at++) words[at] = prng.nextU32();
  return hash;
}

const standing = (level: FinalityLevel, isQuantum: boolean) => ({
  weight: 0,
  quantumWeight: 0,
  level,
  isQuantum,
});

test("a hash is known with its commit and its level, which a certificate raises for all before it", () => {
  const index = new FinalityIndex(100, SECRET);
  const hashes = Array.from({ length: 10 }, (_, at) => drawHash(createPrng(at)));
  for (const [at, hash] of hashes.entries()) index.add(hash, at + 1);
  expect(index.find(hashes[3]!)).toEqual({
    level: FinalityLevel.Committed,
    commitIndex: 4,
    isQuantum: false,
  });
  index.raise(8, standing(FinalityLevel.Certified, false));
  index.raise(6, standing(FinalityLevel.Fast, true));
  index.raise(4, standing(FinalityLevel.Economic, false));
  // A certificate that comes late takes nothing back.
  index.raise(2, standing(FinalityLevel.Fast, true));
  const levels = hashes.map((hash) => index.find(hash).level);
  const { Committed, Certified, Fast, Economic } = FinalityLevel;
  expect(levels).toEqual([
    Economic,
    Economic,
    Economic,
    Economic,
    Fast,
    Fast,
    Certified,
    Certified,
    Committed,
    Committed,
  ]);
  expect(hashes.map((hash) => index.find(hash).isQuantum).lastIndexOf(true)).toBe(5);
  expect(index.find(new Uint8Array(32))).toEqual({
    level: FinalityLevel.Unknown,
    commitIndex: 0,
    isQuantum: false,
  });
});

/** Hashes of which many end alike: in all that the home and the tag come from, or in all of it but the tag's last bytes. */
function drawCrowd(prng: Prng, ends: readonly Uint8Array[]): Uint8Array {
  const hash = drawHash(prng);
  if (prng.chance(1, 2)) {
    hash.set(ends[prng.below(ends.length)]!.subarray(24, prng.chance(1, 2) ? 30 : 32), 24);
  }
  return hash;
}

test.each([1, 2, 7, 64, 1_000])("an index of %i is a map of the newest", (hashesMax) => {
  const prng = createPrng(hashesMax);
  const index = new FinalityIndex(hashesMax, SECRET);
  const model = new Map<string, number>();
  const ends = Array.from({ length: 3 }, () => drawHash(prng));
  const seen: Uint8Array[] = [];
  for (let commit = 1; commit <= 4 * hashesMax + 50; commit++) {
    const again = seen.length > 0 && prng.chance(1, 10);
    const hash = again ? seen[prng.below(seen.length)]! : drawCrowd(prng, ends);
    seen.push(hash);
    const key = Buffer.from(hash).toString("hex");
    index.add(hash, commit);
    if (!model.has(key)) model.set(key, commit);
    if (model.size > hashesMax) model.delete(model.keys().next().value!);
    const asked = seen[prng.below(seen.length)]!;
    const expected = model.get(Buffer.from(asked).toString("hex")) ?? 0;
    expect(index.find(asked).commitIndex).toBe(expected);
    const stranger = drawCrowd(prng, ends);
    expect(index.find(stranger).commitIndex).toBe(0);
  }
  expect(index.size).toBe(model.size);
  let at = 0;
  for (let length = FINALITY_QUERIES_MAX; at < seen.length; length = prng.below(700) + 1) {
    const together = seen.slice(at, at + length);
    at += length;
    index.queries.set(Buffer.concat(together));
    index.findMany(together.length);
    const expected = together.map((hash) => model.get(Buffer.from(hash).toString("hex")) ?? 0);
    expect([...index.commits.subarray(0, together.length)]).toEqual(expected);
    const known = expected.map((commit) => (commit > 0 ? FinalityLevel.Committed : 0));
    expect([...index.flags.subarray(0, together.length)].map(levelOfFlags)).toEqual(known);
  }
});

test("a hash that differs from a known one in one bit is not known", () => {
  const index = new FinalityIndex(10, SECRET);
  const known = drawHash(createPrng(1));
  index.add(known, 7);
  const { queries } = index;
  const bits = 32 * 8;
  for (let bit = 0; bit < bits; bit++) {
    queries.set(known, bit * 32);
    queries[bit * 32 + (bit >>> 3)]! ^= 1 << (bit & 7);
  }
  queries.set(known, bits * 32);
  index.findMany(bits + 1);
  const found = [...index.commits.subarray(0, bits + 1)];
  expect(found).toEqual([...Array.from({ length: bits }, () => 0), 7]);
});

test("the index of a commit is kept as it is up to 48 bits", () => {
  const index = new FinalityIndex(10, SECRET);
  const last = 2 ** 48 - 1;
  const [low, high] = [drawHash(createPrng(1)), drawHash(createPrng(2))];
  index.add(low, 2 ** 32 + 5);
  index.add(high, last);
  index.raise(last - 1, standing(FinalityLevel.Fast, false));
  expect(index.find(low)).toMatchObject({ commitIndex: 2 ** 32 + 5, level: FinalityLevel.Fast });
  expect(index.find(high)).toMatchObject({ commitIndex: last, level: FinalityLevel.Committed });
  expect(() => index.add(drawHash(createPrng(3)), last + 1)).toThrow("48 bits");
});

test("more hashes with one home than a bucket can count are all found", () => {
  const count = 66_000;
  const index = new FinalityIndex(count, SECRET);
  const hash = new Uint8Array(32);
  const words = new Uint32Array(hash.buffer);
  const draw = (number: number): Uint8Array => {
    words[0] = number;
    words[7] = number << 16;
    return hash;
  };
  for (let number = 1; number <= count; number++) index.add(draw(number), number);
  for (let number = 1; number <= count; number += 997) {
    expect(index.find(draw(number)).commitIndex).toBe(number);
  }
  expect(index.find(draw(count)).commitIndex).toBe(count);
  expect(index.find(draw(count + 1)).commitIndex).toBe(0);
});
