import {
  ListKind,
  OrderType,
  PegKind,
  Side,
  type SelfTrade,
  type TriggerKind,
} from "@rialto/protocol";
import {
  type HistoryFill,
  type HistoryOrder,
  isOpenStatus,
  NOT_WORKING,
  OrderFlag,
  type OrderStatus,
} from "@rialto/storage";
import { type AssetSpec, assetText, type MarketSpec } from "../markets/market-catalog.ts";
import { OrderRecord } from "../read-model/order-record.ts";
import type { OrderDraft } from "./order-draft.ts";
import { originalLots, type OwnFill, type PlacedOrder } from "./order-outcome.ts";
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
} from "./order-words.ts";

// The shapes in which orders and their fills are answered.

type Time = (timeMs: number) => number;

/** The client order id of an order as text; one that came as a number is shown as that. */
export function clientTextOf(
  order: Pick<HistoryOrder, "text" | "clientOrderId" | "orderId">,
): string {
  if (order.text !== "") return order.text;
  return String(order.clientOrderId === 0n ? order.orderId : order.clientOrderId);
}

/** What the list of an order is called; one without a name is shown as its id. */
export function listTextOf({ listId, listText }: HistoryOrder): string {
  return listText === "" ? String(listId) : listText;
}

/** The list of an order; -1 for none. */
export function listIdOf({ listId }: Pick<HistoryOrder, "listId">): number {
  return listId === 0 ? -1 : listId;
}

/** When an order came to the book; -1 for one that has not. */
function workingTime({ createdMs, waitedMs }: HistoryOrder, time: Time): number {
  return waitedMs === NOT_WORKING ? -1 : time(createdMs + waitedMs);
}

/** What only orders say that have it. */
function specialFields(market: MarketSpec, order: HistoryOrder, time: Time): object {
  const { triggerTicks, displayLots } = order;
  return {
    ...(triggerTicks === 0 ? {} : { stopPrice: market.priceText(triggerTicks) }),
    ...trailField(order),
    ...(displayLots === 0 ? {} : { icebergQty: market.quantityText(displayLots) }),
    ...ownFields(market, order, time),
  };
}

/** What an order has that the dialect's orders have not, or have otherwise. */
function ownFields(market: MarketSpec, order: HistoryOrder, time: Time): object {
  const { expiresMs, flags, pegKind } = order;
  return {
    ...(expiresMs === 0 ? {} : { goodTillDate: time(expiresMs) }),
    ...((flags & OrderFlag.BestQuote) === 0 ? {} : { workingType: "BEST_QUOTE" }),
    ...((flags & OrderFlag.Hidden) === 0 ? {} : { isHidden: true }),
    ...((flags & OrderFlag.Protected) === 0 ? {} : { isMmp: true }),
    ...(pegKind === PegKind.None ? {} : pegFields(market, order)),
  };
}

function pegFields(market: MarketSpec, order: HistoryOrder): object {
  const stands = order instanceof OrderRecord && order.isOpen && order.isResting;
  return {
    pegPriceType: PEG_CHOICES[order.pegKind - 1],
    pegOffsetType: "PRICE_TICK",
    pegOffsetValue: order.pegTicks,
    ...(stands ? { peggedPrice: market.priceText(order.shownTicks) } : {}),
  };
}

function trailField({ trailBasisPoints }: Pick<HistoryOrder, "trailBasisPoints">): object {
  return trailBasisPoints === 0 ? {} : { trailingDelta: trailBasisPoints };
}

/** The answer to a new order. `order` is how it is known, with its times. */
export function placedReply(
  draft: OrderDraft,
  placed: PlacedOrder,
  order: HistoryOrder,
  time: Time,
): object {
  const { market, terms } = draft;
  const ack = {
    symbol: market.symbol,
    orderId: placed.orderId,
    orderListId: -1,
    clientOrderId: draft.text,
    transactTime: time(order.createdMs),
  };
  if (draft.responseType === "ACK") return ack;
  const isByQuote = terms.orderType === OrderType.MarketByQuote;
  const result = {
    ...ack,
    price: market.priceText(terms.priceTicks),
    origQty: market.quantityText(
      originalLots(terms.orderType, terms.quantity, placed.executedLots),
    ),
    executedQty: market.quantityText(placed.executedLots),
    origQuoteOrderQty: isByQuote ? market.quoteText(terms.quantity) : NONE_TEXT,
    cummulativeQuoteQty: market.quoteText(placed.executedQuanta),
    status: STATUS_WORDS[placed.status],
    timeInForce: timeInForceWord(terms.orderType, terms.expiresMs),
    type: typeWord(terms.orderType, terms.trigger),
    side: SIDE_WORDS[terms.side],
    ...specialFields(market, order, time),
    // Clients take it for the time of the order: there is none yet for one that waits.
    ...(order.waitedMs === NOT_WORKING ? {} : { workingTime: workingTime(order, time) }),
    ...prevented(market, placed.preventedLots),
    selfTradePreventionMode: SELF_TRADE_WORDS[terms.selfTrade],
  };
  if (draft.responseType === "RESULT") return result;
  return { ...result, fills: fillReplies(market, terms.side, placed.fills) };
}

/** Each side pays its fee out of what it receives; below zero it is paid out of the other side's. */
export function feeAssetOf(market: MarketSpec, isBuyer: boolean, feeQuanta: bigint): AssetSpec {
  return isBuyer === feeQuanta >= 0n ? market.base : market.quote;
}

/** What an order has traded, where its answer is to say so. */
function fillReplies(market: MarketSpec, side: Side, fills: readonly OwnFill[]): object[] {
  return fills.map(({ tradeId, priceTicks, lots, feeQuanta }) => {
    const feeAsset = feeAssetOf(market, side === Side.Buy, feeQuanta);
    return {
      price: market.priceText(priceTicks),
      qty: market.quantityText(lots),
      commission: assetText(feeAsset, feeQuanta),
      commissionAsset: feeAsset.symbol,
      tradeId,
    };
  });
}

function prevented(market: MarketSpec, preventedLots: number): object {
  return preventedLots === 0 ? {} : { preventedQuantity: market.quantityText(preventedLots) };
}

interface OrderState {
  readonly price: string;
  readonly origQty: string;
  readonly executedQty: string;
  readonly cummulativeQuoteQty: string;
  readonly status: string;
  readonly timeInForce: string;
  readonly type: string;
  readonly side: string;
}

/** What an order is and how it stands: the part that all answers about known orders share. */
function orderState(market: MarketSpec, order: HistoryOrder): OrderState {
  const orderType = order.orderType as OrderType;
  return {
    price: market.priceText(order.priceTicks),
    origQty: market.quantityText(originalLots(orderType, order.lots, order.executedLots)),
    executedQty: market.quantityText(order.executedLots),
    cummulativeQuoteQty: market.quoteText(order.executedQuanta),
    status: isDormant(order) ? DORMANT_WORD : STATUS_WORDS[order.status as OrderStatus],
    timeInForce: timeInForceWord(orderType, order.expiresMs),
    type: typeWord(orderType, order.triggerKind as TriggerKind),
    side: SIDE_WORDS[order.side as Side],
  };
}

function isDormant(order: HistoryOrder): boolean {
  return order instanceof OrderRecord && order.isDormant;
}

/** It is in the book, or was until its end. */
function isWorking(order: HistoryOrder): boolean {
  const waits = order instanceof OrderRecord && order.isWaiting;
  return !waits && order.waitedMs !== NOT_WORKING;
}

/** The answer to a question about an order. */
export function orderReply(market: MarketSpec, order: HistoryOrder, time: Time): object {
  return {
    symbol: market.symbol,
    orderId: order.orderId,
    orderListId: listIdOf(order),
    clientOrderId: clientTextOf(order),
    ...orderState(market, order),
    stopPrice: market.priceText(order.triggerTicks),
    ...trailField(order),
    icebergQty: market.quantityText(order.displayLots),
    ...ownFields(market, order, time),
    time: time(order.createdMs),
    updateTime: time(order.updatedMs),
    isWorking: isWorking(order),
    workingTime: workingTime(order, time),
    origQuoteOrderQty: market.quoteText(order.quoteQuanta),
    ...prevented(market, order.preventedLots),
    selfTradePreventionMode: SELF_TRADE_WORDS[order.selfTrade as SelfTrade],
  };
}

/** The answer to a cancel. */
export function canceledReply(
  market: MarketSpec,
  order: HistoryOrder,
  cancelText: string,
  time: Time,
): object {
  return {
    symbol: market.symbol,
    origClientOrderId: clientTextOf(order),
    orderId: order.orderId,
    orderListId: listIdOf(order),
    clientOrderId: cancelText,
    transactTime: time(order.updatedMs),
    ...orderState(market, order),
    ...specialFields(market, order, time),
    origQuoteOrderQty: market.quoteText(order.quoteQuanta),
    ...prevented(market, order.preventedLots),
    selfTradePreventionMode: SELF_TRADE_WORDS[order.selfTrade as SelfTrade],
  };
}

/** The answer to an amend. */
export function amendedReply(market: MarketSpec, order: HistoryOrder, time: Time): object {
  const { cummulativeQuoteQty, origQty, ...state } = orderState(market, order);
  return {
    transactTime: time(order.updatedMs),
    amendedOrder: {
      symbol: market.symbol,
      orderId: order.orderId,
      orderListId: listIdOf(order),
      origClientOrderId: clientTextOf(order),
      clientOrderId: clientTextOf(order),
      ...state,
      qty: origQty,
      preventedQty: market.quantityText(order.preventedLots),
      quoteOrderQty: market.quoteText(order.quoteQuanta),
      // Here, and only here, the dialect spells it so.
      cumulativeQuoteQty: cummulativeQuoteQty,
      workingTime: workingTime(order, time),
      ...ownFields(market, order, time),
      selfTradePreventionMode: SELF_TRADE_WORDS[order.selfTrade as SelfTrade],
    },
  };
}

/** The answer about a list. */
export function listReply(market: MarketSpec, orders: readonly HistoryOrder[], time: Time): object {
  const first = orders[0]!;
  const isDone = orders.every(({ status }) => !isOpenStatus(status));
  const { symbol } = market;
  return {
    orderListId: first.listId,
    contingencyType: LIST_WORDS[first.listKind as ListKind],
    listStatusType: isDone ? "ALL_DONE" : "EXEC_STARTED",
    listOrderStatus: isDone ? "ALL_DONE" : "EXECUTING",
    listClientOrderId: listTextOf(first),
    transactionTime: time(Math.max(...orders.map(({ updatedMs }) => updatedMs))),
    symbol,
    orders: orders.map((order) => ({
      symbol,
      orderId: order.orderId,
      clientOrderId: clientTextOf(order),
    })),
  };
}

/** The answer to a new list, from its orders as they stood when its command was done. */
export function placedListReply(
  market: MarketSpec,
  orders: readonly (HistoryOrder & PlacedOrder)[],
  responseType: OrderDraft["responseType"],
  time: Time,
): object {
  const first = orders[0]!;
  const hasDormant = first.listKind !== ListKind.OneCancelsOther && isOpenStatus(first.status);
  const orderReports = orders.map((order) => {
    const ack = {
      symbol: market.symbol,
      orderId: order.orderId,
      orderListId: order.listId,
      clientOrderId: clientTextOf(order),
      transactTime: time(order.createdMs),
    };
    if (responseType === "ACK") return ack;
    const isAsleep = hasDormant && order !== first && isOpenStatus(order.status);
    const result = {
      ...ack,
      ...orderState(market, order),
      ...(isAsleep ? { status: DORMANT_WORD } : {}),
      ...specialFields(market, order, time),
      origQuoteOrderQty: market.quoteText(order.quoteQuanta),
      workingTime: isAsleep ? -1 : workingTime(order, time),
      ...prevented(market, order.preventedLots),
      selfTradePreventionMode: SELF_TRADE_WORDS[order.selfTrade as SelfTrade],
    };
    if (responseType === "RESULT") return result;
    return { ...result, fills: fillReplies(market, order.side as Side, order.fills) };
  });
  const transactionTime = time(first.createdMs);
  return { ...listReply(market, orders, time), transactionTime, orderReports };
}

/** The answer to the cancel of a list. `canceled` is what was asked for of one order; the others ended otherwise. */
export function canceledListReply(
  market: MarketSpec,
  orders: readonly HistoryOrder[],
  canceled: { readonly orderId: number; readonly cancelText: string },
  time: Time,
): object {
  const orderReports = orders.map((order) => {
    const isMeant = order.orderId === canceled.orderId;
    return canceledReply(market, order, isMeant ? canceled.cancelText : clientTextOf(order), time);
  });
  return { ...listReply(market, orders, time), orderReports };
}

/** One of the account's own trades. */
export function fillReply(market: MarketSpec, fill: HistoryFill, time: Time): object {
  const { trade, isMaker } = fill;
  const isBuyer = (trade.takerSide === Side.Buy) !== isMaker;
  const feeQuanta = isMaker ? trade.makerFeeQuanta : trade.takerFeeQuanta;
  const feeAsset = feeAssetOf(market, isBuyer, feeQuanta);
  return {
    symbol: market.symbol,
    id: trade.tradeId,
    orderId: isMaker ? trade.makerOrderId : trade.takerOrderId,
    orderListId: listIdOf(fill),
    price: market.priceText(trade.priceTicks),
    qty: market.quantityText(trade.lots),
    quoteQty: market.quoteText(trade.quanta),
    commission: assetText(feeAsset, feeQuanta),
    commissionAsset: feeAsset.symbol,
    time: time(trade.timeMs),
    isBuyer,
    isMaker,
    isBestMatch: true,
  };
}
