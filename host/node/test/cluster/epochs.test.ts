import { encodeHex, fail, Fault } from "@rialto/base";
import { ApiError, RestClient } from "@rialto/client";
import { parseFillProof, verifyFillProof } from "@rialto/replica";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chainTrust } from "../../src/cluster/epoch-file.ts";
import { loadGenesis } from "../../src/cluster/genesis.ts";
import { memberPaths } from "../../src/cluster/member-directory.ts";
import { runRialto } from "../../src/testing/node-process.ts";
import { openOrderLoad, type OrderLoad } from "../../src/testing/order-load.ts";
import { readOrderStatuses } from "../../src/testing/order-statuses.ts";
import { BEGIN_TIMEOUT_MS, SmallCluster, until } from "../../src/testing/small-cluster.ts";

// Members change while trading goes on at one of them, as operators do it: cards, a proposal, signatures of a quorum. The
// tests follow one another on the same cluster.

const MAKER = 1_001n;
const TAKER = 1_002n;
/** Few, so that an idle cluster comes to the next checkpoint soon. */
const CHECKPOINT_EVERY = 4;
/** A cancel that came after a fill. */
const ALREADY_FILLED = -2011;
/** The member at which trading goes on. */
const TRADER = 1;

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;
let load: OrderLoad;
let running: Promise<void>;
const ending = new AbortController();

beforeAll(async () => {
  cluster = cleanup.use(await SmallCluster.create(3, "crash"));
  for (const directory of cluster.directories) {
    const path = memberPaths(directory).genesis;
    const genesis = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...genesis, checkpointEvery: CHECKPOINT_EVERY }));
  }
  await cluster.startAll([0, 1, 2]);
  for (const account of [MAKER, TAKER]) await cluster.fund(0, account);
  const credentials = cluster.makeKey(TRADER, TAKER, ["read", "trade"]);
  load = await openOrderLoad({
    signal: ending.signal,
    url: cluster.url(TRADER),
    credentials,
    side: "BUY",
    prefix: "e",
    seed: 5,
    window: 4,
  });
  running = load.run();
  await load.untilPlaced(20);
}, BEGIN_TIMEOUT_MS);
afterAll(async () => {
  ending.abort();
  await cleanup.disposeAsync();
});

const file = (name: string): string => join(cluster.root, name);
const genesisOf = (): string => memberPaths(cluster.directories[0]!).genesis;

async function epochOf(member: number): Promise<number> {
  const response = await fetch(`${cluster.url(member)}/stats`);
  return ((await response.json()) as { readonly epoch: number }).epoch;
}

/** Proposes a change, has it signed by those members, and waits until each of `wait` is in the next epoch. */
async function change(
  what: readonly string[],
  signers: readonly number[],
  wait: readonly number[],
): Promise<void> {
  const before = await epochOf(TRADER);
  const path = file(`change-${before}.json`);
  const at = ["--url", cluster.url(TRADER), "--genesis", genesisOf()];
  await runRialto("cluster", "propose", path, ...what, ...at);
  for (const member of signers) {
    await runRialto("cluster", "sign", path, "--data-dir", cluster.directories[member]!);
  }
  const begun = await runRialto("cluster", "submit", path, ...at);
  expect(begun).toMatchObject({ epoch: before + 1 });
  for (const member of wait) {
    await until(`member ${member} is in epoch ${before + 1}`, async () => {
      return (await epochOf(member)) === before + 1;
    });
  }
  await load.untilPlaced(load.placed.size + 20);
}

/** One trade through a member. Returns its id. */
async function trade(member: number): Promise<number> {
  const place = async (account: bigint, side: string): Promise<object> => {
    const client = cluster.client(member, cluster.makeKey(member, account, ["read", "trade"]));
    const order = { symbol: "BTCUSD", type: "LIMIT", timeInForce: "GTC" };
    const terms = { quantity: "1", price: side === "SELL" ? "90" : "200", side };
    return (await client.signed("POST", "/api/v3/order", { ...order, ...terms })) as object;
  };
  const sold = (await place(MAKER, "SELL")) as { readonly fills: readonly { tradeId: number }[] };
  if (sold.fills.length === 0) await place(TAKER, "BUY");
  const response = await fetch(`${cluster.url(member)}/api/v3/trades?symbol=BTCUSD&limit=1`);
  const [last] = (await response.json()) as readonly { readonly id: number }[];
  return last?.id ?? fail("somebody has traded");
}

test("a member's keys are rotated while another one trades", async () => {
  const [, , directory] = cluster.directories;
  const card = await runRialto("keys", "rotate", "--data-dir", directory!);
  writeFileSync(file("rotated.json"), JSON.stringify(card));
  await change(["--rotate", "2", "--card", file("rotated.json")], [0, 1], [0, 1, 2]);
  // With the new keys it is one of two that decide.
  await cluster.kill(0);
  const { size } = load.placed;
  await load.untilPlaced(size + 20);
  expect(load.placed.size).toBeGreaterThan(size);
  await cluster.startAll([0]);
});

test("a member is added: it begins with a snapshot of the others, and takes orders", async () => {
  const member = await cluster.makeNewcomer();
  const paths = memberPaths(cluster.directories[member]!);
  await change(["--add", paths.card], [0, 2], [0, 1, 2]);
  const at = ["--url", cluster.url(TRADER), "--genesis", genesisOf()];
  await runRialto("cluster", "epochs", paths.epochs, ...at);
  await cluster.startAll([member]);
  expect(cluster.node(member).log()).toContain("snapshot.installed");
  expect(await epochOf(member)).toBe(3);
  // It may fall behind once more after it was level: then it says so.
  await until("the new member takes orders", async () => {
    try {
      return (await trade(member)) > 0;
    } catch (error) {
      if (error instanceof ApiError && error.message.includes("catches up")) return false;
      throw error;
    }
  });
});

test("a member is removed: it says so, takes nothing, and a restart changes nothing of it", async () => {
  await change(["--remove", "0"], [0, 1, 2], [0, 1, 2, 3]);
  const ask = async (): Promise<unknown> => (await fetch(`${cluster.url(0)}/ready`)).json();
  expect(await ask()).toMatchObject({
    ready: false,
    reason: expect.stringMatching(/no seat in epoch 4: it was removed/) as unknown,
  });
  const client = cluster.client(0, cluster.makeKey(0, MAKER, ["read", "trade"]));
  const order = { symbol: "BTCUSD", side: "SELL", type: "LIMIT", timeInForce: "GTC" };
  const placing = client.signed("POST", "/api/v3/order", { ...order, quantity: "1", price: "90" });
  await expect(placing).rejects.toBeInstanceOf(ApiError);
  await cluster.kill(0);
  await cluster.start(0);
  expect(await ask()).toMatchObject({ ready: false });
  expect(cluster.node(0).log()).not.toContain("replica.halted");
});

test("nothing that was acknowledged is lost, and all members have one state", async () => {
  ending.abort();
  await running;
  const members = [1, 2, 3];
  const states = await cluster.untilLevel(members);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  // At another one than they were placed at; who came later has the history since it came.
  const reader = cluster.client(2, cluster.makeKey(2, TAKER, ["read"]));
  const known = await readOrderStatuses(reader, "BTCUSD", load.placed.keys());
  expect([...load.placed.keys()].filter((id) => !known.has(id))).toEqual([]);
  expect([...load.cancelled].filter((id) => known.get(id) !== "CANCELED")).toEqual([]);
  expect(load.placed.size).toBeGreaterThan(100);
  // Nobody was told that there was no quorum: orders waited while links were opened anew.
  expect([...load.refusals.keys()].filter((code) => code !== ALREADY_FILLED)).toEqual([]);
});

interface Report {
  readonly valid: boolean;
  readonly committee: { readonly epoch: number };
}

async function proofOf(member: number, tradeId: number): Promise<string> {
  let text = "";
  await until(`member ${member} has a proof`, async () => {
    const path = `/api/consensus/proof/BTCUSD/${tradeId}`;
    const response = await fetch(cluster.url(member) + path);
    text = await response.text();
    return response.ok;
  });
  return text;
}

async function verify(text: string): Promise<Report> {
  const path = file("proof.json");
  writeFileSync(path, text);
  return (await runRialto("verify", path, "--genesis", genesisOf())) as Report;
}

test("a proof of a later epoch holds with the genesis alone, and no step on the way may be another", async () => {
  const newest = await trade(3);
  const text = await proofOf(3, newest);
  expect(await verify(text)).toMatchObject({ valid: true, committee: { epoch: 4 } });
  const proof = JSON.parse(text) as { readonly epochs: readonly string[] };
  expect(proof.epochs).toHaveLength(3);
  const [first, second, third] = proof.epochs as [string, string, string];
  const genesis = loadGenesis(genesisOf());
  if (genesis instanceof Fault) throw genesis;
  const trust = chainTrust(genesis);
  const turned = encodeHex(Uint8Array.of(Number.parseInt(first.slice(-2), 16) ^ 1));
  const chains = [
    [],
    [first, second],
    [second, third],
    [first, third, second],
    [first, second, third, third],
    [first.slice(0, -2) + turned, second, third],
  ];
  for (const epochs of chains) {
    const mutated = parseFillProof(JSON.stringify({ ...proof, epochs }));
    if (mutated instanceof Fault) throw mutated;
    expect(verifyFillProof(mutated, trust)).toMatchObject({ detail: { code: "PROOF_INVALID" } });
  }
});

test("a killed member is in the newest epoch again, and the first trade is proven still", async () => {
  await cluster.kill(2);
  await cluster.startAll([2]);
  expect(await epochOf(2)).toBe(4);
  expect(await verify(await proofOf(2, 1))).toMatchObject({ valid: true });
  const metrics = await (await fetch(`${cluster.url(2)}/metrics`)).text();
  expect(metrics).toContain("rialto_consensus_epoch 4\n");
  expect(metrics).toContain("rialto_consensus_members 3\n");
});

test("a change that is not safe is refused with the reason, before it is signed", async () => {
  const at = ["--url", cluster.url(TRADER), "--genesis", genesisOf()];
  const propose = (...what: readonly string[]): Promise<unknown> =>
    runRialto("cluster", "propose", file("unsafe.json"), ...what, ...at);
  await expect(propose("--remove", "9")).rejects.toThrow(/there is no member 9/);
  const byzantine = propose("--remove", "0", "--profile", "byzantine");
  await expect(byzantine).rejects.toThrow(/byzantine needs four members or more/);
  const threshold = propose("--remove", "0", "--vote-threshold", "0.4");
  await expect(threshold).rejects.toThrow(/vote threshold 0.4 is unsafe/);
  const unsigned = new RestClient({ url: cluster.url(TRADER) });
  const sent = unsigned.postJson("/api/consensus/epoch-change", { change: "00" });
  await expect(sent).rejects.toThrow(/it is no epoch change/);
});
