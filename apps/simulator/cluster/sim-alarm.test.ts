import { expect, test } from "vitest";
import { Scheduler } from "./scheduler.ts";
import { SimAlarm } from "./sim-alarm.ts";

/** An alarm, the times in milliseconds at which it has rung, and a way to let time pass. `late` is of each timer, in turn. */
function openAlarm(late: number[] = []): {
  readonly alarm: SimAlarm;
  readonly rung: readonly number[];
  readonly passUntil: (ms: number) => void;
} {
  const scheduler = new Scheduler();
  const rung: number[] = [];
  const nowMs = (): number => scheduler.nowUs / 1_000;
  const lateUs = (): number => (late.shift() ?? 0) * 1_000;
  const alarm = new SimAlarm({ scheduler, nowMs, lateUs, ring: () => rung.push(nowMs()) });
  return { alarm, rung, passUntil: (ms) => scheduler.runUntil(ms * 1_000, () => false) };
}

test("of what is wanted together the earliest counts", () => {
  const { alarm, rung, passUntil } = openAlarm();
  for (const each of [250, 1, 90]) alarm.want(each);
  alarm.set();
  passUntil(500);
  expect(rung).toEqual([1]);
});

test("what is set later takes the place of what was set before, be it earlier or later; nothing new leaves it", () => {
  const { alarm, rung, passUntil } = openAlarm();
  for (const each of [1, 250]) {
    alarm.want(each);
    alarm.set();
  }
  alarm.set();
  passUntil(100);
  expect(rung).toEqual([]);
  alarm.want(110);
  alarm.set();
  passUntil(500);
  expect(rung).toEqual([110]);
  alarm.want(510);
  alarm.set();
  alarm.stop();
  passUntil(900);
  expect(rung).toEqual([110]);
});

test("a timer that is late rings late, unless it is set anew meanwhile", () => {
  const { alarm, rung, passUntil } = openAlarm([40, 0, 40]);
  alarm.want(10);
  alarm.set();
  passUntil(100);
  expect(rung).toEqual([50]);
  alarm.want(110);
  alarm.set();
  passUntil(120);
  alarm.want(130);
  alarm.set();
  passUntil(500);
  expect(rung).toEqual([50, 130]);
});
