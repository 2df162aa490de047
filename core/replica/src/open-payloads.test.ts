import type { DagBlock } from "@rialto/consensus";
import { expect, test } from "vitest";
import { OpenPayloads } from "./open-payloads.ts";

/** Of a block nothing else is looked at. */
function blockOf(round: number, frames = 1, commitIndex = 0): DagBlock {
  return {
    round,
    commitIndex,
    block: { frames: Array.from({ length: frames }) },
  } as unknown as DagBlock;
}

test("only blocks with frames are work, and the newest of them is known when none is left", () => {
  const payloads = new OpenPayloads();
  payloads.note(blockOf(1, 0));
  expect([payloads.isEmpty, payloads.lastRound]).toEqual([true, 0]);
  const block = blockOf(4);
  payloads.note(block);
  payloads.note(blockOf(3));
  expect([payloads.isEmpty, payloads.lastRound]).toEqual([false, 4]);
  expect(payloads.sweep(4)).toHaveLength(2);
  expect([payloads.isEmpty, payloads.lastRound]).toEqual([true, 4]);
});

test("what a commit has is not lost, and neither is what lies above the horizon", () => {
  const payloads = new OpenPayloads();
  const [committed, lost, open] = [blockOf(2), blockOf(3), blockOf(4)];
  for (const each of [committed, lost, open]) payloads.note(each);
  committed.commitIndex = 7;
  expect(payloads.sweep(3)).toEqual([lost]);
  expect(payloads.isEmpty).toBe(false);
  expect(payloads.sweep(3)).toEqual([]);
  open.commitIndex = 8;
  expect(payloads.sweep(9)).toEqual([]);
  expect(payloads.isEmpty).toBe(true);
});

test("a block that the order went on from behind is in a commit already", () => {
  const payloads = new OpenPayloads();
  payloads.note(blockOf(5, 1, 3));
  expect([payloads.isEmpty, payloads.lastRound]).toEqual([true, 5]);
});
