import type {
  AccountIndex,
  AssetIndex,
  AssetName,
  FeeTierTerms,
  GuardTerms,
  MarketIndex,
  MarketTerms,
  OrderId,
  OrderTerms,
  ProtectionTerms,
  Side,
  TriggerKind,
} from "@rialto/protocol";

/**
 * Capacities of an engine. They decide when a command is refused for lack of room, so all replicas
 * must have the same.
 */
export interface EngineLimits {
  readonly ordersMax: number;
  readonly levelPagesMax: number;
  readonly accountsMax: number;
  readonly balancesMax: number;
  readonly assetsMax: number;
  readonly marketsMax: number;
  /** Entries of 16 ticks, over all ladders of all markets (matching.md §2.7). */
  readonly ladderEntriesMax: number;
  /** Open orders of one account. */
  readonly accountOrdersMax: number;
  /** Open orders with terms beyond a plain one's (matching.md §2.11). */
  readonly specialsMax: number;
  /** Accounts whose volume is counted for a fee schedule. */
  readonly volumesMax: number;
}

export interface Balance {
  readonly asset: AssetIndex;
  readonly availableQuanta: bigint;
  readonly reservedQuanta: bigint;
}

export interface AssetTotals {
  readonly issuedQuanta: bigint;
  readonly feesQuanta: bigint;
}

/** What an account pays for its trades in a market. Units: parts in a million of what it receives. */
export interface FeeRates {
  /** Below 0 for a rebate. */
  readonly makerPpm: number;
  readonly takerPpm: number;
}

export type FeeTier = Pick<FeeTierTerms, "volumeQuanta" | "makerPpm" | "takerPpm">;

/** What accounts that follow it pay in the markets quoted in `asset`, by the highest tier whose volume they have reached. */
export interface FeeSchedule {
  readonly asset: AssetIndex;
  /** At least one; the first is for a volume of 0. */
  readonly tiers: readonly FeeTier[];
}

/** Which schedule an account's fees follow, and how far it has come in it. */
export interface FeeVolume {
  readonly schedule: number;
  /** What counts at the time of the last batch, in the schedule's asset. */
  readonly volumeQuanta: bigint;
}

/** A guard as it was set. */
export type Guard = Omit<GuardTerms, "market">;

/** A market maker's protection as it was set, and whether it has tripped since. */
export interface Protection extends Omit<ProtectionTerms, "account"> {
  readonly isTripped: boolean;
}

export interface OpenOrder {
  readonly orderId: OrderId;
  readonly market: MarketIndex;
  readonly side: Side;
  readonly account: AccountIndex;
  readonly priceTicks: number;
  /** What has not traded yet, and is shown; all of it for one that waits. */
  readonly lots: number;
  /** What an iceberg does not show. */
  readonly hiddenLots: number;
  /** It waits for its trigger, in no book. */
  readonly waits: boolean;
  readonly clientOrderId: bigint;
  /** Lots that an iceberg shows at a time, and never more than it has left; 0 for an order that is none. */
  readonly displayLots: number;
  /** The price that it waits for, of a trailing stop that of now. None while it waits for anything else, or not at all. */
  readonly trigger: TriggerKind;
  readonly triggerTicks: number;
  /** Of a trailing one: its distance; 0 for others. */
  readonly trailBasisPoints: number;
  /** A trailing one that follows the last price, whose own, if it had one, has come. */
  readonly follows: boolean;
  /** With which it will come to its book, or rests unseen; what stands in a level no longer has them. */
  readonly terms: Pick<OrderTerms, "orderType" | "selfTrade"> | undefined;
}

export interface Level {
  readonly priceTicks: number;
  /** Of all its orders: may pass the safe integers where the lots of one order do not. */
  readonly lots: bigint;
}

export interface MarketView {
  /** As listed, or changed since, with the state of now. */
  readonly terms: MarketTerms;
  readonly lastTradeTicks: number;
  readonly tradeCount: number;
}

/** What an auction would trade if it ended now. */
export interface AuctionView {
  readonly priceTicks: number;
  readonly lots: bigint;
  readonly surplusSide: Side;
  /** What the surplus side would have left at the price. */
  readonly surplusLots: bigint;
}

export interface EngineCounts {
  readonly commands: number;
  readonly assets: number;
  readonly accounts: number;
  readonly markets: number;
  readonly openOrders: number;
  readonly specials: number;
  readonly levelPages: number;
  readonly balances: number;
}

/**
 * The exchange as a deterministic machine: commands in, events out (docs/protocol/matching.md).
 *
 * Shape    `commands` and `events` are windows of memory that the engine owns. Write encoded
 *          commands into the first, call `execute`, read the first `eventBytes` bytes of the second
 *          before the next call. Both may be replaced by an `execute` that lists a market: do not
 *          keep them across calls.
 * Effects  nothing outside itself: no clock, no randomness, no I/O.
 */
export interface Engine {
  readonly commands: Uint8Array;
  readonly events: Uint8Array;
  /** How much of `events` the last `execute` has written. */
  readonly eventBytes: number;

  /**
   * Executes the commands in `commands[start, end)` at time `nowMs`.
   *
   * Returns  where it stopped: `end`, or earlier when the events so far must be read before there is
   *          surely room for more. Call again from there, and with the same time. Where very much is due before a
   *          command that is `start` itself: then there are events and nothing was executed yet.
   * Units    `start` < `end`: bytes. `nowMs`: whole milliseconds from 0 on; so many that every deadline is a
   *          safe integer. Time does not go back: an earlier one is the same as the latest.
   * Errors   an `InvariantError`. Nothing has happened where the batch is not in the buffer, or the time is none. Else
   *          an invariant broke (a kind of command that does not exist is such a case), and the state is half
   *          written: the hot engine refuses to go on, to tell its state and to be copied. Commands are not
   *          parsed again; what bytes do that `parseCommands` would refuse is not said.
   */
  execute(start: number, end: number, nowMs: number): number;

  // Questions change nothing, and copy what they answer. A market, side or asset that does not exist is an `InvariantError`;
  // that an account or an order is not there is an answer.

  counts(): EngineCounts;
  /** True while the operator has stopped all trading. Source: matching.md §2.8. */
  isSuspended(): boolean;
  findAccount(number: bigint): AccountIndex | undefined;
  /** True while the operator keeps the account from placing orders; of one that does not exist false. */
  isBlocked(account: AccountIndex): boolean;
  /** In order of making; empty for an account that does not exist. */
  balances(account: AccountIndex): Balance[];
  assetTotals(asset: AssetIndex): AssetTotals;
  /** With which it was added; undefined for one that was added without, as those are that a network begins with. */
  assetName(asset: AssetIndex): AssetName | undefined;
  /**
   * By the tier that the account has reached at the time of the last batch, or as the listing says, which holds for one that does
   * not exist. Source: matching.md §2.13.
   */
  feeRates(account: AccountIndex, market: MarketIndex): FeeRates;
  /** A schedule that nobody has set has no tier: undefined, as one whose number is too large. */
  feeSchedule(schedule: number): FeeSchedule | undefined;
  /** Of a sub-account, that of its master; undefined for one whose fees follow no schedule, and for one that does not exist. */
  feeVolume(account: AccountIndex): FeeVolume | undefined;
  /** Undefined for a market that has none. Source: matching.md §3.5. */
  guard(market: MarketIndex): Guard | undefined;
  /** In order of making; empty for an account that does not exist. */
  protections(account: AccountIndex): Protection[];
  /** When all orders of the account end, unless that is set anew before; 0 for never, and for one that does not exist. */
  deadlineMs(account: AccountIndex): number;
  /**
   * The time of what comes first of all that comes by itself: an order's end, a deadline, the end of an auction, or its indicative price.
   * It is done before the first command of then or later. The engine's time where a command has left over what comes with the next one, whenever
   * that is: an auction that goes on, orders that are ripe. Undefined where nothing is to come. Source: matching.md §3.3.
   */
  nextDueMs(): number | undefined;
  findOrder(orderId: OrderId): OpenOrder | undefined;
  findClientOrder(account: AccountIndex, clientOrderId: bigint): OpenOrder | undefined;
  /** In the order of their slots, the lowest first. */
  openOrders(account: AccountIndex): OpenOrder[];
  market(market: MarketIndex): MarketView;
  /** The best `levelsMax` levels, best first; at most 65,536. Adds up the orders of these levels: no totals are kept. */
  depth(market: MarketIndex, side: Side, levelsMax: number): Level[];
  /** Lots of the oldest order at the best price of a side of a market that exists, of an iceberg those it shows; 0 for an empty side. */
  headLots(market: MarketIndex, side: Side): number;

  /** What uncrossing the market's book now would trade, if anything. Source: matching.md §3.4. */
  auction(market: MarketIndex): AuctionView | undefined;

  /** Passes the state stream (matching.md §6) to `write`, in pieces that are borrowed for the call. */
  writeState(write: (bytes: Uint8Array) => void): void;

  /**
   * Recomputes everything that can be derived and compares: conservation, reserves against open orders,
   * best prices, links, counts. Slow: for tests and after a restore.
   *
   * Errors   an `InvariantError` that names the first thing that does not hold.
   */
  audit(): void;
}
