import { fail, Fault, getSafeU64, viewOf } from "@rialto/base";
import type { AccountIndex, AssetIndex, MarketIndex, OrderId } from "./ids.ts";
import { COMMAND_BUFFER_BYTES } from "./limits.ts";

// A command asks the engine to change state. Its bytes are what is journaled, replicated and signed:
// little-endian, fixed places, zero wherever the drawings say 0, so each command has one encoding.
//
// Source: docs/protocol/matching.md §2.

export const CommandKind = {
  Place: 1,
  Cancel: 2,
  CancelAll: 3,
  Replace: 4,
  OpenAccount: 16,
  Deposit: 17,
  Withdraw: 18,
  AddAsset: 19,
  ListMarket: 20,
  SetMarketState: 21,
  MassCancel: 22,
  SetTrading: 23,
  SetAccountState: 24,
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

/** What happens when an order meets an order of its own account. The taker's mode decides. */
export const SelfTrade = {
  Allow: 0,
  ExpireTaker: 1,
  ExpireMaker: 2,
  ExpireBoth: 3,
  Decrement: 4,
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
} as const;
export type MarketState = (typeof MarketState)[keyof typeof MarketState];

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

/** Names an order by exactly one of the two ids; the other is 0. */
export interface OrderTarget {
  readonly orderId: OrderId;
  readonly clientOrderId: bigint;
}

/** The terms on which a market trades, fixed at listing. */
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
    }
  | ({
      readonly kind: typeof CommandKind.Replace;
      readonly target: OrderTarget;
      readonly mode: ReplaceMode;
    } & OrderTerms)
  | { readonly kind: typeof CommandKind.OpenAccount; readonly number: bigint }
  | {
      readonly kind: typeof CommandKind.Deposit | typeof CommandKind.Withdraw;
      readonly account: AccountIndex;
      readonly asset: AssetIndex;
      readonly quanta: bigint;
      /** Echoed in the event: the transfer's identity outside. */
      readonly reference: bigint;
    }
  | { readonly kind: typeof CommandKind.AddAsset }
  | ({ readonly kind: typeof CommandKind.ListMarket } & MarketTerms)
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
    }
  | {
      readonly kind: typeof CommandKind.SetTrading;
      /** False stops all trading: the operator's kill switch. */
      readonly enabled: Switch;
    }
  | {
      readonly kind: typeof CommandKind.SetAccountState;
      readonly account: AccountIndex;
      /** 0 keeps the account from placing orders. */
      readonly enabled: Switch;
    };

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
// CANCEL, 32 bytes
//       +------+--------------------+------+--------+------------+----------+---------------+
//       | kind | 0                  | 0    | accnt  | 0          | orderId  | clientOrderId |
//       +------+--------------------+------+--------+------------+----------+---------------+
// CANCEL_ALL, 32 bytes
//       +------+------+-------------+------+--------+---------------------------------------+
//       | kind | side | 0           | mkt  | accnt  | 0                                     |
//       +------+------+-------------+------+--------+---------------------------------------+
// OPEN_ACCOUNT, 32 bytes
//       +------+--------------------+------+--------+------------+----------+---------------+
//       | kind | 0                  | 0    | 0      | 0          | number   | 0             |
//       +------+--------------------+------+--------+------------+----------+---------------+
// DEPOSIT, WITHDRAW, 32 bytes
//       +------+--------------------+------+--------+------------+----------+---------------+
//       | kind | 0                  | asset| accnt  | 0          | quanta   | reference     |
//       +------+--------------------+------+--------+------------+----------+---------------+
// ADD_ASSET, 32 bytes: kind, then 0
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
//       | makerFeePpm | takerFeePpm | bandUpPpm | bandDownPpm | referenceTicks | 0        |
//       +-------------+-------------+-----------+-------------+----------------+----------+

/** Places of fields that more than one program reads: the engines, the benchmarks, the gateway. */
export const CommandOffset = {
  kind: 0,
  side: 1,
  orderType: 2,
  selfTrade: 3,
  state: 1,
  replaceMode: 48,
  market: 4,
  asset: 4,
  account: 8,
  priceTicks: 12,
  quantity: 16,
  clientOrderId: 24,
  targetOrderId: 32,
  targetClientOrderId: 40,
  number: 16,
  reference: 24,
} as const;

/** Bytes of every command but the ones named below. */
export const COMMAND_BYTES = 32;
export const REPLACE_BYTES = 64;
export const LIST_MARKET_BYTES = 96;

/** Bytes of a command of `kind`. A kind that does not exist takes the common size, and is rejected. */
export function commandBytes(kind: number): number {
  if (kind === CommandKind.Replace) return REPLACE_BYTES;
  return kind === CommandKind.ListMarket ? LIST_MARKET_BYTES : COMMAND_BYTES;
}

/**
 * Writes `command` at `offset` and returns the offset behind it.
 *
 * Effects  overwrites exactly `commandBytes(command.kind)` bytes.
 * Errors   none: numbers out of their field's range are a bug of the caller.
 */
export function encodeCommand(view: DataView, offset: number, command: Command): number {
  const end = offset + commandBytes(command.kind);
  for (let at = offset; at < end; at += 8) view.setBigUint64(at, 0n, true);
  view.setUint8(offset, command.kind);
  switch (command.kind) {
    case CommandKind.Place:
      encodeOrderTerms(view, offset, command);
      break;
    case CommandKind.Replace:
      encodeOrderTerms(view, offset, command);
      setU64(view, offset + CommandOffset.targetOrderId, BigInt(command.target.orderId));
      setU64(view, offset + CommandOffset.targetClientOrderId, command.target.clientOrderId);
      view.setUint8(offset + CommandOffset.replaceMode, command.mode);
      break;
    case CommandKind.Cancel:
      view.setUint32(offset + CommandOffset.account, command.account, true);
      setU64(view, offset + 16, BigInt(command.target.orderId));
      setU64(view, offset + CommandOffset.clientOrderId, command.target.clientOrderId);
      break;
    case CommandKind.CancelAll:
    case CommandKind.MassCancel:
      view.setUint8(offset + CommandOffset.side, command.sides);
      view.setUint32(offset + CommandOffset.market, command.market, true);
      view.setUint32(offset + CommandOffset.account, command.account, true);
      break;
    case CommandKind.OpenAccount:
      setU64(view, offset + CommandOffset.number, command.number);
      break;
    case CommandKind.Deposit:
    case CommandKind.Withdraw:
      view.setUint32(offset + CommandOffset.asset, command.asset, true);
      view.setUint32(offset + CommandOffset.account, command.account, true);
      setU64(view, offset + 16, command.quanta);
      setU64(view, offset + CommandOffset.reference, command.reference);
      break;
    case CommandKind.AddAsset:
      break;
    case CommandKind.ListMarket:
      encodeMarketTerms(view, offset, command);
      break;
    case CommandKind.SetMarketState:
      view.setUint8(offset + CommandOffset.state, command.state);
      view.setUint32(offset + CommandOffset.market, command.market, true);
      break;
    case CommandKind.SetTrading:
      view.setUint8(offset + CommandOffset.state, command.enabled);
      break;
    case CommandKind.SetAccountState:
      view.setUint8(offset + CommandOffset.state, command.enabled);
      view.setUint32(offset + CommandOffset.account, command.account, true);
      break;
  }
  return end;
}

function encodeOrderTerms(view: DataView, offset: number, terms: OrderTerms): void {
  view.setUint8(offset + CommandOffset.side, terms.side);
  view.setUint8(offset + CommandOffset.orderType, terms.orderType);
  view.setUint8(offset + CommandOffset.selfTrade, terms.selfTrade);
  view.setUint32(offset + CommandOffset.market, terms.market, true);
  view.setUint32(offset + CommandOffset.account, terms.account, true);
  view.setUint32(offset + CommandOffset.priceTicks, terms.priceTicks, true);
  setU64(view, offset + CommandOffset.quantity, terms.quantity);
  setU64(view, offset + CommandOffset.clientOrderId, terms.clientOrderId);
}

/** Writes the body of LIST_MARKET: bytes 1 to 92 of its drawing. */
export function encodeMarketTerms(view: DataView, offset: number, terms: MarketTerms): void {
  view.setUint8(offset + CommandOffset.state, terms.state);
  view.setUint32(offset + 8, terms.baseAsset, true);
  view.setUint32(offset + 12, terms.quoteAsset, true);
  view.setUint32(offset + 16, terms.priceTicksMin, true);
  view.setUint32(offset + 20, terms.priceTicksMax, true);
  setU64(view, offset + 24, terms.lotQuanta);
  setU64(view, offset + 32, terms.tickLotQuanta);
  setU64(view, offset + 40, terms.lotsMin);
  setU64(view, offset + 48, terms.lotsMax);
  setU64(view, offset + 56, terms.notionalMinQuanta);
  setU64(view, offset + 64, terms.notionalMaxQuanta);
  view.setUint32(offset + 72, terms.makerFeePpm, true);
  view.setUint32(offset + 76, terms.takerFeePpm, true);
  view.setUint32(offset + 80, terms.bandUpPpm, true);
  view.setUint32(offset + 84, terms.bandDownPpm, true);
  view.setUint32(offset + 88, terms.referenceTicks, true);
}

function setU64(view: DataView, offset: number, value: bigint): void {
  if (value < 0n || value >= 1n << 64n) fail("a command's 64-bit field is in range");
  view.setBigUint64(offset, value, true);
}

/**
 * Reads the command at `offset` of bytes that `parseCommands` accepted. Fields are read as they
 * stand: the engine, not the codec, says what it thinks of a price or an account.
 *
 * Errors   an `InvariantError` for a kind that does not exist.
 */
export function decodeCommand(view: DataView, offset: number): Command {
  const kind = view.getUint8(offset) as CommandKind;
  const market = view.getUint32(offset + CommandOffset.market, true) as MarketIndex;
  const account = view.getUint32(offset + CommandOffset.account, true) as AccountIndex;
  const at16 = view.getBigUint64(offset + 16, true);
  const at24 = view.getBigUint64(offset + 24, true);
  switch (kind) {
    case CommandKind.Place:
      return { kind, ...decodeOrderTerms(view, offset) };
    case CommandKind.Replace:
      return {
        kind,
        ...decodeOrderTerms(view, offset),
        target: decodeTarget(view, offset + CommandOffset.targetOrderId),
        mode: view.getUint8(offset + CommandOffset.replaceMode) as ReplaceMode,
      };
    case CommandKind.Cancel:
      return { kind, account, target: decodeTarget(view, offset + 16) };
    case CommandKind.CancelAll:
    case CommandKind.MassCancel:
      return { kind, account, market, sides: view.getUint8(offset + 1) as SideFilter };
    case CommandKind.OpenAccount:
      return { kind, number: at16 };
    case CommandKind.Deposit:
    case CommandKind.Withdraw:
      return {
        kind,
        account,
        asset: market as number as AssetIndex,
        quanta: at16,
        reference: at24,
      };
    case CommandKind.AddAsset:
      return { kind };
    case CommandKind.ListMarket:
      return { kind, ...decodeMarketTerms(view, offset) };
    case CommandKind.SetMarketState:
      return { kind, market, state: view.getUint8(offset + 1) as MarketState };
    case CommandKind.SetTrading:
      return { kind, enabled: view.getUint8(offset + 1) as Switch };
    case CommandKind.SetAccountState:
      return { kind, account, enabled: view.getUint8(offset + 1) as Switch };
    default:
      return fail("a decoded command is of a known kind");
  }
}

function decodeOrderTerms(view: DataView, offset: number): OrderTerms {
  return {
    side: view.getUint8(offset + CommandOffset.side) as Side,
    orderType: view.getUint8(offset + CommandOffset.orderType) as OrderType,
    selfTrade: view.getUint8(offset + CommandOffset.selfTrade) as SelfTrade,
    market: view.getUint32(offset + CommandOffset.market, true) as MarketIndex,
    account: view.getUint32(offset + CommandOffset.account, true) as AccountIndex,
    priceTicks: view.getUint32(offset + CommandOffset.priceTicks, true),
    quantity: view.getBigUint64(offset + CommandOffset.quantity, true),
    clientOrderId: view.getBigUint64(offset + CommandOffset.clientOrderId, true),
  };
}

function decodeTarget(view: DataView, offset: number): OrderTarget {
  return {
    orderId: getSafeU64(view, offset) as OrderId,
    clientOrderId: view.getBigUint64(offset + 8, true),
  };
}

function decodeMarketTerms(view: DataView, offset: number): MarketTerms {
  return {
    state: view.getUint8(offset + CommandOffset.state) as MarketState,
    baseAsset: view.getUint32(offset + 8, true) as AssetIndex,
    quoteAsset: view.getUint32(offset + 12, true) as AssetIndex,
    priceTicksMin: view.getUint32(offset + 16, true),
    priceTicksMax: view.getUint32(offset + 20, true),
    lotQuanta: view.getBigUint64(offset + 24, true),
    tickLotQuanta: view.getBigUint64(offset + 32, true),
    lotsMin: view.getBigUint64(offset + 40, true),
    lotsMax: view.getBigUint64(offset + 48, true),
    notionalMinQuanta: view.getBigUint64(offset + 56, true),
    notionalMaxQuanta: view.getBigUint64(offset + 64, true),
    makerFeePpm: view.getUint32(offset + 72, true),
    takerFeePpm: view.getUint32(offset + 76, true),
    bandUpPpm: view.getUint32(offset + 80, true),
    bandDownPpm: view.getUint32(offset + 84, true),
    referenceTicks: view.getUint32(offset + 88, true),
  };
}

export type CommandFaultDetail =
  | { readonly code: "COMMANDS_TOO_LARGE"; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: "COMMAND_KIND_UNKNOWN"; readonly offset: number; readonly kind: number }
  | { readonly code: "COMMAND_TRUNCATED"; readonly offset: number; readonly bytes: number }
  | { readonly code: "COMMAND_NOT_CANONICAL"; readonly offset: number };

/**
 * Checks that untrusted `bytes` are whole commands of known kinds in their only encoding.
 *
 * Returns  how many commands there are, or what is wrong with the first bad one.
 * Errors   a fault is returned, not thrown: hostile bytes are the normal case here.
 */
export function parseCommands(bytes: Uint8Array): number | Fault<CommandFaultDetail> {
  if (bytes.length > COMMAND_BUFFER_BYTES) {
    const detail = { bytes: bytes.length, bytesMax: COMMAND_BUFFER_BYTES } as const;
    return new Fault({ code: "COMMANDS_TOO_LARGE", ...detail }, "error");
  }
  const view = viewOf(bytes);
  let count = 0;
  for (let offset = 0; offset < bytes.length; count++) {
    const kind = view.getUint8(offset);
    const zeros = ZERO_BITS[kind];
    if (zeros === undefined) {
      return new Fault({ code: "COMMAND_KIND_UNKNOWN", offset, kind }, "error");
    }
    if (offset + zeros.length * 4 > bytes.length) {
      return new Fault({ code: "COMMAND_TRUNCATED", offset, bytes: bytes.length }, "error");
    }
    for (let word = 0; word < zeros.length; word++) {
      if ((view.getUint32(offset + word * 4, true) & zeros[word]!) !== 0) {
        return new Fault({ code: "COMMAND_NOT_CANONICAL", offset }, "error");
      }
    }
    offset += zeros.length * 4;
  }
  return count;
}

const ALL = 0xffff_ffff;
/** Of the first word, which holds the kind and up to three bytes: what is left after one, or two. */
const AFTER_ONE = 0xffff_ff00;
const AFTER_TWO = 0xffff_0000;
/** Of the high word of an order id, which is a safe integer. */
const UNSAFE = 0xffe0_0000;

/** Bits that must be 0 in the words of a command of `size` bytes: `[word, bits]` pairs, 0 elsewhere. */
function zeroBits(size: number, ...pairs: readonly (readonly [number, number])[]): Uint32Array {
  const words = new Uint32Array(size / 4);
  for (const [word, bits] of pairs) words[word] = bits;
  return words;
}

const MOVE_ZEROS: Uint32Array = zeroBits(COMMAND_BYTES, [0, AFTER_ONE], [3, ALL]);
const CANCEL_ALL_ZEROS: Uint32Array = Uint32Array.of(AFTER_TWO, 0, 0, ALL, ALL, ALL, ALL, ALL);
/** For each kind, for each 32-bit word of its drawing, the bits that must be 0. */
const ZERO_BITS: Readonly<Record<number, Uint32Array>> = {
  [CommandKind.Place]: zeroBits(COMMAND_BYTES),
  [CommandKind.Replace]: zeroBits(
    REPLACE_BYTES,
    [9, UNSAFE],
    [12, AFTER_ONE],
    [13, ALL],
    [14, ALL],
    [15, ALL],
  ),
  [CommandKind.Cancel]: zeroBits(COMMAND_BYTES, [0, AFTER_ONE], [1, ALL], [3, ALL], [5, UNSAFE]),
  [CommandKind.CancelAll]: CANCEL_ALL_ZEROS,
  [CommandKind.MassCancel]: CANCEL_ALL_ZEROS,
  [CommandKind.SetTrading]: Uint32Array.of(AFTER_TWO, ALL, ALL, ALL, ALL, ALL, ALL, ALL),
  [CommandKind.SetAccountState]: Uint32Array.of(AFTER_TWO, ALL, 0, ALL, ALL, ALL, ALL, ALL),
  [CommandKind.OpenAccount]: Uint32Array.of(AFTER_ONE, ALL, ALL, ALL, 0, 0, ALL, ALL),
  [CommandKind.Deposit]: MOVE_ZEROS,
  [CommandKind.Withdraw]: MOVE_ZEROS,
  [CommandKind.AddAsset]: Uint32Array.of(AFTER_ONE, ALL, ALL, ALL, ALL, ALL, ALL, ALL),
  [CommandKind.ListMarket]: zeroBits(LIST_MARKET_BYTES, [0, AFTER_TWO], [1, ALL], [23, ALL]),
  [CommandKind.SetMarketState]: Uint32Array.of(AFTER_TWO, 0, ALL, ALL, ALL, ALL, ALL, ALL),
};
