import { expect, test } from "vitest";
import { type Agreement, checkAgreement } from "../testing/agreement.ts";

// 10,000,000 commands and more are `npm run fuzz -- engine`, also with `--bounds small`.

test("oracle and hot core agree on 1,000,000 random commands", { timeout: 300_000 }, () => {
  let commandCount = 0;
  let fillCount = 0;
  for (let seed = 1; commandCount < 1_000_000; seed++) {
    const run = checkAgreement(seed);
    commandCount += run.commandCount;
    fillCount += run.fillCount;
  }
  expect(fillCount).toBeGreaterThan(200_000);
});

test(
  "they agree on 40,000 random commands that may do next to nothing each",
  { timeout: 60_000 },
  () => {
    const runs = Array.from({ length: 12 }, (_, seed) => checkAgreement(seed + 1, "small"));
    const sumOf = (key: keyof Agreement): number => runs.reduce((sum, run) => sum + run[key], 0);
    expect(sumOf("fillCount")).toBeGreaterThan(5_000);
    // Some commands took several calls, which is what these runs are for.
    expect(sumOf("commandCount")).toBeGreaterThan(40_000);
    expect(sumOf("callCount")).toBeGreaterThan(sumOf("commandCount") + 300);
  },
);

// 2019: a guard took a market order that rested for an auction for a price.
test.each([2_019])("they agree on seed %i, on which they once differed", (seed) => {
  expect(checkAgreement(seed).commandCount).toBeGreaterThan(0);
});
