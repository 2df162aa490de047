import type { AccountIndex, AssetIndex, MarketIndex, OrderId } from "./ids.ts";

// A command asks the engine to change state. Its bytes are what is journaled, replicated and signed:
// little-endian, fixed places, zero wherever the drawings say 0, so each command has one encoding.
//
// Source: docs/protocol/matching.md §2.

export const CommandKind = {
  Place: 1,
  Cancel: 2,
  CancelAll: 3,
  Replace: 4,
  Amend: 5,
  PlaceSpecial: 6,
  PlaceList: 7,
  SetDeadline: 8,
  SetProtection: 9,
  OpenAccount: 16,
  Deposit: 17,
  Withdraw: 18,
  AddAsset: 19,
  ListMarket: 20,
  SetMarketState: 21,
  MassCancel: 22,
  SetTrading: 23,
  SetAccountState: 24,
  SetMarketGuard: 25,
  SetFeeTier: 26,
  SetAccountFees: 27,
  OpenSubAccount: 28,
  Transfer: 29,
  ChangeMarket: 30,
  DelistMarket: 31,
} as const;
export type CommandKind = (typeof CommandKind)[keyof typeof CommandKind];

export const Side = { Buy: 0, Sell: 1 } as const;
export type Side = (typeof Side)[keyof typeof Side];

/** What a cancel-all cancels. */
export const SideFilter = { Buys: 0, Sells: 1, Both: 2 } as const;
export type SideFilter = (typeof SideFilter)[keyof typeof SideFilter];

export const OrderType = {
  /** Trades what it can, the rest waits in the book. */
  Limit: 0,
  /** Trades what it can at once, the rest is cancelled. */
  ImmediateOrCancel: 1,
  /** Trades all of it at once or nothing. */
  FillOrKill: 2,
  /** Waits in the book; refused if it would trade at once. */
  PostOnly: 3,
  /** Trades a quantity of base at the best prices, the rest is cancelled. */
  Market: 4,
  /** Trades an amount of quote at the best prices, the rest is cancelled. */
  MarketByQuote: 5,
} as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

/**
 * What happens when an order meets an order of its own account, or of its family: its master and all that are parts of it.
 * The taker's mode decides.
 */
export const SelfTrade = {
  Allow: 0,
  ExpireTaker: 1,
  ExpireMaker: 2,
  ExpireBoth: 3,
  Decrement: 4,
  FamilyExpireTaker: 5,
  FamilyExpireMaker: 6,
  FamilyExpireBoth: 7,
  FamilyDecrement: 8,
} as const;
export type SelfTrade = (typeof SelfTrade)[keyof typeof SelfTrade];

export const ReplaceMode = {
  /** No new order unless the old one was cancelled. */
  StopOnFailure: 0,
  /** The new order is placed whether or not the old one was there. */
  AllowFailure: 1,
} as const;
export type ReplaceMode = (typeof ReplaceMode)[keyof typeof ReplaceMode];

export const MarketState = {
  Trading: 1,
  /** Orders leave, none comes. */
  CancelOnly: 2,
  /** Nothing moves. */
  Halted: 3,
  /** Limit orders gather, nothing trades. */
  PreOpen: 4,
  /** The same, towards an uncrossing: what it would trade is told. */
  Auction: 5,
  /** Only orders that take from nobody come. */
  PostOnly: 6,
  /** Orders leave, none comes, until the market opens again. */
  Closed: 7,
  /** For ever. */
  Delisted: 8,
} as const;
export type MarketState = (typeof MarketState)[keyof typeof MarketState];

/** What an order waits for before it comes to the book. */
export const TriggerKind = {
  None: 0,
  /** The price turning against it: up for a buy, down for a sell. */
  Stop: 1,
  /** The price turning its way: down for a buy, up for a sell. */
  TakeProfit: 2,
  /** A stop that follows the last price at a distance while it goes away from it; if it has a price, once that has come as a Stop's. */
  TrailingStop: 3,
  /** The same, but that its price comes as a TakeProfit's. */
  TrailingTakeProfit: 4,
} as const;
export type TriggerKind = (typeof TriggerKind)[keyof typeof TriggerKind];

/** Which price a trigger watches. */
export const TriggerSource = {
  LastTrade: 0,
  /** The best price that the order would take: asks for a buy, bids for a sell. */
  BestQuote: 1,
} as const;
export type TriggerSource = (typeof TriggerSource)[keyof typeof TriggerSource];

/** What a new order says, in a place as well as in a replace. */
export interface OrderTerms {
  readonly market: MarketIndex;
  readonly account: AccountIndex;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly selfTrade: SelfTrade;
  /** Limit in ticks; 0 for market orders. */
  readonly priceTicks: number;
  /** Lots of base; quanta of quote for `MarketByQuote`. */
  readonly quantity: bigint;
  /** 0 for none. */
  readonly clientOrderId: bigint;
}

/** What an order may say beyond that. */
export interface SpecialTerms extends OrderTerms {
  /** An iceberg: lots that the book shows at a time; 0 shows all. */
  readonly displayLots: bigint;
  /** When what is left of it ends; 0 for never. */
  readonly expiresMs: number;
  /** Rests unseen, behind all that is shown at its price. */
  readonly isHidden: Switch;
  /** Counts for its account's protection in the market, and ends when that trips. */
  readonly isProtected: Switch;
  readonly trigger: TriggerKind;
  readonly triggerSource: TriggerSource;
  /** Of a stop or take-profit; of a trailing one that from which on it follows, 0 for at once. */
  readonly triggerTicks: number;
  /** Of a trailing one: its distance, in 10,000ths of the best price it has seen. */
  readonly trailBasisPoints: number;
  /** Its price follows others; `priceTicks` is the best it may have. */
  readonly peg: PegKind;
  /** How far it stays behind what it follows. */
  readonly pegTicks: number;
}

/** What the price of a pegged order follows. */
export const PegKind = {
  None: 0,
  /** The best of its own side. */
  Primary: 1,
  /** The best of the other side. */
  Market: 2,
  /** The middle between both. */
  Midpoint: 3,
} as const;
export type PegKind = (typeof PegKind)[keyof typeof PegKind];

/** What an order may say beyond what every order says. */
export type SpecialExtras = Omit<SpecialTerms, keyof OrderTerms>;

/** Of an order that says nothing beyond that. */
export const NOTHING_SPECIAL: SpecialExtras = {
  displayLots: 0n,
  expiresMs: 0,
  isHidden: 0,
  isProtected: 0,
  trigger: TriggerKind.None,
  triggerSource: TriggerSource.LastTrade,
  triggerTicks: 0,
  trailBasisPoints: 0,
  peg: PegKind.None,
  pegTicks: 0,
};

/** How the orders of a list hang together. */
export const ListKind = {
  /** One cancels the other. */
  OneCancelsOther: 1,
  /** One triggers the other: the second comes when the first has traded in full. */
  OneTriggersOther: 2,
  /** One triggers two of which one cancels the other. */
  OneTriggersPair: 3,
} as const;
export type ListKind = (typeof ListKind)[keyof typeof ListKind];

/** Names an order by exactly one of the two ids; the other is 0. */
export interface OrderTarget {
  readonly orderId: OrderId;
  readonly clientOrderId: bigint;
}

/** How an asset is called and counted. */
export interface AssetName {
  /** 1 to 20 capital letters and digits. */
  readonly symbol: string;
  /** Quanta are 10^-decimals of a unit. */
  readonly decimals: number;
}

/** The terms on which a market trades. */
export interface MarketTerms {
  readonly state: MarketState;
  readonly baseAsset: AssetIndex;
  readonly quoteAsset: AssetIndex;
  /** Prices are in [priceTicksMin, priceTicksMax]; the ladder holds [0, priceTicksMax]. */
  readonly priceTicksMin: number;
  readonly priceTicksMax: number;
  /** Quanta of base in a lot. */
  readonly lotQuanta: bigint;
  /** Quanta of quote that one lot costs at a price of one tick. */
  readonly tickLotQuanta: bigint;
  readonly lotsMin: bigint;
  readonly lotsMax: bigint;
  /** Bounds of price times quantity, in quanta of quote. */
  readonly notionalMinQuanta: bigint;
  readonly notionalMaxQuanta: bigint;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  /** Parts in a million above and below the last trade that an order may be priced. 0 turns a side off. */
  readonly bandUpPpm: number;
  readonly bandDownPpm: number;
  /** Stands for the last trade until there is one. */
  readonly referenceTicks: number;
}

export type Command =
  | ({ readonly kind: typeof CommandKind.Place } & OrderTerms)
  | {
      readonly kind: typeof CommandKind.Cancel;
      readonly account: AccountIndex;
      readonly target: OrderTarget;
    }
  | {
      readonly kind: typeof CommandKind.CancelAll;
      readonly account: AccountIndex;
      /** A market, or ALL_MARKETS. */
      readonly market: number;
      readonly sides: SideFilter;
      /** Those of its sub-accounts too. */
      readonly withFamily: Switch;
    }
  | ({ readonly kind: typeof CommandKind.PlaceSpecial } & SpecialTerms)
  | {
      readonly kind: typeof CommandKind.PlaceList;
      readonly listKind: ListKind;
      /** Three for OneTriggersPair, else two. */
      readonly legs: readonly SpecialTerms[];
    }
  | ({
      readonly kind: typeof CommandKind.Replace;
      readonly target: OrderTarget;
      readonly mode: ReplaceMode;
    } & OrderTerms)
  | {
      /** The dead-man switch: all orders of the account end unless it is set again in time. */
      readonly kind: typeof CommandKind.SetDeadline;
      readonly account: AccountIndex;
      /** From now; 0 for none. */
      readonly timeoutMs: bigint;
    }
  | ({ readonly kind: typeof CommandKind.SetProtection } & ProtectionTerms)
  | {
      readonly kind: typeof CommandKind.Amend;
      readonly account: AccountIndex;
      readonly target: OrderTarget;
      /** Limit or PostOnly, and what happens at an own maker: matter only if it moves. */
      readonly orderType: OrderType;
      readonly selfTrade: SelfTrade;
      readonly priceTicks: number;
      /** Lots that the order is to have left. */
      readonly quantity: bigint;
      /** Refused unless the order has as many left, stands at this price, and keeps its place; 0 for no such condition. */
      readonly expectedLots: bigint;
    }
  | {
      /** New terms for a market; what orders and money in it are measured by has to stay. */
      readonly kind: typeof CommandKind.ChangeMarket;
      readonly market: MarketIndex;
      /** What is not named stays as it is when the command executes. */
      readonly changes: Partial<MarketTerms>;
    }
  | { readonly kind: typeof CommandKind.DelistMarket; readonly market: MarketIndex }
  | { readonly kind: typeof CommandKind.OpenAccount; readonly number: bigint }
  | {
      readonly kind: typeof CommandKind.Deposit | typeof CommandKind.Withdraw;
      /** 0 withdraws what was collected in fees. */
      readonly account: AccountIndex;
      readonly asset: AssetIndex;
      readonly quanta: bigint;
      /** Echoed in the event: the transfer's identity outside. */
      readonly reference: bigint;
    }
  | {
      readonly kind: typeof CommandKind.AddAsset;
      /** Nothing for an asset that a network begins with, which its configuration names. */
      readonly name?: AssetName;
    }
  | ({
      readonly kind: typeof CommandKind.ListMarket;
      /** Refused unless it is the market's own number: others may have been listed meanwhile. */
      readonly number?: MarketIndex;
    } & MarketTerms)
  | {
      readonly kind: typeof CommandKind.SetMarketState;
      readonly market: MarketIndex;
      readonly state: MarketState;
    }
  | {
      readonly kind: typeof CommandKind.MassCancel;
      /** Whose orders; 0 for everybody's. */
      readonly account: AccountIndex;
      /** A market, or ALL_MARKETS. */
      readonly market: number;
      readonly sides: SideFilter;
      /** Those of its sub-accounts too. */
      readonly withFamily: Switch;
    }
  | {
      readonly kind: typeof CommandKind.SetTrading;
      /** False stops all trading: the operator's kill switch. */
      readonly enabled: Switch;
    }
  | ({ readonly kind: typeof CommandKind.SetMarketGuard } & GuardTerms)
  | ({ readonly kind: typeof CommandKind.SetFeeTier } & FeeTierTerms)
  | {
      readonly kind: typeof CommandKind.SetAccountFees;
      readonly account: AccountIndex;
      /** A schedule's number and 1, or 0 for the markets' own rates. */
      readonly scheduleAndOne: number;
    }
  | {
      readonly kind: typeof CommandKind.OpenSubAccount;
      readonly number: bigint;
      readonly parent: AccountIndex;
    }
  | {
      readonly kind: typeof CommandKind.Transfer;
      readonly source: AccountIndex;
      readonly target: AccountIndex;
      readonly asset: AssetIndex;
      readonly quanta: bigint;
      readonly reference: bigint;
    }
  | {
      readonly kind: typeof CommandKind.SetAccountState;
      readonly account: AccountIndex;
      /** 0 keeps the account from placing orders. */
      readonly enabled: Switch;
    };

/** What accounts of a schedule pay from a volume on. */
export interface FeeTierTerms {
  /** 0 to FEE_SCHEDULES_MAX - 1. */
  readonly schedule: number;
  /** 0 to FEE_TIERS_MAX - 1. The first begins the schedule anew. */
  readonly tier: number;
  /** Volume is counted in it, in the markets that are quoted in it: there these rates hold. */
  readonly asset: AssetIndex;
  /** Below 0 for a rebate. */
  readonly makerPpm: number;
  readonly takerPpm: number;
  readonly volumeQuanta: bigint;
}

/** How much a market maker's orders may trade before all of them end. */
export interface ProtectionTerms {
  readonly account: AccountIndex;
  readonly market: MarketIndex;
  /** How long fills are counted together; 0 for no protection. */
  readonly windowMs: number;
  /** Lots of a window that trip it; 0 for any. */
  readonly lotsMax: bigint;
  /** Fills of a window that trip it; 0 for any. */
  readonly fillsMax: number;
}

/** How far prices may move before the market pauses in an auction. */
export interface GuardTerms {
  readonly market: MarketIndex;
  /** Parts in a million above and below the guard's price that trades may reach. 0 turns a side off. */
  readonly upPpm: number;
  readonly downPpm: number;
  /** How long the guard's price stands before the last trade's takes its place. */
  readonly windowMs: number;
  /** How long the auction takes. */
  readonly auctionMs: number;
}

/** 0 or 1; any other number is refused by the engine. */
export type Switch = 0 | 1;

// Every command starts with
//
//        0      1      2      3      4             8             12            16
//       +------+------+------+------+-------------+-------------+-------------+
//       | kind |      |      |      | market      | account     |             |
//       +------+------+------+------+-------------+-------------+-------------+
//
// PLACE, 32 bytes; REPLACE, 64 bytes, starts the same
//        0      1      2      3      4      8        12           16         24              32
//       +------+------+------+------+------+--------+------------+----------+---------------+
//       | kind | side | type | self | mkt  | accnt  | priceTicks | quantity | clientOrderId |
//       +------+------+------+------+------+--------+------------+----------+---------------+
// and goes on
//        32              40                     48     49                                    64
//       +---------------+----------------------+------+-------------------------------------+
//       | targetOrderId | targetClientOrderId  | mode | 0                                   |
//       +---------------+----------------------+------+-------------------------------------+
// PLACE_SPECIAL, 64 bytes, starts as PLACE and goes on
//        32            40          48        49       50   52             56           60     64
//       +-------------+-----------+---------+--------+----+--------------+------------+------+
//       | displayLots | expiresMs | trigger | source | a  | triggerTicks | trail      | peg  |
//       +-------------+-----------+---------+--------+----+--------------+------------+------+
// a: isProtected, peg. trail: trailBasisPoints. peg: pegTicks. The last byte of expiresMs is isHidden: a time needs no more than seven
// SET_PROTECTION, 32 bytes
//       +------+--------------------+------+--------+------------+-----------+---------------+
//       | kind | 0                  | mkt  | accnt  | windowMs   | lotsMax   | fillsMax, 0   |
//       +------+--------------------+------+--------+------------+-----------+---------------+
// PLACE_LIST, 192 bytes: three times PLACE_SPECIAL. The first byte of the second is the kind of the list, that of
// the third 0; of two legs, the third is all 0
// AMEND, 64 bytes: as REPLACE, with expectedLots for clientOrderId; side, market and mode are 0
// CANCEL, 32 bytes
//       +------+--------------------+------+--------+------------+----------+---------------+
//       | kind | 0                  | 0    | accnt  | 0          | orderId  | clientOrderId |
//       +------+--------------------+------+--------+------------+----------+---------------+
// CANCEL_ALL, 32 bytes
//        0      1      2        3    4      8        12                                      32
//       +------+------+--------+----+------+--------+---------------------------------------+
//       | kind | side | family | 0  | mkt  | accnt  | 0                                     |
//       +------+------+--------+----+------+--------+---------------------------------------+
// SET_DEADLINE, 32 bytes
//       +------+--------------------+------+--------+------------+-----------+--------------+
//       | kind | 0                  | 0    | accnt  | 0          | timeoutMs | 0            |
//       +------+--------------------+------+--------+------------+-----------+--------------+
// OPEN_ACCOUNT, 32 bytes
//       +------+--------------------+------+--------+------------+----------+---------------+
//       | kind | 0                  | 0    | 0      | 0          | number   | 0             |
//       +------+--------------------+------+--------+------------+----------+---------------+
// DEPOSIT, WITHDRAW, 32 bytes
//       +------+--------------------+------+--------+------------+----------+---------------+
//       | kind | 0                  | asset| accnt  | 0          | quanta   | reference     |
//       +------+--------------------+------+--------+------------+----------+---------------+
// ADD_ASSET, 32 bytes; without a name kind, then 0
//        0      1          2                  8                                      28       32
//       +------+----------+------------------+--------------------------------------+--------+
//       | kind | decimals | 0                | symbol, one byte a letter, 0 behind  | 0      |
//       +------+----------+------------------+--------------------------------------+--------+
// SET_MARKET_STATE, 32 bytes
//       +------+------+-------------+------+------------------------------------------------+
//       | kind | state| 0           | mkt  | 0                                              |
//       +------+------+-------------+------+------------------------------------------------+
// MASS_CANCEL, 32 bytes: as CANCEL_ALL
// SET_TRADING, 32 bytes: kind, enabled, then 0
// SET_ACCOUNT_STATE, 32 bytes
//       +------+--------+-----------+------+--------+---------------------------------------+
//       | kind | enabled| 0         | 0    | accnt  | 0                                     |
//       +------+--------+-----------+------+--------+---------------------------------------+
// SET_FEE_TIER, 32 bytes
//        0      1          2      3      4       8          12         16             24     32
//       +------+----------+------+------+-------+----------+----------+--------------+------+
//       | kind | schedule | tier | 0    | asset | makerPpm | takerPpm | volumeQuanta | 0    |
//       +------+----------+------+------+-------+----------+----------+--------------+------+
// SET_ACCOUNT_FEES, 32 bytes: as SET_ACCOUNT_STATE, with scheduleAndOne for enabled
// OPEN_SUB_ACCOUNT, 32 bytes: as OPEN_ACCOUNT, with the parent at 8
// TRANSFER, 32 bytes: as DEPOSIT, source at 8 and target at 12
// SET_MARKET_GUARD, 32 bytes
//        0      1             4      8       12        16         20          24             32
//       +------+-------------+------+-------+---------+----------+-----------+----------------+
//       | kind | 0           | mkt  | upPpm | downPpm | windowMs | auctionMs | 0              |
//       +------+-------------+------+-------+---------+----------+-----------+----------------+
// DELIST_MARKET, 32 bytes: kind, market at 4, then 0
// CHANGE_MARKET, 96 bytes: as LIST_MARKET, with the market at 92, and at 2 a u16 of the terms that stay: a bit for each, in the
// order in which they are drawn, from state with 1 to referenceTicks with 2^15. A term that stays is 0
// LIST_MARKET, 96 bytes
//        0      1      4            8           12           16              20              24
//       +------+------+------------+-----------+------------+---------------+---------------+
//       | kind | state| 0          | baseAsset | quoteAsset | priceTicksMin | priceTicksMax |
//       +------+------+------------+-----------+------------+---------------+---------------+
//        24          32              40        48        56                  64             72
//       +-----------+---------------+---------+---------+-------------------+--------------+
//       | lotQuanta | tickLotQuanta | lotsMin | lotsMax | notionalMinQuanta | notionalMax  |
//       +-----------+---------------+---------+---------+-------------------+--------------+
//        72            76            80          84            88               92         96
//       +-------------+-------------+-----------+-------------+----------------+----------+
//       | makerFeePpm | takerFeePpm | bandUpPpm | bandDownPpm | referenceTicks | number   |
//       +-------------+-------------+-----------+-------------+----------------+----------+
// number: that of the market and 1; 0 for any

/** Places of fields that more than one program reads: the engines, the benchmarks, the gateway. */
export const CommandOffset = {
  kind: 0,
  side: 1,
  orderType: 2,
  selfTrade: 3,
  state: 1,
  replaceMode: 48,
  withFamily: 2,
  market: 4,
  asset: 4,
  account: 8,
  priceTicks: 12,
  quantity: 16,
  clientOrderId: 24,
  expectedLots: 24,
  targetOrderId: 32,
  targetClientOrderId: 40,
  keptTerms: 2,
  changedMarket: 92,
  numberAndOne: 92,
  displayLots: 32,
  expiresMs: 40,
  isHidden: 47,
  trigger: 48,
  triggerSource: 49,
  isProtected: 50,
  peg: 51,
  pegTicks: 60,
  triggerTicks: 52,
  trailBasisPoints: 56,
  decimals: 1,
  symbol: 8,
  number: 16,
  reference: 24,
} as const;

/** Bytes of every command but the ones named below. */
export const COMMAND_BYTES = 32;
export const REPLACE_BYTES = 64;
export const AMEND_BYTES = 64;
export const SPECIAL_BYTES = 64;
export const LIST_BYTES = 192;
export const LIST_MARKET_BYTES = 96;

/** Bytes of a command of `kind`. A kind that does not exist takes the common size, and is rejected. */
export function commandBytes(kind: number): number {
  switch (kind) {
    case CommandKind.Replace:
      return REPLACE_BYTES;
    case CommandKind.Amend:
      return AMEND_BYTES;
    case CommandKind.PlaceSpecial:
      return SPECIAL_BYTES;
    case CommandKind.PlaceList:
      return LIST_BYTES;
    case CommandKind.ListMarket:
    case CommandKind.ChangeMarket:
      return LIST_MARKET_BYTES;
    default:
      return COMMAND_BYTES;
  }
}
