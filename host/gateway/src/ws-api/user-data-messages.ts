import {
  type ListKind,
  PegKind,
  Side,
  type OrderType,
  type SelfTrade,
  type TriggerKind,
} from "@rialto/protocol";
import { isOpenStatus, OrderFlag } from "@rialto/storage";
import { clientTextOf, feeAssetOf, listIdOf, listTextOf } from "../api/order-replies.ts";
import { originalLots } from "../api/order-outcome.ts";
import {
  DORMANT_WORD,
  LIST_WORDS,
  NONE_TEXT,
  PEG_CHOICES,
  SELF_TRADE_WORDS,
  SIDE_WORDS,
  STATUS_WORDS,
  timeInForceWord,
  typeWord,
} from "../api/order-words.ts";
import { type AssetSpec, assetText, type MarketSpec } from "../markets/market-catalog.ts";
import type { BalanceReport, ExecutionReport, ListReport } from "../read-model/happenings.ts";
import type { OrderRecord } from "../read-model/order-record.ts";
import type { Time } from "../streams/stream-messages.ts";

// The messages about an account.

/** What happened to one order. */
export function executionMessage(
  market: MarketSpec,
  report: ExecutionReport,
  eventMs: number,
  time: Time,
): object {
  const { order, fill } = report;
  const isCancel = report.cancelText !== "";
  const orderType = order.orderType as OrderType;
  const feeAsset = feeAssetOf(market, order.side === Side.Buy, fill?.feeQuanta ?? 0n);
  return {
    e: "executionReport",
    E: time(eventMs),
    s: market.symbol,
    c: isCancel ? report.cancelText : clientTextOf(order),
    S: SIDE_WORDS[order.side as Side],
    o: typeWord(orderType, order.triggerKind as TriggerKind),
    f: timeInForceWord(orderType, order.expiresMs),
    q: market.quantityText(originalLots(orderType, report.lots, report.executedLots)),
    p: market.priceText(report.priceTicks),
    P: market.priceText(order.triggerTicks),
    ...(order.trailBasisPoints === 0 ? {} : { d: order.trailBasisPoints }),
    F: market.quantityText(order.displayLots),
    g: listIdOf(order),
    C: isCancel ? clientTextOf(order) : "",
    x: report.executionType,
    X: report.isDormant ? DORMANT_WORD : STATUS_WORDS[report.status],
    r: "NONE",
    i: order.orderId,
    l: fill === undefined ? NONE_TEXT : market.quantityText(fill.lots),
    z: market.quantityText(report.executedLots),
    L: fill === undefined ? NONE_TEXT : market.priceText(fill.priceTicks),
    n: fill === undefined ? "0" : assetText(feeAsset, fill.feeQuanta),
    N: fill === undefined ? null : feeAsset.symbol,
    T: time(report.timeMs),
    t: fill?.tradeId ?? -1,
    I: report.executionId,
    w: report.isResting && isOpenStatus(report.status),
    m: fill?.isMaker ?? false,
    M: false,
    O: time(order.createdMs),
    Z: market.quoteText(report.executedQuanta),
    Y: fill === undefined ? NONE_TEXT : market.quoteText(fill.quanta),
    Q: market.quoteText(order.quoteQuanta),
    ...(report.hasCome ? { W: time(order.createdMs + order.waitedMs) } : {}),
    V: SELF_TRADE_WORDS[order.selfTrade as SelfTrade],
    ...ownFields(order, time),
    ...preventionFields(market, report),
  };
}

/** What an order has that the dialect's spot orders have not, or have otherwise: by the letters that it has elsewhere. */
function ownFields({ expiresMs, flags, pegKind, pegTicks }: OrderRecord, time: Time): object {
  return {
    ...(expiresMs === 0 ? {} : { gtd: time(expiresMs) }),
    ...((flags & OrderFlag.BestQuote) === 0 ? {} : { wt: "BEST_QUOTE" }),
    ...((flags & OrderFlag.Hidden) === 0 ? {} : { isHidden: true }),
    ...((flags & OrderFlag.Protected) === 0 ? {} : { isMmp: true }),
    ...(pegKind === PegKind.None
      ? {}
      : { gP: PEG_CHOICES[pegKind - 1], gOT: "PRICE_TICK", gOV: pegTicks }),
  };
}

function preventionFields(market: MarketSpec, report: ExecutionReport): object {
  const { prevention } = report;
  if (prevention === undefined) return {};
  const quantity = market.quantityText(prevention.lots);
  return {
    v: report.executionId,
    A: market.quantityText(report.preventedLots),
    B: quantity,
    u: 0,
    U: prevention.counterOrderId,
    Cs: market.symbol,
    pl: quantity,
    pL: market.priceText(prevention.priceTicks),
  };
}

/** A list of orders has been placed, or is done. */
export function listMessage(
  market: MarketSpec,
  report: ListReport,
  eventMs: number,
  time: Time,
): object {
  const { orders, isDone } = report;
  const first = orders[0]!;
  return {
    e: "listStatus",
    E: time(eventMs),
    s: market.symbol,
    g: first.listId,
    c: LIST_WORDS[first.listKind as ListKind],
    ...(isDone ? { l: "ALL_DONE", L: "ALL_DONE" } : { l: "EXEC_STARTED", L: "EXECUTING" }),
    r: "NONE",
    C: listTextOf(first),
    T: time(report.timeMs),
    O: orders.map((order) => ({ s: market.symbol, i: order.orderId, c: clientTextOf(order) })),
  };
}

export interface PositionRow {
  readonly asset: AssetSpec;
  readonly free: bigint;
  readonly locked: bigint;
}

/** What the account has now of the assets that something happened to. */
export function positionMessage(
  rows: readonly PositionRow[],
  updatedMs: number,
  eventMs: number,
  time: Time,
): object {
  return {
    e: "outboundAccountPosition",
    E: time(eventMs),
    u: time(updatedMs),
    B: rows.map(({ asset, free, locked }) => ({
      a: asset.symbol,
      f: assetText(asset, free),
      l: assetText(asset, locked),
    })),
  };
}

/** A deposit or withdrawal. */
export function balanceMessage(
  asset: AssetSpec,
  report: BalanceReport,
  eventMs: number,
  time: Time,
): object {
  return {
    e: "balanceUpdate",
    E: time(eventMs),
    a: asset.symbol,
    d: assetText(asset, report.quanta),
    T: time(report.timeMs),
  };
}
