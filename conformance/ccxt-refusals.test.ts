import { generateKeyPairSync } from "node:crypto";
import {
  AuthenticationError,
  BadRequest,
  BadSymbol,
  DDoSProtection,
  ExchangeError,
  InsufficientFunds,
  InvalidNonce,
  InvalidOrder,
  MarketClosed,
  OrderImmediatelyFillable,
  OrderNotFound,
  PermissionDenied,
} from "ccxt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeKey } from "./src/accounts.ts";
import { type Client, type ClientConfig, createClient } from "./src/ccxt-client.ts";
import { type CcxtVenue, openCcxtVenue } from "./src/ccxt-venue.ts";
import { countUnknownRoutes } from "./src/node-metrics.ts";

// What the node refuses, and what unmodified ccxt makes of it: an error of the class that its users handle.

const BTC = "BTC/USD";

/** What the node lets through: more than the tests before the last ones need. */
const ORDERS_10S = 40;
const WEIGHT_1M = 2_000;
/** Of a book of 1,000 levels. */
const DEPTH_WEIGHT = 50;

const cleanup = new AsyncDisposableStack();
let venue: CcxtVenue;
let alice: Client;
let bob: Client;

beforeAll(async () => {
  const flags = ["--orders-10s", String(ORDERS_10S), "--request-weight", String(WEIGHT_1M)];
  venue = cleanup.use(await openCcxtVenue(flags));
  ({ alice, bob } = venue);
});
afterAll(() => cleanup.disposeAsync());

describe("an order is refused that", () => {
  const orders: readonly (readonly [
    what: string,
    place: () => Promise<unknown>,
    error: typeof ExchangeError,
    text: string,
  ])[] = [
    [
      "the account cannot pay, in quote",
      () => alice.createOrder(BTC, "limit", "buy", 20, 61_000),
      InsufficientFunds,
      "Account has insufficient balance for requested action.",
    ],
    [
      "the account cannot pay, in base",
      () => bob.createOrder(BTC, "limit", "sell", 10.00001, 61_000),
      InsufficientFunds,
      "Account has insufficient balance for requested action.",
    ],
    [
      "is priced above the market's range",
      () => alice.createOrder(BTC, "limit", "sell", 0.1, 1_000_000.01),
      InvalidOrder,
      "Filter failure: PRICE_FILTER",
    ],
    [
      "is larger than the market takes",
      () => alice.createOrder(BTC, "limit", "sell", 9_000.1, 61_000),
      InvalidOrder,
      "Filter failure: LOT_SIZE",
    ],
    [
      "is too far from the last price",
      () => alice.createOrder(BTC, "limit", "buy", 0.1, 5_999.99),
      InvalidOrder,
      "Filter failure: PERCENT_PRICE_BY_SIDE",
    ],
    [
      "is worth too little",
      () => alice.createOrder(BTC, "limit", "buy", 0.00001, 61_000),
      BadRequest,
      "Filter failure: NOTIONAL",
    ],
    [
      "waits for a price that has come",
      () => alice.createOrder(BTC, "market", "sell", 0.1, undefined, { stopLossPrice: 60_000 }),
      OrderImmediatelyFillable,
      "Order would trigger immediately.",
    ],
    [
      "is of a type that the node does not have",
      () => alice.createOrder(BTC, "limit", "sell", 0.1, 61_000, { pegPriceType: "PRIMARY_PEG" }),
      ExchangeError,
      "Pegged orders are not supported for this symbol.",
    ],
  ];
  test.for(orders)("%s", async ([, place, error, text]) => {
    const placed = place();
    await expect(placed).rejects.toThrow(error);
    await expect(placed).rejects.toThrow(text);
  });

  test("names itself as an open one does", async () => {
    const params = { clientOrderId: "twice" };
    const first = await alice.createOrder(BTC, "limit", "buy", 0.1, 60_000, params);
    const second = alice.createOrder(BTC, "limit", "buy", 0.1, 60_000, params);
    await expect(second).rejects.toThrow(InvalidOrder);
    expect(await alice.fetchOpenOrders(BTC)).toHaveLength(1);
    expect(await alice.cancelOrder(first.id!, BTC)).toMatchObject({ status: "canceled" });
  });

  test("comes while the market is halted, and is taken again afterwards", async () => {
    const resting = await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
    const set = (state: string): Promise<unknown> =>
      venue.operator.signed("POST", "/operator/market-state", { symbol: "BTCUSD", state });
    await set("HALT");
    const place = (): Promise<unknown> => bob.createOrder(BTC, "limit", "buy", 0.1, 61_000);
    await expect(place()).rejects.toThrow(MarketClosed);
    await bob.loadMarkets(true);
    expect(bob.market(BTC).active).toBe(false);
    await set("TRADING");
    await bob.loadMarkets(true);
    expect(bob.market(BTC).active).toBe(true);
    expect(await place()).toMatchObject({ status: "closed", filled: 0.1 });
    expect(await alice.fetchOrder(resting.id!, BTC)).toMatchObject({ status: "closed" });
  });
});

test("what there is not is not found", async () => {
  await expect(alice.cancelOrder("123456789", BTC)).rejects.toThrow(OrderNotFound);
  await expect(alice.fetchOrder("123456789", BTC)).rejects.toThrow(OrderNotFound);
  await expect(alice.cancelAllOrders(BTC)).rejects.toThrow(OrderNotFound);
  // ccxt itself knows no such market; the node is asked all the same.
  await expect(alice.fetchTicker("XYZ/USD")).rejects.toThrow(BadSymbol);
  const asked = alice.publicGetTicker24hr({ symbol: "XYZUSD" });
  await expect(asked).rejects.toThrow(BadSymbol);
  await expect(asked).rejects.toThrow("Invalid symbol.");
});

/** A client of its own, which knows the markets already. */
async function withClient(
  config: ClientConfig,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  const client = await createClient(venue.node.origin, config);
  try {
    client.setMarkets(alice.markets);
    await use(client);
  } finally {
    await client.close();
  }
}

describe("a request is refused that", () => {
  const noText = "b".repeat(64);

  test("is signed wrongly with HMAC", async () => {
    const { apiKey } = alice;
    await withClient({ apiKey, secret: noText }, async (client) => {
      const asked = client.fetchBalance();
      await expect(asked).rejects.toThrow(AuthenticationError);
      await expect(asked).rejects.toThrow("Signature for this request is not valid.");
    });
  });

  test("is signed wrongly with Ed25519", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const secret = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    await withClient({ apiKey: bob.apiKey, secret }, async (client) => {
      const asked = client.fetchBalance();
      await expect(asked).rejects.toThrow(AuthenticationError);
      await expect(asked).rejects.toThrow("Signature for this request is not valid.");
    });
  });

  test("names a key that nobody has given out", async () => {
    await withClient({ apiKey: "a".repeat(64), secret: noText }, async (client) => {
      await expect(client.fetchBalance()).rejects.toThrow(AuthenticationError);
      const placed = client.createOrder(BTC, "limit", "buy", 0.1, 61_000);
      await expect(placed).rejects.toThrow(AuthenticationError);
    });
  });

  test("would trade with a key that may only read", async () => {
    const key = await makeKey(venue.node, 104, "hmac", "read");
    await withClient({ ...key }, async (client) => {
      const placed = client.createOrder(BTC, "limit", "buy", 0.1, 61_000);
      await expect(placed).rejects.toThrow(PermissionDenied);
      expect((await client.fetchBalance())["total"]).toMatchObject({ USD: 0, BTC: 0 });
    });
  });

  test("is dated a minute back", async () => {
    const { apiKey, secret } = alice;
    // ccxt subtracts it from the time of each request.
    const options = { timeDifference: 60_000 };
    await withClient({ apiKey, secret, options }, async (client) => {
      await expect(client.fetchBalance()).rejects.toThrow(InvalidNonce);
    });
  });
});

test("nothing is asked for that the node does not have", async () => {
  const { traffic, node } = venue;
  expect(traffic.answers.filter(({ status }) => status === 404)).toEqual([]);
  expect(await countUnknownRoutes(node.origin)).toBe(0);
});

// Last, for afterwards nothing is left. Windows begin at whole tens of seconds and whole minutes, so one may turn while
// it is filled: twice the limit is more than goes through in any case.
describe("too much is refused", () => {
  async function flood(times: number, call: () => Promise<unknown>): Promise<void> {
    for (let count = 0; count < times; count++) await call();
  }

  test("of orders, to the account that sends them", async () => {
    const { apiKey, secret } = alice;
    await withClient({ apiKey, secret, enableRateLimit: false }, async (client) => {
      const orders = flood(2 * ORDERS_10S + 1, () =>
        client.createOrder(BTC, "limit", "buy", 0.001, 60_000),
      );
      await expect(orders).rejects.toThrow(DDoSProtection);
      await expect(orders).rejects.toThrow("Too many new orders");
    });
    const placed = await bob.createOrder(BTC, "limit", "buy", 0.1, 60_000);
    expect(placed).toMatchObject({ status: "open" });
  });

  test("of requests, by their weight", async () => {
    await withClient({ enableRateLimit: false }, async (client) => {
      const times = (2 * WEIGHT_1M) / DEPTH_WEIGHT + 1;
      const requests = flood(times, () => client.fetchOrderBook(BTC, 1_000));
      await expect(requests).rejects.toThrow(DDoSProtection);
      await expect(requests).rejects.toThrow("Too much request weight used");
    });
  });
});
