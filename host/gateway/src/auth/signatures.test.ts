import { afterAll, beforeAll, expect, test } from "vitest";
import { readForm } from "../http/form.ts";
import { ApiKey, type KeyType } from "../keys/api-key.ts";
import { ApiError } from "../api/api-error.ts";
import { OPERATIONS } from "../api/operations.ts";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { formOf, signatureOf } from "../testing/test-client.ts";
import { parseSocketRequest } from "../ws-api/api-request.ts";

function keyOf(type: KeyType, material: string): ApiKey {
  const permissions = ["read", "trade"] as const;
  const summary = {
    id: "k",
    type,
    account: 1n,
    permissions,
    addresses: [],
    label: "",
    createdMs: 0,
  };
  return new ApiKey(summary, material);
}

// The worked examples of the documentation of the API that this one is compatible with.
const PUBLISHED_ID = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
const PUBLISHED = keyOf("hmac", "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j");

test.each([
  [
    "query",
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
    "",
    "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
  ],
  [
    "body",
    "",
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
    "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
  ],
  [
    "query and body",
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC",
    "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
    "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77",
  ],
])("the published HMAC example with its parameters in %s", (_where, query, body, signature) => {
  // The signature itself may stand anywhere: here it ends whichever part there is.
  const forms = [query, body].map((text) =>
    readForm(text === "" ? "" : `${text}&signature=${signature}`),
  );
  const [first, second] = forms;
  if (first instanceof ApiError || second instanceof ApiError) throw new Error("a form is read");
  const payload = first!.unsigned + second!.unsigned;
  expect(payload).toBe(query + body);
  expect(PUBLISHED.verifies(payload, signature)).toBe(true);
  expect(PUBLISHED.verifies(payload, signature.toUpperCase())).toBe(true);
  expect(PUBLISHED.verifies(`${payload} `, signature)).toBe(false);
});

test("the published example of the WebSocket API, its numbers signed as they were written", () => {
  const operations = new Map(OPERATIONS.map((operation) => [operation.ws ?? "", operation]));
  const request = parseSocketRequest(
    `{"id":"e2a85d9f-07a5-4f94-8d5f-789dc3deb097","method":"order.place","params":{
      "symbol":"BTCUSDT","side":"SELL","type":"LIMIT","timeInForce":"GTC","price":"52000.00",
      "quantity":"0.01000000","newOrderRespType":"ACK","recvWindow":100,"timestamp":1645423376532,
      "apiKey":"${PUBLISHED_ID}",
      "signature":"cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a"}}`,
    operations,
  );
  if ("error" in request) throw new Error(request.error.message);
  expect(PUBLISHED.verifies(request.payload, request.params.get("signature")!)).toBe(true);
  const numbers = parseSocketRequest(
    `{"id":1,"method":"order.place","params":{"b":1.0,"a":1e-08,"signature":"x"}}`,
    operations,
  );
  expect(numbers).toMatchObject({ id: "1", payload: "a=1e-08&b=1.0" });
});

// RFC 8032 §7.1, test 2: the message is the one byte 0x72.
test("the Ed25519 test vector of RFC 8032", () => {
  const pem =
    "-----BEGIN PUBLIC KEY-----\n" +
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n" +
    "-----END PUBLIC KEY-----";
  const key = keyOf("ed25519", pem);
  const hex =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  const signature = Buffer.from(hex, "hex").toString("base64");
  expect(key.verifies("r", signature)).toBe(true);
  expect(key.verifies("s", signature)).toBe(false);
  expect(key.verifies("r", hex)).toBe(false);
});

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const ORDER = {
  symbol: "BTCUSD",
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  quantity: "1",
  price: "99",
};

test.each(["alice", "bob"] as const)("%s signs in every place where clients do", async (name) => {
  const client = world[name];
  const { id } = client.credentials;
  const headers = { "x-mbx-apikey": id };
  const timestamp = Date.now();
  const whole = formOf({ ...ORDER, timestamp });
  const signature = encodeURIComponent(signatureOf(client.credentials, whole));
  const path = "/api/v3/order/test";
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const json = { "content-type": "application/json" };
  const requests = [
    // In the query alone, with a content type for a body that is not there.
    { path: `${path}?${whole}&signature=${signature}`, headers: { ...headers, ...json } },
    { path, headers: { ...headers, ...form }, body: `${whole}&signature=${signature}` },
    // The signature first: it is cut out where it stands.
    { path, headers: { ...headers, ...form }, body: `signature=${signature}&${whole}` },
    { path: `${path}?signature=${signature}`, headers: { ...headers, ...form }, body: whole },
  ];
  for (const request of requests) {
    const { status, text } = await client.raw({ method: "POST", ...request });
    expect([status, text]).toEqual([200, "{}"]);
  }
  const [query, body] = [
    formOf({ timestamp, symbol: "BTCUSD" }),
    formOf(ORDER).replace("symbol=BTCUSD&", ""),
  ];
  const split = encodeURIComponent(signatureOf(client.credentials, query + body));
  const both = {
    path: `${path}?${query}&signature=${split}`,
    headers: { ...headers, ...form },
    body,
  };
  expect((await client.raw({ method: "POST", ...both })).text).toBe("{}");
});

test("a timestamp may be in microseconds, and a window may have three decimals", async () => {
  const micro = await world.alice.signed("GET", "/api/v3/account", {
    timestamp: `${Date.now()}123`,
    recvWindow: "5000.125",
  });
  expect(micro.status).toBe(200);
});

test("a request is good while it is less than a second ahead and no older than its window", async () => {
  const nowMs = Date.now();
  // However long a request is under way.
  world.clock.atMs = nowMs;
  const send = async (ageMs: number, recvWindow?: number): Promise<unknown> => {
    const timestamp = nowMs - ageMs;
    const { body } = await world.alice.signed("GET", "/api/v3/account", { timestamp, recvWindow });
    return body.msg;
  };
  const late = "Timestamp for this request is outside of the recvWindow.";
  const ahead = "Timestamp for this request was 1000ms ahead of the server's time.";
  expect(await send(-999)).toBeUndefined();
  expect(await send(-1_000)).toBe(ahead);
  expect(await send(5_000)).toBeUndefined();
  expect(await send(5_001)).toBe(late);
  expect(await send(100, 100)).toBeUndefined();
  expect(await send(101, 100)).toBe(late);
  expect(await send(60_000, 60_000)).toBeUndefined();
  expect(await send(60_001, 60_000)).toBe(late);
  delete world.clock.atMs;
});

test("a key is held to its addresses, its permissions and its life", async () => {
  const { createHmacKey } = await import("../keys/create-keys.ts");
  const { TestClient } = await import("../testing/test-client.ts");
  const key = { account: 1_001n, permissions: ["read"] as const, nowMs: 0 };
  const use = async (addresses: readonly string[]): Promise<unknown> => {
    const made = createHmacKey(world.keys, { ...key, addresses });
    const client = new TestClient(world.gateway.origin, made, Date.now);
    return (await client.signed("GET", "/api/v3/account")).body.code;
  };
  expect(await use(["127.0.0.1"])).toBeUndefined();
  expect(await use(["127.0.0.0/8"])).toBeUndefined();
  expect(await use(["10.0.0.0/8", "::1"])).toBe(-2015);
  const refused = await world.reader.order(ORDER);
  expect([refused.status, refused.body]).toEqual([
    400,
    { code: -1002, msg: "You are not authorized to execute this request." },
  ]);
  world.keys.revoke(world.reader.credentials.id, Date.now());
  const gone = await world.reader.signed("GET", "/api/v3/account");
  expect([gone.status, gone.body]).toEqual([
    401,
    { code: -2015, msg: "Invalid API-key, IP, or permissions for action." },
  ]);
});

test("public data is answered to those who send a key with it", async () => {
  const { status } = await world.publicClient.raw({
    path: "/api/v3/ping",
    headers: { "x-mbx-apikey": "not a key at all" },
  });
  expect(status).toBe(200);
});
