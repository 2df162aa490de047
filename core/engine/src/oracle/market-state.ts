import {
  EventKind,
  MarketState,
  OrderType,
  RejectCode,
  type Command,
  type CommandKind,
} from "@rialto/protocol";
import { bestTicks, marketOrders } from "./dark.ts";
import type { Account, Exchange, Market } from "./exchange.ts";
import { refuse, type Outbox, type Refusal } from "./outbox.ts";
import { getSpecial } from "./specials.ts";
import { listAwaiting, makeRipe } from "./triggers.ts";

// What the state of a market allows, and where it may go. Source: matching.md §2.8.

type CommandOf<Kind extends CommandKind> = Extract<Command, { readonly kind: Kind }>;

const { Trading, CancelOnly, Halted, PreOpen, Auction, PostOnly, Closed, Delisted } = MarketState;

/** The states that each state may go to, besides staying what it is. */
const transitions: Readonly<Record<MarketState, readonly MarketState[]>> = {
  [Trading]: [PostOnly, Auction, CancelOnly, Halted, Closed],
  [PostOnly]: [Trading, Auction, CancelOnly, Halted, Closed],
  [PreOpen]: [Auction, CancelOnly, Halted, Closed],
  [Auction]: [Trading, PostOnly, PreOpen, CancelOnly, Halted, Closed],
  [CancelOnly]: [Trading, PostOnly, PreOpen, Auction, Halted, Closed],
  [Halted]: [Trading, PostOnly, PreOpen, Auction, CancelOnly, Closed],
  [Closed]: [PreOpen, Auction, Halted],
  [Delisted]: [],
};

export function isMarketState(state: number): state is MarketState {
  return Object.hasOwn(transitions, state);
}

/** True in the states in which orders gather without trading. */
export function isGathering(state: MarketState): boolean {
  return state === PreOpen || state === Auction;
}

/** True in the states in which a book may not be crossed. */
export function isContinuous(state: MarketState): boolean {
  return state === Trading || state === PostOnly;
}

export function isCrossed(market: Market): boolean {
  const bid = bestTicks(market.bids);
  const ask = bestTicks(market.asks);
  return bid !== undefined && ask !== undefined && bid >= ask;
}

/** True if market orders wait for the auction. */
export function hasMarketOrders(market: Market): boolean {
  return marketOrders(market.bids).length + marketOrders(market.asks).length > 0;
}

/** True while the orders of an auction trade, which may take several steps. While trading is suspended that stands still. */
export function isUncrossing(exchange: Exchange): boolean {
  if (exchange.isSuspended) return false;
  return exchange.markets.some(({ uncrossTo }) => uncrossTo !== undefined);
}

/** Lets the orders of an auction trade, and the market go to a state when they have, however long that takes. */
export function beginUncrossing(market: Market, state: MarketState): void {
  market.uncrossTo = state;
  market.uncrossFrom = market.tradeCount;
  market.reopenAtMs = undefined;
}

/** Check 4 of PLACE: whether anything, and this type of order, may come now. */
export function findStateRefusal(
  exchange: Exchange,
  account: Account,
  market: Market,
  orderType: OrderType,
): Refusal | undefined {
  const stopped = findStoppedRefusal(exchange, account);
  if (stopped !== undefined) return stopped;
  const code = findStateCode(market, orderType);
  return code === undefined ? undefined : refuse(code);
}

/** Why a market's state does not let orders of a type in, if it does not. */
export function findStateCode(market: Market, orderType: OrderType): RejectCode | undefined {
  const closed = findClosedCode(market);
  if (closed !== undefined) return closed;
  switch (market.state) {
    case PostOnly:
      return orderType === OrderType.PostOnly ? undefined : RejectCode.MarketPostOnly;
    case PreOpen:
    case Auction:
      return orderType === OrderType.Limit || orderType === OrderType.Market
        ? undefined
        : RejectCode.MarketInAuction;
    default:
      return undefined;
  }
}

/** The part of check 4 that is the same for every type. */
export function findClosedRefusal(
  exchange: Exchange,
  account: Account,
  market: Market,
): Refusal | undefined {
  const stopped = findStoppedRefusal(exchange, account);
  if (stopped !== undefined) return stopped;
  const code = findClosedCode(market);
  return code === undefined ? undefined : refuse(code);
}

/** The part that no market is asked for. */
function findStoppedRefusal(exchange: Exchange, account: Account): Refusal | undefined {
  if (exchange.isSuspended) return refuse(RejectCode.TradingSuspended);
  return account.isBlocked ? refuse(RejectCode.AccountBlocked) : undefined;
}

function findClosedCode(market: Market): RejectCode | undefined {
  switch (market.state) {
    case Halted:
      return RejectCode.MarketHalted;
    case CancelOnly:
      return RejectCode.MarketCancelOnly;
    case Closed:
    case Delisted:
      return RejectCode.MarketClosed;
    default:
      return undefined;
  }
}

/** Does SET_MARKET_STATE: mutates `exchange`, emits to `outbox`. */
export function setMarketState(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.SetMarketState>,
  outbox: Outbox,
): void {
  const { state } = command;
  if (!isMarketState(state)) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  const market = exchange.markets[command.market];
  if (market === undefined) {
    outbox.reject(refuse(RejectCode.UnknownMarket));
    return;
  }
  if (state !== market.state && !transitions[market.state].includes(state)) {
    outbox.reject(refuse(RejectCode.TransitionNotAllowed));
    return;
  }
  if (market.state === Auction && (isContinuous(state) || state === Closed)) {
    beginUncrossing(market, state);
    return;
  }
  if (isContinuous(state) && (isCrossed(market) || hasMarketOrders(market))) {
    outbox.reject(refuse(RejectCode.BookCrossed));
    return;
  }
  enterState(exchange, market, state, outbox);
}

/** Puts a market into a state that it may have, and says so. */
export function enterState(
  exchange: Exchange,
  market: Market,
  state: MarketState,
  outbox: Outbox,
): void {
  market.state = state;
  market.uncrossTo = undefined;
  market.reopenAtMs = undefined;
  market.showAtMs = undefined;
  market.nextShowMs = 0;
  market.isBookNew = state === Auction;
  // What happened to the last trade's price in other states is seen now.
  if (state === Trading) market.unseenTicks ??= market.lastTradeTicks;
  for (const order of listAwaiting(market)) {
    const code = findStateCode(market, getSpecial(order).terms.orderType);
    if (code === undefined) makeRipe(exchange, order);
  }
  if (market.guard !== undefined && isContinuous(state)) {
    market.guard.ticks = market.lastTradeTicks;
    market.guard.endsMs = exchange.nowMs + market.guard.windowMs;
  }
  outbox.emit({ kind: EventKind.MarketStateSet, state, market: market.index });
}

/** Does SET_TRADING: mutates `exchange`, emits to `outbox`. */
export function setTrading(exchange: Exchange, enabled: number, outbox: Outbox): void {
  if (enabled > 1) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  exchange.isSuspended = enabled === 0;
  // What happened to the prices meanwhile is seen now.
  for (const market of exchange.markets) market.unseenTicks ??= market.lastTradeTicks;
  outbox.emit({ kind: EventKind.TradingSet, enabled: enabled === 1 });
}

/** Does SET_ACCOUNT_STATE: mutates `exchange`, emits to `outbox`. */
export function setAccountState(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.SetAccountState>,
  outbox: Outbox,
): void {
  const enabled: number = command.enabled;
  if (enabled > 1) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  const account = exchange.accounts[command.account - 1];
  if (account === undefined) {
    outbox.reject(refuse(RejectCode.UnknownAccount));
    return;
  }
  account.isBlocked = enabled === 0;
  const { index } = account;
  outbox.emit({ kind: EventKind.AccountStateSet, enabled: enabled === 1, account: index });
}
