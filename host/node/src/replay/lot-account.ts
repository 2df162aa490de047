import { assert } from "@rialto/base";
import { type EngineEvent, EventKind, type OrderId, Side } from "@rialto/protocol";

/** What became of the lots of one side. */
export interface SideLots {
  placed: bigint;
  traded: bigint;
  canceled: bigint;
}

interface OpenOrder {
  readonly side: Side;
  lots: bigint;
}

/** Accounts for every lot of plain limit orders from events alone: what was placed has traded, was cancelled, or is left. */
export class LotAccount {
  readonly sides: readonly [SideLots, SideLots] = [
    { placed: 0n, traded: 0n, canceled: 0n },
    { placed: 0n, traded: 0n, canceled: 0n },
  ];
  readonly #open = new Map<OrderId, OpenOrder>();
  trades = 0;

  /** An order that was just accepted, with all its lots: its fills follow. */
  place(orderId: OrderId, side: Side, lots: bigint): void {
    this.#open.set(orderId, { side, lots });
    this.sides[side].placed += lots;
  }

  /** What is left of an order by this account; 0 for one that is not open. */
  lotsOf(orderId: OrderId): bigint {
    return this.#open.get(orderId)?.lots ?? 0n;
  }

  /** Lots of a side that are left. */
  resting(side: Side): bigint {
    let lots = 0n;
    for (const order of this.#open.values()) if (order.side === side) lots += order.lots;
    return lots;
  }

  /** Takes an event in. Others than those that move lots are passed over. */
  take(event: EngineEvent): void {
    if (event.kind === EventKind.Fill) {
      this.trades += 1;
      this.#trade(event.makerOrderId, BigInt(event.lots));
      this.#trade(event.takerOrderId, BigInt(event.lots));
    } else if (event.kind === EventKind.Auctioned) {
      this.trades += 1;
      this.#trade(event.buyOrderId, BigInt(event.lots));
      this.#trade(event.sellOrderId, BigInt(event.lots));
    } else if (event.kind === EventKind.Canceled) {
      assert(
        event.remaining === this.lotsOf(event.orderId),
        "a cancelled order has what is left of it",
      );
      this.#cancel(event.orderId, event.remaining);
    } else if (event.kind === EventKind.Amended && event.kept) {
      const { orderId, restingLots } = event;
      this.#cancel(orderId, this.lotsOf(orderId) - BigInt(restingLots));
    }
  }

  #trade(orderId: OrderId, lots: bigint): void {
    const order = this.#open.get(orderId);
    assert(order !== undefined, "who trades has an order");
    this.sides[order.side].traded += lots;
    this.#reduce(orderId, order, lots);
  }

  #cancel(orderId: OrderId, lots: bigint): void {
    const order = this.#open.get(orderId);
    assert(order !== undefined, "what is cancelled was open");
    this.sides[order.side].canceled += lots;
    this.#reduce(orderId, order, lots);
  }

  #reduce(orderId: OrderId, order: OpenOrder, lots: bigint): void {
    assert(lots <= order.lots, "no order loses more than it has");
    order.lots -= lots;
    if (order.lots === 0n) this.#open.delete(orderId);
  }
}
