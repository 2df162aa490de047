import {
  type AccountIndex,
  CancelReason,
  CommandKind,
  type EngineEvent,
  EventKind,
  ListKind,
  type OrderId,
  Side,
  TriggerKind,
} from "@rialto/protocol";
import type { HistoryOrder } from "@rialto/storage";
import { cancelTextOf, generateClientOrderText } from "../auth/client-order-id.ts";
import { ApiError, apiError } from "./api-error.ts";
import { type Operation, type Services, type SignedCall, signedOperation } from "./operation.ts";
import {
  draftOrder,
  goodTillDateParam,
  hiddenParam,
  type OrderDraft,
  type OrderParams,
  timeInForceParam,
  trailingDeltaParam,
  workingTypeParam,
} from "./order-draft.ts";
import { findCancelIndex, followPlaced } from "./order-outcome.ts";
import { canceledListReply, listReply, placedListReply } from "./order-replies.ts";
import { SELF_TRADE_CHOICES, TYPE_CHOICES } from "./order-words.ts";
import {
  choiceParam,
  clientOrderIdParam,
  decimalParam,
  idParam,
  integerParam,
  type ParamValues,
  required,
  sideParam,
  symbolParam,
  timeParam,
} from "./params.ts";
import { rejectError } from "./reject-errors.ts";

// Orders that hang together: pairs of which one cancels the other, and orders that come when one has traded in full. A list is
// named by the id of its first order.

const LEG_TYPES = [
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "LIMIT_MAKER",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT",
] as const;
const legTypeParam = required(choiceParam(LEG_TYPES, "INVALID_ORDER_TYPE"));

const PAIR_PARAMS = {
  symbol: required(symbolParam),
  side: required(sideParam),
  quantity: required(decimalParam),
  listClientOrderId: clientOrderIdParam,
  aboveType: legTypeParam,
  aboveClientOrderId: clientOrderIdParam,
  abovePrice: decimalParam,
  aboveStopPrice: decimalParam,
  aboveWorkingType: workingTypeParam,
  aboveTrailingDelta: trailingDeltaParam,
  aboveTimeInForce: timeInForceParam,
  aboveGoodTillDate: goodTillDateParam,
  aboveIcebergQty: decimalParam,
  aboveIsHidden: hiddenParam,
  belowType: legTypeParam,
  belowClientOrderId: clientOrderIdParam,
  belowPrice: decimalParam,
  belowStopPrice: decimalParam,
  belowWorkingType: workingTypeParam,
  belowTrailingDelta: trailingDeltaParam,
  belowTimeInForce: timeInForceParam,
  belowGoodTillDate: goodTillDateParam,
  belowIcebergQty: decimalParam,
  belowIsHidden: hiddenParam,
  newOrderRespType: choiceParam(["ACK", "RESULT", "FULL"]),
  selfTradePreventionMode: choiceParam(SELF_TRADE_CHOICES),
} as const;

const WORKING_PARAMS = {
  symbol: required(symbolParam),
  listClientOrderId: clientOrderIdParam,
  newOrderRespType: choiceParam(["ACK", "RESULT", "FULL"]),
  selfTradePreventionMode: choiceParam(SELF_TRADE_CHOICES),
  workingType: required(choiceParam(["LIMIT", "LIMIT_MAKER"], "INVALID_ORDER_TYPE")),
  workingSide: required(sideParam),
  workingClientOrderId: clientOrderIdParam,
  workingPrice: decimalParam,
  workingQuantity: required(decimalParam),
  workingIcebergQty: decimalParam,
  workingIsHidden: hiddenParam,
  // The others wait for it to rest and to trade in full.
  workingTimeInForce: choiceParam(["GTC", "GTD"], "INVALID_TIME_IN_FORCE"),
  workingGoodTillDate: goodTillDateParam,
  pendingSide: required(sideParam),
  pendingQuantity: required(decimalParam),
} as const;

const TRIGGERING_PARAMS = {
  ...WORKING_PARAMS,
  pendingType: required(choiceParam(TYPE_CHOICES, "INVALID_ORDER_TYPE")),
  pendingClientOrderId: clientOrderIdParam,
  pendingPrice: decimalParam,
  pendingStopPrice: decimalParam,
  pendingWorkingType: workingTypeParam,
  pendingTrailingDelta: trailingDeltaParam,
  pendingTimeInForce: timeInForceParam,
  pendingGoodTillDate: goodTillDateParam,
  pendingIcebergQty: decimalParam,
  pendingIsHidden: hiddenParam,
} as const;

const BRACKET_PARAMS = {
  ...WORKING_PARAMS,
  pendingAboveType: legTypeParam,
  pendingAboveClientOrderId: clientOrderIdParam,
  pendingAbovePrice: decimalParam,
  pendingAboveStopPrice: decimalParam,
  pendingAboveWorkingType: workingTypeParam,
  pendingAboveTrailingDelta: trailingDeltaParam,
  pendingAboveTimeInForce: timeInForceParam,
  pendingAboveGoodTillDate: goodTillDateParam,
  pendingAboveIcebergQty: decimalParam,
  pendingAboveIsHidden: hiddenParam,
  pendingBelowType: legTypeParam,
  pendingBelowClientOrderId: clientOrderIdParam,
  pendingBelowPrice: decimalParam,
  pendingBelowStopPrice: decimalParam,
  pendingBelowWorkingType: workingTypeParam,
  pendingBelowTrailingDelta: trailingDeltaParam,
  pendingBelowTimeInForce: timeInForceParam,
  pendingBelowGoodTillDate: goodTillDateParam,
  pendingBelowIcebergQty: decimalParam,
  pendingBelowIsHidden: hiddenParam,
} as const;

type ListParams = Pick<OrderParams, "symbol" | "newOrderRespType" | "selfTradePreventionMode"> & {
  readonly listClientOrderId: string | undefined;
};

/** What of an order is called after the order, where nothing else is said. */
const LEG_FIELDS = [
  "side",
  "quantity",
  "type",
  "price",
  "stopPrice",
  "workingType",
  "trailingDelta",
  "timeInForce",
  "goodTillDate",
  "icebergQty",
  "isHidden",
];

/**
 * The draft of one order of a list. Its parameters begin with `prefix`, but for side and quantity: of both orders of a pair they
 * begin with `shared`.
 */
function draftLeg(params: ListParams, prefix: string, shared = prefix): OrderDraft | ApiError {
  const sent = params as unknown as Readonly<Record<string, unknown>>;
  const nameOf = (field: string): string => {
    const isShared = field === "side" || field === "quantity";
    return camel(isShared ? shared : prefix, field);
  };
  const leg = {
    symbol: params.symbol,
    selfTradePreventionMode: params.selfTradePreventionMode,
    newClientOrderId: sent[`${prefix}ClientOrderId`],
    ...Object.fromEntries(LEG_FIELDS.map((field) => [field, sent[nameOf(field)]])),
  } as unknown as OrderParams;
  return draftOrder(leg, nameOf);
}

function camel(prefix: string, field: string): string {
  return prefix === "" ? field : prefix + field[0]!.toUpperCase() + field.slice(1);
}

/** Where it would come to the market, or to its book; 0 if that moves. */
function levelOf({ terms }: OrderDraft): number {
  const isMoving = terms.trailBasisPoints !== 0;
  return terms.triggerTicks === 0 && !isMoving ? terms.priceTicks : terms.triggerTicks;
}

function isStop({ terms }: OrderDraft): boolean {
  return terms.trigger === TriggerKind.Stop || terms.trigger === TriggerKind.TrailingStop;
}

/** Both orders of a pair, the stop last; `prefix` is what their parameters begin with. */
function draftPair(params: ListParams, prefix: "" | "pending"): readonly OrderDraft[] | ApiError {
  const above = draftLeg(params, camel(prefix, "above"), prefix);
  if (above instanceof ApiError) return above;
  const below = draftLeg(params, camel(prefix, "below"), prefix);
  if (below instanceof ApiError) return below;
  // A stop stands where the price must not go: above for who is to buy, below for who is to sell.
  const isBuy = above.terms.side === Side.Buy;
  if (isStop(above) !== isBuy || isStop(below) === isBuy) {
    return apiError("ORDER_REJECTED", "Unsupported order combination.");
  }
  const isBound = levelOf(above) !== 0 && levelOf(below) !== 0;
  if (isBound && levelOf(above) <= levelOf(below)) {
    const text = "The relationship of the prices for the orders is not correct.";
    return apiError("ORDER_REJECTED", text);
  }
  return isBuy ? [below, above] : [above, below];
}

async function placeList(
  call: SignedCall<ListParams>,
  listKind: ListKind,
  legs: readonly (OrderDraft | ApiError)[],
): Promise<ApiError | object> {
  const { params, services, key } = call;
  const drafts: OrderDraft[] = [];
  for (const leg of legs) {
    if (leg instanceof ApiError) return leg;
    drafts.push(leg);
  }
  const account =
    services.desk.findAccount(key.account) ?? (await services.desk.account(key.account));
  if (account instanceof ApiError) return account;
  const listText = params.listClientOrderId ?? generateClientOrderText();
  if (services.model.findOpenList(account, listText) !== undefined)
    return apiError("DUPLICATE_ORDER");
  const command = {
    kind: CommandKind.PlaceList,
    listKind,
    legs: drafts.map(({ terms }) => ({ ...terms, account })),
  } as const;
  const texts = drafts.map(({ text }) => text);
  const events = await services.desk.placeList(command, [listText, ...texts]);
  return events instanceof ApiError ? events : readPlaced(call, account, events);
}

/** The answer to a new list from the events of its command. */
async function readPlaced(
  { params, services, time }: SignedCall<ListParams>,
  account: AccountIndex,
  events: readonly EngineEvent[],
): Promise<ApiError | object> {
  const ids: OrderId[] = [];
  let hasTraded = false;
  for (const event of events) {
    if (event.kind === EventKind.Rejected) return rejectError(event.code);
    if (event.kind === EventKind.Accepted) ids.push(event.orderId);
    hasTraded ||= event.kind === EventKind.Fill && ids.includes(event.takerOrderId);
    // An order that cannot come to its book has ended, and the others with it, unless they are what has traded.
    const isEnded = event.kind === EventKind.Declined && ids.includes(event.orderId);
    if (isEnded && !hasTraded) return rejectError(event.code);
  }
  const [listId] = ids;
  if (listId === undefined) return apiError("UNKNOWN");
  // What has ended may be forgotten by now, where much else has ended with it.
  const orders = services.model.order(listId)?.list ?? (await findList(services, account, listId));
  const market = params.symbol;
  // What else has been executed since is not a part of this answer.
  const placed = orders.map((order) => ({
    ...order,
    ...followPlaced(market, order.orderId as OrderId, events),
  }));
  return placedListReply(market, placed, params.newOrderRespType ?? "RESULT", time);
}

/**
 * The orders of the account's list, in the order of their acceptance; empty for one that there is not. Of a list that began
 * longer ago than the history goes back, those that are open.
 */
async function findList(
  services: Services,
  account: AccountIndex,
  listId: number,
): Promise<readonly HistoryOrder[]> {
  const orders = await services.model.list(listId);
  return orders.filter((order) => order.account === account);
}

const LIST_PARAMS = { orderListId: idParam, origClientOrderId: clientOrderIdParam };

/** The account's list of an id, or the open one that it calls so. */
async function findOwnList(
  services: Services,
  account: AccountIndex | undefined,
  listId: number | undefined,
  text: string | undefined,
): Promise<readonly HistoryOrder[]> {
  if (account === undefined) return [];
  if (listId === undefined) return services.model.findOpenList(account, text ?? "") ?? [];
  const orders = await findList(services, account, listId);
  return text === undefined || orders[0]?.listText === text ? orders : [];
}

async function readList(
  call: SignedCall<ParamValues<typeof LIST_PARAMS>>,
): Promise<ApiError | object> {
  const { params, services, key } = call;
  const { orderListId, origClientOrderId: text } = params;
  if (orderListId === undefined && text === undefined) {
    return apiError("EITHER_PARAMETER", "origClientOrderId", "orderListId");
  }
  const account = services.desk.findAccount(key.account);
  const orders = await findOwnList(services, account, orderListId, text);
  const market = services.catalog.marketAt(orders[0]?.market ?? -1);
  if (market === undefined) return apiError("NO_SUCH_ORDER");
  return listReply(market, orders, call.time);
}

function readOpenLists({ services, key, time }: SignedCall<unknown>): object[] {
  const account = services.desk.findAccount(key.account);
  if (account === undefined) return [];
  const lists = new Set<readonly HistoryOrder[]>();
  // All orders of a list share one array of them.
  for (const { list } of services.model.openOrders(account)) if (list) lists.add(list);
  return listReplies(services, [...lists], time);
}

function listReplies(
  services: Services,
  lists: readonly (readonly HistoryOrder[])[],
  time: SignedCall<unknown>["time"],
): object[] {
  return lists.flatMap((orders) => {
    const market = services.catalog.marketAt(orders[0]?.market ?? -1);
    return market === undefined ? [] : [listReply(market, orders, time)];
  });
}

const LISTS_DEFAULT = 500;
const LISTS_MAX = 1_000;

const ALL_LISTS_PARAMS = {
  fromId: idParam,
  startTime: timeParam,
  endTime: timeParam,
  limit: integerParam(1, LISTS_MAX, true),
};

async function readAllLists(
  call: SignedCall<ParamValues<typeof ALL_LISTS_PARAMS>>,
): Promise<ApiError | object[]> {
  const { params, services, key } = call;
  const { fromId, startTime: startMs, endTime: endMs, limit = LISTS_DEFAULT } = params;
  if (fromId !== undefined && (startMs ?? endMs) !== undefined) {
    return apiError("INVALID_COMBINATION");
  }
  const account = services.desk.findAccount(key.account);
  if (account === undefined) return [];
  // Ids are not in the order of time here, so it begins at a list that is known, or not at all.
  const [first] = fromId === undefined ? [] : await findList(services, account, fromId);
  if (fromId !== undefined && first === undefined) return apiError("NO_SUCH_ORDER");
  const fromSerial = first?.serial;
  const orders = await services.model.lists({ account, fromSerial, startMs, endMs, limit });
  const lists = Map.groupBy(orders, ({ listId }) => listId);
  return listReplies(services, [...lists.values()], call.time);
}

const CANCEL_LIST_PARAMS = {
  symbol: required(symbolParam),
  orderListId: idParam,
  listClientOrderId: clientOrderIdParam,
  newClientOrderId: clientOrderIdParam,
};

/** Cancels an order of the list: the other ends with it. One of them may have ended on the way. */
async function cancelList(
  call: SignedCall<ParamValues<typeof CANCEL_LIST_PARAMS>>,
): Promise<ApiError | object> {
  const { params, services, key } = call;
  const { symbol: market, orderListId, listClientOrderId: text } = params;
  if (orderListId === undefined && text === undefined) {
    return apiError("EITHER_PARAMETER", "listClientOrderId", "orderListId");
  }
  const account = services.desk.findAccount(key.account);
  const orders = await findOwnList(services, account, orderListId, text);
  if (account === undefined || orders[0]?.market !== market.index)
    return apiError("CANCEL_REJECTED");
  for (const { orderId } of orders) {
    const target = { orderId: orderId as OrderId, clientOrderId: 0n };
    if (services.exchange.engine.findOrder(target.orderId) === undefined) continue;
    const command = { kind: CommandKind.Cancel, account, target };
    const events = await services.desk.submit(command, params.newClientOrderId);
    if (events instanceof ApiError) return events;
    const event = events[findCancelIndex(events, CancelReason.Requested)];
    if (event?.kind === EventKind.Rejected) continue;
    if (event?.kind !== EventKind.Canceled) return apiError("UNKNOWN");
    const cancelText = params.newClientOrderId ?? cancelTextOf(event.command);
    const { model } = services;
    const ended = await Promise.all(
      orders.map(async (order) => (await model.findOrder(order.orderId as OrderId)) ?? order),
    );
    return canceledListReply(market, ended, { orderId: event.orderId, cancelText }, call.time);
  }
  return apiError("CANCEL_REJECTED");
}

export const LIST_OPERATIONS: readonly Operation[] = [
  signedOperation("trade", {
    name: "orderList.place.oco",
    summary: "Place a pair of orders, of which one cancels the other.",
    http: "POST /api/v3/orderList/oco",
    ws: "orderList.place.oco",
    orderCount: 2,
    params: PAIR_PARAMS,
    handle: (call) => {
      const pair = draftPair(call.params, "");
      const legs = pair instanceof ApiError ? [pair] : pair;
      return placeList(call, ListKind.OneCancelsOther, legs);
    },
  }),
  signedOperation("trade", {
    name: "orderList.place.oto",
    summary: "Place an order, and another one that comes when it has traded in full.",
    http: "POST /api/v3/orderList/oto",
    ws: "orderList.place.oto",
    orderCount: 2,
    params: TRIGGERING_PARAMS,
    handle: (call) => {
      const legs = [draftLeg(call.params, "working"), draftLeg(call.params, "pending")];
      return placeList(call, ListKind.OneTriggersOther, legs);
    },
  }),
  signedOperation("trade", {
    name: "orderList.place.otoco",
    summary: "Place an order, and a pair that comes when it has traded in full.",
    http: "POST /api/v3/orderList/otoco",
    ws: "orderList.place.otoco",
    orderCount: 3,
    params: BRACKET_PARAMS,
    handle: (call) => {
      const pair = draftPair(call.params, "pending");
      const legs = [
        draftLeg(call.params, "working"),
        ...(pair instanceof ApiError ? [pair] : pair),
      ];
      return placeList(call, ListKind.OneTriggersPair, legs);
    },
  }),
  signedOperation("trade", {
    name: "orderList.cancel",
    summary: "Cancel the orders of a list.",
    http: "DELETE /api/v3/orderList",
    ws: "orderList.cancel",
    params: CANCEL_LIST_PARAMS,
    handle: cancelList,
  }),
  signedOperation("read", {
    name: "orderList.status",
    summary: "A list of orders. By what its client calls it, only while it is open.",
    http: "GET /api/v3/orderList",
    ws: "orderList.status",
    weight: 4,
    params: LIST_PARAMS,
    handle: readList,
  }),
  signedOperation("read", {
    name: "allOrderLists",
    summary: "Lists of orders, of all markets, by the time of their acceptance.",
    http: "GET /api/v3/allOrderList",
    ws: "allOrderLists",
    weight: 20,
    params: ALL_LISTS_PARAMS,
    handle: readAllLists,
  }),
  signedOperation("read", {
    name: "openOrderLists.status",
    summary: "Lists of which an order is open, with all of their orders.",
    http: "GET /api/v3/openOrderList",
    ws: "openOrderLists.status",
    weight: 6,
    handle: readOpenLists,
  }),
];
