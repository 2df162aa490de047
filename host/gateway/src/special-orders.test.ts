import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  CommandKind,
  ListKind,
  type MarketIndex,
  MarketState,
  type OrderId,
  OrderType,
  PegKind,
  SelfTrade,
  Side,
  type SpecialTerms,
  TriggerKind,
  NOTHING_SPECIAL,
} from "@rialto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AccountReport } from "./read-model/happenings.ts";
import { expectAsEngine } from "./testing/engine-check.ts";
import { openWorld, type World } from "./testing/gateway-world.ts";
import type { Reply, TestClient } from "./testing/test-client.ts";

// Orders that come by order entry of a cluster, which takes every command, also those that REST cannot send: a gateway
// beside it is told of them all the same.

const BTCUSD = 0 as MarketIndex;
const ALICE = 1 as AccountIndex;
const BOB = 2 as AccountIndex;
const NO_TARGET = { orderId: 0 as OrderId, clientOrderId: 0n };

let world: World;
let reports: AccountReport[];
beforeEach(async () => {
  world = await openWorld();
  reports = [];
  world.model.followAccount(ALICE, { reported: (news) => void reports.push(...news) });
});
afterEach(() => world[Symbol.asyncDispose]());

/** A hundredth of a dollar is a tick. */
const at = (price: number): number => Math.round(price * 100);
/** A ten-thousandth of a coin is a lot. */
const coins = (amount: number): bigint => BigInt(amount * 10_000);

function special(terms: Partial<SpecialTerms>): SpecialTerms {
  return {
    market: BTCUSD,
    account: ALICE,
    side: Side.Buy,
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks: at(100),
    quantity: coins(1),
    clientOrderId: 0n,
    ...NOTHING_SPECIAL,
    ...terms,
  };
}

/** Executes one command, and holds the read model against the engine. */
function run(command: Command): void {
  world.exchange.run([command]);
  expectAsEngine(world.model, world.exchange.engine);
}

function place(terms: Partial<SpecialTerms>): void {
  run({ kind: CommandKind.PlaceSpecial, ...special(terms) });
}

function setState(state: MarketState): void {
  run({ kind: CommandKind.SetMarketState, market: BTCUSD, state });
}

async function read(path: string, who: TestClient = world.alice): Promise<Reply["body"]> {
  const { status, body } = await who.signed("GET", `/api/v3/${path}`, { symbol: "BTCUSD" });
  expect([status, body.msg]).toEqual([200, undefined]);
  return body;
}

/** What the public sees: quantity and price of each level. */
async function levels(): Promise<readonly [bids: string[], asks: string[]]> {
  expectAsEngine(world.model, world.exchange.engine);
  const { body } = await world.publicClient.get("/api/v3/depth", { symbol: "BTCUSD" });
  const texts = (rows: [string, string][]): string[] =>
    rows.map(([price, quantity]) => `${Number(quantity)} @ ${Number(price)}`);
  return [texts(body.bids), texts(body.asks)];
}

/** How orders stand: type, price, executed of asked, status. */
async function orders(path: "openOrders" | "allOrders", who?: TestClient): Promise<string[]> {
  const body = (await read(path, who)) as unknown as Record<string, string>[];
  return body.map(
    ({ type, price, executedQty, origQty, status }) =>
      `${type} ${Number(price)}: ${Number(executedQty)} of ${Number(origQty)} ${status}`,
  );
}

/** An account's trades, oldest first. */
async function trades(who?: TestClient): Promise<string[]> {
  const body = (await read("myTrades", who)) as unknown as Record<string, string>[];
  return body.map(
    ({ isBuyer, isMaker, qty, price, commission, commissionAsset }) =>
      `${isBuyer ? "buys" : "sells"} ${Number(qty)} @ ${Number(price)} as ${isMaker ? "maker" : "taker"}, ` +
      `pays ${Number(commission)} ${commissionAsset}`,
  );
}

function reported(): string[] {
  return reports.map((report) => (report.kind === "execution" ? report.executionType : "balance"));
}

test("an amended order keeps its place with fewer lots, or comes again at another price and trades", async () => {
  const orderId = (await world.alice.rest("BTCUSD", "BUY", "100", "2")) as OrderId;
  const target = { ...NO_TARGET, orderId };
  const amend = (price: number, quantity: bigint): void =>
    run({
      kind: CommandKind.Amend,
      account: ALICE,
      target,
      orderType: OrderType.Limit,
      selfTrade: SelfTrade.Allow,
      priceTicks: at(price),
      quantity,
      expectedLots: 0n,
    });
  amend(100, coins(1.5));
  expect(await levels()).toEqual([["1.5 @ 100"], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT 100: 0 of 1.5 NEW"]);
  amend(99, coins(3));
  expect(await levels()).toEqual([["3 @ 99"], []]);
  await world.bob.rest("BTCUSD", "SELL", "101", "1");
  amend(101, coins(2));
  expect(await levels()).toEqual([["1 @ 101"], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT 101: 1 of 2 PARTIALLY_FILLED"]);
  await world.bob.rest("BTCUSD", "SELL", "102", "5");
  amend(102, coins(4));
  expect(await orders("openOrders")).toEqual([]);
  expect(await orders("allOrders")).toEqual(["LIMIT 102: 5 of 5 FILLED"]);
  expect(await trades()).toEqual([
    "buys 1 @ 101 as taker, pays 0.002 BTC",
    "buys 4 @ 102 as taker, pays 0.008 BTC",
  ]);
  expect(reported()).toEqual(["NEW", ...Array(3).fill("REPLACED"), "TRADE", "REPLACED", "TRADE"]);
});

test("an iceberg shows its next part when the one that was shown has traded", async () => {
  place({ side: Side.Sell, priceTicks: at(101), quantity: coins(5), displayLots: coins(1) });
  expect(await levels()).toEqual([[], ["1 @ 101"]]);
  await world.bob.order({ symbol: "BTCUSD", side: "BUY", type: "MARKET", quantity: "0.4" });
  expect(await levels()).toEqual([[], ["0.6 @ 101"]]);
  const terms = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "IOC", price: "101" };
  await world.bob.order({ ...terms, quantity: "2" });
  expect(await levels()).toEqual([[], ["0.6 @ 101"]]);
  expect(await orders("openOrders")).toEqual(["LIMIT 101: 2.4 of 5 PARTIALLY_FILLED"]);
  await world.bob.order({ ...terms, quantity: "3" });
  expect(await levels()).toEqual([[], []]);
  expect(await orders("allOrders")).toEqual(["LIMIT 101: 5 of 5 FILLED"]);
});

test("a hidden order is in no level, and trades", async () => {
  place({ priceTicks: at(99), quantity: coins(2), isHidden: 1 });
  expect(await levels()).toEqual([[], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT 99: 0 of 2 NEW"]);
  await world.bob.rest("BTCUSD", "SELL", "99", "0.5");
  expect(await levels()).toEqual([[], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT 99: 0.5 of 2 PARTIALLY_FILLED"]);
  expect(await trades(world.bob)).toEqual(["sells 0.5 @ 99 as taker, pays 0.099 USD"]);
  await world.alice.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
  expect(await orders("allOrders")).toEqual(["LIMIT 99: 0.5 of 2 CANCELED"]);
  expectAsEngine(world.model, world.exchange.engine);
});

test("a stop waits, comes by another's trade and trades; who caused it is answered with his own fills", async () => {
  place({ trigger: TriggerKind.Stop, triggerTicks: at(102), priceTicks: at(105) });
  expect(await levels()).toEqual([[], []]);
  expect(await orders("openOrders")).toEqual(["STOP_LOSS_LIMIT 105: 0 of 1 NEW"]);
  expect((await read("openOrders"))[0]).toMatchObject({ isWorking: false });
  place({ account: BOB, side: Side.Sell, priceTicks: at(102) });
  place({ account: BOB, side: Side.Sell, priceTicks: at(103), quantity: coins(0.6) });
  const terms = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "IOC", price: "102" };
  const mode = { selfTradePreventionMode: "NONE", newOrderRespType: "FULL" };
  const { body } = await world.bob.order({ ...terms, ...mode, quantity: "1" });
  expect(body).toMatchObject({ status: "FILLED", executedQty: "1.00000000" });
  expect(body.fills).toHaveLength(1);
  expect(await levels()).toEqual([["0.4 @ 105"], []]);
  expect(await orders("openOrders")).toEqual(["STOP_LOSS_LIMIT 105: 0.6 of 1 PARTIALLY_FILLED"]);
  expect((await read("openOrders"))[0]).toMatchObject({ isWorking: true });
  expect(await trades()).toEqual(["buys 0.6 @ 103 as taker, pays 0.0012 BTC"]);
  expect(reported()).toEqual(["NEW", "NEW", "TRADE"]);
});

test("the answer to an order counts what its own trade has made others do to what rests of it", async () => {
  const side = Side.Sell;
  const trigger = { trigger: TriggerKind.TakeProfit, triggerTicks: at(102) };
  place({ account: BOB, side, priceTicks: at(102) });
  place({ account: BOB, side, priceTicks: at(101), quantity: coins(0.5), ...trigger });
  const terms = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC", price: "102" };
  const { body } = await world.alice.order({ ...terms, quantity: "2", newOrderRespType: "FULL" });
  expect(body).toMatchObject({ status: "PARTIALLY_FILLED", executedQty: "1.50000000" });
  expect(body.fills).toMatchObject([
    { qty: "1.00000000", commission: "0.00200000", commissionAsset: "BTC" },
    { qty: "0.50000000", commission: "0.00050000", commissionAsset: "BTC" },
  ]);
  expect(await levels()).toEqual([["0.5 @ 102"], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT 102: 1.5 of 2 PARTIALLY_FILLED"]);
  expect(await trades()).toEqual([
    "buys 1 @ 102 as taker, pays 0.002 BTC",
    "buys 0.5 @ 102 as maker, pays 0.0005 BTC",
  ]);
});

test("a stop that cannot be paid for when its price comes has expired", async () => {
  place({ trigger: TriggerKind.Stop, triggerTicks: at(102), priceTicks: at(105) });
  const { engine } = world.exchange;
  const { availableQuanta: quanta } = engine.balances(ALICE)[0]!;
  const asset = 0 as AssetIndex;
  run({ kind: CommandKind.Withdraw, account: ALICE, asset, quanta, reference: 1n });
  place({ account: BOB, side: Side.Sell, priceTicks: at(102) });
  place({ account: BOB, priceTicks: at(102) });
  expect(await orders("allOrders")).toEqual(["STOP_LOSS_LIMIT 105: 0 of 1 EXPIRED"]);
  expect(reported()).toEqual(["NEW", "balance", "EXPIRED"]);
});

test("of a pair one ends when the other trades", async () => {
  const side = Side.Sell;
  const stop = { trigger: TriggerKind.Stop, triggerTicks: at(95) };
  run({
    kind: CommandKind.PlaceList,
    listKind: ListKind.OneCancelsOther,
    legs: [
      special({ side, priceTicks: at(105), clientOrderId: 7n }),
      special({ side, priceTicks: at(94), clientOrderId: 8n, ...stop }),
    ],
  });
  expect(await levels()).toEqual([[], ["1 @ 105"]]);
  expect(await orders("openOrders")).toEqual([
    "LIMIT 105: 0 of 1 NEW",
    "STOP_LOSS_LIMIT 94: 0 of 1 NEW",
  ]);
  const known = (await read("openOrders")) as unknown as Record<string, unknown>[];
  expect(known.map(({ clientOrderId }) => clientOrderId)).toEqual(["7", "8"]);
  await world.bob.rest("BTCUSD", "BUY", "105", "0.5");
  expect(await levels()).toEqual([[], ["0.5 @ 105"]]);
  expect(await orders("allOrders")).toEqual([
    "LIMIT 105: 0.5 of 1 PARTIALLY_FILLED",
    "STOP_LOSS_LIMIT 94: 0 of 1 EXPIRED",
  ]);
});

test("a pegged order stands in the book where the price that it follows takes it", async () => {
  const pegged = { orderType: OrderType.PostOnly, peg: PegKind.Primary, pegTicks: 1 };
  place({ ...pegged, priceTicks: at(150) });
  expect(await levels()).toEqual([[], []]);
  await world.bob.rest("BTCUSD", "BUY", "99", "2");
  expect(await levels()).toEqual([["2 @ 99", "1 @ 98.99"], []]);
  await world.bob.rest("BTCUSD", "BUY", "100", "2");
  expect(await levels()).toEqual([["2 @ 100", "1 @ 99.99", "2 @ 99"], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT_MAKER 150: 0 of 1 NEW"]);
  place({ account: BOB, side: Side.Sell, priceTicks: at(99.99), quantity: coins(2.4) });
  expect(await levels()).toEqual([["2 @ 99", "0.6 @ 98.99"], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT_MAKER 150: 0.4 of 1 PARTIALLY_FILLED"]);
  await world.bob.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
  expect(await levels()).toEqual([[], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT_MAKER 150: 0.4 of 1 PARTIALLY_FILLED"]);
});

test("a market order rests unseen for an auction; its uncrossing is told with a taker", async () => {
  setState(MarketState.Auction);
  const market = { symbol: "BTCUSD", side: "BUY", type: "MARKET", quantity: "2" };
  const { body } = await world.alice.order(market);
  expect(body).toMatchObject({ status: "NEW", executedQty: "0.00000000" });
  expect(await levels()).toEqual([[], []]);
  expect(await orders("openOrders")).toEqual(["MARKET 0: 0 of 2 NEW"]);
  await world.bob.rest("BTCUSD", "SELL", "100", "0.5");
  await world.alice.rest("BTCUSD", "BUY", "100", "0.5");
  await world.bob.rest("BTCUSD", "SELL", "99", "1");
  expect(await levels()).toEqual([["0.5 @ 100"], ["1 @ 99", "0.5 @ 100"]]);
  setState(MarketState.Trading);
  expect(await levels()).toEqual([["0.5 @ 100"], []]);
  expect(await orders("allOrders")).toEqual([
    "MARKET 0: 1.5 of 2 EXPIRED",
    "LIMIT 100: 0 of 0.5 NEW",
  ]);
  expect(await orders("allOrders", world.bob)).toEqual([
    "LIMIT 100: 0.5 of 0.5 FILLED",
    "LIMIT 99: 1 of 1 FILLED",
  ]);
  // Bob's orders are the later ones; each pays a maker's fee.
  expect(await trades()).toEqual([
    "buys 1 @ 100 as maker, pays 0.001 BTC",
    "buys 0.5 @ 100 as maker, pays 0.0005 BTC",
  ]);
  expect(await trades(world.bob)).toEqual([
    "sells 1 @ 100 as taker, pays 0.1 USD",
    "sells 0.5 @ 100 as taker, pays 0.05 USD",
  ]);
  const { body: candle } = await world.publicClient.get("/api/v3/ticker/24hr", {
    symbol: "BTCUSD",
  });
  expect(candle).toMatchObject({ lastPrice: "100.00000000", count: 2 });
  expect(reported()).toEqual(["NEW", "NEW", "TRADE", "TRADE", "EXPIRED"]);
});

test("an iceberg that trades more in an auction than it shows leaves the book, or shows the next of it", async () => {
  place({ quantity: coins(5), displayLots: coins(1), priceTicks: at(100) });
  setState(MarketState.Auction);
  await world.bob.rest("BTCUSD", "SELL", "100", "4.5");
  setState(MarketState.Trading);
  expect(await levels()).toEqual([["0.5 @ 100"], []]);
  expect(await orders("openOrders")).toEqual(["LIMIT 100: 4.5 of 5 PARTIALLY_FILLED"]);
  place({ quantity: coins(5), displayLots: coins(1), priceTicks: at(100) });
  setState(MarketState.Auction);
  await world.bob.rest("BTCUSD", "SELL", "100", "6");
  setState(MarketState.Trading);
  expect(await levels()).toEqual([[], ["0.5 @ 100"]]);
  expect(await orders("openOrders")).toEqual([]);
});

test("a transfer is told to both accounts", async () => {
  run({ kind: CommandKind.OpenSubAccount, number: 5_000n, parent: ALICE });
  const target = 4 as AccountIndex;
  const told: AccountReport[] = [];
  world.model.followAccount(target, { reported: (news) => void told.push(...news) });
  const asset = 0 as AssetIndex;
  run({ kind: CommandKind.Transfer, source: ALICE, target, asset, quanta: 5n, reference: 1n });
  expect(reports).toMatchObject([{ kind: "balance", asset, quanta: -5n }]);
  expect(told).toMatchObject([{ kind: "balance", asset, quanta: 5n }]);
  expect(world.model.accountUpdatedMs(target)).toBe(world.model.accountUpdatedMs(ALICE));
});
