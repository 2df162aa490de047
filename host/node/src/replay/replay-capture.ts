import { type CapturedTrade } from "./capture-line.ts";
import { CapturePlanner } from "./capture-planner.ts";
import { type Capture, findTicker } from "./capture.ts";
import { lotsText, type MarketSteps, ticksText } from "./market-steps.ts";
import type { ReplayCommand, ReplayOrder } from "./replay-command.ts";
import type { ReplayDesk } from "./replay-desk.ts";
import { answerFault, checkWanted, incompleteFault } from "./replay-fault.ts";

// Replays a recorded capture through a node's public interface and compares, after every change of the
// recorded book, the node's best prices with those that the venue published.

/** The first state in which the node's best prices were not the venue's. */
export interface StateDifference {
  readonly line: number;
  /** The venue's number of the book's last update. */
  readonly update: number;
  readonly expected: string;
  readonly found: string;
}

export interface CaptureReplay {
  /** The book at the beginning and after each change since, where the venue published its best prices. */
  readonly isOpeningEqual: boolean;
  readonly states: number;
  readonly statesEqual: number;
  readonly firstDifference: StateDifference | null;
  readonly trades: number;
  /** Trades of the file from before there was a book. */
  readonly earlyTrades: number;
  readonly commands: number;
  readonly seconds: number;
  readonly commandsPerSecond: number;
}

export interface CaptureReplayOptions {
  readonly capture: Capture;
  readonly desk: ReplayDesk;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

const STATES_PER_PROGRESS = 50;

/**
 * Replays a capture.
 *
 * Effects  places, cancels and trades orders of the desk's two accounts.
 * Errors   REPLAY_ANSWER_UNEXPECTED where the node refuses a command or a trade is not the venue's;
 *          REPLAY_FILE_INCOMPLETE for a capture without a state to compare; `NetworkError`.
 */
export async function replayCapture(options: CaptureReplayOptions): Promise<CaptureReplay> {
  const { capture, desk, progress, signal } = options;
  const planner = new CapturePlanner();
  const comparison = new StateComparison(capture, desk);
  const { opening } = capture;
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1_000;
  await makeAll(desk, opening.line, planner.open(opening));
  await comparison.check(opening.line, opening.update);
  await desk.drained();
  const isOpeningEqual = comparison.equal === comparison.checked;
  const openingStates = comparison.checked;
  const changes = capture.flow.filter((event) => event.kind === "depth").length;
  let trades = 0;
  for (const event of capture.flow) {
    checkWanted(signal);
    if (event.kind === "trade") {
      await makeTrade(desk, planner, event);
      trades++;
      continue;
    }
    await makeAll(desk, event.line, planner.depth(event));
    await comparison.check(event.line, event.lastUpdate);
    if (comparison.checked % STATES_PER_PROGRESS === 0) {
      const speed = Math.round(desk.commandCount / seconds());
      progress(
        `state ${comparison.checked} of ${changes}: ${desk.commandCount} commands, ${speed}/s`,
      );
    }
  }
  await desk.drained();
  progress("");
  const took = seconds();
  const states = comparison.checked - openingStates;
  if (states === 0) throw incompleteFault("the capture has no state to compare");
  return {
    isOpeningEqual,
    states,
    statesEqual: comparison.equal - (isOpeningEqual ? openingStates : 0),
    firstDifference: comparison.firstDifference,
    trades,
    earlyTrades: capture.earlyTrades,
    commands: desk.commandCount,
    seconds: took,
    commandsPerSecond: Math.round(desk.commandCount / took),
  };
}

async function makeAll(
  desk: ReplayDesk,
  line: number,
  commands: readonly ReplayCommand[],
): Promise<void> {
  for (const command of commands) await desk.send({ line, account: "first", command });
}

async function makeTrade(
  desk: ReplayDesk,
  planner: CapturePlanner,
  trade: CapturedTrade,
): Promise<void> {
  const { line } = trade;
  const { room, taker } = planner.trade(trade);
  await makeAll(desk, line, room);
  await desk.send({
    line,
    account: "second",
    command: { kind: "place", order: taker },
    onAnswer: (result) => checkTrade(line, taker, result, desk.steps),
  });
}

interface TakerAnswer {
  readonly status: string;
  readonly executedQty: string;
  readonly fills: readonly { readonly price: string }[];
}

/** A taker has traded exactly the venue's quantity at exactly the venue's price. */
function checkTrade(line: number, taker: ReplayOrder, result: unknown, steps: MarketSteps): void {
  const { status, executedQty, fills } = result as TakerAnswer;
  const price = ticksText(taker.priceTicks, steps);
  const quantity = lotsText(taker.lots, steps);
  const prices = new Set(fills.map((fill) => fill.price));
  if (status === "FILLED" && executedQty === quantity && prices.size === 1 && prices.has(price)) {
    return;
  }
  const found = `${status}: ${executedQty} at ${[...prices].join(", ")}`;
  throw answerFault(line, `the trade was ${quantity} at ${price}, here it is ${found}`);
}

interface BestPrices {
  readonly bidPrice: string;
  readonly bidQty: string;
  readonly askPrice: string;
  readonly askQty: string;
}

/** Compares the node's best prices with the venue's, and counts. */
class StateComparison {
  readonly #capture: Capture;
  readonly #desk: ReplayDesk;
  checked = 0;
  equal = 0;
  firstDifference: StateDifference | null = null;

  constructor(capture: Capture, desk: ReplayDesk) {
    this.#capture = capture;
    this.#desk = desk;
  }

  /** Waits for everything before, then asks; what is sent next is behind the question. */
  async check(line: number, update: number): Promise<void> {
    const ticker = findTicker(this.#capture, update);
    if (ticker === undefined) return;
    const { steps } = this.#desk;
    const expected = describe({
      bidPrice: ticksText(ticker.bid.priceTicks, steps),
      bidQty: lotsText(ticker.bid.lots, steps),
      askPrice: ticksText(ticker.ask.priceTicks, steps),
      askQty: lotsText(ticker.ask.lots, steps),
    });
    this.checked++;
    await this.#desk.drained();
    await this.#desk.ask(line, "ticker.book", { symbol: steps.symbol }, (result) => {
      const found = describe(result as BestPrices);
      if (found === expected) this.equal++;
      else this.firstDifference ??= { line, update, expected, found };
    });
  }
}

function describe({ bidPrice, bidQty, askPrice, askQty }: BestPrices): string {
  return `bid ${bidQty} at ${bidPrice}, ask ${askQty} at ${askPrice}`;
}
