import { createPrng } from "@rialto/base";
import { type Credentials, RestClient } from "@rialto/client";
import { clientOrderIdOf } from "@rialto/gateway";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startNodeProcess } from "../src/testing/node-process.ts";
import { type OrderLoad, openOrderLoad } from "../src/testing/order-load.ts";
import { type Replayed, replayFromNothing } from "../src/testing/replay-from-nothing.ts";
import { SmallExchange } from "../src/testing/small-exchange.ts";

const KILLS = 50;
/** Orders that each trader has acknowledged before a kill, at most. */
const PLACED_MAX = 120;
const UNKNOWN_ORDER = -2011;

interface Trader {
  readonly side: "BUY" | "SELL";
  readonly account: bigint;
  readonly credentials: Credentials;
}

test(`kill -9 at ${KILLS} random moments under load loses nothing acknowledged`, async () => {
  using exchange = new SmallExchange();
  const small = ["--segment-bytes", "4194304", "--snapshot-commands", "1000"];
  const args = [...exchange.startArguments, ...small];
  const operator = exchange.makeKey(1n, ["operator"]);
  const traders = (["BUY", "SELL"] as const).map((side, index): Trader => {
    const account = BigInt(1001 + index);
    return { side, account, credentials: exchange.makeKey(account, ["read", "trade"]) };
  });
  const random = createPrng(20_261_121);
  let loads: readonly OrderLoad[] = [];
  let replayed: Replayed | undefined;
  const acknowledged = { placed: 0, cancelled: 0 };
  let fromSnapshot = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await using node = await startNodeProcess(args);
    const url = node.ready.origin;
    const client = new RestClient({ url, credentials: operator });
    if (replayed === undefined) await fund(client, traders);
    else await checkRestart(client, replayed, traders, loads);
    if (node.ready.recordsReplayed < (replayed?.sequence ?? 0)) fromSnapshot++;
    const opening = traders.map(({ side, credentials }) =>
      openOrderLoad({ url, credentials, side, prefix: `${side}${kill}`, seed: kill, window: 16 }),
    );
    loads = await Promise.all(opening);
    const running = loads.map((load) => load.run());
    // By what was acknowledged and not by the clock alone, so that a slow machine kills as late as a fast one.
    const count = random.below(PLACED_MAX);
    await Promise.all(loads.map((load) => load.untilPlaced(count)));
    await sleep(random.below(10));
    await node.end("SIGKILL");
    await Promise.all(running);
    replayed = await replayFromNothing(exchange.dataDir);
    for (const [index, load] of loads.entries()) {
      checkNothingLost(load, replayed, traders[index]!);
      acknowledged.placed += load.placed.size;
      acknowledged.cancelled += load.cancelled.size;
    }
  }
  await using last = await startNodeProcess(args);
  const client = new RestClient({ url: last.ready.origin, credentials: operator });
  await checkRestart(client, replayed!, traders, loads);
  expect(await last.end("SIGTERM")).toBe(0);
  expect(fromSnapshot).toBeGreaterThan(3);
  expect(acknowledged.placed).toBeGreaterThan(2_000);
  expect(acknowledged.cancelled).toBeGreaterThan(500);
}, 300_000);

async function fund(client: RestClient, traders: readonly Trader[]): Promise<void> {
  for (const { account } of traders) {
    for (const asset of ["USD", "BTC"]) {
      await client.signed("POST", "/operator/deposit", {
        account: String(account),
        asset,
        amount: 1_000_000,
      });
    }
  }
}

/** Every acknowledged command is in the journal, and had the effect that was acknowledged. */
function checkNothingLost(load: OrderLoad, replayed: Replayed, trader: Trader): void {
  // An order that has been filled meanwhile can no longer be cancelled; nothing else may be refused.
  expect([...load.refusals.keys()].filter((code) => code !== UNKNOWN_ORDER)).toEqual([]);
  const missing = [...load.placed.keys()].filter((id) => !replayed.clientOrderIds.has(id));
  expect(missing).toEqual([]);
  const account = replayed.engine.findAccount(trader.account)!;
  const stillOpen = [...load.cancelled].filter(
    (id) => replayed.engine.findClientOrder(account, clientOrderIdOf(id)) !== undefined,
  );
  expect(stillOpen).toEqual([]);
}

/** The node has recovered what a replay from nothing yields, and its clients find their orders. */
async function checkRestart(
  client: RestClient,
  replayed: Replayed,
  traders: readonly Trader[],
  loads: readonly OrderLoad[],
): Promise<void> {
  const { sequence, stateHash } = replayed;
  expect(await client.signed("GET", "/operator/state-hash")).toMatchObject({ sequence, stateHash });
  for (const [index, load] of loads.entries()) {
    const trader = new RestClient({ url: client.url, credentials: traders[index]!.credentials });
    const [newest] = [...load.placed].toReversed();
    if (newest === undefined) continue;
    const [origClientOrderId, { orderId }] = newest;
    const order = await trader.signed("GET", "/api/v3/order", {
      symbol: "BTCUSD",
      origClientOrderId,
    });
    expect(order).toMatchObject({ clientOrderId: origClientOrderId, orderId });
    const { status } = order as { readonly status: string };
    expect(load.cancelled.has(origClientOrderId) && status !== "CANCELED").toBe(false);
  }
}
