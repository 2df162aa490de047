import type { MarketState, Side } from "./command.ts";
import type { AccountIndex, AssetIndex, MarketIndex, OrderId } from "./ids.ts";
import type { RejectCode } from "./reject-code.ts";

// An event says what a command did. Events are the engine's only output and a pure function of the
// commands before them, so they need no journal of their own.
//
// Source: docs/protocol/matching.md §3.

export const EventKind = {
  Accepted: 1,
  Rejected: 2,
  Fill: 3,
  Canceled: 4,
  Prevented: 5,
  CanceledAll: 6,
  Amended: 7,
  Shown: 8,
  Triggered: 9,
  Declined: 10,
  Auctioned: 11,
  Indicative: 12,
  Pegged: 13,
  AccountOpened: 16,
  BalanceMoved: 17,
  AssetAdded: 18,
  MarketListed: 19,
  MarketStateSet: 20,
  TradingSet: 21,
  AccountStateSet: 22,
  MarketGuardSet: 23,
  FeeTierSet: 24,
  AccountFeesSet: 25,
  Transferred: 26,
  DeadlineSet: 27,
  DeadlinePassed: 28,
  MarketChanged: 29,
  ProtectionSet: 30,
  ProtectionTripped: 31,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** Why an order, or what was left of it, ended without trading. */
export const CancelReason = {
  /** Its owner cancelled it. */
  Requested: 1,
  /** Its owner cancelled everything. */
  RequestedAll: 2,
  /** Its owner replaced it. */
  Replaced: 3,
  /** The rest of an immediate-or-cancel order. */
  Immediate: 4,
  /** A fill-or-kill order that could not be filled. */
  Unfillable: 5,
  /** The rest of a market order: nobody left to trade with, or no money left to pay with. */
  NoLiquidity: 6,
  /** Its own account stood against it: the taker, the maker, or both end. */
  SelfTradeTaker: 7,
  SelfTradeMaker: 8,
  SelfTradeBoth: 9,
  /** The rest of an order that touched as many others as one command may. */
  TouchLimit: 10,
  /** The operator cancelled it. */
  Operator: 11,
  /** Its time was over. */
  Expired: 12,
  /** Another order of its list traded, came, or ended. */
  ListPartner: 13,
  /** Its account let its deadline pass. */
  Deadline: 14,
  /** Its account's protection has tripped. */
  Protection: 15,
} as const;
export type CancelReason = (typeof CancelReason)[keyof typeof CancelReason];

export type EngineEvent =
  | {
      readonly kind: typeof EventKind.Accepted;
      readonly command: number;
      readonly orderId: OrderId;
      /** What rests in the book once the command is done; the fills follow this event. */
      readonly restingLots: number;
      /** It waits for its trigger, in no book. */
      readonly waits: boolean;
    }
  | {
      readonly kind: typeof EventKind.Rejected;
      readonly command: number;
      readonly code: RejectCode;
      /** The order or account that the refusal speaks of; 0 where there is none. */
      readonly subject: bigint;
    }
  | {
      readonly kind: typeof EventKind.Fill;
      readonly command: number;
      readonly takerSide: Side;
      /** The maker has traded in full and left the book. */
      readonly makerDone: boolean;
      readonly market: MarketIndex;
      readonly priceTicks: number;
      /** Counts the fills of the market from 1. */
      readonly tradeId: number;
      readonly makerOrderId: OrderId;
      readonly takerOrderId: OrderId;
      readonly lots: number;
      /** The maker is paid `makerFeeQuanta`, out of the taker's fee and in its asset. */
      readonly makerRebate: boolean;
      /** In base for the buyer, in quote for the seller. */
      readonly makerFeeQuanta: bigint;
      readonly takerFeeQuanta: bigint;
    }
  | {
      readonly kind: typeof EventKind.Canceled;
      readonly command: number;
      readonly reason: CancelReason;
      readonly orderId: OrderId;
      /** What was left: lots, or quanta of quote for the rest of a market order by quote. */
      readonly remaining: bigint;
    }
  | {
      readonly kind: typeof EventKind.Prevented;
      readonly command: number;
      readonly takerSide: Side;
      readonly makerDone: boolean;
      readonly market: MarketIndex;
      readonly priceTicks: number;
      readonly makerOrderId: OrderId;
      readonly takerOrderId: OrderId;
      /** Taken off both orders without a trade. */
      readonly lots: number;
    }
  | {
      readonly kind: typeof EventKind.CanceledAll;
      readonly command: number;
      readonly count: number;
      /** There are others: one command cancels only so many. */
      readonly more: boolean;
    }
  | {
      readonly kind: typeof EventKind.Amended;
      readonly command: number;
      /** It stays where it stands in its level; else it has gone to the end of one. */
      readonly kept: boolean;
      readonly orderId: OrderId;
      /** What waits in the book once the command is done; the fills follow this event. */
      readonly restingLots: number;
    }
  | {
      /** What an iceberg shows in the book from now on. */
      readonly kind: typeof EventKind.Shown;
      readonly command: number;
      readonly orderId: OrderId;
      readonly lots: number;
    }
  | {
      /** An order that waited comes to the book. */
      readonly kind: typeof EventKind.Triggered;
      readonly command: number;
      readonly orderId: OrderId;
      readonly restingLots: number;
    }
  | {
      /** An order that waited ended: it was refused when it came to the book. */
      readonly kind: typeof EventKind.Declined;
      readonly command: number;
      readonly code: RejectCode;
      readonly orderId: OrderId;
    }
  | {
      /** Two resting orders trade in an uncrossing. */
      readonly kind: typeof EventKind.Auctioned;
      readonly command: number;
      readonly buyDone: boolean;
      readonly sellDone: boolean;
      readonly market: MarketIndex;
      readonly priceTicks: number;
      readonly tradeId: number;
      readonly buyOrderId: OrderId;
      readonly sellOrderId: OrderId;
      readonly lots: number;
      /** In base. */
      readonly buyFeeQuanta: bigint;
      /** In quote. */
      readonly sellFeeQuanta: bigint;
    }
  | {
      /** What an auction would trade if it ended now; all 0 for nothing. */
      readonly kind: typeof EventKind.Indicative;
      readonly command: number;
      /** Which side would have lots left at the price. */
      readonly surplusSide: Side;
      readonly market: MarketIndex;
      readonly priceTicks: number;
      readonly lots: bigint;
      readonly surplusLots: bigint;
    }
  | {
      readonly kind: typeof EventKind.MarketGuardSet;
      readonly command: number;
      readonly market: MarketIndex;
    }
  | {
      readonly kind: typeof EventKind.FeeTierSet;
      readonly command: number;
      readonly schedule: number;
      readonly tier: number;
    }
  | {
      readonly kind: typeof EventKind.AccountFeesSet;
      readonly command: number;
      readonly scheduleAndOne: number;
      readonly account: AccountIndex;
    }
  | {
      readonly kind: typeof EventKind.MarketChanged;
      readonly command: number;
      readonly market: MarketIndex;
    }
  | {
      readonly kind: typeof EventKind.ProtectionSet | typeof EventKind.ProtectionTripped;
      readonly command: number;
      readonly account: AccountIndex;
      readonly market: MarketIndex;
    }
  | {
      /** A pegged order has gone to the end of a level; both 0: it waits for a price to follow. */
      readonly kind: typeof EventKind.Pegged;
      readonly command: number;
      readonly orderId: OrderId;
      readonly restingLots: number;
      readonly priceTicks: number;
    }
  | {
      readonly kind: typeof EventKind.DeadlineSet;
      readonly command: number;
      readonly account: AccountIndex;
      /** 0 for none. */
      readonly deadlineMs: number;
    }
  | {
      /** All orders of the account have ended. */
      readonly kind: typeof EventKind.DeadlinePassed;
      readonly command: number;
      readonly account: AccountIndex;
    }
  | {
      readonly kind: typeof EventKind.Transferred;
      readonly command: number;
      readonly source: AccountIndex;
      readonly target: AccountIndex;
      readonly asset: AssetIndex;
      readonly quanta: bigint;
      readonly reference: bigint;
    }
  | {
      readonly kind: typeof EventKind.AccountOpened;
      readonly command: number;
      readonly account: AccountIndex;
      /** Of a sub-account; else 0. */
      readonly parent: AccountIndex;
      readonly number: bigint;
    }
  | {
      readonly kind: typeof EventKind.BalanceMoved;
      readonly command: number;
      /** True for a withdrawal. */
      readonly out: boolean;
      /** 0 where collected fees were withdrawn. */
      readonly account: AccountIndex;
      readonly asset: AssetIndex;
      readonly quanta: bigint;
      readonly reference: bigint;
    }
  | {
      readonly kind: typeof EventKind.AssetAdded;
      readonly command: number;
      readonly asset: AssetIndex;
    }
  | {
      readonly kind: typeof EventKind.MarketListed;
      readonly command: number;
      readonly market: MarketIndex;
    }
  | {
      readonly kind: typeof EventKind.MarketStateSet;
      readonly command: number;
      readonly state: MarketState;
      readonly market: MarketIndex;
    }
  | {
      readonly kind: typeof EventKind.TradingSet;
      readonly command: number;
      readonly enabled: boolean;
    }
  | {
      readonly kind: typeof EventKind.AccountStateSet;
      readonly command: number;
      readonly enabled: boolean;
      readonly account: AccountIndex;
    };

// `size` counts 8-byte words, header included. `command` is the low 32 bits of the number of
// commands that the engine had executed before the one that caused the event.
//
//               0      1      2      3      4           8
//              +------+------+------+------+-----------+
// every event  | kind | size | a    | b    | command   |
//              +------+------+------+------+-----------+
//                             8                 16               24             32            40
// ACCEPTED       a waits, b 0 | orderId         | restingLots    |
// REJECTED       a,b code u16 | subject         |
// CANCELED       a reason,b 0 | orderId         | remaining      |
// AUCTIONED      a buyDone,   | market, price   | tradeId        | buyOrderId   | sellOrderId  |
//                b sellDone   then 40 lots | 48 buyFeeQuanta | 56 sellFeeQuanta | 64
// INDICATIVE     a side, b 0  | market, price   | lots           | surplusLots  |
// MARKET_GUARD   a 0, b 0     | market u32, 0   |
// CANCELED_ALL   a more, b 0  | count u32, 0    |
// SHOWN          a 0, b 0     | orderId         | lots           |
// TRIGGERED      a 0, b 0     | orderId         | restingLots    |
// PEGGED         a 0, b 0     | orderId         | restingLots    | price u32, 0 |
// DECLINED       a,b code u16 | orderId         |
// AMENDED        a kept, b 0  | orderId         | restingLots    |
// PREVENTED      a side,      | market, price   | makerOrderId   | takerOrderId | lots       |
//                b makerDone
// FILL           a side,      | market, price   | tradeId        | makerOrderId | takerOrderId |
//                b makerDone,
//                  2 makerRebate  then 40 lots | 48 makerFeeQuanta | 56 takerFeeQuanta | 64
// ACCOUNT_OPENED a 0, b 0     | account, parent | number         |
// FEE_TIER_SET   a,b schedule, tier | 0         |
// ACCOUNT_FEES   a number, b 0 | account u32, 0 |
// MARKET_CHANGED a 0, b 0     | market u32, 0   |
// PROTECTION_SET, PROTECTION_TRIPPED
//                a 0, b 0     | account, market |
// DEADLINE_SET   a 0, b 0     | account u32, 0  | deadlineMs     |
// DEADLINE_PASSED a 0, b 0    | account u32, 0  |
// TRANSFERRED    a 0, b 0     | source, target  | asset u32, 0   | quanta       | reference    |
// BALANCE_MOVED  a out, b 0   | account, asset  | quanta         | reference    |
// ASSET_ADDED    a 0, b 0     | asset u32, 0    |
// MARKET_LISTED  a 0, b 0     | market u32, 0   |
// MARKET_STATE   a state, b 0 | market u32, 0   |
// TRADING_SET    a on, b 0    | 0               |
// ACCOUNT_STATE  a on, b 0    | account u32, 0  |

/** Places of fields that more than one program reads. */
export const EventOffset = {
  kind: 0,
  size: 1,
  a: 2,
  b: 3,
  rejectCode: 2,
  command: 4,
  orderId: 8,
  subject: 8,
  restingLots: 16,
  remaining: 16,
  count: 8,
  fillMarket: 8,
  fillPriceTicks: 12,
  fillTradeId: 16,
  fillMakerOrderId: 24,
  fillTakerOrderId: 32,
  fillLots: 40,
  fillMakerFeeQuanta: 48,
  fillTakerFeeQuanta: 56,
  preventedMakerOrderId: 16,
  preventedTakerOrderId: 24,
  preventedLots: 32,
} as const;

const SIZE_BY_KIND: Readonly<Record<EventKind, number>> = {
  [EventKind.Accepted]: 24,
  [EventKind.Rejected]: 16,
  [EventKind.Fill]: 64,
  [EventKind.Canceled]: 24,
  [EventKind.Prevented]: 40,
  [EventKind.CanceledAll]: 16,
  [EventKind.Amended]: 24,
  [EventKind.Shown]: 24,
  [EventKind.Triggered]: 24,
  [EventKind.Declined]: 16,
  [EventKind.Auctioned]: 64,
  [EventKind.Indicative]: 32,
  [EventKind.Pegged]: 32,
  [EventKind.MarketGuardSet]: 16,
  [EventKind.FeeTierSet]: 16,
  [EventKind.AccountFeesSet]: 16,
  [EventKind.Transferred]: 40,
  [EventKind.DeadlineSet]: 24,
  [EventKind.ProtectionSet]: 16,
  [EventKind.ProtectionTripped]: 16,
  [EventKind.MarketChanged]: 16,
  [EventKind.DeadlinePassed]: 16,
  [EventKind.AccountOpened]: 24,
  [EventKind.BalanceMoved]: 32,
  [EventKind.AssetAdded]: 16,
  [EventKind.MarketListed]: 16,
  [EventKind.MarketStateSet]: 16,
  [EventKind.TradingSet]: 16,
  [EventKind.AccountStateSet]: 16,
};

/** Bytes of an event of `kind`. */
export function eventBytes(kind: EventKind): number {
  return SIZE_BY_KIND[kind];
}
