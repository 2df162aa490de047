import { Fault } from "@rialto/base";
import { expect, test } from "vitest";
import { benchFinality } from "./bench-finality.ts";

test.each([1, 1_000, 5_000])(
  "lookups in %i blocks are verified, and the same each time",
  (blocks) => {
    const options = { blocks, lookups: 4_096, runs: 2, seed: 3 };
    const [first, again] = [benchFinality(options), benchFinality(options)];
    if (first instanceof Fault || again instanceof Fault) throw new Error("no answer is wrong");
    expect(first.answersHash).toBe(again.answersHash);
    expect(first.hits).toBeGreaterThan(1_500);
    expect(first.hits).toBeLessThan(2_600);
    expect(first.ratioToPlainRead).toBeGreaterThan(0);
  },
);
