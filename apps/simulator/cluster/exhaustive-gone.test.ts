import { expect, test } from "vitest";
import { checkGoneMembers, GONE_SCOPES } from "./exhaustive-gone.ts";

test.each(GONE_SCOPES)(
  "profile $profile of $count, weights to $weightMax: whoever is a quorum goes on deciding",
  (scope) => {
    const report = checkGoneMembers(scope);
    expect(report.standstills).toEqual([]);
    expect(report.committees).toBe(2 * scope.weightMax ** scope.count);
    expect(report.cases).toBeGreaterThan(report.committees);
  },
);
