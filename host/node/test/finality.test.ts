import { createPrng, Fault } from "@rialto/base";
import { RestClient } from "@rialto/client";
import { parseFillProof, verifyFillProof } from "@rialto/replica";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadGenesis } from "../src/cluster/genesis.ts";
import { dataDirectory } from "../src/data-directory.ts";
import { chainTrust } from "../src/cluster/epoch-file.ts";
import { type NodeProcess, runRialto, startNodeProcess } from "../src/testing/node-process.ts";
import { until } from "../src/testing/small-cluster.ts";
import { SmallExchange } from "../src/testing/small-exchange.ts";

// A node alone certifies its log: from a trade over its proof to `rialto verify`. The tests follow one another.

const MAKER = 1_001n;
const TAKER = 1_002n;
const CHANGES = 200;

const cleanup = new AsyncDisposableStack();
const exchange = cleanup.use(new SmallExchange());
const proofFile = join(exchange.root, "proof.json");
const genesisFile = join(exchange.root, "genesis.json");
let node: NodeProcess;

const operatorKey = exchange.makeKey(1n, ["operator"]);
const makerKey = exchange.makeKey(MAKER, ["read", "trade"]);
const takerKey = exchange.makeKey(TAKER, ["read", "trade"]);

async function start(...more: readonly string[]): Promise<void> {
  node = cleanup.use(await startNodeProcess([...exchange.startArguments, ...more]));
}

const url = (path: string): string => `${node.ready.origin}${path}`;
const client = (credentials: typeof makerKey): RestClient =>
  new RestClient({ url: node.ready.origin, credentials });

/** Two orders that trade with each other. */
async function trade(): Promise<void> {
  const order = {
    symbol: "BTCUSD",
    type: "LIMIT",
    timeInForce: "GTC",
    quantity: "1",
    price: "100",
  };
  await client(makerKey).signed("POST", "/api/v3/order", { ...order, side: "SELL" });
  await client(takerKey).signed("POST", "/api/v3/order", { ...order, side: "BUY" });
}

async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url(path));
  return { status: response.status, text: await response.text() };
}

/** The proof of a trade, once there is one. */
async function fetchProof(tradeId: number): Promise<string> {
  let text = "";
  await until(`there is a proof of trade ${tradeId}`, async () => {
    const answer = await get(`/api/consensus/proof/BTCUSD/${tradeId}`);
    ({ text } = answer);
    return answer.status === 200;
  });
  return text;
}

/** Starts the node again, which proves its first two trades. */
async function startProving(): Promise<void> {
  await start();
  for (const tradeId of [1, 2]) {
    writeFileSync(proofFile, await fetchProof(tradeId));
    const report = await runRialto("verify", proofFile, "--genesis", genesisFile);
    expect(report).toMatchObject({ valid: true, trade: { tradeId } });
  }
}

beforeAll(async () => {
  await start();
  for (const account of [MAKER, TAKER]) {
    for (const asset of ["USD", "BTC"]) {
      const deposit = { account: String(account), asset, amount: 1_000_000 };
      await client(operatorKey).signed("POST", "/operator/deposit", deposit);
    }
  }
  await trade();
});
afterAll(() => cleanup.disposeAsync());

test("a trade's proof, fetched from the node, is verified with the genesis file alone", async () => {
  writeFileSync(proofFile, await fetchProof(1));
  writeFileSync(genesisFile, (await get("/api/consensus/genesis")).text);
  const report = await runRialto("verify", proofFile, "--genesis", genesisFile);
  expect(report).toMatchObject({
    valid: true,
    trade: { market: "BTCUSD", tradeId: 1, price: "100", quantity: "1", takerSide: "BUY" },
    committee: { profile: "solo", guarantee: "single member, no fault tolerance" },
    signers: [0],
    quantum: true,
    quantumSigners: [0],
  });
  // The file that the node wrote at its first start says the same.
  const own = join(exchange.dataDir, "genesis.json");
  expect(await runRialto("verify", proofFile, "--genesis", own)).toEqual(report);
});

test("a changed proof, a genesis of somebody else and wrong arguments are told apart by the exit code", async () => {
  const text = readFileSync(proofFile, "utf8");
  const changed = join(exchange.root, "changed.json");
  writeFileSync(changed, text.replace('"tradeId":1,', '"tradeId":2,'));
  const exit = (...args: readonly string[]): Promise<unknown> =>
    runRialto(...args).then(
      () => 0,
      (error: unknown) => (error as { readonly code: number }).code,
    );
  expect(await exit("verify", changed, "--genesis", genesisFile)).toBe(1);
  const refused = join(exchange.root, "refused.json");
  writeFileSync(refused, (await get("/api/consensus/proof/BTCUSD/999999")).text);
  const said = runRialto("verify", refused, "--genesis", genesisFile);
  await expect(said).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/no proof but a node's refusal: .*There is no proof.* \(-3001\)/),
  });
  expect(await exit("verify", proofFile)).toBe(2);
  expect(await exit("verify", "/dev/zero", "--genesis", genesisFile)).toBe(2);
  expect(await exit("verify", join(exchange.root, "absent"), "--genesis", genesisFile)).toBe(2);
  expect(await exit("verify", proofFile, "--genesis", proofFile)).toBe(2);
  const other = cleanup.use(new SmallExchange());
  mkdirSync(other.dataDir);
  await using stranger = await startNodeProcess(other.startArguments);
  const response = await fetch(`${stranger.ready.origin}/api/consensus/genesis`);
  const strange = join(other.root, "genesis.json");
  writeFileSync(strange, await response.text());
  expect(await exit("verify", proofFile, "--genesis", strange)).toBe(1);
  // Whoever took the wrong genesis sees which it is.
  const judged = runRialto("verify", proofFile, "--genesis", strange);
  const stdout = expect.stringMatching(/"problem":"[^"]*another committee","chain":"[0-9a-f]{64}"/);
  await expect(judged).rejects.toMatchObject({ stdout });
});

test(`no single changed digit of ${CHANGES} leaves the proof as it was`, () => {
  const text = readFileSync(proofFile, "utf8");
  const genesis = loadGenesis(genesisFile);
  if (genesis instanceof Fault) throw genesis;
  const trust = chainTrust(genesis);
  let refused = 0;
  const places = [...text.matchAll(/[0-9a-f]/g)].map((found) => found.index);
  for (let seed = 0; seed < CHANGES; seed++) {
    const prng = createPrng(seed);
    const at = places[prng.below(places.length)]!;
    const next = ((Number.parseInt(text[at]!, 16) + 1 + prng.below(9)) % 10).toString();
    if (next === text[at]) continue;
    const proof = parseFillProof(text.slice(0, at) + next + text.slice(at + 1));
    const result = proof instanceof Fault ? proof : verifyFillProof(proof, trust);
    if (!(result instanceof Fault)) throw new Error(`seed ${seed}: place ${at} is without meaning`);
    refused++;
  }
  // Of letters and of nine of ten digits another digit comes out.
  expect(refused).toBeGreaterThan(CHANGES * 0.8);
});

test("commit, block and unknown hashes are looked up; what is no hash is refused", async () => {
  const { commit } = (await runRialto("verify", proofFile, "--genesis", genesisFile)) as {
    readonly commit: { readonly index: number; readonly digest: string };
  };
  const known = JSON.parse((await get(`/api/consensus/finality/${commit.digest}`)).text) as object;
  expect(known).toEqual({
    hash: commit.digest,
    level: "ECONOMIC",
    commitIndex: commit.index,
    quantum: true,
    guarantee: "single member, no fault tolerance",
  });
  const { frameId } = JSON.parse(readFileSync(proofFile, "utf8")) as { readonly frameId: string };
  const block = JSON.parse((await get(`/api/consensus/finality/${frameId}`)).text) as object;
  expect(block).toMatchObject({ level: "ECONOMIC", commitIndex: commit.index });
  const stranger = await get(`/api/consensus/finality/${"ab".repeat(32)}`);
  expect(JSON.parse(stranger.text)).toMatchObject({ level: "UNKNOWN", commitIndex: 0 });
  for (const bad of ["ab", "zz".repeat(32), "ab".repeat(33)]) {
    const { status, text } = await get(`/api/consensus/finality/${bad}`);
    expect({ status, code: (JSON.parse(text) as { readonly code: number }).code }).toEqual({
      status: 400,
      code: -1100,
    });
  }
});

test("trades and markets that are none have no proof", async () => {
  const codeOf = async (path: string): Promise<number> =>
    (JSON.parse((await get(path)).text) as { readonly code: number }).code;
  expect(await codeOf("/api/consensus/proof/BTCUSD/999")).toBe(-3001);
  expect(await codeOf("/api/consensus/proof/BTCUSD/0")).toBe(-1100);
  expect(await codeOf("/api/consensus/proof/NONE/1")).toBe(-1121);
});

test("/dag shows the newest rounds, and /stats counts certificates of both kinds", async () => {
  const dag = JSON.parse((await get("/dag?rounds=2")).text) as {
    readonly rounds: readonly { readonly blocks: readonly { readonly parents: string[] }[] }[];
  };
  expect(dag).toMatchObject({ members: 1, rounds: [{ blocks: [{ author: 0 }] }, {}] });
  const [before, newest] = dag.rounds.map(({ blocks }) => blocks[0]!);
  expect(newest!.parents).toEqual([(before as unknown as { readonly digest: string }).digest]);
  expect((await get("/dag?rounds=101")).status).toBe(400);
  const stats = JSON.parse((await get("/stats")).text) as {
    readonly certificates: number;
    readonly quantum_finality: number;
  };
  expect(stats.certificates).toBeGreaterThan(0);
  expect(stats.quantum_finality).toBe(stats.certificates);
});

test("a killed node proves old trades as before, and new ones; with its records lost or damaged, both again", async () => {
  await node.end("SIGKILL");
  await start();
  expect(await fetchProof(1)).toBe(readFileSync(proofFile, "utf8"));
  await trade();
  await fetchProof(2);
  expect(await node.end("SIGTERM")).toBe(0);
  const { proofs } = dataDirectory(exchange.dataDir);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(proofs + suffix, { force: true });
  await startProving();
  expect(await node.end("SIGTERM")).toBe(0);
  writeFileSync(proofs, Buffer.alloc(10_000, 0x55));
  await startProving();
});

test("a node whose journal is not durable certifies nothing", async () => {
  const other = cleanup.use(new SmallExchange());
  await using careless = await startNodeProcess([
    ...other.startArguments,
    "--durability",
    "memory",
  ]);
  const response = await fetch(`${careless.ready.origin}/api/consensus/genesis`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: -3002 });
});
