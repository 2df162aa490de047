import { createPrng, equalBytes } from "@rialto/base";
import { expect, test } from "vitest";
import { AppendQueue } from "./append-queue.ts";
import { HASH_BYTES, RECORD_HEADER_BYTES } from "./journal-layout.ts";

const LIMIT_BYTES = 500;

function push(queue: AppendQueue, sequence: number, payloadBytes: number): boolean {
  const offset = queue.place(RECORD_HEADER_BYTES + payloadBytes);
  if (offset === -1) return false;
  const link = { previousHash: new Uint8Array(32), sequence };
  queue.push(offset, new Uint8Array(payloadBytes).fill(sequence), link, undefined);
  return true;
}

test("records come out as they went in, through many turns of the ring", () => {
  const queue = new AppendQueue(LIMIT_BYTES);
  const prng = createPrng(3);
  const pushed: string[] = [];
  const shifted: string[] = [];
  let refusedCount = 0;
  while (pushed.length < 10_000) {
    const sequence = pushed.length + 1;
    const payloadBytes = prng.below(100);
    if (push(queue, sequence, payloadBytes)) pushed.push(`${sequence}: ${payloadBytes} intact`);
    else refusedCount++;
    while (queue.count > 0 && prng.chance(1, 2)) shifted.push(describeOldest(queue));
  }
  while (queue.count > 0) shifted.push(describeOldest(queue));
  expect(shifted).toEqual(pushed);
  expect(queue.queuedBytes).toBe(0);
  expect(refusedCount).toBeGreaterThan(100);
});

function describeOldest(queue: AppendQueue): string {
  const { sequence, offset, bytes, hash } = queue.shift();
  const payload = queue.memory.subarray(offset + RECORD_HEADER_BYTES, offset + bytes);
  const isIntact =
    equalBytes(queue.memory.subarray(offset, offset + HASH_BYTES), hash) &&
    payload.every((byte) => byte === (sequence & 255));
  return `${sequence}: ${payload.length} ${isIntact ? "intact" : "overwritten"}`;
}

test("an empty queue takes a record of its whole size, and then nothing", () => {
  const queue = new AppendQueue(LIMIT_BYTES);
  expect(push(queue, 1, LIMIT_BYTES - RECORD_HEADER_BYTES)).toBe(true);
  expect(push(queue, 2, 0)).toBe(false);
  queue.shift();
  expect(push(queue, 2, LIMIT_BYTES - RECORD_HEADER_BYTES + 1)).toBe(false);
  expect(push(queue, 2, LIMIT_BYTES - RECORD_HEADER_BYTES)).toBe(true);
});

test("thousands of small records pass through", () => {
  const queue = new AppendQueue(0x10_0000);
  for (let sequence = 1; sequence <= 12_000; sequence++) push(queue, sequence, 3);
  const shifted = Array.from({ length: 12_000 }, () => describeOldest(queue));
  expect(shifted).toEqual(Array.from({ length: 12_000 }, (_, index) => `${index + 1}: 3 intact`));
});

test("waiting sectors count what no flush has taken", () => {
  const queue = new AppendQueue(2_000);
  for (let sequence = 1; sequence <= 3; sequence++) push(queue, sequence, 500);
  expect(queue.waitingSectors).toBe(6);
  queue.beginFlush(2);
  expect(queue.waitingSectors).toBe(2);
  push(queue, 4, 10);
  expect(queue.waitingSectors).toBe(3);
  queue.shift();
  queue.shift();
  expect(queue.waitingSectors).toBe(3);
  queue.shift();
  expect(queue.waitingSectors).toBe(1);
  expect(queue.pushedCount).toBe(4);
});
