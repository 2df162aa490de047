import { Fault } from "@rialto/base";
import { expect, test } from "vitest";
import type { BlockHeader, BlockRef } from "./block.ts";
import { payloadParts, sealBlock, sumOfLengths } from "./block-codec.ts";
import { computePayloadRoot, openFrame } from "./frame.ts";
import { genesisRefs } from "./testing/dag-builder.ts";
import { createTestCommittee, equalWeights } from "./testing/test-committee.ts";
import { testHash } from "./testing/test-hash.ts";
import { verifyBlock } from "./validity.ts";

const committee = createTestCommittee({ profile: 3, weights: equalWeights(4), gcDepth: 8 });
const digestOf = (round: number, author: number): Uint8Array =>
  testHash(Uint8Array.of(9, round, author));
const ref = (round: number, author: number): BlockRef => ({
  round,
  author,
  digest: digestOf(round, author),
});
const FRAMES = [Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 5), Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0)];
const SIGNATURE = new Uint8Array(64).fill(7);

function header(
  change: Partial<BlockHeader> = {},
  frames: readonly Uint8Array[] = FRAMES,
): BlockHeader {
  return {
    chainId: committee.chainId,
    committeeHash: committee.hash,
    epoch: committee.epoch,
    round: 20,
    author: 1,
    tsMs: 5,
    strong: [ref(19, 1), ref(19, 0), ref(19, 2)],
    weak: [ref(15, 3)],
    payloadRoot: computePayloadRoot(
      frames.map((frame) => openFrame(frame, testHash)),
      testHash,
    ),
    payloadBytes: sumOfLengths(payloadParts(frames)),
    frameCount: frames.length,
    isEpochClose: false,
    commitVotes: [{ index: 3, digest: digestOf(0, 0) }],
    evidence: [],
    ...change,
  };
}

function verdict(change: Partial<BlockHeader> = {}, frames = FRAMES): string {
  const block = sealBlock(header(change, frames), payloadParts(frames), testHash, () => SIGNATURE);
  const result = verifyBlock(block.bytes, {
    committee,
    hash: testHash,
    verify: (_, __, signature) => signature[0] === 7,
  });
  if (!(result instanceof Fault)) return "valid";
  return result.detail.problem;
}

test("a block that keeps every rule is valid", () => {
  expect(verdict()).toBe("valid");
  expect(verdict({ weak: [] })).toBe("valid");
  expect(verdict({ weak: [ref(12, 3)] })).toBe("valid");
  expect(verdict({}, [])).toBe("valid");
});

test("an author without a block in the round before refers to an older own one, or to its block of round 0", () => {
  const strong = [ref(19, 0), ref(19, 2), ref(19, 3)];
  expect(verdict({ strong, weak: [ref(13, 1)] })).toBe("valid");
  expect(verdict({ strong, weak: [genesisRefs(committee)[1]!] })).toBe("valid");
  expect(verdict({ strong, weak: [{ ...ref(0, 1) }] })).toMatch(/round 0/);
  expect(verdict({ strong, weak: [ref(11, 1)] })).toMatch(/too old/);
});

test("the first round rests on round 0", () => {
  const strong = [1, 0, 2].map((author) => genesisRefs(committee)[author]!);
  expect(verdict({ round: 1, strong, weak: [] })).toBe("valid");
  expect(verdict({ round: 1, strong: [ref(0, 1), ...strong.slice(1)], weak: [] })).toMatch(
    /round 0/,
  );
});

test.each<[string, Partial<BlockHeader>, RegExp]>([
  ["another chain", { chainId: digestOf(1, 1) }, /another chain/],
  ["another committee", { committeeHash: digestOf(1, 1) }, /another committee/],
  ["another epoch", { epoch: 2 }, /another epoch/],
  ["a stranger", { author: 4 }, /no member/],
  ["round 0", { round: 0 }, /out of range/],
  ["no quorum", { strong: [ref(19, 1), ref(19, 0)] }, /no quorum/],
  ["a strong reference too old", { strong: [ref(19, 1), ref(19, 0), ref(18, 2)] }, /another round/],
  [
    "a strong reference of its own round",
    { strong: [ref(19, 1), ref(19, 0), ref(20, 2)] },
    /another round/,
  ],
  ["a weak reference too new", { weak: [ref(19, 3)] }, /too new/],
  ["a weak reference too old", { weak: [ref(11, 3)] }, /too old/],
  ["somebody else's round 0 as weak", { weak: [genesisRefs(committee)[3]!] }, /too old/],
  ["two of one author, strong and weak", { weak: [ref(15, 2)] }, /two references/],
  [
    "twins as strong",
    { strong: [ref(19, 1), ref(19, 0), ref(19, 2), { ...ref(19, 2), digest: digestOf(1, 1) }] },
    /order|two references/,
  ],
  [
    "no self-parent",
    { strong: [ref(19, 0), ref(19, 2), ref(19, 3)], weak: [] },
    /author's block before/,
  ],
  ["own reference not first", { strong: [ref(19, 0), ref(19, 1), ref(19, 2)] }, /order/],
  ["references out of order", { strong: [ref(19, 1), ref(19, 2), ref(19, 0)] }, /order/],
  ["a strange reference", { weak: [ref(15, 9)] }, /no member/],
  [
    "commit votes out of order",
    {
      commitVotes: [
        { index: 3, digest: digestOf(0, 0) },
        { index: 3, digest: digestOf(0, 0) },
      ],
    },
    /ascend/,
  ],
  ["a commit vote for nothing", { commitVotes: [{ index: 0, digest: digestOf(0, 0) }] }, /ascend/],
  [
    "evidence of one block",
    { evidence: [{ first: digestOf(1, 1), second: digestOf(1, 1) }] },
    /twice/,
  ],
  ["another payload", { payloadRoot: digestOf(1, 1) }, /not the one it signed/],
  ["another number of frames", { frameCount: 1 }, /not made of its frames/],
])("refuses %s", (_, change, problem) => {
  expect(verdict(change)).toMatch(problem);
});

test("refuses a frame twice, and what is no frame", () => {
  expect(verdict({}, [FRAMES[0]!, FRAMES[0]!])).toMatch(/twice/);
  expect(verdict({}, [Uint8Array.of(1, 2)])).toMatch(/is none/);
});

test("of frames that cost much to judge a block holds one, and of two none is judged", () => {
  const judged: Uint8Array[] = [];
  const judge = (frames: readonly Uint8Array[]): unknown => {
    const sealed = header({}, frames);
    const block = sealBlock(sealed, payloadParts(frames), testHash, () => SIGNATURE);
    const result = verifyBlock(block.bytes, {
      committee,
      hash: testHash,
      verify: () => true,
      isSingular: (frame) => frame.at(-1) === 9,
      findFrameProblem: (frame) => void judged.push(frame),
    });
    return result instanceof Fault ? result.detail : undefined;
  };
  const [first, second, other] = [1, 2, 3].map((each) =>
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, each, 9),
  );
  const plain = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 5);
  expect(judge([first!, plain])).toBeUndefined();
  expect(judged).toHaveLength(2);
  expect(judge([first!, plain, second!, other!])).toMatchObject({
    code: "BLOCK_INVALID",
    problem: expect.stringContaining("one is the most"),
  });
  expect(judged).toHaveLength(2);
});

test("says how many signatures may have been looked at before a frame was refused; what is cheap to see is seen before", () => {
  const frames = [1, 2, 3, 4].map((each) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, each));
  const judge = (refused: number, change: Partial<BlockHeader> = {}, costly = 0): unknown => {
    const parts = payloadParts(frames);
    const block = sealBlock(header(change, frames), parts, testHash, () => SIGNATURE);
    const findFrameProblem = (frame: Uint8Array): string | undefined =>
      frame.at(-1) === refused ? "not signed" : undefined;
    const isSingular = (frame: Uint8Array): boolean => frame.at(-1) === costly;
    const checks = { committee, hash: testHash, verify: () => true, isSingular, findFrameProblem };
    const result = verifyBlock(block.bytes, checks);
    return result instanceof Fault ? result.detail : undefined;
  };
  expect(judge(9)).toBeUndefined();
  expect(judge(3)).toMatchObject({ code: "BLOCK_INVALID", frameSignatures: 3 });
  // Every member may have signed a change of members.
  const members = committee.weights.length;
  expect(judge(3, {}, 2)).toMatchObject({ frameSignatures: 2 + members });
  expect(judge(3, {}, 3)).toMatchObject({ frameSignatures: 2 + members });
  expect(judge(3, {}, 4)).toMatchObject({ frameSignatures: 3 });
  const other = judge(3, { payloadRoot: digestOf(0, 0) });
  expect(other).toMatchObject({ code: "BLOCK_INVALID", frameSignatures: 0 });
});

test("refuses a block that its author has not signed", () => {
  const block = sealBlock(header(), payloadParts(FRAMES), testHash, () => new Uint8Array(64));
  const result = verifyBlock(block.bytes, {
    committee,
    hash: testHash,
    verify: (author, message, signature) =>
      author === 1 && message.length > 32 && signature[0] === 7,
  });
  expect(result).toBeInstanceOf(Fault);
});
