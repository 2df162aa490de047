import { ACCOUNT_ORDERS_MAX, OrderType, QUANTA_MAX, SelfTrade } from "@rialto/protocol";
import type { Prng } from "@rialto/base";
import type { EngineLimits } from "../engine.ts";
import { between, idFamilies, pick, pickWeighted, type IdFamily } from "./random-draws.ts";

/** Markets start at prices up to this many spreads. */
export const REFERENCE_SPREADS = 10;

/** What a seed is about: each turns some features off, so that rare combinations get deep runs. */
export interface SwarmOptions {
  readonly limits: EngineLimits;
  readonly assetCount: number;
  readonly accountCount: number;
  readonly marketCount: number;

  readonly orderTypes: readonly (readonly [number, OrderType])[];
  readonly selfTrades: readonly SelfTrade[];
  /** Orders that cross what stands at the last trade, in percent. */
  readonly aggressivePercent: number;
  /** How far from the last trade orders are priced. */
  readonly spreadTicks: number;
  readonly openOrdersAimed: number;
  /** Usual size of an order in lots, and of what it costs in quanta of either asset. */
  readonly typicalLots: number;
  readonly typicalQuanta: bigint;
  /** Deposits in orders that they pay for. */
  readonly wealthOrders: number;

  readonly hasCancels: boolean;
  readonly hasReplaces: boolean;
  readonly hasAmends: boolean;
  readonly hasProtections: boolean;
  readonly hasPegs: boolean;
  /** Orders that rest unseen. */
  readonly hasHidden: boolean;
  /** Accounts whose orders end unless they say otherwise in time. */
  readonly hasDeadlines: boolean;
  /** How the clock goes: it stands still for batches, or jumps now and then, so that much is due at once. */
  readonly clock: "even" | "still" | "jumping";
  /** What ends does so at a multiple of this, so that several things are due at one time. */
  readonly dueStepMs: number;
  /** Orders of which one cancels or triggers others. */
  readonly hasLists: boolean;
  /** Icebergs, orders that end at a time, orders that wait for a price. */
  readonly hasSpecials: boolean;
  readonly hasCancelAlls: boolean;
  readonly hasTransfers: boolean;
  readonly hasLateListings: boolean;
  readonly hasStateChanges: boolean;
  /** Markets that pause in an auction when their price moves far. */
  readonly hasGuards: boolean;
  /** Mass cancels, and trading stopped for all or for an account. */
  readonly hasOperator: boolean;
  readonly hasFees: boolean;
  /** Fee schedules, sub-accounts, transfers, and days that go by. */
  readonly hasTiers: boolean;
  readonly hasBands: boolean;
  readonly hasNotionalBounds: boolean;
  /** Fields at the edge of their range, ids that are forged or another's. */
  readonly hasHostileFields: boolean;
  /** Deposits of all the quanta that an asset can have. */
  readonly hasOverflows: boolean;
  /** Tens of thousands of orders in one level now and then, for the touch limit. */
  readonly hasFloods: boolean;
  /** Orders with a client order id, in percent. */
  readonly clientIdPercent: number;
  readonly clientIds: IdFamily;
  readonly accountNumbers: IdFamily;
}

/** Draws the options of a seed. */
export function drawOptions(prng: Prng): SwarmOptions {
  const drawn = drawSwarm(prng);
  if (!prng.chance(1, 12)) return drawn;
  // A flood has to be affordable, and nothing may stop it.
  return {
    ...drawn,
    limits: largeLimits(),
    typicalLots: 1_000,
    typicalQuanta: 10n ** 9n,
    spreadTicks: 10,
    wealthOrders: 500,
    hasBands: false,
    hasNotionalBounds: false,
    hasStateChanges: false,
    hasGuards: false,
    hasOperator: false,
    hasFloods: true,
  };
}

function drawSwarm(prng: Prng): SwarmOptions {
  const isNarrow = prng.chance(1, 2);
  const accountCount = pickWeighted(prng, [
    [1, 1],
    [4, between(prng, 2, 4)],
    [7, between(prng, 4, 12)],
    [7, between(prng, 4, 60)],
  ]);
  const marketsDrawn = pick(prng, [1, 1, 2, between(prng, 2, 8), between(prng, 2, 40)]);
  const isHuge = prng.chance(1, 6);
  const spreadTicks = isNarrow ? between(prng, 1, 12) : pick(prng, [40, 200, 1_000]);
  const typicalLots = isHuge ? 2 ** between(prng, 4, 36) : drawTypicalLots(prng);
  // No less than a quantum for each lot at each tick, or orders would cost more than is usual.
  const quantaMin = BigInt(typicalLots) * BigInt(REFERENCE_SPREADS * spreadTicks + 300);
  const quantaDrawn = isHuge ? 1n << BigInt(between(prng, 48, 57)) : drawTypicalQuanta(prng);
  const typicalQuanta = quantaDrawn < quantaMin ? quantaMin : quantaDrawn;
  const limits = drawLimits(prng, accountCount, marketsDrawn);
  // Few pages for many markets would leave nothing to trade with.
  const marketCount = Math.min(marketsDrawn, Math.ceil(limits.levelPagesMax / 4));
  return {
    limits,
    assetCount: between(prng, 2, Math.min(12, marketCount + 2)),
    accountCount,
    marketCount,
    orderTypes: drawOrderTypes(prng),
    selfTrades: drawSelfTrades(prng),
    aggressivePercent: between(prng, 30, 70),
    spreadTicks,
    openOrdersAimed: Math.min(
      pick(prng, [10, 60, 300, 1_500]) + 6 * marketCount,
      Math.ceil(limits.ordersMax / 2),
      Math.ceil((limits.accountOrdersMax * accountCount) / 2),
    ),
    typicalLots,
    typicalQuanta,
    wealthOrders: drawWealthOrders(prng, typicalQuanta, accountCount),
    hasCancels: prng.chance(9, 10),
    hasReplaces: prng.chance(2, 3),
    hasAmends: prng.chance(1, 2),
    hasSpecials: prng.chance(1, 2),
    hasLists: prng.chance(1, 3),
    hasDeadlines: prng.chance(1, 4),
    clock: pick(prng, ["even", "still", "jumping"]),
    dueStepMs: pick(prng, [1, 1, 50, 200]),
    hasProtections: prng.chance(1, 3),
    hasPegs: prng.chance(1, 3),
    hasHidden: prng.chance(1, 3),
    hasCancelAlls: prng.chance(2, 3),
    hasTransfers: prng.chance(3, 4),
    hasLateListings: prng.chance(1, 2),
    hasStateChanges: prng.chance(1, 2),
    hasGuards: prng.chance(1, 3),
    hasOperator: prng.chance(1, 3),
    hasFees: prng.chance(3, 4),
    hasTiers: prng.chance(1, 3),
    hasBands: prng.chance(1, 3),
    hasNotionalBounds: prng.chance(1, 3),
    hasHostileFields: prng.chance(3, 4),
    hasOverflows: prng.chance(1, 5),
    hasFloods: false,
    clientIdPercent: pick(prng, [0, 30, 100]),
    clientIds: pick(prng, idFamilies),
    accountNumbers: pick(prng, idFamilies),
  };
}

function drawTypicalLots(prng: Prng): number {
  return pick(prng, [1, 2, 5, 40, 1_000, 100_000]);
}

function drawTypicalQuanta(prng: Prng): bigint {
  return pick(prng, [1_000n, 1_000_003n, 10n ** 9n, 10n ** 13n]);
}

/** As much as is drawn, but so that all accounts' deposits leave room for more. */
function drawWealthOrders(prng: Prng, typicalQuanta: bigint, accountCount: number): number {
  const drawn = pick(prng, [2, 20, 500, 500, 20_000]);
  const ordersMax = QUANTA_MAX / (4n * typicalQuanta * BigInt(accountCount));
  return ordersMax < BigInt(drawn) ? Math.max(1, Number(ordersMax)) : drawn;
}

function drawOrderTypes(prng: Prng): [number, OrderType][] {
  const all: [number, OrderType][] = [
    [12, OrderType.ImmediateOrCancel],
    [10, OrderType.FillOrKill],
    [10, OrderType.PostOnly],
    [10, OrderType.Market],
    [8, OrderType.MarketByQuote],
  ];
  return [[50, OrderType.Limit], ...all.filter(() => prng.chance(3, 4))];
}

function drawSelfTrades(prng: Prng): SelfTrade[] {
  const kept = Object.values(SelfTrade).filter(() => prng.chance(3, 5));
  return kept.length === 0 ? [SelfTrade.Allow] : kept;
}

function largeLimits(): EngineLimits {
  return {
    ordersMax: 100_000,
    levelPagesMax: 20_000,
    accountsMax: 100,
    balancesMax: 2_000,
    assetsMax: 30,
    marketsMax: 60,
    ladderEntriesMax: 60_000,
    accountOrdersMax: ACCOUNT_ORDERS_MAX,
    specialsMax: 50_000,
    volumesMax: 1_000,
  };
}

/** Plenty, or in one seed of four so little of some things that they run out. */
function drawLimits(prng: Prng, accountCount: number, marketCount: number): EngineLimits {
  const large = largeLimits();
  if (!prng.chance(1, 4)) return large;
  const scarce = <T>(few: T, plenty: T): T => (prng.chance(2, 5) ? few : plenty);
  return {
    ordersMax: scarce(
      pick(prng, [1, 3, between(prng, 4, 60), between(prng, 4, 60)]),
      large.ordersMax,
    ),
    levelPagesMax: scarce(
      pick(prng, [1, 2, between(prng, 3, 8), between(prng, 3, 20)]),
      large.levelPagesMax,
    ),
    accountsMax: scarce(between(prng, 1, accountCount), large.accountsMax),
    balancesMax: scarce(between(prng, 2, 3 * accountCount + 1), large.balancesMax),
    assetsMax: scarce(between(prng, 2, 6), large.assetsMax),
    marketsMax: scarce(between(prng, 1, marketCount), large.marketsMax),
    ladderEntriesMax: scarce(between(prng, 500, 4_000), large.ladderEntriesMax),
    accountOrdersMax: pickWeighted(prng, [
      [2, large.accountOrdersMax],
      [1, between(prng, 1, 10)],
    ]),
    specialsMax: scarce(between(prng, 1, 5), large.specialsMax),
    volumesMax: scarce(1, large.volumesMax),
  };
}
