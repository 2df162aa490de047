import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { CommandKind, EventKind, OrderType, RejectCode, Side } from "@rialto/protocol";
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
import { accountIndex, assetIndex, createEngine, marketIndex, sendCommands } from "./library.ts";

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

test.each([-1, 0.5, Number.NaN, 2 ** 32])("row %d is refused", (row) => {
  expect(() => marketIndex(row)).toThrow("a row is");
});

test("accounts begin with 1, for 0 is nobody's", () => {
  expect(() => accountIndex(0)).toThrow("a row is");
});

/** Everything that the package exports at run time. A name that goes is somebody else's broken program. */
const PUBLIC = [
  "ALL_MARKETS",
  "CancelReason",
  "CommandKind",
  "DEFAULT_LIMITS",
  "EventKind",
  "ListKind",
  "MarketState",
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
