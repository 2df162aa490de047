import {
  type AccountIndex,
  ALL_MARKETS,
  CommandKind,
  type MarketIndex,
  type OrderId,
  OrderType,
  SelfTrade,
  Side,
  SideFilter,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import type { Json } from "../testing/test-client.ts";
import type { TestSocket } from "../testing/test-socket.ts";

const ALICE_INDEX = 1 as AccountIndex;
/** With what is told of their end, several times what may wait in the buffer of one connection. */
const ORDERS = 30_000;
const ORDERS_AT_ONCE = 10_000;

const MANY_ORDERS = {
  ...SMALL_NETWORK,
  capacities: { ...SMALL_NETWORK.capacities, accountOrdersMax: ORDERS },
};

/** Lets an account have as many orders more. */
function placeMany({ exchange }: World, count: number): void {
  for (let placed = 0; placed < count; placed += ORDERS_AT_ONCE) {
    const order = {
      kind: CommandKind.Place,
      account: ALICE_INDEX,
      market: 0 as MarketIndex,
      side: Side.Buy,
      orderType: OrderType.Limit,
      selfTrade: SelfTrade.Allow,
      priceTicks: 9_000,
      quantity: 1_000n,
      clientOrderId: 0n,
    };
    exchange.run(Array.from({ length: Math.min(ORDERS_AT_ONCE, count - placed) }, () => order));
  }
}

function cancelAll({ exchange }: World): void {
  exchange.run([
    {
      kind: CommandKind.CancelAll,
      account: ALICE_INDEX,
      market: ALL_MARKETS,
      sides: SideFilter.Both,
      withFamily: 0,
    },
  ]);
}

async function followByKey(world: World): Promise<TestSocket> {
  const headers = { "x-mbx-apikey": world.alice.credentials.id };
  const path = "/api/v3/userDataStream";
  const { body } = await world.alice.raw({ method: "POST", path, headers });
  return world.connect(`/ws/${body.listenKey}`);
}

async function followBySignature(world: World): Promise<TestSocket> {
  const socket = await world.connect("/ws-api/v3");
  const method = "userDataStream.subscribe.signature";
  await socket.ask({ method, params: world.alice.socketParams() });
  return socket;
}

/** The events up to and with the next position. */
async function untilPosition(socket: TestSocket): Promise<Json[]> {
  const events: Json[] = [];
  for (;;) {
    await socket.until(() => socket.messages.length > 0);
    for (const message of socket.messages.splice(0)) events.push(message.event ?? message);
    if (events.at(-1).e === "outboundAccountPosition") return events;
  }
}

test.each([
  ["by a listen key", followByKey],
  ["through the WebSocket API", followBySignature],
])(
  "all orders of an account end with one command, and who follows it %s hears of each",
  async (_, follow) => {
    await using world = await openWorld({ network: MANY_ORDERS });
    placeMany(world, ORDERS);
    const socket = await follow(world);
    cancelAll(world);
    const events = await untilPosition(socket);
    expect(events).toHaveLength(ORDERS + 1);
    const ids = events.slice(0, -1).map(({ x, I }) => `${x} ${I - events[0].I}`);
    expect(ids).toEqual(ids.map((_id, count) => `CANCELED ${count}`));
    expect(events.at(-1).B.map(({ l }: Json) => Number(l))).toEqual([0, 0]);
  },
);

test("what one batch does to an order one after the other is told as it was then", async () => {
  await using world = await openWorld();
  const socket = await followBySignature(world);
  const terms = {
    account: ALICE_INDEX,
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
  };
  const target = { orderId: 0 as OrderId, clientOrderId: 5n };
  const order = { ...terms, market: 0 as MarketIndex, clientOrderId: 5n };
  const amend = { kind: CommandKind.Amend, ...terms, target, expectedLots: 0n };
  world.exchange.run([
    {
      kind: CommandKind.Place,
      ...order,
      clientOrderId: 6n,
      side: Side.Sell,
      priceTicks: 9_500,
      quantity: 5_000n,
    },
    { kind: CommandKind.Place, ...order, side: Side.Buy, priceTicks: 9_000, quantity: 20_000n },
    { ...amend, priceTicks: 8_900, quantity: 10_000n },
    { ...amend, priceTicks: 9_500, quantity: 5_000n },
  ]);
  const events = (await untilPosition(socket)).filter(({ c }) => c === "5");
  expect(events.map(({ x, p, q, w }) => [x, Number(p), Number(q), w])).toEqual([
    ["NEW", 90, 2, true],
    ["REPLACED", 89, 1, true],
    ["REPLACED", 95, 0.5, false],
    ["TRADE", 95, 0.5, false],
  ]);
});

test("who asks for less than a lot at the price hears that the order has ended", async () => {
  await using world = await openWorld();
  const socket = await followBySignature(world);
  await world.bob.rest("ETHBTC", "SELL", "0.5", "1");
  // A lot costs 0.005.
  const order = { symbol: "ETHBTC", side: "BUY", type: "MARKET", quoteOrderQty: "0.001" };
  const { body } = await world.alice.order(order);
  expect(body).toMatchObject({ status: "EXPIRED", executedQty: "0.00000000", fills: [] });
  const events = (await untilPosition(socket)).slice(0, -1);
  expect(events.map(({ x, X, I }) => [x, X, I - events[0].I])).toEqual([
    ["NEW", "NEW", 0],
    ["EXPIRED", "EXPIRED", 1],
  ]);
  const { orderId, symbol } = body;
  const { body: asked } = await world.alice.signed("GET", "/api/v3/order", { symbol, orderId });
  expect(asked.status).toBe("EXPIRED");
});

async function metric({ publicClient }: World, name: string): Promise<number> {
  const { text } = await publicClient.get("/metrics");
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1],
  );
}

const DROPPED = 'rialto_ws_dropped_clients_total{reason="slow"}';
const WAITING = "rialto_ws_account_backlog_bytes";

test("who follows an account and does not read is dropped, and the others lose nothing", async () => {
  await using world = await openWorld({
    network: MANY_ORDERS,
    limits: { accountBacklogBytes: 10_000_000 },
  });
  const slow = await followBySignature(world);
  const quick = await followBySignature(world);
  slow.socket.pause();
  let expected = 0;
  for (let round = 0; (await metric(world, DROPPED)) === 0; round++) {
    expect(round).toBeLessThan(20);
    placeMany(world, 3_000);
    cancelAll(world);
    expected += 6_002;
    await quick.until(() => quick.messages.length === expected);
  }
  expect(await metric(world, WAITING)).toBe(0);
  const ids = quick.messages.map(({ event }) => event.I).filter((id) => id !== undefined);
  expect(ids).toEqual(ids.map((_id, count) => ids[0] + count));
});

test("a node that stops tells what has happened first", async () => {
  await using world = await openWorld({ network: MANY_ORDERS });
  placeMany(world, 20_000);
  const socket = await followByKey(world);
  cancelAll(world);
  await world.gateway.drain();
  expect(await socket.closed).toMatchObject({ code: 1001 });
  const events = socket.messages.filter(({ x }) => x === "CANCELED");
  expect(events).toHaveLength(20_000);
});
