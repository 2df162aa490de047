import { getSafeU64 } from "@rialto/base";
import {
  CancelReason,
  CommandOffset,
  decodeExpiry,
  EventOffset,
  OrderType,
  PegKind,
  TriggerKind,
  TriggerSource,
} from "@rialto/protocol";
import { NOT_WORKING, OrderFlag, OrderStatus } from "@rialto/storage";
import { cancelTextOf } from "../auth/client-order-id.ts";
import type { BatchCursor } from "./batch-cursor.ts";
import type { ExchangeState } from "./exchange-state.ts";
import type { OrderKeeper } from "./order-keeper.ts";
import { OrderRecord } from "./order-record.ts";

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

/** Where the note of a command says what its cancel is called: a replacement's says first what the new order is. */
const CANCEL_TEXT_PLACES: Readonly<Partial<Record<CancelReason, number>>> = {
  [CancelReason.Requested]: 0,
  [CancelReason.Replaced]: 1,
};

/** Where a `Pegged` says to what price its order has moved. */
const PEGGED_TICKS_OFFSET = 24;

/** What an order with terms beyond a plain one's was asked to be, as bits of `OrderFlag`. */
function flagsAt(terms: DataView, from: number): number {
  const isHidden = terms.getUint8(from + CommandOffset.isHidden) === 1;
  const isProtected = terms.getUint8(from + CommandOffset.isProtected) === 1;
  const source = terms.getUint8(from + CommandOffset.triggerSource);
  return (
    (isHidden ? OrderFlag.Hidden : 0) |
    (isProtected ? OrderFlag.Protected : 0) |
    (source === TriggerSource.BestQuote ? OrderFlag.BestQuote : 0)
  );
}

/** Books the events of one order: it comes, changes, moves or ends. */
export class OrderEvents {
  readonly #state: ExchangeState;
  readonly #cursor: BatchCursor;
  readonly #keeper: OrderKeeper;
  /** Those of the list that the command has begun to place. */
  #list: OrderRecord[] = [];

  constructor(state: ExchangeState, cursor: BatchCursor, keeper: OrderKeeper) {
    this.#state = state;
    this.#cursor = cursor;
    this.#keeper = keeper;
  }

  #restingLots(at: number): number {
    return getSafeU64(this.#cursor.events, at + EventOffset.restingLots);
  }

  #findOpen(at: number): OrderRecord {
    return this.#keeper.findOpen(getSafeU64(this.#cursor.events, at + EventOffset.orderId));
  }

  accepted(at: number): void {
    const { events } = this.#cursor;
    const order = this.#read(getSafeU64(events, at + EventOffset.orderId));
    const waits = events.getUint8(at + EventOffset.a) === 1;
    if (waits) this.#keeper.endTaker();
    else this.#keeper.begin(order, this.#restingLots(at));
    this.#state.orders.add(order);
    this.#keeper.touch(order);
    if (this.#keeper.isWatched(order)) this.#keeper.report(order, "NEW");
  }

  /** The order that the command has placed next. */
  #read(orderId: number): OrderRecord {
    const { commands: terms, nowMs, hasExtras } = this.#cursor;
    const from = this.#cursor.takeTerms();
    const orderType = terms.getUint8(from + CommandOffset.orderType);
    const quantity = terms.getBigUint64(from + CommandOffset.quantity, true);
    const isByQuote = orderType === OrderType.MarketByQuote;
    const { listKind } = this.#cursor;
    if (listKind !== 0 && from === this.#cursor.commandAt) this.#list = [];
    const names = listKind === 0 ? undefined : this.#cursor.namesOf(from);
    const order = new OrderRecord({
      serial: ++this.#state.orderSerial,
      orderId,
      account: terms.getUint32(from + CommandOffset.account, true),
      market: terms.getUint32(from + CommandOffset.market, true),
      side: terms.getUint8(from + CommandOffset.side),
      orderType,
      selfTrade: terms.getUint8(from + CommandOffset.selfTrade),
      priceTicks: terms.getUint32(from + CommandOffset.priceTicks, true),
      lots: isByQuote ? 0 : Number(quantity),
      quoteQuanta: isByQuote ? quantity : 0n,
      clientOrderId: terms.getBigUint64(from + CommandOffset.clientOrderId, true),
      text: names?.text ?? this.#cursor.textAt(0),
      executedLots: 0,
      executedQuanta: 0n,
      preventedLots: 0,
      status: OrderStatus.New,
      createdMs: nowMs,
      updatedMs: nowMs,
      // Field by field: a spread costs as much as all the rest.
      triggerKind: hasExtras ? terms.getUint8(from + CommandOffset.trigger) : TriggerKind.None,
      triggerTicks: hasExtras ? terms.getUint32(from + CommandOffset.triggerTicks, true) : 0,
      trailBasisPoints: hasExtras
        ? terms.getUint32(from + CommandOffset.trailBasisPoints, true)
        : 0,
      displayLots: hasExtras ? this.#displayLots(from, quantity) : 0,
      expiresMs: hasExtras ? decodeExpiry(terms, from + CommandOffset.expiresMs) : 0,
      pegKind: hasExtras ? terms.getUint8(from + CommandOffset.peg) : PegKind.None,
      pegTicks: hasExtras ? terms.getUint32(from + CommandOffset.pegTicks, true) : 0,
      flags: hasExtras ? flagsAt(terms, from) : 0,
      waitedMs: NOT_WORKING,
      listId: listKind === 0 ? 0 : (this.#list[0]?.orderId ?? orderId),
      listKind,
      listText: names?.listText ?? "",
    });
    if (listKind === 0) return order;
    order.list = this.#list;
    order.list.push(order);
    if (order.list.length === 1) this.#keeper.beginList(order.list);
    return order;
  }

  /** No order shows more than it has. */
  #displayLots(from: number, quantity: bigint): number {
    const lots = this.#cursor.commands.getBigUint64(from + CommandOffset.displayLots, true);
    return Number(lots < quantity ? lots : quantity);
  }

  /** An order that waited comes to the book as if it had been accepted now. */
  triggered(at: number): void {
    const order = this.#findOpen(at);
    this.#keeper.begin(order, this.#restingLots(at));
    this.#keeper.touch(order);
    if (this.#keeper.isWatched(order)) this.#keeper.report(order, "NEW");
  }

  /** The order has other lots left than before and, unless it stays where it is, comes again at another price. */
  amended(at: number): void {
    const { commands: terms, commandAt, events } = this.#cursor;
    const keeper = this.#keeper;
    const order = this.#findOpen(at);
    const quantity = Number(terms.getBigUint64(commandAt + CommandOffset.quantity, true));
    order.lots = order.executedLots + order.preventedLots + quantity;
    const isKept = events.getUint8(at + EventOffset.a) === 1;
    if (isKept) {
      keeper.show(order, order.priceTicks, quantity);
    } else {
      keeper.show(order, order.shownTicks, 0);
      order.isResting = false;
      order.priceTicks = terms.getUint32(commandAt + CommandOffset.priceTicks, true);
      keeper.begin(order, this.#restingLots(at));
    }
    keeper.touch(order);
    if (keeper.isWatched(order)) keeper.report(order, "REPLACED");
  }

  shown(at: number): void {
    this.#keeper.showPart(this.#findOpen(at), this.#restingLots(at));
  }

  /** Only where the order stands is another, and with it what it reserves: there is no report for that. */
  pegged(at: number): void {
    const order = this.#findOpen(at);
    const priceTicks = this.#cursor.events.getUint32(at + PEGGED_TICKS_OFFSET, true);
    const lots = this.#restingLots(at);
    this.#keeper.show(order, priceTicks, lots);
    order.isResting = lots > 0;
    const state = this.#state;
    if (order.isResting) this.#keeper.come(order);
    state.touchAccount(order.account, this.#cursor.nowMs);
    if (!this.#keeper.isWatched(order)) return;
    const { baseAsset, quoteAsset } = state.market(order.market).facts;
    state.noteAssets(order.account, [baseAsset, quoteAsset]);
  }

  /** An order was refused when it was to come, or to move, to a place in the book. */
  declined(at: number): void {
    const order = this.#findOpen(at);
    order.status = OrderStatus.Expired;
    this.#keeper.touch(order);
    if (this.#keeper.isWatched(order)) this.#keeper.report(order, "EXPIRED");
    this.#keeper.end(order);
  }

  canceled(at: number): void {
    const reason = this.#cursor.events.getUint8(at + EventOffset.a) as CancelReason;
    const order = this.#findOpen(at);
    order.status = STATUS_BY_REASON[reason];
    this.#keeper.touch(order);
    if (this.#keeper.isWatched(order)) {
      const isRequested = order.status === OrderStatus.Canceled;
      const cancelText = isRequested ? this.#cancelText(at, reason) : "";
      this.#keeper.report(order, isRequested ? "CANCELED" : "EXPIRED", { cancelText });
    }
    this.#keeper.end(order);
  }

  /** What came due before a cancel is not what it asks for, and has no text of its own. */
  #cancelText(at: number, reason: CancelReason): string {
    const place = CANCEL_TEXT_PLACES[reason];
    const text = place === undefined ? "" : this.#cursor.textAt(place);
    return text === ""
      ? cancelTextOf(this.#cursor.events.getUint32(at + EventOffset.command, true))
      : text;
  }
}
