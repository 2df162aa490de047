import {
  CancelReason,
  type Command,
  CommandKind,
  decodeCommand,
  decodeEvents,
  type EngineEvent,
  EventKind,
  ListKind,
  OrderType,
  Side,
  TriggerKind,
} from "@rialto/protocol";
import { viewOf } from "@rialto/base";
import { commandBytes } from "@rialto/protocol";
import {
  type HistoryOrder,
  type HistoryTrade,
  isOpenStatus,
  NOT_WORKING,
  OrderStatus,
} from "@rialto/storage";
import type { EngineReader, ExecutedBatch } from "../exchange-port.ts";
import { INTERVALS, nextOpen, openOf } from "../read-model/intervals.ts";

// What the read model must answer, worked out the plain way: everything is kept, and searched from end to
// end.

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

export interface NaiveCandle {
  readonly openMs: number;
  openTicks: number;
  highTicks: number;
  lowTicks: number;
  closeTicks: number;
  lots: bigint;
  quanta: bigint;
  takerBuyLots: bigint;
  takerBuyQuanta: bigint;
  firstTradeId: number;
  lastTradeId: number;
}

export class NaiveModel {
  readonly orders: Map<number, Mutable<HistoryOrder>> = new Map();
  readonly trades: HistoryTrade[] = [];
  /** Per market: changes of levels, where all orders are plain. */
  readonly levelChanges: number[] = [];
  readonly accountUpdatedMs: Map<number, number> = new Map();
  readonly #engine: EngineReader;
  /** Of the command that is read: orders that came to the book and do not rest; orders placed; takers by market. */
  #takers: Mutable<HistoryOrder>[] = [];
  #placed = 0;
  #takes: number[] = [];

  constructor(engine: EngineReader) {
    this.#engine = engine;
  }

  apply(batch: ExecutedBatch): void {
    const commands: Command[] = [];
    const view = viewOf(batch.commands);
    for (let at = 0; at < batch.commands.length; at += commandBytes(batch.commands[at]!)) {
      commands.push(decodeCommand(view, at));
    }
    const texts = new Map(batch.notes.map(({ commandIndex, text }) => [commandIndex, text]));
    const byCommand = new Map<number, EngineEvent[]>();
    for (const event of decodeEvents(batch.events)) {
      const index = event.command - (batch.firstCommand % 2 ** 32);
      byCommand.set(index, [...(byCommand.get(index) ?? []), event]);
    }
    commands.forEach((command, index) => {
      this.#applyCommand(command, texts.get(index) ?? "", byCommand.get(index) ?? [], batch.nowMs);
    });
  }

  #applyCommand(
    command: Command,
    text: string,
    events: readonly EngineEvent[],
    nowMs: number,
  ): void {
    this.#takers = [];
    this.#placed = 0;
    this.#takes = [];
    for (const event of events) this.#applyEvent(command, text, event, nowMs);
    for (const order of this.#takers) {
      if (isOpenStatus(order.status)) this.#complete(order, nowMs);
    }
  }

  #applyEvent(command: Command, text: string, event: EngineEvent, nowMs: number): void {
    switch (event.kind) {
      case EventKind.Accepted: {
        const order = this.#accept(command, text, event, nowMs);
        if (!event.waits) this.#come(order, event.restingLots);
        break;
      }
      case EventKind.Triggered: {
        const order = this.orders.get(event.orderId)!;
        order.waitedMs = nowMs - order.createdMs;
        this.#touch(order, nowMs);
        this.#come(order, event.restingLots);
        break;
      }
      case EventKind.Amended:
        this.#amend(command, event, nowMs);
        break;
      case EventKind.Pegged: {
        const order = this.orders.get(event.orderId)!;
        if (event.restingLots > 0 && order.waitedMs === NOT_WORKING) {
          order.waitedMs = nowMs - order.createdMs;
        }
        this.accountUpdatedMs.set(order.account, nowMs);
        break;
      }
      case EventKind.Fill:
        this.#fill(event, nowMs);
        break;
      case EventKind.Auctioned:
        this.#auction(event, nowMs);
        break;
      case EventKind.Prevented:
        this.#prevent(event, nowMs);
        break;
      case EventKind.Canceled:
      case EventKind.Declined: {
        const order = this.orders.get(event.orderId)!;
        if (!this.#takers.includes(order)) this.#countLevel(order.market);
        order.status =
          event.kind === EventKind.Declined ? OrderStatus.Expired : statusOf(event.reason);
        this.#touch(order, nowMs);
        break;
      }
      case EventKind.BalanceMoved:
        // Collected fees are no account's.
        if (event.account !== 0) this.accountUpdatedMs.set(event.account, nowMs);
        break;
      case EventKind.Transferred:
        this.accountUpdatedMs.set(event.source, nowMs);
        this.accountUpdatedMs.set(event.target, nowMs);
        break;
      default:
        break;
    }
  }

  /** An order comes to the book, to rest there or to end. */
  #come(order: Mutable<HistoryOrder>, restingLots: number): void {
    if (restingLots === 0) this.#takers.push(order);
    else this.#countLevel(order.market);
  }

  #amend(
    command: Command,
    event: Extract<EngineEvent, { kind: typeof EventKind.Amended }>,
    nowMs: number,
  ): void {
    if (command.kind !== CommandKind.Amend) throw new Error("only an amend amends");
    const order = this.orders.get(event.orderId)!;
    this.#touch(order, nowMs);
    order.lots = order.executedLots + order.preventedLots + Number(command.quantity);
    if (event.kept) return;
    order.priceTicks = command.priceTicks;
    this.#come(order, event.restingLots);
  }

  #accept(
    command: Command,
    text: string,
    event: Extract<EngineEvent, { kind: typeof EventKind.Accepted }>,
    nowMs: number,
  ): Mutable<HistoryOrder> {
    const place = this.#placed++;
    const terms = command.kind === CommandKind.PlaceList ? command.legs[place]! : command;
    if (!("clientOrderId" in terms)) throw new Error("only orders are accepted");
    const isByQuote = terms.orderType === OrderType.MarketByQuote;
    // Of a list that has a name there is one for each order too.
    const [first = "", ...names] = text.split(",");
    const order: Mutable<HistoryOrder> = {
      serial: this.orders.size + 1,
      orderId: event.orderId,
      account: terms.account,
      market: terms.market,
      side: terms.side,
      orderType: terms.orderType,
      selfTrade: terms.selfTrade,
      priceTicks: terms.priceTicks,
      lots: isByQuote ? 0 : Number(terms.quantity),
      quoteQuanta: isByQuote ? terms.quantity : 0n,
      clientOrderId: terms.clientOrderId,
      text: names.length === 0 ? (place === 0 ? first : "") : names[place]!,
      executedLots: 0,
      executedQuanta: 0n,
      preventedLots: 0,
      status: OrderStatus.New,
      createdMs: nowMs,
      updatedMs: nowMs,
      triggerKind: "trigger" in terms ? terms.trigger : TriggerKind.None,
      triggerTicks: "trigger" in terms ? terms.triggerTicks : 0,
      trailBasisPoints: "trigger" in terms ? terms.trailBasisPoints : 0,
      displayLots:
        "trigger" in terms ? Math.min(Number(terms.displayLots), Number(terms.quantity)) : 0,
      expiresMs: "trigger" in terms ? terms.expiresMs : 0,
      pegKind: "trigger" in terms ? terms.peg : 0,
      pegTicks: "trigger" in terms ? terms.pegTicks : 0,
      flags:
        "trigger" in terms ? terms.isHidden + 2 * terms.isProtected + 4 * terms.triggerSource : 0,
      waitedMs: event.waits ? NOT_WORKING : 0,
      listId: command.kind === CommandKind.PlaceList ? event.orderId : 0,
      listKind: command.kind === CommandKind.PlaceList ? command.listKind : 0,
      listText: names.length === 0 ? "" : first,
    };
    if (place > 0) order.listId = [...this.orders.values()].at(-1)!.listId;
    this.orders.set(order.orderId, order);
    this.accountUpdatedMs.set(order.account, nowMs);
    return order;
  }

  #fill(event: Extract<EngineEvent, { kind: typeof EventKind.Fill }>, nowMs: number): void {
    const { makerOrderId, takerOrderId, takerSide, takerFeeQuanta } = event;
    this.#trade(event, nowMs, {
      makerOrderId,
      takerOrderId,
      takerSide,
      takerFeeQuanta,
      makerFeeQuanta: event.makerRebate ? -event.makerFeeQuanta : event.makerFeeQuanta,
    });
    this.#countLevel(event.market);
    if (event.makerDone) this.#complete(this.orders.get(makerOrderId)!, nowMs);
  }

  #auction(event: Extract<EngineEvent, { kind: typeof EventKind.Auctioned }>, nowMs: number): void {
    const { buyOrderId, sellOrderId, buyFeeQuanta, sellFeeQuanta } = event;
    const takes = buyOrderId > sellOrderId;
    this.#trade(event, nowMs, {
      makerOrderId: takes ? sellOrderId : buyOrderId,
      takerOrderId: takes ? buyOrderId : sellOrderId,
      takerSide: takes ? Side.Buy : Side.Sell,
      takerFeeQuanta: takes ? buyFeeQuanta : sellFeeQuanta,
      makerFeeQuanta: takes ? sellFeeQuanta : buyFeeQuanta,
    });
    if (event.buyDone) this.#complete(this.orders.get(buyOrderId)!, nowMs);
    if (event.sellDone) this.#complete(this.orders.get(sellOrderId)!, nowMs);
  }

  #prevent(event: Extract<EngineEvent, { kind: typeof EventKind.Prevented }>, nowMs: number): void {
    this.#countLevel(event.market);
    for (const id of [event.makerOrderId, event.takerOrderId]) {
      const order = this.orders.get(id)!;
      order.preventedLots += event.lots;
      this.#touch(order, nowMs);
    }
    if (event.makerDone) this.#complete(this.orders.get(event.makerOrderId)!, nowMs);
  }

  #trade(
    event: Extract<EngineEvent, { kind: typeof EventKind.Fill | typeof EventKind.Auctioned }>,
    nowMs: number,
    sides: Pick<
      HistoryTrade,
      "makerOrderId" | "takerOrderId" | "takerSide" | "makerFeeQuanta" | "takerFeeQuanta"
    >,
  ): void {
    const { market, tradeId, priceTicks, lots } = event;
    const maker = this.orders.get(sides.makerOrderId)!;
    const taker = this.orders.get(sides.takerOrderId)!;
    const { tickLotQuanta } = this.#engine.market(market).terms;
    const quanta = BigInt(priceTicks) * BigInt(lots) * tickLotQuanta;
    const before = this.trades.findLast((trade) => trade.market === market);
    // An aggregate is of one command: an order that is amended may take again.
    const isSame =
      this.#takes[market] === taker.orderId &&
      before?.takerOrderId === taker.orderId &&
      before.priceTicks === priceTicks;
    this.#takes[market] = taker.orderId;
    this.trades.push({
      market,
      tradeId,
      aggregateId: (before?.aggregateId ?? 0) + (isSame ? 0 : 1),
      priceTicks,
      lots,
      quanta,
      timeMs: nowMs,
      takerAccount: taker.account,
      makerAccount: maker.account,
      ...sides,
    });
    for (const order of [maker, taker]) {
      order.executedLots += lots;
      order.executedQuanta += quanta;
      order.status = OrderStatus.PartiallyFilled;
      this.#touch(order, nowMs);
    }
  }

  #complete(order: Mutable<HistoryOrder>, nowMs: number): void {
    if (order.preventedLots > 0) order.status = OrderStatus.ExpiredInMatch;
    else if (order.executedLots > 0) order.status = OrderStatus.Filled;
    else order.status = OrderStatus.Expired;
    if (order.orderId !== order.listId || order.listKind === ListKind.OneCancelsOther) return;
    if (order.preventedLots > 0) return;
    for (const each of this.orders.values()) {
      const hasBegun = each.listId === order.listId && isOpenStatus(each.status);
      if (hasBegun && each.triggerKind !== TriggerKind.None) this.#touch(each, nowMs);
    }
  }

  #touch(order: Mutable<HistoryOrder>, nowMs: number): void {
    order.updatedMs = nowMs;
    this.accountUpdatedMs.set(order.account, nowMs);
  }

  #countLevel(market: number): void {
    this.levelChanges[market] = (this.levelChanges[market] ?? 0) + 1;
  }

  tradesOf(market: number): HistoryTrade[] {
    return this.trades.filter((trade) => trade.market === market);
  }

  /** Every candle from the first trade to `nowMs`. */
  klines(market: number, interval: number, nowMs: number): NaiveCandle[] {
    const candles: NaiveCandle[] = [];
    const trades = this.tradesOf(market);
    const first = trades[0];
    if (first === undefined) return [];
    let at = 0;
    let openMs = openOf(interval, first.timeMs);
    let closeTicks = 0;
    for (; openMs <= nowMs; openMs = nextOpen(interval, openMs)) {
      const within: HistoryTrade[] = [];
      while (at < trades.length && trades[at]!.timeMs < nextOpen(interval, openMs)) {
        within.push(trades[at++]!);
      }
      candles.push(naiveCandle(openMs, within, closeTicks));
      closeTicks = candles.at(-1)!.closeTicks;
    }
    return candles;
  }
}

export const INTERVAL_COUNT: number = INTERVALS.length;

export function naiveCandle(
  openMs: number,
  trades: readonly HistoryTrade[],
  beforeTicks: number,
): NaiveCandle {
  const prices = trades.map(({ priceTicks }) => priceTicks);
  const buys = trades.filter(({ takerSide }) => takerSide === 0);
  const sum = (values: readonly bigint[]): bigint =>
    values.reduce((left, right) => left + right, 0n);
  return {
    openMs,
    openTicks: prices[0] ?? beforeTicks,
    highTicks: trades.length === 0 ? beforeTicks : Math.max(...prices),
    lowTicks: trades.length === 0 ? beforeTicks : Math.min(...prices),
    closeTicks: prices.at(-1) ?? beforeTicks,
    lots: sum(trades.map(({ lots }) => BigInt(lots))),
    quanta: sum(trades.map(({ quanta }) => quanta)),
    takerBuyLots: sum(buys.map(({ lots }) => BigInt(lots))),
    takerBuyQuanta: sum(buys.map(({ quanta }) => quanta)),
    firstTradeId: trades[0]?.tradeId ?? -1,
    lastTradeId: trades.at(-1)?.tradeId ?? -1,
  };
}

function statusOf(reason: CancelReason): OrderStatus {
  const byWish: readonly CancelReason[] = [
    CancelReason.Requested,
    CancelReason.RequestedAll,
    CancelReason.Replaced,
    CancelReason.Operator,
    CancelReason.Deadline,
  ];
  if (byWish.includes(reason)) return OrderStatus.Canceled;
  const bySelf: readonly CancelReason[] = [
    CancelReason.SelfTradeTaker,
    CancelReason.SelfTradeMaker,
    CancelReason.SelfTradeBoth,
  ];
  return bySelf.includes(reason) ? OrderStatus.ExpiredInMatch : OrderStatus.Expired;
}
