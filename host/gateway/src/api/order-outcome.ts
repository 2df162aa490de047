import {
  CancelReason,
  type EngineEvent,
  EventKind,
  type OrderId,
  OrderType,
  type RejectCode,
} from "@rialto/protocol";
import { OrderStatus } from "@rialto/storage";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { OrderDraft } from "./order-draft.ts";

type FillEvent = Extract<EngineEvent, { readonly kind: typeof EventKind.Fill }>;
type AuctionEvent = Extract<EngineEvent, { readonly kind: typeof EventKind.Auctioned }>;
type RejectedEvent = Extract<EngineEvent, { readonly kind: typeof EventKind.Rejected }>;

/**
 * The event that says what became of a command that is answered by one of `kind`, or by a refusal.
 *
 * What came due before the command stands before it in its events, with what followed from it: ends, trades and orders that come, of
 * whatever account.
 *
 * Source   matching.md §3.3.
 */
export function findOutcome<Kind extends EventKind>(
  events: readonly EngineEvent[],
  kind: Kind,
): Extract<EngineEvent, { readonly kind: Kind }> | RejectedEvent | undefined {
  return events.find(
    (event): event is Extract<EngineEvent, { readonly kind: Kind }> | RejectedEvent =>
      event.kind === kind || event.kind === EventKind.Rejected,
  );
}

/** Where, among the events of a command, stands what became of its cancel; -1 where nothing does. */
export function findCancelIndex(events: readonly EngineEvent[], reason: CancelReason): number {
  return events.findIndex(
    (event) =>
      event.kind === EventKind.Rejected ||
      (event.kind === EventKind.Canceled && event.reason === reason),
  );
}

/** One trade of an order, from its own side. */
export interface OwnFill {
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly lots: number;
  /** Below zero where its account is paid. */
  readonly feeQuanta: bigint;
  /** It was in the book, and is complete by it. */
  readonly isDone: boolean;
}

/** An order that was accepted, as it stood when its command was done. */
export interface PlacedOrder {
  readonly orderId: OrderId;
  readonly status: OrderStatus;
  readonly executedLots: number;
  readonly executedQuanta: bigint;
  readonly preventedLots: number;
  readonly fills: readonly OwnFill[];
}

/** Reads what became of a new order from the events of its command. */
export function readPlacing(
  draft: OrderDraft,
  events: readonly EngineEvent[],
): PlacedOrder | RejectCode | undefined {
  const outcome = findOutcome(events, EventKind.Accepted);
  if (outcome?.kind === EventKind.Rejected) return outcome.code;
  return outcome && followPlaced(draft.market, outcome.orderId, events);
}

/** How a new order stood when the command that has placed it was done, which may have placed others too. */
export function followPlaced(
  market: MarketSpec,
  orderId: OrderId,
  events: readonly EngineEvent[],
): PlacedOrder {
  /** Or waits for its price. */
  let isResting = false;
  let isDeclined = false;
  let reason: CancelReason | undefined;
  let executedLots = 0;
  let executedQuanta = 0n;
  let preventedLots = 0;
  const fills: OwnFill[] = [];
  for (const event of events) {
    switch (event.kind) {
      case EventKind.Accepted:
        if (event.orderId === orderId) isResting = event.waits || event.restingLots > 0;
        break;
      // What an earlier command has left over may make its price come at once.
      case EventKind.Triggered:
        if (event.orderId === orderId) isResting = event.restingLots > 0;
        break;
      case EventKind.Declined:
        if (event.orderId === orderId) isDeclined = true;
        break;
      // Orders that waited may come by what this one did, and trade with others, or with what rests of it.
      case EventKind.Fill:
      case EventKind.Auctioned: {
        const fill = findFill(event, orderId);
        if (fill === undefined) break;
        fills.push(fill);
        if (fill.isDone) isResting = false;
        executedLots += event.lots;
        executedQuanta +=
          BigInt(event.priceTicks) * BigInt(event.lots) * market.terms.tickLotQuanta;
        break;
      }
      case EventKind.Prevented: {
        const isMaker = event.makerOrderId === orderId;
        if (!isMaker && event.takerOrderId !== orderId) break;
        if (isMaker && event.makerDone) isResting = false;
        preventedLots += event.lots;
        break;
      }
      case EventKind.Canceled:
        // Makers of the same account may be cancelled on the way.
        if (event.orderId === orderId) reason = event.reason;
        break;
      default:
        break;
    }
  }
  const status = isDeclined
    ? OrderStatus.Expired
    : statusOf(reason, isResting, executedLots, preventedLots);
  return { orderId, status, executedLots, executedQuanta, preventedLots, fills };
}

/**
 * What the order trades in an event: as the one that has come, or as one that was there. Where an auction ends with a
 * command, the command's own order is there already.
 */
function findFill(event: FillEvent | AuctionEvent, orderId: OrderId): OwnFill | undefined {
  const fill = (feeQuanta: bigint, isDone: boolean): OwnFill => {
    const { tradeId, priceTicks, lots } = event;
    return { tradeId, priceTicks, lots, feeQuanta, isDone };
  };
  if (event.kind === EventKind.Fill) {
    if (event.takerOrderId === orderId) return fill(event.takerFeeQuanta, false);
    if (event.makerOrderId !== orderId) return undefined;
    const { makerFeeQuanta, makerRebate, makerDone } = event;
    return fill(makerRebate ? -makerFeeQuanta : makerFeeQuanta, makerDone);
  }
  if (event.buyOrderId === orderId) return fill(event.buyFeeQuanta, event.buyDone);
  if (event.sellOrderId === orderId) return fill(event.sellFeeQuanta, event.sellDone);
  return undefined;
}

function statusOf(
  reason: CancelReason | undefined,
  isResting: boolean,
  executedLots: number,
  preventedLots: number,
): OrderStatus {
  switch (reason) {
    case undefined:
      break;
    case CancelReason.SelfTradeTaker:
    case CancelReason.SelfTradeMaker:
    case CancelReason.SelfTradeBoth:
      return OrderStatus.ExpiredInMatch;
    default:
      return OrderStatus.Expired;
  }
  if (isResting) return executedLots > 0 ? OrderStatus.PartiallyFilled : OrderStatus.New;
  if (preventedLots > 0) return OrderStatus.ExpiredInMatch;
  // By quote, of less than a lot costs.
  return executedLots > 0 ? OrderStatus.Filled : OrderStatus.Expired;
}

/** Lots that were asked for; an order by quote asked for what it got. */
export function originalLots(
  orderType: OrderType,
  lots: number | bigint,
  executedLots: number,
): number | bigint {
  return orderType === OrderType.MarketByQuote ? executedLots : lots;
}
