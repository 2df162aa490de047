import { expect, test } from "vitest";
import { checkOneSlot, slotScopes } from "./exhaustive-slot.ts";

test.each(slotScopes(13))(
  "one slot, profile $profile of $count, liar: $liar: no direct decision is contradicted",
  (scope) => {
    const report = checkOneSlot(scope);
    expect(report.conflicts).toEqual([]);
    expect(report.commits).toBeGreaterThan(0);
    // Four histories at least that an anchor over three of four, or over two of three, can have.
    expect(report.comparisons).toBeGreaterThanOrEqual(4 * report.dags);
  },
);
