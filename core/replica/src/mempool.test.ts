import { openFrame } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { Mempool } from "./mempool.ts";
import { smallChange, smallGenesis, smallRoster } from "./testing/small-chain.ts";
import { NOW_MS, smallFrame } from "./testing/small-replica.ts";

const LIMITS = { framesMax: 100, bytesMax: 10_000, lifetimeMsMax: 60_000 };
const frames = [1, 2, 3, 4].map((body) => openFrame(smallFrame(body), testHash));
const FRAME_BYTES = frames[0]!.bytes.length;

/** Four frames, of which own blocks carry the first two. */
function openHalfTaken(): Mempool {
  const mempool = new Mempool(LIMITS);
  for (const frame of frames) expect(mempool.admit(frame, NOW_MS)).toBeUndefined();
  expect(mempool.take(1_000, 2)).toEqual(frames.slice(0, 2));
  expect(mempool.waitingBytes).toBe(2 * FRAME_BYTES);
  return mempool;
}

test("with the end of an epoch all that is held waits again, the oldest first, and is counted as waiting", () => {
  const mempool = openHalfTaken();
  mempool.reopen((frame) => frame !== frames[2]);
  expect(mempool.waitingCount).toBe(3);
  expect(mempool.waitingBytes).toBe(3 * FRAME_BYTES);
  expect(mempool.bytes).toBe(3 * FRAME_BYTES);
  expect(mempool.take(1_000)).toEqual([frames[0], frames[1], frames[3]]);
  expect(mempool.waitingBytes).toBe(0);
  // What is executed while it is carried was not waiting.
  for (const { key } of frames) mempool.remove(key);
  expect([mempool.waitingBytes, mempool.bytes, mempool.frameCount]).toEqual([0, 0, 0]);
});

test("a block takes one change of members; another waits for the next, and holds up nothing", () => {
  const genesis = smallGenesis(3);
  const roster = smallRoster(
    2,
    [1, 2].map((each) => ({ process: each, key: each })),
  );
  const changes = [1, 2].map((nonce) =>
    openFrame(smallChange(genesis, roster, [[1, 1]], nonce), testHash),
  );
  const mempool = new Mempool(LIMITS);
  const all = [changes[0]!, changes[1]!, frames[0]!];
  for (const frame of all) expect(mempool.admit(frame, NOW_MS)).toBeUndefined();
  expect(mempool.take(10_000)).toEqual([changes[0], frames[0]]);
  expect(mempool.take(10_000)).toEqual([changes[1]]);
  expect(mempool.waitingBytes).toBe(0);
});

test("a frame that no block can take is a bug of the settings, and does not hold up all others without a word", () => {
  const mempool = new Mempool(LIMITS);
  expect(mempool.admit(frames[0]!, NOW_MS)).toBeUndefined();
  expect(() => mempool.take(4 + FRAME_BYTES - 1)).toThrow("the longest frame fits a block");
  expect(mempool.take(4 + FRAME_BYTES)).toEqual([frames[0]]);
});

test("tells whether more waits than the next block takes, by bytes with their lengths and by frames", () => {
  const mempool = openHalfTaken();
  const takes = (bytesMax: number, framesMax?: number): boolean =>
    !mempool.exceeds(bytesMax, framesMax);
  expect([takes(2 * (4 + FRAME_BYTES)), takes(2 * (4 + FRAME_BYTES) - 1)]).toEqual([true, false]);
  expect([takes(1_000, 2), takes(1_000, 1)]).toEqual([true, false]);
});

test("what an own block carried in vain waits again, once", () => {
  const mempool = openHalfTaken();
  mempool.remove(frames[0]!.key);
  mempool.putBack(frames.slice(0, 2));
  mempool.putBack(frames.slice(0, 2));
  expect(mempool.waitingBytes).toBe(3 * FRAME_BYTES);
  expect(mempool.take(1_000)).toEqual([frames[2], frames[3], frames[1]]);
  expect(mempool.waitingBytes).toBe(0);
});
