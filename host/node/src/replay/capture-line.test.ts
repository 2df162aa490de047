import { Fault } from "@rialto/base";
import { assert as holds, property } from "fast-check";
import { expect, test } from "vitest";
import { editedText } from "../testing/edited-text.ts";
import { type CapturedEvent, parseCaptureLine } from "./capture-line.ts";
import type { MarketSteps } from "./market-steps.ts";

const steps: MarketSteps = { symbol: "BTCUSDT", tick: 1_000_000n, lot: 1_000n };

const DEPTH =
  '1723161254 {"stream":"btcusdt@depth@100ms","data":{"U":7,"u":9,"b":[["100.01","0.5"]],"a":[["101.00000000","0"]]}}';
const TRADE =
  '1723161254 {"stream":"btcusdt@trade","data":{"t":3,"p":"100.01","q":"0.29","m":true}}';
const TICKER =
  '1723161254 {"stream":"btcusdt@bookTicker","data":{"u":9,"b":"100.01","B":"0.5","a":"100.02","A":"0.00001"}}';
const SNAPSHOT = '1723161254 {"lastUpdateId":6,"bids":[["100.00","1"]],"asks":[]}';

test("each kind of line is read in ticks and lots, exactly", () => {
  expect(parseCaptureLine(DEPTH, 1, steps)).toEqual({
    kind: "depth",
    line: 1,
    firstUpdate: 7,
    lastUpdate: 9,
    bids: [{ priceTicks: 10_001, lots: 50_000 }],
    asks: [{ priceTicks: 10_100, lots: 0 }],
  });
  expect(parseCaptureLine(TRADE, 2, steps)).toEqual({
    kind: "trade",
    line: 2,
    tradeId: 3,
    priceTicks: 10_001,
    lots: 29_000,
    isBuyerMaker: true,
  });
  expect(parseCaptureLine(TICKER, 3, steps)).toEqual({
    kind: "ticker",
    line: 3,
    update: 9,
    bid: { priceTicks: 10_001, lots: 50_000 },
    ask: { priceTicks: 10_002, lots: 1 },
  });
  expect(parseCaptureLine(SNAPSHOT, 4, steps)).toEqual({
    kind: "snapshot",
    line: 4,
    lastUpdate: 6,
    bids: [{ priceTicks: 10_000, lots: 100_000 }],
    asks: [],
  });
});

test.each([
  ["", "it is not a time and a JSON object"],
  ["{}", "it is not a time and a JSON object"],
  ["17 [1]", "it is not a time and a JSON object"],
  ["17 {", "it is not JSON"],
  ["17 {}", "it has no data"],
  ['17 {"stream":"btcusdt@trade","data":null}', "it has no data"],
  ['17 {"stream":"ethusdt@trade","data":{}}', '"ethusdt@trade" is of another market'],
  ['17 {"stream":"btcusdt@kline_1m","data":{}}', "is a stream that a replay has no use for"],
  [TRADE.replace("true", '"yes"'), "m is neither true nor false"],
  [TRADE.replace('"t":3', '"t":-3'), "t is not an integer"],
  [TRADE.replace("100.01", "100.001"), "price 100.001 is not a multiple of 0.01000000"],
  [TRADE.replace("100.01", "0"), "a price is zero"],
  [TRADE.replace("0.29", "0.000001"), "quantity 0.000001 is not a multiple of 0.00001000"],
  [TRADE.replace("0.29", "-0.29"), 'quantity "-0.29": NEGATIVE'],
  [TRADE.replace('"0.29"', "0.29"), "a quantity is not text"],
  [DEPTH.replace('"U":7', '"U":"7"'), "U is not an integer"],
  [DEPTH.replace('[["100.01","0.5"]]', "{}"), "b is not a list"],
  [DEPTH.replace('["100.01","0.5"]', '["100.01"]'), "a level is not [price, quantity]"],
  [SNAPSHOT.replace("[]", "null"), "asks is not a list"],
])("a line that is wrong is named with what is wrong: %s", (text, problem) => {
  const fault = parseCaptureLine(text, 42, steps);
  expect(fault).toBeInstanceOf(Fault);
  const { detail, message } = fault as Fault<{ readonly code: string; readonly line: number }>;
  expect(detail).toMatchObject({ code: "REPLAY_LINE_INVALID", line: 42 });
  expect(message).toContain(problem);
  expect(message).toContain("line 42");
});

const FUZZ_CASES = 100_000;

const isAmount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isLevel = (each: { readonly priceTicks: number; readonly lots: number }): boolean =>
  isAmount(each.lots) && isAmount(each.priceTicks) && each.priceTicks > 0;

/** True if every number of the event is one that the planner may count with. */
function isSound(event: CapturedEvent): boolean {
  switch (event.kind) {
    case "depth":
      return [...event.bids, ...event.asks].every(isLevel) && isAmount(event.firstUpdate);
    case "snapshot":
      return [...event.bids, ...event.asks].every(isLevel) && isAmount(event.lastUpdate);
    case "trade":
      return isLevel(event) && isAmount(event.tradeId);
    case "ticker":
      return isLevel(event.bid) && isLevel(event.ask) && isAmount(event.update);
  }
}

test(`${FUZZ_CASES} changed lines are read soundly, or refused by their number`, () => {
  let readCount = 0;
  holds(
    property(editedText([DEPTH, TRADE, TICKER, SNAPSHOT]), (line) => {
      const event = parseCaptureLine(line, 7, steps);
      if (event instanceof Fault) {
        return event.detail.code === "REPLAY_LINE_INVALID" && event.detail.line === 7;
      }
      readCount++;
      return event.line === 7 && isSound(event);
    }),
    { seed: 1, numRuns: FUZZ_CASES },
  );
  expect(readCount).toBeGreaterThan(FUZZ_CASES / 100);
});
