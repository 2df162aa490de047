import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { type Json, type Params, signatureOf, type TestClient } from "../testing/test-client.ts";

// Orders that rest unseen, end at a time, wait for the best quote, or are pegged; and that their owners read back what they
// have asked for. The last price is 100 until somebody trades; what is not said is of the market BTCUSD.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

async function ask(method: string, path: string, params: Params, who: TestClient): Promise<Json> {
  const sent = { symbol: "BTCUSD", ...params };
  const { status, body } = await who.signed(method, `/api/v3/${path}`, sent);
  expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
  return body;
}

const place = (params: Params, who = world.alice): Promise<Json> =>
  ask("POST", "order", { newOrderRespType: "RESULT", ...params }, who);
const find = (orderId: number, who = world.alice): Promise<Json> =>
  ask("GET", "order", { orderId }, who);

async function depth(): Promise<readonly [bids: string[], asks: string[]]> {
  const { body } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  const texts = (rows: [string, string][]): string[] =>
    rows.map(([price, quantity]) => `${Number(quantity)} @ ${Number(price)}`);
  return [texts(body.bids), texts(body.asks)];
}

/** What is told of an order: its first report, and the answers when it is placed, asked for and cancelled. */
async function tellingsOf(params: Params): Promise<readonly [streamed: Json, answers: Json[]]> {
  const socket = await world.connect("/ws-api/v3");
  const request = world.alice.socketParams();
  await socket.ask({ method: "userDataStream.subscribe.signature", params: request });
  const placed = await place(params);
  const { orderId } = placed;
  const { event } = await socket.next((message) => message.event?.i === orderId);
  const found = await find(orderId);
  const [open] = await ask("GET", "openOrders", {}, world.alice);
  const canceled = await ask("DELETE", "order", { orderId }, world.alice);
  const [ended] = await ask("GET", "allOrders", {}, world.alice);
  return [event, [placed, found, open, canceled, ended]];
}

/** In each of those answers. */
const everywhere = (fields: Json): Json[] => Array(5).fill(fields);

const LIMIT = { side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "1", price: "99" };

test("a hidden order is in no level, trades behind what is shown, and says that it is hidden", async () => {
  const hidden = await place({ ...LIMIT, isHidden: true });
  const { orderId } = await place(LIMIT);
  expect(await depth()).toEqual([["1 @ 99"], []]);
  await world.bob.rest("BTCUSD", "SELL", "99", "1.5");
  expect(await find(orderId)).toMatchObject({ status: "FILLED" });
  expect(await find(hidden.orderId)).toMatchObject({ executedQty: "0.50000000", isHidden: true });
  expect(await find(orderId)).not.toHaveProperty("isHidden");
});

test("a hidden order is told as one", async () => {
  const [streamed, answers] = await tellingsOf({ ...LIMIT, isHidden: true });
  expect(streamed).toMatchObject({ isHidden: true, w: true });
  expect(answers).toMatchObject(everywhere({ isHidden: true }));
});

test("an order that is good till a date is told as one", async () => {
  const goodTillDate = Date.now() + 60_000;
  const till = { timeInForce: "GTD", goodTillDate };
  const [streamed, answers] = await tellingsOf({ ...LIMIT, ...till });
  expect(streamed).toMatchObject({ f: "GTD", gtd: goodTillDate });
  expect(answers).toMatchObject(everywhere(till));
});

test("an order of a type that has no timeInForce may end at a date too", async () => {
  const goodTillDate = Date.now() + 60_000;
  const { timeInForce: _, ...maker } = { ...LIMIT, type: "LIMIT_MAKER", goodTillDate };
  expect(await place(maker)).toMatchObject({ timeInForce: "GTD", goodTillDate });
  const stop = { side: "SELL", type: "STOP_LOSS", quantity: "1", stopPrice: "90", goodTillDate };
  expect(await place(stop)).toMatchObject({ timeInForce: "GTD", goodTillDate });
});

test("nobody trades with an order whose date has come: it has expired", async () => {
  const { clock, bob } = world;
  clock.atMs = Date.now();
  const goodTillDate = clock.atMs + 10_000;
  const { orderId } = await place({ ...LIMIT, timeInForce: "GTD", goodTillDate });
  clock.atMs = goodTillDate - 1;
  await bob.rest("BTCUSD", "SELL", "99", "0.25");
  clock.atMs = goodTillDate;
  await bob.rest("BTCUSD", "SELL", "99", "0.25");
  const ended = { status: "EXPIRED", executedQty: "0.25000000", timeInForce: "GTD", goodTillDate };
  expect(await find(orderId)).toMatchObject(ended);
  expect(await depth()).toEqual([[], ["0.25 @ 99"]]);
});

test("a date is told in microseconds to those who ask for them, and understood in them", async () => {
  const goodTillDate = (Date.now() + 60_000) * 1_000;
  const { orderId } = await place({ ...LIMIT, timeInForce: "GTD", goodTillDate });
  expect(await find(orderId)).toMatchObject({ goodTillDate: goodTillDate / 1_000 });
});

const BEST_QUOTE = { workingType: "BEST_QUOTE" };

test("a stop on the best quote comes when that has gone to its price, though nothing has traded", async () => {
  const { bob } = world;
  const near = await bob.rest("BTCUSD", "BUY", "99", "1");
  await bob.rest("BTCUSD", "BUY", "97", "1");
  const stop = { side: "SELL", type: "STOP_LOSS", quantity: "0.5", stopPrice: "98" };
  const other = await place(stop);
  const { orderId } = await place({ ...stop, ...BEST_QUOTE });
  expect(await find(orderId)).toMatchObject({ ...BEST_QUOTE, status: "NEW", isWorking: false });
  await ask("DELETE", "order", { orderId: near }, bob);
  expect(await find(orderId)).toMatchObject({ ...BEST_QUOTE, status: "FILLED" });
  // By what has traded at 97 the last price has come to the other one's.
  expect(await find(other.orderId)).toMatchObject({ status: "FILLED" });
  expect(await find(other.orderId)).not.toHaveProperty("workingType");
});

test("a trigger on the best quote is told as one", async () => {
  const stop = { side: "BUY", type: "STOP_LOSS_LIMIT", stopPrice: "110", price: "111" };
  const terms = { ...stop, quantity: "1", timeInForce: "GTC", ...BEST_QUOTE };
  const [streamed, answers] = await tellingsOf(terms);
  expect(streamed).toMatchObject({ wt: "BEST_QUOTE", w: false });
  expect(answers).toMatchObject(everywhere(BEST_QUOTE));
});

test("a trigger whose best quote has come already is refused", async () => {
  await world.bob.rest("BTCUSD", "SELL", "101", "1");
  const stop = { symbol: "BTCUSD", side: "BUY", type: "STOP_LOSS", quantity: "1" };
  const { body } = await world.alice.order({ ...stop, stopPrice: "101", ...BEST_QUOTE });
  expect(body).toEqual({ code: -2010, msg: "Order would trigger immediately." });
});

const PEG = { side: "BUY", type: "LIMIT_MAKER", quantity: "1", price: "150" };
const ONE_BEHIND = { pegOffsetType: "PRICE_TICK", pegOffsetValue: 1 };

test.each([
  ["PRIMARY_PEG", "98.99", "99.99"],
  ["MARKET_PEG", "100.99", "101.49"],
  ["MIDPOINT_PEG", "100.98", "101.48"],
])("an order with a %s stands at %s, then at %s", async (pegPriceType, first, second) => {
  const { bob } = world;
  await bob.rest("BTCUSD", "SELL", "103", "5");
  await bob.rest("BTCUSD", "BUY", "99", "5");
  const placed = await place({ ...PEG, pegPriceType, ...ONE_BEHIND });
  const told = { pegPriceType, ...ONE_BEHIND, price: "150.00000000", type: "LIMIT_MAKER" };
  expect(placed).toMatchObject(told);
  const standing = await find(placed.orderId);
  expect(standing).toMatchObject({ ...told, isWorking: true });
  await bob.rest("BTCUSD", "BUY", "100", "1");
  const moved = await find(placed.orderId);
  expect([standing.peggedPrice, moved.peggedPrice].map(Number)).toEqual(
    [first, second].map(Number),
  );
  expect((await depth())[0]).toContain(`1 @ ${Number(moved.peggedPrice)}`);
  await ask("DELETE", "openOrders", {}, bob);
  const waiting = await find(placed.orderId);
  expect(waiting).toMatchObject({ ...told, status: "NEW", isWorking: false });
  expect(waiting).not.toHaveProperty("peggedPrice");
});

test("a pegged order is told as one", async () => {
  const peg = { pegPriceType: "MIDPOINT_PEG", pegOffsetType: "PRICE_TICK", pegOffsetValue: 0 };
  const { pegPriceType, pegOffsetType } = peg;
  const [streamed, answers] = await tellingsOf({ ...PEG, pegPriceType, pegOffsetType });
  expect(streamed).toMatchObject({ gP: pegPriceType, gOT: pegOffsetType, gOV: 0, w: false });
  expect(answers).toMatchObject(everywhere(peg));
});

test("a protected order is told as one", async () => {
  await ask("POST", "mmp", { windowTimeInMilliseconds: 60_000, fillLimit: 3 }, world.alice);
  const [streamed, answers] = await tellingsOf({ ...LIMIT, isMmp: true });
  expect(streamed).toMatchObject({ isMmp: true });
  expect(answers).toMatchObject(everywhere({ isMmp: true }));
});

test("an amended order says what it is", async () => {
  const goodTillDate = Date.now() + 60_000;
  const { orderId } = await place({ ...LIMIT, timeInForce: "GTD", goodTillDate });
  const amended = await ask(
    "PUT",
    "order/amend/keepPriority",
    { orderId, newQty: "0.5" },
    world.alice,
  );
  expect(amended.amendedOrder).toMatchObject({
    timeInForce: "GTD",
    goodTillDate,
    qty: "0.50000000",
  });
});

test("a plain order says nothing of what it is not", async () => {
  const { orderId } = await place(LIMIT);
  const names = Object.keys(await find(orderId));
  const own = ["goodTillDate", "workingType", "isHidden", "isMmp", "pegPriceType", "peggedPrice"];
  expect(names.filter((name) => own.includes(name))).toEqual([]);
  expect(await find(orderId)).toMatchObject({ timeInForce: "GTC" });
});

test("one order takes the place of another, and is good till a date", async () => {
  const { orderId: cancelOrderId } = await place(LIMIT);
  const goodTillDate = Date.now() + 60_000;
  const params = { ...LIMIT, timeInForce: "GTD", goodTillDate, newOrderRespType: "RESULT" };
  const replace = { ...params, cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId };
  const { newOrderResponse } = await ask("POST", "order/cancelReplace", replace, world.alice);
  expect(newOrderResponse).toMatchObject({ timeInForce: "GTD", goodTillDate });
});

test("nothing is cancelled for an order whose date has passed", async () => {
  const { orderId: cancelOrderId } = await place(LIMIT);
  const late = { ...LIMIT, timeInForce: "GTD", goodTillDate: 1 };
  const replace = { symbol: "BTCUSD", ...late, cancelReplaceMode: "STOP_ON_FAILURE" };
  const sent = { ...replace, cancelOrderId };
  const { status, body } = await world.alice.signed("POST", "/api/v3/order/cancelReplace", sent);
  expect([status, body.code]).toEqual([400, -1130]);
  expect(await find(cancelOrderId)).toMatchObject({ status: "NEW" });
});

test("the orders of lists may end at a date, rest unseen, and wait for the best quote", async () => {
  const goodTillDate = Date.now() + 60_000;
  const list = await ask(
    "POST",
    "orderList/otoco",
    {
      workingType: "LIMIT",
      workingSide: "BUY",
      workingPrice: "99",
      workingQuantity: "1",
      workingTimeInForce: "GTD",
      workingGoodTillDate: goodTillDate,
      workingIsHidden: true,
      pendingSide: "SELL",
      pendingQuantity: "1",
      pendingAboveType: "LIMIT_MAKER",
      pendingAbovePrice: "110",
      pendingAboveIsHidden: true,
      pendingAboveGoodTillDate: goodTillDate,
      pendingBelowType: "STOP_LOSS",
      pendingBelowStopPrice: "90",
      pendingBelowWorkingType: "BEST_QUOTE",
    },
    world.alice,
  );
  const till = { timeInForce: "GTD", goodTillDate, isHidden: true };
  expect(list.orderReports).toMatchObject([till, till, BEST_QUOTE]);
  expect(await ask("GET", "openOrders", {}, world.alice)).toMatchObject([till, till, BEST_QUOTE]);
  expect(await depth()).toEqual([[], []]);
});

/** Places an order by JSON, which is signed as it is. */
async function placeShort(order: Json): Promise<Json> {
  const { credentials } = world.alice;
  const [query, body] = [`timestamp=${Date.now()}`, JSON.stringify(order)];
  const signature = signatureOf(credentials, query + body);
  const headers = { "content-type": "application/json", "x-mbx-apikey": credentials.id };
  const path = `/order?${query}&signature=${signature}`;
  return (await world.alice.raw({ method: "POST", path, headers, body })).body;
}

test("the short route takes hidden orders, and orders that are good till a date", async () => {
  const goodTillDate = Date.now() + 60_000;
  const order = { symbol: "BTC-USD", side: "buy", size: "1", price: "99" };
  const long = { timeInForce: "GTD", goodTillDate, hidden: true };
  const { orderId, status } = await placeShort({ ...order, ...long });
  expect(status).toBe("NEW");
  const told = { timeInForce: "GTD", goodTillDate, isHidden: true };
  expect(await find(orderId)).toMatchObject(told);
  // There a limit needs no timeInForce.
  const short = await placeShort({ ...order, goodTillDate });
  expect(await find(short.orderId)).toMatchObject({ timeInForce: "GTD", goodTillDate });
  const refused = await placeShort({ ...order, price: undefined, hidden: true });
  expect(refused.msg).toBe("Parameter 'hidden' sent when not required.");
});

const LATER = 4_102_444_800_000;
const { timeInForce: _timeInForce, ...MAKER } = { ...LIMIT, type: "LIMIT_MAKER" };
const MARKET = { side: "BUY", type: "MARKET", quantity: "1" };
const STOP = { side: "SELL", type: "STOP_LOSS", quantity: "1", stopPrice: "90" };
const FOLLOWING = { pegPriceType: "PRIMARY_PEG", pegOffsetType: "PRICE_TICK" };
const surplus = (name: string): string => `Parameter '${name}' sent when not required.`;
const missing = (name: string): string =>
  `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`;
const invalid = (name: string): string => `Data sent for parameter '${name}' is not valid.`;
const PEGGED = "Pegged orders are not supported for this symbol.";
const COMBINATION = "Combination of optional parameters invalid.";

test.each<[Params, string]>([
  [{ ...LIMIT, timeInForce: "GTD" }, missing("goodTillDate")],
  [{ ...LIMIT, goodTillDate: LATER }, surplus("goodTillDate")],
  [{ ...LIMIT, timeInForce: "IOC", goodTillDate: LATER }, surplus("goodTillDate")],
  [{ ...MAKER, timeInForce: "GTD", goodTillDate: LATER }, surplus("timeInForce")],
  [{ ...MARKET, goodTillDate: LATER }, surplus("goodTillDate")],
  [{ ...MAKER, goodTillDate: 0 }, invalid("goodTillDate")],
  [{ ...MAKER, goodTillDate: 1 }, invalid("goodTillDate")],
  [{ ...MAKER, goodTillDate: 9_007_199_254_741 }, invalid("goodTillDate")],
  [{ ...LIMIT, timeInForce: "GTX" }, "Invalid timeInForce."],
  [{ ...LIMIT, timeInForce: "IOC", isHidden: true }, COMBINATION],
  [{ ...LIMIT, timeInForce: "FOK", isHidden: true }, COMBINATION],
  [{ ...LIMIT, icebergQty: "0.5", isHidden: true }, COMBINATION],
  [{ ...MARKET, isHidden: true }, surplus("isHidden")],
  [{ ...STOP, isHidden: true }, surplus("isHidden")],
  [{ ...STOP, workingType: "MARK_PRICE" }, invalid("workingType")],
  [{ ...STOP, stopPrice: undefined, trailingDelta: 100, ...BEST_QUOTE }, COMBINATION],
  [{ ...LIMIT, ...BEST_QUOTE }, surplus("workingType")],
  [{ ...MAKER, workingType: "LAST_PRICE" }, surplus("workingType")],
  [{ ...MARKET, ...BEST_QUOTE }, surplus("workingType")],
  [{ ...MAKER, pegPriceType: "PRIMARY_PEG" }, PEGGED],
  [{ ...MAKER, pegOffsetValue: 1 }, PEGGED],
  [{ ...MAKER, ...FOLLOWING, pegOffsetType: "PRICE_LEVEL" }, PEGGED],
  [{ ...MAKER, ...FOLLOWING, pegPriceType: "LAST_PEG" }, invalid("pegPriceType")],
  [{ ...MAKER, ...FOLLOWING, pegOffsetType: "TICK" }, invalid("pegOffsetType")],
  [{ ...MAKER, ...FOLLOWING, pegPriceType: undefined }, missing("pegPriceType")],
  [{ ...MAKER, ...FOLLOWING, price: undefined }, missing("price")],
  [{ ...MAKER, ...FOLLOWING, pegOffsetValue: 2 ** 30 }, invalid("pegOffsetValue")],
  [{ ...MAKER, ...FOLLOWING, pegPriceType: "MARKET_PEG" }, missing("pegOffsetValue")],
  [
    { ...MAKER, ...FOLLOWING, pegPriceType: "MARKET_PEG", pegOffsetValue: 0 },
    invalid("pegOffsetValue"),
  ],
  [{ ...MAKER, ...FOLLOWING, icebergQty: "0.5" }, COMBINATION],
  [{ ...MAKER, ...FOLLOWING, isHidden: true }, COMBINATION],
  [{ ...MAKER, ...FOLLOWING, isMmp: true }, COMBINATION],
  [{ ...LIMIT, ...FOLLOWING }, surplus("pegOffsetType")],
  [{ ...MARKET, ...FOLLOWING }, surplus("pegOffsetType")],
  [{ ...STOP, ...FOLLOWING }, surplus("pegOffsetType")],
])("an order of %o is refused, and so when it is tried out: %s", async (params, msg) => {
  for (const path of ["order", "order/test"]) {
    const sent = { symbol: "BTCUSD", ...params };
    const { status, body } = await world.alice.signed("POST", `/api/v3/${path}`, sent);
    expect([path, status, body.msg]).toEqual([path, 400, msg]);
  }
  expect(await ask("GET", "allOrders", {}, world.alice)).toEqual([]);
});

test.each<[Params]>([
  [{ ...MAKER, ...FOLLOWING, price: "150" }],
  [{ ...LIMIT, timeInForce: "GTD", goodTillDate: LATER, isHidden: true }],
  [{ ...STOP, type: "STOP_LOSS_LIMIT", timeInForce: "GTC", price: "10", ...BEST_QUOTE }],
])("an order of %o would be taken when it is tried out, and is", async (params) => {
  // A price that is outside the band of now: what waits is asked when it comes.
  const sent = { symbol: "BTCUSD", ...params };
  const { body } = await world.alice.signed("POST", "/api/v3/order/test", sent);
  expect(body).toEqual({});
  expect(await place(params)).toMatchObject({ status: "NEW" });
});
