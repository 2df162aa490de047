import { expect, test } from "vitest";
import { HELD_ROWS_MAX, rowsBefore, windowOf } from "./row-window.ts";

const TABLE = { count: 1_000, rowPx: 20, scrollPx: 0, heightPx: 200, held: [] };

test.each([
  ["at the top", {}, { from: 0, to: 22 }],
  ["within", { scrollPx: 4_010 }, { from: 189, to: 222 }],
  ["at the end", { scrollPx: 19_800 }, { from: 978, to: 1_000 }],
  ["scrolled beyond what is left", { scrollPx: 19_800, count: 30 }, { from: 8, to: 30 }],
  ["of few rows", { count: 3 }, { from: 0, to: 3 }],
  ["of none", { count: 0 }, { from: 0, to: 0 }],
  ["that has no height yet", { heightPx: 0 }, { from: 0, to: 2 }],
  ["with a row held above", { scrollPx: 4_000, held: [150] }, { from: 150, to: 222 }],
  ["with rows held below", { scrollPx: 4_000, held: [250, 260] }, { from: 189, to: 261 }],
  [
    "with one held too far away",
    { scrollPx: 4_000, held: [200 + HELD_ROWS_MAX + 1] },
    { from: 189, to: 222 },
  ],
])("draws what is in sight of a table %s, and a screen around it", (_, changes, expected) => {
  expect(windowOf({ ...TABLE, ...changes })).toEqual(expected);
});

test.each([
  ["that come first", ["b", "c"], ["x", "y", "a", "b", "c"], 2],
  ["that go", ["b", "c"], ["b", "c"], -1],
  ["that come last", ["b", "c"], ["a", "b", "c", "x"], 0],
  ["that come with the first in sight gone", ["b", "c"], ["x", "a", "c"], 0],
  ["in whose place others are", ["b", "c"], ["x", "y"], 0],
])("counts rows %s", (_, _seen, after, expected) => {
  expect(rowsBefore(["a", "b", "c", "d"], after, 1, 2)).toBe(expected);
});
