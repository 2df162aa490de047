import { fail } from "@rialto/base";
import { CancelReason, EventKind, OrderType, type OrderTerms } from "@rialto/protocol";
import { getAccount, getMarket } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";
import { canFillAll, matchTaker, type Taker } from "./matching.ts";
import { isGathering } from "./market-state.ts";
import { makeRow } from "./money.ts";
import { restOrder } from "./orders.ts";
import type { Outbox } from "./outbox.ts";
import { findRefusal, isLimitType } from "./place-checks.ts";
import { collarTicks } from "./price-band.ts";
import { giveBackSlot, takeSlot } from "./slots.ts";

/**
 * Does PLACE: checks the order, accepts it, lets it trade, and lets it rest or ends it.
 *
 * Effects  mutates `exchange`, emits to `outbox`.
 * Source   matching.md §2.1 and §3.
 */
export function placeOrder(exchange: Exchange, terms: OrderTerms, outbox: Outbox): void {
  const refusal = findRefusal(exchange, terms);
  if (refusal !== undefined) {
    outbox.reject(refusal);
    return;
  }
  const taker = acceptOrder(exchange, terms);
  const acceptedAt = outbox.emit({
    kind: EventKind.Accepted,
    orderId: taker.id,
    restingLots: 0,
  });
  const fate = tradeOrder(exchange, terms.orderType, taker, outbox);
  if (fate === "rests") {
    outbox.setRestingLots(acceptedAt, taker.left);
    restOrder(exchange, {
      id: taker.id,
      account: taker.account,
      market: taker.market,
      side: taker.side,
      priceTicks: taker.limitTicks,
      lots: taker.left,
      clientOrderId: terms.clientOrderId,
    });
    return;
  }
  if (fate !== "complete") {
    outbox.emit({
      kind: EventKind.Canceled,
      reason: fate,
      orderId: taker.id,
      remaining: taker.left,
    });
  }
  giveBackSlot(exchange.slots, taker.id);
}

/** Makes the rows and takes the slot of an order that passed all checks. */
function acceptOrder(exchange: Exchange, terms: OrderTerms): Taker {
  const account = getAccount(exchange, terms.account);
  const market = getMarket(exchange, terms.market);
  makeRow(exchange, account, market.terms.baseAsset);
  makeRow(exchange, account, market.terms.quoteAsset);
  const isLimit = isLimitType(terms.orderType);
  return {
    id: takeSlot(exchange.slots),
    account,
    market,
    side: terms.side,
    selfTrade: terms.selfTrade,
    limitTicks: isLimit ? terms.priceTicks : collarTicks(market, terms.side),
    isMarketOrder: !isLimit,
    isByQuote: terms.orderType === OrderType.MarketByQuote,
    left: terms.quantity,
  };
}

type Fate = "complete" | "rests" | CancelReason;

/** Matches the taker and says what becomes of what is left of it (matching.md §3, the end). */
function tradeOrder(exchange: Exchange, orderType: OrderType, taker: Taker, outbox: Outbox): Fate {
  if (isGathering(taker.market.state)) return "rests";
  if (orderType === OrderType.FillOrKill && !canFillAll(taker)) return CancelReason.Unfillable;
  const end = matchTaker(exchange, taker, outbox);
  if (end !== "nothingCrosses") return end;
  switch (orderType) {
    case OrderType.Limit:
    case OrderType.PostOnly:
      return "rests";
    case OrderType.ImmediateOrCancel:
      return CancelReason.Immediate;
    case OrderType.Market:
    case OrderType.MarketByQuote:
      return CancelReason.NoLiquidity;
    case OrderType.FillOrKill:
      return fail("a fill-or-kill order that was counted trades in full");
  }
}
