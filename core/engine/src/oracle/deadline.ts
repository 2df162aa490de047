import {
  CancelReason,
  DEADLINE_MS_MAX,
  EventKind,
  RejectCode,
  type Command,
  type CommandKind,
} from "@rialto/protocol";
import { endOpenOrder } from "./end-order.ts";
import { findAccount, ordersBySlot } from "./exchange.ts";
import type { Account, Exchange } from "./exchange.ts";
import { refuse, type Outbox } from "./outbox.ts";

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
  const timeoutMs = Number(command.timeoutMs);
  account.deadlineMs = timeoutMs === 0 ? undefined : exchange.nowMs + timeoutMs;
  outbox.emit({
    kind: EventKind.DeadlineSet,
    account: account.index,
    deadlineMs: account.deadlineMs ?? 0,
  });
}

/**
 * Ends the orders of an account whose deadline has passed.
 *
 * Returns  how much of `countMax` is left: an order counts, and so does it that none is left.
 */
export function attendDeadline(
  exchange: Exchange,
  account: Account,
  countMax: number,
  outbox: Outbox,
): number {
  let left = countMax;
  for (const order of ordersBySlot(account)) {
    if (left === 0) return 0;
    left -= 1;
    endOpenOrder(exchange, order, CancelReason.Deadline, outbox);
  }
  if (left === 0) return 0;
  account.deadlineMs = undefined;
  outbox.emit({ kind: EventKind.DeadlinePassed, account: account.index });
  return left - 1;
}
