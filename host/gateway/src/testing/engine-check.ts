import type { OpenOrder } from "@rialto/engine";
import { type AccountIndex, type MarketIndex, Side, TriggerKind } from "@rialto/protocol";
import { expect } from "vitest";
import type { EngineReader } from "../exchange-port.ts";
import type { OrderRecord } from "../read-model/order-record.ts";
import type { GatewayReadModel } from "../read-model/read-model.ts";

const LEVELS_MAX = 65_536;

/** Holds everything that a read model and its engine both know against each other: levels and open orders. */
export function expectAsEngine(model: GatewayReadModel, engine: EngineReader): void {
  const counts = engine.counts();
  for (let market = 0; market < counts.markets; market++) {
    const { book } = model.market(market);
    for (const side of [Side.Buy, Side.Sell]) {
      const levels = engine.depth(market as MarketIndex, side, LEVELS_MAX);
      const known = levels.map(({ priceTicks }) => ({
        priceTicks,
        lots: book.lotsAt(side, priceTicks),
      }));
      expect(known).toEqual(levels);
      expect(book.count(side)).toBe(levels.length);
    }
  }
  let openCount = 0;
  for (let account = 1; account <= counts.accounts; account++) {
    const open = engine.openOrders(account as AccountIndex);
    openCount += open.length;
    const byId = new Map(open.map((order) => [order.orderId, order]));
    const known = model.openOrders(account).map((order) => ({
      orderId: order.orderId,
      market: order.market,
      side: order.side,
      account: order.account,
      left: order.remainingLots,
      shown: order.shownLots,
      waits: !order.isResting,
      clientOrderId: order.clientOrderId,
      displayLots: Math.min(order.displayLots, order.remainingLots),
      ...triggerKnown(order, byId.get(order.orderId)),
    }));
    expect(known.toSorted((left, right) => left.orderId - right.orderId)).toEqual(
      open
        .map(({ orderId, market, side, lots, hiddenLots, waits, clientOrderId, ...rest }) => ({
          orderId,
          market,
          side,
          account,
          left: lots + hiddenLots,
          shown: waits ? 0 : lots,
          waits,
          clientOrderId,
          displayLots: rest.displayLots,
          trigger: rest.trigger,
          triggerTicks: rest.follows ? 0 : rest.triggerTicks,
          trailBasisPoints: rest.trailBasisPoints,
        }))
        .toSorted((left, right) => left.orderId - right.orderId),
    );
  }
  expect(openCount).toBe(counts.openOrders);
}

/** What the model says that an order waits for, where the engine waits with it: a model still says so afterwards. */
function triggerKnown(order: OrderRecord, open: OpenOrder | undefined): object {
  const waits = open !== undefined && open.trigger !== TriggerKind.None;
  return {
    trigger: waits ? order.triggerKind : TriggerKind.None,
    triggerTicks: waits && !open.follows ? order.triggerTicks : 0,
    trailBasisPoints: waits ? order.trailBasisPoints : 0,
  };
}
