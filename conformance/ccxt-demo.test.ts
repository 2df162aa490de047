import type { OrderBook, Ticker, Trade } from "ccxt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, createClient } from "./src/ccxt-client.ts";
import { countUnknownRoutes } from "./src/node-metrics.ts";
import { startTestNode, type TestNode } from "./src/test-node.ts";
import { recordTraffic, type Traffic } from "./src/traffic.ts";
import { Watched } from "./src/watched.ts";

// The node of `npm start`, as a newcomer's unmodified client sees it.

const BTC = "BTC/USD";

const cleanup = new AsyncDisposableStack();
let node: TestNode;
let traffic: Traffic;
let client: Client;

beforeAll(async () => {
  node = cleanup.use(await startTestNode({ flags: ["--demo"] }));
  traffic = cleanup.use(recordTraffic(node.origin));
  client = await createClient(node.origin, { ...node.demo });
  cleanup.defer(() => client.close());
  await client.loadMarkets();
});
afterAll(() => cleanup.disposeAsync());

test("shows a market that moves", async () => {
  const books = new Watched<OrderBook>(() => client.watchOrderBook(BTC));
  const trades = new Watched<Trade>(() => client.watchTrades(BTC));
  const tickers = new Watched<Ticker>(() => client.watchTicker(BTC));
  const first = await books.find(({ bids, asks }) => bids.length > 5 && asks.length > 5);
  expect(first.bids[0]![0]).toBeLessThan(first.asks[0]![0]!);
  const moved = await books.find(({ bids }) => bids[0]![0] !== first.bids[0]![0]);
  expect(moved.nonce).toBeGreaterThan(first.nonce!);
  const trade = await trades.find(() => true);
  expect(trade).toMatchObject({ symbol: BTC });
  await trades.find(({ id }) => Number(id) > Number(trade.id));
  await tickers.find(({ last, baseVolume }) => last! > 0 && baseVolume! > 0);
  const candles = await client.fetchOHLCV(BTC, "1m");
  expect(candles.at(-1)![5]).toBeGreaterThan(0);
});

test("trades with the demo account, whose key it shows", async () => {
  const before = await client.fetchBalance();
  const order = await client.createOrder(BTC, "market", "buy", 0.01);
  expect(order).toMatchObject({ status: "closed", filled: 0.01, remaining: 0 });
  const { bid, ask } = await client.fetchTicker(BTC);
  expect(order.average).toBeGreaterThan(bid! * 0.9);
  expect(order.average).toBeLessThan(ask! * 1.1);
  const after = await client.fetchBalance();
  expect(after["BTC"]!.total! - before["BTC"]!.total!).toBeCloseTo(0.01 - order.fee!.cost!, 8);
  expect(before["USD"]!.total! - after["USD"]!.total!).toBeCloseTo(order.cost!, 8);
  expect(await client.fetchMyTrades(BTC)).toMatchObject([{ order: order.id, amount: 0.01 }]);
});

test("is asked for nothing that it does not have", async () => {
  expect(traffic.answers.filter(({ status }) => status === 404)).toEqual([]);
  expect(await countUnknownRoutes(node.origin)).toBe(0);
});

test("would have counted it", async () => {
  const sockets = node.origin.replace(/^http/, "ws");
  expect((await fetch(`${node.origin}/api/v3/nothing`)).status).toBe(404);
  expect(traffic.answers.filter(({ status }) => status === 404)).toMatchObject([
    { method: "GET", path: "/api/v3/nothing" },
  ]);
  expect(await countUnknownRoutes(node.origin)).toBe(1);
  const closed = await new Promise((resolve) => {
    const socket = new WebSocket(`${sockets}/nowhere`);
    socket.addEventListener("close", () => resolve(true));
  });
  expect(closed).toBe(true);
  expect(await countUnknownRoutes(node.origin)).toBe(2);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = new WebSocket(`${sockets}/ws-api/v3`);
    socket.addEventListener("error", () => reject(new Error("no connection")));
    socket.addEventListener("open", () => socket.send('{"id":1,"method":"nothing"}'));
    socket.addEventListener("message", ({ data }) => {
      socket.close();
      resolve(String(data));
    });
  });
  expect(JSON.parse(answer)).toMatchObject({ id: 1, status: 404 });
  expect(await countUnknownRoutes(node.origin)).toBe(3);
});
