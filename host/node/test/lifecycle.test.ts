import { Fault } from "@rialto/base";
import { type Credentials, openWsApi, RestClient } from "@rialto/client";
import { TEST_CERTIFICATE } from "@rialto/gateway/testing/certificate";
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createMember } from "../src/cluster/member-directory.ts";
import { keepAwake } from "../src/keep-awake.ts";
import { OPEN_FILES_MIN } from "../src/open-files.ts";
import { findTestPort } from "../src/testing/free-port.ts";
import { type NodeProcess, startNodeProcess, StartRefused } from "../src/testing/node-process.ts";
import { openOrderLoad } from "../src/testing/order-load.ts";
import { until } from "../src/testing/small-cluster.ts";
import { SMALL_NETWORK, SmallExchange } from "../src/testing/small-exchange.ts";

const RIALTO = join(import.meta.dirname, "../bin/rialto.js");
const PLACED_BEFORE_STOP = 200;

async function refusalOf(args: readonly string[]): Promise<StartRefused> {
  try {
    await using node = await startNodeProcess(args);
    throw new Error(`the node has started: ${node.ready.origin}`);
  } catch (error) {
    if (error instanceof StartRefused) return error;
    throw error;
  }
}

async function stateHashOf(client: RestClient): Promise<unknown> {
  return await client.signed("GET", "/operator/state-hash");
}

test("SIGTERM answers what has begun, exits 0, and the next start goes on from there", async () => {
  using exchange = new SmallExchange();
  const operator = exchange.makeKey(1n, ["operator"]);
  const credentials = exchange.makeKey(1001n, ["read", "trade"]);
  let before = 0;
  {
    await using node = await startNodeProcess(exchange.startArguments);
    const url = node.ready.origin;
    const client = new RestClient({ url, credentials: operator });
    const deposit = { account: "1001", asset: "USD", amount: 1_000_000 };
    await client.signed("POST", "/operator/deposit", deposit);
    const options = { url, credentials, side: "BUY", prefix: "term", seed: 1, window: 32 } as const;
    const load = await openOrderLoad(options);
    const running = load.run();
    await load.untilPlaced(PLACED_BEFORE_STOP);
    expect(await node.end("SIGTERM")).toBe(0);
    await running;
    const refused = [...load.refusals.keys()];
    expect(refused.every((code) => code === -1016)).toBe(true);
    before = load.placed.size;
  }
  await using node = await startNodeProcess(exchange.startArguments);
  expect(node.ready.recordsReplayed).toBe(0);
  const client = new RestClient({ url: node.ready.origin, credentials });
  const all = { symbol: "BTCUSD", limit: 1_000 };
  const known = (await client.signed("GET", "/api/v3/allOrders", all)) as readonly object[];
  expect(known.length).toBe(Math.min(before, 1_000));
});

const LIST = {
  symbol: "BTCUSD",
  listClientOrderId: "my-list",
  workingType: "LIMIT",
  workingSide: "BUY",
  workingPrice: "100",
  workingQuantity: "1",
  workingTimeInForce: "GTC",
  workingClientOrderId: "enter",
  pendingSide: "SELL",
  pendingQuantity: "1",
  pendingType: "LIMIT",
  pendingPrice: "110",
  pendingTimeInForce: "GTC",
  pendingClientOrderId: "leave",
};

test("a list of orders of which one has ended before a restart is told of whole, and known, afterwards", async () => {
  using exchange = new SmallExchange();
  const operator = exchange.makeKey(1n, ["operator"]);
  const mine = exchange.makeKey(1001n, ["read", "trade"]);
  const theirs = exchange.makeKey(1002n, ["read", "trade"]);
  const limit = { symbol: "BTCUSD", type: "LIMIT", timeInForce: "GTC", quantity: "1" };
  const clientOf = (url: string, credentials: Credentials): RestClient =>
    new RestClient({ url, credentials });
  let placed: unknown;
  {
    await using node = await startNodeProcess(exchange.startArguments);
    const url = node.ready.origin;
    for (const account of ["1001", "1002"]) {
      for (const asset of ["USD", "BTC"]) {
        const deposit = { account, asset, amount: 1_000 };
        await clientOf(url, operator).signed("POST", "/operator/deposit", deposit);
      }
    }
    placed = await clientOf(url, mine).signed("POST", "/api/v3/orderList/oto", LIST);
    const sell = { ...limit, side: "SELL", price: "100" };
    await clientOf(url, theirs).signed("POST", "/api/v3/order", sell);
    expect(await node.end("SIGTERM")).toBe(0);
  }
  await using node = await startNodeProcess(exchange.startArguments);
  const url = node.ready.origin;
  const told: object[] = [];
  const onEvent = (event: object): void => void told.push(event);
  const user = await openWsApi({ url, credentials: mine, onEvent });
  await user.signed("userDataStream.subscribe.signature");
  const buy = { ...limit, side: "BUY", price: "110" };
  await clientOf(url, theirs).signed("POST", "/api/v3/order", buy);
  await user.call("time");
  user.close();
  const { orderListId, orders } = placed as {
    readonly orderListId: number;
    readonly orders: readonly { readonly orderId: number }[];
  };
  const legs = orders.map(({ orderId }) => expect.objectContaining({ i: orderId }));
  const done = { e: "listStatus", g: orderListId, l: "ALL_DONE", C: "my-list", O: legs };
  expect(told).toContainEqual(expect.objectContaining(done));
  const client = clientOf(url, mine);
  const list = { orderListId, listOrderStatus: "ALL_DONE", orders };
  expect(await client.signed("GET", "/api/v3/allOrderList")).toMatchObject([list]);
  const trades = await client.signed("GET", "/api/v3/myTrades", { symbol: "BTCUSD" });
  expect(trades).toMatchObject([{ orderListId }, { orderListId }]);
});

test("what orders were asked to be is known, and holds, after a restart", async () => {
  using exchange = new SmallExchange();
  const operator = exchange.makeKey(1n, ["operator"]);
  const credentials = exchange.makeKey(1001n, ["read", "trade"]);
  const symbol = "BTCUSD";
  const goodTillDate = Date.now() + 3_600_000;
  const maker = { symbol, side: "BUY", type: "LIMIT_MAKER", quantity: "1", price: "90" };
  const peg = { pegPriceType: "PRIMARY_PEG", pegOffsetType: "PRICE_TICK", pegOffsetValue: 2 };
  const stop = { ...maker, type: "STOP_LOSS_LIMIT", timeInForce: "GTC", stopPrice: "110" };
  const asked = [
    { isHidden: true, goodTillDate, timeInForce: "GTD" },
    { isMmp: true },
    peg,
    { workingType: "BEST_QUOTE" },
  ];
  {
    await using node = await startNodeProcess(exchange.startArguments);
    const url = node.ready.origin;
    const deposit = { account: "1001", asset: "USD", amount: 1_000 };
    await new RestClient({ url, credentials: operator }).signed(
      "POST",
      "/operator/deposit",
      deposit,
    );
    const client = new RestClient({ url, credentials });
    const protection = { symbol, windowTimeInMilliseconds: 60_000, fillLimit: 9 };
    await client.signed("POST", "/api/v3/mmp", protection);
    await client.signed("POST", "/api/v3/countdownCancelAll", { countdownTime: 3_600_000 });
    for (const terms of [
      { ...maker, isHidden: true, goodTillDate },
      { ...maker, isMmp: true },
      { ...maker, ...peg },
      { ...stop, workingType: "BEST_QUOTE" },
    ]) {
      await client.signed("POST", "/api/v3/order", terms);
    }
    expect(await client.signed("GET", "/api/v3/openOrders", { symbol })).toMatchObject(asked);
    expect(await node.end("SIGTERM")).toBe(0);
  }
  await using node = await startNodeProcess(exchange.startArguments);
  const client = new RestClient({ url: node.ready.origin, credentials });
  const open = await client.signed("GET", "/api/v3/openOrders", { symbol });
  expect(open).toMatchObject([
    ...asked.slice(0, 2),
    { ...peg, peggedPrice: "89.98000000" },
    asked[3],
  ]);
  const protection = { windowTimeInMilliseconds: 60_000, fillLimit: 9, triggered: false };
  expect(await client.signed("GET", "/api/v3/mmp", { symbol })).toMatchObject(protection);
  const countdown = (await client.signed("GET", "/api/v3/countdownCancelAll")) as object;
  expect(countdown).toMatchObject({ triggerTime: expect.any(Number) });
  expect(countdown).not.toMatchObject({ triggerTime: 0 });
});

/** A request of which the head is there and the body is not: the node drains until it has ended. */
async function oweAnswer(node: NodeProcess): Promise<Socket> {
  const { hostname, port } = new URL(node.ready.origin);
  const socket = connect(Number(port), hostname);
  const head =
    "POST /order HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\nexpect: 100-continue";
  socket.write(`${head}\r\n\r\n`);
  await once(socket, "data");
  return socket;
}

// Ctrl-C that npm passes on once more; a service manager, or a window that is closed, which says both.
test.each([
  ["SIGINT", "SIGINT"],
  ["SIGTERM", "SIGHUP"],
  ["SIGINT", "SIGHUP"],
] as const)(
  "a node that drains for %s drains on at a %s behind it, and exits 0",
  async (first, second) => {
    using exchange = new SmallExchange();
    await using node = await startNodeProcess(["--demo", "--data-dir", exchange.dataDir]);
    const owed = await oweAnswer(node);
    process.kill(node.pid, first);
    // Sooner, the system takes both for one.
    while (!node.log().includes("node.stopping")) await sleep(1);
    process.kill(node.pid, second);
    owed.destroy();
    expect(await node.untilEnd()).toBe(0);
    expect(node.log()).toContain("node.stopped");
  },
);

test("a node whose terminal is closed drains as with SIGTERM, and exits 0", async () => {
  using exchange = new SmallExchange();
  await using node = await startNodeProcess(exchange.startArguments);
  expect(await node.end("SIGHUP")).toBe(0);
  expect(node.log()).toContain('"msg":"node.stopped"');
});

test("nor does it matter that nobody takes its log there any more", async (context) => {
  using exchange = new SmallExchange();
  const words = [process.execPath, RIALTO, "start", "--port", "0", ...exchange.startArguments];
  const command = words.map((word) => `'${word}'`).join(" ");
  const end = join(exchange.root, "exit-code");
  // A terminal that is gone when whoever drew it is: its shell hears of it, and tells the node.
  const shell = `trap 'kill -HUP $node' HUP; ${command} & node=$!; wait $node; wait $node; echo $? > '${end}'`;
  const terminal = ["-qc", shell, "/dev/null"];
  const child = spawn("script", terminal, { stdio: ["ignore", "pipe", "ignore"] });
  const absent = once(child, "error").then(() => false);
  const isThere = await Promise.race([once(child, "spawn").then(() => true), absent]);
  if (!isThere) return context.skip("this machine has no `script`");
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += String(chunk)));
  await until("the node is up", async () => said.includes("Stop with Ctrl-C."));
  child.kill("SIGKILL");
  await until("the node has ended", async () => existsSync(end) && readFileSync(end).length > 0);
  expect(readFileSync(end, "utf8")).toBe("0\n");
});

test("SIGTERM while a node starts ends it at once, and the next start is none the worse", async () => {
  using exchange = new SmallExchange();
  const lock = join(exchange.dataDir, "journal", "writer.pid");
  const args = [RIALTO, "start", "--json", "--port", "0", ...exchange.startArguments];
  const child = spawn(process.execPath, args);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += String(chunk)));
  const exited = once(child, "exit");
  // From then on it opens and recovers.
  while (!existsSync(lock)) await sleep(1);
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  expect(said).toBe("");
  await using node = await startNodeProcess(exchange.startArguments);
  const response = await fetch(`${node.ready.origin}/ready`);
  expect(response.status).toBe(200);
});

test("a state hash survives a clean stop and a start", async () => {
  using exchange = new SmallExchange();
  const operator = exchange.makeKey(1n, ["operator"]);
  const hashes: unknown[] = [];
  for (let start = 0; start < 2; start++) {
    await using node = await startNodeProcess(exchange.startArguments);
    const client = new RestClient({ url: node.ready.origin, credentials: operator });
    if (start === 0) {
      await client.signed("POST", "/operator/deposit", {
        account: "7",
        asset: "BTC",
        amount: "1.5",
      });
    }
    hashes.push(await stateHashOf(client));
    expect(await node.end("SIGTERM")).toBe(0);
  }
  expect(hashes[1]).toEqual(hashes[0]);
});

test("what the operator has stopped stays stopped over a kill -9, until it is let go on", async () => {
  using exchange = new SmallExchange();
  const operatorKey = exchange.makeKey(1n, ["operator"]);
  const traderKey = exchange.makeKey(1001n, ["read", "trade"]);
  const kinds = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC" } as const;
  const order = { ...kinds, price: "50", quantity: "1" };
  const open = (node: NodeProcess, credentials: Credentials): RestClient =>
    new RestClient({ url: node.ready.origin, credentials });
  {
    await using node = await startNodeProcess(exchange.startArguments);
    const [operator, trader] = [open(node, operatorKey), open(node, traderKey)];
    const deposit = { account: "1001", asset: "USD", amount: 1_000 };
    await operator.signed("POST", "/operator/deposit", deposit);
    for (let placed = 0; placed < 3; placed++) await trader.signed("POST", "/api/v3/order", order);
    await operator.signed("POST", "/operator/trading", { enabled: false });
    await operator.signed("POST", "/operator/account-state", { account: 1001, enabled: false });
    const everybody = { account: "everybody" };
    const cancelled = await operator.signed("DELETE", "/operator/open-orders", everybody);
    expect(cancelled).toEqual({ canceled: 3, more: false });
    expect(node.log()).toContain('"operation":"operator.cancelOrders"');
    await node.end("SIGKILL");
  }
  await using node = await startNodeProcess(exchange.startArguments);
  const [operator, trader] = [open(node, operatorKey), open(node, traderKey)];
  expect(await operator.signed("GET", "/operator/status")).toMatchObject({ trading: false });
  const known = await trader.signed("GET", "/api/v3/allOrders", { symbol: "BTCUSD" });
  const statuses = (known as readonly { readonly status: string }[]).map(({ status }) => status);
  expect(statuses).toEqual(["CANCELED", "CANCELED", "CANCELED"]);
  const place = (): Promise<unknown> => trader.signed("POST", "/api/v3/order", order);
  await expect(place()).rejects.toThrow("Market is closed.");
  await operator.signed("POST", "/operator/trading", { enabled: true });
  await expect(place()).rejects.toThrow("The account may not place orders.");
  await operator.signed("POST", "/operator/account-state", { account: 1001, enabled: true });
  expect(await place()).toMatchObject({ status: "NEW" });
});

test("a member's directory is no place for a node alone, and is left as it was", async () => {
  using exchange = new SmallExchange();
  const directory = join(exchange.root, "member");
  await createMember(directory, { address: "tcp://127.0.0.1:5000", weight: 1 });
  const before = readdirSync(directory);
  const refused = await refusalOf(["--data-dir", directory]);
  expect(refused.message).toContain(`of a cluster's member: start it with --join ${directory}`);
  for (const command of ["inspect state", "inspect journal", "replay journal"]) {
    const args = [RIALTO, ...command.split(" "), "--data-dir", directory];
    const failed = promisify(execFile)(process.execPath, args);
    await expect(failed).rejects.toThrow("its journal holds blocks, which only the member itself");
  }
  expect(readdirSync(directory)).toEqual(before);
});

test("a local cluster's directory is no place for a node alone, nor is one in it, and nothing is made there", async () => {
  using exchange = new SmallExchange();
  const directory = join(exchange.root, "cluster");
  mkdirSync(directory);
  writeFileSync(join(directory, "cluster.json"), "{}");
  const asked = [
    ["--data-dir", directory],
    ["--data-dir", join(directory, ".rialto")],
    ["--join", directory],
  ];
  for (const args of asked) {
    const refused = await refusalOf(args);
    expect(refused.message).toContain(
      `${directory} is a cluster's, whose nodes lie in ${directory}/node-0 ...: name one of these`,
    );
  }
  expect(readdirSync(directory)).toEqual(["cluster.json"]);
});

test("the demo's printed example trades when it is pasted", async () => {
  using exchange = new SmallExchange();
  await using node = await startNodeProcess(["--demo", "--data-dir", exchange.dataDir]);
  const demo = await new RestClient({ url: node.ready.origin }).request("GET", "/demo");
  const { examples } = demo as { readonly examples: readonly string[] };
  const [order, ...questions] = examples.map((example) =>
    execFileSync("sh", ["-c", example], { encoding: "utf8" }),
  );
  expect(JSON.parse(order!)).toMatchObject({ status: "FILLED", symbol: "BTCUSD", side: "buy" });
  for (const answer of questions) expect(JSON.parse(answer)).not.toHaveProperty("code");
});

test("a demo that speaks TLS with a certificate that nobody trusts is up, tells what to try, and ends when it is told to", async () => {
  using exchange = new SmallExchange();
  const [cert, key] = ["cert", "key"].map((name) => join(exchange.root, `${name}.pem`));
  writeFileSync(cert!, TEST_CERTIFICATE.cert);
  writeFileSync(key!, TEST_CERTIFICATE.key);
  const tls = ["--tls-cert", cert!, "--tls-key", key!];
  const args = ["start", "--demo", "--port", "0", "--data-dir", exchange.dataDir, ...tls];
  const child = spawn(process.execPath, [RIALTO, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  const spare = setTimeout(() => child.kill("SIGKILL"), 30_000);
  let said = "";
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.includes("Stop with Ctrl-C.")) child.kill("SIGTERM");
  }
  clearTimeout(spare);
  expect(said).toMatch(/curl -s https:\/\/127\.0\.0\.1:\d+\/order .*"side":"buy"/);
  expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(0);
});

test("what keeps a node from starting is said, with what to do", async () => {
  using exchange = new SmallExchange();
  const { startArguments, root } = exchange;
  const open = ["--demo", "--host", "0.0.0.0", "--data-dir", exchange.dataDir];
  expect(await refusalOf(open)).toMatchObject({
    exit: 2,
    message: expect.stringContaining("loopback only"),
  });
  const wrong = [...startArguments, "--durability", "sometimes", "--port", "x"];
  const { exit, message } = await refusalOf(wrong);
  expect(exit).toBe(2);
  expect(message).toContain("strict, group, memory");
  expect(message).toContain("--port");

  writeFileSync(`${root}/bad.json`, JSON.stringify({ ...SMALL_NETWORK, name: "No Name" }));
  const bad = await refusalOf([...startArguments, "--network", `${root}/bad.json`]);
  expect(bad).toMatchObject({ exit: 1, message: expect.stringContaining("No Name") });

  await using node = await startNodeProcess(startArguments);
  const second = await refusalOf(startArguments);
  expect(second).toMatchObject({ exit: 1, message: expect.stringContaining("Stop it first") });
  expect(await node.end("SIGTERM")).toBe(0);

  writeFileSync(`${root}/other.json`, JSON.stringify({ ...SMALL_NETWORK, name: "other" }));
  const other = await refusalOf([...startArguments, "--network", `${root}/other.json`]);
  expect(other).toMatchObject({
    exit: 1,
    message: expect.stringContaining("belongs to network"),
  });
});

test("a process that may open too few files is told so before anything fails", async () => {
  using exchange = new SmallExchange();
  const words = [process.execPath, RIALTO, "start", "--port", "0", ...exchange.startArguments];
  const script = `ulimit -n ${OPEN_FILES_MIN - 1} && exec "$@"`;
  const run = promisify(execFile)("sh", ["-c", script, "sh", ...words]);
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`needs ${OPEN_FILES_MIN} or more: raise the limit`),
  });
});

test("a port in use is named", async () => {
  using exchange = new SmallExchange();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  const refusal = await refusalOf([...exchange.startArguments, "--port", port]);
  server.close();
  expect(refusal).toMatchObject({ exit: 1, message: expect.stringContaining("--port") });
  expect(refusal.message).toContain('"event":"failed","command":"start","exitCode":1');
  expect(refusal.message).toContain('"code":"EADDRINUSE"');
});

test("the port of metrics is loopback's, whoever else may reach the node", async () => {
  using exchange = new SmallExchange();
  const port = await findTestPort();
  const open = [...exchange.startArguments, "--host", "0.0.0.0", "--metrics-port", String(port)];
  await using node = await startNodeProcess(open);
  const { port: http } = new URL(node.ready.origin);
  // An address that a node on all of them has, and one on loopback alone has not.
  const other = "http://127.0.0.2";
  expect((await fetch(`${other}:${http}/health`)).status).toBe(200);
  await expect(fetch(`${other}:${port}/metrics`)).rejects.toThrow("fetch failed");
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(await metrics.text()).toContain("rialto_ready 1\n");
});

/** Whether the system lets this process keep the processors awake. */
function mayKeepAwake(): boolean {
  const held = keepAwake();
  if (held instanceof Fault) return false;
  held[Symbol.dispose]();
  return true;
}

/** What a node does that is told to: files that it holds open, or why it has not started. */
async function startAwake(): Promise<readonly string[] | string> {
  using exchange = new SmallExchange();
  const args = [...exchange.startArguments, "--keep-awake"];
  if (!mayKeepAwake()) return (await refusalOf(args)).message;
  await using node = await startNodeProcess(args);
  const descriptors = `/proc/${node.pid}/fd`;
  return readdirSync(descriptors).map((fd) => readlinkSync(join(descriptors, fd)));
}

test("a node that is to keep the processors awake does so, or says why it cannot", async () => {
  const found = mayKeepAwake() ? "/dev/cpu_dma_latency" : "KEEP_AWAKE_REFUSED";
  expect(await startAwake()).toContain(found);
});
