import { fail } from "@rialto/base";
import { type OrderId, type Side, TriggerKind } from "@rialto/protocol";
import { NOT_WORKING, OrderStatus } from "@rialto/storage";
import type { BatchCursor } from "./batch-cursor.ts";
import type { ExchangeState } from "./exchange-state.ts";
import type { ExecutionReport } from "./happenings.ts";
import type { MarketState } from "./market-state.ts";
import type { OrderRecord } from "./order-record.ts";

/** What a report says beyond how its order stands. */
export type ReportDetails = Partial<Pick<ExecutionReport, "fill" | "prevention" | "cancelText">>;

/**
 * What events of all kinds do to orders: it knows the one that is trading, what the book shows of the others, and
 * what is told about each.
 */
export class OrderKeeper {
  readonly #state: ExchangeState;
  readonly #cursor: BatchCursor;
  /** The order that has come to the book, new or not, until it rests or has ended. */
  #taker: OrderRecord | undefined;
  /** What of it rests when it is done, and how much of that the book shows. */
  #restingLots = 0;
  #shownLots = 0;
  /** The last report of that order's trades: its status is known at the end. */
  #takerTrade: ExecutionReport | undefined;
  /** Where an uncrossing has traded in this command. */
  #auctioned: MarketState | undefined;
  /** The list that this command has placed, and those of which it has ended an order. */
  #begun: readonly OrderRecord[] | undefined;
  readonly #touched: Set<readonly OrderRecord[]> = new Set();

  constructor(state: ExchangeState, cursor: BatchCursor) {
    this.#state = state;
    this.#cursor = cursor;
  }

  findOpen(orderId: number): OrderRecord {
    const order = this.#state.orders.findOpen(orderId as OrderId);
    return order ?? fail("an event speaks of an open order");
  }

  /** The order that is trading, which events call the taker. */
  taker(orderId: number): OrderRecord {
    const taker = this.#taker;
    if (taker?.orderId === orderId) return taker;
    return fail("a taker has just been accepted, amended or triggered");
  }

  /**
   * An order comes to the book. It may trade as the taker of what follows, and then rests with `restingLots`: all of
   * them shown, unless that is said until then.
   */
  begin(order: OrderRecord, restingLots: number): void {
    this.endTaker();
    this.come(order);
    this.#taker = order;
    this.#restingLots = restingLots;
    this.#shownLots = restingLots;
  }

  /** From now on the order is working. */
  come(order: OrderRecord): void {
    if (order.waitedMs !== NOT_WORKING) return;
    order.waitedMs = this.#cursor.nowMs - order.createdMs;
    this.#state.touchOrder(order);
  }

  /** The order that was trading is done: it rests, or it is complete. A cancelled one is gone already. */
  endTaker(): void {
    const taker = this.#taker;
    if (taker === undefined) return;
    this.#taker = undefined;
    const lastTrade = this.#takerTrade;
    this.#takerTrade = undefined;
    this.#state.market(taker.market).endAggregate();
    if (this.#restingLots > 0) {
      taker.isResting = true;
      this.show(taker, taker.priceTicks, this.#shownLots);
      return;
    }
    taker.status = taker.completeStatus;
    if (lastTrade !== undefined) lastTrade.status = taker.status;
    if (taker.status === OrderStatus.Expired) this.#tell(taker, "EXPIRED");
    this.complete(taker);
  }

  /** Tells what has happened to an order without an event of its own. */
  #tell(order: OrderRecord, executionType: ExecutionReport["executionType"]): void {
    this.touch(order);
    if (this.isWatched(order)) this.report(order, executionType);
  }

  endCommand(): void {
    this.endTaker();
    this.#endUncrossing();
    this.#tellLists();
  }

  /** The orders of a list are being placed: more of them may follow. */
  beginList(orders: readonly OrderRecord[]): void {
    this.#begun = orders;
    this.#state.openList(orders);
  }

  /** Nothing more of the order is wanted: if all of it has traded, what was dormant for it waits for its price now, or comes. */
  complete(order: OrderRecord): void {
    this.#close(order);
    if (!order.wakesOthers || order.preventedLots > 0) return;
    for (const each of order.list ?? []) {
      if (each.isWaiting && each.triggerKind !== TriggerKind.None) this.#tell(each, "NEW");
    }
  }

  /** An order is open no longer. */
  #close(order: OrderRecord): void {
    this.#state.orders.close(order);
    if (order.list !== undefined) this.#touched.add(order.list);
  }

  #tellLists(): void {
    if (this.#begun !== undefined) this.#tellList(this.#begun, false);
    this.#begun = undefined;
    if (this.#touched.size === 0) return;
    for (const orders of this.#touched) {
      if (orders.some(({ isOpen }) => isOpen)) continue;
      this.#state.closeList(orders);
      this.#tellList(orders, true);
    }
    this.#touched.clear();
  }

  #tellList(orders: readonly OrderRecord[], isDone: boolean): void {
    const first = orders[0]!;
    if (!this.isWatched(first)) return;
    const report = { kind: "list", orders, isDone, timeMs: this.#cursor.nowMs } as const;
    this.#state.report(first.account, report, []);
  }

  #endUncrossing(): void {
    const market = this.#auctioned;
    this.#auctioned = undefined;
    market?.endAggregate();
  }

  /** A step of an uncrossing: what came to the book before it rests there now. */
  auctionIn(market: MarketState): void {
    this.endTaker();
    if (this.#auctioned !== market) this.#endUncrossing();
    this.#auctioned = market;
  }

  /** How much the book shows of an order that hides some. */
  showPart(order: OrderRecord, lots: number): void {
    if (order === this.#taker) this.#shownLots = lots;
    else this.show(order, order.shownTicks, lots);
  }

  /** Lets the book show `lots` of an order at `priceTicks`, and no longer what it showed of it. */
  show(order: OrderRecord, priceTicks: number, lots: number): void {
    if (order.shownTicks !== priceTicks) {
      this.#changeLevel(order, order.shownTicks, -order.shownLots);
      order.shownTicks = priceTicks;
      order.shownLots = 0;
    }
    this.#changeLevel(order, priceTicks, lots - order.shownLots);
    order.shownLots = lots;
  }

  /** An order that shows nothing must not be told by a change that is none. */
  #changeLevel(order: OrderRecord, priceTicks: number, lots: number): void {
    if (lots === 0) return;
    const market = this.#state.market(order.market);
    market.changeLevel(order.side as Side, priceTicks, BigInt(lots));
    this.#state.touchMarket(market);
  }

  /** A resting order has lost lots: in an auction perhaps more than it showed. What rests unseen was in no level. */
  takeShown(order: OrderRecord, lots: number): void {
    if (order.shownLots === 0) return;
    this.show(order, order.shownTicks, Math.max(0, order.shownLots - lots));
  }

  /** An order has ended with lots that did not trade. Its status says how. */
  end(order: OrderRecord): void {
    this.takeShown(order, order.shownLots);
    this.#close(order);
    if (order !== this.#taker) return;
    this.#state.market(order.market).endAggregate();
    this.#taker = undefined;
    this.#takerTrade = undefined;
  }

  /** Something has happened to the order. */
  touch(order: OrderRecord): void {
    const { nowMs } = this.#cursor;
    const state = this.#state;
    order.updatedMs = nowMs;
    state.touchOrder(order);
    state.touchAccount(order.account, nowMs);
    state.executionId += 1;
  }

  /** Tells those who follow the order's account, if there are any. */
  isWatched(order: OrderRecord): boolean {
    return this.#state.isWatched(order.account);
  }

  report(
    order: OrderRecord,
    executionType: ExecutionReport["executionType"],
    what: ReportDetails = {},
  ): void {
    const { facts } = this.#state.market(order.market);
    const report: ExecutionReport = {
      kind: "execution",
      order,
      priceTicks: order.priceTicks,
      lots: order.lots,
      executionType,
      status: order.status,
      hasCome: order.waitedMs !== NOT_WORKING,
      isResting: order === this.#taker ? this.#restingLots > 0 : order.isResting,
      isDormant: order.isDormant,
      executionId: this.#state.executionId,
      executedLots: order.executedLots,
      executedQuanta: order.executedQuanta,
      preventedLots: order.preventedLots,
      fill: what.fill,
      prevention: what.prevention,
      cancelText: what.cancelText ?? "",
      timeMs: this.#cursor.nowMs,
    };
    this.#state.report(order.account, report, [facts.baseAsset, facts.quoteAsset]);
    const isTrade = what.fill !== undefined || what.prevention !== undefined;
    if (order === this.#taker && isTrade) this.#takerTrade = report;
  }
}
