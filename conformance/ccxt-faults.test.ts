import { OrderNotFound } from "ccxt";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Client } from "./src/ccxt-client.ts";
import { type CcxtVenue, clearBooks, openCcxtVenue } from "./src/ccxt-venue.ts";

// What the earlier design got wrong, looked for from where its users saw it: through an unmodified client. Each test
// begins with empty books.

const BTC = "BTC/USD";
const DOGE = "DOGE/USD";

const cleanup = new AsyncDisposableStack();
let venue: CcxtVenue;
let alice: Client;
let bob: Client;

beforeAll(async () => {
  venue = cleanup.use(await openCcxtVenue());
  ({ alice, bob } = venue);
});
afterAll(() => cleanup.disposeAsync());
afterEach(() => clearBooks([alice, bob], [BTC, DOGE]));

type Levels = readonly (readonly [price: number, amount: number])[];

async function expectBook(symbol: string, bids: Levels, asks: Levels): Promise<void> {
  expect(await bob.fetchOrderBook(symbol)).toMatchObject({ bids, asks });
}

test("an immediate-or-cancel order that was filled is not booked again", async () => {
  await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
  const full = await bob.createOrder(BTC, "limit", "buy", 0.1, 61_000, { timeInForce: "IOC" });
  expect(full).toMatchObject({ status: "closed", filled: 0.1, remaining: 0 });
  await expectBook(BTC, [], []);

  await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
  const part = await bob.createOrder(BTC, "limit", "buy", 0.3, 61_000, { timeInForce: "IOC" });
  expect(part).toMatchObject({ status: "expired", filled: 0.1, remaining: 0.2 });
  await expectBook(BTC, [], []);

  expect(await bob.fetchOpenOrders(BTC)).toEqual([]);
  expect((await bob.fetchBalance())["USD"]!.used).toBe(0);
  // Nothing of either is there to trade with.
  const sell = await alice.createOrder(BTC, "limit", "sell", 0.1, 60_000);
  expect(sell).toMatchObject({ status: "open", filled: 0 });
});

test("a fill-or-kill order that cannot be filled whole moves nothing", async () => {
  await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
  await alice.createOrder(BTC, "limit", "sell", 0.1, 61_500);
  const trades = (await bob.fetchMyTrades(BTC)).length;
  const before = await bob.fetchBalance();
  // There is 0.2, but only half of it at the limit.
  const order = await bob.createOrder(BTC, "limit", "buy", 0.2, 61_000, { timeInForce: "FOK" });
  expect(order).toMatchObject({ status: "expired", filled: 0, remaining: 0.2, cost: 0 });
  expect(order.trades).toEqual([]);
  const asks = [
    [61_000, 0.1],
    [61_500, 0.1],
  ] as const;
  await expectBook(BTC, [], asks);
  expect(await bob.fetchMyTrades(BTC)).toHaveLength(trades);
  const after = await bob.fetchBalance();
  expect([after["total"], after["free"]]).toEqual([before["total"], before["free"]]);

  const whole = await bob.createOrder(BTC, "limit", "buy", 0.2, 61_500, { timeInForce: "FOK" });
  expect(whole).toMatchObject({ status: "closed", filled: 0.2, cost: 12_250 });
  await expectBook(BTC, [], []);
});

test("only its owner can cancel, replace or see an order", async () => {
  const order = await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
  const { clientOrderId } = order;
  const id = order.id!;
  const byClientId = { clientOrderId: clientOrderId! };
  await expect(bob.cancelOrder(id, BTC)).rejects.toThrow(OrderNotFound);
  await expect(bob.cancelOrder("", BTC, byClientId)).rejects.toThrow(OrderNotFound);
  await expect(bob.fetchOrder(id, BTC)).rejects.toThrow(OrderNotFound);
  await expect(bob.cancelAllOrders(BTC)).rejects.toThrow(OrderNotFound);
  const stolen = bob.editOrder(id, BTC, "limit", "sell", 0.1, 60_000);
  await expect(stolen).rejects.toThrow("Order cancel-replace failed.");
  expect(await alice.fetchOrder(id, BTC)).toMatchObject({ status: "open", remaining: 0.1 });
  await expectBook(BTC, [], [[61_000, 0.1]]);
  expect(await bob.fetchOpenOrders(BTC)).toEqual([]);

  expect(await alice.cancelOrder(id, BTC)).toMatchObject({ status: "canceled" });
  await expect(alice.cancelOrder(id, BTC)).rejects.toThrow(OrderNotFound);
});

test("a limit order that crosses trades at once, and only its rest is booked", async () => {
  await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
  const order = await bob.createOrder(BTC, "limit", "buy", 0.3, 61_200);
  expect(order).toMatchObject({ status: "open", filled: 0.1, remaining: 0.2, average: 61_000 });
  expect(order.trades).toMatchObject([{ price: 61_000, amount: 0.1 }]);
  await expectBook(BTC, [[61_200, 0.2]], []);
  // And the other way round, into what has been booked.
  const sell = await alice.createOrder(BTC, "limit", "sell", 0.2, 60_000);
  expect(sell).toMatchObject({ status: "closed", filled: 0.2, average: 61_200 });
  await expectBook(BTC, [], []);
});

test("the best price is fresh after its level has emptied, by trade and by cancel", async () => {
  const best = await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
  await alice.createOrder(BTC, "limit", "sell", 0.1, 61_100);
  await alice.createOrder(BTC, "limit", "sell", 0.1, 61_200);
  const bid = await alice.createOrder(BTC, "limit", "buy", 0.1, 60_000);
  await alice.createOrder(BTC, "limit", "buy", 0.1, 59_000);
  const quote = async (): Promise<unknown> => {
    const { [BTC]: ticker } = await bob.fetchBidsAsks([BTC]);
    const { bid: left, ask: right } = await bob.fetchTicker(BTC);
    expect([ticker!.bid, ticker!.ask]).toEqual([left, right]);
    return [left, right];
  };
  expect(await quote()).toEqual([60_000, 61_000]);
  await alice.cancelOrder(best.id!, BTC);
  expect(await quote()).toEqual([60_000, 61_100]);
  const taken = await bob.createOrder(BTC, "market", "buy", 0.1);
  expect(taken.average).toBe(61_100);
  expect(await quote()).toEqual([60_000, 61_200]);
  await alice.cancelOrder(bid.id!, BTC);
  expect(await quote()).toEqual([59_000, 61_200]);
  // The next one to come meets the price that is shown.
  expect((await bob.createOrder(BTC, "market", "sell", 0.1)).average).toBe(59_000);
  expect((await bob.createOrder(BTC, "market", "buy", 0.1)).average).toBe(61_200);
  await expectBook(BTC, [], []);
});

test("0.29 is priced exactly, where a tick is 0.01", async () => {
  const order = await alice.createOrder(DOGE, "limit", "sell", 100, 0.29);
  expect(order).toMatchObject({ price: 0.29, amount: 100 });
  await expectBook(DOGE, [], [[0.29, 100]]);
  // 0.28 is below the only offer, whatever 0.29 becomes in binary.
  const low = await bob.createOrder(DOGE, "limit", "buy", 100, 0.28);
  expect(low).toMatchObject({ status: "open", filled: 0, price: 0.28 });
  await expectBook(DOGE, [[0.28, 100]], [[0.29, 100]]);
  const taken = await bob.createOrder(DOGE, "limit", "buy", 100, 0.29);
  expect(taken).toMatchObject({ status: "closed", filled: 100, cost: 29, average: 0.29 });
  expect((await bob.fetchMyTrades(DOGE)).at(-1)).toMatchObject({ price: 0.29, cost: 29 });
  const [made] = await alice.fetchMyTrades(DOGE);
  expect(made!.fee).toEqual({ currency: "USD", cost: 0.0058 });
});
