import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  appendHistory,
  performanceTables,
  readProvenance,
  SIGNATURE_METRICS,
  type SignatureMetric,
} from "@rialto/bench";
import { expect, test } from "vitest";
import { benchSignatures, signatureMeasurements } from "./bench-signatures.ts";

const SMALL = { signers: 2, signatures: 128, runs: 2 };

test("every way is timed, verifies the same, and is recorded as the table of numbers shows it", async () => {
  const [first, again] = [await benchSignatures(SMALL), await benchSignatures(SMALL)];
  expect(first.answersHash).toBe(again.answersHash);
  expect(first.times.map(({ metric }) => metric)).toEqual(Object.keys(SIGNATURE_METRICS));
  expect(first.times.every(({ usMedian }) => usMedian > 0)).toBe(true);
  const ratio = (metric: SignatureMetric): number =>
    first.times.find((time) => time.metric === metric)!.ratioToNode;
  expect(ratio("verify-node")).toBe(1);
  const directory = mkdtempSync(join(tmpdir(), "rialto-history-"));
  try {
    const provenance = readProvenance(new Date(0));
    appendHistory(
      signatureMeasurements(first).map((measurement) => ({ ...provenance, ...measurement })),
      directory,
    );
    const table = performanceTables(directory);
    for (const { metric, usMedian } of first.times) {
      expect(table).toContain(`${SIGNATURE_METRICS[metric]} | ${usMedian.toFixed(1)} us`);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
