import { U32_MAX, U64_MAX } from "@rialto/base";
import fc from "fast-check";
import {
  type Command,
  CommandKind,
  ListKind,
  MarketState,
  OrderType,
  PegKind,
  ReplaceMode,
  SelfTrade,
  Side,
  SideFilter,
  TriggerKind,
  TriggerSource,
} from "../command.ts";
import type { AccountIndex, AssetIndex, MarketIndex, OrderId } from "../ids.ts";

// Every command that has an encoding, for property tests.

const u32 = fc.integer({ min: 0, max: U32_MAX });
const u64 = fc.bigInt({ min: 0n, max: U64_MAX });
const account = u32 as fc.Arbitrary<AccountIndex>;
const asset = u32 as fc.Arbitrary<AssetIndex>;
const market = u32 as fc.Arbitrary<MarketIndex>;
const oneOf = <T>(values: Readonly<Record<string, T>>): fc.Arbitrary<T> =>
  fc.constantFrom(...Object.values(values));

const textOf = (letters: readonly number[]): string => String.fromCharCode(...letters);
const flag = fc.constantFrom(0 as const, 1 as const);

const target = fc.record({
  orderId: fc.maxSafeNat() as fc.Arbitrary<OrderId>,
  clientOrderId: u64,
});

const orderTerms = {
  market,
  account,
  side: oneOf(Side),
  orderType: oneOf(OrderType),
  selfTrade: oneOf(SelfTrade),
  priceTicks: u32,
  quantity: u64,
  clientOrderId: u64,
};

const specialTerms = {
  ...orderTerms,
  displayLots: u64,
  expiresMs: fc.maxSafeNat(),
  isHidden: flag,
  isProtected: flag,
  trigger: oneOf(TriggerKind),
  triggerSource: oneOf(TriggerSource),
  triggerTicks: u32,
  trailBasisPoints: u32,
  peg: oneOf(PegKind),
  pegTicks: u32,
};

const marketTerms = {
  state: oneOf(MarketState),
  baseAsset: asset,
  quoteAsset: asset,
  priceTicksMin: u32,
  priceTicksMax: u32,
  lotQuanta: u64,
  tickLotQuanta: u64,
  lotsMin: u64,
  lotsMax: u64,
  notionalMinQuanta: u64,
  notionalMaxQuanta: u64,
  makerFeePpm: u32,
  takerFeePpm: u32,
  bandUpPpm: u32,
  bandDownPpm: u32,
  referenceTicks: u32,
};

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant(CommandKind.Place), ...orderTerms }),
  fc.record({ kind: fc.constant(CommandKind.PlaceSpecial), ...specialTerms }),
  fc.oneof(
    fc.record({
      kind: fc.constant(CommandKind.PlaceList),
      listKind: fc.constantFrom(ListKind.OneCancelsOther, ListKind.OneTriggersOther),
      legs: fc.tuple(fc.record(specialTerms), fc.record(specialTerms)),
    }),
    fc.record({
      kind: fc.constant(CommandKind.PlaceList),
      listKind: fc.constant(ListKind.OneTriggersPair),
      legs: fc.tuple(fc.record(specialTerms), fc.record(specialTerms), fc.record(specialTerms)),
    }),
  ),
  fc.record({
    kind: fc.constant(CommandKind.Replace),
    ...orderTerms,
    target,
    mode: oneOf(ReplaceMode),
  }),
  fc.record({
    kind: fc.constant(CommandKind.Amend),
    account,
    target,
    orderType: oneOf(OrderType),
    selfTrade: oneOf(SelfTrade),
    priceTicks: u32,
    quantity: u64,
    expectedLots: u64,
  }),
  fc.record({ kind: fc.constant(CommandKind.Cancel), account, target }),
  fc.record({
    kind: fc.constant(CommandKind.CancelAll),
    account,
    market: u32,
    sides: oneOf(SideFilter),
    withFamily: flag,
  }),
  fc.record({
    kind: fc.constant(CommandKind.MassCancel),
    account,
    market: u32,
    sides: oneOf(SideFilter),
    withFamily: flag,
  }),
  fc.record({ kind: fc.constant(CommandKind.SetDeadline), account, timeoutMs: u64 }),
  fc.record({
    kind: fc.constant(CommandKind.SetProtection),
    account,
    market,
    windowMs: u32,
    lotsMax: u64,
    fillsMax: u32,
  }),
  fc.record({ kind: fc.constant(CommandKind.SetTrading), enabled: flag }),
  fc.record({
    kind: fc.constant(CommandKind.SetMarketGuard),
    market,
    upPpm: u32,
    downPpm: u32,
    windowMs: u32,
    auctionMs: u32,
  }),
  fc.record({
    kind: fc.constant(CommandKind.SetFeeTier),
    schedule: fc.nat(255),
    tier: fc.nat(255),
    asset,
    makerPpm: fc.integer(),
    takerPpm: u32,
    volumeQuanta: u64,
  }),
  fc.record({
    kind: fc.constant(CommandKind.SetAccountFees),
    account,
    scheduleAndOne: fc.nat(255),
  }),
  fc.record({ kind: fc.constant(CommandKind.OpenSubAccount), number: u64, parent: account }),
  fc.record({
    kind: fc.constant(CommandKind.Transfer),
    source: account,
    target: account,
    asset,
    quanta: u64,
    reference: u64,
  }),
  fc.record({ kind: fc.constant(CommandKind.SetAccountState), account, enabled: flag }),
  fc.record({ kind: fc.constant(CommandKind.OpenAccount), number: u64 }),
  fc.record({
    kind: fc.constantFrom(CommandKind.Deposit, CommandKind.Withdraw),
    account,
    asset,
    quanta: u64,
    reference: u64,
  }),
  fc.record({ kind: fc.constant(CommandKind.AddAsset) }),
  fc.record({
    kind: fc.constant(CommandKind.AddAsset),
    name: fc.record({
      symbol: fc
        .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 20 })
        .map(textOf),
      decimals: fc.nat(255),
    }),
  }),
  fc.record({ kind: fc.constant(CommandKind.ListMarket), ...marketTerms }),
  fc.record({
    kind: fc.constant(CommandKind.ListMarket),
    number: fc.integer({ min: 0, max: U32_MAX - 1 }) as fc.Arbitrary<MarketIndex>,
    ...marketTerms,
  }),
  fc.record({
    kind: fc.constant(CommandKind.ChangeMarket),
    market,
    changes: fc.record(marketTerms, { requiredKeys: [] }),
  }),
  fc.record({ kind: fc.constant(CommandKind.DelistMarket), market }),
  fc.record({ kind: fc.constant(CommandKind.SetMarketState), market, state: oneOf(MarketState) }),
);
