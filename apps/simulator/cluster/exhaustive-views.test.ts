import { expect, test } from "vitest";
import { checkViews } from "./exhaustive-views.ts";

test("three members, four rounds, everything that each may have seen: nobody is contradicted", () => {
  const report = checkViews(4);
  expect(report.conflicts).toEqual([]);
  expect(report.decidedMost).toBe(3);
  expect(report.comparisons).toBeGreaterThan(report.views);
});
