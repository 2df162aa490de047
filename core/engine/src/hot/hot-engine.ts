import { assert, fail, getSafeU64, InvariantError, viewOf } from "@rialto/base";
import {
  ACCOUNTS_MAX,
  type AccountIndex,
  type AssetIndex,
  ASSETS_MAX,
  ACCOUNT_ORDERS_MAX,
  BALANCES_MAX,
  COMMAND_BUFFER_BYTES,
  CommandKind,
  decodeCommand,
  EVENT_BUFFER_BYTES,
  LEVEL_PAGES_MAX,
  type MarketIndex,
  MARKETS_MAX,
  type OrderId,
  ORDERS_MAX,
  type Side,
  SPECIALS_MAX,
  VOLUMES_MAX,
} from "@rialto/protocol";
import type {
  AssetTotals,
  AuctionView,
  Balance,
  Engine,
  EngineCounts,
  EngineLimits,
  Level,
  MarketView,
  OpenOrder,
} from "../engine.ts";
import { type HotExports, instantiateHotCore } from "./module.ts";
import { invariantText } from "./invariants.ts";
import { Quotes } from "./quotes.ts";

// Addresses of assembly/memory.ts.
const RESULTS_AT = 0x0001_0080;
const COMMANDS_AT = 0x0010_0000;
const EVENTS_AT = 0x0020_0000;
const ANSWERS_AT = 0x0060_0000;

const OPEN_ORDER_BYTES = 56;
const BALANCE_BYTES = 24;
const LEVEL_BYTES = 16;
/** Bytes that an entry of the ladders may ever take, of whole tables and of bitmaps at most twice as long as they need be. */
const LADDER_ENTRY_BYTES = 8.25;
/** The same of a market: smaller tables before the whole ones, and what pieces of memory round up. */
const LADDER_MARKET_BYTES = 1_206;
const LADDER_BYTES_MAX: number = 2 ** 32 - 0x7020_0000;

/** An engine whose whole state can be copied out and in. */
export interface SnapshotEngine extends Engine {
  /**
   * The linear memory that holds everything, for a program compiled to WebAssembly that writes commands and reads
   * events in it by itself. Whoever grows it for data of its own lists no market afterwards.
   */
  readonly memory: WebAssembly.Memory;
  /**
   * The state as copies of memory, in pieces that alias the engine's memory: write them out before the
   * next command.
   */
  snapshot(): Uint8Array[];
  /** Bytes of linear memory that hold state. */
  stateBytes(): number;
  /** The same by what they hold. Looks through the tables that few use for their end: not for every second. */
  stateRegions(): ReadonlyMap<string, number>;
  /** Checks conservation of every asset and the sign of every balance: fast enough for production. */
  auditBalances(): void;
  /** Best price of a side of a market that exists, in ticks, 0 for an empty side. Some nanoseconds: it reads memory, without a call into the core. */
  bestTicks(market: MarketIndex, side: Side): number;
  /**
   * The same of many markets at once, several times as fast: their memory is waited for together.
   *
   * Shape    `markets`: numbers of markets that exist; `quotes`: for each four numbers: best bid and best ask in ticks, lots
   *          of the oldest order at the one and at the other; 0 for an empty side.
   */
  readQuotes(markets: Uint32Array, quotes: Float64Array): void;
}

export interface HotEngineOptions {
  readonly limits: EngineLimits;
  /**
   * Secret of this process that keys the hash tables, so that nobody can aim ids at one bucket. No answer
   * depends on it.
   */
  readonly hashKey: bigint;
  /** Another build of the hot core than this package's: what benchmarks compare it with. */
  readonly module?: WebAssembly.Module;
}

/** Makes an empty engine on the hot core: the exchange compiled to WebAssembly. */
export function createHotEngine(options: HotEngineOptions): SnapshotEngine {
  const core = instantiateHotCore(options.module);
  const { limits } = options;
  checkLimits(limits);
  core.initialize(
    limits.ordersMax,
    limits.levelPagesMax,
    limits.accountsMax,
    limits.balancesMax,
    limits.assetsMax,
    limits.marketsMax,
    limits.ladderEntriesMax,
    limits.accountOrdersMax,
    limits.specialsMax,
    limits.volumesMax,
    BigInt.asUintN(64, options.hashKey),
  );
  return new HotEngine(core);
}

function checkLimits(limits: EngineLimits): void {
  const inRange = (value: number, max: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= max;
  assert(inRange(limits.ordersMax, ORDERS_MAX), "ordersMax is within the order region");
  assert(inRange(limits.levelPagesMax, LEVEL_PAGES_MAX), "levelPagesMax is within its region");
  assert(inRange(limits.accountsMax, ACCOUNTS_MAX), "accountsMax is within the account region");
  assert(inRange(limits.balancesMax, BALANCES_MAX), "balancesMax is within the balance table");
  assert(inRange(limits.assetsMax, ASSETS_MAX), "assetsMax is within the asset region");
  assert(inRange(limits.marketsMax, MARKETS_MAX), "marketsMax is within the market region");
  assert(inRange(limits.specialsMax, SPECIALS_MAX), "specialsMax is within its region");
  assert(inRange(limits.volumesMax, VOLUMES_MAX), "volumesMax is within its region");
  assert(inRange(limits.accountOrdersMax, ACCOUNT_ORDERS_MAX), "accountOrdersMax is within limits");
  const ladderBytes =
    limits.ladderEntriesMax * LADDER_ENTRY_BYTES + limits.marketsMax * LADDER_MARKET_BYTES;
  assert(
    inRange(limits.ladderEntriesMax, 2 ** 29) && ladderBytes <= LADDER_BYTES_MAX,
    "ladderEntriesMax is within the address space",
  );
}

const SNAPSHOT_MAGIC = 0x504e_5352; // "RSNP"
/** Changes with every change of assembly/memory.ts: a snapshot is only read by the layout it was made by. */
const SNAPSHOT_LAYOUT = 11;
const SNAPSHOT_HEAD_BYTES = 128;
const LIMITS_OFFSET = 72; // of the capacities in the root record
const LIMITS_BYTES = 40;

/** Of which other version of this package a snapshot is, in words; undefined for one that this version reads. */
export function snapshotProblem(bytes: Uint8Array): string | undefined {
  if (bytes.length < SNAPSHOT_HEAD_BYTES) return undefined;
  const layout = viewOf(bytes).getUint32(4, true);
  if (layout === SNAPSHOT_LAYOUT) return undefined;
  return `memory layout ${layout}, not ${SNAPSHOT_LAYOUT}: another version of this program made it`;
}

/**
 * Makes an engine from the bytes of a snapshot. The caller has checked their integrity, and that it has no `snapshotProblem`.
 *
 * Errors   an `InvariantError` if they are of another layout, or of an engine with other limits.
 */
export function restoreHotEngine(options: HotEngineOptions, bytes: Uint8Array): SnapshotEngine {
  const engine = createHotEngine(options) as HotEngine;
  engine.restore(bytes);
  return engine;
}

/** What the regions hold, in the order of assembly/regions.ts. */
const REGION_NAMES = [
  "root",
  "orders",
  "clientOrderIds",
  "levels",
  "levelPages",
  "accounts",
  "balances",
  "accountNumbers",
  "clientOrders",
  "assets",
  "markets",
  "terms",
  "specialOrders",
  "specials",
  "rareMarkets",
  "feeSchedules",
  "owners",
  "volumes",
  "protections",
  "seats",
  "balanceIndex",
  "pageTables",
] as const;

/** The counters that `queryCount` knows, in its order. */
const COUNTERS = [
  "assets",
  "accounts",
  "markets",
  "openOrders",
  "levelPages",
  "balances",
  "specials",
] as const;

class HotEngine implements SnapshotEngine {
  readonly #core: HotExports;
  readonly memory: WebAssembly.Memory;
  #buffer: ArrayBuffer;
  #view: DataView;
  #results: Uint32Array;
  #quotes: Quotes;
  commands: Uint8Array;
  events: Uint8Array;
  eventBytes = 0;

  constructor(core: HotExports) {
    this.#core = core;
    this.memory = core.memory;
    this.#buffer = core.memory.buffer;
    this.#view = new DataView(this.#buffer);
    this.#results = new Uint32Array(this.#buffer, RESULTS_AT, 1);
    this.#quotes = new Quotes(this.#buffer);
    this.commands = new Uint8Array(this.#buffer, COMMANDS_AT, COMMAND_BUFFER_BYTES);
    this.events = new Uint8Array(this.#buffer, EVENTS_AT, EVENT_BUFFER_BYTES);
  }

  /** Growing memory detaches its old buffer, which then reads as nothing: every view is made anew. */
  #refresh(): void {
    this.#buffer = this.#core.memory.buffer;
    this.#view = new DataView(this.#buffer);
    this.#results = new Uint32Array(this.#buffer, RESULTS_AT, 1);
    this.#quotes = new Quotes(this.#buffer);
    this.commands = new Uint8Array(this.#buffer, COMMANDS_AT, COMMAND_BUFFER_BYTES);
    this.events = new Uint8Array(this.#buffer, EVENTS_AT, EVENT_BUFFER_BYTES);
  }

  /** A trap of the core is a broken invariant; this names it. */
  #rethrow(cause: unknown): never {
    if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
    const error = new InvariantError(invariantText(this.#core.invariantBroken()));
    error.cause = cause;
    throw error;
  }

  execute(start: number, end: number, nowMs: number): number {
    if (start < 0 || start >= end || end > COMMAND_BUFFER_BYTES) fail("a batch lies in the buffer");
    try {
      const stopped = this.#core.execute(start, end, nowMs);
      if (this.#results.length === 0) this.#refresh();
      this.eventBytes = this.#results[0]!;
      return stopped;
    } catch (cause) {
      return this.#rethrow(cause);
    }
  }

  counts(): EngineCounts {
    const counts = Object.fromEntries(
      COUNTERS.map((name, index) => [name, this.#core.queryCount(index)]),
    ) as Record<(typeof COUNTERS)[number], number>;
    return { commands: Number(this.#core.queryCommands()), ...counts };
  }

  findAccount(number: bigint): AccountIndex | undefined {
    const account = this.#core.queryAccount(BigInt.asUintN(64, number));
    return account === 0 ? undefined : (account as AccountIndex);
  }

  balances(account: AccountIndex): Balance[] {
    const rows: Balance[] = [];
    if (!this.#isAccount(account)) return rows;
    let from = 0;
    do {
      const count = this.#core.queryBalances(account, from);
      for (let row = 0; row < count; row++) {
        const at = ANSWERS_AT + row * BALANCE_BYTES;
        rows.push({
          asset: this.#view.getUint32(at, true) as AssetIndex,
          availableQuanta: this.#view.getBigUint64(at + 8, true),
          reservedQuanta: this.#view.getBigUint64(at + 16, true),
        });
      }
      from = this.#core.queryNext() >>> 0;
    } while (from !== 0);
    return rows;
  }

  #isAccount(account: AccountIndex): boolean {
    return account >= 1 && account <= this.#core.queryCount(COUNTERS.indexOf("accounts"));
  }

  assetTotals(asset: AssetIndex): AssetTotals {
    assert(asset < this.#core.queryCount(COUNTERS.indexOf("assets")), "an asset asked for exists");
    const at = this.#core.queryAsset(asset) >>> 0;
    return {
      issuedQuanta: this.#view.getBigUint64(at, true),
      feesQuanta: this.#view.getBigUint64(at + 8, true),
    };
  }

  findOrder(orderId: OrderId): OpenOrder | undefined {
    const slot = this.#core.querySlot(BigInt(orderId));
    return slot === 0 ? undefined : this.#orderOfSlot(slot);
  }

  findClientOrder(account: AccountIndex, clientOrderId: bigint): OpenOrder | undefined {
    if (!this.#isAccount(account)) return undefined;
    const slot = this.#core.queryClientSlot(account, BigInt.asUintN(64, clientOrderId));
    return slot === 0 ? undefined : this.#orderOfSlot(slot);
  }

  #orderOfSlot(slot: number): OpenOrder {
    this.#core.queryOrder(slot);
    return this.#readOpenOrder(ANSWERS_AT);
  }

  #readOpenOrder(at: number): OpenOrder {
    const view = this.#view;
    return {
      orderId: getSafeU64(view, at) as OrderId,
      market: view.getUint32(at + 8, true) as MarketIndex,
      account: view.getUint32(at + 12, true) as AccountIndex,
      priceTicks: view.getUint32(at + 16, true),
      side: view.getUint32(at + 20, true) as Side,
      lots: getSafeU64(view, at + 24),
      clientOrderId: view.getBigUint64(at + 32, true),
      hiddenLots: getSafeU64(view, at + 40),
      waits: view.getUint32(at + 48, true) === 1,
    };
  }

  openOrders(account: AccountIndex): OpenOrder[] {
    const orders: OpenOrder[] = [];
    if (!this.#isAccount(account)) return orders;
    let from = 0;
    do {
      const count = this.#core.queryOpenOrders(account, from);
      for (let row = 0; row < count; row++) {
        orders.push(this.#readOpenOrder(ANSWERS_AT + row * OPEN_ORDER_BYTES));
      }
      from = this.#core.queryNext();
    } while (from !== 0);
    return orders;
  }

  #checkMarket(market: MarketIndex): void {
    const markets = this.#core.queryCount(COUNTERS.indexOf("markets"));
    assert(market >= 0 && market < markets, "a market asked for exists");
  }

  market(market: MarketIndex): MarketView {
    this.#checkMarket(market);
    this.#core.queryMarket(market);
    const command = decodeCommand(this.#view, ANSWERS_AT);
    if (command.kind !== CommandKind.ListMarket) return fail("terms are a listing's record");
    const { kind: _, ...terms } = command;
    return {
      terms,
      lastTradeTicks: this.#view.getUint32(ANSWERS_AT + 96, true),
      tradeCount: getSafeU64(this.#view, ANSWERS_AT + 104),
    };
  }

  auction(market: MarketIndex): AuctionView | undefined {
    this.#checkMarket(market);
    if (this.#core.queryAuction(market) === 0) return undefined;
    return {
      priceTicks: this.#view.getUint32(ANSWERS_AT, true),
      surplusSide: this.#view.getUint32(ANSWERS_AT + 4, true) as Side,
      lots: this.#view.getBigUint64(ANSWERS_AT + 8, true),
      surplusLots: this.#view.getBigUint64(ANSWERS_AT + 16, true),
    };
  }

  depth(market: MarketIndex, side: Side, levelsMax: number): Level[] {
    this.#checkMarket(market);
    const count = this.#core.queryDepth(market, side, levelsMax);
    const levels: Level[] = [];
    for (let row = 0; row < count; row++) {
      const at = ANSWERS_AT + row * LEVEL_BYTES;
      levels.push({
        priceTicks: this.#view.getUint32(at, true),
        lots: this.#view.getBigUint64(at + 8, true),
      });
    }
    return levels;
  }

  bestTicks(market: MarketIndex, side: Side): number {
    if (this.#quotes.isStale) this.#refresh();
    return this.#quotes.bestTicks(market, side);
  }

  headLots(market: MarketIndex, side: Side): number {
    if (this.#quotes.isStale) this.#refresh();
    return this.#quotes.headLots(market, side);
  }

  readQuotes(markets: Uint32Array, quotes: Float64Array): void {
    if (this.#quotes.isStale) this.#refresh();
    this.#quotes.read(markets, quotes);
  }

  writeState(write: (bytes: Uint8Array) => void): void {
    this.#core.stateBegin();
    for (;;) {
      const length = this.#core.stateNext();
      if (length === 0) return;
      write(new Uint8Array(this.#buffer, ANSWERS_AT, length));
    }
  }

  audit(): void {
    try {
      this.#core.audit();
    } catch (cause) {
      this.#rethrow(cause);
    }
  }

  auditBalances(): void {
    try {
      this.#core.auditBalances();
    } catch (cause) {
      this.#rethrow(cause);
    }
  }

  #regions(): Uint8Array[] {
    const regions: Uint8Array[] = [];
    for (let region = 0; region < this.#core.REGIONS.value; region++) {
      const start = this.#core.regionStart(region) >>> 0;
      const bytes = this.#core.regionBytes(region) >>> 0;
      regions.push(new Uint8Array(this.#buffer, start, bytes));
    }
    return regions;
  }

  stateBytes(): number {
    return this.#regions().reduce((sum, region) => sum + region.length, 0);
  }

  stateRegions(): ReadonlyMap<string, number> {
    return new Map(this.#regions().map((region, index) => [REGION_NAMES[index]!, region.length]));
  }

  // Snapshot: a head of 128 bytes {magic u32, layout u32, bytes of each region u32 ...}, then the regions.
  snapshot(): Uint8Array[] {
    const regions = this.#regions();
    const head = new DataView(new ArrayBuffer(SNAPSHOT_HEAD_BYTES));
    head.setUint32(0, SNAPSHOT_MAGIC, true);
    head.setUint32(4, SNAPSHOT_LAYOUT, true);
    assert(8 + regions.length * 4 <= SNAPSHOT_HEAD_BYTES, "the region lengths fit the head");
    regions.forEach((region, index) => head.setUint32(8 + index * 4, region.length, true));
    return [new Uint8Array(head.buffer), ...regions];
  }

  restore(bytes: Uint8Array): void {
    const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    assert(bytes.length >= SNAPSHOT_HEAD_BYTES, "a snapshot has a head");
    assert(head.getUint32(0, true) === SNAPSHOT_MAGIC, "a snapshot starts with its magic");
    assert(head.getUint32(4, true) === SNAPSHOT_LAYOUT, "a snapshot is of this memory layout");
    const root = new Uint8Array(
      this.#buffer,
      this.#core.regionStart(0),
      LIMITS_OFFSET + LIMITS_BYTES,
    );
    const limits = root.slice(LIMITS_OFFSET);
    let at = SNAPSHOT_HEAD_BYTES;
    for (let region = 0; region < this.#core.REGIONS.value; region++) {
      const length = head.getUint32(8 + region * 4, true);
      const start = this.#core.regionStart(region) >>> 0;
      assert(at + length <= bytes.length, "a snapshot holds its regions");
      new Uint8Array(this.#buffer, start, length).set(bytes.subarray(at, at + length));
      at += length;
      if (region > 0) continue;
      // The root says how much memory the ladders want.
      this.#core.growToReserved();
      this.#refresh();
    }
    assert(at === bytes.length, "a snapshot ends with its last region");
    const restored = new Uint8Array(
      this.#buffer,
      this.#core.regionStart(0) + LIMITS_OFFSET,
      LIMITS_BYTES,
    );
    assert(
      limits.every((byte, index) => byte === restored[index]),
      "a snapshot is of an engine with these limits",
    );
  }
}
