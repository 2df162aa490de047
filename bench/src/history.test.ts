import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "@rialto/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendHistory, type HistoryEntry, readHistory, readProvenance } from "./history.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rialto-history-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function createEntry(value: number): HistoryEntry {
  return {
    durability: null,
    stateHash: "20407d6cb5c7dda8",
    ratio: 1.5,
    spread: 0.02,
    value,
    unit: "ns",
    metric: "nsPerCommandMedian",
    scenario: "engine-p1",
    ...readProvenance(new Date(0)),
  };
}

test("entries are appended and read back in order", () => {
  expect(readHistory("engine-p1", directory)).toEqual([]);
  appendHistory([createEntry(1)], directory);
  appendHistory([createEntry(2), { ...createEntry(3), scenario: "engine-p2" }], directory);
  expect(readHistory("engine-p1", directory)).toEqual([createEntry(1), createEntry(2)]);
  expect(readHistory("engine-p2", directory)).toHaveLength(1);
});

test("a line holds the published fields in their order", () => {
  appendHistory([createEntry(1)], directory);
  const line = readFileSync(join(directory, "engine-p1.jsonl"), "utf8");
  expect(line.endsWith("}\n")).toBe(true);
  expect(Object.keys(JSON.parse(line) as object).join(" ")).toBe(
    "commit date cpu node scenario metric unit value spread ratio stateHash durability",
  );
});

test("provenance names the commit, the processor and the node", () => {
  const provenance = readProvenance(new Date(0));
  expect(provenance.date).toBe("1970-01-01T00:00:00.000Z");
  expect(provenance.node).toBe(process.version);
  expect(provenance.commit).toMatch(/^([0-9a-f]{12}\+?|unknown)$/);
  expect(provenance.cpu.length).toBeGreaterThan(0);
});

test.each(["", "{", "null", "{}", JSON.stringify({ ...createEntry(1), value: "1" })])(
  "a line that is no entry is a fault: %j",
  (line) => {
    appendHistory([createEntry(1)], directory);
    appendFileSync(join(directory, "engine-p1.jsonl"), `${line}\n`);
    const read = readHistory("engine-p1", directory);
    expect(read).toBeInstanceOf(Fault);
    expect(read).toMatchObject({ detail: { code: "HISTORY_LINE", line: 2 } });
  },
);

test("a scenario cannot name a file elsewhere, nor a measurement be no number", () => {
  expect(() => readHistory("../secret", directory)).toThrow("a scenario is");
  expect(() => appendHistory([createEntry(Number.NaN)], directory)).toThrow("finite number");
});
