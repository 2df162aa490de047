import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the benchmark still runs and verifies what it writes", () => {
  const program = join(import.meta.dirname, "journal.bench.ts");
  const output = execFileSync(process.execPath, [program, "--smoke"], { encoding: "utf8" });
  const report = JSON.parse(output) as { journal: { mode: string; lastHash: string }[] };
  expect(report.journal.map(({ mode }) => mode)).toEqual(
    ["strict", "group", "memory"].flatMap((mode) => [mode, mode, mode]),
  );
  expect(report.journal.every(({ lastHash }) => /^[0-9a-f]{64}$/.test(lastHash))).toBe(true);
});
