import {
  ACCOUNT_ORDERS_MAX,
  ACCOUNTS_MAX,
  ASSETS_MAX,
  BALANCES_MAX,
  FEE_SCHEDULES_MAX,
  LEVEL_PAGES_MAX,
  MARKETS_MAX,
  orderSlot,
  ORDERS_MAX,
  Side,
  SPECIALS_MAX,
  VOLUMES_MAX,
  type AccountIndex,
  type AssetIndex,
  type AssetName,
  type MarketIndex,
  type MarketState,
  type MarketTerms,
  type OrderId,
  type OrderTerms,
  type PegKind,
  type SpecialTerms,
} from "@rialto/protocol";
import { fail } from "@rialto/base";
import type { EngineLimits } from "../engine.ts";
import type { StepBounds } from "./bounds.ts";

// The state of matching.md §1 as plain objects. The oracle is read, not raced: money and lots are
// bigints, what can be looked up is in a Map, and books are sorted arrays.

export interface Asset {
  /** None for one that the network begins with. */
  readonly name: AssetName | undefined;
  issuedQuanta: bigint;
  feesQuanta: bigint;
}

export interface BalanceRow {
  readonly asset: AssetIndex;
  availableQuanta: bigint;
  reservedQuanta: bigint;
}

/** How much an account's protected orders may trade in a market before they all end. */
export interface Protection {
  readonly market: Market;
  readonly windowMs: number;
  readonly lotsMax: bigint;
  readonly fillsMax: number;
  endsMs: number;
  lots: bigint;
  fills: number;
  isTripped: boolean;
}

export interface FeeTier {
  readonly volumeQuanta: bigint;
  readonly makerPpm: number;
  readonly takerPpm: number;
}

export interface FeeSchedule {
  readonly asset: AssetIndex;
  readonly tiers: FeeTier[];
}

/** What an account has traded, day by day. */
export interface Volume {
  /** Number of its schedule. */
  readonly schedule: number;
  /** Days since the epoch to quanta. */
  readonly days: Map<number, bigint>;
}

export interface Account {
  readonly index: AccountIndex;
  readonly number: bigint;
  /** The account that it is a part of. */
  readonly master: Account | undefined;
  /** What it has traded, if its fees follow a schedule. */
  volume: Volume | undefined;
  /** By the order in which they were made. */
  protections: Protection[];
  /** When all its orders end. */
  deadlineMs: number | undefined;
  /** May not place orders. */
  isBlocked: boolean;
  /** In order of making. */
  readonly rows: Map<AssetIndex, BalanceRow>;
  /** The open ones, in order of acceptance. */
  readonly orders: Map<OrderId, Order>;
  /** The open ones that have a client order id. */
  readonly clientOrders: Map<bigint, Order>;
}

/** Which price, going which way, an order waits for. */
export interface Watch {
  readonly price: "last" | "bid" | "ask";
  readonly goes: "up" | "down";
  /** Where it has to go. Follows the price for one that trails. */
  ticks: number;
  /** The best price that one that trails has seen; 0 until it follows the last price. */
  peakTicks: number;
}

/** How an order follows the last price, or will. */
export interface Trail {
  readonly basisPoints: number;
  /** The price from which on it follows comes as a TakeProfit's, not as a Stop's. */
  readonly takesProfit: boolean;
}

/** What an order has beyond a plain one. */
export interface Special {
  /** Counts special orders: the earlier one goes first where all else is equal. */
  readonly sequence: number;
  readonly displayLots: bigint;
  /** Of an iceberg: the number of the last trade of an uncrossing by which it showed the next part; 0 for none. */
  renewedBy: number;
  /** 0 for never. */
  readonly expiresMs: number;
  readonly isProtected: boolean;
  /** Rests unseen: it says so, or is a market order that rests for an auction. */
  isHidden: boolean;
  readonly peg: PegKind;
  /** How far behind what it follows it stays; undefined for one that is not pegged. */
  readonly pegTicks: number | undefined;
  /** With which it will come to the book. */
  readonly terms: OrderTerms;
  /** What it waits for; undefined for one that is in its book, ripe, or dormant. */
  watch: Watch | undefined;
  /** Its trigger, if it is of a list. */
  readonly trigger: SpecialTerms | undefined;
  /** How it trails; undefined for one that does not, or not any more. */
  trail: Trail | undefined;
  /** It waits for another order of its list to trade in full. */
  isDormant: boolean;
  /** The order that ends when this one does, trades, or comes because its price has come. */
  partner: Order | undefined;
  /** The order it waits for. */
  parent: Order | undefined;
  /** The orders that wait for it. */
  children: readonly Order[];
  /** What another order of its list has done to it, and is still to be carried out. */
  news: "ends" | "begins" | undefined;
}

/** An order that rests in a book or, if it is special, waits in none. */
export interface Order {
  readonly id: OrderId;
  readonly account: Account;
  readonly market: Market;
  readonly side: Side;
  /** Changes only while the order is in no book. */
  priceTicks: number;
  /** Shown in the book; all of it while the order waits. */
  lots: bigint;
  hiddenLots: bigint;
  isWaiting: boolean;
  /** It rests, but in no level. */
  isDark: boolean;
  special: Special | undefined;
  readonly clientOrderId: bigint;
}

export interface Level {
  readonly priceTicks: number;
  /** Oldest first, never empty. */
  readonly orders: Order[];
  /** The sum over `orders`. */
  lots: bigint;
}

export interface BookSide {
  readonly side: Side;
  /** Best first. */
  readonly levels: Level[];
  /** Page number to how many of its levels have orders. Pages without any are left out. */
  readonly pages: Map<number, number>;
  /** Orders that rest unseen, the first to trade first. */
  readonly dark: Order[];
}

/** How far trades may move a market's price before it pauses. */
export interface Guard {
  readonly upPpm: number;
  readonly downPpm: number;
  readonly windowMs: number;
  readonly auctionMs: number;
  /** From which the distance is measured, and until when. */
  ticks: number;
  endsMs: number;
}

export interface Market {
  readonly index: MarketIndex;
  /** As listed, or changed since; `state` below is the one of now. */
  terms: MarketTerms;
  state: MarketState;
  lastTradeTicks: number;
  /** The first price that its waiting orders have not been shown yet. */
  unseenTicks: number | undefined;
  tradeCount: number;
  /** The state that follows when its uncrossing is done. */
  uncrossTo: MarketState | undefined;
  /** Its trades when that began. */
  uncrossFrom: number;
  guard: Guard | undefined;
  /** When the auction ends by itself. */
  reopenAtMs: number | undefined;
  /** The book of its auction has changed, its indicative price may have too. */
  isBookNew: boolean;
  /** When its indicative price may be told again, and when it will be. */
  nextShowMs: number;
  showAtMs: number | undefined;
  /** Its pegged orders, oldest first. */
  readonly pegs: Set<Order>;
  /** Its orders that wait for a price, oldest first. */
  readonly watchers: Set<Order>;
  readonly bids: BookSide;
  readonly asks: BookSide;
}

/** Who uses which row of the order table (matching.md §1, order ids). */
export interface Slots {
  /** Generation of each slot's present or, if it is free, next use; 0 if used up. Slot 1 is first. */
  readonly generations: number[];
  /** Slots given back, the last one at the end. */
  readonly stack: number[];
}

export interface Exchange {
  readonly limits: EngineLimits;
  readonly bounds: StepBounds;
  nowMs: number;
  commandCount: number;
  /** The operator has stopped all trading. */
  isSuspended: boolean;
  readonly assets: Asset[];
  /** Account 1 is first. */
  readonly accounts: Account[];
  readonly accountsByNumber: Map<bigint, Account>;
  readonly markets: Market[];
  readonly orders: Map<OrderId, Order>;
  readonly slots: Slots;
  balanceCount: number;
  levelPageCount: number;
  ladderEntryCount: number;
  /** Time has gone on, or more was due than one command may do. */
  mayBeDue: boolean;
  /** Makers that the command may still meet. */
  touchesLeft: number;
  /** Pegged orders that have moved after the command. */
  pegMoves: number;
  specialSequence: number;
  specialCount: number;
  /** Orders that have an end, oldest first. */
  readonly expiring: Set<Order>;
  /** Orders whose price has come, to be let into their books. */
  readonly ripe: Order[];
  /** Orders with news, in the order in which it came. */
  readonly news: Order[];
  /** By number; undefined for none. */
  protectionCount: number;
  /** Protections that have tripped and whose orders are still to end. */
  readonly tripped: { readonly account: Account; readonly protection: Protection }[];
  readonly feeSchedules: (FeeSchedule | undefined)[];
  volumeCount: number;
}

/**
 * An exchange in which nothing has happened yet.
 *
 * Errors   an `InvariantError` for limits that the protocol does not allow.
 */
export function createExchange(limits: EngineLimits, bounds: StepBounds): Exchange {
  checkLimit(limits.ordersMax, ORDERS_MAX);
  checkLimit(limits.levelPagesMax, LEVEL_PAGES_MAX);
  checkLimit(limits.accountsMax, ACCOUNTS_MAX);
  checkLimit(limits.balancesMax, BALANCES_MAX);
  checkLimit(limits.assetsMax, ASSETS_MAX);
  checkLimit(limits.marketsMax, MARKETS_MAX);
  checkLimit(limits.ladderEntriesMax, Number.MAX_SAFE_INTEGER);
  checkLimit(limits.accountOrdersMax, ACCOUNT_ORDERS_MAX);
  checkLimit(limits.specialsMax, SPECIALS_MAX);
  checkLimit(limits.volumesMax, VOLUMES_MAX);
  return {
    limits,
    bounds,
    nowMs: 0,
    commandCount: 0,
    isSuspended: false,
    assets: [],
    accounts: [],
    accountsByNumber: new Map(),
    markets: [],
    orders: new Map(),
    slots: { generations: [], stack: [] },
    balanceCount: 0,
    levelPageCount: 0,
    ladderEntryCount: 0,
    mayBeDue: false,
    touchesLeft: 0,
    pegMoves: 0,
    specialSequence: 0,
    specialCount: 0,
    expiring: new Set(),
    ripe: [],
    news: [],
    protectionCount: 0,
    tripped: [],
    feeSchedules: Array.from({ length: FEE_SCHEDULES_MAX }, () => undefined),
    volumeCount: 0,
  };
}

function checkLimit(value: number, valueMax: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > valueMax) {
    fail("a limit of the engine is within the protocol's");
  }
}

export function findAccount(exchange: Exchange, index: AccountIndex): Account | undefined {
  return exchange.accounts[index - 1];
}

export function getAccount(exchange: Exchange, index: AccountIndex): Account {
  return findAccount(exchange, index) ?? fail("an account that was checked exists");
}

export function getMarket(exchange: Exchange, index: MarketIndex): Market {
  return exchange.markets[index] ?? fail("a market that was checked exists");
}

export function getAsset(exchange: Exchange, index: AssetIndex): Asset {
  return exchange.assets[index] ?? fail("an asset that was checked exists");
}

/** The side of the market's book on which orders of `side` wait. */
export function bookSide(market: Market, side: Side): BookSide {
  return side === Side.Buy ? market.bids : market.asks;
}

/** The side of the market's book with which orders of `side` trade. */
export function oppositeSide(market: Market, side: Side): BookSide {
  return side === Side.Buy ? market.asks : market.bids;
}

/** A master and its sub-accounts, in order of their opening. */
export function familyOf(exchange: Exchange, master: Account): Account[] {
  return [master, ...exchange.accounts.filter((account) => account.master === master)];
}

/** True for two accounts of one master, or a master and one of its own; and for an account and itself. */
export function isFamily(left: Account, right: Account): boolean {
  return (left.master ?? left) === (right.master ?? right);
}

/** An account's open orders in the order of their slots, the lowest first. */
export function ordersBySlot(account: Account): Order[] {
  return [...account.orders.values()].sort((a, b) => orderSlot(a.id) - orderSlot(b.id));
}
