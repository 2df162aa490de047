import { fail, getSafeU64, setSafeU64, viewOf } from "@rialto/base";
import {
  type Command,
  commandBytes,
  CommandKind,
  CommandOffset,
  ListKind,
  type MarketState,
  type MarketTerms,
  type OrderTarget,
  type OrderTerms,
  type PegKind,
  type OrderType,
  type ReplaceMode,
  type SelfTrade,
  type Side,
  type SideFilter,
  SPECIAL_BYTES,
  type SpecialTerms,
  type Switch,
  type TriggerKind,
  type TriggerSource,
} from "./command.ts";
import type { AccountIndex, AssetIndex, MarketIndex, OrderId } from "./ids.ts";

// The bytes of commands, as command.ts draws them.

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
    case CommandKind.PlaceSpecial:
      encodeSpecialTerms(view, offset, command);
      break;
    case CommandKind.PlaceList:
      command.legs.forEach((leg, index) => {
        encodeSpecialTerms(view, offset + index * SPECIAL_BYTES, leg);
      });
      view.setUint8(offset + SPECIAL_BYTES, command.listKind);
      break;
    case CommandKind.Replace:
      encodeOrderTerms(view, offset, command);
      setU64(view, offset + CommandOffset.targetOrderId, BigInt(command.target.orderId));
      setU64(view, offset + CommandOffset.targetClientOrderId, command.target.clientOrderId);
      view.setUint8(offset + CommandOffset.replaceMode, command.mode);
      break;
    case CommandKind.SetDeadline:
      view.setUint32(offset + CommandOffset.account, command.account, true);
      setU64(view, offset + 16, command.timeoutMs);
      break;
    case CommandKind.Amend:
      encodeAmend(view, offset, command);
      break;
    case CommandKind.Cancel:
      view.setUint32(offset + CommandOffset.account, command.account, true);
      setU64(view, offset + 16, BigInt(command.target.orderId));
      setU64(view, offset + CommandOffset.clientOrderId, command.target.clientOrderId);
      break;
    case CommandKind.CancelAll:
    case CommandKind.MassCancel:
      view.setUint8(offset + CommandOffset.side, command.sides);
      view.setUint8(offset + CommandOffset.withFamily, command.withFamily);
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
    default:
      encodeOperatorCommand(view, offset, command);
  }
  return end;
}

/** Writes what only an operator sends. */
function encodeOperatorCommand(view: DataView, offset: number, command: Command): void {
  switch (command.kind) {
    case CommandKind.SetTrading:
      view.setUint8(offset + CommandOffset.state, command.enabled);
      break;
    case CommandKind.SetMarketGuard:
      view.setUint32(offset + CommandOffset.market, command.market, true);
      view.setUint32(offset + 8, command.upPpm, true);
      view.setUint32(offset + 12, command.downPpm, true);
      view.setUint32(offset + 16, command.windowMs, true);
      view.setUint32(offset + 20, command.auctionMs, true);
      break;
    case CommandKind.SetFeeTier:
      view.setUint8(offset + 1, command.schedule);
      view.setUint8(offset + 2, command.tier);
      view.setUint32(offset + CommandOffset.asset, command.asset, true);
      view.setInt32(offset + 8, command.makerPpm, true);
      view.setUint32(offset + 12, command.takerPpm, true);
      setU64(view, offset + 16, command.volumeQuanta);
      break;
    case CommandKind.SetAccountFees:
      view.setUint8(offset + 1, command.scheduleAndOne);
      view.setUint32(offset + CommandOffset.account, command.account, true);
      break;
    case CommandKind.OpenSubAccount:
      view.setUint32(offset + CommandOffset.account, command.parent, true);
      setU64(view, offset + CommandOffset.number, command.number);
      break;
    case CommandKind.Transfer:
      view.setUint32(offset + CommandOffset.asset, command.asset, true);
      view.setUint32(offset + CommandOffset.account, command.source, true);
      view.setUint32(offset + 12, command.target, true);
      setU64(view, offset + 16, command.quanta);
      setU64(view, offset + CommandOffset.reference, command.reference);
      break;
    case CommandKind.ChangeMarket:
      encodeMarketTerms(view, offset, command);
      view.setUint32(offset + CommandOffset.changedMarket, command.market, true);
      break;
    case CommandKind.DelistMarket:
      view.setUint32(offset + CommandOffset.market, command.market, true);
      break;
    case CommandKind.SetProtection:
      view.setUint32(offset + CommandOffset.market, command.market, true);
      view.setUint32(offset + CommandOffset.account, command.account, true);
      view.setUint32(offset + 12, command.windowMs, true);
      setU64(view, offset + 16, command.lotsMax);
      view.setUint32(offset + 24, command.fillsMax, true);
      break;
    case CommandKind.SetAccountState:
      view.setUint8(offset + CommandOffset.state, command.enabled);
      view.setUint32(offset + CommandOffset.account, command.account, true);
      break;
    default:
      fail("an encoded command is of a known kind");
  }
}

type Amend = Extract<Command, { readonly kind: typeof CommandKind.Amend }>;

function encodeAmend(view: DataView, offset: number, command: Amend): void {
  view.setUint8(offset + CommandOffset.orderType, command.orderType);
  view.setUint8(offset + CommandOffset.selfTrade, command.selfTrade);
  view.setUint32(offset + CommandOffset.account, command.account, true);
  view.setUint32(offset + CommandOffset.priceTicks, command.priceTicks, true);
  setU64(view, offset + CommandOffset.quantity, command.quantity);
  setU64(view, offset + CommandOffset.targetOrderId, BigInt(command.target.orderId));
  setU64(view, offset + CommandOffset.targetClientOrderId, command.target.clientOrderId);
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

function encodeSpecialTerms(view: DataView, offset: number, terms: SpecialTerms): void {
  encodeOrderTerms(view, offset, terms);
  setU64(view, offset + CommandOffset.displayLots, terms.displayLots);
  setSafeU64(view, offset + CommandOffset.expiresMs, terms.expiresMs);
  view.setUint8(offset + CommandOffset.isHidden, terms.isHidden);
  view.setUint8(offset + CommandOffset.trigger, terms.trigger);
  view.setUint8(offset + CommandOffset.triggerSource, terms.triggerSource);
  view.setUint8(offset + CommandOffset.isProtected, terms.isProtected);
  view.setUint32(offset + CommandOffset.triggerTicks, terms.triggerTicks, true);
  view.setUint32(offset + CommandOffset.trailTicks, terms.trailTicks, true);
  view.setUint8(offset + CommandOffset.peg, terms.peg);
  view.setUint32(offset + CommandOffset.pegTicks, terms.pegTicks, true);
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
    case CommandKind.PlaceSpecial:
      return { kind, ...decodeSpecialTerms(view, offset) };
    case CommandKind.PlaceList: {
      const listKind = view.getUint8(offset + SPECIAL_BYTES) as ListKind;
      const legCount = listKind === ListKind.OneTriggersPair ? 3 : 2;
      const legs = Array.from({ length: legCount }, (_, index) =>
        decodeSpecialTerms(view, offset + index * SPECIAL_BYTES),
      );
      return { kind, listKind, legs };
    }
    case CommandKind.Replace:
      return {
        kind,
        ...decodeOrderTerms(view, offset),
        target: decodeTarget(view, offset + CommandOffset.targetOrderId),
        mode: view.getUint8(offset + CommandOffset.replaceMode) as ReplaceMode,
      };
    case CommandKind.SetDeadline:
      return { kind, account, timeoutMs: at16 };
    case CommandKind.Amend:
      return {
        kind,
        account,
        target: decodeTarget(view, offset + CommandOffset.targetOrderId),
        orderType: view.getUint8(offset + CommandOffset.orderType) as OrderType,
        selfTrade: view.getUint8(offset + CommandOffset.selfTrade) as SelfTrade,
        priceTicks: view.getUint32(offset + CommandOffset.priceTicks, true),
        quantity: at16,
      };
    case CommandKind.Cancel:
      return { kind, account, target: decodeTarget(view, offset + 16) };
    case CommandKind.CancelAll:
    case CommandKind.MassCancel:
      return {
        kind,
        account,
        market,
        sides: view.getUint8(offset + 1) as SideFilter,
        withFamily: view.getUint8(offset + CommandOffset.withFamily) as Switch,
      };
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
    default:
      return decodeOperatorCommand(view, offset, kind);
  }
}

/** Reads what only an operator sends. */
function decodeOperatorCommand(view: DataView, offset: number, kind: CommandKind): Command {
  const market = view.getUint32(offset + CommandOffset.market, true) as MarketIndex;
  const account = view.getUint32(offset + CommandOffset.account, true) as AccountIndex;
  switch (kind) {
    case CommandKind.AddAsset:
      return { kind };
    case CommandKind.ListMarket:
      return { kind, ...decodeMarketTerms(view, offset) };
    case CommandKind.SetMarketState:
      return { kind, market, state: view.getUint8(offset + 1) as MarketState };
    case CommandKind.SetTrading:
      return { kind, enabled: view.getUint8(offset + 1) as Switch };
    case CommandKind.SetMarketGuard:
      return {
        kind,
        market,
        upPpm: account,
        downPpm: view.getUint32(offset + 12, true),
        windowMs: view.getUint32(offset + 16, true),
        auctionMs: view.getUint32(offset + 20, true),
      };
    case CommandKind.SetAccountState:
      return { kind, account, enabled: view.getUint8(offset + 1) as Switch };
    default:
      return decodeFamilyCommand(view, offset, kind);
  }
}

/** Reads what is about fees and families of accounts. */
function decodeFamilyCommand(view: DataView, offset: number, kind: CommandKind): Command {
  const market = view.getUint32(offset + CommandOffset.market, true) as MarketIndex;
  const account = view.getUint32(offset + CommandOffset.account, true) as AccountIndex;
  switch (kind) {
    case CommandKind.SetFeeTier:
      return {
        kind,
        schedule: view.getUint8(offset + 1),
        tier: view.getUint8(offset + 2),
        asset: market as number as AssetIndex,
        makerPpm: view.getInt32(offset + 8, true),
        takerPpm: view.getUint32(offset + 12, true),
        volumeQuanta: view.getBigUint64(offset + 16, true),
      };
    case CommandKind.SetAccountFees:
      return { kind, account, scheduleAndOne: view.getUint8(offset + 1) };
    case CommandKind.OpenSubAccount:
      return {
        kind,
        number: view.getBigUint64(offset + CommandOffset.number, true),
        parent: account,
      };
    case CommandKind.Transfer:
      return {
        kind,
        source: account,
        target: view.getUint32(offset + 12, true) as AccountIndex,
        asset: market as number as AssetIndex,
        quanta: view.getBigUint64(offset + 16, true),
        reference: view.getBigUint64(offset + CommandOffset.reference, true),
      };
    case CommandKind.ChangeMarket:
      return {
        kind,
        market: view.getUint32(offset + CommandOffset.changedMarket, true) as MarketIndex,
        ...decodeMarketTerms(view, offset),
      };
    case CommandKind.DelistMarket:
      return { kind, market };
    case CommandKind.SetProtection:
      return {
        kind,
        account,
        market,
        windowMs: view.getUint32(offset + 12, true),
        lotsMax: view.getBigUint64(offset + 16, true),
        fillsMax: view.getUint32(offset + 24, true),
      };
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

function decodeSpecialTerms(view: DataView, offset: number): SpecialTerms {
  return {
    ...decodeOrderTerms(view, offset),
    displayLots: view.getBigUint64(offset + CommandOffset.displayLots, true),
    expiresMs: decodeExpiry(view, offset + CommandOffset.expiresMs),
    isHidden: view.getUint8(offset + CommandOffset.isHidden) as Switch,
    trigger: view.getUint8(offset + CommandOffset.trigger) as TriggerKind,
    isProtected: view.getUint8(offset + CommandOffset.isProtected) as Switch,
    triggerSource: view.getUint8(offset + CommandOffset.triggerSource) as TriggerSource,
    triggerTicks: view.getUint32(offset + CommandOffset.triggerTicks, true),
    trailTicks: view.getUint32(offset + CommandOffset.trailTicks, true),
    peg: view.getUint8(offset + CommandOffset.peg) as PegKind,
    pegTicks: view.getUint32(offset + CommandOffset.pegTicks, true),
  };
}

/** A safe integer in seven bytes: the eighth is another field's. */
function decodeExpiry(view: DataView, offset: number): number {
  const high = view.getUint32(offset + 4, true) & 0x00ff_ffff;
  return high * 2 ** 32 + view.getUint32(offset, true);
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

/** Decodes all commands of `bytes`, which parseCommands has accepted. */
export function decodeCommands(bytes: Uint8Array): Command[] {
  const view = viewOf(bytes);
  const commands: Command[] = [];
  for (let at = 0; at < bytes.length;) {
    const command = decodeCommand(view, at);
    commands.push(command);
    at += commandBytes(command.kind);
  }
  return commands;
}
