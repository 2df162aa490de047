import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Alarm } from "./alarm.ts";

const LATE_MS = 250;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An alarm, and the times at which it has rung. */
function openAlarm(): { readonly alarm: Alarm; readonly rung: readonly number[] } {
  const startMs = Date.now();
  const rung: number[] = [];
  const nowMs = (): number => Date.now() - startMs;
  return { alarm: new Alarm(nowMs, () => rung.push(nowMs())), rung };
}

test("of what is wanted together the earliest counts, in whatever order it comes", () => {
  for (const times of [
    [1, LATE_MS],
    [LATE_MS, 1],
  ]) {
    const { alarm, rung } = openAlarm();
    for (const each of times) alarm.want(each);
    alarm.set();
    vi.advanceTimersByTime(2 * LATE_MS);
    expect(rung).toEqual([1]);
  }
});

test("what is set later takes the place of what was set before; nothing new leaves it", () => {
  const { alarm, rung } = openAlarm();
  alarm.want(1);
  alarm.set();
  alarm.want(LATE_MS);
  alarm.set();
  alarm.set();
  vi.advanceTimersByTime(2 * LATE_MS);
  expect(rung).toEqual([LATE_MS]);
  alarm.want(LATE_MS);
  alarm.set();
  alarm.stop();
  vi.advanceTimersByTime(2 * LATE_MS);
  expect(rung).toEqual([LATE_MS]);
});
