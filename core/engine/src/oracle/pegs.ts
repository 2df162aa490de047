import {
  EventKind,
  LEVELS_PER_PAGE,
  MarketState,
  OrderType,
  PegKind,
  PEGS_PER_FAMILY_MAX,
  PEGS_PER_MARKET_MAX,
  RejectCode,
  Side,
  type SpecialTerms,
} from "@rialto/protocol";
import { darkLimits } from "./dark.ts";
import { bookSide, getAccount, getMarket, isFamily, oppositeSide } from "./exchange.ts";
import type { Exchange, Market, Order } from "./exchange.ts";
import { availableQuanta, makeRow, reserveOf } from "./money.ts";
import { enterBook, forgetOrder, leaveBook, makeOrder, registerOrder } from "./orders.ts";
import { refuse, type Outbox, type Refusal } from "./outbox.ts";
import { takeSlot } from "./slots.ts";
import { getSpecial, makeSpecial } from "./specials.ts";

// Orders whose prices follow others'. Source: matching.md §2.17.

/** Check 1a for the fields of a pegged order. */
export function arePegWordsValid(terms: SpecialTerms): boolean {
  if (terms.peg === PegKind.None) return terms.pegTicks === 0;
  // At no distance from the other side it would trade with it.
  if (terms.peg === PegKind.Market && terms.pegTicks === 0) return false;
  return (
    terms.peg <= PegKind.Midpoint &&
    terms.orderType === OrderType.PostOnly &&
    terms.displayLots === 0n &&
    terms.trigger === 0 &&
    terms.isProtected === 0 &&
    terms.isHidden === 0
  );
}

/** What there has to be room for, besides a slot and a record. */
export function findPegRefusal(exchange: Exchange, terms: SpecialTerms): Refusal | undefined {
  const market = getMarket(exchange, terms.market);
  const account = getAccount(exchange, terms.account);
  const own = [...market.pegs].filter((order) => isFamily(order.account, account));
  const isCrowded = market.pegs.size >= PEGS_PER_MARKET_MAX || own.length >= PEGS_PER_FAMILY_MAX;
  if (isCrowded) return refuse(RejectCode.PegsFull);
  const { rows } = account;
  const { baseAsset, quoteAsset } = market.terms;
  const rowsToMake = (rows.has(baseAsset) ? 0 : 1) + (rows.has(quoteAsset) ? 0 : 1);
  const isFull = exchange.balanceCount + rowsToMake > exchange.limits.balancesMax;
  return isFull ? refuse(RejectCode.BalancesFull) : undefined;
}

/** Accepts a pegged order that passed its checks: it waits until prices are shown. */
export function acceptPegged(exchange: Exchange, terms: SpecialTerms, outbox: Outbox): void {
  const order = makeOrder(takeSlot(exchange.slots), exchange, terms);
  const { account, market } = order;
  makeRow(exchange, account, market.terms.baseAsset);
  makeRow(exchange, account, market.terms.quoteAsset);
  order.isWaiting = true;
  registerOrder(exchange, order);
  makeSpecial(exchange, order, terms, terms, { peg: terms.peg, pegTicks: terms.pegTicks });
  outbox.emit({ kind: EventKind.Accepted, orderId: order.id, restingLots: 0, waits: true });
}

/** Moves the pegged orders of a market to where they belong now, the oldest first; not if too many have moved already. */
export function movePegs(exchange: Exchange, market: Market, outbox: Outbox): void {
  if (!isMoving(exchange, market) || exchange.pegMoves >= exchange.bounds.pegMovesMax) return;
  for (const order of market.pegs) {
    const ticks = computePegTicks(market, order);
    if (ticks !== standsAt(order)) movePeg(exchange, order, ticks, outbox);
  }
}

/** True if pegged orders stand elsewhere than they belong, because more had to move than may after one command. */
export function arePegsLate(exchange: Exchange): boolean {
  if (exchange.pegMoves < exchange.bounds.pegMovesMax) return false;
  return exchange.markets.some(
    (market) =>
      isMoving(exchange, market) &&
      [...market.pegs].some((order) => computePegTicks(market, order) !== standsAt(order)),
  );
}

/** While trading is suspended nothing comes to a book: pegged orders neither. */
function isMoving(exchange: Exchange, market: Market): boolean {
  const isOpen = market.state === MarketState.Trading || market.state === MarketState.PostOnly;
  return isOpen && !exchange.isSuspended;
}

/** Undefined for one that stands in no book. */
function standsAt(order: Order): number | undefined {
  return order.isWaiting ? undefined : order.priceTicks;
}

/** The best price of a side at which an order that is not pegged rests and is seen. */
function bestFollowed(market: Market, side: Side): number | undefined {
  const level = bookSide(market, side).levels.find(({ orders }) =>
    orders.some((each) => each.special?.pegTicks === undefined),
  );
  return level?.priceTicks;
}

/** Where what it follows wants it. */
function computeFollowed(market: Market, { side, special }: Order): number | undefined {
  const away = special?.pegTicks ?? 0;
  const isBuy = side === Side.Buy;
  const ours = bestFollowed(market, side);
  const theirs = bestFollowed(market, isBuy ? Side.Sell : Side.Buy);
  const behind = (ticks: number): number => (isBuy ? ticks - away : ticks + away);
  if (special?.peg === PegKind.Primary) return ours === undefined ? undefined : behind(ours);
  if (theirs === undefined) return undefined;
  if (ours === undefined) return special?.peg === PegKind.Market ? behind(theirs) : undefined;
  // Buys on one side of the middle, sells on the other: no two of them would trade.
  const middle = isBuy ? Math.floor((ours + theirs - 1) / 2) : Math.ceil((ours + theirs + 1) / 2);
  if (special?.peg === PegKind.Midpoint) return behind(middle);
  return isBuy ? Math.min(behind(theirs), middle) : Math.max(behind(theirs), middle);
}

/** Where a pegged order belongs, or undefined where there is nothing to follow. */
function computePegTicks(market: Market, order: Order): number | undefined {
  const { terms } = getSpecial(order);
  const isBuy = order.side === Side.Buy;
  const followed = computeFollowed(market, order);
  if (followed === undefined) return undefined;
  const unseen = darkLimits(oppositeSide(market, order.side))[0]?.priceTicks;
  const bounds = [terms.priceTicks, followed];
  if (unseen !== undefined) bounds.push(isBuy ? unseen - 1 : unseen + 1);
  const ticks = isBuy ? Math.min(...bounds) : Math.max(...bounds);
  const { priceTicksMin, priceTicksMax } = market.terms;
  return ticks < priceTicksMin || ticks > priceTicksMax ? undefined : ticks;
}

function movePeg(
  exchange: Exchange,
  order: Order,
  ticks: number | undefined,
  outbox: Outbox,
): void {
  exchange.pegMoves += 1;
  if (!order.isWaiting) leaveBook(exchange, order);
  order.isWaiting = true;
  order.priceTicks = ticks ?? getSpecial(order).terms.priceTicks;
  if (ticks === undefined) {
    outbox.emit({ kind: EventKind.Pegged, orderId: order.id, restingLots: 0, priceTicks: 0 });
    return;
  }
  const code = findMoveCode(exchange, order, ticks);
  if (code !== undefined) {
    outbox.emit({ kind: EventKind.Declined, code, orderId: order.id });
    forgetOrder(exchange, order, false);
    return;
  }
  order.isWaiting = false;
  enterBook(exchange, order);
  const restingLots = Number(order.lots);
  outbox.emit({ kind: EventKind.Pegged, orderId: order.id, restingLots, priceTicks: ticks });
}

function findMoveCode(exchange: Exchange, order: Order, ticks: number): RejectCode | undefined {
  const { account, market, side, lots } = order;
  if (account.isBlocked) return RejectCode.AccountBlocked;
  const needs = reserveOf(market, side, ticks, lots);
  if (availableQuanta(account, needs.asset) < needs.quanta) return RejectCode.InsufficientBalance;
  const page = Math.floor(ticks / LEVELS_PER_PAGE);
  const isFull = exchange.levelPageCount >= exchange.limits.levelPagesMax;
  return isFull && !bookSide(market, side).pages.has(page) ? RejectCode.LevelsFull : undefined;
}
