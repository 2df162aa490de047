import type { Order } from "ccxt";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Client } from "./src/ccxt-client.ts";
import { type CcxtVenue, clearBooks, openCcxtVenue } from "./src/ccxt-venue.ts";
import { countUnknownRoutes } from "./src/node-metrics.ts";
import { Watched } from "./src/watched.ts";

// Orders that wait for a price, and icebergs, through unmodified ccxt: in its own words for them.

const cleanup = new AsyncDisposableStack();
let venue: CcxtVenue;
let alice: Client;
let bob: Client;

beforeAll(async () => {
  venue = cleanup.use(await openCcxtVenue());
  ({ alice, bob } = venue);
});
afterAll(() => cleanup.disposeAsync());

const BTC = "BTC/USD";
afterEach(() => clearBooks([alice, bob], [BTC]));

/** Both trade with each other, so that the last price is another. */
async function trade(price: number): Promise<void> {
  await alice.createOrder(BTC, "limit", "sell", 0.01, price, { postOnly: true });
  await bob.createOrder(BTC, "limit", "buy", 0.01, price, { timeInForce: "IOC" });
}

const find = ({ id }: Order): Promise<Order> => alice.fetchOrder(id!, BTC);

test("a stop loss at the market waits, and sells when its price has come", async () => {
  await trade(60_000);
  const before = Date.now();
  const params = { stopLossPrice: 59_000 };
  const order = await alice.createOrder(BTC, "market", "sell", 0.1, undefined, params);
  const known = { id: order.id, type: "market", side: "sell", triggerPrice: 59_000, amount: 0.1 };
  expect(order).toMatchObject({ ...known, status: "open", filled: 0, trades: [] });
  expect(order.timestamp).toBeGreaterThanOrEqual(before);
  expect(await find(order)).toMatchObject({ ...known, status: "open" });
  expect(await alice.fetchOpenOrders(BTC)).toMatchObject([known]);
  expect(await bob.fetchOrderBook(BTC)).toMatchObject({ bids: [], asks: [] });
  await bob.createOrder(BTC, "limit", "buy", 1, 58_500);
  await trade(59_000);
  expect(await find(order)).toMatchObject({ ...known, status: "closed", average: 58_500 });
  expect(await alice.fetchClosedOrders(BTC)).toContainEqual(expect.objectContaining(known));
});

test("a stop limit, by its trigger price, comes to rest; a take profit is cancelled while it waits", async () => {
  await trade(60_000);
  const stop = await alice.createOrder(BTC, "limit", "buy", 0.1, 60_500, { triggerPrice: 61_000 });
  expect(stop).toMatchObject({ type: "limit", price: 60_500, triggerPrice: 61_000 });
  const take = await alice.createOrder(BTC, "limit", "sell", 0.1, 61_900, {
    takeProfitPrice: 62_000,
  });
  expect(take).toMatchObject({ type: "limit", price: 61_900, triggerPrice: 62_000 });
  await trade(61_000);
  expect(await bob.fetchOrderBook(BTC)).toMatchObject({ bids: [[60_500, 0.1]], asks: [] });
  expect(await alice.cancelOrder(take.id!, BTC)).toMatchObject({ status: "canceled" });
  expect(await find(take)).toMatchObject({ status: "canceled", triggerPrice: 62_000 });
  await bob.createOrder(BTC, "market", "sell", 0.1);
  expect(await find(stop)).toMatchObject({ status: "closed", filled: 0.1, average: 60_500 });
});

test("an edited order becomes a stop, and its owner's stream tells how it goes on", async () => {
  await trade(60_000);
  const watched = new Watched<Order>(() => alice.watchOrders(BTC));
  const old = await alice.createOrder(BTC, "limit", "sell", 0.1, 65_000);
  const edited = await alice.editOrder(old.id!, BTC, "limit", "sell", 0.1, 58_000, {
    stopPrice: 59_000,
  });
  expect(edited).toMatchObject({ status: "open", triggerPrice: 59_000 });
  expect(await find(old)).toMatchObject({ status: "canceled" });
  const isEdited = ({ id }: Order): boolean => id === edited.id;
  const told = await watched.find(isEdited);
  expect(told).toMatchObject({ status: "open", triggerPrice: 59_000, price: 58_000 });
  await bob.createOrder(BTC, "limit", "buy", 0.1, 58_900);
  await trade(59_000);
  const closed = await watched.find((order) => isEdited(order) && order.status === "closed");
  expect(closed).toMatchObject({ type: "limit", triggerPrice: 59_000, filled: 0.1 });
});

test("a stop that trails by some percent follows the price, and its owner's stream says by how much", async () => {
  await trade(60_000);
  const watched = new Watched<Order>(() => alice.watchOrders(BTC));
  const params = { trailingPercent: 1, stopLossOrTakeProfit: "stopLoss" };
  const stop = await alice.createOrder(BTC, "market", "sell", 0.1, undefined, params);
  expect(stop).toMatchObject({ type: "market", status: "open" });
  expect(stop.info).toMatchObject({ type: "STOP_LOSS", trailingDelta: 100 });
  const told = await watched.find(({ id }) => id === stop.id);
  expect(told.info).toMatchObject({ o: "STOP_LOSS", d: 100 });
  const from = { ...params, stopLossOrTakeProfit: "takeProfit", trailingTriggerPrice: 62_000 };
  const take = await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000, from);
  expect(take).toMatchObject({ type: "limit", triggerPrice: 62_000, status: "open" });
  await bob.createOrder(BTC, "limit", "buy", 0.1, 58_000);
  await trade(61_500);
  await trade(60_885);
  expect(await find(stop)).toMatchObject({ status: "closed", average: 58_000 });
  await trade(62_500);
  await trade(61_875);
  expect(await bob.fetchOrderBook(BTC)).toMatchObject({ asks: [[61_000, 0.1]] });
  expect(await find(take)).toMatchObject({ status: "open", triggerPrice: 62_000 });
});

test("an iceberg shows its first part only", async () => {
  const params = { icebergAmount: 0.2 };
  const order = await alice.createOrder(BTC, "limit", "sell", 1, 61_000, params);
  expect(order).toMatchObject({ status: "open", amount: 1, remaining: 1 });
  expect(order.info).toMatchObject({ icebergQty: "0.20000000" });
  expect(await bob.fetchOrderBook(BTC)).toMatchObject({ asks: [[61_000, 0.2]] });
  await bob.createOrder(BTC, "market", "buy", 0.1);
  expect(await bob.fetchOrderBook(BTC)).toMatchObject({ asks: [[61_000, 0.1]] });
  await bob.createOrder(BTC, "limit", "buy", 0.5, 61_000);
  expect(await find(order)).toMatchObject({ status: "open", filled: 0.6, remaining: 0.4 });
});

test("an order is good till a date, rests unseen, follows the best price, or waits for it: what ccxt has no words for it passes on", async () => {
  await trade(60_000);
  const goodTillDate = Date.now() + 60_000;
  const till = { timeInForce: "GTD", goodTillDate, isHidden: true };
  const hidden = await alice.createOrder(BTC, "limit", "buy", 0.1, 59_000, till);
  expect(hidden).toMatchObject({ status: "open", timeInForce: "GTD" });
  expect((await find(hidden)).info).toMatchObject(till);
  expect(await bob.fetchOrderBook(BTC)).toMatchObject({ bids: [] });
  await bob.createOrder(BTC, "limit", "buy", 0.1, 58_000);
  const peg = { pegPriceType: "PRIMARY_PEG", pegOffsetType: "PRICE_TICK", pegOffsetValue: 1 };
  const params = { postOnly: true, ...peg };
  const pegged = await alice.createOrder(BTC, "limit", "buy", 0.2, 59_500, params);
  expect((await find(pegged)).info).toMatchObject(peg);
  expect((await bob.fetchOrderBook(BTC)).bids).toHaveLength(2);
  const quote = { stopLossPrice: 57_000, workingType: "BEST_QUOTE" };
  const stop = await alice.createOrder(BTC, "market", "sell", 0.1, undefined, quote);
  expect((await find(stop)).info).toMatchObject({ workingType: "BEST_QUOTE" });
  await bob.cancelAllOrders(BTC);
  expect(await find(pegged)).toMatchObject({ status: "open", filled: 0, price: 59_500 });
});

test("of a pair one order ends when the other trades", async () => {
  await trade(60_000);
  const list = await alice.privatePostOrderListOco({
    symbol: "BTCUSD",
    side: "SELL",
    quantity: "0.1",
    aboveType: "LIMIT_MAKER",
    abovePrice: "61000",
    belowType: "STOP_LOSS",
    belowStopPrice: "59000",
  });
  const [take, stop] = (list["orders"] as { readonly orderId: number }[]).map(({ orderId }) =>
    String(orderId),
  );
  expect(await alice.fetchOpenOrders(BTC)).toMatchObject([
    { id: take, type: "limit", price: 61_000 },
    { id: stop, type: "market", triggerPrice: 59_000 },
  ]);
  await bob.createOrder(BTC, "market", "buy", 0.1);
  expect(await alice.fetchOrder(take!, BTC)).toMatchObject({ status: "closed" });
  expect(await alice.fetchOrder(stop!, BTC)).toMatchObject({ status: "expired" });
});

test("nothing is asked for that the node does not have", async () => {
  const { traffic, node } = venue;
  expect(traffic.answers.filter(({ status }) => status >= 400)).toEqual([]);
  expect(await countUnknownRoutes(node.origin)).toBe(0);
});
