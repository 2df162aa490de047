import {
  type AccountIndex,
  CancelReason,
  CommandKind,
  type EngineEvent,
  EventKind,
  ListKind,
  type OrderId,
} from "@rialto/protocol";
import type { HistoryOrder } from "@rialto/storage";
import { fail } from "@rialto/base";
import { generateClientOrderText } from "../auth/client-order-id.ts";
import type { MarketSpec } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import { type Operation, type Services, type SignedCall, signedOperation } from "./operation.ts";
import { draftOrder, type OrderDraft, type OrderParams } from "./order-draft.ts";
import { findCancelIndex } from "./order-outcome.ts";
import { listReply } from "./order-replies.ts";
import { SELF_TRADE_CHOICES } from "./order-words.ts";
import {
  choiceParam,
  clientOrderIdParam,
  decimalParam,
  idParam,
  type ParamValues,
  required,
  symbolParam,
} from "./params.ts";
import { rejectError } from "./reject-errors.ts";

// Pairs of orders of which one cancels the other. A list is named by the id of its first order.

const LEG_TYPES = [
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "LIMIT_MAKER",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT",
] as const;
const legTypeParam = required(choiceParam(LEG_TYPES, "INVALID_ORDER_TYPE"));
const timeInForceParam = choiceParam(["GTC", "IOC", "FOK"], "INVALID_TIME_IN_FORCE");

const PAIR_PARAMS = {
  symbol: required(symbolParam),
  side: required(choiceParam(["BUY", "SELL"], "INVALID_SIDE")),
  quantity: required(decimalParam),
  listClientOrderId: clientOrderIdParam,
  aboveType: legTypeParam,
  aboveClientOrderId: clientOrderIdParam,
  abovePrice: decimalParam,
  aboveStopPrice: decimalParam,
  aboveTimeInForce: timeInForceParam,
  aboveIcebergQty: decimalParam,
  belowType: legTypeParam,
  belowClientOrderId: clientOrderIdParam,
  belowPrice: decimalParam,
  belowStopPrice: decimalParam,
  belowTimeInForce: timeInForceParam,
  belowIcebergQty: decimalParam,
  newOrderRespType: choiceParam(["ACK", "RESULT", "FULL"]),
  selfTradePreventionMode: choiceParam(SELF_TRADE_CHOICES),
} as const;

type PairCall = SignedCall<ParamValues<typeof PAIR_PARAMS>>;

/** The draft of one order of the pair, whose parameters begin with `name`. */
function draftLeg(params: PairCall["params"], name: "above" | "below"): OrderDraft | ApiError {
  const { symbol, side, quantity, selfTradePreventionMode } = params;
  const leg = {
    symbol,
    side,
    quantity,
    selfTradePreventionMode,
    type: params[`${name}Type`],
    newClientOrderId: params[`${name}ClientOrderId`],
    price: params[`${name}Price`],
    stopPrice: params[`${name}StopPrice`],
    timeInForce: params[`${name}TimeInForce`],
    icebergQty: params[`${name}IcebergQty`],
  } as OrderParams;
  return draftOrder(leg, (field) =>
    field === "quantity" ? field : name + field[0]!.toUpperCase() + field.slice(1),
  );
}

const isStop = (type: (typeof LEG_TYPES)[number]): boolean => type.startsWith("STOP_LOSS");

/** Where it would come to the market, or to its book. */
const levelOf = ({ terms }: OrderDraft): number => terms.triggerTicks || terms.priceTicks;

async function placePair(call: PairCall): Promise<ApiError | object> {
  const { params, services, key } = call;
  const above = draftLeg(params, "above");
  if (above instanceof ApiError) return above;
  const below = draftLeg(params, "below");
  if (below instanceof ApiError) return below;
  // A stop stands where the price must not go: above for who is to buy, below for who is to sell.
  const isBuy = params.side === "BUY";
  if (isStop(params.aboveType) !== isBuy || isStop(params.belowType) === isBuy) {
    return apiError("ORDER_REJECTED", "Unsupported order combination.");
  }
  if (levelOf(above) <= levelOf(below)) {
    const text = "The relationship of the prices for the orders is not correct.";
    return apiError("ORDER_REJECTED", text);
  }
  const account =
    services.desk.findAccount(key.account) ?? (await services.desk.account(key.account));
  if (account instanceof ApiError) return account;
  // Of a pair the second order waits for a price.
  const legs = isBuy ? [below, above] : [above, below];
  const listText = params.listClientOrderId ?? generateClientOrderText();
  const events = await services.desk.submit(
    {
      kind: CommandKind.PlaceList,
      listKind: ListKind.OneCancelsOther,
      legs: legs.map(({ terms }) => ({ ...terms, account })),
    },
    [listText, ...legs.map(({ text }) => text)].join(","),
  );
  return events instanceof ApiError ? events : readPair(call, params.symbol, events);
}

/** The answer to a new pair from the events of its command. */
async function readPair(
  call: SignedCall<unknown>,
  market: MarketSpec,
  events: readonly EngineEvent[],
): Promise<ApiError | object> {
  const ids = new Set<OrderId>();
  for (const event of events) {
    if (event.kind === EventKind.Rejected) return rejectError(event.code);
    if (event.kind === EventKind.Accepted) ids.add(event.orderId);
    // An order that cannot come to its book has ended, and the other with it.
    if (event.kind === EventKind.Declined && ids.has(event.orderId)) return rejectError(event.code);
  }
  const [listId] = ids;
  if (listId === undefined) return apiError("UNKNOWN");
  const orders = await findList(call.services, listId);
  return listReply(market, orders, call.time, true);
}

/** The orders of a list, in the order of their acceptance; empty for one that there is not. */
async function findList(services: Services, listId: number): Promise<readonly HistoryOrder[]> {
  const first = await services.model.findOrder(listId as OrderId);
  if (first?.listId !== listId) return [];
  const { account, market, serial: fromSerial } = first;
  const next = await services.model.orders({ account, market, fromSerial, limit: LEGS_MAX });
  return next.filter((order) => order.listId === listId);
}

/** They are accepted one after the other, and nothing between. */
const LEGS_MAX = 3;

const LIST_PARAMS = { orderListId: idParam, origClientOrderId: clientOrderIdParam };

/** The account's list of an id, or the open one that it calls so. */
async function findOwnList(
  services: Services,
  account: AccountIndex | undefined,
  listId: number | undefined,
  text: string | undefined,
): Promise<readonly HistoryOrder[]> {
  if (account === undefined) return [];
  const named =
    listId ?? services.model.openOrders(account).find(({ listText }) => listText === text)?.listId;
  const orders = named === undefined || named === 0 ? [] : await findList(services, named);
  const isMeant =
    orders[0]?.account === account && (text === undefined || orders[0].listText === text);
  return isMeant ? orders : [];
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
  const market = services.catalog.markets[orders[0]?.market ?? -1];
  if (market === undefined) return apiError("NO_SUCH_ORDER");
  return listReply(market, orders, call.time, false);
}

function readOpenLists({ services, key, time }: SignedCall<unknown>): object[] {
  const account = services.desk.findAccount(key.account);
  const open = account === undefined ? [] : services.model.openOrders(account);
  const lists = Map.groupBy(open, ({ listId }) => listId);
  return [...lists].flatMap(([listId, orders]) => {
    const market = services.catalog.markets[orders[0]!.market];
    return listId === 0 || market === undefined ? [] : [listReply(market, orders, time, false)];
  });
}

const CANCEL_LIST_PARAMS = {
  symbol: required(symbolParam),
  orderListId: idParam,
  listClientOrderId: clientOrderIdParam,
  newClientOrderId: clientOrderIdParam,
};

/** Cancels an order of the list: the other ends with it. */
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
  const open = orders.find(({ orderId }) => services.exchange.engine.findOrder(orderId as OrderId));
  if (account === undefined || open?.market !== market.index) return apiError("CANCEL_REJECTED");
  const target = { orderId: open.orderId as OrderId, clientOrderId: 0n };
  const command = { kind: CommandKind.Cancel, account, target };
  const events = await services.desk.submit(command, params.newClientOrderId);
  if (events instanceof ApiError) return events;
  const event = events[findCancelIndex(events, CancelReason.Requested)];
  if (event?.kind === EventKind.Rejected) return rejectError(event.code);
  const ended = await findList(services, open.listId);
  return ended.length === 0
    ? fail("a list that has been canceled is known")
    : listReply(market, ended, call.time, true);
}

export const LIST_OPERATIONS: readonly Operation[] = [
  signedOperation("trade", {
    name: "orderList.place.oco",
    summary: "Place a pair of orders, of which one cancels the other.",
    http: "POST /api/v3/orderList/oco",
    ws: "orderList.place.oco",
    isOrder: true,
    params: PAIR_PARAMS,
    handle: placePair,
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
    name: "openOrderLists.status",
    summary: "Lists of which an order is open.",
    http: "GET /api/v3/openOrderList",
    ws: "openOrderLists.status",
    weight: 6,
    handle: readOpenLists,
  }),
];
