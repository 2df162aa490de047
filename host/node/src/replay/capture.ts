import { Fault } from "@rialto/base";
import {
  type CapturedDepth,
  type CapturedEvent,
  type CapturedTicker,
  type CapturedTrade,
  parseCaptureLine,
} from "./capture-line.ts";
import type { MarketSteps } from "./market-steps.ts";
import { incompleteFault, lineFault, type ReplayFault } from "./replay-fault.ts";

/** The book that a capture begins with: its snapshot, and what had changed since when it arrived. */
export interface OpeningBook {
  readonly line: number;
  /** The last update that is in it. */
  readonly update: number;
  readonly changes: readonly Pick<CapturedDepth, "bids" | "asks">[];
}

/** A recorded capture, found gapless. */
export interface Capture {
  readonly opening: OpeningBook;
  /** Changes of the book and trades after the opening, in the order of the file. */
  readonly flow: readonly (CapturedDepth | CapturedTrade)[];
  /** In order of their updates. */
  readonly tickers: readonly CapturedTicker[];
  /** Trades before there was a book. */
  readonly earlyTrades: number;
}

/** Reads a capture from its lines. Errors: REPLAY_LINE_INVALID, REPLAY_FILE_INCOMPLETE, returned. */
export function parseCapture(lines: readonly string[], steps: MarketSteps): Capture | ReplayFault {
  const events: CapturedEvent[] = [];
  for (const [index, text] of lines.entries()) {
    const event = parseCaptureLine(text, index + 1, steps);
    if (event instanceof Fault) return event;
    events.push(event);
  }
  return assembleCapture(events);
}

/**
 * Finds where the book opens and checks that nothing is missing after.
 *
 * Source   the venue's rule for a local book: drop changes up to the snapshot's update; the first one kept
 *          spans the update after it; each next one begins where the last has ended.
 */
export function assembleCapture(events: readonly CapturedEvent[]): Capture | ReplayFault {
  const snapshot = events.find((event) => event.kind === "snapshot");
  if (snapshot === undefined) return incompleteFault("the capture has no snapshot of the book");
  const buffered: CapturedDepth[] = [];
  const flow: (CapturedDepth | CapturedTrade)[] = [];
  const tickers: CapturedTicker[] = [];
  let update = snapshot.lastUpdate;
  let tradeId: number | undefined;
  let earlyTrades = 0;
  let isFirst = true;
  for (const event of events) {
    const isEarly = event.line < snapshot.line;
    switch (event.kind) {
      case "ticker":
        tickers.push(event);
        break;
      case "snapshot":
        if (event !== snapshot) return lineFault(event.line, "it is a second snapshot");
        break;
      case "trade":
        if (tradeId !== undefined && event.tradeId !== tradeId + 1) {
          return lineFault(event.line, `trade ${event.tradeId} does not follow ${tradeId}`);
        }
        tradeId = event.tradeId;
        if (isEarly) earlyTrades++;
        else flow.push(event);
        break;
      case "depth": {
        if (isFirst && event.lastUpdate <= update) break;
        const isNext = isFirst ? event.firstUpdate <= update + 1 : event.firstUpdate === update + 1;
        if (!isNext) return lineFault(event.line, `update ${update + 1} is missing before it`);
        isFirst = false;
        update = event.lastUpdate;
        (isEarly ? buffered : flow).push(event);
        break;
      }
    }
  }
  tickers.sort((left, right) => left.update - right.update || left.line - right.line);
  const opening = {
    line: snapshot.line,
    update: buffered.at(-1)?.lastUpdate ?? snapshot.lastUpdate,
    changes: [snapshot, ...buffered],
  };
  return { opening, flow, tickers, earlyTrades };
}

/** The venue's best prices when its book stood at `update`: the ticker of the greatest update up to it. */
export function findTicker(capture: Capture, update: number): CapturedTicker | undefined {
  const { tickers } = capture;
  let low = 0;
  let high = tickers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (tickers[middle]!.update <= update) low = middle + 1;
    else high = middle;
  }
  return tickers[low - 1];
}
