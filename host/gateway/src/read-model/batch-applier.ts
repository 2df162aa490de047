import type { AuctionView } from "@rialto/engine";
import { EventKind, EventOffset, type Side } from "@rialto/protocol";
import type { ExecutedBatch } from "../exchange-port.ts";
import { BatchCursor } from "./batch-cursor.ts";
import type { ExchangeState } from "./exchange-state.ts";
import { OrderEvents } from "./order-events.ts";
import { OrderKeeper } from "./order-keeper.ts";
import { TradeEvents } from "./trade-events.ts";

/**
 * Walks the bytes of executed batches and changes the state accordingly. It knows the events of all commands there are,
 * whoever has sent them: a member must not end by what another's trader may do.
 *
 * Budget: one order record, one map entry and one dirty mark for a place; reports only for accounts that
 * somebody follows.
 */
export class BatchApplier {
  readonly #state: ExchangeState;
  readonly #cursor = new BatchCursor();
  readonly #keeper: OrderKeeper;
  readonly #orders: OrderEvents;
  readonly #trades: TradeEvents;

  constructor(state: ExchangeState) {
    this.#state = state;
    this.#keeper = new OrderKeeper(state, this.#cursor);
    this.#orders = new OrderEvents(state, this.#cursor, this.#keeper);
    this.#trades = new TradeEvents(state, this.#cursor, this.#keeper);
  }

  apply(batch: ExecutedBatch): void {
    const cursor = this.#cursor;
    cursor.open(batch);
    const { events } = cursor;
    for (let at = 0; at < events.byteLength; at += events.getUint8(at + EventOffset.size) * 8) {
      if (!cursor.isOfCommand(at)) {
        this.#keeper.endCommand();
        cursor.advanceTo(at);
      }
      this.#applyEvent(at);
    }
    this.#keeper.endCommand();
    cursor.close();
  }

  #applyEvent(at: number): void {
    const { events } = this.#cursor;
    switch (events.getUint8(at) as EventKind) {
      case EventKind.Accepted:
        this.#orders.accepted(at);
        break;
      case EventKind.Fill:
        this.#trades.filled(at);
        break;
      case EventKind.Canceled:
        this.#orders.canceled(at);
        break;
      case EventKind.Prevented:
        this.#trades.prevented(at);
        break;
      case EventKind.Amended:
        this.#orders.amended(at);
        break;
      case EventKind.Shown:
        this.#orders.shown(at);
        break;
      case EventKind.Triggered:
        this.#orders.triggered(at);
        break;
      case EventKind.Declined:
        this.#orders.declined(at);
        break;
      case EventKind.Auctioned:
        this.#trades.auctioned(at);
        break;
      case EventKind.Pegged:
        this.#orders.pegged(at);
        break;
      case EventKind.BalanceMoved:
        this.#balanceMoved(at);
        break;
      case EventKind.Transferred:
        this.#transferred(at);
        break;
      case EventKind.MarketListed:
        this.#state.addMarket(events.getUint32(at + 8, true));
        break;
      case EventKind.MarketStateSet:
        // What one that begins would trade is told next.
        this.#changeAuction(events.getUint32(at + 8, true), undefined);
        break;
      case EventKind.Indicative:
        this.#indicated(at);
        break;
      case EventKind.Rejected:
      case EventKind.CanceledAll:
      case EventKind.AccountOpened:
      case EventKind.AssetAdded:
      case EventKind.TradingSet:
      case EventKind.AccountStateSet:
      case EventKind.MarketGuardSet:
      case EventKind.MarketChanged:
      case EventKind.FeeTierSet:
      case EventKind.AccountFeesSet:
      case EventKind.DeadlineSet:
      case EventKind.DeadlinePassed:
      case EventKind.ProtectionSet:
      case EventKind.ProtectionTripped:
        break;
    }
  }

  #indicated(at: number): void {
    const { events } = this.#cursor;
    const priceTicks = events.getUint32(at + EventOffset.fillPriceTicks, true);
    const auction = {
      priceTicks,
      lots: events.getBigUint64(at + 16, true),
      surplusSide: events.getUint8(at + EventOffset.a) as Side,
      surplusLots: events.getBigUint64(at + 24, true),
    };
    // A price of 0 is none: nothing would trade.
    const index = events.getUint32(at + EventOffset.fillMarket, true);
    this.#changeAuction(index, priceTicks === 0 ? undefined : auction);
  }

  #changeAuction(index: number, auction: AuctionView | undefined): void {
    const market = this.#state.market(index);
    this.#state.tellMarket(market);
    market.changeAuction(auction);
  }

  #balanceMoved(at: number): void {
    const { events } = this.#cursor;
    const quanta = events.getBigUint64(at + 16, true);
    const isOut = events.getUint8(at + EventOffset.a) === 1;
    const account = events.getUint32(at + 8, true);
    const asset = events.getUint32(at + 12, true);
    // Collected fees are no account's.
    if (account !== 0) this.#balanceChanged(account, asset, isOut ? -quanta : quanta);
  }

  #transferred(at: number): void {
    const { events } = this.#cursor;
    const asset = events.getUint32(at + 16, true);
    const quanta = events.getBigUint64(at + 24, true);
    this.#balanceChanged(events.getUint32(at + 8, true), asset, -quanta);
    this.#balanceChanged(events.getUint32(at + 12, true), asset, quanta);
  }

  /** Quanta have come to an account from outside its orders, or gone from it where they are below 0. */
  #balanceChanged(account: number, asset: number, quanta: bigint): void {
    const { nowMs } = this.#cursor;
    this.#state.touchAccount(account, nowMs);
    if (!this.#state.isWatched(account)) return;
    this.#state.report(account, { kind: "balance", asset, quanta, timeMs: nowMs }, [asset]);
  }
}
