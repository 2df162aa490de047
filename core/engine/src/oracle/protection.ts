import {
  EventKind,
  PROTECTIONS_MAX,
  PROTECTIONS_PER_ACCOUNT_MAX,
  RejectCode,
  type Command,
  type CommandKind,
} from "@rialto/protocol";
import { findAccount, ordersBySlot } from "./exchange.ts";
import type { Account, Exchange, Market, Order, Protection } from "./exchange.ts";
import { refuse, type Outbox } from "./outbox.ts";

// Market makers' protection. Source: matching.md §2.16.

type SetProtection = Extract<Command, { readonly kind: typeof CommandKind.SetProtection }>;

/** Does SET_PROTECTION: mutates `exchange`, emits to `outbox`. */
export function setProtection(exchange: Exchange, command: SetProtection, outbox: Outbox): void {
  const { windowMs, lotsMax, fillsMax } = command;
  const isLimited = lotsMax !== 0n || fillsMax !== 0;
  if ((windowMs !== 0) !== isLimited) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  const market = exchange.markets[command.market];
  const account = findAccount(exchange, command.account);
  if (market === undefined || account === undefined) {
    outbox.reject(
      refuse(market === undefined ? RejectCode.UnknownMarket : RejectCode.UnknownAccount),
    );
    return;
  }
  const others = account.protections.filter((each) => each.market !== market);
  const otherCount = exchange.protectionCount - account.protections.length + others.length;
  const isFull = others.length >= PROTECTIONS_PER_ACCOUNT_MAX || otherCount >= PROTECTIONS_MAX;
  if (windowMs !== 0 && isFull) {
    outbox.reject(refuse(RejectCode.ProtectionsFull));
    return;
  }
  account.protections = others;
  exchange.protectionCount = otherCount + (windowMs === 0 ? 0 : 1);
  if (windowMs !== 0) {
    const counts = { endsMs: 0, lots: 0n, fills: 0, isTripped: false };
    account.protections.push({ market, windowMs, lotsMax, fillsMax, ...counts });
  }
  outbox.emit({
    kind: EventKind.ProtectionSet,
    account: account.index,
    market: market.index,
  });
}

export function findProtection(account: Account, market: Market): Protection | undefined {
  return account.protections.find((each) => each.market === market);
}

/** Check 8b of PLACE_SPECIAL. */
export function findProtectionCode(account: Account, market: Market): RejectCode | undefined {
  const protection = findProtection(account, market);
  if (protection === undefined) return RejectCode.NotProtected;
  return protection.isTripped ? RejectCode.ProtectionTripped : undefined;
}

/** Counts a fill of a protected order. */
export function countFill(
  exchange: Exchange,
  account: Account,
  market: Market,
  lots: bigint,
  outbox: Outbox,
): void {
  const protection = findProtection(account, market);
  if (protection === undefined || protection.isTripped) return;
  if (exchange.nowMs >= protection.endsMs) {
    protection.endsMs = exchange.nowMs + protection.windowMs;
    protection.lots = 0n;
    protection.fills = 0;
  }
  protection.lots += lots;
  protection.fills += 1;
  const { lotsMax, fillsMax } = protection;
  const isOver =
    (lotsMax !== 0n && protection.lots >= lotsMax) ||
    (fillsMax !== 0 && protection.fills >= fillsMax);
  if (!isOver) return;
  protection.isTripped = true;
  exchange.tripped.push({ account, protection });
  outbox.emit({
    kind: EventKind.ProtectionTripped,
    account: account.index,
    market: market.index,
  });
}

/** The orders that end when a protection trips, in their order. */
export function listProtected(account: Account, market: Market): Order[] {
  return ordersBySlot(account).filter(
    (order) => order.market === market && order.special?.isProtected === true,
  );
}
