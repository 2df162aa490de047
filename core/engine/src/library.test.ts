import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { encodeHex } from "@rialto/base";
import {
  type AccountIndex,
  type AssetIndex,
  CommandKind,
  EventKind,
  type MarketIndex,
  NOTHING_SPECIAL,
  type OrderId,
  type OrderTerms,
  OrderType,
  RejectCode,
  SelfTrade,
  Side,
  TriggerKind,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import {
  addAsset,
  cancelClientOrder,
  cancelOrder,
  deposit,
  limitOrder,
  listMarket,
  marketOrder,
  openAccount,
  setMarketState,
} from "./commands.ts";
import type { EngineLimits } from "./engine.ts";
import { restoreHotEngine, type SnapshotEngine, snapshotProblem } from "./hot/hot-engine.ts";
import {
  accountIndex,
  assetIndex,
  createEngine,
  DEFAULT_LIMITS,
  marketIndex,
  sendCommands,
  stateBytes,
} from "./library.ts";

const [base, quote] = [assetIndex(0), assetIndex(1)];
const market = marketIndex(0);
const [alice, bob] = [accountIndex(1), accountIndex(2)];

const OPENING = [
  addAsset(),
  addAsset(),
  listMarket({ baseAsset: base, quoteAsset: quote, priceTicksMax: 100_000 }),
  openAccount(7n),
  openAccount(8n),
  deposit(alice, base, 1_000_000_000n),
  deposit(bob, quote, 1_000_000_000_000n),
];

test("commands of every helper are accepted", () => {
  const engine = createEngine();
  const opened = sendCommands(engine, OPENING, 0);
  expect(opened.filter((event) => event.kind === EventKind.Rejected)).toEqual([]);
  const sell = { market, account: alice, side: Side.Sell, lots: 5n } as const;
  const events = sendCommands(
    engine,
    [
      limitOrder({ ...sell, priceTicks: 50, clientOrderId: 9n }),
      limitOrder({ ...sell, priceTicks: 60, orderType: OrderType.PostOnly }),
      marketOrder({ market, account: bob, side: Side.Buy, lots: 2n }),
      cancelClientOrder(alice, 9n),
      setMarketState(market, 2),
    ],
    1,
  );
  const { Accepted, Fill, Canceled, MarketStateSet } = EventKind;
  expect(events.map((event) => event.kind)).toEqual([
    Accepted,
    Accepted,
    Accepted,
    Fill,
    Canceled,
    MarketStateSet,
  ]);
  const open = engine.openOrders(alice);
  expect(open.map((order) => order.priceTicks)).toEqual([60]);
  expect(sendCommands(engine, [cancelOrder(alice, open[0]!.orderId)], 2)).toHaveLength(1);
  expect(engine.balances(bob).map((row) => row.availableQuanta)).toEqual([
    1_000_000_000_000n - 100n,
    2n,
  ]);
  engine.audit();
});

test("an order says of special terms only those that it has", () => {
  const engine = createTraded();
  const order: OrderTerms = {
    market,
    account: alice,
    side: Side.Sell,
    orderType: OrderType.Market,
    selfTrade: SelfTrade.ExpireTaker,
    priceTicks: 0,
    quantity: 2n,
    clientOrderId: 0n,
  };
  const stop = { trigger: TriggerKind.Stop, triggerTicks: 40 };
  const kind = CommandKind.PlaceSpecial;
  const events = sendCommands(engine, [{ kind, ...order, ...NOTHING_SPECIAL, ...stop }], 0);
  expect(events).toMatchObject([{ kind: EventKind.Accepted, waits: true }]);
  expect(engine.openOrders(alice).at(-1)).toMatchObject(stop);
});

test("a market of high prices is listed, and begins in the middle of them", () => {
  const engine = createEngine();
  const prices = { priceTicksMin: 900_000, priceTicksMax: 1_000_000 };
  const listing = listMarket({ baseAsset: base, quoteAsset: quote, ...prices });
  sendCommands(engine, [addAsset(), addAsset(), listing], 0);
  expect(engine.market(market).lastTradeTicks).toBe(950_000);
});

test("more commands than the buffer holds are all executed, in order", () => {
  const engine = createEngine();
  sendCommands(engine, OPENING, 0);
  const orders = Array.from({ length: 40_000 }, (_, index) =>
    limitOrder({ market, account: alice, side: Side.Sell, priceTicks: 1 + index, lots: 1n }),
  );
  const events = sendCommands(engine, orders, 1);
  expect(events).toHaveLength(40_000);
  expect(events.every((event) => event.kind === EventKind.Accepted)).toBe(true);
  expect(engine.depth(market, Side.Sell, 40_000).map((level) => level.priceTicks)).toEqual(
    orders.map((_, index) => 1 + index),
  );
});

test("a refusal is an event; nothing to do is no event; limits are those that were asked for", () => {
  const engine = createEngine({ limits: { assetsMax: 1 } });
  expect(sendCommands(engine, [], 0)).toEqual([]);
  expect(sendCommands(engine, [addAsset(), addAsset()], 0)[1]).toMatchObject({
    kind: EventKind.Rejected,
    code: RejectCode.AssetsFull,
  });
});

/** An engine in which alice has sold two of five lots at 50. */
function createTraded(): SnapshotEngine {
  const engine = createEngine();
  const sell = limitOrder({ market, account: alice, side: Side.Sell, lots: 5n, priceTicks: 50 });
  const buy = marketOrder({ market, account: bob, side: Side.Buy, lots: 2n });
  sendCommands(engine, [...OPENING, sell, buy], 0);
  return engine;
}

test.each([
  [{ ordersMax: 0 }, "ordersMax is a whole number from 1 to 4194303, not 0"],
  [{ accountsMax: 1.5 }, "accountsMax is a whole number from 1 to"],
  [{ marketsMax: Number.NaN }, "marketsMax is a whole number from 1 to"],
  [{ orderMax: 5 } as object, "orderMax is no limit of an engine"],
  [{ ladderEntriesMax: 2 ** 29 }, "ladderEntriesMax is at most 292434935 beside 1023 markets"],
])("limits %o are refused, with the range", (limits: Partial<EngineLimits>, message) => {
  expect(() => createEngine({ limits })).toThrow(message);
});

test.each([Number.NaN, -1, 0.5, Infinity, 2 ** 53])(
  "%d is no time, and nothing happens",
  (nowMs) => {
    const engine = createTraded();
    const before = encodeHex(stateBytes(engine));
    expect(() => sendCommands(engine, [addAsset()], nowMs)).toThrow("nowMs is a whole number");
    expect(encodeHex(stateBytes(engine))).toBe(before);
  },
);

test("the last time that there is has its deadlines", () => {
  const engine = createTraded();
  const command = { kind: CommandKind.SetDeadline, account: alice, timeoutMs: 2n ** 40n } as const;
  const lastMs = Number.MAX_SAFE_INTEGER - 2 ** 40;
  expect(sendCommands(engine, [command], lastMs)).toMatchObject([
    { kind: EventKind.DeadlineSet, deadlineMs: Number.MAX_SAFE_INTEGER },
  ]);
  expect(() => sendCommands(engine, [command], lastMs + 1)).toThrow("nowMs is a whole number");
});

test("of commands of which one cannot be encoded none is executed, however many there are", () => {
  const engine = createEngine();
  const many = Array.from({ length: 40_000 }, addAsset);
  const bad = { kind: CommandKind.OpenAccount, number: -1n } as const;
  for (const commands of [
    [addAsset(), bad],
    [...many, bad],
  ]) {
    expect(() => sendCommands(engine, commands, 0)).toThrow("number of a command is");
  }
  expect(engine.counts().commands).toBe(0);
});

test.each([5, "5", undefined, -1n, 2n ** 64n])("%o is no lots, and is called that", (lots) => {
  const order = { market, account: alice, side: Side.Sell, lots: lots as bigint } as const;
  const text = typeof lots === "bigint" ? `${lots}n` : String(lots);
  const message = `lots of an order is a bigint from 0n to 2n ** 64n - 1n, not ${text}`;
  expect(() => limitOrder({ ...order, priceTicks: 50 })).toThrow(message);
  expect(() => marketOrder(order)).toThrow(message);
});

const NO_ROWS = [1, -1, 0.5, Number.NaN, 2 ** 20, 2 ** 26, 2 ** 32];

test.each(NO_ROWS)(
  "a question about market %d is an error, and not an answer of nobody's",
  (row) => {
    const engine = createTraded();
    const other = row as MarketIndex;
    for (const ask of [
      () => engine.market(other),
      () => engine.auction(other),
      () => engine.depth(other, Side.Sell, 5),
      () => engine.bestTicks(other, Side.Sell),
      () => engine.headLots(other, Side.Sell),
    ]) {
      expect(ask).toThrow(`market ${row} does not exist: there are 1, from 0`);
    }
  },
);

test("quotes are read of markets that exist only, wherever among others they stand", () => {
  const engine = createTraded();
  const quotes = new Float64Array(8);
  engine.readQuotes(Uint32Array.of(0, 0), quotes);
  expect([...quotes]).toEqual([0, 50, 0, 3, 0, 50, 0, 3]);
  for (const markets of [[0, 1], [1], [0xffff_ffff, 0]]) {
    const read = (): void => engine.readQuotes(Uint32Array.from(markets), quotes);
    expect(read).toThrow("does not exist: there are 1, from 0");
  }
});

test.each([2, -1, 17, Number.NaN])("%d is no side of a book", (number) => {
  const engine = createTraded();
  const side = number as Side;
  for (const ask of [
    () => engine.depth(market, side, 5),
    () => engine.bestTicks(market, side),
    () => engine.headLots(market, side),
  ]) {
    expect(ask).toThrow("a side is Buy (0) or Sell (1)");
  }
});

test("a depth has as many levels as are asked for, up to 65,536", () => {
  const engine = createTraded();
  for (const levelsMax of [-1, 1.5, Number.NaN, Infinity, 65_537]) {
    expect(() => engine.depth(market, Side.Sell, levelsMax)).toThrow("levelsMax is a whole number");
  }
  expect(engine.depth(market, Side.Sell, 0)).toEqual([]);
  expect(engine.depth(market, Side.Sell, 65_536)).toEqual([{ priceTicks: 50, lots: 3n }]);
});

test("accounts and orders that are not there are an answer; an asset that is not there is none", () => {
  const engine = createTraded();
  for (const row of [0, 3, -1, 1.5, Number.NaN]) {
    expect(engine.balances(row as AccountIndex)).toEqual([]);
    expect(engine.openOrders(row as AccountIndex)).toEqual([]);
    expect(engine.isBlocked(row as AccountIndex)).toBe(false);
    expect(engine.feeRates(row as AccountIndex, market)).toEqual({ makerPpm: 0, takerPpm: 0 });
    expect(engine.findClientOrder(row as AccountIndex, 1n)).toBeUndefined();
  }
  for (const orderId of [0, -1, 1.5, Number.NaN, 2 ** 60]) {
    expect(engine.findOrder(orderId as OrderId)).toBeUndefined();
  }
  // 64 bits of it would be an account that is there.
  for (const number of [2n ** 64n + 7n, 7n - 2n ** 64n]) {
    expect(engine.findAccount(number)).toBeUndefined();
  }
  expect(engine.findAccount(7n)).toBe(alice);
  expect(engine.findClientOrder(alice, -1n)).toBeUndefined();
  for (const row of [2, -1, 0.5]) {
    expect(() => engine.assetTotals(row as AssetIndex)).toThrow(`asset ${row} does not exist`);
  }
});

test("an engine that broke says so for ever: nothing goes on from half a command", () => {
  const engine = createTraded();
  engine.commands.fill(99, 0, 32);
  const message = "the engine broke; this does not hold: a command is of a known kind";
  expect(() => engine.execute(0, 32, 0)).toThrow(message);
  for (const use of [
    () => sendCommands(engine, [addAsset()], 0),
    () => stateBytes(engine),
    () => engine.snapshot(),
  ]) {
    expect(use).toThrow(`${message}. It stays broken`);
  }
  // What is looked at to find out why can be looked at; other engines do not know of it.
  expect(engine.counts().accounts).toBe(2);
  expect(sendCommands(createTraded(), [addAsset()], 0)).toHaveLength(1);
});

test("a copy goes its own way, and what is no snapshot of this version is said to be none", () => {
  const engine = createTraded();
  const bytes = Buffer.concat(engine.snapshot());
  expect(snapshotProblem(bytes)).toBeUndefined();
  const copy = restoreHotEngine({ limits: DEFAULT_LIMITS, hashKey: 1n }, bytes);
  expect(encodeHex(stateBytes(copy))).toBe(encodeHex(stateBytes(engine)));
  sendCommands(copy, [marketOrder({ market, account: bob, side: Side.Buy, lots: 3n })], 0);
  expect([copy, engine].map((each) => each.counts().openOrders)).toEqual([0, 1]);
  const old = Buffer.from(bytes);
  old.writeUInt32LE(7, 4);
  expect(snapshotProblem(old)).toContain("memory layout 7, not ");
  for (const other of [Buffer.alloc(0), bytes.subarray(0, 100), Buffer.alloc(1_000)]) {
    expect(snapshotProblem(other)).toContain("no snapshot of an engine");
  }
});

test.each([-1, 0.5, Number.NaN, 2 ** 32])("row %d is refused", (row) => {
  expect(() => marketIndex(row)).toThrow("is a whole number from");
});

test("accounts begin with 1, for 0 is nobody's", () => {
  expect(() => accountIndex(0)).toThrow("is a whole number from");
});

/** Everything that the package exports at run time. A name that goes is somebody else's broken program. */
const PUBLIC = [
  "ALL_MARKETS",
  "CancelReason",
  "CommandKind",
  "DEFAULT_LIMITS",
  "EventKind",
  "InvariantError",
  "ListKind",
  "MarketState",
  "NOTHING_SPECIAL",
  "NO_ORDER",
  "OrderType",
  "PegKind",
  "QUANTA_MAX",
  "RejectCode",
  "ReplaceMode",
  "SelfTrade",
  "Side",
  "SideFilter",
  "TriggerKind",
  "TriggerSource",
  "accountIndex",
  "addAsset",
  "assetIndex",
  "cancelClientOrder",
  "cancelOrder",
  "commandBytes",
  "createEngine",
  "createHotEngine",
  "decodeCommand",
  "decodeEvents",
  "deposit",
  "encodeCommand",
  "encodeHex",
  "limitOrder",
  "listMarket",
  "marketIndex",
  "marketOrder",
  "openAccount",
  "parseCommands",
  "restoreHotEngine",
  "sendCommands",
  "setMarketState",
  "snapshotProblem",
  "stateBytes",
  "stateHash",
];

const MANIFEST = JSON.parse(
  readFileSync(join(import.meta.dirname, "../package.json"), "utf8"),
) as Readonly<Record<string, unknown>>;

test("the package has two entries, which resolve, for types too, and nothing else is reachable", () => {
  const require = createRequire(import.meta.url);
  const { exports } = MANIFEST as { readonly exports: Readonly<Record<string, object>> };
  expect(Object.keys(exports)).toEqual([".", "./oracle"]);
  for (const [name, file] of [
    [".", "index.ts"],
    ["./oracle", "oracle/oracle.ts"],
  ] as const) {
    const entry = join(import.meta.dirname, file);
    expect(require.resolve(`@rialto/engine${name.slice(1)}`)).toBe(entry);
    for (const target of Object.values(exports[name]!)) {
      expect(join(import.meta.dirname, "..", target as string)).toBe(entry);
    }
  }
  for (const inside of ["src/engine.ts", "src/hot/hot-engine.ts", "package.json"]) {
    expect(() => require.resolve(`@rialto/engine/${inside}`)).toThrow("not defined by");
  }
});

test("what the package needs is named, exists in this version, and needs no more", () => {
  const needs = (manifest: Readonly<Record<string, unknown>>): Record<string, string> =>
    (manifest["dependencies"] ?? {}) as Record<string, string>;
  expect(MANIFEST).toMatchObject({ type: "module", license: "Apache-2.0", sideEffects: false });
  expect(Object.keys(needs(MANIFEST))).toEqual(["@rialto/base", "@rialto/protocol"]);
  for (const [name, version] of Object.entries(needs(MANIFEST))) {
    const path = join(import.meta.dirname, "../..", name.split("/")[1]!, "package.json");
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name, version });
    expect(Object.keys(needs(manifest)).every((each) => each in needs(MANIFEST))).toBe(true);
  }
});

test("one import has every word of commands and events, and the public functions", async () => {
  const library = (await import("./index.ts")) as unknown as Record<string, object>;
  expect(library["CommandKind"]).toBe(CommandKind);
  expect(library["EventKind"]).toBe(EventKind);
  expect(library["RejectCode"]).toBe(RejectCode);
  expect(Object.keys(library).sort()).toEqual(PUBLIC);
});

test("wrong use from a program without types is named, and nothing of it is executed", () => {
  const engine = createEngine();
  const send = (commands: unknown) => () => sendCommands(engine, commands as [], 0);
  expect(send(addAsset())).toThrow("commands is an array of commands, not [object Object]");
  expect(send([addAsset(), undefined])).toThrow("commands[1] is a command, not undefined");
  expect(send([addAsset(), 5])).toThrow("commands[1] is a command, not 5");
  const { Cancel, Replace, Amend, PlaceList } = CommandKind;
  for (const kind of [Cancel, Replace, Amend]) {
    expect(send([{ kind }])).toThrow("target of commands[0] is an object, not undefined");
    expect(send([{ kind, target: null }])).toThrow("target of commands[0] is an object, not null");
  }
  expect(send([{ kind: PlaceList }])).toThrow(
    "legs of commands[0] is an array of objects, not undefined",
  );
  expect(send([{ kind: PlaceList, legs: [{}, null] }])).toThrow(
    "legs of commands[0] is an array of objects",
  );
  expect(engine.counts().assets).toBe(0);
  for (const hashKey of [5, "5", -1n, 2n ** 64n]) {
    const create = () => createEngine({ hashKey: hashKey as bigint });
    expect(create).toThrow("hashKey is a bigint from 0n to 2n ** 64n - 1n, not ");
  }
  expect(() => accountIndex(0)).toThrow("the row of an account is a whole number from 1, not 0");
  expect(() => marketIndex(1.5)).toThrow("the row of a market is a whole number from 0, not 1.5");
});
