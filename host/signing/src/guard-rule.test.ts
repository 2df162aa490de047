import { expect, test } from "vitest";
import { floorBelow, isFloor, mayResume, planMark, ruleOnMark } from "./guard-rule.ts";
import { markAt } from "./testing/guard-marks.ts";

test("a mark is written above the last, held where it is the last, and else refused", () => {
  const last = markAt(1, 5);
  expect(ruleOnMark(last, markAt(1, 6))).toBe("write");
  expect(ruleOnMark(last, markAt(2, 1))).toBe("write");
  expect(ruleOnMark(last, markAt(1, 5))).toBe("held");
  for (const mark of [markAt(1, 5, 9), markAt(1, 4), markAt(0, 900)]) {
    expect(ruleOnMark(last, mark)).toBe("conflict");
  }
});

test("a guard that has forgotten is resumed: at a block's round, or above a floor", () => {
  const forgotten = { last: markAt(1, 5), isAmnesiac: true };
  expect(planMark(forgotten, markAt(1, 9))).toEqual({ resumeRound: 9, reserves: true });
  expect(planMark(forgotten, floorBelow(1, 9))).toEqual({ resumeRound: 9, reserves: false });
  expect(isFloor(floorBelow(1, 9))).toBe(true);
  expect(mayResume(forgotten.last, floorBelow(1, 6))).toBe(true);
  expect(mayResume(forgotten.last, floorBelow(1, 5))).toBe(false);
  expect(mayResume(undefined, floorBelow(0, 1))).toBe(true);
});

test("a floor raises what a guard remembers, and never lowers it", () => {
  const known = { last: markAt(1, 5), isAmnesiac: false };
  const kept = { resumeRound: undefined, reserves: false };
  expect(planMark(known, floorBelow(1, 6))).toEqual(kept);
  expect(planMark(known, floorBelow(0, 900))).toEqual(kept);
  expect(planMark(known, floorBelow(1, 7))).toEqual({ ...kept, reserves: true });
  expect(planMark(known, floorBelow(2, 1))).toEqual({ ...kept, reserves: true });
  expect(planMark(known, markAt(1, 5))).toEqual({ ...kept, reserves: true });
});
