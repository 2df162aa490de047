import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const FIRST_TRADE = join(import.meta.dirname, "first-trade.ts");

async function runProgram(path: string, ...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [path, ...args])).stdout;
}

/** The texts of a document's code blocks in order. */
function codeBlocks(path: string): string[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map((found) => found[1]!);
}

test("the library's README shows the first example, and what it prints", async () => {
  const [source, output] = codeBlocks(join(root, "core/engine/README.md"));
  expect(source).toBe(readFileSync(FIRST_TRADE, "utf8"));
  expect(await runProgram(FIRST_TRADE)).toBe(output);
});
