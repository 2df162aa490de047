import { createHash, randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { viewOf } from "@rialto/base";
import {
  type AccountIndex,
  ASSET_DECIMALS_MAX,
  ACCOUNTS_MAX,
  type AssetIndex,
  BALANCES_MAX,
  BAND_UP_PPM_MAX,
  type Command,
  COMMAND_BUFFER_BYTES,
  CommandKind,
  encodeCommand,
  EVENT_BUFFER_BYTES,
  EventKind,
  FEE_PPM_MAX,
  LOTS_MAX,
  type MarketIndex,
  MarketState,
  type OrderId,
  OrderType,
  PRICE_TICKS_MAX,
  QUANTA_MAX,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineLimits } from "../engine.ts";
import { stateHash } from "../state-hash.ts";
import { STEP_BOUNDS } from "../oracle/bounds.ts";
import { createCommandSource } from "../testing/random-commands.ts";
import {
  createHotEngine,
  restoreHotEngine,
  type SnapshotEngine,
  snapshotProblem,
} from "./hot-engine.ts";
import { invariantText } from "./invariants.ts";

const limits: EngineLimits = {
  ordersMax: 50_000,
  levelPagesMax: 1_000,
  accountsMax: 100,
  balancesMax: 400,
  assetsMax: 4,
  marketsMax: 4,
  ladderEntriesMax: 10_000,
  accountOrdersMax: 50_000,
  specialsMax: 1_000,
  volumesMax: 100,
};

function hashOf(engine: SnapshotEngine): string {
  return Buffer.from(stateHash(engine, createHash("sha256"))).toString("hex");
}

function run(engine: SnapshotEngine, commands: readonly Command[]): void {
  let end = 0;
  for (const command of commands) end = encodeCommand(viewOf(engine.commands), end, command);
  for (let at = 0; at < end;) at = engine.execute(at, end, 1);
}

/** Two assets, one market, two rich accounts. */
function openMarket(engine: SnapshotEngine): void {
  const rich = (account: number, asset: number): Command => ({
    kind: CommandKind.Deposit,
    account: account as AccountIndex,
    asset: asset as AssetIndex,
    quanta: 1n << 50n,
    reference: 0n,
  });
  run(engine, [
    { kind: CommandKind.AddAsset },
    { kind: CommandKind.AddAsset },
    {
      kind: CommandKind.ListMarket,
      state: MarketState.Trading,
      baseAsset: 0 as AssetIndex,
      quoteAsset: 1 as AssetIndex,
      priceTicksMin: 1,
      priceTicksMax: 1_023,
      lotQuanta: 1n,
      tickLotQuanta: 1n,
      lotsMin: 1n,
      lotsMax: 1_000_000n,
      notionalMinQuanta: 1n,
      notionalMaxQuanta: 1n << 60n,
      makerFeePpm: 100,
      takerFeePpm: 200,
      bandUpPpm: 0,
      bandDownPpm: 0,
      referenceTicks: 500,
    },
    { kind: CommandKind.OpenAccount, number: 1n },
    { kind: CommandKind.OpenAccount, number: 2n },
    rich(1, 0),
    rich(1, 1),
    rich(2, 0),
    rich(2, 1),
  ]);
}

function place(account: number, side: Side, priceTicks: number, quantity: bigint): Command {
  return {
    kind: CommandKind.Place,
    market: 0 as MarketIndex,
    account: account as AccountIndex,
    side,
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks,
    quantity,
    clientOrderId: 0n,
  };
}

/** Seed of a stream with a hundred accounts and sixty markets, in which everything happens. */
const BUSY_SEED = 72;
const WARM_COMMANDS = 100_000;
const MEASURED_COMMANDS = 1_000_000;
const WINDOWS = 9;
/** One object, of sixteen bytes at the least, for every thousand commands of a window. */
const HEAP_GROWTH_BYTES_MAX = (16 * MEASURED_COMMANDS) / WINDOWS / 1_000;

/** A stream as it went to an engine: what `play` needs to send it to another one. */
interface Recording {
  readonly bytes: Uint8Array;
  /** End of each batch in `bytes`, and its time. */
  readonly ends: readonly number[];
  readonly timesMs: readonly number[];
  /** Batches of the first `WARM_COMMANDS`. */
  readonly warmBatches: number;
}

function record(seed: number, engine: SnapshotEngine): Recording {
  const source = createCommandSource(seed);
  const pieces: Uint8Array[] = [];
  const [ends, timesMs]: [number[], number[]] = [[], []];
  let [bytes, warmBatches] = [0, 0];
  while (engine.counts().commands < WARM_COMMANDS + MEASURED_COMMANDS) {
    if (engine.counts().commands < WARM_COMMANDS) warmBatches++;
    const end = source.nextBatch(viewOf(engine.commands));
    pieces.push(engine.commands.slice(0, end));
    ends.push((bytes += end));
    timesMs.push(source.nowMs);
    for (let at = 0; at < end;) {
      at = engine.execute(at, end, source.nowMs);
      source.observe(engine.events.subarray(0, engine.eventBytes));
    }
  }
  return { bytes: Buffer.concat(pieces), ends, timesMs, warmBatches };
}

/** Sends the batches from `first` to before `last`; adds the events to `kinds`, by their kind. */
function play(
  engine: SnapshotEngine,
  { bytes, ends, timesMs }: Recording,
  first: number,
  last: number,
  kinds: Uint32Array,
): void {
  for (let batch = first; batch < last; batch++) {
    const start = batch === 0 ? 0 : ends[batch - 1]!;
    const end = ends[batch]! - start;
    engine.commands.set(bytes.subarray(start, start + end));
    for (let at = 0; at < end;) {
      at = engine.execute(at, end, timesMs[batch]!);
      const { events, eventBytes } = engine;
      for (let event = 0; event < eventBytes; event += events[event + 1]! * 8) {
        kinds[events[event]!]!++;
      }
    }
  }
}

test("the heap does not grow with commands", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { limits: busyLimits } = createCommandSource(BUSY_SEED);
  const first = createHotEngine({ limits: busyLimits, hashKey: 1n });
  const recording = record(BUSY_SEED, first);
  const engine = createHotEngine({ limits: busyLimits, hashKey: 3n });
  const { warmBatches, ends } = recording;
  const kinds = new Uint32Array(256);
  play(engine, recording, 0, warmBatches, kinds);
  kinds.fill(0);
  const batches = ends.length - warmBatches;
  collect();
  let before = process.memoryUsage();
  const growths: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const from = warmBatches + Math.floor((batches * window) / WINDOWS);
    const to = warmBatches + Math.floor((batches * (window + 1)) / WINDOWS);
    play(engine, recording, from, to, kinds);
    collect();
    const after = process.memoryUsage();
    growths.push(after.heapUsed - before.heapUsed);
    expect(after.arrayBuffers - before.arrayBuffers).toBe(0);
    before = after;
  }
  expect(hashOf(engine)).toBe(hashOf(first));
  const { Accepted, Rejected, Fill, Canceled } = EventKind;
  for (const kind of [Accepted, Rejected, Fill, Canceled]) {
    expect(kinds[kind], `events of kind ${kind}`).toBeGreaterThan(MEASURED_COMMANDS / 10);
  }
  // The median: V8 and the test runner take and give back some of the heap in one window or another.
  growths.sort((a, b) => a - b);
  expect(growths[Math.floor(WINDOWS / 2)]).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
});

const seeds = [77, 78, 79, 80, 81, 82, 83, 84];

test.each(seeds)("a snapshot restores to an engine that goes on as the first: seed %i", (seed) => {
  const source = createCommandSource(seed);
  const first = createHotEngine({ limits: source.limits, hashKey: 5n });
  const step = (engine: SnapshotEngine, end: number): void => {
    for (let at = 0; at < end;) {
      at = engine.execute(at, end, source.nowMs);
      if (engine === first) source.observe(engine.events.subarray(0, engine.eventBytes));
    }
  };
  while (first.counts().commands < 3_000) step(first, source.nextBatch(viewOf(first.commands)));
  const snapshot = Buffer.concat(first.snapshot());
  const second = restoreHotEngine({ limits: source.limits, hashKey: 99n }, snapshot);
  second.audit();
  expect(hashOf(second)).toBe(hashOf(first));
  while (first.counts().commands < 6_000) {
    const end = source.nextBatch(viewOf(first.commands));
    second.commands.set(first.commands.subarray(0, end));
    step(first, end);
    step(second, end);
  }
  second.audit();
  expect(hashOf(second)).toBe(hashOf(first));
});

test("a snapshot of other limits, another layout or another length is refused", () => {
  const engine = createHotEngine({ limits, hashKey: 1n });
  openMarket(engine);
  const snapshot = Buffer.concat(engine.snapshot());
  const restore = (bytes: Uint8Array, of: EngineLimits = limits): SnapshotEngine =>
    restoreHotEngine({ limits: of, hashKey: 1n }, bytes);
  expect(() => restore(snapshot, { ...limits, ordersMax: 49_999 })).toThrow("with these limits");
  expect(() => restore(snapshot.subarray(0, 40))).toThrow("has a head");
  expect(() => restore(snapshot.subarray(0, -1))).toThrow("holds its regions");
  expect(() => restore(Buffer.concat([snapshot, Buffer.of(0)]))).toThrow("ends with its last");
  const other = Buffer.from(snapshot);
  other[4]! += 1;
  expect(() => restore(other)).toThrow("of this memory layout");
});

test("a snapshot of the layout before, which knew no names of assets, is read; one with names has them", () => {
  const engine = createHotEngine({ limits, hashKey: 1n });
  openMarket(engine);
  const before = Buffer.concat(engine.snapshot());
  before[4]! -= 1;
  expect(snapshotProblem(before)).toBe(undefined);
  const restored = restoreHotEngine({ limits, hashKey: 2n }, before);
  expect(hashOf(restored)).toBe(hashOf(engine));
  const name = { symbol: "GOLD", decimals: 4 };
  const add: Command = { kind: CommandKind.AddAsset, name };
  for (const each of [engine, restored]) run(each, [add]);
  const gold = (engine.counts().assets - 1) as AssetIndex;
  const after = restoreHotEngine({ limits, hashKey: 3n }, Buffer.concat(restored.snapshot()));
  for (const each of [engine, restored, after]) {
    expect(each.assetName(gold)).toEqual(name);
    expect(each.assetName(0 as AssetIndex)).toBe(undefined);
    expect(hashOf(each)).toBe(hashOf(engine));
  }
  expect(() => after.assetName((gold + 1) as AssetIndex)).toThrow("asset");
});

test("tables that nobody uses hold no state", () => {
  const engine = createHotEngine({ limits, hashKey: 1n });
  openMarket(engine);
  run(engine, [place(1, Side.Buy, 499, 7n)]);
  const plain = engine.stateRegions();
  expect([...plain.values()].reduce((sum, bytes) => sum + bytes, 0)).toBe(engine.stateBytes());
  const unused = ["clientOrderIds", "clientOrders", "specialOrders", "specials", "rareMarkets"];
  expect(unused.map((name) => plain.get(name))).toEqual([0, 0, 0, 0, 0]);
  expect(plain.get("orders")).toBe(2 * 32);
  const order = { ...place(1, Side.Buy, 499, 7n), clientOrderId: 5n } as Command;
  run(engine, [order]);
  expect(engine.stateRegions().get("clientOrderIds")).toBeGreaterThanOrEqual(3 * 8);
  expect(engine.stateRegions().get("clientOrders")).toBeGreaterThanOrEqual(64);
});

test("no answer depends on the key of the hash tables", () => {
  const hashes = [1n, 3n, 0xffff_ffff_ffff_ffffn, randomBytes(8).readBigUInt64LE()].map(
    (hashKey) => {
      const source = createCommandSource(123);
      const engine = createHotEngine({ limits: source.limits, hashKey });
      while (engine.counts().commands < 4_000) {
        const end = source.nextBatch(viewOf(engine.commands));
        for (let at = 0; at < end;) {
          at = engine.execute(at, end, source.nowMs);
          source.observe(engine.events.subarray(0, engine.eventBytes));
        }
      }
      return hashOf(engine);
    },
  );
  expect(new Set(hashes).size).toBe(1);
});

test("the core refuses bytes that are no commands, and says which invariant broke", () => {
  const engine = createHotEngine({ limits, hashKey: 1n });
  engine.commands[0] = 99;
  expect(() => engine.execute(0, 32, 1)).toThrow(invariantText(4));
  engine.commands[0] = CommandKind.Replace;
  const cutShort = createHotEngine({ limits, hashKey: 1n });
  cutShort.commands[0] = CommandKind.Replace;
  expect(() => cutShort.execute(0, 32, 1)).toThrow(invariantText(5));
  expect(() => engine.execute(32, 32, 1)).toThrow("a batch lies in the buffer");
});

test("best price and head lots are read without walking", () => {
  const engine = createHotEngine({ limits, hashKey: 1n });
  openMarket(engine);
  const market = 0 as MarketIndex;
  expect([engine.bestTicks(market, Side.Buy), engine.bestTicks(market, Side.Sell)]).toEqual([0, 0]);
  run(engine, [
    place(1, Side.Buy, 499, 7n),
    place(2, Side.Buy, 499, 9n),
    place(2, Side.Sell, 501, 3n),
  ]);
  expect([engine.bestTicks(market, Side.Buy), engine.bestTicks(market, Side.Sell)]).toEqual([
    499, 501,
  ]);
  expect([engine.headLots(market, Side.Buy), engine.headLots(market, Side.Sell)]).toEqual([7, 3]);
  expect(engine.openOrders(2 as AccountIndex).map((order) => order.side)).toEqual([0, 1]);
  expect(engine.findOrder(12_345 as OrderId)).toBeUndefined();
});

test("quotes read from memory are those of the depth and of the orders, while memory grows", () => {
  const source = createCommandSource(BUSY_SEED);
  const busy = createHotEngine({ limits: source.limits, hashKey: 1n });
  let quoted = 0;
  while (busy.counts().commands < 20_000) {
    const end = source.nextBatch(viewOf(busy.commands));
    for (let at = 0; at < end;) {
      at = busy.execute(at, end, source.nowMs);
      source.observe(busy.events.subarray(0, busy.eventBytes));
    }
    quoted += checkQuotes(busy);
  }
  expect(quoted).toBeGreaterThan(1_000);
  busy.memory.grow(1);
  expect(checkQuotes(busy)).toBeGreaterThan(0);
  const tooFew = (): void => busy.readQuotes(Uint32Array.of(0), new Float64Array(3));
  expect(tooFew).toThrow("room for all");
});

const MANY_QUOTES = 20;

/** Compares the quotes of every market with slower answers. Returns how many sides had one. */
function checkQuotes(engine: SnapshotEngine): number {
  let quoted = 0;
  const { markets } = engine.counts();
  for (let market = 0 as MarketIndex; market < markets; market++) {
    for (const side of [Side.Buy, Side.Sell]) {
      const bestTicks = engine.bestTicks(market as MarketIndex, side);
      const best = engine.depth(market as MarketIndex, side, 1)[0];
      expect(bestTicks).toBe(best?.priceTicks ?? 0);
      const lots = engine.headLots(market as MarketIndex, side);
      expect(lots > 0).toBe(best !== undefined);
      expect(BigInt(lots)).toBeLessThanOrEqual(best?.lots ?? 0n);
      if (best !== undefined) quoted += 1;
    }
  }
  checkTogether(engine, markets);
  return quoted;
}

/** Compares the quotes of many markets at once with those of each. */
function checkTogether(engine: SnapshotEngine, markets: number): void {
  const length = markets === 0 ? 0 : MANY_QUOTES;
  const asked = Uint32Array.from({ length }, (_, index) => index % markets);
  const quotes = new Float64Array(asked.length * 4);
  engine.readQuotes(asked, quotes);
  const expected = Array.from(asked, (index) => {
    const market = index as MarketIndex;
    const sides = [Side.Buy, Side.Sell];
    const ticks = sides.map((side) => engine.bestTicks(market, side));
    return [...ticks, ...sides.map((side) => engine.headLots(market, side))];
  });
  expect([...quotes]).toEqual(expected.flat());
}

test("the numbers of assembly and of core/protocol are the same", () => {
  const text = ["memory.ts", "bounds.ts"]
    .map((name) => readFileSync(join(import.meta.dirname, "../../assembly", name), "utf8"))
    .join("");
  const numberOf = (name: string): bigint => {
    const found = new RegExp(`export const ${name}: \\w+ = ([^;]+);`).exec(text);
    if (found === null) throw new Error(`assembly has no ${name}`);
    const source = found[1]!.replaceAll(/(\d[\d_a-fx]*)/g, "$1n");
    return runInNewContext(source) as bigint;
  };
  expect(numberOf("QUANTA_MAX")).toBe(QUANTA_MAX);
  expect(numberOf("PRICE_TICKS_MAX")).toBe(BigInt(PRICE_TICKS_MAX));
  expect(numberOf("LOTS_MAX")).toBe(BigInt(LOTS_MAX));
  expect(numberOf("FEE_PPM_MAX")).toBe(BigInt(FEE_PPM_MAX));
  expect(numberOf("BAND_UP_PPM_MAX")).toBe(BigInt(BAND_UP_PPM_MAX));
  expect(numberOf("ASSET_DECIMALS_MAX")).toBe(BigInt(ASSET_DECIMALS_MAX));
  expect(numberOf("COMMANDS_BYTES")).toBe(BigInt(COMMAND_BUFFER_BYTES));
  expect(numberOf("EVENTS_BYTES")).toBe(BigInt(EVENT_BUFFER_BYTES));
  for (const [field, bound] of Object.entries(STEP_BOUNDS)) {
    const name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    expect([name, numberOf(name)]).toEqual([name, BigInt(bound)]);
  }
});

test("every region of the map in memory.ts ends before the next, and has room for the largest tables", () => {
  const text = readFileSync(join(import.meta.dirname, "../../assembly/memory.ts"), "utf8");
  const rows = text.matchAll(/^\/\/ {3}0x([\da-f_]+) +(\w+) +(?:2\^(\d+)|(\d+)) x (\d+) B/gm);
  const regions = [...rows].map(([, start, name, power, count, bytes]) => ({
    name,
    start: Number.parseInt(start!.replace("_", ""), 16),
    bytes: (power === undefined ? Number(count) : 2 ** Number(power)) * Number(bytes),
  }));
  const starts = [...text.matchAll(/usize = 0x([\da-f_]{9});/g)].map(([, start]) =>
    Number.parseInt(start!.replace("_", ""), 16),
  );
  expect(starts).toEqual(expect.arrayContaining(regions.map(({ start }) => start)));
  expect(regions.map(({ name }) => name)).toEqual(expect.arrayContaining(["orders", "seatBlocks"]));
  const ends = regions.slice(0, -1).map(({ name, start, bytes }) => ({ name, end: start + bytes }));
  const isTooLong = ({ end }: { end: number }, index: number): boolean =>
    end > regions[index + 1]!.start;
  expect(ends.filter(isTooLong)).toEqual([]);
  const largest = { ...limits, balancesMax: BALANCES_MAX, accountsMax: ACCOUNTS_MAX };
  const taken = createHotEngine({ limits: largest, hashKey: 7n }).stateRegions();
  const roomOf = (name: string): number => regions.find((each) => each.name === name)!.bytes;
  expect(taken.get("balanceIndex")).toBe(roomOf("rowIndex"));
  expect(taken.get("accountNumbers")).toBe(roomOf("numbers"));
});
