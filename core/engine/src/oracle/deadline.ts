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

/** Ends the orders of an account whose deadline has passed, and says so. */
export function attendDeadline(exchange: Exchange, account: Account, outbox: Outbox): void {
  for (const order of ordersBySlot(account)) {
    endOpenOrder(exchange, order, CancelReason.Deadline, outbox);
  }
  account.deadlineMs = undefined;
  outbox.emit({ kind: EventKind.DeadlinePassed, account: account.index });
}
