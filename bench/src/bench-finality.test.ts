import { Fault } from "@rialto/base";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FINALITY_QUERIES_MAX, FinalityIndex } from "@rialto/replica";
import { expect, test, vi } from "vitest";
import { benchFinality } from "./bench-finality.ts";
import { appendHistory, readProvenance } from "./history.ts";
import { finalityMeasurement, numbersTable } from "./numbers-table.ts";

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

test.each([
  [0, "an answer is not that of the block"],
  [2, "run 1 found something else"],
])("an index that goes wrong after %i right calls is found", (rightCalls, problem) => {
  const right = Reflect.get(FinalityIndex.prototype, "findMany");
  let calls = 0;
  const wrong = vi.spyOn(FinalityIndex.prototype, "findMany").mockImplementation(function (
    this: FinalityIndex,
    count: number,
  ): void {
    // What it leaves there is what was asked before.
    if (calls++ < rightCalls) right.call(this, count);
  });
  try {
    const options = { blocks: 1_000, lookups: 2 * FINALITY_QUERIES_MAX, runs: 1, seed: 3 };
    expect(benchFinality(options)).toMatchObject({
      detail: { code: "FINALITY_MISMATCH", problem },
    });
  } finally {
    wrong.mockRestore();
  }
});

test("what is recorded is what the table of numbers shows", () => {
  const result = benchFinality({ blocks: 1_000, lookups: 2_048, runs: 1, seed: 3 });
  if (result instanceof Fault) throw result;
  const directory = mkdtempSync(join(tmpdir(), "rialto-history-"));
  try {
    appendHistory([{ ...readProvenance(new Date(0)), ...finalityMeasurement(result) }], directory);
    const row = `a finality lookup by hash, 1,000 blocks | ${result.nsPerLookupMedian.toFixed(1)} ns`;
    expect(numbersTable(directory)).toContain(row);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
