import { CancelReason, EventKind, SelfTrade, Side, type OrderId } from "@rialto/protocol";
import { fail } from "@rialto/base";
import { crosses } from "./book.ts";
import { firstOrder, listRanks } from "./dark.ts";
import { isFamily, oppositeSide } from "./exchange.ts";
import type { Account, Exchange, Market, Order } from "./exchange.ts";
import { availableQuanta, baseQuanta, quoteQuanta, settleFill } from "./money.ts";
import { endOrder, reduceTraded, reduceUntraded, remainingLots } from "./orders.ts";
import type { Outbox } from "./outbox.ts";
import { countFill } from "./protection.ts";
import { getSpecial } from "./specials.ts";
import { noteLast } from "./triggers.ts";

/** An accepted order while it trades, before it rests or ends. */
export interface Taker {
  readonly id: OrderId;
  readonly account: Account;
  readonly market: Market;
  readonly side: Side;
  readonly selfTrade: SelfTrade;
  /** The worst price it trades at: its limit, or the collar of a market order, as far as the market's guard lets it. */
  limitTicks: number;
  /** A market order reserved nothing it could count on, so each of its fills asks for money. */
  readonly isMarketOrder: boolean;
  /** True if `left` is quanta of quote, not lots. */
  readonly isByQuote: boolean;
  /** What it has neither traded nor lost to self-trade prevention. */
  left: bigint;
  /** It has lost lots to Decrement. */
  isPrevented: boolean;
}

/** Why a taker stopped: it wants no more, nobody crosses any more, or it is cancelled. */
export type MatchEnd = "complete" | "nothingCrosses" | CancelReason;

/**
 * Lets `taker` meet one maker after the other: best price first, oldest first.
 *
 * Effects  mutates books, balances, fees and the market's last trade; emits `Fill`, `Prevented` and
 *          the `Canceled` of makers. The `Canceled` of the taker itself is the caller's.
 * Source   matching.md §3.
 */
export function matchTaker(exchange: Exchange, taker: Taker, outbox: Outbox): MatchEnd {
  for (;;) {
    const maker = findBestMaker(taker);
    if (maker === undefined) return taker.left === 0n ? "complete" : "nothingCrosses";
    const wantedLots = computeWantedLots(taker, maker.priceTicks);
    if (wantedLots === 0n) return "complete";
    if (exchange.touchesLeft === 0) return CancelReason.TouchLimit;
    exchange.touchesLeft -= 1;
    const reason = isOwn(taker, maker)
      ? preventSelfTrade(exchange, { taker, maker, wantedLots }, outbox)
      : trade(exchange, { taker, maker, wantedLots }, outbox);
    if (reason !== undefined) return reason;
  }
}

/** True if the taker does not trade with the maker, whose account or family is its own. */
function isOwn({ account, selfTrade }: Taker, maker: Order): boolean {
  if (selfTrade === SelfTrade.Allow) return false;
  if (selfTrade <= SelfTrade.Decrement) return maker.account === account;
  return isFamily(maker.account, account);
}

/** What happens at an own maker, whether its account counts or its family. */
function modeOf({ selfTrade }: Taker): AccountMode {
  switch (selfTrade) {
    case SelfTrade.FamilyExpireTaker:
      return SelfTrade.ExpireTaker;
    case SelfTrade.FamilyExpireMaker:
      return SelfTrade.ExpireMaker;
    case SelfTrade.FamilyExpireBoth:
      return SelfTrade.ExpireBoth;
    case SelfTrade.FamilyDecrement:
      return SelfTrade.Decrement;
    default:
      return selfTrade;
  }
}

type AccountMode = Exclude<
  SelfTrade,
  | typeof SelfTrade.FamilyExpireTaker
  | typeof SelfTrade.FamilyExpireMaker
  | typeof SelfTrade.FamilyExpireBoth
  | typeof SelfTrade.FamilyDecrement
>;

/**
 * True if a fill-or-kill taker would trade all its lots at once.
 *
 * Effects  pure.
 * Source   matching.md §3, FillOrKill.
 */
export function canFillAll(exchange: Exchange, taker: Taker): boolean {
  let countedLots = 0n;
  let touchesLeft = BigInt(exchange.touchesLeft);
  /** True or false if that is the answer. */
  const count = (maker: Order): boolean | undefined => {
    if (touchesLeft === 0n) return false;
    touchesLeft -= 1n;
    if (isOwn(taker, maker)) return modeOf(taker) === SelfTrade.ExpireMaker ? undefined : false;
    countedLots += maker.lots;
    return countedLots >= taker.left ? true : undefined;
  };
  /** What icebergs hide comes to the end of their level, slice after slice. */
  const countHidden = (makers: readonly Order[]): boolean | undefined => {
    const hiding = makers.filter((maker) => maker.hiddenLots !== 0n && !isOwn(taker, maker));
    const queue = hiding.map((maker) => ({ maker, hiddenLots: maker.hiddenLots }));
    for (const { maker, hiddenLots } of queue) {
      if (touchesLeft === 0n) return false;
      touchesLeft -= 1n;
      const { displayLots } = getSpecial(maker);
      countedLots += displayLots < hiddenLots ? displayLots : hiddenLots;
      if (countedLots >= taker.left) return true;
      // The queue grows while it is walked.
      if (displayLots < hiddenLots) queue.push({ maker, hiddenLots: hiddenLots - displayLots });
    }
    return undefined;
  };
  for (const { priceTicks, level, dark } of listRanks(oppositeSide(taker.market, taker.side))) {
    if (!crosses(taker.side, taker.limitTicks, priceTicks)) return false;
    const shown = level?.orders ?? [];
    const answers = shown.map((maker) => () => count(maker));
    answers.push(() => countHidden(shown));
    answers.push(...dark.map((maker) => () => count(maker)));
    for (const answer of answers) {
      const isEnough = answer();
      if (isEnough !== undefined) return isEnough;
    }
  }
  return false;
}

/** The first order of the opposite side, if it crosses. */
function findBestMaker(taker: Taker): Order | undefined {
  const maker = firstOrder(oppositeSide(taker.market, taker.side));
  if (maker === undefined) return undefined;
  return crosses(taker.side, taker.limitTicks, maker.priceTicks) ? maker : undefined;
}

function computeWantedLots(taker: Taker, priceTicks: number): bigint {
  return taker.isByQuote ? taker.left / quoteQuanta(taker.market, priceTicks, 1n) : taker.left;
}

function takeOff(taker: Taker, priceTicks: number, lots: bigint): void {
  taker.left -= taker.isByQuote ? quoteQuanta(taker.market, priceTicks, lots) : lots;
}

interface Meeting {
  readonly taker: Taker;
  readonly maker: Order;
  /** What the taker wants at the maker's price. */
  readonly wantedLots: bigint;
}

/** Trades what both want and the taker can pay for. Returns why the taker ends, if it does. */
function trade(exchange: Exchange, meeting: Meeting, outbox: Outbox): CancelReason | undefined {
  const { taker, maker } = meeting;
  const { market } = taker;
  let lots = min(meeting.wantedLots, maker.lots);
  if (taker.isMarketOrder) lots = min(lots, computePayableLots(taker, maker.priceTicks));
  if (lots === 0n) return CancelReason.NoLiquidity;

  const isProtected = maker.special?.isProtected === true;
  const fees = settleFill(exchange, taker.account, maker, lots);
  takeOff(taker, maker.priceTicks, lots);
  const fate = reduceTraded(exchange, maker, lots);
  noteLast(market, maker.priceTicks);
  market.tradeCount += 1;
  outbox.emit({
    kind: EventKind.Fill,
    takerSide: taker.side,
    makerDone: fate === "ended",
    market: market.index,
    priceTicks: maker.priceTicks,
    tradeId: market.tradeCount,
    makerOrderId: maker.id,
    takerOrderId: taker.id,
    lots: Number(lots),
    ...fees,
  });
  if (isProtected) countFill(exchange, maker.account, market, lots, outbox);
  if (fate === "refilled") emitShown(maker, outbox);
  return undefined;
}

/** How many lots the taker has the money, or the base, for at `priceTicks` now. */
function computePayableLots(taker: Taker, priceTicks: number): bigint {
  const { market, account } = taker;
  const { baseAsset, quoteAsset } = market.terms;
  return taker.side === Side.Buy
    ? availableQuanta(account, quoteAsset) / quoteQuanta(market, priceTicks, 1n)
    : availableQuanta(account, baseAsset) / baseQuanta(market, 1n);
}

/** Keeps an account from trading with itself. Returns why the taker ends, if it does. */
function preventSelfTrade(
  exchange: Exchange,
  meeting: Meeting,
  outbox: Outbox,
): CancelReason | undefined {
  const { taker, maker } = meeting;
  switch (modeOf(taker)) {
    case SelfTrade.ExpireTaker:
      return CancelReason.SelfTradeTaker;
    case SelfTrade.ExpireMaker:
      expireMaker(exchange, maker, CancelReason.SelfTradeMaker, outbox);
      return undefined;
    case SelfTrade.ExpireBoth:
      expireMaker(exchange, maker, CancelReason.SelfTradeBoth, outbox);
      return CancelReason.SelfTradeBoth;
    case SelfTrade.Decrement:
      decrement(exchange, meeting, outbox);
      return undefined;
    case SelfTrade.Allow:
      return fail("self-trade is prevented only where it is not allowed");
  }
}

function expireMaker(exchange: Exchange, maker: Order, reason: CancelReason, outbox: Outbox): void {
  outbox.emit({
    kind: EventKind.Canceled,
    reason,
    orderId: maker.id,
    remaining: remainingLots(maker),
  });
  endOrder(exchange, maker);
}

function decrement(exchange: Exchange, meeting: Meeting, outbox: Outbox): void {
  const { taker, maker } = meeting;
  const lots = min(meeting.wantedLots, maker.lots);
  takeOff(taker, maker.priceTicks, lots);
  taker.isPrevented = true;
  const fate = reduceUntraded(exchange, maker, lots);
  outbox.emit({
    kind: EventKind.Prevented,
    takerSide: taker.side,
    makerDone: fate === "ended",
    market: taker.market.index,
    priceTicks: maker.priceTicks,
    makerOrderId: maker.id,
    takerOrderId: taker.id,
    lots: Number(lots),
  });
  if (fate === "refilled") emitShown(maker, outbox);
}

/** Says what an iceberg shows now, or that an order rests unseen. */
export function emitShown(order: Order, outbox: Outbox): void {
  outbox.emit({
    kind: EventKind.Shown,
    orderId: order.id,
    lots: order.isDark ? 0 : Number(order.lots),
  });
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
