import { Fault } from "@rialto/base";
import { Side } from "@rialto/protocol";
import { assert as holds, property } from "fast-check";
import { expect, test } from "vitest";
import { editedText } from "../testing/edited-text.ts";
import type { MarketSteps } from "./market-steps.ts";
import { parseOrderFile, parseOrderLine } from "./order-line.ts";

const steps: MarketSteps = { symbol: "BTCUSD", tick: 1_000_000n, lot: 1n };
const HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction";
const LINE = "65595247,1430438404518,1430438404000,236.47,200000000,created,bid";

test("a line is read in ticks and lots, exactly", () => {
  expect(parseOrderLine(LINE, 2, steps)).toEqual({
    line: 2,
    timeMs: 1_430_438_404_518,
    orderId: "65595247",
    action: "created",
    side: Side.Buy,
    priceTicks: 23_647,
    lots: 200_000_000,
  });
});

test.each([
  ["", "it has 1 fields, not 7"],
  [`${LINE},x`, "it has 8 fields, not 7"],
  [LINE.replace("65595247", "6 5"), "its id is not a number"],
  [LINE.replace("1430438404518", "noon"), "its timestamp is not in milliseconds"],
  [LINE.replace("236.47", "236.471"), "price 236.471 is not a multiple of 0.01000000"],
  [LINE.replace("236.47", "NA"), 'price "NA": NOT_A_NUMBER'],
  [LINE.replace("236.47", "0"), "its price is zero"],
  [LINE.replace("200000000", "2e+08"), "its volume is not an integer of 10^-8"],
  [LINE.replace("200000000", "-2"), "its volume is not an integer of 10^-8"],
  [LINE.replace("200000000", "999999999999999999"), "its volume 999999999999999999 is too large"],
  [LINE.replace("200000000", "0"), "an order of nothing is created"],
  [LINE.replace("created", "filled"), "its action is none of created, changed, deleted"],
  [LINE.replace("bid", "buy"), "its direction is neither bid nor ask"],
])("a line that is wrong is named with what is wrong: %s", (text, problem) => {
  const fault = parseOrderLine(text, 42, steps);
  expect(fault).toBeInstanceOf(Fault);
  expect((fault as Error).message).toBe(`line 42: ${problem}`);
});

test("a volume that the market's lot does not divide is refused", () => {
  const fault = parseOrderLine(LINE.replace("200000000", "200000001"), 2, { ...steps, lot: 10n });
  expect((fault as Error).message).toBe("line 2: its volume 200000001 is not a multiple of a lot");
});

test.each([
  [[], `line 1: the header is not "${HEADER}"`],
  [[LINE], `line 1: the header is not "${HEADER}"`],
  [[HEADER], "the file creates no order"],
  [[HEADER, LINE, LINE], "line 3: order 65595247 is created again"],
  [[HEADER, LINE, "x"], "line 3: it has 1 fields, not 7"],
])("a file is refused by the first line that is wrong", (lines, problem) => {
  const fault = parseOrderFile(lines, steps);
  expect(fault).toBeInstanceOf(Fault);
  expect((fault as Error).message).toBe(problem);
});

const FUZZ_CASES = 100_000;

test(`${FUZZ_CASES} changed lines are read soundly, or refused by their number`, () => {
  let readCount = 0;
  holds(
    property(editedText([LINE]), (line) => {
      const event = parseOrderLine(line, 7, steps);
      if (event instanceof Fault) {
        return event.detail.code === "REPLAY_LINE_INVALID" && event.detail.line === 7;
      }
      readCount++;
      const { priceTicks, lots } = event;
      const isSound = [priceTicks, lots].every(Number.isSafeInteger) && priceTicks > 0 && lots >= 0;
      return isSound && event.line === 7 && /^\d{1,20}$/.test(event.orderId);
    }),
    { seed: 1, numRuns: FUZZ_CASES },
  );
  expect(readCount).toBeGreaterThan(FUZZ_CASES / 100);
});
