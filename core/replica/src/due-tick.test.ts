import { expect, test } from "vitest";
import { DueTick } from "./due-tick.ts";

test("a tick waits until all is read, and is given once", () => {
  const tick = new DueTick();
  expect(tick.take(0, true)).toBe(false);
  tick.ring(5);
  expect([tick.isDue, tick.take(6, false), tick.isDue]).toEqual([true, false, true]);
  expect([tick.take(7, true), tick.isDue, tick.take(8, true)]).toEqual([true, false, false]);
});

test("where never all is read a tick comes all the same, however often the alarm rings meanwhile", () => {
  const tick = new DueTick();
  const given: number[] = [];
  for (let nowMs = 0; nowMs <= 150; nowMs++) {
    if (given.length === 0) tick.ring(nowMs);
    if (tick.take(nowMs, false)) given.push(nowMs);
  }
  expect(given).toEqual([101]);
});
