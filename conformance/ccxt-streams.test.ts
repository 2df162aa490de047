import type { Balances, Order, OrderBook, Trade } from "ccxt";
import { InsufficientFunds } from "ccxt";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "./src/ccxt-client.ts";
import { type CcxtVenue, clearBooks, openCcxtVenue } from "./src/ccxt-venue.ts";
import { countUnknownRoutes, untilMetric } from "./src/node-metrics.ts";
import { Watched } from "./src/watched.ts";

// Unmodified ccxt over WebSockets: market streams, the stream of an account, orders through the WebSocket API.

const BTC = "BTC/USD";
const ETH = "ETH/USD";
const ANSWERS = "rialto_http_request_duration_seconds_count";
const STREAMS = "rialto_ws_streams";

const cleanup = new AsyncDisposableStack();
let venue: CcxtVenue;
let alice: Client;
let bob: Client;

beforeAll(async () => {
  venue = cleanup.use(await openCcxtVenue());
  ({ alice, bob } = venue);
});
afterAll(() => cleanup.disposeAsync());
afterEach(() => clearBooks([alice, bob], [BTC]));

describe("market streams", () => {
  test("an order book that is watched stays equal to the node's", async () => {
    await alice.createOrder(BTC, "limit", "sell", 0.5, 61_000);
    const watched = new Watched<OrderBook>(() => bob.watchOrderBook(BTC));
    expect(await watched.find(() => true)).toMatchObject({ bids: [], asks: [[61_000, 0.5]] });
    const resting: string[] = [];
    for (let step = 0; step < 10; step++) {
      const bid = await bob.createOrder(BTC, "limit", "buy", 0.01 + step / 100, 60_000 + step);
      const ask = await alice.createOrder(BTC, "limit", "sell", 0.02, 61_000 - step * 2);
      resting.push(bid.id!);
      if (step % 3 === 0) await bob.cancelOrder(resting.shift()!, BTC);
      if (step % 4 === 0) await bob.createOrder(BTC, "market", "buy", 0.03);
      if (step % 5 === 0) await alice.fetchOrder(ask.id!, BTC);
    }
    const { nonce, bids, asks } = await alice.fetchOrderBook(BTC, 1_000);
    expect(bids.length).toBeGreaterThan(3);
    const last = await watched.find((book) => book.nonce === nonce);
    expect(last).toMatchObject({ symbol: BTC, bids, asks });
    // Every state on the way there was a book: sorted, and nowhere crossed.
    expect(watched.items.length).toBeGreaterThan(5);
    for (const book of watched.items) {
      const prices = [...book.bids.toReversed(), ...book.asks].map(([price]) => price!);
      expect(prices).toEqual([...new Set(prices)].sort((left, right) => left - right));
    }
  });

  test("trades, ticker and candle come as they happen", async () => {
    const trades = new Watched<Trade>(() => bob.watchTrades(ETH));
    const tickers = new Watched(() => bob.watchTicker(ETH));
    const candles = new Watched(async () => [await bob.watchOHLCV(ETH, "1m")]);
    await untilMetric(venue.node.origin, STREAMS, {}, 4);
    await alice.createOrder(ETH, "limit", "sell", 1, 2_500);
    await bob.createOrder(ETH, "limit", "buy", 0.4, 2_500);
    await bob.createOrder(ETH, "limit", "buy", 0.6, 2_500);
    await alice.createOrder(ETH, "limit", "buy", 1, 2_490);
    await bob.createOrder(ETH, "market", "sell", 1);
    await trades.find(({ price }) => price === 2_490);
    const known = await alice.fetchTrades(ETH);
    const facts = ({ symbol, timestamp, price, amount, cost, side }: Trade): object => {
      return { symbol, timestamp, price, amount, cost, side };
    };
    expect(trades.items.map(facts)).toEqual(known.map(facts));
    expect(known.map(({ amount, side }) => [amount, side])).toEqual([
      [0.4, "buy"],
      [0.6, "buy"],
      [1, "sell"],
    ]);
    const ticker = await tickers.find(({ baseVolume }) => baseVolume === 2);
    expect(ticker).toMatchObject({ symbol: ETH, open: 2_500, high: 2_500, low: 2_490 });
    expect(ticker).toMatchObject({ last: 2_490, quoteVolume: 4_990 });
    const closes = candles.find((rows) => rows.at(-1)![4] === 2_490);
    expect((await closes).at(-1)![0]! % 60_000).toBe(0);
  });
});

describe("the stream of an account", () => {
  interface Watches {
    readonly orders: Watched<Order>;
    readonly fills: Watched<Trade>;
    readonly balances: Watched<Balances>;
  }
  let maker: Watches;
  let taker: Watches;

  function watch(client: Client): Watches {
    return {
      orders: new Watched(() => client.watchOrders()),
      fills: new Watched(() => client.watchMyTrades()),
      balances: new Watched(() => client.watchBalance()),
    };
  }

  beforeAll(async () => {
    maker = watch(alice);
    taker = watch(bob);
    const labels = { route: "userDataStream.subscribe.signature", status: "200" };
    await untilMetric(venue.node.origin, ANSWERS, labels, 2);
  });

  test("tells the life of an order, fill by fill, to both sides", async () => {
    const sell = await alice.createOrder(BTC, "limit", "sell", 0.5, 61_000);
    const isSell = ({ id }: Order): boolean => id === sell.id;
    // ccxt joins what comes at once, so each event is waited for.
    await maker.orders.find(isSell);
    const buy = await bob.createOrder(BTC, "limit", "buy", 0.2, 61_000);
    await maker.orders.find((order) => isSell(order) && order.filled === 0.2);
    await alice.cancelOrder(sell.id!, BTC);
    await maker.orders.find((order) => isSell(order) && order.status === "canceled");

    const life = maker.orders.items.filter(isSell);
    expect(life.map(({ status, filled, remaining }) => [status, filled, remaining])).toEqual([
      ["open", 0, 0.5],
      ["open", 0.2, 0.3],
      ["canceled", 0.2, 0.3],
    ]);
    const { clientOrderId, timestamp } = sell;
    const terms = { symbol: BTC, type: "limit", side: "sell", price: 61_000, amount: 0.5 };
    for (const order of life) expect(order).toMatchObject({ ...terms, clientOrderId, timestamp });
    expect(life[1]).toMatchObject({ cost: 12_200, average: 61_000 });

    const bought = await taker.orders.find(
      ({ id, status }) => id === buy.id && status === "closed",
    );
    expect(bought).toMatchObject({ filled: 0.2, remaining: 0, cost: 12_200 });
    expect(bought.fee).toEqual({ currency: "BTC", cost: 0.00015 });
  });

  test("tells of each fill as the list of trades does", async () => {
    const sell = await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
    const buy = await bob.createOrder(BTC, "market", "buy", 0.1);
    const made = await maker.fills.find(({ order }) => order === sell.id);
    const taken = await taker.fills.find(({ order }) => order === buy.id);
    expect(made).toMatchObject({ side: "sell", takerOrMaker: "maker", price: 61_000, amount: 0.1 });
    expect(made.fee).toEqual({ currency: "USD", cost: 1.22 });
    expect(taken).toMatchObject({ side: "buy", takerOrMaker: "taker", cost: 6_100 });
    expect(taken.fee).toEqual({ currency: "BTC", cost: 0.000075 });
    for (const [client, fill] of [
      [alice, made],
      [bob, taken],
    ] as const) {
      const { id, order, timestamp, symbol, price, amount, cost, side, fee } = fill;
      const facts = { id, order, timestamp, symbol, price, amount, cost, side, fee };
      expect((await client.fetchMyTrades(BTC)).at(-1)).toMatchObject(facts);
    }
  });

  test("tells of every balance that moves, and of what is reserved", async () => {
    const before = await alice.fetchBalance();
    const order = await alice.createOrder(BTC, "limit", "buy", 0.5, 60_000);
    const reserved = await maker.balances.find(({ USD }) => USD!.used === 30_000);
    const { free } = before["USD"]!;
    const left = Number((free! - 30_000).toFixed(8));
    expect(reserved["USD"]).toEqual({ free: left, used: 30_000, total: free });
    await alice.cancelOrder(order.id!, BTC);
    const { items } = maker.balances;
    const from = items.indexOf(reserved);
    await maker.balances.find((balance) => items.indexOf(balance) > from);
    const after = await alice.fetchBalance();
    expect(items.at(-1)).toMatchObject({ USD: after["USD"], BTC: after["BTC"] });
    expect(after["USD"]).toEqual(before["USD"]);
  });
});

describe("orders through the WebSocket API", () => {
  for (const [kind, pick] of [
    ["HMAC", (): Client => alice],
    ["Ed25519", (): Client => bob],
  ] as const) {
    test(`are placed, found, replaced and cancelled with an ${kind} key`, async () => {
      const client = pick();
      const placed = await client.createOrderWs(BTC, "limit", "buy", 0.5, 60_000);
      expect(placed).toMatchObject({ symbol: BTC, status: "open", price: 60_000, amount: 0.5 });
      const { id } = placed;
      expect(await client.fetchOrderWs(id!, BTC)).toMatchObject({ id, status: "open" });
      expect(await client.fetchOpenOrdersWs(BTC)).toMatchObject([{ id, remaining: 0.5 }]);
      expect(await client.fetchOpenOrders(BTC)).toMatchObject([{ id }]);
      const edited = await client.editOrderWs(id!, BTC, "limit", "buy", 0.2, 60_100);
      expect(edited).toMatchObject({ status: "open", price: 60_100, amount: 0.2 });
      expect(await client.fetchOrder(id!, BTC)).toMatchObject({ status: "canceled" });
      const canceled = await client.cancelOrderWs(edited.id!, BTC);
      expect(canceled).toMatchObject({ id: edited.id, status: "canceled" });
      await client.createOrderWs(BTC, "limit", "buy", 0.1, 60_000);
      await client.cancelAllOrdersWs(BTC);
      expect(await client.fetchOpenOrders(BTC)).toEqual([]);
    });
  }

  test("trade, and are refused, as through REST", async () => {
    await alice.createOrderWs(BTC, "limit", "sell", 0.1, 61_000);
    const taken = await bob.createOrderWs(BTC, "limit", "buy", 0.1, 61_000, { timeInForce: "IOC" });
    expect(taken).toMatchObject({ status: "closed", filled: 0.1, cost: 6_100, average: 61_000 });
    expect(taken.fee).toEqual({ currency: "BTC", cost: 0.000075 });
    const fills = await bob.fetchMyTradesWs(BTC);
    expect(fills.at(-1)).toMatchObject({ order: taken.id, takerOrMaker: "taker", amount: 0.1 });
    const tooMuch = alice.createOrderWs(BTC, "limit", "sell", 100, 61_000);
    await expect(tooMuch).rejects.toThrow(InsufficientFunds);
  });
});

test("nothing is asked for that the node does not have", async () => {
  const { traffic, node } = venue;
  expect(traffic.answers.filter(({ status }) => status === 404)).toEqual([]);
  expect(await countUnknownRoutes(node.origin)).toBe(0);
});
