import { rmSync } from "node:fs";
import { ApiError, openMarketStreams, openWsApi, RestClient } from "@rialto/client";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dataDirectory } from "../../src/data-directory.ts";
import { historyOf, readJournaledBlocks } from "../../src/testing/journaled-blocks.ts";
import { openOrderLoad } from "../../src/testing/order-load.ts";
import { readOrderStatuses } from "../../src/testing/order-statuses.ts";
import { BEGIN_TIMEOUT_MS, SmallCluster, until } from "../../src/testing/small-cluster.ts";

// Three members as processes, crash profile: the tests follow one another on the same cluster.

const ALL = [0, 1, 2] as const;
const DEMO_ACCOUNT = 9_000_000n;
const MAKER = 1_001n;
const TAKER = 1_002n;
const CANCEL_ONLY = -1016;
const UNKNOWN = -1007;

/** Rounds that members keep below the horizon, and the horizon. */
const ROUNDS_IN_MEMORY = 256 + 2 * 64;

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;

beforeAll(async () => {
  cluster = cleanup.use(await SmallCluster.create(3, "crash"));
  // The first member would bring robots along: here every number is asserted.
  await Promise.all([cluster.start(0), cluster.start(1, "--demo"), cluster.start(2, "--demo")]);
  await cluster.untilReady(ALL);
  for (const account of [DEMO_ACCOUNT, MAKER, TAKER]) await cluster.fund(0, account);
}, BEGIN_TIMEOUT_MS);
afterAll(() => cleanup.disposeAsync());

interface Trade {
  readonly id: number;
  readonly price: string;
  readonly qty: string;
}

async function trades(member: number): Promise<readonly Trade[]> {
  const response = await fetch(`${cluster.url(member)}/api/v3/trades?symbol=BTCUSD`);
  return (await response.json()) as readonly Trade[];
}

/** Has something decided through a member. */
async function tradeOnce(member: number): Promise<void> {
  await cluster.fund(member, MAKER);
}

test("an order at any node, with side 0 and with buy, trades the same on all three", async () => {
  const maker = cluster.client(0, cluster.makeKey(0, MAKER, ["read", "trade"]));
  await maker.signed("POST", "/api/v3/order", {
    symbol: "BTCUSD",
    side: "SELL",
    type: "LIMIT",
    timeInForce: "GTC",
    quantity: "1",
    price: "100",
  });
  for (const [member, side] of [
    [1, 0],
    [2, "buy"],
  ] as const) {
    const order = { symbol: "BTC-USD", side, price: 100, size: 0.5 };
    const placed = await new RestClient({ url: cluster.url(member) }).postJson("/order", order);
    expect(placed).toMatchObject({ status: "FILLED", executed: "0.50000000" });
  }
  await cluster.untilLevel(ALL);
  const [first, ...others] = await Promise.all(ALL.map((member) => trades(member)));
  expect(first).toMatchObject([{ qty: "0.50000000" }, { qty: "0.50000000" }]);
  for (const other of others) expect(other).toEqual(first);
});

test("market and user streams say the same at every node", async () => {
  const heard = ALL.map((): string[] => []);
  const open = await Promise.all(
    ALL.map(async (member) => {
      const note = (message: object): void => {
        // The time at which a node says something is its own.
        const { E: _saidMs, ...said } = message as { readonly E?: number };
        heard[member]!.push(JSON.stringify(said));
      };
      const url = cluster.url(member);
      // Not the depth: it is joined over time, and what one node says in two messages another says in one.
      const market = await openMarketStreams(url, ["btcusd@trade"], ({ data }) => note(data));
      const credentials = cluster.makeKey(member, TAKER, ["read", "trade"]);
      const user = await openWsApi({ url, credentials, onEvent: note });
      await user.signed("session.logon");
      await user.call("userDataStream.subscribe");
      return { market, user };
    }),
  );
  const maker = cluster.client(0, cluster.makeKey(0, MAKER, ["read", "trade"]));
  const taker = cluster.client(1, cluster.makeKey(1, TAKER, ["read", "trade"]));
  const order = { symbol: "BTCUSD", type: "LIMIT", timeInForce: "GTC", quantity: "1" };
  await maker.signed("POST", "/api/v3/order", { ...order, side: "SELL", price: "101" });
  await taker.signed("POST", "/api/v3/order", { ...order, side: "BUY", price: "101" });
  await taker.signed("POST", "/api/v3/order", { ...order, side: "BUY", price: "50" });
  const pair = { symbol: "BTCUSD", side: "SELL", quantity: "0.5", aboveType: "LIMIT_MAKER" };
  const prices = { abovePrice: "120", belowType: "STOP_LOSS", belowStopPrice: "90" };
  await taker.signed("POST", "/api/v3/orderList/oco", { ...pair, ...prices });
  await taker.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSD" });
  // The last that is said is what the account has after the cancel.
  await until("all that was said has come", async () =>
    heard.every(
      (each) =>
        each.length === heard[0]!.length &&
        each.some((text) => text.includes('"l":"ALL_DONE"')) &&
        each.at(-1)!.includes("outboundAccountPosition"),
    ),
  );
  expect(heard[0]!.toSorted()).toEqual(heard[1]!.toSorted());
  expect(heard[0]!.toSorted()).toEqual(heard[2]!.toSorted());
  for (const { market, user } of open) {
    market.close();
    user.close();
  }
});

test("the state is the same on all three, and so are the counts at the same commit", async () => {
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  await until("three members at the same commit", async () => {
    const stats = await Promise.all(ALL.map((member) => cluster.stats(member)));
    const [{ committed, finalized }] = stats as [(typeof stats)[0]];
    if (!stats.every((each) => each.committed === committed)) return false;
    expect(stats.map((each) => each.finalized)).toEqual(ALL.map(() => finalized));
    return true;
  });
});

/** Longer than members wait before they make a block for nothing. */
const STILL_MS = 1_000;

/** What a member without a quorum counts, and the committed blocks of its newest rounds: once neither moves any more. */
async function untilStill(member: number) {
  const look = async () => {
    const response = await fetch(`${cluster.url(member)}/dag?rounds=100`);
    const { rounds } = (await response.json()) as {
      readonly rounds: readonly {
        readonly blocks: readonly { readonly digest: string; readonly commitIndex: number }[];
      }[];
    };
    const committed = rounds.flatMap(({ blocks }) => blocks.filter((each) => each.commitIndex > 0));
    const { vertices, finalized, committed: commits } = await cluster.stats(member);
    const digests = committed.map(({ digest }) => digest);
    return { digests, counts: { vertices, finalized, committed: commits } };
  };
  let seen = await look();
  await until(`nothing moves at member ${member}`, async () => {
    const before = JSON.stringify(seen);
    await sleep(STILL_MS);
    seen = await look();
    return JSON.stringify(seen) === before;
  });
  return seen;
}

test("each block is counted once, as it comes and by a recovery: there are as many as lie in the journal", async () => {
  await cluster.kill(1);
  await cluster.kill(2);
  const { digests, counts } = await untilStill(0);
  await cluster.kill(0);
  const blocks = await readJournaledBlocks(cluster.directories[0]!);
  // A commit takes all that its leader stands on and no commit before has taken.
  const history = historyOf(digests, blocks);
  expect(counts).toMatchObject({ vertices: blocks.size, finalized: history.size });
  expect(history.size).toBeGreaterThanOrEqual(counts.committed);
  await cluster.start(0);
  expect(await cluster.stats(0)).toMatchObject(counts);
  await cluster.startAll([1, 2]);
  await cluster.untilReady(ALL);
});

test("what is shown of the profile says what it does not bear", async () => {
  expect(await cluster.stats(1)).toMatchObject({
    profile: "crash",
    quorum: 2,
    tolerance: "crash-tolerant (1 of 3), not Byzantine-tolerant",
  });
});

test("kill -9 of one under trading at another loses nothing acknowledged, and it catches up", async () => {
  const credentials = cluster.makeKey(1, TAKER, ["read", "trade"]);
  const ending = new AbortController();
  const load = await openOrderLoad({
    signal: ending.signal,
    url: cluster.url(1),
    credentials,
    side: "BUY",
    prefix: "k",
    seed: 1,
    window: 8,
  });
  const running = load.run();
  await load.untilPlaced(100);
  await cluster.kill(2);
  const before = load.placed.size;
  await load.untilPlaced(before + 200);
  await cluster.start(2);
  await load.untilPlaced(load.placed.size + 100);
  ending.abort();
  await running;
  await cluster.untilReady(ALL);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  // Every order that was acknowledged is known at the member that was killed.
  const reader = cluster.client(2, cluster.makeKey(2, TAKER, ["read"]));
  const known = await readOrderStatuses(reader, "BTCUSD", load.placed.keys());
  expect([...load.placed.keys()].filter((id) => !known.has(id))).toEqual([]);
  expect([...load.cancelled].filter((id) => known.get(id) !== "CANCELED")).toEqual([]);
  expect(load.placed.size).toBeGreaterThan(400);
});

test("one that has lost its disk gets all of it from the others, beyond what they have in memory", async () => {
  await until("the others have forgotten the first rounds", async () => {
    await tradeOnce(0);
    const { round } = await cluster.stats(0);
    return round > ROUNDS_IN_MEMORY;
  });
  await cluster.kill(2);
  cluster.wipe(2);
  await cluster.start(2);
  expect(cluster.node(2).ready.recordsReplayed).toBe(0);
  await cluster.untilReady(ALL);
  expect(cluster.node(2).log()).toContain("guard.amnesia");
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  expect(await trades(2)).toEqual(await trades(0));
  // It signs again: with another one gone the two that are left decide.
  await cluster.kill(1);
  await tradeOnce(2);
  await cluster.startAll([1]);
});

test("one that comes back with the guard of the key ceremony finds out, halts nobody, and signs again", async () => {
  await cluster.kill(2);
  cluster.wipe(2);
  await cluster.restoreCeremony(2);
  await cluster.start(2);
  await cluster.untilReady(ALL);
  expect(cluster.node(2).log()).toContain("guard.outdated");
  // Beside its journal, which says at once that the guard is not of now.
  await cluster.kill(2);
  await cluster.restoreCeremony(2);
  await cluster.start(2);
  await cluster.untilReady(ALL);
  expect(cluster.node(2).log()).toContain("guard.outdated");
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  await cluster.kill(1);
  await tradeOnce(2);
  await cluster.startAll([1]);
  await cluster.untilReady(ALL);
}, 120_000);

test("two of three begin, though the third was never there", async () => {
  await using thin = await SmallCluster.create(3, "crash");
  await thin.startAll([0, 1]);
  await thin.untilReady([0, 1]);
  await thin.fund(1, MAKER);
  expect(thin.node(0).log()).not.toContain("guard.outdated");
  await thin.start(2);
  await thin.untilReady(ALL);
}, 120_000);

test("one that has lost its journal but not its guard, or only its history, comes back too", async () => {
  await cluster.kill(2);
  cluster.wipe(2, true);
  await cluster.start(2);
  await cluster.untilReady(ALL);
  const { history } = dataDirectory(cluster.directories[1]!);
  await cluster.kill(1);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(history + suffix, { force: true });
  // It signs again, or nothing would be decided by the two that are left.
  await tradeOnce(2);
  await cluster.startAll([1]);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  const [first, ...others] = await Promise.all(ALL.map((member) => trades(member)));
  expect(first!.length).toBeGreaterThan(2);
  for (const other of others) expect(other).toEqual(first);
});

test("with two of three gone orders are refused, a cancel waits, and all goes on by itself", async () => {
  const keyOf = (member: number) => cluster.makeKey(member, MAKER, ["read", "trade"]);
  const trader = cluster.client(1, keyOf(1));
  const place = { symbol: "BTCUSD", side: "SELL", type: "LIMIT", timeInForce: "GTC" };
  const order = { ...place, quantity: "1", price: "200", newClientOrderId: "waits" };
  await trader.signed("POST", "/api/v3/order", order);
  await cluster.kill(0);
  await cluster.kill(2);
  await until("the survivor is not ready", async () => !(await cluster.isReady(1)));
  const refused = trader.signed("POST", "/api/v3/order", { ...order, newClientOrderId: "no" });
  await expect(refused).rejects.toMatchObject({ status: 503, code: CANCEL_ONLY });
  await expect(refused).rejects.toThrow(/^Only cancels are taken: no quorum: members 0, 2/);
  const named = { symbol: "BTCUSD", origClientOrderId: "waits" };
  // It waits for the others; if they take too long, nobody knows yet what becomes of it.
  const canceled = trader.signed("DELETE", "/api/v3/order", named).then(
    () => "taken",
    (error: unknown) => (error instanceof ApiError && error.code === UNKNOWN ? "taken" : error),
  );
  await cluster.startAll([0, 2]);
  await cluster.untilReady(ALL);
  // It may have been answered "unknown" meanwhile; executed it is.
  expect(await canceled).toBe("taken");
  await cluster.untilLevel(ALL);
  for (const member of ALL) {
    const reader = cluster.client(member, keyOf(member));
    const query = { symbol: "BTCUSD", origClientOrderId: "waits" };
    await until(`the cancel has come to member ${member}`, async () => {
      const { status } = (await reader.signed("GET", "/api/v3/order", query)) as {
        readonly status: string;
      };
      return status === "CANCELED";
    });
  }
  await trader.signed("POST", "/api/v3/order", { ...order, newClientOrderId: "again" });
});
