import { MarketState, Side } from "@rialto/protocol";
import type { Exchange, Market, Order, Watch } from "./exchange.ts";
import type { Outbox } from "./outbox.ts";
import { movePegs } from "./pegs.ts";
import { compareBySequence, getSpecial } from "./specials.ts";

// Orders that wait for a price. Source: matching.md §3.2.

/** Shows each market's waiting orders what has become of its prices, market by market. */
export function watchPrices(exchange: Exchange, outbox: Outbox): void {
  for (const market of exchange.markets) {
    const first = market.unseenTicks;
    market.unseenTicks = undefined;
    if (market.pegs.size > 0) movePegs(exchange, market, outbox);
    if (market.watchers.size === 0) continue;
    if (!isShowing(exchange, market)) continue;
    showTrades(exchange, market, first);
    for (const price of ["bid", "ask"] as const) {
      const ticks = priceOf(market, price);
      if (ticks !== undefined) ripen(exchange, market, price, ticks);
    }
  }
}

/** Shows those that wait what was traded before the market pauses. */
export function showBeforePause(exchange: Exchange, market: Market): void {
  showTrades(exchange, market, market.unseenTicks);
  market.unseenTicks = undefined;
}

/** Shows those that wait the price of the first trade that they have not been shown yet, and that of the last. */
function showTrades(exchange: Exchange, market: Market, first: number | undefined): void {
  if (first === undefined) return;
  const last = market.lastTradeTicks;
  if (first !== last) showLast(exchange, market, first);
  showLast(exchange, market, last);
}

/** Lets an order that was ripe wait until its market lets it in. */
export function awaitState(order: Order): void {
  getSpecial(order).watch = { price: "last", goes: "up", ticks: ANY_TICKS, peakTicks: 0 };
  order.market.watchers.add(order);
}

/** Those that wait until their market lets them in, the earliest accepted first. */
export function listAwaiting(market: Market): Order[] {
  return listWatchers(market, "last", "up").filter(
    (order) => getSpecial(order).watch?.ticks === ANY_TICKS,
  );
}

/** Lets an order wait for nothing but its turn to come to its book. */
export function makeRipe(exchange: Exchange, order: Order): void {
  const special = getSpecial(order);
  special.watch = undefined;
  special.trail = undefined;
  order.market.watchers.delete(order);
  exchange.ripe.push(order);
}

/** Below every price, so that no order waits for it. */
export const ANY_TICKS = 0;

/** True if a market's waiting orders are shown its prices. */
function isShowing(exchange: Exchange, market: Market): boolean {
  return market.state === MarketState.Trading && !exchange.isSuspended;
}

/** Notes a trade's price for the orders that wait for one. */
export function noteLast(market: Market, ticks: number): void {
  if (ticks === market.lastTradeTicks) return;
  market.lastTradeTicks = ticks;
  const isWatched = [...market.watchers].some((order) => order.special?.watch?.price === "last");
  if (isWatched) market.unseenTicks ??= ticks;
}

/** Shows those that wait the price that one who begins to wait now has come too late for. */
export function showFirst(exchange: Exchange, market: Market): void {
  const { unseenTicks: first, lastTradeTicks: last } = market;
  const isShown = first !== undefined && first !== last && isShowing(exchange, market);
  if (isShown) showLast(exchange, market, first);
  market.unseenTicks = last;
}

/** What trailing stops wait for follows the price; then whose price has come is ripe. */
function showLast(exchange: Exchange, market: Market, ticks: number): void {
  for (const order of market.watchers) {
    const { watch, trail } = getSpecial(order);
    if (watch === undefined || trail === undefined || watch.peakTicks === 0) continue;
    const isBetter = watch.goes === "down" ? ticks > watch.peakTicks : ticks < watch.peakTicks;
    if (isBetter) getSpecial(order).watch = follow(order.side, trail.basisPoints, ticks);
  }
  ripen(exchange, market, "last", ticks);
}

/** What a trailing stop waits for when the best price it has seen is `peakTicks`. */
export function follow(side: Side, basisPoints: number, peakTicks: number): Watch {
  const distance = Math.ceil((peakTicks * basisPoints) / 10_000);
  const isUp = side === Side.Buy;
  const ticks = isUp ? peakTicks + distance : peakTicks - distance;
  return { price: "last", goes: isUp ? "up" : "down", ticks, peakTicks };
}

/** Makes those ripe whose price has come, or lets them follow it: first those that wait for it to go up, nearest first. */
function ripen(exchange: Exchange, market: Market, price: Watch["price"], ticks: number): void {
  for (const goes of ["up", "down"] as const) {
    for (const order of listWatchers(market, price, goes)) {
      const special = getSpecial(order);
      if (!isReached(special.watch, ticks)) break;
      if (special.trail !== undefined && special.watch?.peakTicks === 0) {
        special.watch = follow(order.side, special.trail.basisPoints, ticks);
        continue;
      }
      makeRipe(exchange, order);
    }
  }
}

/** Those that wait for `price` to go one way, the nearest first, of these the oldest. */
export function listWatchers(market: Market, price: Watch["price"], goes: Watch["goes"]): Order[] {
  const ticksOf = (order: Order): number => getSpecial(order).watch?.ticks ?? 0;
  return [...market.watchers]
    .filter((order) => {
      const { watch } = getSpecial(order);
      return watch?.price === price && watch.goes === goes;
    })
    .sort((left, right) => {
      const nearer =
        goes === "up" ? ticksOf(left) - ticksOf(right) : ticksOf(right) - ticksOf(left);
      return nearer === 0 ? compareBySequence(left, right) : nearer;
    });
}

/** True if what is waited for is so already. */
export function hasCome(market: Market, watch: Watch): boolean {
  const ticks = priceOf(market, watch.price);
  return ticks !== undefined && isReached(watch, ticks);
}

function isReached(watch: Watch | undefined, ticks: number): boolean {
  if (watch === undefined) return false;
  return watch.goes === "up" ? ticks >= watch.ticks : ticks <= watch.ticks;
}

function priceOf(market: Market, price: Watch["price"]): number | undefined {
  if (price === "last") return market.lastTradeTicks;
  const book = price === "bid" ? market.bids : market.asks;
  return book.levels[0]?.priceTicks;
}
