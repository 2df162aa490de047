import type { OrderId } from "@rialto/protocol";
import type { HistoryOrder } from "@rialto/storage";
import { clientOrderIdOf } from "../auth/client-order-id.ts";
import { type AssetSpec, assetText, type MarketSpec } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import { commissionReply, feeRatesOf, rateText } from "./commission.ts";
import { type Operation, type Services, type SignedCall, signedOperation } from "./operation.ts";
import { orderLimitRows } from "./rate-limit-rows.ts";
import { fillReply, orderReply } from "./order-replies.ts";
import {
  booleanParam,
  clientOrderIdParam,
  idParam,
  integerParam,
  type ParamValues,
  required,
  symbolParam,
  timeParam,
} from "./params.ts";

const ROWS_DEFAULT = 500;
const ROWS_MAX = 1_000;

const ACCOUNT_PARAMS = { omitZeroBalances: booleanParam };

/** What an account has of each asset. */
export function balanceRows(
  services: Services,
  accountNumber: bigint,
): readonly { readonly asset: AssetSpec; readonly free: bigint; readonly locked: bigint }[] {
  const account = services.desk.findAccount(accountNumber);
  const rows = account === undefined ? [] : services.exchange.engine.balances(account);
  const byAsset = new Map(rows.map((row) => [row.asset, row]));
  return services.catalog.assets.map((asset) => {
    const row = byAsset.get(asset.index);
    return { asset, free: row?.availableQuanta ?? 0n, locked: row?.reservedQuanta ?? 0n };
  });
}

/** A u64 as a number where clients can hold it, else as text. */
function accountId(number: bigint): number | string {
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : String(number);
}

/** Whole ones, for clients take nothing else: `commissionRates` says exactly what there is. */
function basisPoints(ppm: number): number {
  return Math.round(ppm / 100);
}

function readAccount(call: SignedCall<ParamValues<typeof ACCOUNT_PARAMS>>): object {
  const { services, key, params } = call;
  const account = services.desk.findAccount(key.account);
  const [market] = services.catalog.markets;
  const rates = market && feeRatesOf(call, market);
  const rows = balanceRows(services, key.account);
  const isShown = (row: (typeof rows)[number]): boolean =>
    params.omitZeroBalances !== true || row.free > 0n || row.locked > 0n;
  const isBlocked = account !== undefined && services.exchange.engine.isBlocked(account);
  const updatedMs = account === undefined ? 0 : services.model.accountUpdatedMs(account);
  return {
    makerCommission: basisPoints(rates?.makerPpm ?? 0),
    takerCommission: basisPoints(rates?.takerPpm ?? 0),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: {
      maker: rateText(rates?.makerPpm ?? 0),
      taker: rateText(rates?.takerPpm ?? 0),
      buyer: rateText(0),
      seller: rateText(0),
    },
    canTrade: key.may("trade") && !isBlocked,
    canWithdraw: false,
    canDeposit: false,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: call.time(updatedMs),
    accountType: "SPOT",
    balances: rows.filter(isShown).map(({ asset, free, locked }) => ({
      asset: asset.symbol,
      free: assetText(asset, free),
      locked: assetText(asset, locked),
    })),
    permissions: ["SPOT"],
    uid: accountId(key.account),
  };
}

const STATUS_PARAMS = {
  symbol: required(symbolParam),
  orderId: idParam,
  origClientOrderId: clientOrderIdParam,
};

async function readOrder(
  call: SignedCall<ParamValues<typeof STATUS_PARAMS>>,
): Promise<ApiError | object> {
  const { params, services, key } = call;
  const { orderId, origClientOrderId: text } = params;
  const account = services.desk.findAccount(key.account);
  if (orderId === undefined && text === undefined) {
    return apiError("EITHER_PARAMETER", "origClientOrderId", "orderId");
  }
  if (account === undefined) return apiError("NO_SUCH_ORDER");
  const order =
    orderId !== undefined
      ? await services.model.findOrder(orderId as OrderId)
      : await services.model.findClientOrder(account, clientOrderIdOf(text!));
  const isMeant =
    order !== undefined &&
    order.account === account &&
    order.market === params.symbol.index &&
    (text === undefined || order.clientOrderId === clientOrderIdOf(text));
  return isMeant ? orderReply(params.symbol, order, call.time) : apiError("NO_SUCH_ORDER");
}

const OPEN_PARAMS = { symbol: symbolParam };

function readOpenOrders(call: SignedCall<ParamValues<typeof OPEN_PARAMS>>): object[] {
  const { services, key, params } = call;
  const account = services.desk.findAccount(key.account);
  if (account === undefined) return [];
  return services.model.openOrders(account, params.symbol?.index).flatMap((order) => {
    const market = services.catalog.marketAt(order.market);
    return market === undefined ? [] : [orderReply(market, order, call.time)];
  });
}

const ALL_PARAMS = {
  symbol: required(symbolParam),
  orderId: idParam,
  startTime: timeParam,
  endTime: timeParam,
  limit: integerParam(1, ROWS_MAX, true),
};

async function readAllOrders(
  call: SignedCall<ParamValues<typeof ALL_PARAMS>>,
): Promise<ApiError | object[]> {
  const { services, key, params } = call;
  const market = params.symbol;
  const account = services.desk.findAccount(key.account);
  if (account === undefined) return [];
  const from = await startOrder(services, account, market, params.orderId);
  if (from instanceof ApiError) return from;
  const orders = await services.model.orders({
    account,
    market: market.index,
    fromSerial: from?.serial,
    startMs: params.startTime,
    endMs: params.endTime,
    limit: params.limit ?? ROWS_DEFAULT,
  });
  return orders.map((order) => orderReply(market, services.model.newest(order), call.time));
}

/** Ids are not in the order of time here, so a list begins at an order that is known, or not at all. */
async function startOrder(
  services: Services,
  account: number,
  market: MarketSpec,
  orderId: number | undefined,
): Promise<HistoryOrder | undefined | ApiError> {
  if (orderId === undefined) return undefined;
  const order = await services.model.findOrder(orderId as OrderId);
  const isOwn = order?.account === account && order.market === market.index;
  return isOwn ? order : apiError("NO_SUCH_ORDER");
}

const FILLS_PARAMS = {
  symbol: required(symbolParam),
  orderId: idParam,
  startTime: timeParam,
  endTime: timeParam,
  fromId: idParam,
  limit: integerParam(1, ROWS_MAX, true),
};

async function readFills(
  call: SignedCall<ParamValues<typeof FILLS_PARAMS>>,
): Promise<ApiError | object[]> {
  const { services, key, params } = call;
  const market = params.symbol;
  const account = services.desk.findAccount(key.account);
  if (account === undefined) return [];
  const fills = await services.model.fills({
    account,
    market: market.index,
    orderId: params.orderId,
    fromTradeId: params.fromId,
    startMs: params.startTime,
    endMs: params.endTime,
    limit: params.limit ?? ROWS_DEFAULT,
  });
  return fills.map((fill) => fillReply(market, fill, call.time));
}

function readOrderCounts({ services, key, nowMs }: SignedCall<unknown>): object[] {
  return orderLimitRows(services, services.orderLimiter.counts(key.account, nowMs));
}

export const ACCOUNT_OPERATIONS: readonly Operation[] = [
  signedOperation("read", {
    name: "account.status",
    summary: "Balances and permissions of the account.",
    http: "GET /api/v3/account",
    ws: "account.status",
    weight: 20,
    params: ACCOUNT_PARAMS,
    handle: readAccount,
  }),
  signedOperation("read", {
    name: "order.status",
    summary: "One order, open or ended.",
    http: "GET /api/v3/order",
    ws: "order.status",
    weight: 4,
    params: STATUS_PARAMS,
    handle: readOrder,
  }),
  signedOperation("read", {
    name: "openOrders.status",
    summary: "The open orders, of one market or of all.",
    http: "GET /api/v3/openOrders",
    ws: "openOrders.status",
    weight: ({ symbol }) => (symbol === undefined ? 80 : 6),
    weightText: "6, or 80 without a symbol",
    params: OPEN_PARAMS,
    handle: readOpenOrders,
  }),
  signedOperation("read", {
    name: "allOrders",
    summary: "Orders of a market by the time of their acceptance.",
    http: "GET /api/v3/allOrders",
    ws: "allOrders",
    weight: 20,
    params: ALL_PARAMS,
    handle: readAllOrders,
  }),
  signedOperation("read", {
    name: "myTrades",
    summary: "The account's trades of a market.",
    http: "GET /api/v3/myTrades",
    ws: "myTrades",
    weight: ({ orderId }) => (orderId === undefined ? 20 : 5),
    weightText: "20, or 5 of one order",
    params: FILLS_PARAMS,
    handle: readFills,
  }),
  signedOperation("read", {
    name: "account.rateLimits.orders",
    summary: "How many orders the account has sent in the running windows.",
    http: "GET /api/v3/rateLimit/order",
    ws: "account.rateLimits.orders",
    weight: 40,
    handle: readOrderCounts,
  }),
  signedOperation("read", {
    name: "account.commission",
    summary: "What the account pays in a market, by its fee schedule if it has one.",
    http: "GET /api/v3/account/commission",
    ws: "account.commission",
    weight: 20,
    params: { symbol: required(symbolParam) },
    handle: (call) => commissionReply(call, call.params.symbol),
  }),
];
