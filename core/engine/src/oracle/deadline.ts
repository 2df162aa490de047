import {
  CancelReason,
  DEADLINE_MS_MAX,
  EventKind,
  RejectCode,
  type Command,
  type CommandKind,
} from "@rialto/protocol";
import { findAccount, ordersBySlot } from "./exchange.ts";
import type { Account, Exchange } from "./exchange.ts";
import { endOrder, remainingLots } from "./orders.ts";
import { refuse, type Outbox } from "./outbox.ts";
import { noteBook } from "./uncross.ts";

// The dead-man switch. Source: matching.md §2.14.

type SetDeadline = Extract<Command, { readonly kind: typeof CommandKind.SetDeadline }>;

/** Does SET_DEADLINE: mutates `exchange`, emits to `outbox`. */
export function setDeadline(exchange: Exchange, command: SetDeadline, outbox: Outbox): void {
  if (command.timeoutMs > DEADLINE_MS_MAX) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  const account = findAccount(exchange, command.account);
  if (account === undefined) {
    outbox.reject(refuse(RejectCode.UnknownAccount));
    return;
  }
  const { deadlineMs } = account;
  const hasPassed = deadlineMs !== undefined && deadlineMs <= exchange.nowMs;
  if (hasPassed) carryOut(exchange, account, Number.POSITIVE_INFINITY, outbox);
  const timeoutMs = Number(command.timeoutMs);
  account.deadlineMs = timeoutMs === 0 ? undefined : exchange.nowMs + timeoutMs;
  outbox.emit({
    kind: EventKind.DeadlineSet,
    account: account.index,
    deadlineMs: account.deadlineMs ?? 0,
  });
}

/**
 * Ends the orders of the accounts whose deadlines have passed, the earliest first.
 *
 * Returns  how much of `countMax` is left: an order counts, and so does an account that is done.
 */
export function attendDeadlines(exchange: Exchange, countMax: number, outbox: Outbox): number {
  let left = countMax;
  const passed = exchange.accounts
    .filter(({ deadlineMs }) => deadlineMs !== undefined && deadlineMs <= exchange.nowMs)
    .sort((a, b) => a.deadlineMs! - b.deadlineMs! || a.index - b.index);
  for (const account of passed) left = carryOut(exchange, account, left, outbox);
  return left;
}

/** Ends the orders of one account. Returns how much of `countMax` is left. */
function carryOut(exchange: Exchange, account: Account, countMax: number, outbox: Outbox): number {
  let left = countMax;
  for (const order of ordersBySlot(account)) {
    if (left === 0) return 0;
    left -= 1;
    outbox.emit({
      kind: EventKind.Canceled,
      reason: CancelReason.Deadline,
      orderId: order.id,
      remaining: remainingLots(order),
    });
    endOrder(exchange, order);
    noteBook(order.market);
  }
  if (left === 0) return 0;
  account.deadlineMs = undefined;
  outbox.emit({ kind: EventKind.DeadlinePassed, account: account.index });
  return left - 1;
}
