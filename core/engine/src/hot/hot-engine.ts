import { assert, fail, getSafeU64, InvariantError, U64_MAX, viewOf } from "@rialto/base";
import {
  ACCOUNTS_MAX,
  type AccountIndex,
  type AssetIndex,
  type AssetName,
  ASSETS_MAX,
  ACCOUNT_ORDERS_MAX,
  BALANCES_MAX,
  COMMAND_BUFFER_BYTES,
  CommandKind,
  DEADLINE_MS_MAX,
  decodeCommand,
  EVENT_BUFFER_BYTES,
  FEE_SCHEDULES_MAX,
  ladderEntriesMaxBeside,
  LEVEL_PAGES_MAX,
  type MarketIndex,
  MARKETS_MAX,
  type OrderId,
  ORDERS_MAX,
  type OrderType,
  type SelfTrade,
  Side,
  SPECIALS_MAX,
  type TriggerKind,
  VOLUMES_MAX,
} from "@rialto/protocol";
import type {
  AssetTotals,
  AuctionView,
  Balance,
  Engine,
  EngineCounts,
  EngineLimits,
  FeeRates,
  FeeSchedule,
  FeeTier,
  FeeVolume,
  Guard,
  Level,
  MarketView,
  OpenOrder,
  Protection,
} from "../engine.ts";
import { type HotExports, instantiateHotCore } from "./module.ts";
import { invariantText } from "./invariants.ts";
import { failAbsent, failSide, Quotes } from "./quotes.ts";

// Addresses of assembly/memory.ts.
const RESULTS_AT = 0x0001_0080;
const COMMANDS_AT = 0x0010_0000;
const EVENTS_AT = 0x0020_0000;
const ANSWERS_AT = 0x0060_0000;

const OPEN_ORDER_BYTES = 72;
const BALANCE_BYTES = 24;
const LEVEL_BYTES = 16;
const FEE_TIER_BYTES = 16;
const PROTECTION_BYTES = 64;
/** Levels that fit the answer buffer, of 1 MiB. */
const DEPTH_LEVELS_MAX: number = 2 ** 20 / LEVEL_BYTES;
/** A deadline that is set now is a safe integer. */
const NOW_MS_MAX: number = Number.MAX_SAFE_INTEGER - Number(DEADLINE_MS_MAX);

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
   * Errors   an `InvariantError` for a market that does not exist, or a `quotes` too short.
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
  /** Another build of the hot core than this package's: what benchmarks compare it with, and a fuzzer drives. */
  readonly module?: WebAssembly.Module;
  /** What that build imports. */
  readonly imports?: object;
}

/** Makes an empty engine on the hot core: the exchange compiled to WebAssembly. */
export function createHotEngine(options: HotEngineOptions): SnapshotEngine {
  const core = instantiateHotCore(options.module, options.imports);
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

/** The greatest value of each capacity; that of `ladderEntriesMax` depends on the others. */
const LIMITS_MAX: EngineLimits = {
  ordersMax: ORDERS_MAX,
  levelPagesMax: LEVEL_PAGES_MAX,
  accountsMax: ACCOUNTS_MAX,
  balancesMax: BALANCES_MAX,
  assetsMax: ASSETS_MAX,
  marketsMax: MARKETS_MAX,
  ladderEntriesMax: 2 ** 29,
  accountOrdersMax: ACCOUNT_ORDERS_MAX,
  specialsMax: SPECIALS_MAX,
  volumesMax: VOLUMES_MAX,
};

function checkLimits(limits: EngineLimits): void {
  const names = Object.keys(LIMITS_MAX) as readonly (keyof EngineLimits)[];
  for (const name of Object.keys(limits)) {
    if (!names.includes(name as keyof EngineLimits)) fail(`${name} is no limit of an engine`);
  }
  for (const name of names) {
    const [value, max] = [limits[name], LIMITS_MAX[name]];
    if (!Number.isInteger(value) || value < 1 || value > max) {
      fail(`${name} is a whole number from 1 to ${max}, not ${String(value)}`);
    }
  }
  const entriesMax = ladderEntriesMaxBeside(limits.marketsMax);
  if (limits.ladderEntriesMax > entriesMax) {
    fail(`ladderEntriesMax is at most ${entriesMax} beside ${limits.marketsMax} markets`);
  }
}

const SNAPSHOT_MAGIC = 0x504e_5352; // "RSNP"
/** Changes with every change of assembly/memory.ts: a snapshot is only read by the layout it was made by. */
const SNAPSHOT_LAYOUT = 13;
/** Its regions are the first of today's, and it says of the others that they have no bytes: names of assets. */
const SNAPSHOT_LAYOUT_BEFORE = 12;
const SNAPSHOT_HEAD_BYTES = 128;
const LIMITS_OFFSET = 72; // of the capacities in the root record
const LIMITS_BYTES = 40;

/**
 * Why this version of the package does not read a snapshot, in words; undefined for one that it reads. Looks at its
 * head only: whether the bytes are those that were written is for the caller to know.
 */
export function snapshotProblem(bytes: Uint8Array): string | undefined {
  const view = viewOf(bytes);
  if (bytes.length < SNAPSHOT_HEAD_BYTES || view.getUint32(0, true) !== SNAPSHOT_MAGIC) {
    return "no snapshot of an engine: it does not begin as one";
  }
  const layout = view.getUint32(4, true);
  if (layout === SNAPSHOT_LAYOUT || layout === SNAPSHOT_LAYOUT_BEFORE) return undefined;
  return `memory layout ${layout}, not ${SNAPSHOT_LAYOUT}: another version of this program made it`;
}

/**
 * Makes an engine from the bytes of a snapshot. The caller has checked their integrity, and that it has no `snapshotProblem`.
 *
 * Errors   an `InvariantError` if they are of another layout, of another length than they say, or of an engine with
 *          other limits.
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
  "assetNames",
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
  /** What broke, once something has. */
  #broken: InvariantError | undefined;
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

  /** A trap of the core is a broken invariant: this names it. Nothing goes on from a state that is half written. */
  #rethrow(cause: unknown): never {
    if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
    const text = invariantText(this.#core.invariantBroken());
    const error = new InvariantError(`the engine broke; this does not hold: ${text}`);
    error.cause = cause;
    this.#broken ??= error;
    throw error;
  }

  #checkSound(): void {
    if (this.#broken === undefined) return;
    const error = new InvariantError(`${this.#broken.message}. It stays broken`);
    error.cause = this.#broken;
    throw error;
  }

  execute(start: number, end: number, nowMs: number): number {
    // Numbers that are none would be cut on the way into the core.
    const isInBuffer = start >>> 0 === start && start < end && end <= COMMAND_BUFFER_BYTES;
    if (!isInBuffer || end >>> 0 !== end) fail("a batch lies in the buffer");
    if (!Number.isInteger(nowMs) || nowMs < 0 || nowMs > NOW_MS_MAX)
      fail(`nowMs is a whole number from 0 on, not ${String(nowMs)}`);
    if (this.#broken !== undefined) this.#checkSound();
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

  isSuspended(): boolean {
    return this.#core.querySuspended() !== 0;
  }

  findAccount(number: bigint): AccountIndex | undefined {
    if (number < 0n || number > U64_MAX) return undefined;
    const account = this.#core.queryAccount(number);
    return account === 0 ? undefined : (account as AccountIndex);
  }

  isBlocked(account: AccountIndex): boolean {
    return this.#isAccount(account) && this.#core.queryBlocked(account) !== 0;
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
    const accounts = this.#core.queryCount(COUNTERS.indexOf("accounts"));
    return Number.isInteger(account) && account >= 1 && account <= accounts;
  }

  #checkAsset(asset: AssetIndex): void {
    const assets = this.#core.queryCount(COUNTERS.indexOf("assets"));
    if (asset >>> 0 !== asset || asset >= assets) failAbsent("asset", asset, assets);
  }

  assetName(asset: AssetIndex): AssetName | undefined {
    this.#checkAsset(asset);
    const at = this.#core.queryAssetName(asset) >>> 0;
    if (this.#view.getUint8(at) === 0) return undefined;
    const command = decodeCommand(this.#view, at);
    return command.kind === CommandKind.AddAsset ? command.name : fail("a name is ADD_ASSET's");
  }

  assetTotals(asset: AssetIndex): AssetTotals {
    this.#checkAsset(asset);
    const at = this.#core.queryAsset(asset) >>> 0;
    return {
      issuedQuanta: this.#view.getBigUint64(at, true),
      feesQuanta: this.#view.getBigUint64(at + 8, true),
    };
  }

  feeRates(account: AccountIndex, market: MarketIndex): FeeRates {
    this.#checkMarket(market);
    this.#core.queryFeeRates(this.#isAccount(account) ? account : 0, market);
    return {
      makerPpm: this.#view.getInt32(ANSWERS_AT, true),
      takerPpm: this.#view.getUint32(ANSWERS_AT + 4, true),
    };
  }

  feeSchedule(schedule: number): FeeSchedule | undefined {
    if (schedule >>> 0 !== schedule || schedule >= FEE_SCHEDULES_MAX) return undefined;
    this.#core.queryFeeSchedule(schedule);
    const view = this.#view;
    const tiers: FeeTier[] = [];
    for (let tier = 0; tier < view.getUint32(ANSWERS_AT, true); tier++) {
      const at = ANSWERS_AT + 8 + tier * FEE_TIER_BYTES;
      tiers.push({
        volumeQuanta: view.getBigUint64(at, true),
        makerPpm: view.getInt32(at + 8, true),
        takerPpm: view.getUint32(at + 12, true),
      });
    }
    const asset = view.getUint32(ANSWERS_AT + 4, true) as AssetIndex;
    return tiers.length === 0 ? undefined : { asset, tiers };
  }

  feeVolume(account: AccountIndex): FeeVolume | undefined {
    const scheduleAndOne = this.#isAccount(account) ? this.#core.queryVolume(account) : 0;
    if (scheduleAndOne === 0) return undefined;
    const volumeQuanta = this.#view.getBigUint64(ANSWERS_AT, true);
    return { schedule: scheduleAndOne - 1, volumeQuanta };
  }

  guard(market: MarketIndex): Guard | undefined {
    this.#checkMarket(market);
    this.#core.queryGuard(market);
    const windowMs = this.#view.getUint32(ANSWERS_AT + 8, true);
    // One that is set has a window.
    if (windowMs === 0) return undefined;
    return {
      upPpm: this.#view.getUint32(ANSWERS_AT, true),
      downPpm: this.#view.getUint32(ANSWERS_AT + 4, true),
      windowMs,
      auctionMs: this.#view.getUint32(ANSWERS_AT + 12, true),
    };
  }

  protections(account: AccountIndex): Protection[] {
    const count = this.#isAccount(account) ? this.#core.queryProtections(account) : 0;
    return Array.from({ length: count }, (_, row) => {
      const at = ANSWERS_AT + row * PROTECTION_BYTES;
      return {
        market: this.#view.getUint32(at + 4, true) as MarketIndex,
        windowMs: this.#view.getUint32(at + 12, true),
        lotsMax: this.#view.getBigUint64(at + 16, true),
        fillsMax: this.#view.getUint32(at + 40, true),
        isTripped: this.#view.getUint32(at + 48, true) !== 0,
      };
    });
  }

  deadlineMs(account: AccountIndex): number {
    return this.#isAccount(account) ? Number(this.#core.queryDeadline(account)) : 0;
  }

  nextDueMs(): number | undefined {
    const atMs = BigInt.asUintN(64, this.#core.queryNextDue());
    return atMs === U64_MAX ? undefined : Number(atMs);
  }

  findOrder(orderId: OrderId): OpenOrder | undefined {
    if (!Number.isSafeInteger(orderId) || orderId < 0) return undefined;
    const slot = this.#core.querySlot(BigInt(orderId));
    return slot === 0 ? undefined : this.#orderOfSlot(slot);
  }

  findClientOrder(account: AccountIndex, clientOrderId: bigint): OpenOrder | undefined {
    if (!this.#isAccount(account)) return undefined;
    if (clientOrderId < 0n || clientOrderId > U64_MAX) return undefined;
    const slot = this.#core.queryClientSlot(account, clientOrderId);
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
      terms:
        view.getUint8(at + 54) === 0
          ? undefined
          : {
              orderType: view.getUint8(at + 52) as OrderType,
              selfTrade: view.getUint8(at + 53) as SelfTrade,
            },
      trigger: view.getUint8(at + 55) as TriggerKind,
      triggerTicks: view.getUint32(at + 56, true),
      trailBasisPoints: view.getUint32(at + 60, true) & 0x7fff_ffff,
      follows: view.getUint32(at + 60, true) >= 2 ** 31,
      displayLots: getSafeU64(view, at + 64),
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
    if (market >>> 0 !== market || market >= markets) failAbsent("market", market, markets);
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
    if (side !== Side.Buy && side !== Side.Sell) failSide(side);
    if (levelsMax >>> 0 !== levelsMax || levelsMax > DEPTH_LEVELS_MAX) {
      fail(`levelsMax is a whole number from 0 to ${DEPTH_LEVELS_MAX}, not ${String(levelsMax)}`);
    }
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
    this.#checkSound();
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
    this.#checkSound();
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
    assert(snapshotProblem(bytes) === undefined, "a snapshot is of this memory layout");
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
