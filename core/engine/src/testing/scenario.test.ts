import { expect, test } from "vitest";
import { createOracle } from "../oracle/oracle.ts";
import { type HeldRow, runScenario } from "./scenario.ts";
import { SPOT } from "./suite.ts";

// The runner itself: a row that does not hold must not pass.

function run(table: string): () => readonly HeldRow[] {
  return () => runScenario(createOracle, SPOT + table);
}

const held: readonly string[] = [
  "place alice buy 7 @ 100 gtc",
  "place alice buy 7 @ 100 gtc | rests 7",
  "place alice buy 7 @ 100 ioc | ends 7 Immediate",
  "-- only a comment",
  "book bids - | asks -",
  "balance alice USD available 1_000_000_000 reserved 0",
];

test.each(held)("a row that holds passes: %s", (row) => {
  expect(run(row)).not.toThrow();
});

const broken: readonly (readonly [string, string])[] = [
  ["place alice buy 7 @ 100 gtc | rests 6", "came: [accepted alice#1] rests 7"],
  ["place alice buy 7 @ 100 ioc", "came: [accepted alice#1] rests 0, cancels alice#1 7 Immediate"],
  ["place alice buy 7 @ 100 ioc | completes", "other events were expected"],
  ["place alice buy 7 @ 100 ioc | ends 6 Immediate", "other events were expected"],
  ["place alice buy 7 @ 100 ioc | ends 7 Unfillable", "other events were expected"],
  ["place alice buy 0 @ 100 ioc | rejects Malformed", "came: rejects LotsOutOfRange"],
  ["place alice buy 0 @ 100 ioc | rejects LotsOutOfRange bob", "other events were expected"],
  ["place alice buy 0 @ 100 ioc | rests 0", "other events were expected"],
  ["place alice buy 1 @ 100 gtc | fills 1 @ 100", "other events were expected"],
  ["place alice buy 1 @ 100 gtc later", 'not understood: "later"'],
  ["place alice buy 1 @ 100", "the row ends too early"],
  ["place alice purchase 1 @ 100 gtc", "not a number: purchase"],
  ["place alice buy 1 @ 100 gtc | trades 1", "no such phrase: trades"],
  ["place alice buy 1 @ 100 ioc | ends 1 Sometime", "no such reason: Sometime"],
  ["place alice buy 1 @ 100 ioc | rejects Nonsense", "no such code: Nonsense"],
  ["cancel alice 1:1", "this row has to say what comes of it"],
  ["sing alice", "no such row: sing"],
  ["book bids 1 @ 100 | asks -", "it is bids - | asks -, not bids 1 @ 100 | asks -"],
  ["balance alice USD available 5 reserved 0", "it is available 1000000000 reserved 0"],
  ["balance alice USD none", "not none"],
  ["order 1:1 | open buy 1 @ 100", "it is gone"],
  ["last 7 trades 0", "it is 1000 trades 0, not 7 trades 0"],
  ["counts orders 1", "it is orders 0, not orders 1"],
  ["fees USD 1", "it is 0, not 1"],
  ["market BTC/USD colour 5", "a market has no colour"],
];

test.each(broken)("a row that does not hold fails: %s", (row, message) => {
  expect(run(row)).toThrow(message);
});

const TRADE = `
  place alice sell 2 @ 100 gtc
  place carol sell 2 @ 100 gtc
`;

const brokenTrades: readonly string[] = [
  "place bob buy 3 @ 100 gtc | fills 2 @ 100 alice#1",
  "place bob buy 3 @ 100 gtc | fills 2 @ 100 carol#1, fills 1 @ 100 alice#1",
  "place bob buy 3 @ 100 gtc | fills 3 @ 100",
  "place bob buy 3 @ 100 gtc | fills 2 @ 101, fills 1 @ 100",
  "place bob buy 3 @ 100 gtc | fills 2 @ 100 taker fee 1, fills 1 @ 100",
  "place bob buy 3 @ 100 gtc | fills 2 @ 100, fills 1 @ 100, rests 1",
];

test.each(brokenTrades)("fills are compared in full: %s", (row) => {
  expect(run(TRADE + row)).toThrow("other events were expected");
});

test("a failure shows the table with the row that did not hold", () => {
  expect(run("place alice buy 1 @ 100 gtc\nbook bids - | asks -")).toThrow(
    /line 15: it is bids 1 @ 100 \| asks -[^]*\n> book bids - \| asks -/,
  );
});

test("limits are read from the first row, and none that do not exist", () => {
  const table = "limits assets 1\nasset BTC\nasset USD | rejects AssetsFull";
  const [first, second] = runScenario(createOracle, table);
  expect([first?.line, second?.line]).toEqual(table.split("\n").slice(1));
  expect(second?.stateHash).toMatch(/^[0-9a-f]{64}$/);
  expect(second?.stateHash).not.toBe(first?.stateHash);
  expect(() => runScenario(createOracle, "limits colours 1")).toThrow("unknown limits: colours");
});
