import { fail, getSafeU64, setSafeU64, U64_MAX, viewOf } from "@rialto/base";
import {
  type AssetName,
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
import { ASSET_SYMBOL_MAX } from "./limits.ts";

// The bytes of commands, as command.ts draws them.

/**
 * Writes `command` at `offset` and returns the offset behind it.
 *
 * Effects  overwrites exactly `commandBytes(command.kind)` bytes.
 * Errors   an `InvariantError` that names the field, for a value that its bytes cannot hold as it is: a fraction, a
 *          negative number, a number where an integer of 64 bits belongs, nothing at all. It is a bug of the caller.
 */
export function encodeCommand(view: DataView, offset: number, command: Command): number {
  const end = offset + commandBytes(command.kind);
  for (let at = offset; at < end; at += 8) view.setBigUint64(at, 0n, true);
  setU8(view, offset, command.kind, "kind");
  switch (command.kind) {
    case CommandKind.Place:
      encodeOrderTerms(view, offset, command);
      break;
    case CommandKind.PlaceSpecial:
      encodeSpecialTerms(view, offset, command);
      break;
    case CommandKind.PlaceList:
      if (command.legs.length !== legsOf(command.listKind)) fail("a list has the legs of its kind");
      command.legs.forEach((leg, index) => {
        encodeSpecialTerms(view, offset + index * SPECIAL_BYTES, leg);
      });
      setU8(view, offset + SPECIAL_BYTES, command.listKind, "listKind");
      break;
    case CommandKind.Replace:
      encodeOrderTerms(view, offset, command);
      setSafe(view, offset + CommandOffset.targetOrderId, command.target.orderId, "orderId");
      setU64(
        view,
        offset + CommandOffset.targetClientOrderId,
        command.target.clientOrderId,
        "clientOrderId",
      );
      setU8(view, offset + CommandOffset.replaceMode, command.mode, "mode");
      break;
    case CommandKind.SetDeadline:
      setU32(view, offset + CommandOffset.account, command.account, "account");
      setU64(view, offset + 16, command.timeoutMs, "timeoutMs");
      break;
    case CommandKind.Amend:
      encodeAmend(view, offset, command);
      break;
    case CommandKind.Cancel:
      setU32(view, offset + CommandOffset.account, command.account, "account");
      setSafe(view, offset + 16, command.target.orderId, "orderId");
      setU64(
        view,
        offset + CommandOffset.clientOrderId,
        command.target.clientOrderId,
        "clientOrderId",
      );
      break;
    case CommandKind.CancelAll:
    case CommandKind.MassCancel:
      setU8(view, offset + CommandOffset.side, command.sides, "sides");
      setU8(view, offset + CommandOffset.withFamily, command.withFamily, "withFamily");
      setU32(view, offset + CommandOffset.market, command.market, "market");
      setU32(view, offset + CommandOffset.account, command.account, "account");
      break;
    case CommandKind.OpenAccount:
      setU64(view, offset + CommandOffset.number, command.number, "number");
      break;
    case CommandKind.Deposit:
    case CommandKind.Withdraw:
      setU32(view, offset + CommandOffset.asset, command.asset, "asset");
      setU32(view, offset + CommandOffset.account, command.account, "account");
      setU64(view, offset + 16, command.quanta, "quanta");
      setU64(view, offset + CommandOffset.reference, command.reference, "reference");
      break;
    default:
      encodeOperatorCommand(view, offset, command);
  }
  return end;
}

/** `commands`, one behind the other. Errors: those of `encodeCommand`. */
export function encodeCommands(commands: readonly Command[]): Uint8Array {
  const size = commands.reduce((sum, command) => sum + commandBytes(command.kind), 0);
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  let at = 0;
  for (const command of commands) at = encodeCommand(view, at, command);
  return bytes;
}

/** Writes what only an operator sends. */
function encodeOperatorCommand(view: DataView, offset: number, command: Command): void {
  switch (command.kind) {
    case CommandKind.AddAsset:
      if (command.name !== undefined) encodeAssetName(view, offset, command.name);
      break;
    case CommandKind.ListMarket: {
      const numberAndOne = command.number === undefined ? 0 : command.number + 1;
      encodeMarketTerms(view, offset, command);
      setU32(view, offset + CommandOffset.numberAndOne, numberAndOne, "number and one");
      break;
    }
    case CommandKind.SetMarketState:
      setU8(view, offset + CommandOffset.state, command.state, "state");
      setU32(view, offset + CommandOffset.market, command.market, "market");
      break;
    case CommandKind.SetTrading:
      setU8(view, offset + CommandOffset.state, command.enabled, "enabled");
      break;
    case CommandKind.SetMarketGuard:
      setU32(view, offset + CommandOffset.market, command.market, "market");
      setU32(view, offset + 8, command.upPpm, "upPpm");
      setU32(view, offset + 12, command.downPpm, "downPpm");
      setU32(view, offset + 16, command.windowMs, "windowMs");
      setU32(view, offset + 20, command.auctionMs, "auctionMs");
      break;
    case CommandKind.ChangeMarket:
      encodeChanges(view, offset, command.changes);
      setU32(view, offset + CommandOffset.changedMarket, command.market, "market");
      break;
    case CommandKind.DelistMarket:
      setU32(view, offset + CommandOffset.market, command.market, "market");
      break;
    case CommandKind.SetProtection:
      setU32(view, offset + CommandOffset.market, command.market, "market");
      setU32(view, offset + CommandOffset.account, command.account, "account");
      setU32(view, offset + 12, command.windowMs, "windowMs");
      setU64(view, offset + 16, command.lotsMax, "lotsMax");
      setU32(view, offset + 24, command.fillsMax, "fillsMax");
      break;
    case CommandKind.SetAccountState:
      setU8(view, offset + CommandOffset.state, command.enabled, "enabled");
      setU32(view, offset + CommandOffset.account, command.account, "account");
      break;
    default:
      encodeFamilyCommand(view, offset, command);
  }
}

/** Writes what is about fees and families of accounts. */
function encodeFamilyCommand(view: DataView, offset: number, command: Command): void {
  switch (command.kind) {
    case CommandKind.SetFeeTier:
      setU8(view, offset + 1, command.schedule, "schedule");
      setU8(view, offset + 2, command.tier, "tier");
      setU32(view, offset + CommandOffset.asset, command.asset, "asset");
      if ((command.makerPpm | 0) !== command.makerPpm) failField("makerPpm", command.makerPpm, I32);
      view.setInt32(offset + 8, command.makerPpm, true);
      setU32(view, offset + 12, command.takerPpm, "takerPpm");
      setU64(view, offset + 16, command.volumeQuanta, "volumeQuanta");
      break;
    case CommandKind.SetAccountFees:
      setU8(view, offset + 1, command.scheduleAndOne, "scheduleAndOne");
      setU32(view, offset + CommandOffset.account, command.account, "account");
      break;
    case CommandKind.OpenSubAccount:
      setU32(view, offset + CommandOffset.account, command.parent, "parent");
      setU64(view, offset + CommandOffset.number, command.number, "number");
      break;
    case CommandKind.Transfer:
      setU32(view, offset + CommandOffset.asset, command.asset, "asset");
      setU32(view, offset + CommandOffset.account, command.source, "source");
      setU32(view, offset + 12, command.target, "target");
      setU64(view, offset + 16, command.quanta, "quanta");
      setU64(view, offset + CommandOffset.reference, command.reference, "reference");
      break;
    default:
      fail("an encoded command is of a known kind");
  }
}

type Amend = Extract<Command, { readonly kind: typeof CommandKind.Amend }>;

function encodeAmend(view: DataView, offset: number, command: Amend): void {
  setU8(view, offset + CommandOffset.orderType, command.orderType, "orderType");
  setU8(view, offset + CommandOffset.selfTrade, command.selfTrade, "selfTrade");
  setU32(view, offset + CommandOffset.account, command.account, "account");
  setU32(view, offset + CommandOffset.priceTicks, command.priceTicks, "priceTicks");
  setU64(view, offset + CommandOffset.quantity, command.quantity, "quantity");
  setU64(view, offset + CommandOffset.expectedLots, command.expectedLots, "expectedLots");
  setSafe(view, offset + CommandOffset.targetOrderId, command.target.orderId, "orderId");
  setU64(
    view,
    offset + CommandOffset.targetClientOrderId,
    command.target.clientOrderId,
    "clientOrderId",
  );
}

function encodeOrderTerms(view: DataView, offset: number, terms: OrderTerms): void {
  setU8(view, offset + CommandOffset.side, terms.side, "side");
  setU8(view, offset + CommandOffset.orderType, terms.orderType, "orderType");
  setU8(view, offset + CommandOffset.selfTrade, terms.selfTrade, "selfTrade");
  setU32(view, offset + CommandOffset.market, terms.market, "market");
  setU32(view, offset + CommandOffset.account, terms.account, "account");
  setU32(view, offset + CommandOffset.priceTicks, terms.priceTicks, "priceTicks");
  setU64(view, offset + CommandOffset.quantity, terms.quantity, "quantity");
  setU64(view, offset + CommandOffset.clientOrderId, terms.clientOrderId, "clientOrderId");
}

function encodeSpecialTerms(view: DataView, offset: number, terms: SpecialTerms): void {
  encodeOrderTerms(view, offset, terms);
  setU64(view, offset + CommandOffset.displayLots, terms.displayLots, "displayLots");
  setSafe(view, offset + CommandOffset.expiresMs, terms.expiresMs, "expiresMs");
  setU8(view, offset + CommandOffset.isHidden, terms.isHidden, "isHidden");
  setU8(view, offset + CommandOffset.trigger, terms.trigger, "trigger");
  setU8(view, offset + CommandOffset.triggerSource, terms.triggerSource, "triggerSource");
  setU8(view, offset + CommandOffset.isProtected, terms.isProtected, "isProtected");
  setU32(view, offset + CommandOffset.triggerTicks, terms.triggerTicks, "triggerTicks");
  setU32(view, offset + CommandOffset.trailBasisPoints, terms.trailBasisPoints, "trailBasisPoints");
  setU8(view, offset + CommandOffset.peg, terms.peg, "peg");
  setU32(view, offset + CommandOffset.pegTicks, terms.pegTicks, "pegTicks");
}

/** Writes the body of LIST_MARKET: bytes 1 to 92 of its drawing. */
function encodeMarketTerms(view: DataView, offset: number, terms: MarketTerms): void {
  setU8(view, offset + CommandOffset.state, terms.state, "state");
  setU32(view, offset + 8, terms.baseAsset, "baseAsset");
  setU32(view, offset + 12, terms.quoteAsset, "quoteAsset");
  setU32(view, offset + 16, terms.priceTicksMin, "priceTicksMin");
  setU32(view, offset + 20, terms.priceTicksMax, "priceTicksMax");
  setU64(view, offset + 24, terms.lotQuanta, "lotQuanta");
  setU64(view, offset + 32, terms.tickLotQuanta, "tickLotQuanta");
  setU64(view, offset + 40, terms.lotsMin, "lotsMin");
  setU64(view, offset + 48, terms.lotsMax, "lotsMax");
  setU64(view, offset + 56, terms.notionalMinQuanta, "notionalMinQuanta");
  setU64(view, offset + 64, terms.notionalMaxQuanta, "notionalMaxQuanta");
  setU32(view, offset + 72, terms.makerFeePpm, "makerFeePpm");
  setU32(view, offset + 76, terms.takerFeePpm, "takerFeePpm");
  setU32(view, offset + 80, terms.bandUpPpm, "bandUpPpm");
  setU32(view, offset + 84, terms.bandDownPpm, "bandDownPpm");
  setU32(view, offset + 88, terms.referenceTicks, "referenceTicks");
}

function encodeAssetName(view: DataView, offset: number, { symbol, decimals }: AssetName): void {
  const length = typeof symbol === "string" ? symbol.length : 0;
  const letters = Array.from({ length }, (_, index) => symbol.charCodeAt(index));
  // What there are bytes for: the engine says which letters a symbol has.
  const isWhole = letters.every((letter) => letter >= 1 && letter <= 255);
  if (!isWhole || length < 1 || length > ASSET_SYMBOL_MAX) {
    failField("symbol", symbol, "a text of 1 to 20 letters of one byte");
  }
  setU8(view, offset + CommandOffset.decimals, decimals, "decimals");
  letters.forEach((letter, index) => {
    view.setUint8(offset + CommandOffset.symbol + index, letter);
  });
}

/** The terms in the order of their drawing; 0 is what CHANGE_MARKET has in the place of one that stays. */
const NO_TERMS: MarketTerms = {
  state: 0 as number as MarketState,
  baseAsset: 0 as AssetIndex,
  quoteAsset: 0 as AssetIndex,
  priceTicksMin: 0,
  priceTicksMax: 0,
  lotQuanta: 0n,
  tickLotQuanta: 0n,
  lotsMin: 0n,
  lotsMax: 0n,
  notionalMinQuanta: 0n,
  notionalMaxQuanta: 0n,
  makerFeePpm: 0,
  takerFeePpm: 0,
  bandUpPpm: 0,
  bandDownPpm: 0,
  referenceTicks: 0,
};
const TERM_NAMES = Object.keys(NO_TERMS) as readonly (keyof MarketTerms)[];

/** Writes the terms that CHANGE_MARKET names, and which others stay. */
function encodeChanges(view: DataView, offset: number, changes: Partial<MarketTerms>): void {
  encodeMarketTerms(view, offset, { ...NO_TERMS, ...changes });
  let kept = 0;
  TERM_NAMES.forEach((name, bit) => {
    if (!(name in changes)) kept |= 1 << bit;
  });
  view.setUint16(offset + CommandOffset.keptTerms, kept, true);
}

function setU8(view: DataView, offset: number, value: number, field: string): void {
  if (typeof value !== "number" || (value & 0xff) !== value) failField(field, value, U8);
  view.setUint8(offset, value);
}

function setU32(view: DataView, offset: number, value: number, field: string): void {
  if (typeof value !== "number" || value >>> 0 !== value) failField(field, value, U32);
  view.setUint32(offset, value, true);
}

/** Writes a safe integer, which an order id or a time is. */
function setSafe(view: DataView, offset: number, value: number, field: string): void {
  if (!Number.isSafeInteger(value) || value < 0) failField(field, value, SAFE);
  setSafeU64(view, offset, value);
}

function setU64(view: DataView, offset: number, value: bigint, field: string): void {
  if (typeof value !== "bigint" || value < 0n || value > U64_MAX) failField(field, value, U64);
  view.setBigUint64(offset, value, true);
}

const U8 = "a whole number from 0 to 255";
const U32 = "a whole number from 0 to 2^32 - 1";
const I32 = "a whole number from -2^31 to 2^31 - 1";
const SAFE = "a whole number from 0 to 2^53 - 1";
const U64 = "a bigint from 0n to 2n ** 64n - 1n";

/** Names the field, for programs without types too: the engine would see another number than was meant. */
function failField(field: string, value: unknown, range: string): never {
  // A text of digits looks like the number that it is not.
  const text = typeof value === "string" ? JSON.stringify(value) : plainText(value);
  return fail(`${field} of a command is ${range}, not ${text}`);
}

function plainText(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : String(value);
}

function legsOf(listKind: ListKind): number {
  return listKind === ListKind.OneTriggersPair ? 3 : 2;
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
      const legs = Array.from({ length: legsOf(listKind) }, (_, index) =>
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
        expectedLots: view.getBigUint64(offset + CommandOffset.expectedLots, true),
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
    case CommandKind.AddAsset: {
      const name = decodeAssetName(view, offset);
      return name === undefined ? { kind } : { kind, name };
    }
    case CommandKind.ListMarket: {
      const numberAndOne = view.getUint32(offset + CommandOffset.numberAndOne, true);
      const terms = decodeMarketTerms(view, offset);
      if (numberAndOne === 0) return { kind, ...terms };
      return { kind, number: (numberAndOne - 1) as MarketIndex, ...terms };
    }
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
        changes: decodeChanges(view, offset),
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

function decodeAssetName(view: DataView, offset: number): AssetName | undefined {
  let symbol = "";
  while (symbol.length < ASSET_SYMBOL_MAX) {
    const letter = view.getUint8(offset + CommandOffset.symbol + symbol.length);
    if (letter === 0) break;
    symbol += String.fromCharCode(letter);
  }
  if (symbol === "") return undefined;
  return { symbol, decimals: view.getUint8(offset + CommandOffset.decimals) };
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
    trailBasisPoints: view.getUint32(offset + CommandOffset.trailBasisPoints, true),
    peg: view.getUint8(offset + CommandOffset.peg) as PegKind,
    pegTicks: view.getUint32(offset + CommandOffset.pegTicks, true),
  };
}

/** `expiresMs` of an order's terms: a safe integer in seven bytes, for the eighth is another field's. */
export function decodeExpiry(view: DataView, offset: number): number {
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

function decodeChanges(view: DataView, offset: number): Partial<MarketTerms> {
  const terms = decodeMarketTerms(view, offset);
  const kept = view.getUint16(offset + CommandOffset.keptTerms, true);
  const named = TERM_NAMES.filter((_, bit) => (kept & (1 << bit)) === 0);
  return Object.fromEntries(named.map((name) => [name, terms[name]]));
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
