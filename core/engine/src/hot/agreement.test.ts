import { expect, test } from "vitest";
import { checkAgreement } from "../testing/agreement.ts";

// 10,000,000 commands and more are `npm run fuzz -- engine`.

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

// 2019: a guard took a market order that rested for an auction for a price.
test.each([2_019])("they agree on seed %i, on which they once differed", (seed) => {
  expect(checkAgreement(seed).commandCount).toBeGreaterThan(0);
});
