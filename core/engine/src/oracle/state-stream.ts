import { setSafeU64, viewOf } from "@rialto/base";
import {
  COMMAND_BYTES,
  CommandKind,
  DAY_MS,
  encodeCommand,
  LIST_MARKET_BYTES,
  orderSlot,
  PegKind,
  TriggerKind,
  TriggerSource,
  VOLUME_DAYS,
  type MarketTerms,
  type OrderTerms,
} from "@rialto/protocol";
import { hasTraded } from "./auction.ts";
import { compareByExpiry } from "./due-order.ts";
import type { Account, BookSide, Exchange, Market, Order, Special } from "./exchange.ts";
import { isRenewed } from "./orders.ts";
import { getSpecial } from "./specials.ts";
import { listWatchers } from "./triggers.ts";

// The bytes whose hash says whether two engines are in the same state. Source: matching.md §6.

const HEAD_MAGIC = "RSTATE04";
const BOOK_END_WORDS = 4;
/** Pieces are passed on as soon as they are this long. */
const PIECE_BYTES = 64 * 1024;

/** Passes the state stream to `write`, in pieces that are borrowed for the call. */
export function writeState(exchange: Exchange, write: (bytes: Uint8Array) => void): void {
  const stream = createStateStream(write);
  writeHead(exchange, stream);
  for (const asset of exchange.assets) {
    stream.u64(asset.issuedQuanta);
    stream.u64(asset.feesQuanta);
  }
  for (const account of exchange.accounts) writeAccount(account, stream);
  writeFees(exchange, stream);
  for (const market of exchange.markets) writeMarket(market, stream);
  const { stack, generations } = exchange.slots;
  for (const slot of [...stack].reverse()) stream.u32(slot);
  for (const generation of generations) stream.u32(generation);
  writeSpecials(exchange, stream);
  writeNames(exchange, stream);
  stream.end();
}

function writeHead(exchange: Exchange, stream: StateStream): void {
  for (let index = 0; index < HEAD_MAGIC.length; index++) stream.u8(HEAD_MAGIC.charCodeAt(index));
  stream.count(exchange.nowMs);
  stream.count(exchange.commandCount);
  stream.u32(exchange.assets.length);
  stream.u32(exchange.accounts.length);
  stream.u32(exchange.markets.length);
  stream.u32(exchange.slots.generations.length);
  stream.u32(exchange.slots.stack.length);
  stream.u32(exchange.isSuspended ? 1 : 0);
}

/** The last part: an exchange whose assets have no names has none. */
function writeNames(exchange: Exchange, stream: StateStream): void {
  exchange.assets.forEach(({ name }, index) => {
    if (name === undefined) return;
    const record = new Uint8Array(COMMAND_BYTES);
    encodeCommand(viewOf(record), 0, { kind: CommandKind.AddAsset, name });
    stream.count(index);
    stream.bytes(record);
  });
}

function writeAccount(account: Account, stream: StateStream): void {
  stream.u64(account.number);
  stream.u32(account.orders.size);
  stream.u32(account.rows.size);
  stream.u32(account.isBlocked ? 1 : 0);
  stream.u32(account.master?.index ?? 0);
  stream.count(account.deadlineMs ?? 0);
  for (const protection of account.protections) {
    stream.u32(protection.market.index);
    stream.u32(protection.windowMs);
    stream.u64(protection.lotsMax);
    stream.u32(protection.fillsMax);
    stream.u32(protection.fills);
    stream.u64(protection.lots);
    stream.count(protection.endsMs);
    stream.u64(protection.isTripped ? 1n : 0n);
  }
  stream.u64(0xffff_ffff_ffff_ffffn);
  for (const row of account.rows.values()) {
    stream.u32(row.asset);
    stream.u32(0);
    stream.u64(row.availableQuanta);
    stream.u64(row.reservedQuanta);
  }
}

function writeFees(exchange: Exchange, stream: StateStream): void {
  for (const schedule of exchange.feeSchedules) {
    stream.u32(schedule?.tiers.length ?? 0);
    stream.u32(schedule?.asset ?? 0);
    for (const tier of schedule?.tiers ?? []) {
      stream.u64(tier.volumeQuanta);
      stream.u32(tier.makerPpm >>> 0);
      stream.u32(tier.takerPpm);
    }
  }
  const today = Math.floor(exchange.nowMs / DAY_MS);
  for (const { index, volume } of exchange.accounts) {
    if (volume === undefined) continue;
    stream.u32(index);
    stream.u32(volume.schedule);
    for (let age = 0; age < VOLUME_DAYS; age++) stream.u64(volume.days.get(today - age) ?? 0n);
  }
  stream.u64(0n);
}

function writeMarket(market: Market, stream: StateStream): void {
  stream.bytes(encodeListing({ ...market.terms, state: market.state }));
  stream.u32(market.lastTradeTicks);
  const isOngoing = market.uncrossTo !== undefined && hasTraded(market);
  stream.u32((market.uncrossTo ?? 0) | (isOngoing ? 256 : 0));
  stream.count(market.tradeCount);
  stream.count(market.reopenAtMs ?? 0);
  stream.count(market.nextShowMs);
  stream.count(market.showAtMs ?? 0);
  stream.u32(market.guard?.upPpm ?? 0);
  stream.u32(market.guard?.downPpm ?? 0);
  stream.u32(market.guard?.windowMs ?? 0);
  stream.u32(market.guard?.auctionMs ?? 0);
  stream.u32(market.guard?.ticks ?? 0);
  stream.u32(0);
  stream.count(market.guard?.endsMs ?? 0);
  writeBookSide(market.bids, stream);
  writeBookSide(market.asks, stream);
}

function encodeListing(terms: MarketTerms): Uint8Array {
  const record = new Uint8Array(LIST_MARKET_BYTES);
  encodeCommand(viewOf(record), 0, { kind: CommandKind.ListMarket, ...terms });
  return record;
}

function writeBookSide(book: BookSide, stream: StateStream): void {
  for (const level of book.levels) {
    for (const order of level.orders) {
      stream.count(order.id);
      stream.u32(order.account.index);
      stream.u32(order.priceTicks);
      stream.u64(order.lots);
      stream.u64(order.clientOrderId);
    }
  }
  for (let word = 0; word < BOOK_END_WORDS; word++) stream.u64(0n);
}

function writeSpecials(exchange: Exchange, stream: StateStream): void {
  const specials = [...exchange.orders.values()]
    .filter((order) => order.special !== undefined)
    .sort((left, right) => orderSlot(left.id) - orderSlot(right.id));
  for (const order of specials) writeSpecial(order, getSpecial(order), stream);
  stream.u64(0n);
  for (const market of exchange.markets) {
    for (const price of ["last", "bid", "ask"] as const) {
      for (const goes of ["up", "down"] as const) {
        for (const order of listWatchers(market, price, goes)) {
          stream.count(order.id);
          stream.u64(BigInt(order.special?.watch?.ticks ?? 0));
        }
        stream.u64(0n);
      }
    }
  }
  for (const market of exchange.markets) {
    for (const order of market.pegs) stream.count(order.id);
    stream.u64(0n);
  }
  for (const { bids, asks } of exchange.markets) {
    for (const { dark } of [bids, asks]) {
      for (const order of dark) stream.count(order.id);
      stream.u64(0n);
    }
  }
  for (const order of [...exchange.expiring].sort(compareByExpiry)) stream.count(order.id);
  stream.u64(0n);
  for (const order of exchange.ripe) stream.count(order.id);
  stream.u64(0n);
  for (const order of exchange.news) stream.count(order.id);
  stream.u64(0n);
  for (const { account, protection } of exchange.tripped) {
    stream.u32(account.index);
    stream.u32(protection.market.index);
  }
  stream.u64(0n);
}

function writeSpecial(order: Order, special: Special, stream: StateStream): void {
  stream.count(order.id);
  stream.u64(order.hiddenLots);
  stream.u64(special.displayLots);
  stream.count(special.expiresMs);
  stream.u32(trailWord(special));
  stream.u32(special.watch?.peakTicks ?? 0);
  stream.count(special.partner?.id ?? 0);
  stream.count(special.parent?.id ?? 0);
  const isRenewedNow = order.market.uncrossTo !== undefined && isRenewed(order);
  stream.u32(flagsOf(special) | (isRenewedNow ? 1_024 : 0));
  stream.u32(special.isDormant ? (special.trigger?.triggerTicks ?? 0) : 0);
  stream.u32(special.pegTicks === undefined ? 0 : special.pegTicks + 1);
  stream.u32(special.pegTicks === undefined ? 0 : special.terms.priceTicks);
  if (order.isWaiting || order.isDark) {
    const priceTicks = order.isDark ? order.priceTicks : special.terms.priceTicks;
    stream.bytes(encodeTerms({ ...special.terms, priceTicks, quantity: order.lots }));
  }
}

/** Basis points, with the highest bit for one whose price comes as a TakeProfit's. */
function trailWord({ trail }: Special): number {
  if (trail === undefined) return 0;
  return trail.basisPoints + (trail.takesProfit ? 2 ** 31 : 0);
}

/** Bits: it is dormant; its price; it has to end; it has to begin; and of its price, which way and whose. */
function flagsOf({ isDormant, trigger, news, isProtected, isHidden, peg }: Special): number {
  const isQuote = trigger?.triggerSource === TriggerSource.BestQuote;
  const isTake =
    trigger?.trigger === TriggerKind.TakeProfit ||
    trigger?.trigger === TriggerKind.TrailingTakeProfit;
  return (
    (isDormant ? 1 : 0) |
    (trigger !== undefined ? 2 : 0) |
    (news === "ends" ? 4 : 0) |
    (news === "begins" ? 8 : 0) |
    (isDormant && isQuote ? 16 : 0) |
    (isDormant && isTake ? 32 : 0) |
    (isProtected ? 64 : 0) |
    (isHidden ? 128 : 0) |
    (peg === PegKind.Market ? 256 : 0) |
    (peg === PegKind.Midpoint ? 512 : 0)
  );
}

function encodeTerms(terms: OrderTerms): Uint8Array {
  const record = new Uint8Array(COMMAND_BYTES);
  encodeCommand(viewOf(record), 0, { ...terms, kind: CommandKind.Place });
  return record;
}

interface StateStream {
  u8(value: number): void;
  u32(value: number): void;
  u64(value: bigint): void;
  /** A safe integer as a u64. */
  count(value: number): void;
  bytes(bytes: Uint8Array): void;
  /** Passes on what has not been passed on yet. */
  end(): void;
}

function createStateStream(write: (bytes: Uint8Array) => void): StateStream {
  const piece = new Uint8Array(PIECE_BYTES);
  const view = viewOf(piece);
  let used = 0;
  const end = (): void => {
    if (used > 0) write(piece.subarray(0, used));
    used = 0;
  };
  /** Where the next `size` bytes go. */
  const claim = (size: number): number => {
    if (used + size > PIECE_BYTES) end();
    used += size;
    return used - size;
  };
  return {
    u8: (value) => view.setUint8(claim(1), value),
    u32: (value) => view.setUint32(claim(4), value, true),
    u64: (value) => view.setBigUint64(claim(8), value, true),
    count: (value) => setSafeU64(view, claim(8), value),
    bytes: (bytes) => piece.set(bytes, claim(bytes.length)),
    end,
  };
}
