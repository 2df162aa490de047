import { setTimeout as sleep } from "node:timers/promises";
import { createPrng } from "@rialto/base";
import {
  type AccountIndex,
  CommandKind,
  type MarketIndex,
  OrderType,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { FUZZERS } from "./testing/fuzz/gateway-fuzz.ts";
import { openWorld, type World } from "./testing/gateway-world.ts";
import { clientFrame, openRaw, openRawSocket } from "./testing/raw-connection.ts";
import {
  formOf,
  type Params,
  type RawRequest,
  type Reply,
  signatureOf,
} from "./testing/test-client.ts";

// What clients, and those who are none, send wrongly, and what is documented to happen: one table for each way
// in. Every row is a request and its status, code and text.

let world: World;
/** One that waits for nobody for long: only for what is late on purpose, for on a busy machine much else is. */
let hasty: World;
beforeAll(async () => {
  world = await openWorld();
  hasty = await openWorld({
    limits: { headTimeoutMs: 300, requestTimeoutMs: 600, keepAliveTimeoutMs: 1_500 },
  });
});
afterEach(() => void vi.useRealTimers());
afterAll(async () => {
  await hasty[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

type Expected = readonly [status: number, code: number, msg: string];

function outcome({ status, body }: Reply): readonly [number, unknown, unknown] {
  return [status, body?.code, body?.msg];
}

const mandatory = (name: string): Expected => [
  400,
  -1102,
  `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
];
const illegal = (name: string, range: string): Expected => [
  400,
  -1100,
  `Illegal characters found in parameter '${name}'; legal range is '${range}'.`,
];
const invalid = (name: string): Expected => [
  400,
  -1130,
  `Data sent for parameter '${name}' is not valid.`,
];
const precise = (name: string): Expected => [
  400,
  -1111,
  `Parameter '${name}' has too much precision.`,
];
const filter = (name: string): Expected => [400, -1013, `Filter failure: ${name}`];
const unread = (read: number, sent: number): Expected => [
  400,
  -1104,
  `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`,
];
const BAD_SIGNATURE: Expected = [400, -1022, "Signature for this request is not valid."];
const NO_ROUTE: Expected = [404, -1020, "This operation is not supported."];
const WRONG_METHOD: Expected = [405, -1020, "This operation is not supported."];
const NOT_HTTP: Expected = [400, -1020, "The request is not HTTP."];
const BAD_SYMBOL: Expected = [400, -1121, "Invalid symbol."];
const SYMBOL_RANGE = "^[A-Z0-9-_.]{1,20}$";
const DECIMAL_RANGE = "^([0-9]{1,20})(\\.[0-9]{1,20})?$";
const INTEGER_RANGE = "^[0-9]{1,20}$";
const WINDOW_RANGE = "^([0-9]{1,5})(\\.[0-9]{1,3})?$";

/** A request to a signed route with exactly this key and this form. */
function account(keyId: string | undefined, form: string): RawRequest {
  const headers = keyId === undefined ? {} : { "x-mbx-apikey": keyId };
  return { path: `/api/v3/account?${form}`, headers };
}

const aliceId = (): string => world.alice.credentials.id;
const aliceSigned = (text: string): string => signatureOf(world.alice.credentials, text);
const now = (): string => `timestamp=${Date.now()}`;

/** A form that Bob signs, whose signature has a plus sign in it. */
function bobForm(): readonly [form: string, signature: string] {
  for (let timestamp = Date.now(); ; timestamp--) {
    const form = `timestamp=${timestamp}`;
    const signature = signatureOf(world.bob.credentials, form);
    if (signature.includes("+")) return [form, signature];
  }
}

const signatures: readonly (readonly [string, () => RawRequest, Expected])[] = [
  ["no key", () => account(undefined, now()), [401, -2014, "API-key format invalid."]],
  ["a key of no form", () => account("a key!", now()), [401, -2014, "API-key format invalid."]],
  [
    "a key that nobody has",
    () => account("A".repeat(64), `${now()}&signature=00`),
    [401, -2015, "Invalid API-key, IP, or permissions for action."],
  ],
  [
    "no timestamp",
    () => account(aliceId(), `signature=${aliceSigned("")}`),
    mandatory("timestamp"),
  ],
  ["no signature", () => account(aliceId(), now()), mandatory("signature")],
  ["an empty signature", () => account(aliceId(), `${now()}&signature=`), mandatory("signature")],
  [
    "the signature of another key",
    () => {
      const form = now();
      return account(aliceId(), `${form}&signature=${signatureOf(world.poor.credentials, form)}`);
    },
    BAD_SIGNATURE,
  ],
  [
    "the signature of another request",
    () => account(aliceId(), `${now()}&recvWindow=60000&signature=${aliceSigned(now())}`),
    BAD_SIGNATURE,
  ],
  [
    "a signature that is cut short",
    () => {
      const form = now();
      return account(aliceId(), `${form}&signature=${aliceSigned(form).slice(0, 62)}`);
    },
    BAD_SIGNATURE,
  ],
  ["a signature of no letters", () => account(aliceId(), `${now()}&signature=%20`), BAD_SIGNATURE],
  [
    "a signature that is encoded twice",
    () => {
      const [form, signature] = bobForm();
      const twice = encodeURIComponent(encodeURIComponent(signature));
      return account(world.bob.credentials.id, `${form}&signature=${twice}`);
    },
    BAD_SIGNATURE,
  ],
  [
    "a signature in base64 that is not encoded",
    () => {
      const [form, signature] = bobForm();
      return account(world.bob.credentials.id, `${form}&signature=${signature}`);
    },
    BAD_SIGNATURE,
  ],
  [
    "two signatures",
    () => {
      const form = now();
      const signature = aliceSigned(form);
      return account(aliceId(), `${form}&signature=${signature}&signature=${signature}`);
    },
    [400, -1101, "Duplicate values for a parameter detected."],
  ],
];

test.each(signatures)("signature: %s", async (_name, request, expected) => {
  expect(outcome(await world.publicClient.raw(request()))).toEqual(expected);
});

const LATE: Expected = [400, -1021, "Timestamp for this request is outside of the recvWindow."];
const AHEAD: Expected = [
  400,
  -1021,
  "Timestamp for this request was 1000ms ahead of the server's time.",
];

const times: readonly (readonly [Params, Expected])[] = [
  [{ timestamp: "now" }, illegal("timestamp", INTEGER_RANGE)],
  [{ timestamp: "-1" }, illegal("timestamp", INTEGER_RANGE)],
  [{ timestamp: "1.5e12" }, illegal("timestamp", INTEGER_RANGE)],
  [{ timestamp: "1".repeat(21) }, illegal("timestamp", INTEGER_RANGE)],
  [{ timestamp: "" }, mandatory("timestamp")],
  [{ timestamp: "0" }, LATE],
  [{ timestamp: "1600000000000" }, LATE],
  [{ timestamp: "9999999999999" }, AHEAD],
  [{ timestamp: "99999999999999999999" }, AHEAD],
  [{ recvWindow: "60001" }, [400, -1131, "recvWindow must be less than 60000."]],
  [{ recvWindow: "1e9" }, [400, -1131, "recvWindow must be less than 60000."]],
  [{ recvWindow: "soon" }, illegal("recvWindow", WINDOW_RANGE)],
  [{ recvWindow: "-5" }, illegal("recvWindow", WINDOW_RANGE)],
  [{ recvWindow: "+5" }, illegal("recvWindow", WINDOW_RANGE)],
  [{ recvWindow: "" }, illegal("recvWindow", WINDOW_RANGE)],
  [{ recvWindow: "1.2345" }, precise("recvWindow")],
];

test.each(times)("time: %o", async (params, expected) => {
  expect(outcome(await world.alice.signed("GET", "/api/v3/account", params))).toEqual(expected);
});

const ORDER = {
  symbol: "BTCUSD",
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  quantity: "1",
  price: "100",
};
const BY_COST = { symbol: "BTCUSD", side: "BUY", type: "MARKET" };
const notDecimal = (name: string): Expected => illegal(name, DECIMAL_RANGE);
const refused = (name: string): Expected => [
  400,
  -1106,
  `Parameter '${name}' sent when not required.`,
];

const orders: readonly (readonly [Params, Expected])[] = [
  // Numbers.
  ...[
    "NaN",
    "Infinity",
    "0x64",
    "1,5",
    "1_0",
    " 1",
    "1 ",
    "\u0661",
    "+1",
    "-1",
    "--1",
    "1.2.3",
    ".",
    "e5",
    "1e",
    "1e9999",
    "1".repeat(41),
    "1e99",
  ].map((price) => [{ ...ORDER, price }, notDecimal("price")] as const),
  [{ ...ORDER, price: "" }, [400, -1105, "Parameter 'price' was empty."]],
  [{ ...ORDER, price: "1e-9" }, precise("price")],
  [{ ...ORDER, price: "100.000000001" }, precise("price")],
  [{ ...ORDER, price: "0.1234567890123456789" }, precise("price")],
  [{ ...ORDER, price: "100.001" }, filter("PRICE_FILTER")],
  [{ ...ORDER, price: "0" }, [400, -1013, "Invalid price."]],
  [{ ...ORDER, price: "-0" }, [400, -1013, "Invalid price."]],
  [{ ...ORDER, price: "42949672.96" }, filter("PRICE_FILTER")],
  [{ ...ORDER, price: "1e30" }, filter("PRICE_FILTER")],
  [{ ...ORDER, price: "100000.01" }, filter("PRICE_FILTER")],
  [{ ...ORDER, price: "250" }, filter("PERCENT_PRICE_BY_SIDE")],
  [{ ...ORDER, quantity: "1e-9" }, precise("quantity")],
  [{ ...ORDER, quantity: "0.00001" }, filter("LOT_SIZE")],
  [{ ...ORDER, quantity: "1000.0001" }, filter("LOT_SIZE")],
  [{ ...ORDER, quantity: "9".repeat(30) }, filter("LOT_SIZE")],
  [{ ...ORDER, quantity: "0" }, [400, -1013, "Invalid quantity."]],
  [{ ...ORDER, quantity: "-1" }, notDecimal("quantity")],
  [{ ...ORDER, quantity: "0.0001", price: "99" }, filter("NOTIONAL")],
  [{ ...BY_COST, quantity: "1000.0001" }, filter("MARKET_LOT_SIZE")],
  [{ ...BY_COST, quoteOrderQty: "0.0000001" }, precise("quoteOrderQty")],
  [{ ...BY_COST, quoteOrderQty: "0" }, [400, -1013, "Invalid quantity."]],
  [{ ...BY_COST, quoteOrderQty: "NaN" }, notDecimal("quoteOrderQty")],
  [{ ...BY_COST, quoteOrderQty: "9".repeat(30) }, filter("NOTIONAL")],
  // Words.
  [{ ...ORDER, side: "buy" }, [400, -1117, "Invalid side."]],
  [{ ...ORDER, type: "LIMITED" }, [400, -1116, "Invalid orderType."]],
  [{ ...ORDER, timeInForce: "GTX" }, [400, -1115, "Invalid timeInForce."]],
  [{ ...ORDER, newOrderRespType: "ALL" }, invalid("newOrderRespType")],
  [{ ...ORDER, selfTradePreventionMode: "TRANSFER" }, invalid("selfTradePreventionMode")],
  [{ ...ORDER, newClientOrderId: "a b" }, illegal("newClientOrderId", "^[a-zA-Z0-9-_.:/]{1,36}$")],
  [
    { ...ORDER, newClientOrderId: "a".repeat(37) },
    illegal("newClientOrderId", "^[a-zA-Z0-9-_.:/]{1,36}$"),
  ],
  // What is missing, too much, or does not go together.
  ...(["symbol", "side", "type", "timeInForce", "quantity", "price"] as const).map(
    (name) => [{ ...ORDER, [name]: undefined }, mandatory(name)] as const,
  ),
  [{ ...ORDER, quoteOrderQty: "1" }, refused("quoteOrderQty")],
  [{ ...ORDER, stopPrice: "1" }, refused("stopPrice")],
  [{ ...ORDER, type: "LIMIT_MAKER" }, refused("timeInForce")],
  [{ ...ORDER, type: "MARKET" }, refused("timeInForce")],
  [{ ...BY_COST, price: "1", quantity: "1" }, refused("price")],
  [
    BY_COST,
    [400, -1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"],
  ],
  [
    { ...BY_COST, quantity: "1", quoteOrderQty: "1" },
    [400, -1128, "Combination of optional parameters invalid."],
  ],
  [{ ...ORDER, reduceOnly: "true" }, unread(8, 9)],
  // Symbols.
  [{ ...ORDER, symbol: "btcusd" }, illegal("symbol", SYMBOL_RANGE)],
  [{ ...ORDER, symbol: "BTC/USD" }, illegal("symbol", SYMBOL_RANGE)],
  [{ ...ORDER, symbol: "B".repeat(21) }, illegal("symbol", SYMBOL_RANGE)],
  [{ ...ORDER, symbol: "BTC\u0000" }, illegal("symbol", SYMBOL_RANGE)],
  [{ ...ORDER, symbol: "" }, [400, -1105, "Parameter 'symbol' was empty."]],
  [{ ...ORDER, symbol: "BTCEUR" }, BAD_SYMBOL],
  [{ ...ORDER, symbol: "__proto__" }, illegal("symbol", SYMBOL_RANGE)],
];

test.each(orders)("order: %o", async (params, expected) => {
  expect(outcome(await world.alice.order(params))).toEqual(expected);
  const { body } = await world.alice.signed("GET", "/api/v3/openOrders");
  expect(body).toEqual([]);
});

const klines = { symbol: "BTCUSD", interval: "1m" };
const queries: readonly (readonly [path: string, Params | string, Expected])[] = [
  ["depth", {}, mandatory("symbol")],
  ["depth", { symbol: "BTCUSD", limit: "0" }, invalid("limit")],
  ["depth", { symbol: "BTCUSD", limit: "-5" }, illegal("limit", INTEGER_RANGE)],
  ["depth", { symbol: "BTCUSD", limit: "1.5" }, illegal("limit", INTEGER_RANGE)],
  ["depth", { symbol: "BTCUSD", limit: "" }, [400, -1105, "Parameter 'limit' was empty."]],
  ["depth", { symbol: "BTCUSD", foo: "1" }, unread(1, 2)],
  [
    "depth",
    "symbol=BTCUSD&symbol=BTCUSD",
    [400, -1101, "Duplicate values for a parameter detected."],
  ],
  [
    "depth",
    "symbol=BTCUSD&%73ymbol=ETHUSD",
    [400, -1101, "Duplicate values for a parameter detected."],
  ],
  ["depth", "symbol=%E0%A4%A", [400, -1100, "Illegal characters found in a parameter."]],
  ["depth", "symbol=%", [400, -1100, "Illegal characters found in a parameter."]],
  ["depth", "symbol", [400, -1105, "Parameter 'symbol' was empty."]],
  ["ping", "&&=&", unread(0, 1)],
  [
    "depth",
    Array.from({ length: 101 }, (_, index) => `a${index}=1`).join("&"),
    [400, -1101, "Too many parameters; expected at most '100'."],
  ],
  ["klines", { ...klines, interval: "2m" }, [400, -1120, "Invalid interval."]],
  ["klines", { ...klines, interval: undefined }, mandatory("interval")],
  ["klines", { ...klines, timeZone: "5" }, invalid("timeZone")],
  ["klines", { ...klines, startTime: "yesterday" }, illegal("startTime", INTEGER_RANGE)],
  ["klines", { ...klines, startTime: "99999999999999999999" }, invalid("startTime")],
  [
    "aggTrades",
    { symbol: "BTCUSD", fromId: 1, startTime: 1 },
    [400, -1128, "Combination of optional parameters invalid."],
  ],
  ["historicalTrades", { symbol: "BTCUSD", fromId: "9007199254740993" }, invalid("fromId")],
  ["ticker/24hr", { symbols: "BTCUSD" }, invalid("symbols")],
  ["ticker/24hr", { symbols: "[]" }, invalid("symbols")],
  ["ticker/24hr", { symbols: '["BTCUSD",5]' }, invalid("symbols")],
  ["ticker/24hr", { symbols: '{"a":1}' }, invalid("symbols")],
  ["ticker/24hr", { symbols: '["BTCUSD","XXX"]' }, BAD_SYMBOL],
  [
    "ticker/24hr",
    { symbols: '["BTCUSD","BTCUSD"]' },
    [400, -1101, "Duplicate values for a parameter detected."],
  ],
  [
    "ticker/24hr",
    { symbol: "BTCUSD", symbols: '["BTCUSD"]' },
    [400, -1128, "Combination of optional parameters invalid."],
  ],
  ["ticker/24hr", { type: "SMALL" }, invalid("type")],
  ["ticker", { symbol: "BTCUSD", windowSize: "60m" }, invalid("windowSize")],
  [
    "ticker",
    {},
    [400, -1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!"],
  ],
  ["exchangeInfo", { showPermissionSets: "yes" }, illegal("showPermissionSets", "^(true|false)$")],
];

test.each(queries)("query: %s %o", async (path, params, expected) => {
  const query = typeof params === "string" ? params : formOf(params);
  expect(outcome(await world.publicClient.raw({ path: `/api/v3/${path}?${query}` }))).toEqual(
    expected,
  );
});

test("a path with another method names those that it has", async () => {
  for (const [path, allowed] of [
    ["/order", "POST"],
    ["/api/v3/order", "GET, POST, DELETE"],
    ["/stats", "GET, HEAD"],
  ] as const) {
    const { status, headers } = await world.publicClient.raw({ path, method: "PATCH" });
    expect([path, status, headers["allow"]]).toEqual([path, 405, allowed]);
  }
});

const routes: readonly (readonly [RawRequest, Expected])[] = [
  [{ path: "/api/v3/nothing" }, NO_ROUTE],
  [{ path: "/api/v3/ping/" }, NO_ROUTE],
  [{ path: "/API/V3/PING" }, NO_ROUTE],
  [{ path: "//api/v3/ping" }, NO_ROUTE],
  [{ path: "/api/v4/ping" }, NO_ROUTE],
  [{ path: "/ws" }, NO_ROUTE],
  [{ path: "/%" }, NO_ROUTE],
  [{ path: "/api/v3/ping", method: "POST" }, WRONG_METHOD],
  [{ path: "/api/v3/order", method: "PUT" }, WRONG_METHOD],
  [{ path: "/api/v3/order", method: "PATCH", body: "a=1" }, WRONG_METHOD],
  [{ path: "/order", method: "GET" }, WRONG_METHOD],
  [{ path: "/stats", method: "DELETE" }, WRONG_METHOD],
  [{ path: "/api/consensus/proof/BTCUSD/1", method: "POST" }, WRONG_METHOD],
  [{ path: "/api/v3/order", method: "PROPFIND" }, NO_ROUTE],
  [{ path: "/api/v3/order", method: "TRACE" }, NO_ROUTE],
  [
    { path: "/api/v3/ping", headers: { "x-mbx-sbe": "3:4", accept: "application/sbe" } },
    [400, -1155, "SBE is not enabled."],
  ],
  [
    { path: "/api/v3/ping", headers: { host: "evil.example" } },
    [403, -1020, "This host name is not allowed here."],
  ],
  [
    { path: "/order", method: "POST", body: '{"symbol":"BTC-USD","symbol":"ETH-USD"}' },
    [400, -1135, "Invalid JSON Request"],
  ],
  [
    { path: "/order", method: "POST", body: "symbol=BTC-USD" },
    [400, -1135, "Invalid JSON Request"],
  ],
  [
    { path: "/api/v3/order", method: "POST", body: "a=1&a=2" },
    [400, -1101, "Duplicate values for a parameter detected."],
  ],
  [
    { path: "/api/v3/order", method: "POST", body: "a".repeat(65_537) },
    [413, -1101, "The request is larger than 65536 bytes."],
  ],
  [
    { path: `/api/v3/depth?symbol=${"B".repeat(17_000)}` },
    [431, -1020, "The head of the request is too large."],
  ],
  [
    { path: "/api/v3/ping", headers: { "x-long": "b".repeat(17_000) } },
    [431, -1020, "The head of the request is too large."],
  ],
  // Whatever a body says it is, it is read as the route reads it.
  [
    { path: "/api/v3/order", method: "POST", body: "a=1", headers: { "content-type": "text/;;=" } },
    mandatory("symbol"),
  ],
];

test.each(routes)("route: %o", async (request, expected) => {
  expect(outcome(await world.publicClient.raw(request))).toEqual(expected);
});

const GET = "GET /api/v3/ping HTTP/1.1\r\nHost: localhost\r\n";
const POST = "POST /api/v3/order HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
const TIMED_OUT: Expected = [408, -1020, "The request did not arrive in time."];
const NOT_WEBSOCKET: Expected = [400, -1020, "The WebSocket handshake is not valid."];
const UPGRADE = "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const VERSION = "Sec-WebSocket-Version: 13\r\n";

const connections: readonly (readonly [string, string, Expected])[] = [
  ["no HTTP at all", "hello there\r\n\r\n", NOT_HTTP],
  ["TLS on a port without it", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000", NOT_HTTP],
  ["an unknown version", "GET / HTTP/9.9\r\n\r\n", NOT_HTTP],
  ["an unknown method", "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", NOT_HTTP],
  ["a header without a name", `${GET}: value\r\n\r\n`, NOT_HTTP],
  ["a header with a zero byte", `${GET}a: \u0000\r\n\r\n`, NOT_HTTP],
  ["a length that is no number", `${POST}Content-Length: five\r\n\r\nabcde`, NOT_HTTP],
  ["a negative length", `${POST}Content-Length: -1\r\n\r\n`, NOT_HTTP],
  ["two lengths", `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, NOT_HTTP],
  [
    "a length and chunks",
    `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    NOT_HTTP,
  ],
  [
    "a length that is too large, before the body comes",
    `${POST}Content-Length: 999999999\r\n\r\n`,
    [413, -1101, "The request is larger than 65536 bytes."],
  ],
  [
    "no host",
    "GET /api/v3/ping HTTP/1.1\r\nConnection: close\r\n\r\n",
    [403, -1020, "This host name is not allowed here."],
  ],
  [
    "no host, as of old",
    "GET /api/v3/ping HTTP/1.0\r\n\r\n",
    [403, -1020, "This host name is not allowed here."],
  ],
  ["a head that does not end", GET, TIMED_OUT],
  ["a connection on which nothing is said", "", TIMED_OUT],
  ["a body that does not end", `${POST}Content-Length: 30\r\n\r\nsymbol=`, TIMED_OUT],
  ["a handshake without a key", `GET /ws HTTP/1.1\r\n${UPGRADE}${VERSION}\r\n`, NOT_WEBSOCKET],
  [
    "a handshake of another version",
    `GET /ws HTTP/1.1\r\n${UPGRADE}${KEY}Sec-WebSocket-Version: 1\r\n\r\n`,
    NOT_WEBSOCKET,
  ],
  ["a handshake by POST", `POST /ws HTTP/1.1\r\n${UPGRADE}${KEY}${VERSION}\r\n`, NOT_WEBSOCKET],
  ["a handshake nowhere", `GET /wss HTTP/1.1\r\n${UPGRADE}${KEY}${VERSION}\r\n`, NO_ROUTE],
  ["a handshake at no address", `GET /ws/%ff HTTP/1.1\r\n${UPGRADE}${KEY}${VERSION}\r\n`, NO_ROUTE],
];

test.each(connections)("connection: %s", async (_name, bytes, expected) => {
  const raw = await openRaw((expected === TIMED_OUT ? hasty : world).gateway.origin);
  raw.write(bytes);
  expect(await raw.answer()).toEqual(expected);
  await raw.untilClosed();
});

const TEXT = 0x81;
const frames: readonly (readonly [string, Buffer, number])[] = [
  ["a frame that is not masked", Buffer.from([TEXT, 0x02, 0x7b, 0x7d]), 1002],
  ["a reserved bit", clientFrame(TEXT | 0x40, "{}"), 1002],
  ["an unknown opcode", clientFrame(0x83, "{}"), 1002],
  ["a ping in pieces", clientFrame(0x09, "a"), 1002],
  ["a ping that is too long", clientFrame(0x89, "a".repeat(126)), 1002],
  ["a continuation of nothing", clientFrame(0x80, "{}"), 1002],
  ["a closing with a code that there is not", clientFrame(0x88, Buffer.from([0x03, 0xee])), 1002],
  ["a closing of one byte", clientFrame(0x88, "a"), 1002],
  ["text that is not UTF-8", clientFrame(TEXT, Buffer.from([0xc3, 0x28])), 1007],
  ["a message that is too large", clientFrame(TEXT, "", 65_537), 1009],
  ["a message of 2^60 bytes", clientFrame(TEXT, "", 2 ** 60), 1009],
  [
    "a message that is too large in pieces",
    Buffer.concat([clientFrame(0x01, "a".repeat(40_000)), clientFrame(0x80, "a".repeat(40_000))]),
    1009,
  ],
  ["bytes where text is due", clientFrame(0x82, "{}"), 1003],
];

test.each(["/ws", "/ws-api/v3"].flatMap((path) => frames.map((row) => [path, ...row] as const)))(
  "frame on %s: %s",
  async (path, _name, bytes, code) => {
    const raw = await openRawSocket(world.gateway.origin, path);
    raw.write(bytes);
    expect(await raw.closeCode()).toBe(code);
    raw.socket.destroy();
  },
);

test("random bytes end their connection and nothing else", async () => {
  const prng = createPrng(11);
  for (let round = 0; round < 60; round++) {
    const bytes = Buffer.from(Array.from({ length: 1 + prng.below(300) }, () => prng.below(256)));
    const isSocket = prng.chance(2, 3);
    const raw = isSocket
      ? await openRawSocket(world.gateway.origin, prng.chance(1, 2) ? "/ws" : "/ws-api/v3")
      : await openRaw(world.gateway.origin);
    raw.write(bytes);
    await sleep(2);
    raw.socket.destroy();
  }
  expect((await world.publicClient.get("/health")).status).toBe(200);
});

test.each([
  ["/ws", "stream-message"],
  ["/ws-api/v3", "socket-message"],
])(
  "thousands of changed messages on %s are each answered, or end the connection",
  async (path, name) => {
    const { draw } = FUZZERS.find((each) => each.name === name)!;
    const prng = createPrng(5);
    for (let round = 0; round < 4; round++) {
      const raw = await openRawSocket(world.gateway.origin, path);
      for (let count = 0; count < 1_000; count++) raw.write(clientFrame(TEXT, draw(prng)));
      // The last one tells that all before it have been read.
      raw.write(clientFrame(TEXT, '{"id":"the-last","method":"ping"}'));
      await raw.until((received) => received.includes('"the-last"'));
      raw.write(Buffer.from([TEXT, 0xff, ...Array.from({ length: 40 }, () => prng.below(256))]));
      expect(await raw.closeCode()).toBe(1009);
      raw.socket.destroy();
    }
  },
);

async function metric(of: World, line: string): Promise<number> {
  const { text } = await of.publicClient.get("/metrics");
  return Number(
    text
      .split("\n")
      .find((each) => each.startsWith(line))
      ?.slice(line.length) ?? 0,
  );
}

test("requests that are broken off leave nothing behind", async () => {
  for (const bytes of [
    `${POST}Content-Length: 30\r\n\r\nsymbol=`,
    `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nab`,
    GET,
    `${GET}\r\n`,
  ]) {
    const raw = await openRaw(world.gateway.origin);
    raw.write(bytes);
    await sleep(5);
    raw.socket.resetAndDestroy();
  }
  expect((await world.publicClient.get("/health")).status).toBe(200);
});

test("one who has closed its half of the connection still gets its answer", async () => {
  const raw = await openRaw(world.gateway.origin);
  raw.socket.end(`${GET}\r\n`);
  expect((await raw.untilClosed()).toString()).toMatch(/^HTTP\/1\.1 200 OK/);
});

test("a connection that asks and does not take the answers is cut off", async () => {
  const raw = await openRaw(hasty.gateway.origin);
  raw.socket.pause();
  const request = "GET /api/v3/exchangeInfo HTTP/1.1\r\nHost: localhost\r\n\r\n";
  raw.write(request.repeat(20_000));
  const closed = await new Promise((resolve) => {
    raw.socket.on("close", () => resolve("closed"));
    // A reset is only noticed by one who writes.
    const writer = setInterval(() => raw.socket.write(request), 50);
    raw.socket.on("close", () => clearInterval(writer));
  });
  expect(closed).toBe("closed");
});

/** Makes many trades with few orders and returns how many. */
async function tradeMuch(of: World): Promise<number> {
  const terms = {
    market: 0 as MarketIndex,
    account: 1 as AccountIndex,
    selfTrade: SelfTrade.Allow,
    clientOrderId: 0n,
  };
  const order = {
    kind: CommandKind.Place,
    ...terms,
    orderType: OrderType.Limit,
    priceTicks: 10_000,
  };
  const makers = Array.from({ length: 100 }, () => ({ ...order, side: Side.Sell, quantity: 100n }));
  of.exchange.run([...makers, { ...order, side: Side.Buy, quantity: 10_000n }]);
  await sleep(1);
  return makers.length;
}

test("a stream client that does not keep up is dropped, and the others lose nothing", async () => {
  await using small = await openWorld({ limits: { sendBufferBytes: 65_536 } });
  const slow = await openRawSocket(small.gateway.origin, "/ws/btcusd@trade");
  slow.socket.pause();
  const quick = await small.connect("/ws/btcusd@trade");
  const dropped = 'rialto_ws_dropped_clients_total{reason="slow"} ';
  let tradeCount = 0;
  for (let round = 0; (await metric(small, dropped)) === 0; round++) {
    expect(round).toBeLessThan(1_000);
    tradeCount += await tradeMuch(small);
  }
  for (let tradeId = 1; tradeId <= tradeCount; tradeId++) {
    expect((await quick.next()).t).toBe(tradeId);
  }
  slow.socket.destroy();
});

test("much at once on several streams of a connection ends it for none who keeps up", async () => {
  await using small = await openWorld({ limits: { sendBufferBytes: 65_536 } });
  const socket = await small.connect("/ws/btcusd@trade/btcusd@aggTrade/ethusd@trade");
  const trades = Array.from({ length: 10 }, () => tradeMuch(small));
  const tradeCount = (await Promise.all(trades)).reduce((sum, count) => sum + count);
  await socket.until(() => socket.messages.length === tradeCount + trades.length);
  expect(await metric(small, 'rialto_ws_dropped_clients_total{reason="slow"} ')).toBe(0);
});

test("a stream client that floods is dropped", async () => {
  await using usual = await openWorld({
    limits: { streamMessagesBurst: 10, streamMessagesPerSecond: 5 },
  });
  for (const frame of [
    clientFrame(TEXT, '{"method":"LIST_SUBSCRIPTIONS"}'),
    clientFrame(0x89, ""),
  ]) {
    const raw = await openRawSocket(usual.gateway.origin, "/ws");
    for (let count = 0; count < 12; count++) raw.write(frame);
    expect(await raw.closeCode()).toBe(1008);
    raw.socket.destroy();
  }
});

test("a client that is no longer there is let go of, and one that is too old", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const limits = { pingIntervalMs: 50, pongTimeoutMs: 200 };
  await using usual = await openWorld({ limits });
  const gone = await openRawSocket(usual.gateway.origin, "/ws");
  const alive = await usual.connect("/ws");
  for (let silentMs = 0; silentMs <= limits.pongTimeoutMs; silentMs += limits.pingIntervalMs) {
    expect(gone.isClosed).toBe(false);
    vi.advanceTimersByTime(limits.pingIntervalMs);
    // Its pong comes before the question.
    expect(await alive.ask({ method: "LIST_SUBSCRIPTIONS" })).toMatchObject({ result: [] });
  }
  await gone.untilClosed();
  expect(await metric(usual, 'rialto_ws_dropped_clients_total{reason="silent"} ')).toBe(1);
  expect(await alive.ask({ method: "LIST_SUBSCRIPTIONS" })).toMatchObject({ result: [] });
  await using brief = await openWorld({ limits: { pingIntervalMs: 50, connectionAgeMsMax: 100 } });
  const old = await brief.connect("/ws");
  vi.advanceTimersByTime(150);
  expect((await old.closed).code).toBe(1001);
});

test("there are as many connections as there may be", async () => {
  await using small = await openWorld({ limits: { connectionsMax: 2 } });
  const first = await openRaw(small.gateway.origin);
  const second = await openRaw(small.gateway.origin);
  const third = await openRaw(small.gateway.origin);
  expect((await third.untilClosed()).length).toBe(0);
  first.write(`${GET}\r\n`);
  await first.until((received) => received.includes("{}"));
  expect(first.received.toString()).toContain("200 OK");
  for (const { socket } of [first, second, third]) socket.destroy();
});

test("one who is refused and keeps its half of the connection open does not keep it long", async () => {
  // For no other reason is it let go of in the time of this test.
  const limits = { connectionsMax: 1, headTimeoutMs: 300_000, requestTimeoutMs: 300_000 };
  await using small = await openWorld({ limits });
  const raw = await openRaw(small.gateway.origin);
  raw.write("nonsense\r\n\r\n");
  expect(await raw.answer()).toEqual(NOT_HTTP);
  for (;;) {
    const next = await openRaw(small.gateway.origin);
    next.write(`${GET}\r\n`);
    const isServed = (await next.until((received) => received.includes("{}"))).length > 0;
    next.socket.destroy();
    if (isServed) break;
    await sleep(50);
  }
  raw.socket.destroy();
});
