import { type MarketSteps, parseLots, parseTicks } from "./market-steps.ts";
import { lineFault, type ReplayFault } from "./replay-fault.ts";

// One line of a recorded spot capture: "<local ns> {json}", the JSON a message of the venue's native streams
// or its one answer to a REST request for the book.

/** A price, and all that waits at it: 0 lots for none. */
export interface CapturedLevel {
  readonly priceTicks: number;
  readonly lots: number;
}

/** A change of the book, from update `firstUpdate` to update `lastUpdate`. */
export interface CapturedDepth {
  readonly kind: "depth";
  readonly line: number;
  readonly firstUpdate: number;
  readonly lastUpdate: number;
  readonly bids: readonly CapturedLevel[];
  readonly asks: readonly CapturedLevel[];
}
export interface CapturedSnapshot {
  readonly kind: "snapshot";
  readonly line: number;
  readonly lastUpdate: number;
  readonly bids: readonly CapturedLevel[];
  readonly asks: readonly CapturedLevel[];
}
export interface CapturedTrade {
  readonly kind: "trade";
  readonly line: number;
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly lots: number;
  /** The buyer's order rested: the taker has sold. */
  readonly isBuyerMaker: boolean;
}
/** The best prices after an update. */
export interface CapturedTicker {
  readonly kind: "ticker";
  readonly line: number;
  readonly update: number;
  readonly bid: CapturedLevel;
  readonly ask: CapturedLevel;
}
export type CapturedEvent = CapturedDepth | CapturedSnapshot | CapturedTrade | CapturedTicker;

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with a line, on its way out of the functions below. */
class Problem extends Error {}

/** Limit: levels of one side in one message. */
const LEVELS_MAX = 100_000;

/**
 * Reads one line of a capture.
 *
 * Units    `line` counts from 1 and is in every fault.
 * Errors   REPLAY_LINE_INVALID, returned.
 */
export function parseCaptureLine(
  text: string,
  line: number,
  steps: MarketSteps,
): CapturedEvent | ReplayFault {
  const match = /^\d{1,20} (\{.*)$/.exec(text);
  if (match === null) return lineFault(line, "it is not a time and a JSON object");
  let message: Fields;
  try {
    message = JSON.parse(match[1]!) as Fields;
  } catch (error) {
    return lineFault(line, `it is not JSON: ${(error as Error).message}`);
  }
  try {
    return readMessage(message, line, steps);
  } catch (error) {
    if (error instanceof Problem) return lineFault(line, error.message);
    throw error;
  }
}

function readMessage(message: Fields, line: number, steps: MarketSteps): CapturedEvent {
  if ("lastUpdateId" in message) {
    return {
      kind: "snapshot",
      line,
      lastUpdate: integer(message, "lastUpdateId"),
      bids: levels(message, "bids", steps),
      asks: levels(message, "asks", steps),
    };
  }
  const data = message["data"];
  if (typeof data !== "object" || data === null) throw new Problem("it has no data");
  return readStream(String(message["stream"]), data as Fields, line, steps);
}

function readStream(name: string, data: Fields, line: number, steps: MarketSteps): CapturedEvent {
  const [symbol, stream] = name.split("@");
  if (symbol !== steps.symbol.toLowerCase()) throw new Problem(`"${name}" is of another market`);
  switch (stream) {
    case "depth":
      return {
        kind: "depth",
        line,
        firstUpdate: integer(data, "U"),
        lastUpdate: integer(data, "u"),
        bids: levels(data, "b", steps),
        asks: levels(data, "a", steps),
      };
    case "trade":
      if (typeof data["m"] !== "boolean") throw new Problem("m is neither true nor false");
      return {
        kind: "trade",
        line,
        tradeId: integer(data, "t"),
        ...level([data["p"], data["q"]], steps),
        isBuyerMaker: data["m"],
      };
    case "bookTicker":
      return {
        kind: "ticker",
        line,
        update: integer(data, "u"),
        bid: level([data["b"], data["B"]], steps),
        ask: level([data["a"], data["A"]], steps),
      };
    default:
      throw new Problem(`"${name}" is a stream that a replay has no use for`);
  }
}

function integer(fields: Fields, name: string): number {
  const value = fields[name];
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new Problem(`${name} is not an integer`);
}

function levels(fields: Fields, name: string, steps: MarketSteps): CapturedLevel[] {
  const list = fields[name];
  if (!Array.isArray(list)) throw new Problem(`${name} is not a list`);
  if (list.length > LEVELS_MAX) throw new Problem(`${name} has over ${LEVELS_MAX} levels`);
  return list.map((pair: unknown) => level(pair, steps));
}

function level(pair: unknown, steps: MarketSteps): CapturedLevel {
  if (!Array.isArray(pair) || pair.length !== 2)
    throw new Problem("a level is not [price, quantity]");
  const priceTicks = parseTicks(pair[0], steps);
  const lots = parseLots(pair[1], steps);
  if (typeof priceTicks === "string") throw new Problem(priceTicks);
  if (typeof lots === "string") throw new Problem(lots);
  if (priceTicks === 0) throw new Problem("a price is zero");
  return { priceTicks, lots };
}
