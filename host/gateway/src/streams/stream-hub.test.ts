import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Services } from "../api/operation.ts";
import { MarketCatalog } from "../markets/market-catalog.ts";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { messagesOf, SlowNetwork } from "../testing/slow-network.ts";
import type { Json } from "../testing/test-client.ts";
import { ClientSocket } from "./client-socket.ts";
import { StreamHub } from "./stream-hub.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function trade(symbol: string, price: string): Promise<void> {
  await world.alice.rest(symbol, "SELL", price, "10");
  await world.bob.order({ symbol, side: "BUY", type: "MARKET", quantity: "10" });
}

/** A client of a hub of its own, on a network that a test slows down. */
async function subscribe(stream: string) {
  const { exchange, model } = world;
  // What a hub asks of the services.
  const services = { exchange, model, catalog: new MarketCatalog(exchange.network) };
  const hub = new StreamHub(services as unknown as Services);
  const { socket: webSocket } = await world.connect("/ws");
  const network = new SlowNetwork();
  const limits = { congestedBytes: 100, sendBufferBytes: 1_000_000 };
  const socket = new ClientSocket(webSocket, network, "", limits, () => {});
  hub.subscribe({ socket, form: { isCombined: false, isMicroseconds: false } }, stream);
  const heard = (): Json[] => messagesOf(Buffer.concat(network.taken));
  const until = async (isDone: () => boolean): Promise<void> => {
    for (let round = 0; round < 100 && !isDone(); round++) await sleep(50);
    expect(isDone()).toBe(true);
  };
  const slowDown = (): void => {
    network.isSlow = true;
    socket.sendText("[]".padEnd(1_000));
    expect(socket.isCongested).toBe(true);
  };
  return { hub, heard, until, slowDown, hurry: () => network.hurry() };
}

test("one who was congested learns every market's ticker, also those that have not traded since", async () => {
  const { hub, heard, until, slowDown, hurry } = await subscribe("!miniTicker@arr");
  await until(() => heard().length > 0);
  slowDown();
  await trade("BTCUSD", "100");
  // Two of the messages that come every second have been missed.
  await sleep(2_100);
  await trade("ETHUSD", "50");
  hurry();
  await until(() => heard().length > 2);
  hub.stop();
  const last = new Map(heard().flatMap((tickers) => tickers.map(({ s, c }: Json) => [s, c])));
  expect(last.get("BTCUSD")).toBe("100.00000000");
});

test("one who was congested learns every candle that has ended meanwhile, as it ended", async () => {
  await trade("ETHBTC", "0.5");
  const { hub, heard, until, slowDown, hurry } = await subscribe("ethbtc@kline_1s");
  await until(() => heard().length > 0);
  slowDown();
  await trade("ETHBTC", "0.6");
  const tradedMs = world.model.market(2).lastTrade!.timeMs;
  // The candle of the trade and the one after it have ended, a quarter of a second after their time, at a beat.
  await sleep(2_400);
  hurry();
  const openMs = Math.floor(tradedMs / 1_000) * 1_000;
  const ended = () => heard().filter(({ k }) => k?.x === true);
  await until(() => ended().some(({ k }) => k.t > openMs));
  hub.stop();
  expect(ended().find(({ k }) => k.t === openMs)?.k).toMatchObject({ c: "0.60000000" });
  expect(ended().map(({ k }) => k.t)).toContain(openMs + 1_000);
});
