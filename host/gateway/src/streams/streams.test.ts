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
import type { Json } from "../testing/test-client.ts";
import { STREAM_FORMS } from "./stream-catalog.ts";
import { parseTopicName } from "./topic-name.ts";
import { MarketCatalog } from "../markets/market-catalog.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import type { TestSocket } from "../testing/test-socket.ts";

const HOUR_MS = 3_600_000;

let world: World;
beforeEach(async () => {
  world = await openWorld();
  // The start of an hour, so that neither one nor a minute ends within a test.
  world.clock.aheadMs = (Math.floor(Date.now() / HOUR_MS) + 1) * HOUR_MS - Date.now();
});
afterEach(() => world[Symbol.asyncDispose]());

/** Bob takes from Alice's offer at the price. */
async function trade(price: string, quantity: string, symbol = "BTCUSD"): Promise<void> {
  await world.alice.rest(symbol, "SELL", price, quantity);
  await world.bob.order({ symbol, side: "BUY", type: "MARKET", quantity });
}

test("every trade is told, and fills of one taker at one price once as an aggregate", async () => {
  const socket = await world.connect("/ws/btcusd@trade/btcusd@aggTrade");
  await world.alice.rest("BTCUSD", "SELL", "100", "1");
  await world.alice.rest("BTCUSD", "SELL", "100", "2");
  await world.alice.rest("BTCUSD", "SELL", "101", "1");
  await world.bob.order({ symbol: "BTCUSD", side: "BUY", type: "MARKET", quantity: "3.5" });
  const trades = [await socket.event("trade"), await socket.event("trade")];
  expect(trades[0]).toEqual({
    e: "trade",
    E: expect.any(Number),
    s: "BTCUSD",
    t: 1,
    p: "100.00000000",
    q: "1.00000000",
    T: expect.any(Number),
    m: false,
    M: true,
  });
  expect(trades[1]).toMatchObject({ t: 2, q: "2.00000000" });
  expect(await socket.event("trade")).toMatchObject({ t: 3, p: "101.00000000", q: "0.50000000" });
  expect(await socket.event("aggTrade")).toMatchObject({
    a: 1,
    p: "100.00000000",
    q: "3.00000000",
    f: 1,
    l: 2,
    m: false,
    M: true,
  });
  expect(await socket.event("aggTrade")).toMatchObject({ a: 2, f: 3, l: 3 });
  await world.alice.rest("BTCUSD", "BUY", "90", "1");
  await world.bob.order({ symbol: "BTCUSD", side: "SELL", type: "MARKET", quantity: "1" });
  expect(await socket.event("trade")).toMatchObject({ m: true });
});

/** A book that a client keeps by the rules: a snapshot, then differences without a gap. */
class ClientBook {
  readonly sides: { readonly b: Map<string, string>; readonly a: Map<string, string> };
  lastId: number;
  /** What the rules do not allow. */
  readonly gaps: string[] = [];
  #isFirst = true;

  constructor(snapshot: Json) {
    this.lastId = snapshot.lastUpdateId;
    this.sides = { b: new Map(snapshot.bids), a: new Map(snapshot.asks) };
  }

  apply(update: Json): void {
    if (update.u <= this.lastId) return;
    const isNext = update.U === this.lastId + 1 || (this.#isFirst && update.U <= this.lastId);
    if (!isNext) this.gaps.push(`${update.U} after ${this.lastId}`);
    this.#isFirst = false;
    this.lastId = update.u;
    for (const side of ["b", "a"] as const) {
      for (const [price, quantity] of update[side]) {
        if (Number(quantity) === 0) this.sides[side].delete(price);
        else this.sides[side].set(price, quantity);
      }
    }
  }
}

test.each(["btcusd@depth@100ms", "btcusd@depth"])(
  "%s and a snapshot make the book, without a gap",
  async (stream) => {
    const prices = [95, 96, 97, 98, 102, 103, 104];
    for (const price of prices) {
      await world.alice.rest("BTCUSD", price < 100 ? "BUY" : "SELL", String(price), "1");
    }
    const socket = await world.connect("/ws");
    const churn = async (): Promise<void> => {
      for (const price of prices) {
        const id = await world.alice.rest(
          "BTCUSD",
          price < 100 ? "BUY" : "SELL",
          `${price}.5`,
          "1",
        );
        if (price % 2 === 0)
          await world.alice.signed("DELETE", "/api/v3/order", { symbol: "BTCUSD", orderId: id });
      }
      await world.bob.order({ symbol: "BTCUSD", side: "SELL", type: "MARKET", quantity: "1.5" });
    };
    await churn();
    await socket.subscribe(stream);
    await churn();
    const { body: snapshot } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
    const book = new ClientBook(snapshot);
    await churn();
    const { body: final } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
    expect(final.lastUpdateId).toBeGreaterThan(snapshot.lastUpdateId);
    while (book.lastId < final.lastUpdateId) book.apply(await socket.event("depthUpdate"));
    expect(book.gaps).toEqual([]);
    const best = (levels: Map<string, string>, sign: number): [string, string][] =>
      [...levels].toSorted(([left], [right]) => sign * (Number(left) - Number(right)));
    expect(best(book.sides.b, -1)).toEqual(final.bids);
    expect(best(book.sides.a, 1)).toEqual(final.asks);
  },
);

test("a quiet book is in step too: the snapshot is not older than what is told next", async () => {
  await world.alice.rest("BTCUSD", "BUY", "99", "1");
  const socket = await world.connect("/ws/0");
  await socket.subscribe("btcusd@depth@100ms");
  const { body: snapshot } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  const book = new ClientBook(snapshot);
  await world.alice.rest("BTCUSD", "BUY", "98", "1");
  while (book.lastId === snapshot.lastUpdateId) book.apply(await socket.event("depthUpdate"));
  expect(book.gaps).toEqual([]);
  expect([...book.sides.b]).toEqual([
    ["99.00000000", "1.00000000"],
    ["98.00000000", "1.00000000"],
  ]);
});

test("the best prices are told when they change, and at the start, without an event name", async () => {
  await world.alice.rest("BTCUSD", "BUY", "99", "1");
  const socket = await world.connect("/ws/btcusd@bookTicker");
  expect(await socket.next()).toEqual({
    u: expect.any(Number),
    s: "BTCUSD",
    b: "99.00000000",
    B: "1.00000000",
    a: "0.00000000",
    A: "0.00000000",
  });
  // Below the best: no news.
  await world.alice.rest("BTCUSD", "BUY", "98", "1");
  await world.alice.rest("BTCUSD", "SELL", "101", "3");
  expect(await socket.next()).toMatchObject({ b: "99.00000000", a: "101.00000000" });
});

test("a part of the book, as deep as its name says", async () => {
  for (let price = 90; price < 99; price++) {
    await world.alice.rest("BTCUSD", "BUY", String(price), "1");
  }
  const socket = await world.connect("/ws/btcusd@depth5@100ms");
  const partial = await socket.next();
  expect(partial).toEqual({
    lastUpdateId: expect.any(Number),
    bids: [98, 97, 96, 95, 94].map((price) => [`${price}.00000000`, "1.00000000"]),
    asks: [],
  });
});

test("tickers of the day, of a window, of all markets, and the average price", async () => {
  await trade("100", "1");
  const names = ["ticker", "miniTicker", "ticker_1h", "avgPrice"].map((each) => `btcusd@${each}`);
  const socket = await world.connect(`/ws/${names.join("/")}`);
  const all = await world.connect("/ws/!miniTicker@arr");
  const mini = {
    e: "24hrMiniTicker",
    E: expect.any(Number),
    s: "BTCUSD",
    o: "100.00000000",
    h: "100.00000000",
    l: "100.00000000",
    c: "100.00000000",
    v: "1.00000000",
    q: "100.00000000",
  };
  expect(await socket.event("24hrMiniTicker")).toEqual(mini);
  expect(await socket.event("24hrTicker")).toMatchObject({
    p: "0.00000000",
    P: "0.000",
    w: "100.00000000",
    x: "100.00000000",
    Q: "1.00000000",
    b: "0.00000000",
    a: "0.00000000",
    F: 1,
    L: 1,
    n: 1,
  });
  expect(await socket.event("1hTicker")).toMatchObject({ s: "BTCUSD", n: 1, v: "1.00000000" });
  expect(await socket.event("avgPrice")).toMatchObject({ i: "5m", w: "100.00000000" });
  const first = await all.next();
  expect(first.map(({ s }: Json) => s)).toEqual(["BTCUSD", "ETHUSD", "ETHBTC"]);
  expect(first[0]).toEqual(mini);
  await trade("0.5", "1", "ETHBTC");
  const later = await all.next();
  expect(later.map(({ s, c }: Json) => [s, c])).toEqual([["ETHBTC", "0.50000000"]]);
});

test("what leaves a window is told, though nothing else happens", async () => {
  await trade("100", "1");
  const names = ["ticker", "miniTicker", "ticker_1h", "avgPrice"].map((name) => `btcusd@${name}`);
  const socket = await world.connect(`/ws/${names.join("/")}/!miniTicker@arr`);
  const all = await world.connect("/ws/!miniTicker@arr");
  expect(await socket.event("24hrTicker")).toMatchObject({ v: "1.00000000", n: 1 });
  expect(await all.next()).toMatchObject([{ v: "1.00000000" }, {}, {}]);
  world.clock.aheadMs += 25 * HOUR_MS;
  const empty = { v: "0.00000000", q: "0.00000000", h: "100.00000000" };
  const isEmpty = ({ v }: Json): boolean => v === empty.v;
  for (const name of ["24hrTicker", "24hrMiniTicker", "1hTicker"]) {
    expect(await socket.next((told) => told.e === name && isEmpty(told))).toMatchObject(empty);
  }
  // Nothing is said of those that had none before.
  expect(await all.next()).toMatchObject([empty]);
});

test("candles grow with trades, and are told once more when they are closed", async () => {
  const socket = await world.connect("/ws/btcusd@kline_1s/btcusd@kline_1h");
  await trade("100", "1");
  const hour = await socket.next(({ k }) => k.i === "1h");
  expect(hour).toMatchObject({
    e: "kline",
    s: "BTCUSD",
    k: { o: "100.00000000", c: "100.00000000", v: "1.00000000", n: 1, x: false, V: "1.00000000" },
  });
  expect(hour.k.T - hour.k.t).toBe(3_599_999);
  const grown = await socket.next(({ k }) => k.i === "1s" && k.n === 1 && !k.x);
  const closed = await socket.next(({ k }) => k.i === "1s" && k.x);
  expect(closed.k).toMatchObject({ t: grown.k.t, T: grown.k.t + 999, n: 1, c: "100.00000000" });
  const flat = await socket.next(({ k }) => k.i === "1s" && k.t === grown.k.t + 1_000);
  expect(flat.k).toMatchObject({ o: "100.00000000", n: 0, v: "0.00000000", f: -1, L: -1 });
  await trade("101", "2");
  const higher = await socket.next(({ k }) => k.i === "1h" && k.n === 2);
  expect(higher.k).toMatchObject({ h: "101.00000000", c: "101.00000000", v: "3.00000000" });
});

/** Bob buys at the market, by an agreement of that time. Units: lots of BTCUSD. */
function buyAt(timeMs: number, lots: bigint): void {
  world.clock.atMs = timeMs;
  world.exchange.run([
    {
      kind: CommandKind.Place,
      account: 2 as AccountIndex,
      market: 0 as MarketIndex,
      side: Side.Buy,
      orderType: OrderType.Market,
      selfTrade: SelfTrade.Allow,
      priceTicks: 0,
      quantity: lots,
      clientOrderId: 0n,
    },
  ]);
  delete world.clock.atMs;
}

test("a trade that is executed after its candle was closed is told with it, closed once more", async () => {
  const socket = await world.connect("/ws/btcusd@kline_1s");
  await world.alice.rest("BTCUSD", "SELL", "102", "2");
  await trade("100", "1");
  const closed = await socket.next(({ k }) => k.x && k.n === 1);
  // Members of a cluster agree on a time first, and execute later.
  const { t } = closed.k;
  buyAt(t + 900, 20_000n);
  const corrected = await socket.next(({ k }) => k.t === t && k.n === 2);
  expect(corrected.k).toMatchObject({ x: true, c: "102.00000000", v: "3.00000000" });
  const { body } = await world.publicClient.get("/api/v3/klines", {
    symbol: "BTCUSD",
    interval: "1s",
    startTime: t,
    limit: 1,
  });
  expect(body[0].slice(4, 6)).toEqual([corrected.k.c, corrected.k.v]);
});

test("candles that end while the node stands still, or catches up, are told all the same", async () => {
  const socket = await world.connect("/ws/btcusd@kline_1s");
  await trade("100", "1");
  await world.alice.rest("BTCUSD", "SELL", "103", "4");
  await socket.next();
  // Of the candle after the next one, however long it took to come here.
  const openMs = (Math.floor((Date.now() + world.clock.aheadMs) / 1_000) + 2) * 1_000;
  // Nothing can be told before all of it has been executed.
  for (const second of [0, 1, 3, 4]) buyAt(openMs + second * 1_000, 10_000n);
  const told: Json[] = [];
  while (told.at(-1)?.t !== openMs + 3_000) {
    told.push((await socket.next(({ k }) => k.x && k.t >= openMs)).k);
  }
  world.clock.atMs = openMs + 4_000;
  const range = { symbol: "BTCUSD", interval: "1s", startTime: openMs, limit: 4 };
  const { body } = await world.publicClient.get("/api/v3/klines", range);
  expect(told.map(({ t, o, h, l, c, v }) => [t, o, h, l, c, v])).toEqual(
    body.map((row: Json) => row.slice(0, 6)),
  );
  expect(told.map(({ n }) => n)).toEqual([1, 1, 0, 1]);
});

test("a trade that comes when several candles have ended since is told with its own", async () => {
  const socket = await world.connect("/ws/btcusd@kline_1s");
  await world.alice.rest("BTCUSD", "SELL", "104", "1");
  await trade("100", "1");
  const { k: traded } = await socket.next(({ k }) => k.x && k.n === 1);
  const lateMs = traded.t + 1_000;
  await socket.next(({ k }) => k.x && k.t > lateMs);
  buyAt(lateMs + 500, 10_000n);
  const { k: corrected } = await socket.next(({ k }) => k.x && k.t === lateMs && k.n === 1);
  expect(corrected).toMatchObject({ o: "104.00000000", c: "104.00000000" });
});

test("after a standstill of more candles than are told, those that are told begin where the last one ended", async () => {
  const socket = await world.connect("/ws/btcusd@kline_1s");
  await trade("100", "1");
  await socket.next(({ k }) => k.n === 1);
  world.clock.aheadMs += 2_000_000;
  const { k: flat } = await socket.next(({ k }) => k.x && k.n === 0);
  const price = "100.00000000";
  expect([flat.o, flat.h, flat.l, flat.c]).toEqual([price, price, price, price]);
});

test("subscriptions are made, listed and ended, every answer with its id as it was sent", async () => {
  const socket = await world.connect("/ws/");
  const answer = async (message: string): Promise<unknown> => {
    socket.send(message);
    return socket.next((each) => "id" in each);
  };
  const subscribe = '{"method":"SUBSCRIBE","params":["btcusd@trade","ethusd@trade"],"id":';
  expect(await answer(`${subscribe}7}`)).toEqual({ result: null, id: 7 });
  // Again, without effect.
  expect(await answer(`${subscribe}"a1b2"}`)).toEqual({ result: null, id: "a1b2" });
  expect(await answer('{"method":"LIST_SUBSCRIPTIONS","id":null}')).toEqual({
    result: ["btcusd@trade", "ethusd@trade"],
    id: null,
  });
  await trade("100", "1");
  expect((await socket.event("trade")).t).toBe(1);
  const end = '{"method":"UNSUBSCRIBE","params":["btcusd@trade"],"id":8}';
  expect(await answer(end)).toEqual({ result: null, id: 8 });
  await trade("100", "1");
  await trade("50", "1", "ETHUSD");
  expect(await socket.event("trade")).toMatchObject({ s: "ETHUSD" });
  expect(socket.messages).toEqual([]);
});

test.each(["/stream?streams=btcusd@trade/nothing", "/stream?streams=", "/stream"])(
  "%s wraps every message with its stream",
  async (path) => {
    const socket = await world.connect(path);
    if (path !== "/stream?streams=btcusd@trade/nothing") await socket.subscribe("btcusd@trade");
    await trade("100", "1");
    expect(await socket.next((each) => "stream" in each)).toMatchObject({
      stream: "btcusd@trade",
      data: { e: "trade", t: 1 },
    });
    expect(await socket.ask({ method: "GET_PROPERTY", params: ["combined"] })).toMatchObject({
      result: true,
    });
    await socket.ask({ method: "SET_PROPERTY", params: ["combined", false] });
    await trade("100", "1");
    expect(await socket.next((each) => each.e === "trade")).toMatchObject({ t: 2 });
  },
);

test("times are in microseconds for those who ask", async () => {
  const socket = await world.connect("/ws/btcusd@trade?timeUnit=MICROSECOND");
  await trade("100", "1");
  expect((await socket.event("trade")).T).toBeGreaterThan(1e15);
});

test("what a client asks wrongly is refused in words, and the connection stays", async () => {
  const socket = await world.connect("/ws");
  const refusals: [unknown, number, string, unknown][] = [
    ["{", 3, "Invalid JSON: not a JSON object", null],
    ["[]", 3, "Invalid JSON: not a JSON object", null],
    [{ id: [], method: "SUBSCRIBE" }, 2, "request ID must be an integer", null],
    [{ id: 1, method: "subscribe" }, 2, "unknown method", 1],
    [{ id: 2, method: "SUBSCRIBE" }, 2, "params must be an array", 2],
    [{ id: 3, method: "SUBSCRIBE", params: ["btcusd@nothing"] }, 2, "unknown stream btcusd@no", 3],
    [{ id: 4, method: "SUBSCRIBE", params: [5] }, 2, "unknown stream 5", 4],
    [{ id: 5, method: "UNSUBSCRIBE", params: [5] }, 2, "a name must be a string", 5],
    [{ id: 6, method: "SET_PROPERTY", params: ["combined", 1] }, 1, "expected Boolean", 6],
    [{ id: 7, method: "SET_PROPERTY", params: ["other", true] }, 0, "Unknown property", 7],
    [{ id: 8, method: "GET_PROPERTY", params: [] }, 2, "a name must be a string", 8],
  ];
  for (const [message, code, text, id] of refusals) {
    socket.send(message);
    const answer = await socket.next();
    expect([answer.error.code, answer.id]).toEqual([code, id]);
    expect(answer.error.msg).toContain(text);
  }
  expect(await socket.subscribe("btcusd@trade")).toMatchObject({ result: null });
});

test("a connection has as many streams as it may, and the rest is refused whole", async () => {
  await using small = await openWorld({ limits: { streamsPerConnectionMax: 3 } });
  const socket = await small.connect("/ws/btcusd@trade/ethusd@trade");
  const two = await socket.subscribe("btcusd@depth", "ethusd@depth");
  expect(two.error).toEqual({ code: 2, msg: "Invalid request: more than 3 streams" });
  expect((await socket.ask({ method: "LIST_SUBSCRIPTIONS" })).result).toHaveLength(2);
  expect(await socket.subscribe("btcusd@depth", "btcusd@trade")).toMatchObject({ result: null });
  const many = await small.connect(
    `/ws/${["trade", "depth", "ticker", "aggTrade"].map((each) => `btcusd@${each}`).join("/")}`,
  );
  expect((await many.ask({ method: "LIST_SUBSCRIPTIONS" })).result).toHaveLength(3);
});

async function listOf(socket: TestSocket): Promise<unknown> {
  return (await socket.ask({ method: "LIST_SUBSCRIPTIONS" })).result;
}

test("one who leaves is forgotten, and the others go on", async () => {
  const first = await world.connect("/ws/btcusd@trade");
  const second = await world.connect("/ws/btcusd@trade");
  first.terminate();
  await first.closed;
  await trade("100", "1");
  expect(await second.event("trade")).toMatchObject({ t: 1 });
  expect(await listOf(second)).toEqual(["btcusd@trade"]);
  const { text } = await world.publicClient.get("/metrics");
  expect(text).toContain('rialto_ws_clients{kind="streams"} 1');
});

test("every stream of the documentation is there, and its messages have the documented fields", async () => {
  const catalog = new MarketCatalog(SMALL_NETWORK);
  for (const { kind, examples } of STREAM_FORMS) {
    for (const name of examples)
      expect([name, parseTopicName(name, catalog)?.kind]).toEqual([name, kind]);
  }
  const socket = await world.connect("/stream");
  const names = STREAM_FORMS.map(({ examples }) => examples[0]!);
  await socket.subscribe(...names);
  await trade("100", "1");
  for (const { examples, fields } of STREAM_FORMS) {
    const { data } = await socket.next(({ stream }) => stream === examples[0]);
    const message = Array.isArray(data) ? data[0] : data;
    expect([examples[0], Object.keys(message).toSorted()]).toEqual([
      examples[0],
      fields.split(" ").toSorted(),
    ]);
  }
});
