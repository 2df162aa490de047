import {
  ALL_MARKETS,
  CancelReason,
  EventKind,
  MarketState,
  RejectCode,
  ReplaceMode,
  Side,
  SideFilter,
  type AccountIndex,
  type Command,
  type CommandKind,
  type OrderTarget,
} from "@rialto/protocol";
import { endOpenOrder } from "./end-order.ts";
import { familyOf, findAccount, getAccount, ordersBySlot } from "./exchange.ts";
import type { Exchange, Order } from "./exchange.ts";
import { refuse, type Outbox, type Refusal } from "./outbox.ts";
import { placeOrder } from "./place.ts";

type CommandOf<Kind extends CommandKind> = Extract<Command, { readonly kind: Kind }>;

/**
 * Does CANCEL. Source: matching.md §2.3.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 */
export function cancelOrder(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.Cancel>,
  outbox: Outbox,
): void {
  const target = findTarget(exchange, command.account, command.target);
  if ("code" in target) outbox.reject(target);
  else endOpenOrder(exchange, target, CancelReason.Requested, outbox);
}

/**
 * Does REPLACE: a cancel and a place with nothing between. Source: matching.md §2.4.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 */
export function replaceOrder(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.Replace>,
  outbox: Outbox,
): void {
  if (command.mode > ReplaceMode.AllowFailure) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  const target = findTarget(exchange, command.account, command.target);
  if ("code" in target) {
    outbox.reject(target);
    if (command.mode === ReplaceMode.StopOnFailure) return;
  } else {
    endOpenOrder(exchange, target, CancelReason.Replaced, outbox);
  }
  placeOrder(exchange, command, outbox);
}

/**
 * Does CANCEL_ALL. Source: matching.md §2.5.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 */
export function cancelAll(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.CancelAll>,
  outbox: Outbox,
): void {
  const refusal = findCancelAllRefusal(exchange, command);
  if (refusal !== undefined) {
    outbox.reject(refusal);
    return;
  }
  const account = getAccount(exchange, command.account);
  const accounts = command.withFamily === 1 ? familyOf(exchange, account) : [account];
  let count = 0;
  let more = false;
  for (const order of accounts.flatMap(ordersBySlot)) {
    if (command.market !== ALL_MARKETS && order.market.index !== command.market) continue;
    if (command.sides === SideFilter.Buys && order.side !== Side.Buy) continue;
    if (command.sides === SideFilter.Sells && order.side !== Side.Sell) continue;
    if (order.market.state === MarketState.Halted) continue;
    more = count === exchange.bounds.cancelAllMax;
    if (more) break;
    endOpenOrder(exchange, order, CancelReason.RequestedAll, outbox);
    count += 1;
  }
  outbox.emit({ kind: EventKind.CanceledAll, count, more });
}

function findCancelAllRefusal(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.CancelAll>,
): Refusal | undefined {
  if (command.sides > SideFilter.Both || command.withFamily > 1)
    return refuse(RejectCode.Malformed);
  const market = exchange.markets[command.market];
  if (market === undefined && command.market !== ALL_MARKETS) {
    return refuse(RejectCode.UnknownMarket);
  }
  if (findAccount(exchange, command.account) === undefined) {
    return refuse(RejectCode.UnknownAccount);
  }
  const isMaster = findAccount(exchange, command.account)?.master === undefined;
  if (command.withFamily === 1 && !isMaster) return refuse(RejectCode.NotMasterAccount);
  return market?.state === MarketState.Halted ? refuse(RejectCode.MarketHalted) : undefined;
}

/** The open order that `target` names and `accountIndex` may cancel now, or why there is none. */
export function findTarget(
  exchange: Exchange,
  accountIndex: AccountIndex,
  target: OrderTarget,
): Order | Refusal {
  const { orderId, clientOrderId } = target;
  if ((orderId === 0) === (clientOrderId === 0n)) return refuse(RejectCode.Malformed);
  const account = findAccount(exchange, accountIndex);
  if (account === undefined) return refuse(RejectCode.UnknownAccount);
  const order =
    orderId === 0 ? account.clientOrders.get(clientOrderId) : exchange.orders.get(orderId);
  if (order === undefined) return refuse(RejectCode.UnknownOrder, orderId);
  if (order.account !== account) return refuse(RejectCode.NotOrderOwner, orderId);
  if (order.market.state === MarketState.Halted) return refuse(RejectCode.MarketHalted, order.id);
  return order;
}
