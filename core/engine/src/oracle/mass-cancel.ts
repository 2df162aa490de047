import {
  ALL_MARKETS,
  CancelReason,
  EventKind,
  orderSlot,
  RejectCode,
  Side,
  SideFilter,
  type Command,
  type CommandKind,
} from "@rialto/protocol";
import { endOpenOrder } from "./end-order.ts";
import { bookSide, familyOf, ordersBySlot } from "./exchange.ts";
import type { Exchange, Market, Order } from "./exchange.ts";
import { refuse, type Outbox } from "./outbox.ts";
import { listWatchers } from "./triggers.ts";

type MassCancel = Extract<Command, { readonly kind: typeof CommandKind.MassCancel }>;

/**
 * Does MASS_CANCEL, whatever the state of the markets. Source: matching.md §2.9.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 */
export function massCancel(exchange: Exchange, command: MassCancel, outbox: Outbox): void {
  const code = findRefusalCode(exchange, command);
  if (code !== undefined) {
    outbox.reject(refuse(code));
    return;
  }
  const tally: Tally = { count: 0, more: false };
  for (const order of listOrders(exchange, command)) endOne(exchange, order, tally, outbox);
  for (const order of listDormant(exchange, command)) {
    // What ended before may have others of its list to end.
    if (order.special?.news !== "ends") endOne(exchange, order, tally, outbox);
  }
  outbox.emit({ kind: EventKind.CanceledAll, ...tally });
}

interface Tally {
  count: number;
  more: boolean;
}

/** Ends one more order, or notes that it would be one too many. */
function endOne(exchange: Exchange, order: Order, tally: Tally, outbox: Outbox): void {
  tally.more = tally.count === exchange.bounds.massCancelsMax;
  if (tally.more) return;
  tally.count += 1;
  endOpenOrder(exchange, order, CancelReason.Operator, outbox);
}

function findRefusalCode(exchange: Exchange, command: MassCancel): RejectCode | undefined {
  const account: number = command.account;
  if (command.sides > SideFilter.Both || command.withFamily > 1) return RejectCode.Malformed;
  if (command.withFamily === 1 && account === 0) return RejectCode.Malformed;
  if (command.market !== ALL_MARKETS && exchange.markets[command.market] === undefined) {
    return RejectCode.UnknownMarket;
  }
  if (account !== 0 && exchange.accounts[account - 1] === undefined) {
    return RejectCode.UnknownAccount;
  }
  if (command.withFamily === 1 && exchange.accounts[account - 1]?.master !== undefined) {
    return RejectCode.NotMasterAccount;
  }
  return undefined;
}

/** Every order that the command speaks of but dormant ones, in the order in which they end. */
function listOrders(exchange: Exchange, command: MassCancel): Order[] {
  const { account, withFamily } = command;
  const owner = exchange.accounts[account - 1];
  const all =
    owner === undefined
      ? [
          ...exchange.markets.flatMap((each) => [...listBook(each), ...listWaiting(each)]),
          ...exchange.ripe,
        ]
      : (withFamily === 1 ? familyOf(exchange, owner) : [owner]).flatMap(ordersBySlot);
  return all.filter((order) => isMeant(order, command));
}

/** Those that wait for another of their list, the lowest slot first. Of an account they are among the others. */
function listDormant(exchange: Exchange, command: MassCancel): Order[] {
  if ((command.account as number) !== 0) return [];
  return [...exchange.orders.values()]
    .filter((order) => order.special?.isDormant === true && isMeant(order, command))
    .sort((left, right) => orderSlot(left.id) - orderSlot(right.id));
}

function isMeant(order: Order, { market, sides }: MassCancel): boolean {
  if (market !== ALL_MARKETS && order.market.index !== market) return false;
  return sides === SideFilter.Both || sides === (order.side as number);
}

/** Those that wait for a price, price by price and the nearest first, then pegged ones. */
function listWaiting(market: Market): Order[] {
  const watching = (["last", "bid", "ask"] as const).flatMap((price) =>
    (["up", "down"] as const).flatMap((goes) => listWatchers(market, price, goes)),
  );
  const adrift = [...market.pegs].filter((order) => order.isWaiting);
  return [...watching, ...adrift];
}

/** Bids from best to worst, then asks, in each level the oldest first; then likewise those that rest unseen. */
function listBook(market: Market): Order[] {
  const shown = [Side.Buy, Side.Sell].flatMap((side) =>
    bookSide(market, side).levels.flatMap((level) => level.orders),
  );
  return [...shown, ...market.bids.dark, ...market.asks.dark];
}
