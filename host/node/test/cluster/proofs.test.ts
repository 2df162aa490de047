import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memberPaths } from "../../src/cluster/member-directory.ts";
import { runRialto } from "../../src/testing/node-process.ts";
import { BEGIN_TIMEOUT_MS, SmallCluster, until } from "../../src/testing/small-cluster.ts";

// Three members, crash profile: a fill's proof taken from any of them is verified with the genesis file.

const ALL = [0, 1, 2] as const;
const MAKER = 1_001n;
const TAKER = 1_002n;
/** A checkpoint a second where something happens, and half a second to the next heartbeat; with room for a busy machine. */
const CERTIFIED_MS_MAX = 5_000;

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;

beforeAll(async () => {
  cluster = cleanup.use(await SmallCluster.create(3, "crash"));
  await cluster.startAll(ALL);
  for (const account of [MAKER, TAKER]) await cluster.fund(0, account);
  const order = {
    symbol: "BTCUSD",
    type: "LIMIT",
    timeInForce: "GTC",
    quantity: "1",
    price: "100",
  };
  const place = async (member: number, account: bigint, side: string): Promise<void> => {
    const client = cluster.client(member, cluster.makeKey(member, account, ["read", "trade"]));
    await client.signed("POST", "/api/v3/order", { ...order, side });
  };
  await place(1, MAKER, "SELL");
  await place(2, TAKER, "BUY");
}, BEGIN_TIMEOUT_MS);
afterAll(() => cleanup.disposeAsync());

interface Report {
  readonly valid: boolean;
  readonly commit: { readonly index: number; readonly digest: string };
  readonly level: string;
  readonly signers: readonly number[];
}

/** The proof of the first trade from a member, and what `rialto verify` says of it. */
async function proveBy(member: number): Promise<Report> {
  const file = join(cluster.root, `proof-${member}.json`);
  await until(`member ${member} has a proof`, async () => {
    const response = await fetch(`${cluster.url(member)}/api/consensus/proof/BTCUSD/1`);
    const text = await response.text();
    if (response.ok) writeFileSync(file, text);
    return response.ok;
  });
  const { genesis } = memberPaths(cluster.directories[0]!);
  return (await runRialto("verify", file, "--genesis", genesis)) as Report;
}

test("a proof from any member holds, by a quorum in both schemes, and says what it does not promise", async () => {
  const reports = await Promise.all(ALL.map((member) => proveBy(member)));
  for (const report of reports) {
    expect(report).toMatchObject({
      valid: true,
      trade: { market: "BTCUSD", tradeId: 1, price: "100", quantity: "1" },
      committee: { profile: "crash", guarantee: "crash-tolerant (1 of 3), not Byzantine-tolerant" },
      quantum: true,
      commit: reports[0]!.commit,
    });
    expect(report.signers.length).toBeGreaterThanOrEqual(2);
  }
});

test("in an idle cluster a fill's proof is there within seconds, not after dozens of heartbeats", async () => {
  const place = async (member: number, account: bigint, side: string): Promise<void> => {
    const client = cluster.client(member, cluster.makeKey(member, account, ["read", "trade"]));
    const order = { symbol: "BTCUSD", type: "LIMIT", timeInForce: "GTC", quantity: "1" };
    await client.signed("POST", "/api/v3/order", { ...order, price: "101", side });
  };
  await place(1, MAKER, "SELL");
  await place(2, TAKER, "BUY");
  const startMs = performance.now();
  await until("the second trade is proven", async () => {
    const response = await fetch(`${cluster.url(0)}/api/consensus/proof/BTCUSD/2`);
    await response.body?.cancel();
    return response.ok;
  });
  expect(performance.now() - startMs).toBeLessThan(CERTIFIED_MS_MAX);
});

test("every member knows how final it is, and comes to ECONOMIC when all have signed", async () => {
  const { commit } = await proveBy(0);
  for (const member of ALL) {
    await until(`member ${member} has everybody's signature`, async () => {
      const response = await fetch(
        `${cluster.url(member)}/api/consensus/finality/${commit.digest}`,
      );
      const { level, commitIndex } = (await response.json()) as {
        readonly level: string;
        readonly commitIndex: number;
      };
      expect(commitIndex).toBe(commit.index);
      return level === "ECONOMIC";
    });
  }
});

test("a killed member proves it again after its restart, and its picture has everybody's blocks", async () => {
  const { commit } = await proveBy(2);
  await cluster.kill(2);
  await cluster.startAll([2]);
  expect((await proveBy(2)).commit).toEqual(commit);
  const dag = (await (await fetch(`${cluster.url(2)}/dag?rounds=20`)).json()) as {
    readonly members: number;
    readonly rounds: readonly { readonly blocks: readonly { readonly author: number }[] }[];
  };
  const authors = new Set(dag.rounds.flatMap(({ blocks }) => blocks.map(({ author }) => author)));
  expect([...authors].toSorted((left, right) => left - right)).toEqual([0, 1, 2]);
  const stats = (await (await fetch(`${cluster.url(2)}/stats`)).json()) as {
    readonly certificates: number;
    readonly quantum_finality: number;
  };
  expect(stats.certificates).toBeGreaterThan(0);
  expect(stats.quantum_finality).toBeGreaterThan(0);
});
