import {
  type AccountIndex,
  type Command,
  CommandKind,
  EventKind,
  type OrderId,
  OrderType,
  RejectCode,
  SelfTrade,
} from "@rialto/protocol";
import { clientOrderIdOf } from "../auth/client-order-id.ts";
import type { OrderRecord } from "../read-model/order-record.ts";
import { ApiError, apiError } from "./api-error.ts";
import { type Operation, type SignedCall, signedOperation } from "./operation.ts";
import { readQuantity } from "./order-draft.ts";
import { findOutcome } from "./order-outcome.ts";
import { amendedReply } from "./order-replies.ts";
import {
  clientOrderIdParam,
  decimalParam,
  idParam,
  type ParamValues,
  required,
  symbolParam,
} from "./params.ts";
import { rejectError } from "./reject-errors.ts";

const AMEND_PARAMS = {
  symbol: required(symbolParam),
  orderId: idParam,
  origClientOrderId: clientOrderIdParam,
  newClientOrderId: clientOrderIdParam,
  newQty: required(decimalParam),
} as const;

type AmendCall = SignedCall<ParamValues<typeof AMEND_PARAMS>>;

/** How often an order is looked at again that has traded between the question and the answer. */
const ATTEMPTS_MAX = 5;

/**
 * Makes an order smaller where it stands. What it has left depends on what it trades meanwhile: the engine is told from
 * how much it is to be made smaller, and does nothing if that is another by then.
 */
async function amendOrder(call: AmendCall): Promise<ApiError | object> {
  const { params, services, key } = call;
  if (params.orderId === undefined && params.origClientOrderId === undefined) {
    return apiError("EITHER_PARAMETER", "origClientOrderId", "orderId");
  }
  const market = params.symbol;
  const lots = readQuantity(market, params.newQty, "newQty");
  if (lots instanceof ApiError) return lots;
  const { terms } = services.exchange.engine.market(market.index);
  if (lots < terms.lotsMin) return apiError("FILTER_FAILURE", "LOT_SIZE");
  const account = services.desk.findAccount(key.account);
  if (account === undefined) return apiError("CANCEL_REJECTED");
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const order = findMeant(call, account);
    if (order === undefined) return apiError("CANCEL_REJECTED");
    const problem = refusal(order, params.newClientOrderId, lots);
    if (problem !== undefined) return problem;
    const events = await services.desk.submit(amending(order, lots));
    if (events instanceof ApiError) return events;
    const event = findOutcome(events, EventKind.Amended);
    if (event === undefined) return apiError("UNKNOWN");
    if (event.kind === EventKind.Amended) return amendedReply(market, order, call.time);
    if (event.code !== RejectCode.OrderChanged) return rejectError(event.code);
  }
  return rejectError(RejectCode.OrderChanged);
}

/** The command that leaves an order what it has not traded of `lots`. */
function amending(order: OrderRecord, lots: bigint): Command {
  const { account, orderId, priceTicks, remainingLots } = order;
  return {
    kind: CommandKind.Amend,
    account: account as AccountIndex,
    target: { orderId, clientOrderId: 0n },
    // They are for orders that move.
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks,
    quantity: lots - BigInt(order.lots - remainingLots),
    expectedLots: BigInt(remainingLots),
  };
}

/** The open order that is meant, as it is known now. */
function findMeant(
  { params, services }: AmendCall,
  account: AccountIndex,
): OrderRecord | undefined {
  const { orderId, origClientOrderId: text } = params;
  const clientOrderId = text === undefined ? undefined : clientOrderIdOf(text);
  const named =
    orderId ?? services.exchange.engine.findClientOrder(account, clientOrderId!)?.orderId;
  const order = named === undefined ? undefined : services.model.order(named as OrderId);
  const isMeant =
    order?.isOpen === true &&
    order.account === account &&
    order.market === params.symbol.index &&
    (clientOrderId === undefined || order.clientOrderId === clientOrderId);
  return isMeant ? order : undefined;
}

function refusal(order: OrderRecord, text: string | undefined, lots: bigint): ApiError | undefined {
  if (text !== undefined && clientOrderIdOf(text) !== order.clientOrderId) {
    return apiError("AMEND_REJECTED", "The client order id of an order stays what it is.");
  }
  if (lots > BigInt(order.lots)) {
    return apiError("AMEND_REJECTED", "Order amend (quantity increase) is not supported.");
  }
  if (lots === BigInt(order.lots)) {
    return apiError("AMEND_REJECTED", "The requested action would change no state; rejecting.");
  }
  return lots <= BigInt(order.lots - order.remainingLots)
    ? apiError("INVALID_QUANTITY")
    : undefined;
}

export const AMEND_OPERATION: Operation = signedOperation("trade", {
  name: "order.amend.keepPriority",
  summary: "Make an open order smaller, keeping its place. newQty counts what has traded too.",
  http: "PUT /api/v3/order/amend/keepPriority",
  ws: "order.amend.keepPriority",
  weight: 4,
  params: AMEND_PARAMS,
  handle: amendOrder,
});
