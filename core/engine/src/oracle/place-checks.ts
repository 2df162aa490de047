import { OrderType, RejectCode, SelfTrade, Side, type OrderTerms } from "@rialto/protocol";
import { crosses, pageOf } from "./book.ts";
import { bestTicks } from "./dark.ts";
import { bookSide, findAccount, getAccount, getMarket, oppositeSide } from "./exchange.ts";
import type { Account, Exchange, Market } from "./exchange.ts";
import { findStateRefusal, isGathering } from "./market-state.ts";
import { availableQuanta, baseQuanta, quoteQuanta, reserveOf, type Amount } from "./money.ts";
import { refuse, type Refusal } from "./outbox.ts";
import { auctionCollarTicks, collarTicks, isInBand } from "./price-band.ts";
import { hasSlotLeft } from "./slots.ts";
import { checkExtras, hasExtras, type Coming } from "./specials.ts";
import { walkBook } from "./walk.ts";

/**
 * The first of the thirteen checks of an order that does not hold, if any.
 *
 * Effects  pure.
 * Source   matching.md §2.1; the numbers in this file are its numbers.
 */
export function findRefusal(exchange: Exchange, coming: Coming): Refusal | undefined {
  const { terms, extras, known } = coming;
  if (!checkKnownWords(terms)) return refuse(RejectCode.Malformed);
  const unknown = checkExists(exchange, terms);
  if (unknown !== undefined) return unknown;
  const account = getAccount(exchange, terms.account);
  const market = getMarket(exchange, terms.market);
  const isNew = known === undefined;
  return (
    findStateRefusal(exchange, account, market, terms.orderType) ??
    (isNew ? checkBounds(market, terms) : undefined) ??
    checkBand(market, terms, market.lastTradeTicks) ??
    checkAuctionNotional(market, terms) ??
    (isNew ? checkExtras(exchange, account, market, extras, terms.quantity) : undefined) ??
    (isNew ? checkDuplicate(account, terms) : undefined) ??
    (isNew && mayRest(market, terms) ? checkOrderCount(exchange, account) : undefined) ??
    checkPayment(exchange, account, terms) ??
    checkBook(exchange, coming)
  );
}

/** True for the types whose price is the limit they trade at. */
export function isLimitType(orderType: OrderType): boolean {
  return orderType !== OrderType.Market && orderType !== OrderType.MarketByQuote;
}

/** True for the types that may wait in the book. */
export function isRestingType(orderType: OrderType): boolean {
  return orderType === OrderType.Limit || orderType === OrderType.PostOnly;
}

/** True for a market order that would rest for the auction. */
export function isForAuction(market: Market, terms: OrderTerms): boolean {
  return terms.orderType === OrderType.Market && isGathering(market.state);
}

function mayRest(market: Market, terms: OrderTerms): boolean {
  return isRestingType(terms.orderType) || isForAuction(market, terms);
}

/** Check 7a. */
function checkAuctionNotional(market: Market, terms: OrderTerms): Refusal | undefined {
  if (!isForAuction(market, terms) || terms.side !== Side.Buy) return undefined;
  const dearest = quoteQuanta(market, auctionCollarTicks(market, terms.side), terms.quantity);
  return dearest > market.terms.notionalMaxQuanta ? refuse(RejectCode.NotionalTooLarge) : undefined;
}

/** Check 1. */
export function checkKnownWords(terms: OrderTerms): boolean {
  return (
    terms.side <= Side.Sell &&
    terms.orderType <= OrderType.MarketByQuote &&
    terms.selfTrade <= SelfTrade.FamilyDecrement &&
    (isLimitType(terms.orderType) || terms.priceTicks === 0)
  );
}

/** Checks 2 and 3. */
export function checkExists(exchange: Exchange, terms: OrderTerms): Refusal | undefined {
  if (exchange.markets[terms.market] === undefined) return refuse(RejectCode.UnknownMarket);
  if (findAccount(exchange, terms.account) === undefined) return refuse(RejectCode.UnknownAccount);
  return undefined;
}

/** Checks 5 to 8. */
export function checkPriceAndQuantity(market: Market, terms: OrderTerms): Refusal | undefined {
  return checkBounds(market, terms) ?? checkBand(market, terms, market.lastTradeTicks);
}

/** Check 8, where the last trade's price is `lastTicks`. */
export function checkBand(
  market: Market,
  { orderType, priceTicks }: OrderTerms,
  lastTicks: number,
): Refusal | undefined {
  const isOutside = isLimitType(orderType) && !isInBand(market, priceTicks, lastTicks);
  return isOutside ? refuse(RejectCode.PriceOutsideBand) : undefined;
}

/** Checks 5 to 7. */
export function checkBounds(market: Market, terms: OrderTerms): Refusal | undefined {
  const { orderType, priceTicks, quantity } = terms;
  const bounds = market.terms;
  // 5.
  if (
    isLimitType(orderType) &&
    (priceTicks < bounds.priceTicksMin || priceTicks > bounds.priceTicksMax)
  ) {
    return refuse(RejectCode.PriceOutOfRange);
  }
  // 6.
  if (
    orderType !== OrderType.MarketByQuote &&
    (quantity < bounds.lotsMin || quantity > bounds.lotsMax)
  ) {
    return refuse(RejectCode.LotsOutOfRange);
  }
  // 7.
  const notional = computeNotionalQuanta(market, terms);
  if (notional < bounds.notionalMinQuanta) return refuse(RejectCode.NotionalTooSmall);
  if (notional > bounds.notionalMaxQuanta) return refuse(RejectCode.NotionalTooLarge);
  return undefined;
}

function computeNotionalQuanta(market: Market, terms: OrderTerms): bigint {
  if (terms.orderType === OrderType.MarketByQuote) return terms.quantity;
  const priceTicks =
    terms.orderType === OrderType.Market ? market.lastTradeTicks : terms.priceTicks;
  return quoteQuanta(market, priceTicks, terms.quantity);
}

/** Check 9. */
export function checkDuplicate(account: Account, terms: OrderTerms): Refusal | undefined {
  const duplicate =
    terms.clientOrderId === 0n ? undefined : account.clientOrders.get(terms.clientOrderId);
  return duplicate === undefined
    ? undefined
    : refuse(RejectCode.DuplicateClientOrderId, duplicate.id);
}

/** Check 10. */
export function checkOrderCount(exchange: Exchange, account: Account): Refusal | undefined {
  return account.orders.size >= exchange.limits.accountOrdersMax
    ? refuse(RejectCode.AccountOrdersFull)
    : undefined;
}

/** Check 11. */
function checkPayment(
  exchange: Exchange,
  account: Account,
  terms: OrderTerms,
): Refusal | undefined {
  const payment = computePayment(exchange, terms);
  if (availableQuanta(account, payment.asset) < payment.quanta) {
    return refuse(RejectCode.InsufficientBalance);
  }
  return undefined;
}

/** What the account must have available: the table of matching.md §2.2. */
function computePayment(exchange: Exchange, terms: OrderTerms): Amount {
  const market = getMarket(exchange, terms.market);
  const { side, orderType, priceTicks, quantity } = terms;
  if (isForAuction(market, terms)) {
    return reserveOf(market, side, auctionCollarTicks(market, side), quantity);
  }
  if (orderType !== OrderType.Market && orderType !== OrderType.MarketByQuote) {
    return reserveOf(market, side, priceTicks, quantity);
  }
  const { baseAsset, quoteAsset } = market.terms;
  const isByQuote = orderType === OrderType.MarketByQuote;
  if (side === Side.Buy && isByQuote) return { asset: quoteAsset, quanta: quantity };
  if (side === Side.Sell && !isByQuote) {
    return { asset: baseAsset, quanta: baseQuanta(market, quantity) };
  }
  const walked = walkBook(market, {
    side,
    orderType,
    quantity,
    collarTicks: collarTicks(market, side),
    ordersMax: exchange.bounds.touchesMax,
  });
  return side === Side.Buy
    ? { asset: quoteAsset, quanta: walked.costQuanta }
    : { asset: baseAsset, quanta: baseQuanta(market, walked.lots) };
}

/** True if an order of the opposite side, seen or not, is priced at the limit or better. */
export function wouldTake(market: Market, terms: OrderTerms): boolean {
  const best = bestTicks(oppositeSide(market, terms.side));
  return best !== undefined && crosses(terms.side, terms.priceTicks, best);
}

/** Checks 12 and 13. */
function checkBook(exchange: Exchange, { terms, extras, known }: Coming): Refusal | undefined {
  const { side, orderType, priceTicks } = terms;
  const { limits } = exchange;
  const market = getMarket(exchange, terms.market);
  // 12.
  if (orderType === OrderType.PostOnly && wouldTake(market, terms)) {
    return refuse(RejectCode.WouldTake);
  }
  // 13.
  if (known === undefined && !hasSlotLeft(exchange.slots, limits.ordersMax)) {
    return refuse(RejectCode.OrdersFull);
  }
  if (isRestingType(orderType) && extras.isHidden === 0) {
    const isPageInUse = bookSide(market, side).pages.has(pageOf(priceTicks));
    if (!isPageInUse && exchange.levelPageCount >= limits.levelPagesMax) {
      return refuse(RejectCode.LevelsFull);
    }
  }
  const isSpecial = hasExtras(extras) || isForAuction(market, terms);
  if (known === undefined && isSpecial && exchange.specialCount >= limits.specialsMax) {
    return refuse(RejectCode.SpecialsFull);
  }
  const { rows } = getAccount(exchange, terms.account);
  const { baseAsset, quoteAsset } = market.terms;
  const rowsToMake = (rows.has(baseAsset) ? 0 : 1) + (rows.has(quoteAsset) ? 0 : 1);
  if (exchange.balanceCount + rowsToMake > limits.balancesMax) {
    return refuse(RejectCode.BalancesFull);
  }
  return undefined;
}
