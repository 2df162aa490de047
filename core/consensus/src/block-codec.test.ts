import { createPrng, Fault, type Prng } from "@rialto/base";
import { describe, expect, test } from "vitest";
import type { Block, BlockHeader, BlockRef } from "./block.ts";
import {
  encodeHeader,
  HEADER_BYTES_MIN,
  parseBlock,
  parsePayload,
  payloadParts,
  sealBlock,
} from "./block-codec.ts";
import { encodeCommit, parseCommit, type Commit } from "./commit.ts";
import { concatBytes } from "./hash.ts";
import { BLOCK_BYTES_MAX, HEADER_BYTES_MAX } from "./limits.ts";
import { testHash } from "./testing/test-hash.ts";

function randomBytes(prng: Prng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => prng.below(256));
}

function randomRefs(prng: Prng, countMax: number): BlockRef[] {
  return Array.from({ length: prng.below(countMax + 1) }, () => ({
    round: prng.nextU32(),
    author: prng.below(65_536),
    digest: randomBytes(prng, 32),
  }));
}

function randomHeader(prng: Prng, payload: Uint8Array, frameCount: number): BlockHeader {
  return {
    chainId: randomBytes(prng, 32),
    committeeHash: randomBytes(prng, 32),
    epoch: prng.nextU32() * prng.below(2 ** 20),
    round: prng.nextU32(),
    author: prng.below(65_536),
    tsMs: prng.nextU32() * prng.below(2 ** 20),
    strong: randomRefs(prng, 5),
    weak: randomRefs(prng, 3),
    payloadRoot: randomBytes(prng, 32),
    payloadBytes: payload.length,
    frameCount,
    isEpochClose: prng.chance(1, 2),
    commitVotes: Array.from({ length: prng.below(5) }, () => ({
      index: prng.nextU32(),
      digest: randomBytes(prng, 32),
    })),
    evidence: Array.from({ length: prng.below(3) }, () => ({
      first: randomBytes(prng, 32),
      second: randomBytes(prng, 32),
    })),
  };
}

function randomBlock(prng: Prng): Block {
  const frames = Array.from({ length: prng.below(4) }, () => randomBytes(prng, prng.below(50)));
  const payload = payloadParts(frames);
  const header = randomHeader(prng, concatBytes(...payload), frames.length);
  return sealBlock(header, payload, testHash, () => randomBytes(prng, 64));
}

function parsed(bytes: Uint8Array): Block {
  const block = parseBlock(bytes, testHash);
  if (block instanceof Fault) throw block;
  return block;
}

describe("blocks", () => {
  test("what is encoded is what is read", () => {
    const prng = createPrng(1);
    for (let time = 0; time < 300; time++) {
      const block = randomBlock(prng);
      expect(parsed(block.bytes)).toEqual(block);
    }
  });

  test("no bytes but the encoding itself read as a block", () => {
    const prng = createPrng(2);
    let readCount = 0;
    for (let time = 0; time < 2_000; time++) {
      const bytes = Uint8Array.from(randomBlock(prng).bytes);
      bytes[prng.below(bytes.length)]! ^= 1 << prng.below(8);
      const block = parseBlock(bytes, testHash);
      if (block instanceof Fault) continue;
      readCount++;
      expect(encodeHeader(block)).toEqual(bytes.subarray(0, encodeHeader(block).length));
      expect(sealBlock(block, [block.payload], testHash, () => block.signature).bytes).toEqual(
        bytes,
      );
    }
    expect(readCount).toBeGreaterThan(100);
  });

  test("every cut and every byte too many is refused", () => {
    const { bytes } = randomBlock(createPrng(3));
    for (let length = 0; length < bytes.length; length++) {
      expect(parseBlock(bytes.subarray(0, length), testHash)).toBeInstanceOf(Fault);
    }
    expect(parseBlock(Uint8Array.of(...bytes, 0), testHash)).toBeInstanceOf(Fault);
  });

  test("random bytes are refused, whatever they are", () => {
    const prng = createPrng(4);
    for (let time = 0; time < 20_000; time++) {
      expect(parseBlock(randomBytes(prng, prng.below(400)), testHash)).toBeInstanceOf(Fault);
    }
  });

  test("lists beyond their limits are refused before they are made", () => {
    const prng = createPrng(5);
    const refs = Array.from({ length: 129 }, () => ({
      round: 1,
      author: 1,
      digest: randomBytes(prng, 32),
    }));
    const header = { ...randomHeader(prng, new Uint8Array(0), 0), strong: refs };
    const block = sealBlock(header, [], testHash, () => randomBytes(prng, 64));
    expect(parseBlock(block.bytes, testHash)).toBeInstanceOf(Fault);
    expect(parseBlock(new Uint8Array(BLOCK_BYTES_MAX + 1), testHash)).toBeInstanceOf(Fault);
  });

  test("the sizes drawn are the sizes written", () => {
    const empty = {
      ...randomHeader(createPrng(6), new Uint8Array(0), 0),
      strong: [],
      weak: [],
      commitVotes: [],
      evidence: [],
    };
    expect(encodeHeader(empty)).toHaveLength(HEADER_BYTES_MIN);
    expect(HEADER_BYTES_MIN + 128 * 38 + 4 * 40 + 2 * 64).toBeLessThanOrEqual(HEADER_BYTES_MAX);
  });

  test("the digest is of the header alone: another signature is the same block", () => {
    const prng = createPrng(7);
    const header = randomHeader(prng, new Uint8Array(0), 0);
    const seal = (fill: number): Block =>
      sealBlock(header, [], testHash, () => new Uint8Array(64).fill(fill));
    expect(seal(1).digest).toEqual(seal(2).digest);
    expect(seal(1).bytes).not.toEqual(seal(2).bytes);
  });
});

test("a head stands before its block, in memory that has nothing else", () => {
  const prng = createPrng(9);
  const frames = [Uint8Array.of(1, 2, 3), Uint8Array.of(4)];
  const payload = payloadParts(frames);
  const header = randomHeader(prng, concatBytes(...payload), frames.length);
  const sign = (): Uint8Array => new Uint8Array(64).fill(5);
  const plain = sealBlock(header, payload, testHash, sign);
  const headed = sealBlock(header, payload, testHash, sign, Uint8Array.of(7, 8));
  expect(headed).toEqual(plain);
  expect(new Uint8Array(headed.bytes.buffer)).toEqual(Uint8Array.of(7, 8, ...plain.bytes));
  expect(headed.payload.buffer).toBe(headed.bytes.buffer);
});

test("a payload is its frames and nothing else", () => {
  const frames = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(4)];
  const payload = concatBytes(...payloadParts(frames));
  expect(parsePayload(payload, 3)).toEqual(frames);
  expect(parsePayload(payload, 2)).toBeUndefined();
  expect(parsePayload(payload, 4)).toBeUndefined();
});

test("commits: what is encoded is what is read, and cuts are refused", () => {
  const prng = createPrng(8);
  const commit: Commit = {
    index: 7,
    previous: randomBytes(prng, 32),
    leader: { round: 9, author: 2, digest: randomBytes(prng, 32) },
    tsMs: 1_700_000_000_000,
    gcRound: 1,
    framesRoot: randomBytes(prng, 32),
    refs: randomRefs(prng, 6),
  };
  const bytes = encodeCommit(commit);
  expect(parseCommit(bytes)).toEqual(commit);
  for (let length = 0; length < bytes.length; length++) {
    expect(parseCommit(bytes.subarray(0, length))).toBeInstanceOf(Fault);
  }
  expect(parseCommit(Uint8Array.of(...bytes, 0))).toBeInstanceOf(Fault);
});
