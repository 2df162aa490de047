import {
  type AccountIndex,
  type MarketIndex,
  OrderType,
  PegKind,
  SelfTrade,
} from "@rialto/protocol";
import type { OpenOrder } from "@rialto/engine";
import { NOT_WORKING, OrderStatus } from "@rialto/storage";
import type { EngineReader } from "../exchange-port.ts";
import type { ExchangeState } from "./exchange-state.ts";
import { OrderRecord } from "./order-record.ts";

/**
 * Fills the state from the engine alone, where there is no history: the exchange goes on from a snapshot of others. Of
 * the open orders it knows what the engine tells: not how much of one had traded before, nor when it was accepted, nor when
 * it ends, what it is pegged to, or whether it was asked to be hidden or protected or to wait for the best quote; of
 * one that stands in a level not its type, nor what it had waited for; of a pegged order there not its own limit; and of
 * which list one is.
 *
 * Effects  all of it waits to be written.
 */
export function adopt(state: ExchangeState, engine: EngineReader, nowMs: number): void {
  state.engine = engine;
  const counts = engine.counts();
  for (let index = 0; index < counts.markets; index++) {
    const { tradeCount } = engine.market(index as MarketIndex);
    // No aggregate has more trades than one: ids that follow have not been given out.
    state.touchMarket(state.addMarket(index, undefined, tradeCount));
  }
  const open: OpenOrder[] = [];
  // Accounts count from 1.
  for (let account = 1; account <= counts.accounts; account++) {
    open.push(...engine.openOrders(account as AccountIndex));
  }
  for (const order of open.sort((left, right) => left.orderId - right.orderId)) {
    adoptOrder(state, order, nowMs);
  }
}

function adoptOrder(state: ExchangeState, open: OpenOrder, nowMs: number): void {
  const { orderId, account, market, side, priceTicks, clientOrderId } = open;
  const order = new OrderRecord({
    serial: ++state.orderSerial,
    orderId,
    account,
    market,
    side,
    orderType: open.terms?.orderType ?? OrderType.Limit,
    selfTrade: open.terms?.selfTrade ?? SelfTrade.Allow,
    priceTicks,
    lots: open.lots + open.hiddenLots,
    quoteQuanta: 0n,
    clientOrderId,
    text: "",
    executedLots: 0,
    executedQuanta: 0n,
    preventedLots: 0,
    status: OrderStatus.New,
    createdMs: nowMs,
    updatedMs: nowMs,
    triggerKind: open.trigger,
    // What one that follows the last price began with is not known any more.
    triggerTicks: open.follows ? 0 : open.triggerTicks,
    trailBasisPoints: open.trailBasisPoints,
    displayLots: open.displayLots,
    expiresMs: 0,
    pegKind: PegKind.None,
    pegTicks: 0,
    flags: 0,
    waitedMs: open.waits ? NOT_WORKING : 0,
    listId: 0,
    listKind: 0,
    listText: "",
  });
  state.restoreOrder(order, open);
  state.touchOrder(order);
}
