import { expect, test } from "vitest";
import type { BlockRef, VerifiedBlock } from "./block.ts";
import { PendingBlocks } from "./pending.ts";
import { genesisRefs, sketchBlock } from "./testing/dag-builder.ts";
import { createTestCommittee, equalWeights } from "./testing/test-committee.ts";

const committee = createTestCommittee({ profile: 3, weights: equalWeights(4) });
const blockOf = (author: number, round: number): VerifiedBlock =>
  sketchBlock(committee, { author, round, strong: genesisRefs(committee) });
const size = blockOf(0, 1).bytes.length;

function pendingOf(blocksPerAuthor = 100, bytesPerAuthor = 1_000_000): PendingBlocks {
  return new PendingBlocks(4, { blocksPerAuthor, bytesPerAuthor });
}

test("a block is set free when the last of what it waits for has come", () => {
  const pending = pendingOf();
  const [first, second] = [blockOf(1, 1), blockOf(2, 1)];
  const waiting = blockOf(0, 2);
  pending.add(waiting, [first, second], 3);
  expect(pending.wanted(10)).toEqual([first, second]);
  expect(pending.take(first)).toEqual([]);
  expect(pending.take(second)).toMatchObject([{ block: waiting, from: 3 }]);
  expect([pending.count, pending.bytes, pending.wanted(10)]).toEqual([0, 0, []]);
});

test("what would be pushed out at once is known by its place and size", () => {
  const pending = pendingOf(3, size * 100);
  const missing: BlockRef[] = [blockOf(3, 1)];
  for (const round of [4, 6]) pending.add(blockOf(1, round), missing);
  const isFull = (author: number, round: number, bytes = size): boolean =>
    pending.isFullFor({ author, round }, bytes);
  expect([isFull(1, 9), isFull(1, 9, 99 * size), isFull(1, 5, 99 * size)]).toEqual([
    false,
    true,
    false,
  ]);
  pending.add(blockOf(1, 8), missing);
  expect([5, 7, 8, 9].map((round) => isFull(1, round))).toEqual([false, false, true, true]);
  expect(isFull(2, 9)).toBe(false);
  for (const round of [8, 9]) {
    const twin = sketchBlock(committee, {
      author: 1,
      round,
      strong: genesisRefs(committee),
      twin: 1,
    });
    const before = pending.pushedOut(1);
    pending.add(twin, missing);
    expect([pending.has(twin), pending.pushedOut(1)]).toEqual([false, before + 1]);
  }
});

test("what waits itself is not asked for again", () => {
  const pending = pendingOf();
  const [oldest, middle, newest] = [blockOf(1, 1), blockOf(1, 2), blockOf(1, 3)];
  pending.add(newest, [middle]);
  pending.add(middle, [oldest]);
  expect(pending.wanted(10)).toEqual([oldest]);
  expect(pending.isWanted(middle)).toBe(true);
  expect(pending.has(middle)).toBe(true);
});

test("an author over its budget loses its farthest blocks, and nobody else does", () => {
  const pending = pendingOf(3);
  const missing: BlockRef[] = [blockOf(3, 1)];
  pending.add(blockOf(0, 9), missing);
  for (const round of [5, 2, 7, 3, 8]) pending.add(blockOf(1, round), missing);
  expect(pending.count).toBe(4);
  expect([2, 3, 5, 7, 8].filter((round) => pending.has(blockOf(1, round)))).toEqual([2, 3, 5]);
  expect(pending.has(blockOf(0, 9))).toBe(true);
});

test("bytes are bounded as blocks are, and nothing is waited for on behalf of what is gone", () => {
  const pending = pendingOf(100, size * 2 + 1);
  for (let round = 2; round < 50; round++) pending.add(blockOf(1, round), [blockOf(2, round - 1)]);
  expect(pending.bytes).toBe(size * 2);
  expect(pending.wanted(100)).toHaveLength(2);
});

test("the horizon sets free what waits for nothing above it", () => {
  const pending = pendingOf();
  const low = blockOf(1, 3);
  const high = blockOf(2, 4);
  pending.add(blockOf(0, 5), [low]);
  pending.add(blockOf(3, 5), [low, high]);
  expect(pending.takeBelow(3)).toMatchObject([{ block: blockOf(0, 5) }]);
  expect(pending.takeBelow(4)).toMatchObject([{ block: blockOf(3, 5) }]);
});

test("a flood of one author does not keep others from being asked for what they wait for", () => {
  const pending = pendingOf();
  for (let round = 2; round < 90; round++) pending.add(blockOf(3, round), [blockOf(2, round - 1)]);
  const needed = blockOf(1, 50);
  pending.add(blockOf(0, 51), [needed]);
  const wanted = pending.wanted(4);
  expect(wanted).toContain(needed);
  expect(wanted).toHaveLength(5);
  expect(wanted).toContainEqual(blockOf(2, 1));
});

test("a chain of one author's blocks, needed by one of another's, fills no more than the budgets", () => {
  const budget = 20;
  const pending = pendingOf(budget);
  pending.add(blockOf(1, 501), [blockOf(0, 500)]);
  for (let round = 500; round > 2; round--) {
    pending.add(blockOf(0, round), [blockOf(0, round - 1)]);
    expect(pending.count).toBeLessThanOrEqual(2 * 2 * (budget + 1));
  }
  expect(pending.pushedOut(0)).toBeGreaterThan(400);
  expect([1, 2].map((author) => pending.pushedOut(author))).toEqual([0, 0]);
});

test("a block that somebody else's rests on outlives a flood of its author's", () => {
  const pending = pendingOf(3);
  const needed = blockOf(3, 40);
  pending.add(needed, [blockOf(2, 39)]);
  pending.add(blockOf(0, 41), [needed]);
  for (let round = 2; round < 30; round++) pending.add(blockOf(3, round), [blockOf(2, round - 1)]);
  expect(pending.has(needed)).toBe(true);
  expect(pending.has(blockOf(3, 29))).toBe(false);
});

test("a block that only its author's own blocks rest on stays, where others' rest on those", () => {
  const pending = pendingOf(4);
  // Round by round, every author's block rests on the liar's of the round before.
  for (let round = 10; round < 30; round++) {
    for (const author of [0, 3]) pending.add(blockOf(author, round), [blockOf(3, round - 1)]);
  }
  const root = blockOf(3, 9);
  pending.add(root, [blockOf(2, 8)]);
  expect(pending.has(root)).toBe(true);
  expect(pending.wanted(10)).toContainEqual(blockOf(2, 8));
});

test("beside what is kept for others there is some room: not every block of a flood costs a look at all that waits", () => {
  const budget = 16;
  const pending = pendingOf(budget);
  pending.add(blockOf(1, 501), [blockOf(0, 500)]);
  for (let round = 500; round > 400; round--) {
    pending.add(blockOf(0, round), [blockOf(0, round - 1)]);
  }
  const outs: number[] = [];
  for (let round = 2; round < 50; round++) {
    const before = pending.pushedOut(0);
    pending.add(blockOf(0, round), [blockOf(2, round - 1)]);
    outs.push(pending.pushedOut(0) - before);
  }
  // Of three blocks the third makes all go that nothing rests on.
  expect(outs.filter((count) => count > 0).length).toBeLessThanOrEqual(outs.length / 3);
  expect(pending.count).toBeLessThanOrEqual(1 + 2 * budget);
});
