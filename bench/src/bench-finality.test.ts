import { Fault } from "@rialto/base";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
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
