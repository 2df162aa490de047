import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Fault } from "@rialto/base";
import { type AccountIndex, type AssetIndex, CommandKind } from "@rialto/protocol";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { createHmacKey } from "./keys/create-keys.ts";
import type { KeyStore } from "./keys/key-store.ts";
import { openFileKeyStore } from "./keys/sqlite-key-store.ts";
import { OTHER_CERTIFICATE, TEST_CERTIFICATE } from "./testing/certificate.ts";
import { ALICE, DEMO, openWorld, type World } from "./testing/gateway-world.ts";
import { openRaw } from "./testing/raw-connection.ts";
import { type Json, type Reply, TestClient } from "./testing/test-client.ts";

const directory = mkdtempSync(join(tmpdir(), "rialto-gateway-"));
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => void vi.useRealTimers());

const DAY_MS = 86_400_000;

const ORDER = {
  symbol: "BTCUSD",
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  quantity: "1",
  price: "99",
};

function post(world: World, body: Json, headers: Record<string, string> = {}): Promise<Reply> {
  const type = { "content-type": "application/json" };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return world.publicClient.raw({
    method: "POST",
    path: "/order",
    headers: { ...type, ...headers },
    body: text,
  });
}

async function openDemo(): Promise<World> {
  const world = await openWorld({ gateway: { demo: DEMO } });
  for (const asset of ["USD", "BTC"]) {
    const move = { account: DEMO.account, asset, amount: "1000" };
    await world.operator.signed("POST", "/operator/deposit", move);
  }
  return world;
}

test("on a demo node an order is one line of JSON", async () => {
  await using world = await openDemo();
  await world.bob.rest("BTCUSD", "SELL", "100", "1");
  const bought = await post(world, { symbol: "BTC-USD", side: 0, price: 100, size: 0.25 });
  expect([bought.status, bought.body]).toEqual([
    200,
    {
      orderId: expect.any(Number),
      clientOrderId: expect.any(String),
      symbol: "BTCUSD",
      side: "buy",
      status: "FILLED",
      executed: "0.25000000",
      cost: "25.00000000",
      fills: [
        {
          tradeId: 1,
          price: "100.00000000",
          size: "0.25000000",
          fee: "0.00050000",
          feeAsset: "BTC",
        },
      ],
    },
  ]);
  const rows: [Json, string][] = [
    [{ symbol: "BTCUSD", side: "sell", price: "120.01", size: "1", clientOrderId: "abc" }, "NEW"],
    [{ symbol: "BTCUSD", side: "Buy", size: "0.1" }, "FILLED"],
    [{ symbol: "BTC-USD", side: 1, size: "0.1", type: "market" }, "EXPIRED"],
    [{ symbol: "BTCUSD", side: 1, price: 130, size: 1, type: "post_only" }, "NEW"],
    [{ symbol: "BTCUSD", side: 0, price: 90, size: 1, timeInForce: "IOC" }, "EXPIRED"],
  ];
  for (const [body, status] of rows) expect((await post(world, body)).body.status).toBe(status);
  const errors: [Json, number][] = [
    [{ symbol: "BTC-EUR", side: 0, price: 1, size: 1 }, -1121],
    [{ symbol: "BTC-USD", side: 2, price: 1, size: 1 }, -1117],
    [{ symbol: "BTC-USD", side: 0, price: 100.001, size: 1 }, -1013],
    [{ symbol: "BTC-USD", side: 0, price: 100 }, -1102],
    [{ symbol: "BTC-USD", side: 0, price: 100, size: 1, more: 1 }, -1104],
    ["{", -1135],
    ["", -1135],
  ];
  for (const [body, code] of errors) {
    const reply = await post(world, body);
    expect([reply.status, reply.body.code]).toEqual([400, code]);
  }
  const negative = await post(world, { symbol: "BTC-USD", side: 0, size: "-1" });
  expect(negative.body.msg).toMatch(/^Illegal characters found in parameter 'size'/);
});

test("what a demo node does without a key it does for no page of another origin", async () => {
  await using world = await openDemo();
  const order = { symbol: "BTC-USD", side: 0, price: 90, size: 1 };
  const { host } = new URL(world.gateway.origin);
  expect((await post(world, order, { origin: `http://${host}` })).status).toBe(200);
  for (const origin of ["https://evil.example", "null", "http://localhost:1"]) {
    const refused = await post(world, order, { origin });
    const error = { code: -1020, msg: "This origin is not allowed here." };
    expect([refused.status, refused.body]).toEqual([403, error]);
    const secret = await world.publicClient.raw({ path: "/demo", headers: { origin } });
    expect([secret.status, secret.body]).toEqual([403, error]);
  }
});

test("a demo node shows its account, and examples that work", async () => {
  await using world = await openDemo();
  await world.bob.rest("BTCUSD", "SELL", "100", "1");
  const { body } = await world.publicClient.get("/demo");
  expect(body).toMatchObject({ account: "7", apiKey: DEMO.keyId, secret: DEMO.secret });
  expect((await world.publicClient.get("/stats")).body.demo).toBe(true);
  expect(body.markets[0]).toEqual({ symbol: "BTCUSD", base: "BTC", quote: "USD" });
  const [buy, ...others] = body.examples as string[];
  /** Does what the command says, as a shell would. */
  const run = async (command: string): Promise<Json> => {
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((found) => found[1] ?? found[2]!);
    const after = (flag: string): string | undefined => words[words.indexOf(flag) + 1];
    expect(words.slice(0, 2)).toEqual(["curl", "-s"]);
    const url = words.find((word) => word.startsWith("http"))!;
    expect(url.startsWith(`${world.gateway.origin}/`)).toBe(true);
    const path = url.slice(world.gateway.origin.length);
    if (!words.includes("-d")) return (await world.publicClient.raw({ path })).body;
    const [name, value] = after("-H")!.split(": ") as [string, string];
    const headers = { [name]: value };
    const request = { method: "POST", path, headers, body: after("-d")! };
    return (await world.publicClient.raw(request)).body;
  };
  expect((await run(buy!)).status).toBe("FILLED");
  for (const example of others) expect(await run(example)).not.toHaveProperty("code");
});

test("elsewhere the one line needs a signature like any order, and there is no demo account", async () => {
  await using world = await openWorld();
  const body = '{"symbol":"BTC-USD","side":"buy","price":0.99e2,"size":1}';
  const unsigned = await post(world, body);
  expect([unsigned.status, unsigned.body.code]).toEqual([401, -2014]);
  expect((await world.publicClient.get("/demo")).status).toBe(404);
  const { signatureOf } = await import("./testing/test-client.ts");
  const query = `timestamp=${Date.now()}`;
  const send = (signature: string): Promise<Reply> =>
    world.alice.raw({
      method: "POST",
      path: `/order?${query}&signature=${signature}`,
      headers: { "x-mbx-apikey": world.alice.credentials.id, "content-type": "application/json" },
      body,
    });
  const signed = await send(signatureOf(world.alice.credentials, query + body));
  expect([signed.status, signed.body.status]).toEqual([200, "NEW"]);
  expect((await send(signatureOf(world.alice.credentials, query))).body.code).toBe(-1022);
});

test("a gateway on loopback answers to names of this machine, and those it is told", async () => {
  await using world = await openWorld({ gateway: { allowedHosts: ["Rialto.Test"] } });
  const status = async (host: string): Promise<number> =>
    (await world.publicClient.raw({ path: "/api/v3/ping", headers: { host } })).status;
  const names = ["localhost:1", "LocalHost", "127.0.0.1", "[::1]:80", "127.8.8.8"];
  for (const host of [...names, "rialto.test:9", "RIALTO.test"]) {
    expect(await status(host)).toBe(200);
  }
  for (const host of [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[::2]",
  ]) {
    expect(await status(host)).toBe(403);
  }
  const { origin } = world.gateway;
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(`${origin.replace("http", "ws")}/ws`, {
    headers: { host: "evil.example" },
  });
  const refused = await new Promise((resolve) => {
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
  });
  expect(refused).toBe(403);
});

test("pages of named origins may read public data, and nothing else", async () => {
  await using world = await openWorld({ gateway: { corsOrigins: ["https://App.Example:443/"] } });
  const read = async (path: string, origin: string): Promise<unknown> =>
    (await world.publicClient.raw({ path, headers: { origin } })).headers[
      "access-control-allow-origin"
    ];
  expect(await read("/api/v3/ping", "https://app.example")).toBe("https://app.example");
  expect(await read("/api/v3/ping", "https://other.example")).toBeUndefined();
  expect(await read("/api/v3/account", "https://app.example")).toBeUndefined();
  expect(await read("/demo", "https://app.example")).toBeUndefined();
  const preflight = (origin: string): Promise<Reply> =>
    world.publicClient.raw({ method: "OPTIONS", path: "/api/v3/ping", headers: { origin } });
  const allowed = await preflight("https://app.example");
  expect([allowed.status, allowed.headers["access-control-allow-methods"]]).toEqual([204, "GET"]);
  expect((await preflight("https://other.example")).status).toBe(403);
});

test("the node says that it lives, whether it is ready, where it stands, and its metrics", async () => {
  await using world = await openWorld({ gateway: { auditIntervalMs: 10 } });
  const get = (path: string): Promise<Reply> => world.publicClient.get(path);
  expect((await get("/health")).body).toEqual({ status: "ok" });
  expect((await get("/ready")).body).toEqual({ ready: true, reason: "" });
  world.exchange.isReady = false;
  const verbose = await get("/ready?verbose");
  expect([verbose.status, verbose.body]).toEqual([
    503,
    {
      ready: false,
      reason: "told so by a test",
      checks: {
        exchange: { ready: false, reason: "told so by a test" },
        readModel: { ready: true, reason: "" },
        gateway: { ready: true, reason: "" },
      },
    },
  ]);
  expect((await get("/health")).status).toBe(200);
  const { sequence, commands } = world.exchange.status();
  expect((await get("/stats")).body).toEqual({
    node_id: "memory",
    vertices: sequence,
    finalized: sequence,
    fpc_enabled: false,
    vote_threshold: 0.65,
    quantum_finality: 0,
    profile: "solo",
    tolerance: "single member, no fault tolerance",
    epoch: 1,
    members: 1,
    quorum: 1,
    round: sequence,
    committed: sequence,
    certificates: 0,
    trading: true,
    durability: "memory",
    network: "small",
    network_hash: world.exchange.networkHash,
    demo: false,
    commands,
    version: "1.2.3-test",
  });
  await world.alice.order(ORDER);
  await world.poor.order(ORDER);
  const prices = { abovePrice: "110", belowStopPrice: "90" };
  const types = { aboveType: "LIMIT_MAKER", belowType: "STOP_LOSS" };
  const pair = { symbol: "BTCUSD", side: "SELL", quantity: "1", ...prices, ...types };
  await world.poor.signed("POST", "/api/v3/orderList/oco", pair);
  await sleep(30);
  const { text, headers } = await get("/metrics");
  expect(headers["content-type"]).toContain("text/plain");
  for (const line of [
    "rialto_ready 0",
    "rialto_open_orders 1",
    "rialto_ledger_imbalance 0",
    'rialto_build_info{version="1.2.3-test",node="memory"} 1',
    'rialto_orders_received_total{side="BUY",type="LIMIT",source="http"} 2',
    'rialto_orders_received_total{side="SELL",type="LIMIT_MAKER",source="http"} 1',
    'rialto_orders_received_total{side="SELL",type="STOP_LOSS",source="http"} 1',
    'rialto_orders_rejected_total{code="-2010"} 2',
    'rialto_book_depth_levels{symbol="BTCUSD",side="bid"} 1',
    'rialto_http_request_duration_seconds_count{route="/api/v3/order",method="POST",status="200"} 1',
    "process_cpu_seconds_total",
  ]) {
    expect(text).toContain(line);
  }
  expect(text).toMatch(/rialto_ledger_audits_total [1-9]/);
});

/** Lets no order be executed before `released`. Resolves once so many have come as far as that. */
function holdOrders(world: World, count: number, released: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let held = 0;
  world.exchange.delay = () => {
    if (++held === count) resolve();
    return released;
  };
  return promise;
}

/** An order on a connection that is kept, with the status of its answer. */
function keptOrder(world: World, agent: Agent): Promise<number> {
  const { hostname: host, port } = new URL(world.gateway.origin);
  const path = `/api/v3/order?${world.alice.signedForm(ORDER)}`;
  const headers = { "x-mbx-apikey": world.alice.credentials.id };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host, port, method: "POST", path, headers, agent },
      (response) => {
        response.resume().on("end", () => resolve(response.statusCode!));
      },
    );
    request.on("error", reject);
    request.end();
  });
}

test("draining finishes what has begun, tells the streams, and takes nobody new", async () => {
  await using world = await openWorld();
  const release = Promise.withResolvers<void>();
  const stream = await world.connect("/ws/btcusd@trade");
  const combined = await world.connect("/stream");
  const api = await world.connect("/ws-api/v3");
  const agent = new Agent({ keepAlive: true });
  await keptOrder(world, agent);
  const areHeld = holdOrders(world, 2, release.promise);
  const order = keptOrder(world, agent);
  const socketOrder = api.ask({ method: "order.place", params: world.alice.socketParams(ORDER) });
  await areHeld;
  const drained = world.gateway.drain(DAY_MS);
  expect(await stream.next()).toMatchObject({ e: "serverShutdown" });
  expect(await combined.next()).toMatchObject({
    stream: "serverShutdown",
    data: { e: "serverShutdown" },
  });
  expect(await api.event("serverShutdown")).toMatchObject({ event: { e: "serverShutdown" } });
  expect((await stream.closed).code).toBe(1001);
  await expect(world.publicClient.get("/health")).rejects.toThrow(
    /ECONNREFUSED|ECONNRESET|hang up/,
  );
  release.resolve();
  expect(await order).toBe(200);
  expect((await socketOrder).result.status).toBe("NEW");
  expect((await api.closed).code).toBe(1001);
  // Not by the connections being cut off: that would be tomorrow.
  await drained;
  await world.gateway.drain();
  agent.destroy();
});

test("what is not done in time is cut off", async () => {
  await using world = await openWorld();
  const isHeld = holdOrders(world, 1, new Promise(() => {}));
  const agent = new Agent({ keepAlive: true });
  const order = keptOrder(world, agent);
  const cut = order.then(
    () => "answered",
    (error: Error) => error.message,
  );
  await isHeld;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const drained = world.gateway.drain(DAY_MS);
  vi.advanceTimersByTime(DAY_MS - 1);
  expect(await Promise.race([cut, nextTurn("waits")])).toBe("waits");
  vi.advanceTimersByTime(1);
  expect(await cut).toMatch(/hang up|ECONNRESET/);
  await drained;
  agent.destroy();
});

test("the web terminal is served with the headers that keep it to itself", async () => {
  writeFileSync(join(directory, "index.html"), "<title>terminal</title>");
  await using world = await openWorld({ gateway: { webRoot: directory } });
  const page = await world.publicClient.get("/");
  expect([page.status, page.text]).toEqual([200, "<title>terminal</title>"]);
  expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
  expect(page.headers["x-frame-options"]).toBe("DENY");
  for (const path of [
    "/../package.json",
    "/%2e%2e/package.json",
    "/..%2fpackage.json",
    "/%00",
    "/%ff",
  ]) {
    const { status, body } = await world.publicClient.get(path);
    expect([path, status, body.code]).toEqual([path, 404, -1020]);
  }
  await using bare = await openWorld();
  expect((await bare.publicClient.get("/")).text).toContain("Rialto is running");
});

test("all of it speaks TLS where it has a certificate", async () => {
  const tls = TEST_CERTIFICATE;
  await using world = await openWorld({ gateway: { tls, host: "localhost" } });
  expect(world.gateway.origin).toMatch(/^https:\/\/localhost:\d+$/);
  const status = await new Promise((resolve, reject) => {
    httpsRequest(`${world.gateway.origin}/health`, { ca: tls.cert }, (response) => {
      resolve(response.resume().statusCode);
    })
      .on("error", reject)
      .end();
  });
  expect(status).toBe(200);
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(`${world.gateway.origin.replace("https", "wss")}/ws`, {
    ca: tls.cert,
  });
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  socket.terminate();
});

test("a certificate that is renewed is shown to who connects from now on, and cuts off nobody", async () => {
  const gateway = { tls: TEST_CERTIFICATE, host: "localhost" };
  await using world = await openWorld({ gateway });
  const { port } = new URL(world.gateway.origin);
  const open = async (ca: string): Promise<TLSSocket> => {
    const socket = connectTls({ port: Number(port), host: "localhost", ca });
    await once(socket, "secureConnect");
    return socket;
  };
  const before = await open(TEST_CERTIFICATE.cert);
  world.gateway.renewTls(OTHER_CERTIFICATE);
  const after = await open(OTHER_CERTIFICATE.cert);
  await expect(open(TEST_CERTIFICATE.cert)).rejects.toThrow("self-signed certificate");
  for (const socket of [before, after]) {
    socket.write("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1.1 200/);
    socket.destroy();
  }
  const { text } = await world.gateway.metrics();
  const endsAt = Date.parse(new X509Certificate(OTHER_CERTIFICATE.cert).validTo) / 1_000;
  expect(text).toContain(`rialto_tls_not_after_seconds ${endsAt}\n`);
});

test("one who does not begin its TLS handshake is cut off as soon as one who does not send a head", async () => {
  const gateway = { tls: TEST_CERTIFICATE, host: "localhost" };
  await using world = await openWorld({ gateway, limits: { headTimeoutMs: 200 } });
  const silent = await openRaw(world.gateway.origin);
  expect((await silent.untilClosed()).length).toBe(0);
});

test("one who offers another protocol is answered as if it had not", async () => {
  await using world = await openWorld();
  // As Java's client begins on a port without TLS, and curl with --http2.
  const offer = {
    connection: "Upgrade, HTTP2-Settings",
    upgrade: "h2c",
    "http2-settings": "AAMAAABk",
  };
  const ping = await world.publicClient.raw({ path: "/api/v3/ping", headers: offer });
  expect([ping.status, ping.body]).toEqual([200, {}]);
  const order = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC" };
  const placed = await world.alice.raw({
    method: "POST",
    path: "/api/v3/order",
    headers: { ...offer, "x-mbx-apikey": world.alice.credentials.id },
    body: world.alice.signedForm({ ...order, price: "100", quantity: "1" }),
  });
  expect(placed.body.status).toBe("NEW");
});

const FOLLOWERS = 80;
/** How long a file of keys that another process writes to is waited for. */
const LOCK_WAIT_MS = 250;

/** Looks a key up, whether it can be read or not. */
function tryToFind(keys: KeyStore, id: string): void {
  try {
    keys.find(id);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

test("while the file of the keys cannot be read, whoever follows an account goes on", async () => {
  const keysDirectory = mkdtempSync(join(tmpdir(), "rialto-keys-"));
  const path = join(keysDirectory, "keys.sqlite");
  using keys = openFileKeyStore(path);
  const key = createHmacKey(keys, { account: ALICE, permissions: ["read"], nowMs: 0 });
  await using world = await openWorld({ gateway: { keys } });
  const reader = new TestClient(world.gateway.origin, key, Date.now);
  const api = await world.connect("/ws-api/v3");
  const params = reader.socketParams();
  await api.ask({ method: "userDataStream.subscribe.signature", params });
  const headers = { "x-mbx-apikey": key.id };
  const start = { method: "POST", path: "/api/v3/userDataStream", headers };
  const { body } = await reader.raw(start);
  const stream = await world.connect(`/ws/${body.listenKey}`);
  // Another process writes, on a slow disk, for longer than it takes until keys are looked at again.
  const other = new DatabaseSync(path);
  other.exec("BEGIN EXCLUSIVE");
  await sleep(1_200);
  const startedMs = performance.now();
  // Many who follow hold the node up no longer than one: each waits for the other process so long.
  for (let count = 0; count < FOLLOWERS; count++) tryToFind(keys, key.id);
  expect(performance.now() - startedMs).toBeLessThan(FOLLOWERS * LOCK_WAIT_MS);
  const late = await world.connect(`/ws/${body.listenKey}`);
  other.exec("ROLLBACK");
  other.close();
  world.exchange.run([
    {
      kind: CommandKind.Deposit,
      account: 1 as AccountIndex,
      asset: 0 as AssetIndex,
      quanta: 1n,
      reference: 1n,
    },
  ]);
  for (const socket of [api, stream, late])
    expect(await socket.event("balanceUpdate")).toBeDefined();
  // And what is revoked ends, once that can be read.
  keys.revoke(key.id, 0);
  await api.event("eventStreamTerminated");
  await stream.event("listenKeyExpired");
  rmSync(keysDirectory, { recursive: true });
});
