import { viewOf } from "@rialto/base";
import {
  CommandKind,
  encodeCommand,
  MarketState,
  NO_ORDER,
  OrderType,
  SelfTrade,
  Side,
  type AccountIndex,
  type AssetIndex,
  type Command,
  type MarketIndex,
  type MarketTerms,
  type OrderTerms,
  type SpecialTerms,
  NOTHING_SPECIAL,
} from "@rialto/protocol";
import type { Engine, EngineLimits } from "../engine.ts";

// What unit tests need of an engine in a few words.

export const SMALL_LIMITS: EngineLimits = {
  ordersMax: 40_000,
  levelPagesMax: 1_000,
  accountsMax: 100,
  balancesMax: 400,
  assetsMax: 10,
  marketsMax: 10,
  ladderEntriesMax: 100_000,
  accountOrdersMax: 40_000,
  specialsMax: 1_000,
  volumesMax: 100,
};

export const BTC: AssetIndex = 0 as AssetIndex;
export const USD: AssetIndex = 1 as AssetIndex;
export const BTC_USD: MarketIndex = 0 as MarketIndex;
export const ALICE: AccountIndex = 1 as AccountIndex;
export const BOB: AccountIndex = 2 as AccountIndex;

export const SMALL_TERMS: MarketTerms = {
  state: MarketState.Trading,
  baseAsset: BTC,
  quoteAsset: USD,
  priceTicksMin: 1,
  priceTicksMax: 10_000,
  lotQuanta: 1n,
  tickLotQuanta: 1n,
  lotsMin: 1n,
  lotsMax: 1_000_000n,
  notionalMinQuanta: 1n,
  notionalMaxQuanta: 1_000_000_000_000n,
  makerFeePpm: 1_000,
  takerFeePpm: 2_000,
  bandUpPpm: 0,
  bandDownPpm: 0,
  referenceTicks: 1_000,
};

/** A market, and two accounts that have a million of both assets. */
export const SMALL_OPENING: readonly Command[] = [
  { kind: CommandKind.AddAsset },
  { kind: CommandKind.AddAsset },
  { kind: CommandKind.ListMarket, ...SMALL_TERMS },
  { kind: CommandKind.OpenAccount, number: 11n },
  { kind: CommandKind.OpenAccount, number: 22n },
  ...[ALICE, BOB].flatMap((account) =>
    [BTC, USD].map((asset): Command => {
      return { kind: CommandKind.Deposit, account, asset, quanta: 1_000_000n, reference: 0n };
    }),
  ),
];

function orderTerms(terms: Partial<OrderTerms>): OrderTerms {
  return {
    market: BTC_USD,
    account: ALICE,
    side: Side.Buy,
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks: 100,
    quantity: 1n,
    clientOrderId: 0n,
    ...terms,
  };
}

/** A limit order in the small market, but for what `terms` says. */
export function place(terms: Partial<OrderTerms>): Command {
  return { kind: CommandKind.Place, ...orderTerms(terms) };
}

/** An order with some of the terms that plain ones do not have. */
export function placeSpecial(terms: Partial<SpecialTerms>): Command {
  return {
    kind: CommandKind.PlaceSpecial,
    ...orderTerms(terms),
    ...NOTHING_SPECIAL,
    ...terms,
  };
}

/** A cancel that names an order by its client's id. */
export function cancelClient(account: AccountIndex, clientOrderId: bigint): Command {
  return { kind: CommandKind.Cancel, account, target: { orderId: NO_ORDER, clientOrderId } };
}

/** Writes `commands` into the engine's buffer. Returns how many bytes they take. */
export function write(engine: Engine, commands: readonly Command[]): number {
  const view = viewOf(engine.commands);
  let end = 0;
  for (const command of commands) end = encodeCommand(view, end, command);
  return end;
}

/** Executes `commands`. Returns the bytes of all their events. */
export function execute(engine: Engine, commands: readonly Command[], nowMs: number): Uint8Array {
  const end = write(engine, commands);
  const all: number[] = [];
  for (let offset = 0; offset < end;) {
    offset = engine.execute(offset, end, nowMs);
    for (const byte of engine.events.subarray(0, engine.eventBytes)) all.push(byte);
  }
  return Uint8Array.from(all);
}
