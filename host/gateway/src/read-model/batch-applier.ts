import { fail, getSafeU64, viewOf } from "@rialto/base";
import {
  CancelReason,
  commandBytes,
  CommandOffset,
  EventKind,
  EventOffset,
  type OrderId,
  OrderType,
  Side,
} from "@rialto/protocol";
import { type HistoryTrade, OrderStatus } from "@rialto/storage";
import { cancelTextOf } from "../auth/client-order-id.ts";
import type { ExecutedBatch } from "../exchange-port.ts";
import type { ExecutionReport } from "./happenings.ts";
import { OrderRecord } from "./order-record.ts";
import type { ExchangeState } from "./exchange-state.ts";

const STATUS_BY_REASON: Readonly<Record<CancelReason, OrderStatus>> = {
  [CancelReason.Requested]: OrderStatus.Canceled,
  [CancelReason.RequestedAll]: OrderStatus.Canceled,
  [CancelReason.Replaced]: OrderStatus.Canceled,
  [CancelReason.Immediate]: OrderStatus.Expired,
  [CancelReason.Unfillable]: OrderStatus.Expired,
  [CancelReason.NoLiquidity]: OrderStatus.Expired,
  [CancelReason.SelfTradeTaker]: OrderStatus.ExpiredInMatch,
  [CancelReason.SelfTradeMaker]: OrderStatus.ExpiredInMatch,
  [CancelReason.SelfTradeBoth]: OrderStatus.ExpiredInMatch,
  [CancelReason.TouchLimit]: OrderStatus.Expired,
  [CancelReason.Operator]: OrderStatus.Canceled,
  [CancelReason.Expired]: OrderStatus.Expired,
  [CancelReason.ListPartner]: OrderStatus.Expired,
  [CancelReason.Deadline]: OrderStatus.Canceled,
  [CancelReason.Protection]: OrderStatus.Expired,
};

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * Walks the bytes of executed batches and changes the state accordingly.
 *
 * Budget: one order record, one map entry and one dirty mark for a place; reports only for accounts that
 * somebody follows.
 */
export class BatchApplier {
  readonly #state: ExchangeState;
  #commands: DataView = EMPTY;
  #events: DataView = EMPTY;
  #nowMs = 0;
  #notes: ExecutedBatch["notes"] = [];
  #noteAt = 0;
  /** The command that the events being read belong to. */
  #commandAt = 0;
  #commandIndex = 0;
  /** The order that this command has placed, until the command is done. */
  #taker: OrderRecord | undefined;
  /** The last report of that order's trades: its status is known at the end. */
  #takerTrade: ExecutionReport | undefined;

  constructor(state: ExchangeState) {
    this.#state = state;
  }

  apply(batch: ExecutedBatch): void {
    const events = viewOf(batch.events);
    this.#events = events;
    this.#commands = viewOf(batch.commands);
    this.#nowMs = batch.nowMs;
    this.#notes = batch.notes;
    this.#noteAt = 0;
    this.#commandAt = 0;
    this.#commandIndex = 0;
    for (let at = 0; at < events.byteLength; at += events.getUint8(at + EventOffset.size) * 8) {
      const command = events.getUint32(at + EventOffset.command, true);
      const index = (command - batch.firstCommand) >>> 0;
      if (index !== this.#commandIndex) this.#advanceTo(index);
      this.#applyEvent(at);
    }
    this.#endCommand();
    // The bytes were lent for the call.
    this.#commands = EMPTY;
    this.#events = EMPTY;
  }

  #advanceTo(index: number): void {
    this.#endCommand();
    if (index < this.#commandIndex) fail("events come in the order of their commands");
    while (this.#commandIndex < index) {
      if (this.#commandAt >= this.#commands.byteLength) fail("an event has a command of its batch");
      this.#commandAt += commandBytes(this.#commands.getUint8(this.#commandAt));
      this.#commandIndex += 1;
    }
  }

  #applyEvent(at: number): void {
    switch (this.#events.getUint8(at) as EventKind) {
      case EventKind.Accepted:
        this.#accepted(at);
        break;
      case EventKind.Fill:
        this.#filled(at);
        break;
      case EventKind.Canceled:
        this.#canceled(at);
        break;
      case EventKind.Prevented:
        this.#prevented(at);
        break;
      case EventKind.BalanceMoved:
        this.#balanceMoved(at);
        break;
      case EventKind.MarketListed:
        this.#state.addMarket(this.#events.getUint32(at + 8, true));
        break;
      case EventKind.Rejected:
      case EventKind.CanceledAll:
      case EventKind.AccountOpened:
      case EventKind.AssetAdded:
      case EventKind.MarketStateSet:
      case EventKind.TradingSet:
      case EventKind.AccountStateSet:
      case EventKind.MarketGuardSet:
      case EventKind.MarketChanged:
      case EventKind.Indicative:
      case EventKind.FeeTierSet:
      case EventKind.AccountFeesSet:
      case EventKind.DeadlineSet:
      case EventKind.DeadlinePassed:
      case EventKind.ProtectionSet:
      case EventKind.ProtectionTripped:
        break;
      case EventKind.Amended:
      case EventKind.Shown:
      case EventKind.Triggered:
      case EventKind.Declined:
      case EventKind.Auctioned:
      case EventKind.Pegged:
      case EventKind.Transferred:
        // The gateway sends no command that causes these; a book or balance that left them out would be wrong.
        fail("the read model knows the events of its commands");
    }
  }

  /** The note of the command being read; empty if it has none. */
  #noteText(): string {
    while (this.#noteAt < this.#notes.length) {
      const note = this.#notes[this.#noteAt]!;
      if (note.commandIndex > this.#commandIndex) return "";
      if (note.commandIndex === this.#commandIndex) return note.text;
      this.#noteAt += 1;
    }
    return "";
  }

  #accepted(at: number): void {
    const restingLots = getSafeU64(this.#events, at + EventOffset.restingLots);
    const terms = this.#commands;
    const from = this.#commandAt;
    const orderType = terms.getUint8(from + CommandOffset.orderType);
    const quantity = terms.getBigUint64(from + CommandOffset.quantity, true);
    const isByQuote = orderType === OrderType.MarketByQuote;
    const state = this.#state;
    const order = new OrderRecord(
      {
        serial: ++state.orderSerial,
        orderId: getSafeU64(this.#events, at + EventOffset.orderId),
        account: terms.getUint32(from + CommandOffset.account, true),
        market: terms.getUint32(from + CommandOffset.market, true),
        side: terms.getUint8(from + CommandOffset.side),
        orderType,
        selfTrade: terms.getUint8(from + CommandOffset.selfTrade),
        priceTicks: terms.getUint32(from + CommandOffset.priceTicks, true),
        lots: isByQuote ? 0 : Number(quantity),
        quoteQuanta: isByQuote ? quantity : 0n,
        clientOrderId: terms.getBigUint64(from + CommandOffset.clientOrderId, true),
        text: this.#noteText(),
        executedLots: 0,
        executedQuanta: 0n,
        preventedLots: 0,
        status: OrderStatus.New,
        createdMs: this.#nowMs,
        updatedMs: this.#nowMs,
      },
      restingLots > 0,
    );
    this.#endTaker();
    this.#taker = order;
    state.orders.add(order);
    this.#touch(order);
    state.executionId += 1;
    if (state.isWatched(order.account)) this.#report(order, "NEW");
    if (restingLots > 0) {
      const market = state.market(order.market);
      market.changeLevel(order.side as Side, order.priceTicks, BigInt(restingLots));
      state.touchMarket(market);
    }
  }

  #filled(at: number): void {
    const events = this.#events;
    const state = this.#state;
    const market = state.market(events.getUint32(at + EventOffset.fillMarket, true));
    const priceTicks = events.getUint32(at + EventOffset.fillPriceTicks, true);
    const lots = getSafeU64(events, at + EventOffset.fillLots);
    const maker = this.#findOpen(getSafeU64(events, at + EventOffset.fillMakerOrderId));
    const taker = this.#taker ?? fail("a fill's taker has just been accepted");
    const quanta = BigInt(priceTicks) * BigInt(lots) * market.facts.tickLotQuanta;
    const takerSide = events.getUint8(at + EventOffset.a);
    const flags = events.getUint8(at + EventOffset.b);
    const makerQuanta = events.getBigUint64(at + EventOffset.fillMakerFeeQuanta, true);
    const trade: HistoryTrade = {
      market: market.facts.index,
      tradeId: getSafeU64(events, at + EventOffset.fillTradeId),
      aggregateId: market.aggregateFor(taker.orderId, priceTicks),
      priceTicks,
      lots,
      quanta,
      takerSide,
      timeMs: this.#nowMs,
      takerOrderId: taker.orderId,
      makerOrderId: maker.orderId,
      takerAccount: taker.account,
      makerAccount: maker.account,
      takerFeeQuanta: events.getBigUint64(at + EventOffset.fillTakerFeeQuanta, true),
      makerFeeQuanta: (flags & 2) === 0 ? makerQuanta : -makerQuanta,
    };
    state.trades.push(trade);
    state.tradeCount += 1;
    market.addTrade(trade);
    market.changeLevel((takerSide ^ 1) as Side, priceTicks, BigInt(-lots));
    state.touchMarket(market);
    this.#executeOn(maker, trade, (flags & 1) === 1);
    this.#executeOn(taker, trade, false);
  }

  /** Books a trade on one of its orders. A taker's end is found when its command is done. */
  #executeOn(order: OrderRecord, trade: HistoryTrade, isDone: boolean): void {
    order.executedLots += trade.lots;
    order.executedQuanta += trade.quanta;
    order.status = isDone ? order.completeStatus : OrderStatus.PartiallyFilled;
    this.#touch(order);
    const state = this.#state;
    state.executionId += 1;
    if (state.isWatched(order.account)) {
      const isMaker = order !== this.#taker;
      const report = this.#report(order, "TRADE", {
        fill: {
          tradeId: trade.tradeId,
          priceTicks: trade.priceTicks,
          lots: trade.lots,
          quanta: trade.quanta,
          feeQuanta: isMaker ? trade.makerFeeQuanta : trade.takerFeeQuanta,
          isMaker,
        },
      });
      if (!isMaker) this.#takerTrade = report;
    }
    if (isDone) state.orders.close(order);
  }

  #prevented(at: number): void {
    const events = this.#events;
    const state = this.#state;
    const market = state.market(events.getUint32(at + EventOffset.fillMarket, true));
    const priceTicks = events.getUint32(at + EventOffset.fillPriceTicks, true);
    const lots = getSafeU64(events, at + EventOffset.preventedLots);
    const maker = this.#findOpen(getSafeU64(events, at + EventOffset.preventedMakerOrderId));
    const taker = this.#taker ?? fail("the taker of a prevented trade has just been accepted");
    const side = (events.getUint8(at + EventOffset.a) ^ 1) as Side;
    market.changeLevel(side, priceTicks, BigInt(-lots));
    state.touchMarket(market);
    const isDone = (events.getUint8(at + EventOffset.b) & 1) === 1;
    for (const order of [maker, taker]) {
      order.preventedLots += lots;
      if (order === maker && isDone) order.status = order.completeStatus;
      this.#touch(order);
      state.executionId += 1;
      if (!state.isWatched(order.account)) continue;
      const counterOrderId = (order === maker ? taker : maker).orderId;
      const prevention = { lots, priceTicks, counterOrderId };
      const report = this.#report(order, "TRADE_PREVENTION", { prevention });
      if (order === taker) this.#takerTrade = report;
    }
    if (isDone) state.orders.close(maker);
  }

  #canceled(at: number): void {
    const reason = this.#events.getUint8(at + EventOffset.a) as CancelReason;
    const order = this.#findOpen(getSafeU64(this.#events, at + EventOffset.orderId));
    const state = this.#state;
    order.status = STATUS_BY_REASON[reason];
    this.#touch(order);
    if (order.isResting) {
      const market = state.market(order.market);
      const remaining = this.#events.getBigUint64(at + EventOffset.remaining, true);
      market.changeLevel(order.side as Side, order.priceTicks, -remaining);
      state.touchMarket(market);
    }
    state.executionId += 1;
    if (state.isWatched(order.account)) {
      const isRequested = order.status === OrderStatus.Canceled;
      const cancelText = isRequested ? this.#cancelText(at, reason) : "";
      this.#report(order, isRequested ? "CANCELED" : "EXPIRED", { cancelText });
    }
    state.orders.close(order);
    if (order !== this.#taker) return;
    state.market(order.market).endAggregate();
    this.#taker = undefined;
  }

  /**
   * Only a plain cancel can carry a text of its own: that of a replace is the new order's, and what came due
   * before a cancel is not what it asks for.
   */
  #cancelText(at: number, reason: CancelReason): string {
    const text = reason === CancelReason.Requested ? this.#noteText() : "";
    return text === ""
      ? cancelTextOf(this.#events.getUint32(at + EventOffset.command, true))
      : text;
  }

  #balanceMoved(at: number): void {
    const events = this.#events;
    const account = events.getUint32(at + 8, true);
    const asset = events.getUint32(at + 12, true);
    const quanta = events.getBigUint64(at + 16, true);
    const isOut = events.getUint8(at + EventOffset.a) === 1;
    this.#state.touchAccount(account, this.#nowMs);
    if (!this.#state.isWatched(account)) return;
    const report = {
      kind: "balance",
      asset,
      quanta: isOut ? -quanta : quanta,
      timeMs: this.#nowMs,
    } as const;
    this.#state.report(account, report, [asset]);
  }

  #findOpen(orderId: number): OrderRecord {
    const order = this.#state.orders.findOpen(orderId as OrderId);
    return order ?? fail("an event speaks of an open order");
  }

  #touch(order: OrderRecord): void {
    order.updatedMs = this.#nowMs;
    this.#state.touchOrder(order);
    this.#state.touchAccount(order.account, this.#nowMs);
  }

  #report(
    order: OrderRecord,
    executionType: ExecutionReport["executionType"],
    what: Partial<Pick<ExecutionReport, "fill" | "prevention" | "cancelText">> = {},
  ): ExecutionReport {
    const { facts } = this.#state.market(order.market);
    const report: ExecutionReport = {
      kind: "execution",
      order,
      executionType,
      status: order.status,
      executionId: this.#state.executionId,
      executedLots: order.executedLots,
      executedQuanta: order.executedQuanta,
      preventedLots: order.preventedLots,
      fill: what.fill,
      prevention: what.prevention,
      cancelText: what.cancelText ?? "",
      timeMs: this.#nowMs,
    };
    this.#state.report(order.account, report, [facts.baseAsset, facts.quoteAsset]);
    return report;
  }

  #endCommand(): void {
    this.#endTaker();
  }

  /** The order of a command that is done: it rests, or it is complete. A cancelled one is gone already. */
  #endTaker(): void {
    const taker = this.#taker;
    this.#taker = undefined;
    const lastTrade = this.#takerTrade;
    this.#takerTrade = undefined;
    if (taker === undefined) return;
    this.#state.market(taker.market).endAggregate();
    if (taker.isResting) return;
    taker.status = taker.completeStatus;
    if (lastTrade !== undefined) lastTrade.status = taker.status;
    this.#state.orders.close(taker);
  }
}
