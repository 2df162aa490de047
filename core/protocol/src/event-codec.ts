import { fail, getSafeU64, setSafeU64 } from "@rialto/base";
import type { MarketState, Side } from "./command.ts";
import {
  type CancelReason,
  type EngineEvent,
  eventBytes,
  EventKind,
  EventOffset,
} from "./event.ts";
import type { AccountIndex, AssetIndex, MarketIndex, OrderId } from "./ids.ts";
import type { RejectCode } from "./reject-code.ts";

// The bytes of events, as event.ts draws them.

/**
 * Writes `event` at `offset` and returns the offset behind it.
 *
 * Effects  overwrites exactly `eventBytes(event.kind)` bytes.
 */
export function encodeEvent(view: DataView, offset: number, event: EngineEvent): number {
  const size = eventBytes(event.kind);
  for (let at = offset; at < offset + size; at += 8) view.setBigUint64(at, 0n, true);
  view.setUint8(offset + EventOffset.kind, event.kind);
  view.setUint8(offset + EventOffset.size, size / 8);
  view.setUint32(offset + EventOffset.command, event.command, true);
  switch (event.kind) {
    case EventKind.Accepted:
      view.setUint8(offset + EventOffset.a, event.waits ? 1 : 0);
      setSafeU64(view, offset + EventOffset.orderId, event.orderId);
      setSafeU64(view, offset + EventOffset.restingLots, event.restingLots);
      break;
    case EventKind.Amended:
      view.setUint8(offset + EventOffset.a, event.kept ? 1 : 0);
      setSafeU64(view, offset + EventOffset.orderId, event.orderId);
      setSafeU64(view, offset + EventOffset.restingLots, event.restingLots);
      break;
    case EventKind.Rejected:
      view.setUint16(offset + EventOffset.rejectCode, event.code, true);
      view.setBigUint64(offset + EventOffset.subject, event.subject, true);
      break;
    case EventKind.Fill:
      encodeMeeting(view, offset, event);
      view.setUint8(
        offset + EventOffset.b,
        (event.makerDone ? 1 : 0) | (event.makerRebate ? 2 : 0),
      );
      setSafeU64(view, offset + EventOffset.fillTradeId, event.tradeId);
      setSafeU64(view, offset + EventOffset.fillMakerOrderId, event.makerOrderId);
      setSafeU64(view, offset + EventOffset.fillTakerOrderId, event.takerOrderId);
      setSafeU64(view, offset + EventOffset.fillLots, event.lots);
      view.setBigUint64(offset + EventOffset.fillMakerFeeQuanta, event.makerFeeQuanta, true);
      view.setBigUint64(offset + EventOffset.fillTakerFeeQuanta, event.takerFeeQuanta, true);
      break;
    case EventKind.Canceled:
      view.setUint8(offset + EventOffset.a, event.reason);
      setSafeU64(view, offset + EventOffset.orderId, event.orderId);
      view.setBigUint64(offset + EventOffset.remaining, event.remaining, true);
      break;
    case EventKind.Prevented:
      encodeMeeting(view, offset, event);
      setSafeU64(view, offset + EventOffset.preventedMakerOrderId, event.makerOrderId);
      setSafeU64(view, offset + EventOffset.preventedTakerOrderId, event.takerOrderId);
      setSafeU64(view, offset + EventOffset.preventedLots, event.lots);
      break;
    case EventKind.CanceledAll:
      view.setUint8(offset + EventOffset.a, event.more ? 1 : 0);
      view.setUint32(offset + EventOffset.count, event.count, true);
      break;
    case EventKind.Auctioned:
    case EventKind.Indicative:
      encodeAuctionEvent(view, offset, event);
      break;
    case EventKind.Shown:
    case EventKind.Triggered:
    case EventKind.Declined:
    case EventKind.Pegged:
      encodeOrderEvent(view, offset, event);
      break;
    default:
      encodeLedgerEvent(view, offset, event);
  }
  return offset + size;
}

/** Writes what else can become of an order. */
function encodeOrderEvent(view: DataView, offset: number, event: EngineEvent): void {
  switch (event.kind) {
    case EventKind.Shown:
      setSafeU64(view, offset + EventOffset.orderId, event.orderId);
      setSafeU64(view, offset + EventOffset.restingLots, event.lots);
      break;
    case EventKind.Triggered:
      setSafeU64(view, offset + EventOffset.orderId, event.orderId);
      setSafeU64(view, offset + EventOffset.restingLots, event.restingLots);
      break;
    case EventKind.Declined:
      view.setUint16(offset + EventOffset.rejectCode, event.code, true);
      setSafeU64(view, offset + EventOffset.orderId, event.orderId);
      break;
    case EventKind.Pegged:
      setSafeU64(view, offset + EventOffset.orderId, event.orderId);
      setSafeU64(view, offset + EventOffset.restingLots, event.restingLots);
      view.setUint32(offset + 24, event.priceTicks, true);
      break;
    default:
      fail("an encoded event is of a known kind");
  }
}

function encodeLedgerEvent(view: DataView, offset: number, event: EngineEvent): void {
  switch (event.kind) {
    case EventKind.AccountOpened:
      view.setUint32(offset + 8, event.account, true);
      view.setUint32(offset + 12, event.parent, true);
      view.setBigUint64(offset + 16, event.number, true);
      break;
    case EventKind.FeeTierSet:
      view.setUint8(offset + EventOffset.a, event.schedule);
      view.setUint8(offset + EventOffset.b, event.tier);
      break;
    case EventKind.AccountFeesSet:
      view.setUint8(offset + EventOffset.a, event.scheduleAndOne);
      view.setUint32(offset + 8, event.account, true);
      break;
    case EventKind.ProtectionSet:
    case EventKind.ProtectionTripped:
      view.setUint32(offset + 8, event.account, true);
      view.setUint32(offset + 12, event.market, true);
      break;
    case EventKind.DeadlineSet:
      view.setUint32(offset + 8, event.account, true);
      setSafeU64(view, offset + 16, event.deadlineMs);
      break;
    case EventKind.DeadlinePassed:
      view.setUint32(offset + 8, event.account, true);
      break;
    case EventKind.Transferred:
      view.setUint32(offset + 8, event.source, true);
      view.setUint32(offset + 12, event.target, true);
      view.setUint32(offset + 16, event.asset, true);
      view.setBigUint64(offset + 24, event.quanta, true);
      view.setBigUint64(offset + 32, event.reference, true);
      break;
    case EventKind.BalanceMoved:
      view.setUint8(offset + EventOffset.a, event.out ? 1 : 0);
      view.setUint32(offset + 8, event.account, true);
      view.setUint32(offset + 12, event.asset, true);
      view.setBigUint64(offset + 16, event.quanta, true);
      view.setBigUint64(offset + 24, event.reference, true);
      break;
    case EventKind.AssetAdded:
      view.setUint32(offset + 8, event.asset, true);
      break;
    case EventKind.MarketListed:
      view.setUint32(offset + 8, event.market, true);
      break;
    case EventKind.MarketStateSet:
      view.setUint8(offset + EventOffset.a, event.state);
      view.setUint32(offset + 8, event.market, true);
      break;
    case EventKind.MarketChanged:
    case EventKind.MarketGuardSet:
      view.setUint32(offset + 8, event.market, true);
      break;
    case EventKind.TradingSet:
      view.setUint8(offset + EventOffset.a, event.enabled ? 1 : 0);
      break;
    case EventKind.AccountStateSet:
      view.setUint8(offset + EventOffset.a, event.enabled ? 1 : 0);
      view.setUint32(offset + 8, event.account, true);
      break;
    default:
      fail("an encoded event is of a known kind");
  }
}

type AuctionEvent = Extract<
  EngineEvent,
  { readonly kind: typeof EventKind.Auctioned | typeof EventKind.Indicative }
>;

function encodeAuctionEvent(view: DataView, offset: number, event: AuctionEvent): void {
  view.setUint32(offset + EventOffset.fillMarket, event.market, true);
  view.setUint32(offset + EventOffset.fillPriceTicks, event.priceTicks, true);
  if (event.kind === EventKind.Indicative) {
    view.setUint8(offset + EventOffset.a, event.surplusSide);
    view.setBigUint64(offset + 16, event.lots, true);
    view.setBigUint64(offset + 24, event.surplusLots, true);
    return;
  }
  view.setUint8(offset + EventOffset.a, event.buyDone ? 1 : 0);
  view.setUint8(offset + EventOffset.b, event.sellDone ? 1 : 0);
  setSafeU64(view, offset + EventOffset.fillTradeId, event.tradeId);
  setSafeU64(view, offset + EventOffset.fillMakerOrderId, event.buyOrderId);
  setSafeU64(view, offset + EventOffset.fillTakerOrderId, event.sellOrderId);
  setSafeU64(view, offset + EventOffset.fillLots, event.lots);
  view.setBigUint64(offset + EventOffset.fillMakerFeeQuanta, event.buyFeeQuanta, true);
  view.setBigUint64(offset + EventOffset.fillTakerFeeQuanta, event.sellFeeQuanta, true);
}

function decodeAuctionEvent(
  view: DataView,
  offset: number,
  kind: AuctionEvent["kind"],
): AuctionEvent {
  const command = view.getUint32(offset + EventOffset.command, true);
  const a = view.getUint8(offset + EventOffset.a);
  const market = view.getUint32(offset + EventOffset.fillMarket, true) as MarketIndex;
  const priceTicks = view.getUint32(offset + EventOffset.fillPriceTicks, true);
  if (kind === EventKind.Indicative) {
    return {
      kind,
      command,
      surplusSide: a as Side,
      market,
      priceTicks,
      lots: view.getBigUint64(offset + 16, true),
      surplusLots: view.getBigUint64(offset + 24, true),
    };
  }
  return {
    kind,
    command,
    buyDone: a === 1,
    sellDone: view.getUint8(offset + EventOffset.b) === 1,
    market,
    priceTicks,
    tradeId: getSafeU64(view, offset + EventOffset.fillTradeId),
    buyOrderId: getSafeU64(view, offset + EventOffset.fillMakerOrderId) as OrderId,
    sellOrderId: getSafeU64(view, offset + EventOffset.fillTakerOrderId) as OrderId,
    lots: getSafeU64(view, offset + EventOffset.fillLots),
    buyFeeQuanta: view.getBigUint64(offset + EventOffset.fillMakerFeeQuanta, true),
    sellFeeQuanta: view.getBigUint64(offset + EventOffset.fillTakerFeeQuanta, true),
  };
}

interface Meeting {
  readonly takerSide: Side;
  readonly makerDone: boolean;
  readonly market: MarketIndex;
  readonly priceTicks: number;
}

function encodeMeeting(view: DataView, offset: number, meeting: Meeting): void {
  view.setUint8(offset + EventOffset.a, meeting.takerSide);
  view.setUint8(offset + EventOffset.b, meeting.makerDone ? 1 : 0);
  view.setUint32(offset + EventOffset.fillMarket, meeting.market, true);
  view.setUint32(offset + EventOffset.fillPriceTicks, meeting.priceTicks, true);
}

/** Reads the event at `offset` of an engine's output. */
export function decodeEvent(view: DataView, offset: number): EngineEvent {
  const kind = view.getUint8(offset) as EventKind;
  const command = view.getUint32(offset + EventOffset.command, true);
  switch (kind) {
    case EventKind.Accepted:
      return {
        kind,
        command,
        orderId: getSafeU64(view, offset + EventOffset.orderId) as OrderId,
        restingLots: getSafeU64(view, offset + EventOffset.restingLots),
        waits: view.getUint8(offset + EventOffset.a) === 1,
      };
    case EventKind.Rejected:
      return {
        kind,
        command,
        code: view.getUint16(offset + EventOffset.rejectCode, true) as RejectCode,
        subject: view.getBigUint64(offset + EventOffset.subject, true),
      };
    case EventKind.Fill:
      return {
        kind,
        command,
        ...decodeMeeting(view, offset),
        makerRebate: (view.getUint8(offset + EventOffset.b) & 2) !== 0,
        tradeId: getSafeU64(view, offset + EventOffset.fillTradeId),
        makerOrderId: getSafeU64(view, offset + EventOffset.fillMakerOrderId) as OrderId,
        takerOrderId: getSafeU64(view, offset + EventOffset.fillTakerOrderId) as OrderId,
        lots: getSafeU64(view, offset + EventOffset.fillLots),
        makerFeeQuanta: view.getBigUint64(offset + EventOffset.fillMakerFeeQuanta, true),
        takerFeeQuanta: view.getBigUint64(offset + EventOffset.fillTakerFeeQuanta, true),
      };
    case EventKind.Canceled:
      return {
        kind,
        command,
        reason: view.getUint8(offset + EventOffset.a) as CancelReason,
        orderId: getSafeU64(view, offset + EventOffset.orderId) as OrderId,
        remaining: view.getBigUint64(offset + EventOffset.remaining, true),
      };
    case EventKind.Prevented:
      return {
        kind,
        command,
        ...decodeMeeting(view, offset),
        makerOrderId: getSafeU64(view, offset + EventOffset.preventedMakerOrderId) as OrderId,
        takerOrderId: getSafeU64(view, offset + EventOffset.preventedTakerOrderId) as OrderId,
        lots: getSafeU64(view, offset + EventOffset.preventedLots),
      };
    case EventKind.CanceledAll:
      return {
        kind,
        command,
        count: view.getUint32(offset + EventOffset.count, true),
        more: view.getUint8(offset + EventOffset.a) === 1,
      };
    default:
      return decodeOrderEvent(view, offset, kind) ?? decodeLedgerEvent(view, offset, kind);
  }
}

/** Reads what else can become of an order. */
function decodeOrderEvent(
  view: DataView,
  offset: number,
  kind: EventKind,
): EngineEvent | undefined {
  const command = view.getUint32(offset + EventOffset.command, true);
  switch (kind) {
    case EventKind.Shown:
      return {
        kind,
        command,
        orderId: getSafeU64(view, offset + EventOffset.orderId) as OrderId,
        lots: getSafeU64(view, offset + EventOffset.restingLots),
      };
    case EventKind.Triggered:
      return {
        kind,
        command,
        orderId: getSafeU64(view, offset + EventOffset.orderId) as OrderId,
        restingLots: getSafeU64(view, offset + EventOffset.restingLots),
      };
    case EventKind.Declined:
      return {
        kind,
        command,
        code: view.getUint16(offset + EventOffset.rejectCode, true) as RejectCode,
        orderId: getSafeU64(view, offset + EventOffset.orderId) as OrderId,
      };
    case EventKind.Amended:
      return {
        kind,
        command,
        kept: view.getUint8(offset + EventOffset.a) === 1,
        orderId: getSafeU64(view, offset + EventOffset.orderId) as OrderId,
        restingLots: getSafeU64(view, offset + EventOffset.restingLots),
      };
    case EventKind.Auctioned:
    case EventKind.Indicative:
      return decodeAuctionEvent(view, offset, kind);
    default:
      return undefined;
  }
}

function decodeLedgerEvent(view: DataView, offset: number, kind: EventKind): EngineEvent {
  const command = view.getUint32(offset + EventOffset.command, true);
  const a = view.getUint8(offset + EventOffset.a);
  const index = view.getUint32(offset + 8, true);
  switch (kind) {
    case EventKind.AccountOpened:
      return {
        kind,
        command,
        account: index as AccountIndex,
        parent: view.getUint32(offset + 12, true) as AccountIndex,
        number: view.getBigUint64(offset + 16, true),
      };
    case EventKind.BalanceMoved:
      return {
        kind,
        command,
        out: a === 1,
        account: index as AccountIndex,
        asset: view.getUint32(offset + 12, true) as AssetIndex,
        quanta: view.getBigUint64(offset + 16, true),
        reference: view.getBigUint64(offset + 24, true),
      };
    case EventKind.AssetAdded:
      return { kind, command, asset: index as AssetIndex };
    case EventKind.MarketListed:
      return { kind, command, market: index as MarketIndex };
    case EventKind.MarketStateSet:
      return { kind, command, state: a as MarketState, market: index as MarketIndex };
    case EventKind.MarketChanged:
    case EventKind.MarketGuardSet:
      return { kind, command, market: index as MarketIndex };
    case EventKind.FeeTierSet:
      return { kind, command, schedule: a, tier: view.getUint8(offset + EventOffset.b) };
    case EventKind.AccountFeesSet:
      return { kind, command, scheduleAndOne: a, account: index as AccountIndex };
    case EventKind.TradingSet:
      return { kind, command, enabled: a === 1 };
    case EventKind.AccountStateSet:
      return { kind, command, enabled: a === 1, account: index as AccountIndex };
    default:
      return decodeFamilyEvent(view, offset, kind);
  }
}

/** Reads what is about deadlines, protections, fees and families of accounts. */
function decodeFamilyEvent(view: DataView, offset: number, kind: EventKind): EngineEvent {
  const command = view.getUint32(offset + EventOffset.command, true);
  const index = view.getUint32(offset + 8, true);
  switch (kind) {
    case EventKind.ProtectionSet:
    case EventKind.ProtectionTripped:
      return {
        kind,
        command,
        account: index as AccountIndex,
        market: view.getUint32(offset + 12, true) as MarketIndex,
      };
    case EventKind.Pegged:
      return {
        kind,
        command,
        orderId: getSafeU64(view, offset + EventOffset.orderId) as OrderId,
        restingLots: getSafeU64(view, offset + EventOffset.restingLots),
        priceTicks: view.getUint32(offset + 24, true),
      };
    case EventKind.DeadlineSet:
      return {
        kind,
        command,
        account: index as AccountIndex,
        deadlineMs: getSafeU64(view, offset + 16),
      };
    case EventKind.DeadlinePassed:
      return { kind, command, account: index as AccountIndex };
    case EventKind.Transferred:
      return {
        kind,
        command,
        source: index as AccountIndex,
        target: view.getUint32(offset + 12, true) as AccountIndex,
        asset: view.getUint32(offset + 16, true) as AssetIndex,
        quanta: view.getBigUint64(offset + 24, true),
        reference: view.getBigUint64(offset + 32, true),
      };
    default:
      return fail("a decoded event is of a known kind");
  }
}

function decodeMeeting(view: DataView, offset: number): Meeting {
  return {
    takerSide: view.getUint8(offset + EventOffset.a) as Side,
    makerDone: (view.getUint8(offset + EventOffset.b) & 1) !== 0,
    market: view.getUint32(offset + EventOffset.fillMarket, true) as MarketIndex,
    priceTicks: view.getUint32(offset + EventOffset.fillPriceTicks, true),
  };
}

/** Reads every event in `bytes`, in order. For tests and tools; hot paths walk the bytes. */
export function decodeEvents(bytes: Uint8Array): EngineEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: EngineEvent[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const event = decodeEvent(view, offset);
    events.push(event);
    offset += eventBytes(event.kind);
  }
  return events;
}
