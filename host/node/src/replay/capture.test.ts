import { Fault } from "@rialto/base";
import { expect, test } from "vitest";
import type { CapturedEvent } from "./capture-line.ts";
import { assembleCapture, type Capture, findTicker } from "./capture.ts";

const none = { bids: [], asks: [] } as const;

/** Events as words: "d7-9" a change, "s6" the snapshot, "t3" a trade, "b9" a ticker; numbered as lines. */
function events(words: string): CapturedEvent[] {
  return words.split(" ").map((word, index): CapturedEvent => {
    const line = index + 1;
    const [first = 0, last = 0] = word.slice(1).split("-").map(Number);
    switch (word[0]) {
      case "d":
        return { kind: "depth", line, firstUpdate: first, lastUpdate: last, ...none };
      case "s":
        return { kind: "snapshot", line, lastUpdate: first, ...none };
      case "t":
        return { kind: "trade", line, tradeId: first, priceTicks: 1, lots: 1, isBuyerMaker: true };
      default: {
        const level = { priceTicks: 1, lots: 1 };
        return { kind: "ticker", line, update: first, bid: level, ask: level };
      }
    }
  });
}

function assembled(words: string): Capture {
  const capture = assembleCapture(events(words));
  if (capture instanceof Fault) throw capture;
  return capture;
}

function problemOf(words: string): string {
  const capture = assembleCapture(events(words));
  return capture instanceof Fault ? capture.message : "none";
}

test("the book opens with the snapshot and with what had changed since when it arrived", () => {
  const capture = assembled("d1-3 d4-6 t1 d7-9 s8 t2 d10-10 d11-15");
  expect(capture.opening).toMatchObject({ line: 5, update: 9 });
  expect(capture.opening.changes).toHaveLength(2);
  expect(capture.flow.map((event) => event.line)).toEqual([6, 7, 8]);
  expect(capture.earlyTrades).toBe(1);
});

test("changes that the snapshot contains are dropped wherever they stand", () => {
  const capture = assembled("d1-3 s8 d4-6 d7-9 d10-10");
  expect(capture.opening.update).toBe(8);
  expect(capture.flow.map((event) => event.line)).toEqual([4, 5]);
});

test.each([
  ["d1-3 d4-6", "the capture has no snapshot of the book"],
  ["s8 d10-11", "line 2: update 9 is missing before it"],
  ["s8 d9-11 d13-14", "line 3: update 12 is missing before it"],
  ["s8 d9-11 d11-14", "line 3: update 12 is missing before it"],
  ["s8 d9-11 s11", "line 3: it is a second snapshot"],
  ["t1 s8 t3", "line 3: trade 3 does not follow 1"],
])("a gap is found: %s", (words, problem) => {
  expect(problemOf(words)).toBe(problem);
});

test("a state's best prices are those of the greatest update up to it", () => {
  const capture = assembled("s8 b12 b9 b20");
  const found = [8, 9, 11, 12, 19, 20, 99].map((update) => findTicker(capture, update)?.update);
  expect(found).toEqual([undefined, 9, 9, 12, 12, 20, 20]);
});
