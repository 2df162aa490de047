import {
  CancelReason,
  type Command,
  CommandKind,
  decodeCommand,
  decodeEvents,
  type EngineEvent,
  EventKind,
  OrderType,
} from "@rialto/protocol";
import { viewOf } from "@rialto/base";
import { commandBytes } from "@rialto/protocol";
import { type HistoryOrder, type HistoryTrade, isOpenStatus, OrderStatus } from "@rialto/storage";
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
  /** Per market: changes of levels. */
  readonly levelChanges: number[] = [];
  readonly accountUpdatedMs: Map<number, number> = new Map();
  readonly #engine: EngineReader;

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
    let taker: Mutable<HistoryOrder> | undefined;
    let isResting = false;
    for (const event of events) {
      switch (event.kind) {
        case EventKind.Accepted: {
          taker = this.#accept(command, text, event, nowMs);
          isResting = event.restingLots > 0;
          if (isResting) this.#countLevel(taker.market);
          break;
        }
        case EventKind.Fill:
          this.#fill(event, nowMs);
          break;
        case EventKind.Prevented:
          this.#countLevel(event.market);
          for (const id of [event.makerOrderId, event.takerOrderId]) {
            const order = this.orders.get(id)!;
            order.preventedLots += event.lots;
            this.#touch(order, nowMs);
          }
          if (event.makerDone) this.#complete(this.orders.get(event.makerOrderId)!);
          break;
        case EventKind.Canceled: {
          const order = this.orders.get(event.orderId)!;
          const wasResting = order !== taker;
          if (wasResting) this.#countLevel(order.market);
          order.status = statusOf(event.reason);
          this.#touch(order, nowMs);
          break;
        }
        case EventKind.BalanceMoved:
          this.accountUpdatedMs.set(event.account, nowMs);
          break;
        default:
          break;
      }
    }
    if (taker !== undefined && !isResting && isOpenStatus(taker.status)) this.#complete(taker);
  }

  #accept(
    command: Command,
    text: string,
    event: Extract<EngineEvent, { kind: typeof EventKind.Accepted }>,
    nowMs: number,
  ): Mutable<HistoryOrder> {
    if (command.kind !== CommandKind.Place && command.kind !== CommandKind.Replace) {
      throw new Error("only orders are accepted");
    }
    const isByQuote = command.orderType === OrderType.MarketByQuote;
    const order: Mutable<HistoryOrder> = {
      serial: this.orders.size + 1,
      orderId: event.orderId,
      account: command.account,
      market: command.market,
      side: command.side,
      orderType: command.orderType,
      selfTrade: command.selfTrade,
      priceTicks: command.priceTicks,
      lots: isByQuote ? 0 : Number(command.quantity),
      quoteQuanta: isByQuote ? command.quantity : 0n,
      clientOrderId: command.clientOrderId,
      text,
      executedLots: 0,
      executedQuanta: 0n,
      preventedLots: 0,
      status: OrderStatus.New,
      createdMs: nowMs,
      updatedMs: nowMs,
    };
    this.orders.set(order.orderId, order);
    this.accountUpdatedMs.set(order.account, nowMs);
    return order;
  }

  #fill(event: Extract<EngineEvent, { kind: typeof EventKind.Fill }>, nowMs: number): void {
    const maker = this.orders.get(event.makerOrderId)!;
    const taker = this.orders.get(event.takerOrderId)!;
    const { tickLotQuanta } = this.#engine.market(event.market).terms;
    const quanta = BigInt(event.priceTicks) * BigInt(event.lots) * tickLotQuanta;
    const before = this.trades.findLast(({ market }) => market === event.market);
    const isSame =
      before?.takerOrderId === event.takerOrderId && before.priceTicks === event.priceTicks;
    this.trades.push({
      market: event.market,
      tradeId: event.tradeId,
      aggregateId: (before?.aggregateId ?? 0) + (isSame ? 0 : 1),
      priceTicks: event.priceTicks,
      lots: event.lots,
      quanta,
      takerSide: event.takerSide,
      timeMs: nowMs,
      takerOrderId: event.takerOrderId,
      makerOrderId: event.makerOrderId,
      takerAccount: taker.account,
      makerAccount: maker.account,
      takerFeeQuanta: event.takerFeeQuanta,
      makerFeeQuanta: event.makerRebate ? -event.makerFeeQuanta : event.makerFeeQuanta,
    });
    this.#countLevel(event.market);
    for (const order of [maker, taker]) {
      order.executedLots += event.lots;
      order.executedQuanta += quanta;
      order.status = OrderStatus.PartiallyFilled;
      this.#touch(order, nowMs);
    }
    if (event.makerDone) this.#complete(maker);
  }

  #complete(order: Mutable<HistoryOrder>): void {
    order.status = order.preventedLots > 0 ? OrderStatus.ExpiredInMatch : OrderStatus.Filled;
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
  if (reason <= CancelReason.Replaced) return OrderStatus.Canceled;
  const bySelf: readonly CancelReason[] = [
    CancelReason.SelfTradeTaker,
    CancelReason.SelfTradeMaker,
    CancelReason.SelfTradeBoth,
  ];
  return bySelf.includes(reason) ? OrderStatus.ExpiredInMatch : OrderStatus.Expired;
}
