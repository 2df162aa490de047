import { expect, test } from "vitest";
import { checkOneSlot, slotScopes } from "./exhaustive-slot.ts";

test.each(slotScopes(61))(
  "one slot, profile $profile of $count, liar: $liar: no direct decision is contradicted",
  (scope) => {
    const report = checkOneSlot(scope);
    expect(report.conflicts).toEqual([]);
    expect(report.commits).toBeGreaterThan(0);
    expect(report.comparisons).toBeGreaterThanOrEqual(27);
  },
);
