import {
  type AccountIndex,
  CancelReason,
  CommandKind,
  type EngineEvent,
  EventKind,
  NO_ORDER,
  type OrderId,
  type OrderTarget,
  RejectCode,
  ReplaceMode,
  SideFilter,
} from "@rialto/protocol";
import type { HistoryOrder } from "@rialto/storage";
import { fail } from "@rialto/base";
import { cancelTextOf, clientOrderIdOf } from "../auth/client-order-id.ts";
import type { EngineReader } from "../exchange-port.ts";
import type { MarketSpec } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import { orderCommissionReply } from "./commission.ts";
import { type Operation, type Services, type SignedCall, signedOperation } from "./operation.ts";
import { checkTerms } from "./order-check.ts";
import { draftOrder, isSpecial, ORDER_PARAMS, type OrderDraft, placing } from "./order-draft.ts";
import { findCancelIndex, readPlacing } from "./order-outcome.ts";
import { canceledReply, placedReply } from "./order-replies.ts";
import {
  booleanParam,
  choiceParam,
  clientOrderIdParam,
  idParam,
  type ParamValues,
  required,
  symbolParam,
} from "./params.ts";
import { rejectError } from "./reject-errors.ts";

type Time = (timeMs: number) => number;

/** Places an order that has been drafted, for the account of a number. Shared with the seed route. */
export async function placeOrder(
  services: Services,
  accountNumber: bigint,
  draft: OrderDraft,
  time: Time,
): Promise<object> {
  // Submitted in this very turn where the account is open, so that a cancel that comes next stays behind.
  const account =
    services.desk.findAccount(accountNumber) ?? (await services.desk.account(accountNumber));
  if (account instanceof ApiError) return account;
  const events = await services.desk.submit(placing(draft, account), draft.text);
  return events instanceof ApiError ? events : readPlaced(services, draft, events, time);
}

/** The answer to a new order from the events of its command. */
async function readPlaced(
  services: Services,
  draft: OrderDraft,
  events: readonly EngineEvent[],
  time: Time,
): Promise<object> {
  const placed = readPlacing(draft, events);
  if (placed === undefined) return apiError("UNKNOWN");
  if (typeof placed === "number") return rejectError(placed, draft.terms.orderType);
  return placedReply(draft, placed, await knownOrder(services, placed.orderId), time);
}

/** An order that the engine has just spoken of: the read model has seen the same events. */
async function knownOrder(services: Services, orderId: OrderId): Promise<HistoryOrder> {
  return (await services.model.findOrder(orderId)) ?? fail("an order of an event is known");
}

/** What an order of an account would be refused for before its money and the book are looked at; undefined for nothing. */
function checkDraft(
  { desk, exchange }: Services,
  accountNumber: bigint,
  { market, terms }: OrderDraft,
): RejectCode | undefined {
  const { engine } = exchange;
  if (engine.isSuspended()) return RejectCode.TradingSuspended;
  const account = desk.findAccount(accountNumber);
  if (account !== undefined && engine.isBlocked(account)) return RejectCode.AccountBlocked;
  const code = checkTerms(terms, engine.market(market.index), exchange.nowMs());
  return code ?? (terms.isProtected === 1 ? protectionRefusal(engine, account, market) : undefined);
}

/** Source: matching.md §2.11, check 8b. */
function protectionRefusal(
  engine: EngineReader,
  account: AccountIndex | undefined,
  { index }: MarketSpec,
): RejectCode | undefined {
  const protections = account === undefined ? [] : engine.protections(account);
  const protection = protections.find(({ market }) => market === index);
  if (protection === undefined) return RejectCode.NotProtected;
  return protection.isTripped ? RejectCode.ProtectionTripped : undefined;
}

async function testOrder(
  call: SignedCall<ParamValues<typeof TEST_PARAMS>>,
): Promise<ApiError | object> {
  const draft = draftOrder(call.params);
  if (draft instanceof ApiError) return draft;
  const code = checkDraft(call.services, call.key.account, draft);
  if (code !== undefined) return rejectError(code, draft.terms.orderType);
  return call.params.computeCommissionRates === true
    ? orderCommissionReply(call, draft.market)
    : {};
}

const TEST_PARAMS = { ...ORDER_PARAMS, computeCommissionRates: booleanParam };

const CANCEL_PARAMS = {
  symbol: required(symbolParam),
  orderId: idParam,
  origClientOrderId: clientOrderIdParam,
  newClientOrderId: clientOrderIdParam,
};

/** How a client names an order: one of both, or both of the same order. */
interface NamedOrder {
  readonly orderId: number | undefined;
  readonly text: string | undefined;
  /** What these parameters are called. */
  readonly names: readonly [orderId: string, text: string];
}

/**
 * Names the order that a client means. The engine decides whether it is open, for it may be on its way
 * there; but one that is known to be in another market is not meant.
 */
function targetOf(
  services: Services,
  account: AccountIndex,
  market: MarketSpec,
  { orderId, text, names }: NamedOrder,
): OrderTarget | ApiError {
  const { engine } = services.exchange;
  const clientOrderId = text === undefined ? 0n : clientOrderIdOf(text);
  if (orderId === undefined) {
    if (text === undefined) return apiError("EITHER_PARAMETER", names[1], names[0]);
    const known = engine.findClientOrder(account, clientOrderId);
    const isElsewhere = known !== undefined && known.market !== market.index;
    return isElsewhere ? apiError("CANCEL_REJECTED") : { orderId: NO_ORDER, clientOrderId };
  }
  const known = engine.findOrder(orderId as OrderId);
  const isOther =
    known !== undefined &&
    (known.market !== market.index ||
      (text !== undefined && known.clientOrderId !== clientOrderId));
  if (isOther || orderId === 0) return apiError("CANCEL_REJECTED");
  return { orderId: orderId as OrderId, clientOrderId: 0n };
}

async function cancelOrder(
  call: SignedCall<ParamValues<typeof CANCEL_PARAMS>>,
): Promise<ApiError | object> {
  const { params, services, key } = call;
  const account = services.desk.findAccount(key.account);
  if (account === undefined) return apiError("CANCEL_REJECTED");
  const market = params.symbol;
  const target = targetOf(services, account, market, {
    orderId: params.orderId,
    text: params.origClientOrderId,
    names: ["orderId", "origClientOrderId"],
  });
  if (target instanceof ApiError) return target;
  const text = params.newClientOrderId;
  const events = await services.desk.submit({ kind: CommandKind.Cancel, account, target }, text);
  if (events instanceof ApiError) return events;
  const event = events[findCancelIndex(events, CancelReason.Requested)];
  return readCanceled(services, market, event, text, call.time);
}

/** The answer to a cancel from the event that says what became of it. */
async function readCanceled(
  services: Services,
  market: MarketSpec,
  event: EngineEvent | undefined,
  text: string | undefined,
  time: Time,
): Promise<ApiError | object> {
  if (event?.kind === EventKind.Rejected) return rejectError(event.code);
  if (event?.kind !== EventKind.Canceled) return apiError("UNKNOWN");
  const order = await knownOrder(services, event.orderId);
  return canceledReply(market, order, text ?? cancelTextOf(event.command), time);
}

const CANCEL_ALL_PARAMS = { symbol: required(symbolParam) };

async function cancelAll(
  call: SignedCall<ParamValues<typeof CANCEL_ALL_PARAMS>>,
): Promise<ApiError | object[]> {
  const { services, key, params } = call;
  const account = services.desk.findAccount(key.account);
  if (account === undefined) return apiError("CANCEL_REJECTED");
  const market = params.symbol;
  const events = await services.desk.submit({
    kind: CommandKind.CancelAll,
    account,
    market: market.index,
    sides: SideFilter.Both,
    withFamily: 0,
  });
  if (events instanceof ApiError) return events;
  const replies: object[] = [];
  for (const event of events) {
    if (event.kind === EventKind.Rejected) return rejectError(event.code);
    // Others may have ended just before: their time was over.
    if (event.kind !== EventKind.Canceled || event.reason !== CancelReason.RequestedAll) continue;
    const order = await knownOrder(services, event.orderId);
    replies.push(canceledReply(market, order, cancelTextOf(event.command), call.time));
  }
  return replies.length === 0 ? apiError("CANCEL_REJECTED") : replies;
}

const REPLACE_PARAMS = {
  ...ORDER_PARAMS,
  cancelReplaceMode: required(choiceParam(["STOP_ON_FAILURE", "ALLOW_FAILURE"])),
  cancelOrderId: idParam,
  cancelOrigClientOrderId: clientOrderIdParam,
  cancelNewClientOrderId: clientOrderIdParam,
};

/** The refusals that clients know as filters of the market, and that of a date as one of a parameter. */
const FILTER_CODES: ReadonlySet<RejectCode> = new Set([
  RejectCode.PriceOutOfRange,
  RejectCode.LotsOutOfRange,
  RejectCode.NotionalTooSmall,
  RejectCode.NotionalTooLarge,
  RejectCode.PriceOutsideBand,
  RejectCode.ExpiryPassed,
]);

async function replaceOrder(
  call: SignedCall<ParamValues<typeof REPLACE_PARAMS>>,
): Promise<ApiError | object> {
  const { params, services, key } = call;
  const draft = draftOrder(params);
  if (draft instanceof ApiError) return draft;
  // As the dialect has it, nothing is cancelled for an order that the filters refuse.
  const code = checkDraft(services, key.account, draft);
  if (code !== undefined && FILTER_CODES.has(code)) return rejectError(code, draft.terms.orderType);
  const account =
    services.desk.findAccount(key.account) ?? (await services.desk.account(key.account));
  if (account instanceof ApiError) return account;
  const { market } = draft;
  const target = targetOf(services, account, market, {
    orderId: params.cancelOrderId,
    text: params.cancelOrigClientOrderId,
    names: ["cancelOrderId", "cancelOrigClientOrderId"],
  });
  const isStop = params.cancelReplaceMode === "STOP_ON_FAILURE";
  if (target instanceof ApiError) {
    if (target.code !== apiError("CANCEL_REJECTED").code) return target;
    // What is known not to be meant cannot be cancelled; the new order may be wanted all the same.
    const placed = isStop ? undefined : await placeOrder(services, key.account, draft, call.time);
    return replaceReply(target, placed);
  }
  if (isSpecial(draft)) return replaceBySpecial(call, draft, account, target);
  const text = params.cancelNewClientOrderId;
  const mode = isStop ? ReplaceMode.StopOnFailure : ReplaceMode.AllowFailure;
  const command = { kind: CommandKind.Replace, ...draft.terms, account, target, mode };
  const texts = text === undefined ? draft.text : `${draft.text},${text}`;
  const events = await services.desk.submit(command, texts);
  if (events instanceof ApiError) return events;
  const at = findCancelIndex(events, CancelReason.Replaced);
  const canceled = await readCanceled(services, market, events[at], text, call.time);
  const isAttempted = !(canceled instanceof ApiError) || !isStop;
  const rest = events.slice(at + 1);
  const placed = isAttempted ? await readPlaced(services, draft, rest, call.time) : undefined;
  return replaceReply(canceled, placed);
}

/**
 * A cancel, and then an order that says more than a replacement can: the orders of others may come between.
 *
 * Errors   those of its parts. Where the new order's outcome is not known, the whole is not.
 */
async function replaceBySpecial(
  call: SignedCall<ParamValues<typeof REPLACE_PARAMS>>,
  draft: OrderDraft,
  account: AccountIndex,
  target: OrderTarget,
): Promise<ApiError | object> {
  const { params, services, time } = call;
  const text = params.cancelNewClientOrderId;
  const events = await services.desk.submit({ kind: CommandKind.Cancel, account, target }, text);
  if (events instanceof ApiError) return events;
  const event = events[findCancelIndex(events, CancelReason.Requested)];
  const canceled = await readCanceled(services, draft.market, event, text, time);
  const isStop = params.cancelReplaceMode === "STOP_ON_FAILURE";
  if (canceled instanceof ApiError && isStop) return replaceReply(canceled, undefined);
  const placed = await placeOrder(services, call.key.account, draft, time);
  const isUnknown = placed instanceof ApiError && placed.code === apiError("TIMEOUT").code;
  return isUnknown ? placed : replaceReply(canceled, placed);
}

/** Joins the answers of both parts; `placed` is undefined where the new order was not attempted. */
function replaceReply(
  canceled: ApiError | object,
  placed: ApiError | object | undefined,
): ApiError | object {
  const isCanceled = !(canceled instanceof ApiError);
  const isPlaced = placed !== undefined && !(placed instanceof ApiError);
  const result = (isDone: boolean): string => (isDone ? "SUCCESS" : "FAILURE");
  const reply = {
    cancelResult: result(isCanceled),
    newOrderResult: placed === undefined ? "NOT_ATTEMPTED" : result(isPlaced),
    cancelResponse: canceled instanceof ApiError ? canceled.body() : canceled,
    newOrderResponse: placed instanceof ApiError ? placed.body() : (placed ?? null),
  };
  if (isCanceled && isPlaced) return reply;
  const name = isCanceled || isPlaced ? "CANCEL_REPLACE_PARTIAL" : "CANCEL_REPLACE_FAILED";
  return apiError(name).with(reply);
}

export const TRADING_OPERATIONS: readonly Operation[] = [
  signedOperation("trade", {
    name: "order.place",
    summary: "Place an order.",
    http: "POST /api/v3/order",
    ws: "order.place",
    orderCount: 1,
    params: ORDER_PARAMS,
    handle: (call) => {
      const draft = draftOrder(call.params);
      if (draft instanceof ApiError) return draft;
      return placeOrder(call.services, call.key.account, draft, call.time);
    },
  }),
  signedOperation("trade", {
    name: "order.test",
    summary: "Try an order out: every check that needs neither the account's money nor the book.",
    http: "POST /api/v3/order/test",
    ws: "order.test",
    weight: ({ computeCommissionRates }) => (computeCommissionRates === true ? 20 : 1),
    weightText: "1, or 20 with commission rates",
    params: TEST_PARAMS,
    handle: testOrder,
  }),
  signedOperation("trade", {
    name: "order.cancel",
    summary: "Cancel an open order.",
    http: "DELETE /api/v3/order",
    ws: "order.cancel",
    params: CANCEL_PARAMS,
    handle: cancelOrder,
  }),
  signedOperation("trade", {
    name: "openOrders.cancelAll",
    summary: "Cancel all open orders of a market.",
    http: "DELETE /api/v3/openOrders",
    ws: "openOrders.cancelAll",
    params: CANCEL_ALL_PARAMS,
    handle: cancelAll,
  }),
  signedOperation("trade", {
    name: "order.cancelReplace",
    summary:
      "Cancel an order and place another, with nothing between; but what others do may come before one with stopPrice, trailingDelta, icebergQty, goodTillDate, isHidden, isMmp or a peg.",
    http: "POST /api/v3/order/cancelReplace",
    ws: "order.cancelReplace",
    orderCount: 1,
    params: REPLACE_PARAMS,
    handle: replaceOrder,
  }),
];
