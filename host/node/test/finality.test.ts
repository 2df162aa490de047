import { createPrng } from "@rialto/base";
import { RestClient } from "@rialto/client";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadCommands } from "../src/cli/commands.ts";
import { runCommandLine } from "../src/cli/run-command.ts";
import type { GenesisFile } from "../src/cluster/genesis.ts";
import { dataDirectory } from "../src/data-directory.ts";
import { PROOF_CHANGES } from "../src/testing/changed-proofs.ts";
import { type NodeProcess, runRialto, startNodeProcess } from "../src/testing/node-process.ts";
import { until } from "../src/testing/small-cluster.ts";
import { SmallExchange } from "../src/testing/small-exchange.ts";

// A node alone certifies its log: from a trade over its proof to `rialto verify`. The tests follow one another.

const MAKER = 1_001n;
const TAKER = 1_002n;
const CHANGES = 1_000;

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
async function trade(symbol = "BTCUSD"): Promise<void> {
  const order = {
    symbol,
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
async function fetchProof(tradeId: number, symbol = "BTCUSD"): Promise<string> {
  let text = "";
  await until(`there is a proof of trade ${tradeId}`, async () => {
    const answer = await get(`/api/consensus/proof/${symbol}/${tradeId}`);
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

/** Runs a command in this process, as `rialto` does. Returns its exit code and all that it wrote. */
async function runHere(...args: readonly string[]) {
  let stdout = "";
  let stderr = "";
  const exit = await runCommandLine(await loadCommands(args[0]), args, {
    environment: {},
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    signal: new AbortController().signal,
  });
  return { exit, stdout, stderr };
}

/** What is wrong with a file, for people: one line, of nothing that a terminal would obey, and by which genesis. */
const REFUSAL =
  /^NOT PROVEN: the proof is (malformed|not valid): [^\p{Cc}]{5,200}\n( {2}by the genesis of chain [0-9a-f]{64}\n)?$/u;

test(`each of ${CHANGES} changed files is refused, by the command that takes the one they were made from`, async () => {
  const text = readFileSync(proofFile, "utf8");
  await trade();
  const other = await fetchProof(2);
  const changed = join(exchange.root, "changed.json");
  const verify = (...more: string[]) =>
    runHere("verify", changed, "--genesis", genesisFile, ...more);
  writeFileSync(changed, `${text}\n`);
  expect(await verify()).toMatchObject({ exit: 0, stderr: "" });
  const kinds = Object.entries(PROOF_CHANGES);
  const said = new Map<string, number>();
  let refused = 0;
  for (let seed = 0; refused < CHANGES; seed++) {
    const [name, change] = kinds[seed % kinds.length]!;
    const file = change(text, createPrng(seed), other);
    // Some draw what stood there.
    expect(seed - refused).toBeLessThan(CHANGES / 10);
    if (Buffer.from(file).equals(Buffer.from(text))) continue;
    writeFileSync(changed, file);
    const { exit, stdout, stderr } = await verify();
    const problem = REFUSAL.exec(stdout)?.[1];
    if (exit !== 1 || stderr !== "" || problem === undefined) {
      throw new Error(`seed ${seed}, "${name}": ${exit} ${JSON.stringify(stdout + stderr)}`);
    }
    said.set(problem, (said.get(problem) ?? 0) + 1);
    refused++;
  }
  expect(said.get("malformed")).toBeGreaterThan(CHANGES / 10);
  expect(said.get("not valid")).toBeGreaterThan(CHANGES / 10);
});

test("the same by the process, a kind each", async () => {
  const text = readFileSync(proofFile, "utf8");
  const other = await fetchProof(2);
  const changed = join(exchange.root, "changed.json");
  for (const name of ["a bit", "cut short", "a field twice", "an odd number", "lists in lists"]) {
    writeFileSync(changed, PROOF_CHANGES[name]!(text, createPrng(1), other));
    const verified = runRialto("verify", changed, "--genesis", genesisFile);
    const stdout = expect.stringMatching(/^\{"valid":false,"code":"PROOF_\w+","problem":[^\n]+\n$/);
    await expect(verified).rejects.toMatchObject({ code: 1, stdout, stderr: "" });
  }
});

test("a proof holds by the genesis that it was made under, and by none with anything of it changed", async () => {
  const file = JSON.parse(readFileSync(genesisFile, "utf8")) as GenesisFile;
  const [member] = file.members;
  const turned = (hex: string): string => (hex.startsWith("0") ? "1" : "0") + hex.slice(1);
  const counts = ["createdMs", "frameLifetimeMs", "checkpointEvery", "checkpointMs"] as const;
  const others: readonly Partial<GenesisFile>[] = [
    ...counts.map((name) => ({ [name]: file[name]! + 1 })),
    { quantumMs: file.quantumMs! + 1 },
    { gcDepth: file.gcDepth + 1 },
    { network: { ...file.network, name: "large" } },
    { network: { ...file.network, markets: [{ ...file.network.markets[0]!, symbol: "BTCEUR" }] } },
    { members: [{ ...member!, weight: 2 }] },
    { members: [{ ...member!, quantumKey: turned(member!.quantumKey!) }] },
  ];
  const strange = join(exchange.root, "strange.json");
  const verify = async (change: Partial<GenesisFile>) => {
    writeFileSync(strange, JSON.stringify({ ...file, ...change }));
    return await runHere("verify", proofFile, "--genesis", strange);
  };
  expect(await verify({})).toMatchObject({ exit: 0 });
  for (const each of others) {
    const stdout = expect.stringMatching(REFUSAL);
    expect({ each, said: await verify(each) }).toMatchObject({ each, said: { exit: 1, stdout } });
  }
});

test("of a market that was listed after the genesis a proof shows the number, ticks and lots, and no name", async () => {
  const listing = {
    base: "BTC",
    quote: "USD",
    symbol: "BTCUSD2",
    state: "TRADING",
    tickSize: "0.5",
    priceMin: "0.5",
    priceMax: "1000",
    referencePrice: "100",
    lotSize: "0.25",
    quantityMin: "0.25",
    quantityMax: "100",
    notionalMin: "0.5",
    notionalMax: "100000",
  };
  await client(operatorKey).signed("POST", "/operator/list", listing);
  await trade("BTCUSD2");
  const file = join(exchange.root, "listed.json");
  writeFileSync(file, await fetchProof(1, "BTCUSD2"));
  const { exit, stdout } = await runHere("verify", file, "--genesis", genesisFile);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^PROVEN: trade 1 of market number 1: 4 lots at 200 ticks, 20/);
  expect(stdout).toContain("what it is called is not part of what is proven");
  const report = await runHere("verify", file, "--genesis", genesisFile, "--json");
  expect(JSON.parse(report.stdout)).toMatchObject({
    trade: { market: null, marketNumber: 1, tradeId: 1, price: "200 ticks", quantity: "4 lots" },
  });
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
  await fetchProof(3);
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
