import { fail } from "@rialto/base";
import {
  CancelReason,
  EventKind,
  INDICATIVE_INTERVAL_MS,
  MarketState,
  Side,
  UNCROSSING_TOUCHES,
} from "@rialto/protocol";
import { computeAuction, computeNext } from "./auction.ts";
import type { AuctionView } from "../engine.ts";
import { firstAuctioned, marketOrders } from "./dark.ts";
import type { Exchange, Market, Order } from "./exchange.ts";
import { emitShown } from "./matching.ts";
import { settleAuctioned } from "./money.ts";
import { endOrder, isRenewed, reduceTraded, remainingLots } from "./orders.ts";
import type { Outbox } from "./outbox.ts";
import { enterState, hasMarketOrders, isCrossed } from "./market-state.ts";
import { countFill } from "./protection.ts";
import { getSpecial } from "./specials.ts";
import { noteLast } from "./triggers.ts";

// Call auctions. Source: matching.md §3.4.

/** Goes on with the uncrossings that were begun, market by market, as far as the command may. */
export function uncrossMarkets(exchange: Exchange, outbox: Outbox): void {
  if (exchange.isSuspended) return;
  for (const market of exchange.markets) {
    const { uncrossTo } = market;
    if (uncrossTo === undefined) continue;
    if (!uncross(exchange, market, outbox) || !touchOnce(exchange)) return;
    enterState(exchange, market, uncrossTo, outbox);
  }
}

/** Counts a touch. Returns false if the command has none left. */
function touchOnce(exchange: Exchange): boolean {
  if (exchange.touchesLeft === 0) return false;
  exchange.touchesLeft -= 1;
  return true;
}

/** Returns false if the command may meet no more makers. */
function uncross(exchange: Exchange, market: Market, outbox: Outbox): boolean {
  for (;;) {
    const auction = computeNext(market);
    if (auction !== undefined && !tradeVolume(exchange, market, auction, outbox)) return false;
    if (!hasMarketOrders(market) && !isCrossed(market)) return true;
    // Without them, what their collars kept apart may trade.
    if (!endMarketOrders(exchange, market, outbox)) return false;
  }
}

/** Ends the market orders that an uncrossing has left. Returns false if the command may meet no more makers. */
function endMarketOrders(exchange: Exchange, market: Market, outbox: Outbox): boolean {
  for (const order of [...marketOrders(market.bids), ...marketOrders(market.asks)]) {
    if (!touchOnce(exchange)) return false;
    outbox.emit({
      kind: EventKind.Canceled,
      reason: CancelReason.NoLiquidity,
      orderId: order.id,
      remaining: order.lots,
    });
    endOrder(exchange, order);
  }
  return true;
}

/** Trades the volume of an auction. Returns false if the command may meet no more makers. */
function tradeVolume(
  exchange: Exchange,
  market: Market,
  { lots: volume, priceTicks }: AuctionView,
  outbox: Outbox,
): boolean {
  let left = volume;
  while (left > 0n) {
    if (exchange.touchesLeft < UNCROSSING_TOUCHES) return false;
    exchange.touchesLeft -= UNCROSSING_TOUCHES;
    const buy = firstAuctioned(market.bids, priceTicks) ?? fail("what buys has orders");
    const sell = firstAuctioned(market.asks, priceTicks) ?? fail("what sells has orders");
    const lots = [offeredLots(buy), offeredLots(sell), left].reduce((a, b) => (a < b ? a : b));
    tradeAuctioned(exchange, { buy, sell, lots, priceTicks }, outbox);
    left -= lots;
  }
  return true;
}

/** What an order trades at once: what it shows, or all it has if it has shown another part in this uncrossing already. */
function offeredLots(order: Order): bigint {
  return isRenewed(order) ? remainingLots(order) : order.lots;
}

interface Step {
  readonly buy: Order;
  readonly sell: Order;
  readonly lots: bigint;
  readonly priceTicks: number;
}

function tradeAuctioned(exchange: Exchange, step: Step, outbox: Outbox): void {
  const { buy, sell, lots, priceTicks } = step;
  const { market } = buy;
  const shielded = [buy, sell].filter((order) => order.special?.isProtected === true);
  const fees = settleAuctioned(exchange, buy, sell, lots, priceTicks);
  const buyFate = reduceTraded(exchange, buy, lots);
  const sellFate = reduceTraded(exchange, sell, lots);
  noteLast(market, priceTicks);
  market.tradeCount += 1;
  outbox.emit({
    kind: EventKind.Auctioned,
    buyDone: buyFate === "ended",
    sellDone: sellFate === "ended",
    market: market.index,
    priceTicks,
    tradeId: market.tradeCount,
    buyOrderId: buy.id,
    sellOrderId: sell.id,
    lots: Number(lots),
    ...fees,
  });
  for (const { account } of shielded) countFill(exchange, account, market, lots, outbox);
  if (buyFate === "refilled") renew(buy, outbox);
  if (sellFate === "refilled") renew(sell, outbox);
}

/** Says what an iceberg shows now, which has traded all that it showed. */
function renew(order: Order, outbox: Outbox): void {
  getSpecial(order).renewedBy = order.market.tradeCount;
  emitShown(order, outbox);
}

/** Notes that an auction's book is another: its indicative price is to be told. */
export function noteBook(market: Market): void {
  if (market.state === MarketState.Auction) market.isBookNew = true;
}

/** Tells the indicative prices of the auctions whose books are others, as many as one command may, or notes when they may be told. */
export function showAuctions(exchange: Exchange, outbox: Outbox): void {
  let told = 0;
  for (const market of exchange.markets) {
    if (!market.isBookNew) continue;
    market.isBookNew = false;
    if (market.state !== MarketState.Auction || market.showAtMs !== undefined) continue;
    if (exchange.nowMs >= market.nextShowMs && told < exchange.bounds.indicativesMax) {
      showAuction(exchange, market, outbox);
      told += 1;
    } else {
      market.showAtMs = Math.max(market.nextShowMs, exchange.nowMs);
      exchange.mayBeDue = true;
    }
  }
}

export function showAuction(exchange: Exchange, market: Market, outbox: Outbox): void {
  const auction = computeAuction(market);
  market.showAtMs = undefined;
  market.nextShowMs = exchange.nowMs + INDICATIVE_INTERVAL_MS;
  outbox.emit({
    kind: EventKind.Indicative,
    surplusSide: auction?.surplusSide ?? Side.Buy,
    market: market.index,
    priceTicks: auction?.priceTicks ?? 0,
    lots: auction?.lots ?? 0n,
    surplusLots: auction?.surplusLots ?? 0n,
  });
}
