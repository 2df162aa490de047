import { createMemoryHistory, createMemoryHistoryStore } from "@rialto/storage";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createReadModel } from "../read-model/read-model.ts";
import { openWorld, type World } from "../testing/gateway-world.ts";
import type { Json } from "../testing/test-client.ts";

// Auctions as the public sees them. The last price is 100.

let world: World;
const store = () => createMemoryHistoryStore({ networkHash: "00" });
let kept: ReturnType<typeof store>;
beforeEach(async () => {
  kept = store();
  world = await openWorld({ history: createMemoryHistory(kept) });
  world.clock.atMs = Date.now();
});
afterEach(() => world[Symbol.asyncDispose]());

async function setState(state: string): Promise<void> {
  const sent = { symbol: "BTCUSD", state };
  const { status } = await world.operator.signed("POST", "/operator/market-state", sent);
  expect(status).toBe(200);
}

async function auction(): Promise<Json> {
  return (await world.publicClient.get("/api/v3/auction", { symbol: "BTCUSD" })).body;
}

const told = (
  state: string,
  price: string,
  quantity: string,
  side: string,
  surplus: string,
): Json => ({
  symbol: "BTCUSD",
  state,
  indicativePrice: `${price}.00000000`,
  indicativeQty: `${quantity}.00000000`,
  surplusSide: side,
  surplusQty: `${surplus}.00000000`,
});
const nothing = (state: string): Json => told(state, "0", "0", "NONE", "0");

/** What was told a moment ago is told again a second later, before whatever comes then: here nothing of this market. */
async function pass(): Promise<void> {
  world.clock.atMs! += 2_000;
  await world.alice.rest("ETHUSD", "BUY", "40", "1");
}

/** Two to buy at 101, three to sell at 99. */
async function gather(): Promise<void> {
  await world.alice.rest("BTCUSD", "BUY", "101", "2");
  await world.bob.rest("BTCUSD", "SELL", "99", "3");
}

test("what an auction would trade, and what would be left of which side, is told until it ends", async () => {
  expect(await auction()).toEqual(nothing("TRADING"));
  await setState("AUCTION");
  expect(await auction()).toEqual(nothing("AUCTION"));
  await gather();
  await pass();
  expect(await auction()).toEqual(told("AUCTION", "99", "2", "SELL", "1"));
  await world.alice.rest("BTCUSD", "BUY", "102", "4");
  await pass();
  expect(await auction()).toEqual(told("AUCTION", "102", "3", "BUY", "1"));
  await world.alice.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
  await pass();
  expect(await auction()).toEqual(nothing("AUCTION"));
  await world.alice.rest("BTCUSD", "BUY", "100", "3");
  await setState("TRADING");
  expect(await auction()).toEqual(nothing("TRADING"));
  const socket = await world.connect("/ws-api/v3");
  const { result } = await socket.ask({ method: "auction", params: { symbol: "BTCUSD" } });
  expect(result).toEqual(nothing("TRADING"));
});

test("a stream tells how a market's auction stands, at the start and whenever that changes", async () => {
  const socket = await world.connect("/ws/btcusd@auction");
  const next = async (): Promise<Json> => {
    const { e, s, X, p, q, S, Q } = await socket.event("auction");
    return [e, s, X, Number(p), Number(q), S, Number(Q)];
  };
  expect(await next()).toEqual(["auction", "BTCUSD", "TRADING", 0, 0, "NONE", 0]);
  await setState("AUCTION");
  expect(await next()).toEqual(["auction", "BTCUSD", "AUCTION", 0, 0, "NONE", 0]);
  await gather();
  await pass();
  expect(await next()).toEqual(["auction", "BTCUSD", "AUCTION", 99, 2, "SELL", 1]);
  await setState("TRADING");
  expect(await next()).toEqual(["auction", "BTCUSD", "TRADING", 0, 0, "NONE", 0]);
});

test("the best levels are told when the book changes, and not when only the auction's price is told", async () => {
  await setState("AUCTION");
  const socket = await world.connect("/ws/btcusd@auction/btcusd@depth5@100ms");
  await gather();
  await socket.until(() => socket.messages.some(({ asks }) => asks?.length === 1));
  socket.messages.length = 0;
  await pass();
  expect(await socket.event("auction")).toMatchObject({ q: "2.00000000" });
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(socket.messages).toEqual([]);
});

test("after a restart an auction is known at once", async () => {
  await setState("AUCTION");
  await gather();
  world.model.flush();
  const model = await createReadModel({ history: createMemoryHistory(kept) });
  model.load(world.exchange.engine);
  expect(model.market(0).auction).toEqual({
    priceTicks: 9_900,
    lots: 20_000n,
    surplusSide: 1,
    surplusLots: 10_000n,
  });
  expect(model.market(1).auction).toBeUndefined();
});
