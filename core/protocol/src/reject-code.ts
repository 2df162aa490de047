/**
 * Why a command was refused. Append-only: a retired number stays, commented, and is never reused.
 * Bands: 1xxx malformed, 2xxx authority, 3xxx risk, 4xxx matching, 5xxx market state, 9xxx capacity.
 *
 * Source: docs/protocol/matching.md §4.
 */
export const RejectCode = {
  Malformed: 1001,
  UnknownMarket: 1002,
  PriceOutOfRange: 1003,
  LotsOutOfRange: 1004,
  NotionalTooSmall: 1005,
  NotionalTooLarge: 1006,
  PriceOutsideBand: 1007,
  UnknownAsset: 1008,
  AmountOutOfRange: 1009,
  InvalidListing: 1010,
  ExpiryPassed: 1011,
  InvalidFeeTier: 1012,
  UnknownFeeSchedule: 1013,

  UnknownAccount: 2001,
  NotOrderOwner: 2002,
  AccountExists: 2003,
  AccountBlocked: 2004,
  NotMasterAccount: 2005,
  NotSameMaster: 2006,
  AssetExists: 2007,

  InsufficientBalance: 3001,
  BalanceOverflow: 3002,

  UnknownOrder: 4001,
  DuplicateClientOrderId: 4002,
  WouldTake: 4003,
  WouldTrigger: 4004,
  NotAmendable: 4005,
  NotProtected: 4006,
  ProtectionTripped: 4007,
  OrderChanged: 4008,

  MarketHalted: 5001,
  MarketCancelOnly: 5002,
  MarketPostOnly: 5003,
  MarketInAuction: 5004,
  MarketClosed: 5005,
  TransitionNotAllowed: 5006,
  BookCrossed: 5007,
  TradingSuspended: 5008,
  MarketNotClosed: 5009,
  MarketNotEmpty: 5010,
  MarketsChanged: 5011,

  OrdersFull: 9001,
  LevelsFull: 9002,
  AccountsFull: 9003,
  BalancesFull: 9004,
  MarketsFull: 9005,
  AccountOrdersFull: 9006,
  AssetsFull: 9007,
  SpecialsFull: 9008,
  TrailingFull: 9009,
  VolumesFull: 9010,
  ProtectionsFull: 9011,
  PegsFull: 9012,
} as const;
export type RejectCode = (typeof RejectCode)[keyof typeof RejectCode];

const nameByCode = new Map<number, string>(
  Object.entries(RejectCode).map(([name, code]) => [code, name]),
);

/** The name of a reject code for people and metrics: "InsufficientBalance", or "Unknown(17)". */
export function rejectCodeName(code: number): string {
  return nameByCode.get(code) ?? `Unknown(${code})`;
}
