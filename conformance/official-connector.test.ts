import { Spot, SpotRestAPI, SpotWebsocketAPI } from "@binance/spot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiKey } from "./src/accounts.ts";
import { countUnknownRoutes, untilMetric } from "./src/node-metrics.ts";
import { openVenue, type Venue } from "./src/venue.ts";

// A second client that nobody here wrote: the upstream venue's own connector, unmodified. It sends what ccxt does not:
// orders in the query of a POST that has no body, a JSON content type, ids that are texts, and it logs on.

const symbol = "BTCUSD";
const { BUY, SELL } = SpotRestAPI.NewOrderSideEnum;
const { LIMIT, MARKET } = SpotRestAPI.NewOrderTypeEnum;
const { GTC } = SpotRestAPI.NewOrderTimeInForceEnum;
const { IOC } = SpotWebsocketAPI.OrderPlaceTimeInForceEnum;

const cleanup = new AsyncDisposableStack();
let venue: Venue;
let alice: Spot;
let bob: Spot;

function createConnector(origin: string, { apiKey, secret }: ApiKey): Spot {
  const isPem = secret.includes("PRIVATE KEY");
  const credentials = { apiKey, ...(isPem ? { privateKey: secret } : { apiSecret: secret }) };
  const sockets = origin.replace(/^http/, "ws");
  return new Spot({
    configurationRestAPI: { ...credentials, basePath: origin },
    configurationWebsocketAPI: { ...credentials, wsURL: `${sockets}/ws-api/v3` },
    configurationWebsocketStreams: { wsURL: sockets },
  });
}

beforeAll(async () => {
  venue = cleanup.use(await openVenue());
  alice = createConnector(venue.node.origin, venue.aliceKey);
  bob = createConnector(venue.node.origin, venue.bobKey);
});
afterAll(() => cleanup.disposeAsync());

/** The data of an answer that is awaited. */
async function dataOf<Data>(answer: Promise<{ data(): Promise<Data> }>): Promise<Data> {
  return await (await answer).data();
}

describe("REST", () => {
  test("an order rests, is found, fills, and both sides see the fill", async () => {
    const answer = await alice.restAPI.newOrder({
      symbol,
      side: SELL,
      type: LIMIT,
      timeInForce: GTC,
      quantity: 0.5,
      price: 61_000,
    });
    const sell = await answer.data();
    expect(sell).toMatchObject({ symbol, status: "NEW", price: "61000.00000000", side: "SELL" });
    // The node counts weight and orders in headers; the connector reads them.
    expect(answer.rateLimits).toEqual(
      expect.arrayContaining([expect.objectContaining({ rateLimitType: "ORDERS", count: 1 })]),
    );
    const orderId = Number(sell.orderId);
    expect(await dataOf(alice.restAPI.getOpenOrders({ symbol }))).toMatchObject([{ orderId }]);
    const depth = await dataOf(bob.restAPI.depth({ symbol }));
    expect(depth).toMatchObject({ bids: [], asks: [["61000.00000000", "0.50000000"]] });

    const buy = await dataOf(
      bob.restAPI.newOrder({ symbol, side: BUY, type: MARKET, quantity: 0.2 }),
    );
    expect(buy).toMatchObject({
      status: "FILLED",
      executedQty: "0.20000000",
      cummulativeQuoteQty: "12200.00000000",
      fills: [{ price: "61000.00000000", commission: "0.00015000", commissionAsset: "BTC" }],
    });
    expect(await dataOf(alice.restAPI.getOrder({ symbol, orderId }))).toMatchObject({
      status: "PARTIALLY_FILLED",
      executedQty: "0.20000000",
    });
    const [fill] = await dataOf(alice.restAPI.myTrades({ symbol }));
    expect(fill).toMatchObject({ orderId, commission: "2.44000000", isMaker: true });
    const { balances } = await dataOf(bob.restAPI.getAccount());
    const row = { asset: "BTC", free: "10.19985000", locked: "0.00000000" };
    expect(balances).toContainEqual(row);
    await alice.restAPI.deleteOpenOrders({ symbol });
    expect(await dataOf(alice.restAPI.getOpenOrders({ symbol }))).toEqual([]);
  });

  test("what is refused is an error with the code", async () => {
    await expect(bob.restAPI.depth({ symbol: "XYZ" })).rejects.toThrow("Invalid symbol.");
    const poor = bob.restAPI.newOrder({ symbol, side: SELL, type: MARKET, quantity: 50 });
    await expect(poor).rejects.toThrow("Account has insufficient balance for requested action.");
    await expect(poor).rejects.toMatchObject({ code: -2010 });
  });
});

test("the WebSocket API logs on, tells of the account, and trades", async () => {
  const { websocketAPI } = bob;
  const connection = await websocketAPI.connect();
  cleanup.defer(() => connection.disconnect());
  const [logon] = await connection.sessionLogon();
  expect(logon!.data).toMatchObject({ apiKey: venue.bobKey.apiKey });
  const events: object[] = [];
  const { stream } = await connection.userDataStreamSubscribe();
  stream.on("message", (event: object) => void events.push(event));
  const placed = await connection.orderPlace({
    symbol,
    side: SpotWebsocketAPI.OrderPlaceSideEnum.BUY,
    type: SpotWebsocketAPI.OrderPlaceTypeEnum.LIMIT,
    timeInForce: IOC,
    quantity: 0.1,
    price: 60_000,
  });
  const { orderId, clientOrderId } = placed.data;
  expect(placed.data).toMatchObject({ symbol, status: "EXPIRED", executedQty: "0.00000000" });
  await expect.poll(() => events.length).toBe(3);
  expect(events).toMatchObject([
    { e: "executionReport", s: symbol, i: Number(orderId), c: clientOrderId, X: "NEW" },
    { e: "executionReport", i: Number(orderId), x: "EXPIRED", X: "EXPIRED" },
    { e: "outboundAccountPosition" },
  ]);
});

test("a list of orders is told of, traded, and found among all lists", async () => {
  const connection = await alice.websocketAPI.connect();
  cleanup.defer(() => connection.disconnect());
  const events: Record<string, unknown>[] = [];
  const { stream } = await connection.userDataStreamSubscribeSignature();
  stream.on("message", (event: object) => void events.push(event as Record<string, unknown>));
  const aboveType = SpotRestAPI.OrderListOcoAboveTypeEnum.LIMIT_MAKER;
  const belowType = SpotRestAPI.OrderListOcoBelowTypeEnum.STOP_LOSS;
  const side = SpotRestAPI.OrderListOcoSideEnum.SELL;
  const pair = { symbol, side, quantity: 0.1, aboveType, belowType };
  const prices = { abovePrice: 63_000, belowStopPrice: 50_000 };
  const placed = await dataOf(
    alice.restAPI.orderListOco({ ...pair, ...prices, listClientOrderId: "connector-list" }),
  );
  const orderListId = Number(placed.orderListId);
  const legs = placed.orders!.map(({ orderId }) => ({ s: symbol, i: Number(orderId) }));
  await bob.restAPI.newOrder({ symbol, side: BUY, type: MARKET, quantity: 0.1 });
  const told = (): object[] => events.filter(({ e }) => e === "listStatus");
  await expect.poll(() => told().length).toBe(2);
  const list = { s: symbol, g: orderListId, c: "OCO", C: "connector-list", O: legs };
  expect(told()).toMatchObject([
    { ...list, l: "EXEC_STARTED", L: "EXECUTING" },
    { ...list, l: "ALL_DONE", L: "ALL_DONE" },
  ]);
  const known = { orderListId, contingencyType: "OCO", listOrderStatus: "ALL_DONE" };
  expect(await dataOf(alice.restAPI.allOrderList({ limit: 1 }))).toMatchObject([known]);
  expect((await connection.allOrderLists({ fromId: orderListId })).data).toMatchObject([known]);
  const [fill] = await dataOf(alice.restAPI.myTrades({ symbol, limit: 1 }));
  expect(fill).toMatchObject({ orderListId, price: "63000.00000000" });
});

test("market streams tell of trades", async () => {
  const connection = await alice.websocketStreams.connect();
  cleanup.defer(() => connection.disconnect());
  const trades: object[] = [];
  connection
    .trade({ symbol: symbol.toLowerCase() })
    .on("message", (event) => void trades.push(event));
  await untilMetric(venue.node.origin, "rialto_ws_streams", {}, 1);
  const limit = { symbol, type: LIMIT, timeInForce: GTC, quantity: 0.1, price: 61_500 };
  await alice.restAPI.newOrder({ ...limit, side: SELL });
  await bob.restAPI.newOrder({ ...limit, side: BUY });
  await expect.poll(() => trades.length).toBe(1);
  const trade = { e: "trade", s: symbol, p: "61500.00000000", q: "0.10000000", m: false };
  expect(trades).toMatchObject([trade]);
});

test("nothing is asked for that the node does not have", async () => {
  const { traffic, node } = venue;
  expect(traffic.routes()).toContain("POST /api/v3/order");
  expect(traffic.answers.filter(({ status }) => status === 404)).toEqual([]);
  expect(await countUnknownRoutes(node.origin)).toBe(0);
});
