import { SmallCluster } from "@rialto/node/testing/cluster";
import type { Order } from "ccxt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeKey } from "./src/accounts.ts";
import { type Client, createClient } from "./src/ccxt-client.ts";

// Unmodified ccxt, each client at a node of its own, while a third node is killed and comes back.

const ALL = [0, 1, 2] as const;
const BTC = "BTC/USD";
const ALICE = 1_001;
const BOB = 1_002;
/** Trades before the kill, without the third node, and after its return. */
const TRADES = 8;

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;
let alice: Client;
let bob: Client;

beforeAll(async () => {
  cluster = cleanup.use(await SmallCluster.create(3, "crash"));
  await cluster.startAll(ALL);
  for (const account of [ALICE, BOB]) await cluster.fund(0, BigInt(account));
  alice = await openClient(0, ALICE);
  bob = await openClient(1, BOB);
});
afterAll(() => cleanup.disposeAsync());

async function openClient(member: number, account: number): Promise<Client> {
  const dataDirectory = cluster.directories[member]!;
  const { apiKey, secret } = await makeKey({ dataDirectory }, account, "ed25519");
  const client = await createClient(cluster.url(member), { apiKey, secret });
  cleanup.defer(() => client.close());
  await client.loadMarkets();
  return client;
}

/** Alice offers at her node, Bob buys at his. Returns what both were told. */
async function trade(count: number): Promise<Order[]> {
  const orders: Order[] = [];
  for (let done = 0; done < count; done++) {
    orders.push(await alice.createOrder(BTC, "limit", "sell", 1, 100 + done));
    const bought = await bob.createOrder(BTC, "limit", "buy", 1, 100 + done);
    expect(bought).toMatchObject({ status: "closed", filled: 1, remaining: 0 });
    orders.push(bought);
  }
  return orders;
}

test("trades go on while a node is killed and returns, which then knows every one of them", async () => {
  const orders = await trade(TRADES);
  await cluster.kill(2);
  orders.push(...(await trade(TRADES)));
  await cluster.start(2);
  orders.push(...(await trade(TRADES)));
  await cluster.untilReady(ALL);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  const readers = [await openClient(2, ALICE), await openClient(2, BOB)];
  const known = new Map<Order["id"], Order>();
  for (const reader of readers) {
    for (const order of await reader.fetchOrders(BTC)) known.set(order.id, order);
  }
  expect(known.size).toBe(6 * TRADES);
  for (const { id } of orders) expect(known.get(id)).toMatchObject({ status: "closed", filled: 1 });
  const [mine, theirs] = await Promise.all(
    [bob, readers[1]!].map((each) => each.fetchMyTrades(BTC)),
  );
  expect(theirs!.map(({ id }) => id)).toEqual(mine!.map(({ id }) => id));
});

test("a list that was placed at one node is known at another, by its names and by what became of it", async () => {
  const names = { listClientOrderId: "list", aboveClientOrderId: "up", belowClientOrderId: "down" };
  const last = (await alice.fetchTicker(BTC)).last!;
  await alice.privatePostOrderListOco({
    symbol: "BTCUSD",
    side: "SELL",
    quantity: "1",
    aboveType: "LIMIT_MAKER",
    abovePrice: String(last + 10),
    belowType: "STOP_LOSS",
    belowStopPrice: String(last - 10),
    ...names,
  });
  await cluster.untilLevel(ALL);
  const reader = await openClient(2, ALICE);
  const open = await reader.fetchOpenOrders(BTC);
  expect(open.map(({ clientOrderId }) => clientOrderId)).toEqual(["up", "down"]);
  const list = await reader.privateGetOrderList({ origClientOrderId: "list" });
  expect(list).toMatchObject({ contingencyType: "OCO", listOrderStatus: "EXECUTING" });
  await bob.createOrder(BTC, "market", "buy", 1);
  await cluster.untilLevel(ALL);
  const ended = (await reader.fetchOrders(BTC)).slice(-2);
  expect(ended.map(({ status }) => status)).toEqual(["closed", "expired"]);
  const orderListId = ended[0]!.info["orderListId"];
  expect(list["orderListId"]).toBe(orderListId);
  const [known] = (await reader.privateGetAllOrderList()) as object[];
  expect(known).toMatchObject({ orderListId, listOrderStatus: "ALL_DONE" });
  const [fill] = await reader.fetchMyTrades(BTC, undefined, 1);
  expect(fill!.info).toMatchObject({ orderListId });
});
