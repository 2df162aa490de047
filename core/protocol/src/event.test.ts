import { U32_MAX, U64_MAX, viewOf } from "@rialto/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CancelReason, type EngineEvent, eventBytes, EventKind } from "./event.ts";
import { decodeEvents, encodeEvent } from "./event-codec.ts";
import { MarketState } from "./command.ts";
import type { AccountIndex, AssetIndex, MarketIndex, OrderId } from "./ids.ts";
import { EVENT_BYTES_MAX } from "./limits.ts";
import { RejectCode, rejectCodeName } from "./reject-code.ts";

const u32 = fc.integer({ min: 0, max: U32_MAX });
const u64 = fc.bigInt({ min: 0n, max: U64_MAX });
const orderId = fc.maxSafeNat() as fc.Arbitrary<OrderId>;
const lots = fc.maxSafeNat();
const market = u32 as fc.Arbitrary<MarketIndex>;
const meeting = {
  command: u32,
  takerSide: fc.constantFrom(0 as const, 1 as const),
  makerDone: fc.boolean(),
  market,
  priceTicks: u32,
  makerOrderId: orderId,
  takerOrderId: orderId,
  lots,
};

const anyEvent: fc.Arbitrary<EngineEvent> = fc.oneof(
  fc.record({
    kind: fc.constant(EventKind.Accepted),
    command: u32,
    orderId,
    restingLots: lots,
    waits: fc.boolean(),
  }),
  fc.record({ kind: fc.constant(EventKind.Shown), command: u32, orderId, lots }),
  fc.record({ kind: fc.constant(EventKind.Triggered), command: u32, orderId, restingLots: lots }),
  fc.record({
    kind: fc.constant(EventKind.Declined),
    command: u32,
    code: fc.constantFrom(...Object.values(RejectCode)),
    orderId,
  }),
  fc.record({
    kind: fc.constant(EventKind.Amended),
    command: u32,
    kept: fc.boolean(),
    orderId,
    restingLots: lots,
  }),
  fc.record({
    kind: fc.constant(EventKind.Rejected),
    command: u32,
    code: fc.constantFrom(...Object.values(RejectCode)),
    subject: u64,
  }),
  fc.record({
    kind: fc.constant(EventKind.Fill),
    ...meeting,
    tradeId: fc.maxSafeNat(),
    makerRebate: fc.boolean(),
    makerFeeQuanta: u64,
    takerFeeQuanta: u64,
  }),
  fc.record({
    kind: fc.constant(EventKind.Canceled),
    command: u32,
    reason: fc.constantFrom(...Object.values(CancelReason)),
    orderId,
    remaining: u64,
  }),
  fc.record({ kind: fc.constant(EventKind.Prevented), ...meeting }),
  fc.record({
    kind: fc.constant(EventKind.CanceledAll),
    command: u32,
    count: u32,
    more: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant(EventKind.Auctioned),
    command: u32,
    buyDone: fc.boolean(),
    sellDone: fc.boolean(),
    market,
    priceTicks: u32,
    tradeId: fc.maxSafeNat(),
    buyOrderId: orderId,
    sellOrderId: orderId,
    lots,
    buyFeeQuanta: u64,
    sellFeeQuanta: u64,
  }),
  fc.record({
    kind: fc.constant(EventKind.Indicative),
    command: u32,
    surplusSide: fc.constantFrom(0 as const, 1 as const),
    market,
    priceTicks: u32,
    lots: u64,
    surplusLots: u64,
  }),
  fc.record({
    kind: fc.constantFrom(EventKind.ProtectionSet, EventKind.ProtectionTripped),
    command: u32,
    account: u32 as fc.Arbitrary<AccountIndex>,
    market,
  }),
  fc.record({
    kind: fc.constant(EventKind.Pegged),
    command: u32,
    orderId,
    restingLots: lots,
    priceTicks: u32,
  }),
  fc.record({ kind: fc.constant(EventKind.MarketGuardSet), command: u32, market }),
  fc.record({ kind: fc.constant(EventKind.MarketChanged), command: u32, market }),
  fc.record({ kind: fc.constant(EventKind.TradingSet), command: u32, enabled: fc.boolean() }),
  fc.record({
    kind: fc.constant(EventKind.AccountStateSet),
    command: u32,
    enabled: fc.boolean(),
    account: u32 as fc.Arbitrary<AccountIndex>,
  }),
  fc.record({
    kind: fc.constant(EventKind.AccountOpened),
    command: u32,
    account: u32 as fc.Arbitrary<AccountIndex>,
    parent: u32 as fc.Arbitrary<AccountIndex>,
    number: u64,
  }),
  fc.record({
    kind: fc.constant(EventKind.FeeTierSet),
    command: u32,
    schedule: fc.nat(255),
    tier: fc.nat(255),
  }),
  fc.record({
    kind: fc.constant(EventKind.AccountFeesSet),
    command: u32,
    scheduleAndOne: fc.nat(255),
    account: u32 as fc.Arbitrary<AccountIndex>,
  }),
  fc.record({
    kind: fc.constant(EventKind.DeadlineSet),
    command: u32,
    account: u32 as fc.Arbitrary<AccountIndex>,
    deadlineMs: fc.maxSafeNat(),
  }),
  fc.record({
    kind: fc.constant(EventKind.DeadlinePassed),
    command: u32,
    account: u32 as fc.Arbitrary<AccountIndex>,
  }),
  fc.record({
    kind: fc.constant(EventKind.Transferred),
    command: u32,
    source: u32 as fc.Arbitrary<AccountIndex>,
    target: u32 as fc.Arbitrary<AccountIndex>,
    asset: u32 as fc.Arbitrary<AssetIndex>,
    quanta: u64,
    reference: u64,
  }),
  fc.record({
    kind: fc.constant(EventKind.BalanceMoved),
    command: u32,
    out: fc.boolean(),
    account: u32 as fc.Arbitrary<AccountIndex>,
    asset: u32 as fc.Arbitrary<AssetIndex>,
    quanta: u64,
    reference: u64,
  }),
  fc.record({
    kind: fc.constant(EventKind.AssetAdded),
    command: u32,
    asset: u32 as fc.Arbitrary<AssetIndex>,
  }),
  fc.record({ kind: fc.constant(EventKind.MarketListed), command: u32, market }),
  fc.record({
    kind: fc.constant(EventKind.MarketStateSet),
    command: u32,
    state: fc.constantFrom(...Object.values(MarketState)),
    market,
  }),
);

test("every event decodes to itself and takes the bytes its kind says", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 8 }), (events) => {
      const bytes = new Uint8Array(events.length * EVENT_BYTES_MAX);
      let at = 0;
      for (const event of events) {
        const end = encodeEvent(viewOf(bytes), at, event);
        expect(end - at).toBe(eventBytes(event.kind));
        expect(bytes[at + 1]).toBe((end - at) / 8);
        at = end;
      }
      expect(decodeEvents(bytes.subarray(0, at))).toEqual(events);
    }),
    { seed: 1, numRuns: 3_000 },
  );
});

test("no event is longer than the bound", () => {
  for (const kind of Object.values(EventKind)) {
    expect(eventBytes(kind)).toBeLessThanOrEqual(EVENT_BYTES_MAX);
  }
});

test("reject codes are in their bands and have one name each", () => {
  const codes = Object.values(RejectCode);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect([1, 2, 3, 4, 5, 9]).toContain(Math.floor(code / 1_000));
  expect(rejectCodeName(RejectCode.WouldTake)).toBe("WouldTake");
  expect(rejectCodeName(17)).toBe("Unknown(17)");
});
