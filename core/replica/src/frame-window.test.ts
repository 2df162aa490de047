import { createPrng } from "@rialto/base";
import { openFrame } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { FrameWindow } from "./frame-window.ts";
import { Mempool } from "./mempool.ts";
import { NOW_MS, smallFrame } from "./testing/small-replica.ts";

const frameOf = (body: number, expiresMs?: number) =>
  openFrame(smallFrame(body, expiresMs), testHash);

test("a frame executes once, not after its time, and not if it would have to be remembered too long", () => {
  const window = new FrameWindow(10_000);
  expect(window.judge(frameOf(1), NOW_MS)).toBe("execute");
  expect(window.judge(frameOf(1), NOW_MS)).toBe("repeated");
  expect(window.judge(frameOf(2), NOW_MS + 1_000)).toBe("expired");
  expect(window.judge(frameOf(3, NOW_MS + 20_001), NOW_MS)).toBe("tooEarly");
  // The last moment of either side: members that drew the line elsewhere would come to another state.
  expect(window.judge(frameOf(3, NOW_MS + 20_000), NOW_MS)).toBe("execute");
  expect(window.judge(frameOf(4, NOW_MS + 1), NOW_MS)).toBe("execute");
});

test("what has expired is forgotten, and still does not execute again", () => {
  const window = new FrameWindow(10_000);
  for (let body = 0; body < 50; body++) window.judge(frameOf(body), NOW_MS);
  window.sweep(NOW_MS + 5_000);
  expect(window.size).toBe(0);
  expect(window.judge(frameOf(1), NOW_MS + 5_000)).toBe("expired");
});

test("who goes on from a window's state answers as the window does, and comes to the same state", () => {
  const random = createPrng(1);
  let restored = new FrameWindow(1_000);
  const window = new FrameWindow(1_000);
  let nowMs = NOW_MS;
  for (let commit = 0; commit < 2_000; commit++) {
    nowMs += random.below(20);
    const frame = frameOf(random.below(50), nowMs - 200 + random.below(2_300));
    const verdict = window.judge(frame, nowMs);
    expect(restored.judge(frame, nowMs)).toBe(verdict);
    // At once, before anything is swept up, as a frame that stands in a commit twice.
    expect(window.judge(frame, nowMs)).toBe(verdict === "execute" ? "repeated" : verdict);
    for (const each of [window, restored]) each.sweep(nowMs);
    const [state, same] = [window, restored].map((each) => {
      const { sweptMs, frameCount, frames } = each.state;
      return { sweptMs, frameCount, frames: frames.flatMap((part) => [...part]) };
    });
    expect(same).toEqual(state);
    expect(state!.frames.every(([, expiresMs]) => expiresMs > nowMs - 250)).toBe(true);
    if (random.below(10) === 0) restored = new FrameWindow(1_000, restored.state);
  }
});

test("a mempool gives frames out once, in their order, and takes those of lost blocks back", () => {
  const mempool = new Mempool({ framesMax: 10, bytesMax: 10_000, lifetimeMsMax: 10_000 });
  const frames = [1, 2, 3].map((body) => frameOf(body));
  for (const frame of frames) expect(mempool.admit(frame, NOW_MS)).toBeUndefined();
  expect(mempool.take(2 * 13)).toEqual(frames.slice(0, 2));
  expect([mempool.waitingCount, mempool.waitingBytes]).toEqual([1, 9]);
  mempool.putBack(frames.slice(0, 1));
  mempool.remove(frames[1]!.key);
  mempool.putBack(frames.slice(1, 2));
  mempool.putBack(frames.slice(0, 1));
  expect([mempool.waitingCount, mempool.waitingBytes]).toEqual([2, 18]);
  expect(mempool.take(1_000)).toEqual([frames[2], frames[0]]);
  expect(mempool.frameCount).toBe(2);
  expect(mempool.expire(NOW_MS + 1_000)).toBe(2);
  expect([mempool.frameCount, mempool.bytes, mempool.waitingBytes]).toEqual([0, 0, 0]);
});
