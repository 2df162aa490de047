import { createPrng } from "@rialto/base";
import { Side } from "@rialto/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MarketCatalog } from "../markets/market-catalog.ts";
import { LevelBook } from "../read-model/level-book.ts";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { messagesOf, SlowNetwork } from "../testing/slow-network.ts";
import { SMALL_NETWORK } from "../testing/small-network.ts";
import { ClientSocket } from "./client-socket.ts";
import { DepthTopic } from "./depth-topic.ts";
import { Outgoing } from "./topic.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

interface Update {
  readonly U: number;
  readonly u: number;
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
}

test.each([1, 2, 3])(
  "a client that is slow now and then misses nothing (seed %i)",
  async (seed) => {
    const prng = createPrng(seed);
    const { socket: webSocket } = await world.connect("/ws");
    const network = new SlowNetwork();
    const drops: string[] = [];
    const limits = { congestedBytes: 100, sendBufferBytes: 1_000_000 };
    const socket = new ClientSocket(webSocket, network, "", limits, (reason) => drops.push(reason));
    const client = { socket, form: { isCombined: false, isMicroseconds: false } };
    const [market] = new MarketCatalog(SMALL_NETWORK).markets;
    const book = new LevelBook(1);
    const topic = new DepthTopic("btcusd@depth@100ms", market!, book, 1);
    topic.subscribers.add(client);
    const outgoing = new Outgoing();
    let changeCount = 0;
    let congestedCount = 0;
    for (let beat = 1; beat <= 2_000; beat++) {
      for (let changes = prng.below(6); changes > 0; changes--) {
        const side = prng.below(2) as Side;
        const price = 100 + prng.below(8);
        const lots = book.lotsAt(side, price);
        const change = prng.chance(1, 2) && lots > 0n ? -lots : BigInt(1 + prng.below(5));
        book.change(side, price, change);
        topic.levelChanged(side, price);
        changeCount += 1;
      }
      if (prng.chance(1, 20)) network.isSlow = true;
      if (prng.chance(1, 3)) network.takeOne();
      if (prng.chance(1, 10)) network.hurry();
      if (socket.isCongested) congestedCount += 1;
      topic.beat(outgoing, beat, beat * 100);
      outgoing.end();
    }
    network.hurry();
    topic.beat(outgoing, 1, 0);
    outgoing.end();
    network.hurry();
    const updates = messagesOf(Buffer.concat(network.taken)) as Update[];
    let lastId = 1;
    const levels = { b: new Map<string, string>(), a: new Map<string, string>() };
    for (const update of updates) {
      expect(update.U).toBe(lastId + 1);
      lastId = update.u;
      for (const side of ["b", "a"] as const) {
        for (const [price, quantity] of update[side]) levels[side].set(price, quantity);
      }
    }
    expect(lastId).toBe(1 + changeCount);
    for (const [name, side] of [
      ["b", Side.Buy],
      ["a", Side.Sell],
    ] as const) {
      for (let price = 100; price < 108; price++) {
        const quantity = market!.quantityText(book.lotsAt(side, price));
        expect(levels[name].get(market!.priceText(price)) ?? "0.00000000").toBe(quantity);
      }
    }
    // It was slow at times, and was told less often then.
    expect(congestedCount).toBeGreaterThan(100);
    expect(updates.length).toBeLessThan(1_900);
    expect(drops).toEqual([]);
  },
);
