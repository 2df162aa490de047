import { expect, test } from "vitest";
import { FinalityClock } from "./finality-clock.ts";

const LATE_MS = 60_000;
const TAIL_MS = 10;
const WAIT_MS = 60_000;

test("frames whose certificate has not come when a phase ends are the slowest: they are waited for", async () => {
  const clock = new FinalityClock();
  const nowMs = performance.now();
  for (let commit = 1; commit < 100; commit++) clock.noteDone(commit, nowMs - TAIL_MS);
  clock.noteCertified(99);
  clock.noteDone(100, nowMs - LATE_MS);
  clock.noteDone(101, nowMs);
  const ending = clock.endPhase(TAIL_MS, WAIT_MS);
  clock.noteCertified(100);
  await ending;
  const { certified, open } = clock.take();
  expect(open).toBe(0);
  expect(certified!.p50).toBeLessThan(LATE_MS);
  expect(certified!.p999).toBeGreaterThanOrEqual(LATE_MS);
});

test("frames of the last moment of a phase are left out, certified or not", async () => {
  const clock = new FinalityClock();
  const nowMs = performance.now();
  clock.noteDone(1, nowMs - LATE_MS);
  clock.noteDone(2, nowMs);
  clock.noteDone(3, nowMs);
  clock.noteCertified(2);
  await clock.endPhase(TAIL_MS, WAIT_MS);
  const { certified, open } = clock.take();
  expect(open).toBe(0);
  expect(certified!.p50).toBeGreaterThanOrEqual(LATE_MS);
});

test("a frame that is never certified is counted, and the next phase begins anew", async () => {
  const clock = new FinalityClock();
  const nowMs = performance.now();
  clock.noteDone(1, nowMs);
  clock.noteDone(2, nowMs);
  clock.noteCertified(1);
  await clock.endPhase(0, 1);
  expect(clock.take()).toMatchObject({ open: 1, certified: { p50: expect.any(Number) } });
  clock.noteCertified(2);
  expect(clock.take()).toEqual({ open: 0, certified: undefined });
});
