import { type Credentials, RestClient } from "@rialto/client";
import { Side } from "@rialto/protocol";
import { lotsText, type MarketSteps, parseLots } from "./market-steps.ts";
import type { OrderEvent } from "./order-line.ts";
import type { ReplayCommand, ReplayOrder } from "./replay-command.ts";
import type { AccountName, ReplayAccounts, ReplayDesk } from "./replay-desk.ts";
import { answerFault, checkWanted, incompleteFault } from "./replay-fault.ts";
import type { ReportedBook } from "./reported-book.ts";

// Replays an order-by-order file one to one, and accounts for every lot of it.

/** What became of the volume of one side: decimal text. */
export interface VolumeAccount {
  readonly placed: string;
  readonly traded: string;
  readonly canceled: string;
  /** By the node's own list of open orders. */
  readonly resting: string;
}

export interface OrdersReplay {
  readonly events: number;
  readonly created: number;
  readonly reduced: number;
  readonly canceled: number;
  /** Events of orders that were open before the file begins, or are gone by its own account. */
  readonly strangers: number;
  /** Changes and deletions of orders that had traded as much, or all, here. */
  readonly overtaken: number;
  readonly trades: number;
  readonly buy: VolumeAccount;
  readonly sell: VolumeAccount;
  readonly isConserved: boolean;
  /** Commands after which the book was looked at, and what it was when it was crossed. */
  readonly checkedCommands: number;
  readonly crossed: string | null;
  readonly commands: number;
  readonly seconds: number;
  readonly commandsPerSecond: number;
}

export interface OrdersReplayOptions {
  readonly events: readonly OrderEvent[];
  readonly desk: ReplayDesk;
  /** Is told what happens to the desk's accounts. */
  readonly book: ReportedBook;
  readonly accounts: ReplayAccounts;
  readonly url: string;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The API's code for a cancel of what is not open. */
const CANCEL_REJECTED = -2011;
const EVENTS_PER_PROGRESS = 500;
/** Events after which what has been reported is looked at. */
const EVENTS_PER_SETTLE = 500;

/** Bids are one account's, asks another's: no order ever meets its own account. */
const ACCOUNT_OF: Readonly<Record<Side, AccountName>> = {
  [Side.Buy]: "first",
  [Side.Sell]: "second",
};

/**
 * Replays an order-by-order file: created orders are placed, changed ones reduced to what is left of them,
 * deleted ones cancelled.
 *
 * Effects  places and cancels orders of the desk's two accounts.
 * Errors   REPLAY_ANSWER_UNEXPECTED where the node refuses a command that it must take; REPLAY_FILE_INCOMPLETE
 *          where somebody else trades on the node; `NetworkError`.
 */
export async function replayOrders(options: OrdersReplayOptions): Promise<OrdersReplay> {
  const { events, desk, book, progress, signal } = options;
  const run = new OrdersRun(desk, book);
  await desk.followAccounts();
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1_000;
  for (const [index, event] of events.entries()) {
    checkWanted(signal);
    await run.replay(event);
    if (index % EVENTS_PER_SETTLE === 0) await run.settle();
    if (index % EVENTS_PER_PROGRESS === 0) {
      const speed = Math.round(desk.commandCount / seconds());
      progress(`event ${index} of ${events.length}: ${desk.commandCount} commands, ${speed}/s`);
    }
  }
  await run.settle();
  progress("");
  const took = seconds();
  const volumes = await accountForVolumes(options, run);
  return {
    events: events.length,
    created: run.created,
    reduced: run.reduced,
    canceled: run.canceled,
    strangers: run.strangers,
    overtaken: run.overtaken,
    trades: book.trades,
    ...volumes,
    checkedCommands: book.checkedCommands,
    crossed: book.crossed,
    commands: desk.commandCount,
    seconds: took,
    commandsPerSecond: Math.round(desk.commandCount / took),
  };
}

/** An order of the file that it has created and not deleted. */
interface KnownOrder {
  /** What it is called at the node: a reduced order is a new one. */
  clientOrderId: string;
  reductions: number;
  /** False until the book was settled after it was sent: it may rest, and nobody has heard of it yet. */
  isSettled: boolean;
}

class OrdersRun {
  created = 0;
  reduced = 0;
  canceled = 0;
  strangers = 0;
  overtaken = 0;
  /** Lots sent to the node, by side. */
  readonly sentLots: [bigint, bigint] = [0n, 0n];
  readonly #desk: ReplayDesk;
  readonly #book: ReportedBook;
  readonly #known = new Map<string, KnownOrder>();
  readonly #unsettled: KnownOrder[] = [];
  /** Cancels that the node has refused since the book was settled last. */
  readonly #refused: { readonly line: number; readonly clientOrderId: string }[] = [];

  constructor(desk: ReplayDesk, book: ReportedBook) {
    this.#desk = desk;
    this.#book = book;
  }

  async replay(event: OrderEvent): Promise<void> {
    if (event.action === "created") return await this.#create(event);
    const order = this.#known.get(event.orderId);
    if (order === undefined) {
      this.strangers++;
      return;
    }
    if (event.action === "changed") return await this.#change(event, order);
    this.#known.delete(event.orderId);
    await this.#cancel(event, order);
  }

  async #create(event: OrderEvent): Promise<void> {
    const { orderId: clientOrderId, lots } = event;
    const order = { clientOrderId, reductions: 0, isSettled: false };
    this.#known.set(event.orderId, order);
    this.#unsettled.push(order);
    this.created++;
    await this.#place(event, { kind: "place", order: orderOf(event, clientOrderId, lots) });
  }

  async #change(event: OrderEvent, order: KnownOrder): Promise<void> {
    // How much smaller it must become depends on what it has traded here.
    await this.settle();
    const left = this.#book.lotsOf(order.clientOrderId);
    if (left <= event.lots) {
      this.overtaken++;
      return;
    }
    if (event.lots === 0) return await this.#cancel(event, order);
    this.reduced++;
    const target = order.clientOrderId;
    order.clientOrderId = `${event.orderId}-${++order.reductions}`;
    order.isSettled = false;
    this.#unsettled.push(order);
    // Its price is the one that it was created with: a change's own may be that of a trade.
    const smaller = orderOf(event, order.clientOrderId, event.lots);
    await this.#place(event, { kind: "replace", target, order: smaller });
  }

  async #place(
    event: OrderEvent,
    command: Extract<ReplayCommand, { readonly order: ReplayOrder }>,
  ): Promise<void> {
    this.sentLots[event.side] += BigInt(command.order.lots);
    await this.#desk.send({ line: event.line, account: ACCOUNT_OF[event.side], command });
  }

  async #cancel({ line, side }: OrderEvent, order: KnownOrder): Promise<void> {
    const { clientOrderId } = order;
    if (order.isSettled && this.#book.lotsOf(clientOrderId) === 0) {
      this.overtaken++;
      return;
    }
    this.canceled++;
    await this.#desk.send({
      line,
      account: ACCOUNT_OF[side],
      command: { kind: "cancel", target: clientOrderId },
      onRefused: (error) => {
        if (error.code !== CANCEL_REJECTED) throw answerFault(line, error.message, error);
        this.canceled--;
        this.overtaken++;
        this.#refused.push({ line, clientOrderId });
      },
    });
  }

  /** Waits for everything sent, and takes in what was reported of it. */
  async settle(): Promise<void> {
    await this.#desk.drained();
    const fault = this.#book.settle();
    if (fault !== undefined) throw fault;
    for (const order of this.#unsettled.splice(0)) order.isSettled = true;
    for (const { line, clientOrderId } of this.#refused.splice(0)) {
      if (this.#book.lotsOf(clientOrderId) === 0) continue;
      throw answerFault(line, `order ${clientOrderId} is open and its cancel was refused`);
    }
  }
}

function orderOf(event: OrderEvent, clientOrderId: string, lots: number): ReplayOrder {
  const { side, priceTicks } = event;
  return { clientOrderId, side, type: "GTC", priceTicks, lots };
}

type Volumes = Pick<OrdersReplay, "buy" | "sell" | "isConserved">;

/** Compares what was sent, what was reported, and what the node says is left: to the lot. */
async function accountForVolumes(options: OrdersReplayOptions, run: OrdersRun): Promise<Volumes> {
  const { book, desk, accounts, url } = options;
  const { steps } = desk;
  const accountFor = async (
    side: Side,
  ): Promise<{ readonly account: VolumeAccount; readonly isConserved: boolean }> => {
    const { placed, traded, canceled } = book.volumes[side];
    const resting = await restingLots(url, accounts[ACCOUNT_OF[side]], steps);
    const isConserved =
      placed === run.sentLots[side] && placed === traded + canceled + resting && placed > 0n;
    const text = (lots: bigint): string => lotsText(lots, steps);
    const account = {
      placed: text(placed),
      traded: text(traded),
      canceled: text(canceled),
      resting: text(resting),
    };
    return { account, isConserved };
  };
  const buy = await accountFor(Side.Buy);
  const sell = await accountFor(Side.Sell);
  const isTradedEqual = book.volumes[Side.Buy].traded === book.volumes[Side.Sell].traded;
  return {
    buy: buy.account,
    sell: sell.account,
    isConserved: buy.isConserved && sell.isConserved && isTradedEqual,
  };
}

async function restingLots(
  url: string,
  credentials: Credentials,
  steps: MarketSteps,
): Promise<bigint> {
  const rest = new RestClient({ url, credentials });
  const orders = (await rest.signed("GET", "/api/v3/openOrders", {
    symbol: steps.symbol,
  })) as readonly { readonly origQty: string; readonly executedQty: string }[];
  let sum = 0n;
  for (const { origQty, executedQty } of orders) {
    const lots = parseLots(origQty, steps);
    const executed = parseLots(executedQty, steps);
    if (typeof lots === "string" || typeof executed === "string") {
      throw incompleteFault("the node lists an order in other steps than its market's");
    }
    sum += BigInt(lots - executed);
  }
  return sum;
}
