import {
  type AccountIndex,
  CommandKind,
  type MarketIndex,
  OrderType,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import type { Params, Reply } from "../testing/test-client.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const PATH = "/api/v3/order/amend/keepPriority";
const BOB = 2 as AccountIndex;

function amend(params: Params, who = world.alice): Promise<Reply> {
  return who.signed("PUT", PATH, { symbol: "BTCUSD", ...params });
}

/** Bob buys what is offered at 100, whatever the gateway is doing. */
function buy(quantity: bigint): void {
  world.exchange.run([
    {
      kind: CommandKind.Place,
      market: 0 as MarketIndex,
      account: BOB,
      side: Side.Buy,
      orderType: OrderType.ImmediateOrCancel,
      selfTrade: SelfTrade.Allow,
      priceTicks: 10_000,
      quantity,
      clientOrderId: 0n,
    },
  ]);
}

const COIN = 10_000n;

test("an order that is made smaller keeps its place, and counts what it has traded", async () => {
  const { body: logged } = await world.alice.signed("POST", "/api/v3/userDataStream");
  const socket = await world.connect(`/ws/${logged.listenKey}`);
  const orderId = await world.alice.rest("BTCUSD", "SELL", "100", "5");
  await world.bob.rest("BTCUSD", "SELL", "100", "5");
  buy(1n * COIN);
  const { status, body } = await amend({ orderId, newQty: "3" });
  expect([status, body.msg]).toEqual([200, undefined]);
  const { clientOrderId } = body.amendedOrder;
  expect(body).toEqual({
    transactTime: expect.any(Number),
    amendedOrder: {
      symbol: "BTCUSD",
      orderId,
      orderListId: -1,
      origClientOrderId: clientOrderId,
      clientOrderId: expect.any(String),
      price: "100.00000000",
      qty: "3.00000000",
      executedQty: "1.00000000",
      preventedQty: "0.00000000",
      quoteOrderQty: "0.00000000",
      cumulativeQuoteQty: "100.00000000",
      status: "PARTIALLY_FILLED",
      timeInForce: "GTC",
      type: "LIMIT",
      side: "SELL",
      workingTime: expect.any(Number),
      selfTradePreventionMode: "EXPIRE_TAKER",
    },
  });
  const report = await socket.next(({ x }) => x === "REPLACED");
  expect(report).toMatchObject({ q: "3.00000000", z: "1.00000000", X: "PARTIALLY_FILLED" });
  // It was there before the other one, and still is.
  buy(2n * COIN);
  const done = await world.alice.signed("GET", "/api/v3/order", { symbol: "BTCUSD", orderId });
  expect(done.body).toMatchObject({ status: "FILLED", origQty: "3.00000000" });
});

test("by its client order id, over the WebSocket API", async () => {
  const socket = await world.connect("/ws-api/v3");
  const terms = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC", price: "99" };
  await world.alice.order({ ...terms, quantity: "2", newClientOrderId: "mine" });
  const params = { symbol: "BTCUSD", origClientOrderId: "mine", newQty: "1.5" };
  const method = "order.amend.keepPriority";
  const named = { ...params, newClientOrderId: "mine" };
  const { result } = await socket.ask({ method, params: world.alice.socketParams(named) });
  expect(result.amendedOrder).toMatchObject({ clientOrderId: "mine", qty: "1.50000000" });
});

test("what it trades while it is amended is not given back", async () => {
  const orderId = await world.alice.rest("BTCUSD", "SELL", "100", "5");
  let meanwhile = 2;
  world.exchange.delay = async () => {
    if (meanwhile-- > 0) buy(1n * COIN);
  };
  const { body } = await amend({ orderId, newQty: "3" });
  expect(body.amendedOrder).toMatchObject({ qty: "3.00000000", executedQty: "2.00000000" });
  const { body: book } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  expect(book.asks).toEqual([["100.00000000", "1.00000000"]]);
});

test("one that has traded as much meanwhile is refused, and so is one that trades again and again", async () => {
  const first = await world.alice.rest("BTCUSD", "SELL", "100", "5");
  world.exchange.delay = async () => buy(4n * COIN);
  const late = await amend({ orderId: first, newQty: "3" });
  expect([late.status, late.body]).toEqual([400, { code: -1013, msg: "Invalid quantity." }]);
  world.exchange.delay = undefined;
  buy(1n * COIN);
  const second = await world.alice.rest("BTCUSD", "SELL", "100", "50");
  world.exchange.delay = async () => buy(COIN / 10n);
  const busy = await amend({ orderId: second, newQty: "30" });
  expect([busy.status, busy.body.code, busy.body.msg]).toEqual([
    400,
    -2010,
    "The order has changed meanwhile.",
  ]);
});

test("what is no smaller, not there, or not meant is refused", async () => {
  const orderId = await world.alice.rest("BTCUSD", "BUY", "99", "2");
  const stop = {
    symbol: "BTCUSD",
    side: "SELL",
    type: "STOP_LOSS",
    stopPrice: "90",
    quantity: "2",
  };
  const { body: waiting } = await world.alice.order(stop);
  const unknown = [-2011, "Unknown order sent."];
  const rows: readonly (readonly [Params, readonly unknown[]])[] = [
    [{ orderId, newQty: "3" }, [-2038, "Order amend (quantity increase) is not supported."]],
    [{ orderId, newQty: "2" }, [-2038, "The requested action would change no state; rejecting."]],
    [{ orderId, newQty: "0" }, [-1013, "Invalid quantity."]],
    [{ orderId, newQty: "0.00005" }, [-1013, "Filter failure: LOT_SIZE"]],
    [
      { orderId, newQty: "1", newClientOrderId: "other" },
      [-2038, "The client order id of an order stays what it is."],
    ],
    [{ orderId: waiting.orderId, newQty: "1" }, [-2010, "The order cannot be amended."]],
    [{ orderId: 77, newQty: "1" }, unknown],
    [{ orderId, symbol: "ETHUSD", newQty: "1" }, unknown],
    [{ orderId, origClientOrderId: "none", newQty: "1" }, unknown],
    [{ origClientOrderId: "none", newQty: "1" }, unknown],
    [
      { newQty: "1" },
      [-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"],
    ],
  ];
  for (const [params, expected] of rows) {
    const { status, body } = await amend(params);
    expect([status, body.code, body.msg]).toEqual([400, ...expected]);
  }
  const other = await amend({ orderId, newQty: "1" }, world.bob);
  expect([other.body.code, other.body.msg]).toEqual(unknown);
});
