import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const FIRST_TRADE = join(import.meta.dirname, "first-trade.ts");
const BACKTEST = join(import.meta.dirname, "backtest.ts");

/** Recorded order flow, beside the project and never in it. */
const ORDERS = join(root, "../shared/data/bitstamp.csv.xz");
const hasData = existsSync(ORDERS);
if (!hasData) console.warn(`SKIPPED: the backtest on real order flow, for ${ORDERS} is not there`);

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

test("the backtest makes a market in a small flow", async () => {
  const directory = mkdtempSync(join(tmpdir(), "rialto-backtest-"));
  const row = (id: number, price: string, volume: number, action: string, side: string): string =>
    `${id},${id},${id},${price},${volume},${action},${side}`;
  try {
    const path = join(directory, "flow.csv");
    const flow = [
      "id,timestamp,exchange.timestamp,price,volume,action,direction",
      row(1, "100.00", 500, "created", "bid"),
      row(2, "101.00", 40_000_000, "created", "ask"),
      ...Array.from({ length: 19 }, (_, index) => row(10 + index, "90.00", 1, "created", "bid")),
      row(2, "101.00", 30_000_000, "changed", "ask"),
      row(1, "100.00", 500, "deleted", "bid"),
      row(50, "90.00", 90_000_000, "created", "ask"), // trades with our bid at 99.99
      row(51, "101.01", 50_000_000, "created", "bid"), // with what is left at 101.00, then with our ask
    ];
    writeFileSync(path, `${flow.join("\n")}\n`);
    const output = await runProgram(BACKTEST, path);
    expect(output).toContain("25 events, ");
    expect(output).toContain("3 trades\n");
    // It has bought 0.9 at 99.99 and sold 0.2 at 101.01, the last price, a cent and a dollar above.
    expect(output).toContain("the maker: 2 fills, holds 0.7, made 0.92\n");
    expect(await runProgram(BACKTEST, path)).toBe(output);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("the backtest without a flow says how it is called", async () => {
  const stderr = expect.stringMatching(/^usage: node examples\/backtest\.ts FLOW\.csv\[\.xz\]\n$/);
  await expect(runProgram(BACKTEST)).rejects.toMatchObject({ code: 2, stderr });
});

test("the backtest says what is wrong with a flow that is not there, or is none", async () => {
  const stderr = expect.stringMatching(/^\S*nowhere\.csv cannot be replayed: ENOENT.*\n$/);
  await expect(runProgram(BACKTEST, "nowhere.csv")).rejects.toMatchObject({ code: 1, stderr });
  const packed = expect.stringMatching(/^\S*nowhere\.csv\.xz cannot be replayed: /);
  const run = runProgram(BACKTEST, "nowhere.csv.xz");
  await expect(run).rejects.toMatchObject({ code: 1, stderr: packed });
  const none = expect.stringMatching(/cannot be replayed: its first line is not id,timestamp,/);
  await expect(runProgram(BACKTEST, FIRST_TRADE)).rejects.toMatchObject({ code: 1, stderr: none });
});

test.skipIf(!hasData)("the backtest makes a market in a real flow", async () => {
  const output = await runProgram(BACKTEST, ORDERS);
  const [, trades, fills] = /(\d+) trades\nthe maker: (\d+) fills/.exec(output) ?? [];
  expect(output).toContain("50414 events, ");
  expect(Number(trades)).toBeGreaterThan(100);
  expect(Number(fills)).toBeGreaterThan(10);
});
