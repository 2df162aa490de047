import { assert } from "@rialto/base";
import { Side } from "@rialto/protocol";
import { type MarketSteps, parseLots, parseTicks, ticksText } from "./market-steps.ts";
import { incompleteFault, type ReplayFault } from "./replay-fault.ts";

// The book as it follows from the execution reports that a node sends to the accounts that trade in it.

interface Report {
  readonly executionId: number;
  readonly type: "NEW" | "TRADE" | "CANCELED" | "EXPIRED";
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly priceTicks: number;
  readonly lots: number;
  readonly lastLots: number;
  readonly isMaker: boolean;
}

interface OpenOrder {
  readonly side: Side;
  readonly priceTicks: number;
  readonly clientOrderId: string;
  lots: number;
}

/** What became of the orders of one side, in lots. */
export interface SideVolume {
  placed: bigint;
  traded: bigint;
  canceled: bigint;
}

/**
 * All orders of a market, from the reports of every account that has any.
 *
 * Reports are taken in with `report` as they come, account by account, and applied by `settle` in the order
 * in which they happened.
 */
export class ReportedBook {
  readonly volumes: readonly [SideVolume, SideVolume] = [
    { placed: 0n, traded: 0n, canceled: 0n },
    { placed: 0n, traded: 0n, canceled: 0n },
  ];
  /** Trades, each of which both its orders report. */
  trades = 0;
  /** Commands after which the book was looked at. */
  checkedCommands = 0;
  /** What it looked like when it was crossed first. */
  crossed: string | null = null;
  readonly #steps: MarketSteps;
  readonly #waiting: Report[] = [];
  readonly #orders = new Map<number, OpenOrder>();
  readonly #byClientId = new Map<string, number>();
  readonly #sides = [new LevelSide(Side.Buy), new LevelSide(Side.Sell)] as const;
  #lastExecutionId: number | undefined;

  constructor(steps: MarketSteps) {
    this.#steps = steps;
  }

  /** Takes an event of an account in. Others than reports of this market's orders are passed over. */
  report(event: Readonly<Record<string, unknown>>): void {
    if (event["e"] !== "executionReport" || event["s"] !== this.#steps.symbol) return;
    const amount = (name: string, parse: typeof parseLots): number => {
      const value = parse(event[name], this.#steps);
      assert(typeof value === "number", "a report's amounts are in the market's steps");
      return value;
    };
    const isCancel = event["x"] === "CANCELED";
    this.#waiting.push({
      executionId: Number(event["I"]),
      type: event["x"] as Report["type"],
      orderId: Number(event["i"]),
      clientOrderId: String(isCancel ? event["C"] : event["c"]),
      side: event["S"] === "BUY" ? Side.Buy : Side.Sell,
      priceTicks: amount("p", parseTicks),
      lots: amount("q", parseLots),
      lastLots: amount("l", parseLots),
      isMaker: event["m"] === true,
    });
  }

  /**
   * Applies the reports that have come. Call it when everything sent is answered: then none is on its way.
   *
   * Errors   REPLAY_FILE_INCOMPLETE where reports are missing because somebody else trades here: returned.
   */
  settle(): ReplayFault | undefined {
    this.#waiting.sort((left, right) => left.executionId - right.executionId);
    for (const report of this.#waiting.splice(0)) {
      const last = this.#lastExecutionId;
      if (last !== undefined && report.executionId !== last + 1) {
        return incompleteFault(
          "somebody else trades on this node: its volume cannot be accounted for",
        );
      }
      this.#apply(report);
      this.#lastExecutionId = report.executionId;
    }
    this.#checkCrossed();
    return undefined;
  }

  #apply(report: Report): void {
    const { type, orderId, side, priceTicks, lots, lastLots, clientOrderId } = report;
    const volume = this.volumes[side];
    if (type === "NEW") {
      this.#checkCrossed(); // the command before is done
      this.checkedCommands++;
      volume.placed += BigInt(lots);
      this.#orders.set(orderId, { side, priceTicks, clientOrderId, lots });
      this.#byClientId.set(clientOrderId, orderId);
      this.#sides[side].change(priceTicks, lots);
      return;
    }
    const order = this.#orders.get(orderId);
    assert(order !== undefined, "a report is of an order that was reported as new");
    if (type === "TRADE") {
      volume.traded += BigInt(lastLots);
      if (report.isMaker) this.trades++;
      this.#take(orderId, order, lastLots);
      return;
    }
    this.#checkCrossed();
    this.checkedCommands++;
    volume.canceled += BigInt(order.lots);
    this.#take(orderId, order, order.lots);
  }

  #take(orderId: number, order: OpenOrder, lots: number): void {
    assert(lots <= order.lots, "an order trades no more than it has");
    order.lots -= lots;
    this.#sides[order.side].change(order.priceTicks, -lots);
    if (order.lots > 0) return;
    this.#orders.delete(orderId);
    this.#byClientId.delete(order.clientOrderId);
  }

  #checkCrossed(): void {
    const bid = this.#sides[Side.Buy].best;
    const ask = this.#sides[Side.Sell].best;
    if (bid === undefined || ask === undefined || bid < ask) return;
    const prices = `bid ${ticksText(bid, this.#steps)}, ask ${ticksText(ask, this.#steps)}`;
    this.crossed ??= `${prices} after report ${this.#lastExecutionId}`;
  }

  /** What was left of an order when the book was settled last; 0 for one that is not open. */
  lotsOf(clientOrderId: string): number {
    const orderId = this.#byClientId.get(clientOrderId);
    return orderId === undefined ? 0 : this.#orders.get(orderId)!.lots;
  }
}

/** The levels of one side. Only the best price is ever asked for. */
class LevelSide {
  readonly #side: Side;
  readonly #lots = new Map<number, number>();
  best: number | undefined;

  constructor(side: Side) {
    this.#side = side;
  }

  change(priceTicks: number, lots: number): void {
    const left = (this.#lots.get(priceTicks) ?? 0) + lots;
    if (left > 0) {
      this.#lots.set(priceTicks, left);
      if (this.#isBetter(priceTicks, this.best)) this.best = priceTicks;
      return;
    }
    this.#lots.delete(priceTicks);
    if (priceTicks === this.best) this.best = this.#findBest();
  }

  #findBest(): number | undefined {
    let best: number | undefined;
    for (const price of this.#lots.keys()) if (this.#isBetter(price, best)) best = price;
    return best;
  }

  #isBetter(price: number, than: number | undefined): boolean {
    if (than === undefined) return true;
    return this.#side === Side.Buy ? price > than : price < than;
  }
}
