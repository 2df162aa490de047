import { type Order, OrderImmediatelyFillable } from "ccxt";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "./src/ccxt-client.ts";
import { type CcxtVenue, clearBooks, openCcxtVenue } from "./src/ccxt-venue.ts";
import { countUnknownRoutes } from "./src/node-metrics.ts";
import { FUNDS } from "./src/venue.ts";

// Two accounts trade with each other through unmodified ccxt.
// Fees: the maker pays 200, the taker 750 parts in a million of what it receives.

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
const ETH = "ETH/USD";

/** A fill moves the same amounts whatever it is called: exact, in hundred-millionths. */
type Quanta = Readonly<Record<string, bigint>>;

async function totals(client: Client): Promise<Quanta> {
  const { total } = await client.fetchBalance();
  const rows = Object.entries(total as unknown as Record<string, number>);
  return Object.fromEntries(rows.map(([asset, amount]) => [asset, toQuanta(amount)]));
}

function toQuanta(amount: number): bigint {
  return BigInt(Math.round(amount * 1e8));
}

/** An order, and what it added to and took from the totals of its account. */
async function movedBy(
  client: Client,
  place: () => Promise<Order>,
): Promise<readonly [order: Order, moved: Quanta]> {
  const before = await totals(client);
  const order = await place();
  const after = await totals(client);
  const rows = Object.entries(after).map(([asset, amount]) => [asset, amount - before[asset]!]);
  return [order, Object.fromEntries(rows.filter(([, amount]) => amount !== 0n)) as Quanta];
}

/** How an order stands: "closed: 0.2 filled, 0 left, cost 12200 at 61000". */
function standing({ status, filled, remaining, cost, average }: Order): string {
  const price = average === undefined ? "" : ` at ${average}`;
  return `${status}: ${filled} filled, ${remaining} left, cost ${cost}${price}`;
}

describe("markets", () => {
  test("are loaded with their steps, limits and state", () => {
    expect(alice.symbols).toEqual(["BTC/USD", "DOGE/USD", "ETH/USD"]);
    expect(alice.market(BTC)).toMatchObject({
      id: "BTCUSD",
      base: "BTC",
      quote: "USD",
      type: "spot",
      spot: true,
      margin: false,
      active: true,
      precision: { price: 0.01, amount: 0.00001 },
      limits: {
        price: { min: 0.01, max: 1_000_000 },
        amount: { min: 0.00001, max: 9_000 },
        market: { min: 0.00001, max: 9_000 },
        cost: { min: 5, max: 9_000_000 },
      },
    });
  });

  test("that nobody has traded in have no price, no trades, no candles", async () => {
    const ticker = await alice.fetchTicker(ETH);
    expect(ticker).toMatchObject({ symbol: ETH, baseVolume: 0, quoteVolume: 0 });
    const prices = ["last", "open", "high", "low", "bid", "ask"] as const;
    expect(prices.filter((field) => ticker[field] !== undefined)).toEqual([]);
    expect(await alice.fetchOrderBook(ETH)).toMatchObject({ symbol: ETH, bids: [], asks: [] });
    expect(await alice.fetchTrades(ETH)).toEqual([]);
    expect(await alice.fetchOHLCV(ETH, "1m")).toEqual([]);
  });

  test("say their fees to those who ask", async () => {
    expect(await alice.fetchTradingFee(BTC)).toMatchObject({ maker: 0.0002, taker: 0.00075 });
    const fees = await bob.fetchTradingFees();
    expect(Object.keys(fees).sort()).toEqual(alice.symbols);
  });
});

describe("orders", () => {
  afterEach(() => clearBooks([alice, bob], [BTC, ETH]));

  test("a limit order rests, is found in every list, reserves, and is cancelled", async () => {
    const before = Date.now();
    const placed = await alice.createOrder(BTC, "limit", "sell", 0.5, 61_000);
    expect(placed).toMatchObject({
      symbol: BTC,
      type: "limit",
      side: "sell",
      timeInForce: "GTC",
      postOnly: false,
      price: 61_000,
      amount: 0.5,
      status: "open",
      filled: 0,
      remaining: 0.5,
      cost: 0,
      trades: [],
      fees: [],
    });
    expect(placed.timestamp).toBeGreaterThanOrEqual(before);
    expect(placed.timestamp).toBeLessThanOrEqual(Date.now());
    expect(placed.datetime).toBe(new Date(placed.timestamp!).toISOString());
    const { clientOrderId, timestamp } = placed;
    const id = placed.id!;
    const known = { id, clientOrderId, timestamp, status: "open", price: 61_000, amount: 0.5 };
    expect(await alice.fetchOrder(id, BTC)).toMatchObject(known);
    const byClientId = { clientOrderId: clientOrderId! };
    expect(await alice.fetchOrder("", BTC, byClientId)).toMatchObject(known);
    expect(await alice.fetchOpenOrders(BTC)).toMatchObject([known]);
    expect(await bob.fetchOpenOrders(BTC)).toEqual([]);
    expect(await bob.fetchOrderBook(BTC)).toMatchObject({ bids: [], asks: [[61_000, 0.5]] });
    expect((await alice.fetchBalance())["BTC"]).toEqual({ free: 9.5, used: 0.5, total: 10 });

    expect(await alice.cancelOrder(id, BTC)).toMatchObject({ id, status: "canceled", filled: 0 });
    expect(await alice.fetchOrder(id, BTC)).toMatchObject({ id, status: "canceled" });
    expect(await alice.fetchOpenOrders(BTC)).toEqual([]);
    expect((await alice.fetchBalance())["BTC"]).toEqual({ free: 10, used: 0, total: 10 });
    expect(await bob.fetchOrderBook(BTC)).toMatchObject({ bids: [], asks: [] });
  });

  test("maker and taker pay their own fees out of what they receive, to the quantum", async () => {
    const sell = await alice.createOrder(BTC, "limit", "sell", 0.5, 61_000);
    // The limit is worse than the maker's price, and it is the maker's price that counts.
    const [bought, moved] = await movedBy(bob, () =>
      bob.createOrder(BTC, "limit", "buy", 0.2, 61_500),
    );
    expect(bought).toMatchObject({ price: 61_500, amount: 0.2, side: "buy" });
    expect(standing(bought)).toBe("closed: 0.2 filled, 0 left, cost 12200 at 61000");
    // 0.2 BTC * 0.00075
    expect(bought).toMatchObject({ fees: [{ currency: "BTC", cost: 0.00015 }] });
    expect(bought.trades).toMatchObject([
      { symbol: BTC, price: 61_000, amount: 0.2, cost: 12_200, fee: { cost: 0.00015 } },
    ]);
    expect(moved).toEqual({ BTC: 19_985_000n, USD: -1_220_000_000_000n });
    expect(standing(await alice.fetchOrder(sell.id!, BTC))).toBe(
      "open: 0.2 filled, 0.3 left, cost 12200 at 61000",
    );

    const [taken] = (await bob.fetchMyTrades(BTC)).slice(-1);
    const [made] = (await alice.fetchMyTrades(BTC)).slice(-1);
    const both = { symbol: BTC, price: 61_000, amount: 0.2, cost: 12_200, id: taken!.id! };
    expect(taken).toMatchObject({
      ...both,
      order: bought.id,
      side: "buy",
      takerOrMaker: "taker",
      fee: { currency: "BTC", cost: 0.00015 },
    });
    // 12,200 USD * 0.0002
    expect(made).toMatchObject({
      ...both,
      order: sell.id,
      side: "sell",
      takerOrMaker: "maker",
      fee: { currency: "USD", cost: 2.44 },
    });
    expect(made!.timestamp).toBe(taken!.timestamp);
  });

  test("fees are rounded up, never down", async () => {
    await alice.createOrder(BTC, "limit", "sell", 0.00009, 60_000.01);
    const [bought, moved] = await movedBy(bob, () =>
      bob.createOrder(BTC, "limit", "buy", 0.00009, 60_000.01),
    );
    // 9,000 quanta * 0.00075 = 6.75, so 7; the buyer pays 5.4000009 USD.
    expect(bought.fee).toEqual({ currency: "BTC", cost: 0.00000007 });
    expect(moved).toEqual({ BTC: 9_000n - 7n, USD: -540_000_090n });
    const [made] = (await alice.fetchMyTrades(BTC)).slice(-1);
    // 540,000,090 quanta * 0.0002 = 108,000.018, so 108,001.
    expect(made!.fee).toEqual({ currency: "USD", cost: 0.00108001 });
  });

  test("a market order by quantity takes several prices in their order", async () => {
    await alice.createOrder(BTC, "limit", "sell", 0.2, 61_100);
    await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
    const order = await bob.createOrder(BTC, "market", "buy", 0.25);
    expect(order).toMatchObject({ type: "market", side: "buy", amount: 0.25 });
    // 0.1 * 61,000 + 0.15 * 61,100
    expect(standing(order)).toBe("closed: 0.25 filled, 0 left, cost 15265 at 61060");
    const fills = order.trades.map(({ price, amount, cost }) => ({ price, amount, cost }));
    expect(fills).toEqual([
      { price: 61_000, amount: 0.1, cost: 6_100 },
      { price: 61_100, amount: 0.15, cost: 9_165 },
    ]);
    expect(order.fee).toEqual({ currency: "BTC", cost: 0.0001875 });
  });

  test("a market order by cost spends no more than it says, in whole lots", async () => {
    await alice.createOrder(BTC, "limit", "sell", 0.2, 61_000);
    const order = await bob.createMarketBuyOrderWithCost(BTC, 1_000);
    // 1,000 / 61,000 = 0.016393..., so 1,639 lots.
    expect(standing(order)).toBe("closed: 0.01639 filled, 0 left, cost 999.79 at 61000");
  });

  test("a market sell takes the bids, and pays its fee in quote", async () => {
    const bid = await alice.createOrder(BTC, "limit", "buy", 0.1, 60_000);
    const order = await bob.createOrder(BTC, "market", "sell", 0.1);
    expect(standing(order)).toBe("closed: 0.1 filled, 0 left, cost 6000 at 60000");
    expect(order.fee).toEqual({ currency: "USD", cost: 4.5 });
    expect(await alice.fetchOrder(bid.id!, BTC)).toMatchObject({ status: "closed", filled: 0.1 });
    const [made] = (await alice.fetchMyTrades(BTC)).slice(-1);
    expect(made).toMatchObject({ side: "buy", fee: { currency: "BTC", cost: 0.00002 } });
  });

  test("a market order that meets nobody expires", async () => {
    const order = await bob.createOrder(BTC, "market", "buy", 0.1);
    expect(standing(order)).toBe("expired: 0 filled, 0.1 left, cost 0");
  });

  test("an immediate-or-cancel order takes what there is, and the rest expires", async () => {
    await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
    const order = await bob.createOrder(BTC, "limit", "buy", 0.3, 61_000, { timeInForce: "IOC" });
    expect(order).toMatchObject({ timeInForce: "IOC", price: 61_000, amount: 0.3 });
    expect(standing(order)).toBe("expired: 0.1 filled, 0.2 left, cost 6100 at 61000");
    expect(standing(await bob.fetchOrder(order.id!, BTC))).toBe(standing(order));
  });

  test("a fill-or-kill order is filled whole", async () => {
    await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000);
    await alice.createOrder(BTC, "limit", "sell", 0.2, 61_010);
    const order = await bob.createOrder(BTC, "limit", "buy", 0.3, 61_010, { timeInForce: "FOK" });
    expect(order).toMatchObject({ timeInForce: "FOK", amount: 0.3 });
    // 0.1 * 61,000 + 0.2 * 61,010 = 18,302, and 18,302 / 0.3 = 61,006.66...
    expect(order).toMatchObject({ status: "closed", filled: 0.3, remaining: 0, cost: 18_302 });
    expect(order.average).toBeCloseTo(18_302 / 0.3, 6);
  });

  test("a post-only order rests, or is refused", async () => {
    const maker = await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000, { postOnly: true });
    expect(maker).toMatchObject({ status: "open", postOnly: true, type: "limit", price: 61_000 });
    const known = await alice.fetchOrder(maker.id!, BTC);
    expect(known).toMatchObject({ status: "open", postOnly: true });
    const crossing = bob.createOrder(BTC, "limit", "buy", 0.1, 61_000, { postOnly: true });
    await expect(crossing).rejects.toThrow(OrderImmediatelyFillable);
  });

  test("editing replaces an order at once: the old one ends, the new one rests", async () => {
    const old = await alice.createOrder(BTC, "limit", "sell", 0.5, 61_000);
    const edited = await alice.editOrder(old.id!, BTC, "limit", "sell", 0.2, 61_500);
    expect(edited).toMatchObject({ status: "open", price: 61_500, amount: 0.2, remaining: 0.2 });
    expect(edited.id).not.toBe(old.id);
    expect(await alice.fetchOrder(old.id!, BTC)).toMatchObject({ status: "canceled" });
    expect(await alice.fetchOpenOrders(BTC)).toMatchObject([{ id: edited.id }]);
    expect(await alice.fetchOrderBook(BTC)).toMatchObject({ asks: [[61_500, 0.2]] });
  });

  test("all orders of a market are cancelled together, and no others", async () => {
    const elsewhere = await alice.createOrder(ETH, "limit", "sell", 1, 2_600);
    const ids: string[] = [];
    for (const price of [61_000, 62_000, 63_000]) {
      ids.push((await alice.createOrder(BTC, "limit", "sell", 0.1, price)).id!);
    }
    const others = await bob.createOrder(BTC, "limit", "buy", 0.1, 59_000);
    const canceled = await alice.cancelAllOrders(BTC);
    expect(new Set(canceled.map(({ id }) => id))).toEqual(new Set(ids));
    expect(canceled.every(({ status }) => status === "canceled")).toBe(true);
    expect(await alice.fetchOpenOrders(BTC)).toEqual([]);
    expect(await alice.fetchOpenOrders(ETH)).toMatchObject([{ id: elsewhere.id }]);
    expect(await bob.fetchOpenOrders(BTC)).toMatchObject([{ id: others.id }]);
  });

  test("are listed by how they ended", async () => {
    const orders = await bob.fetchOrders(BTC);
    expect(orders.length).toBeGreaterThan(5);
    const times = orders.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((left, right) => left! - right!));
    const closed = await bob.fetchClosedOrders(BTC);
    expect(closed).toEqual(orders.filter(({ status }) => status === "closed"));
    expect(closed.length).toBeGreaterThan(3);
    const canceled = await bob.fetchCanceledOrders(BTC);
    expect(canceled).toEqual(orders.filter(({ status }) => status === "canceled"));
    expect(canceled.length).toBe(1);
    const [first] = closed;
    const fills = await bob.fetchOrderTrades(first!.id!, BTC);
    expect(fills.map(({ order }) => order)).toEqual([first!.id]);
  });

  test("that are only to be tested are not placed", async () => {
    await alice.createOrder(BTC, "limit", "sell", 0.1, 61_000, { test: true });
    expect(await alice.fetchOpenOrders(BTC)).toEqual([]);
  });
});

describe("what happened in a market", () => {
  // The only trades in this market: 1 ETH at 2,500, 2 at 2,520, then 1 at 2,490.
  beforeAll(async () => {
    for (const [price, amount] of [
      [2_500, 1],
      [2_520, 2],
      [2_490, 1],
    ] as const) {
      await alice.createOrder(ETH, "limit", "sell", amount, price);
      await bob.createOrder(ETH, "limit", "buy", amount, price);
    }
    await alice.createOrder(ETH, "limit", "sell", 3, 2_530);
    await bob.createOrder(ETH, "limit", "buy", 4, 2_480);
  });

  test("is in its trades", async () => {
    const trades = await alice.fetchTrades(ETH);
    expect(trades.map(({ price, amount, cost, side }) => [price, amount, cost, side])).toEqual([
      [2_500, 1, 2_500, "buy"],
      [2_520, 2, 5_040, "buy"],
      [2_490, 1, 2_490, "buy"],
    ]);
    expect(trades.every(({ symbol }) => symbol === ETH)).toBe(true);
    expect(trades.every(({ timestamp }) => Date.now() - timestamp! < 60_000)).toBe(true);
    const [, second] = trades;
    const later = await alice.fetchTrades(ETH, second!.timestamp, 1);
    expect(later).toMatchObject([{ id: second!.id }]);
  });

  test("is in its ticker", async () => {
    expect(await bob.fetchTicker(ETH)).toMatchObject({
      symbol: ETH,
      open: 2_500,
      high: 2_520,
      low: 2_490,
      last: 2_490,
      close: 2_490,
      change: -10,
      percentage: -0.4,
      baseVolume: 4,
      quoteVolume: 10_030,
      vwap: 2_507.5,
      bid: 2_480,
      bidVolume: 4,
      ask: 2_530,
      askVolume: 3,
    });
    const tickers = await bob.fetchTickers([ETH]);
    expect(tickers[ETH]).toMatchObject({ last: 2_490, quoteVolume: 10_030 });
    const best = await bob.fetchBidsAsks([ETH]);
    expect(best[ETH]).toMatchObject({ bid: 2_480, bidVolume: 4, ask: 2_530, askVolume: 3 });
    expect((await bob.fetchLastPrices([ETH]))[ETH]).toMatchObject({ price: 2_490 });
  });

  test("is in its candles", async () => {
    const days = await alice.fetchOHLCV(ETH, "1d");
    // A day may have ended between two of the trades.
    expect(days.length).toBeLessThanOrEqual(2);
    expect(Math.max(...days.map(([, , high]) => high!))).toBe(2_520);
    expect(Math.min(...days.map(([, , , low]) => low!))).toBe(2_490);
    expect(days.reduce((sum, [, , , , , volume]) => sum + volume!, 0)).toBe(4);
    expect(days.at(-1)![4]).toBe(2_490);
    const minutes = await alice.fetchOHLCV(ETH, "1m");
    expect(minutes.every(([open]) => open! % 60_000 === 0)).toBe(true);
  });

  test("is in its book, as deep as asked", async () => {
    await bob.createOrder(ETH, "limit", "buy", 1, 2_470);
    const book = await alice.fetchOrderBook(ETH);
    const bids = [
      [2_480, 4],
      [2_470, 1],
    ];
    expect(book).toMatchObject({ symbol: ETH, bids, asks: [[2_530, 3]] });
    expect((await alice.fetchOrderBook(ETH, 1)).bids).toEqual([[2_480, 4]]);
  });
});

test("ends with all money in the accounts, but for the fees", async () => {
  const sum = new Map<string, bigint>();
  const add = (asset: string, amount: bigint): void => {
    sum.set(asset, (sum.get(asset) ?? 0n) + amount);
  };
  for (const client of [alice, bob]) {
    for (const [asset, amount] of Object.entries(await totals(client))) add(asset, amount);
    for (const symbol of [BTC, ETH]) {
      for (const { fee } of await client.fetchMyTrades(symbol)) {
        add(fee!.currency!, toQuanta(fee!.cost!));
      }
    }
  }
  const deposited = Object.entries(FUNDS).map(([asset, amount]): [string, bigint] => [
    asset,
    2n * BigInt(amount) * 100_000_000n,
  ]);
  expect(sum).toEqual(new Map(deposited));
});

test("asks for nothing that the node does not have", async () => {
  const { traffic, node } = venue;
  expect(traffic.routes().length).toBeGreaterThan(15);
  expect(traffic.answers.filter(({ status }) => status === 404)).toEqual([]);
  expect(await countUnknownRoutes(node.origin)).toBe(0);
});
