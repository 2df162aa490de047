import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the benchmark still runs and finds every wrong signature", () => {
  const program = join(import.meta.dirname, "signing.bench.ts");
  const output = execFileSync(process.execPath, [program, "--smoke"], { encoding: "utf8" });
  const { perSecond } = JSON.parse(output) as { perSecond: Record<string, { median: number }> };
  expect(Object.keys(perSecond).length).toBe(9);
  expect(Object.values(perSecond).every(({ median }) => median > 0)).toBe(true);
});
