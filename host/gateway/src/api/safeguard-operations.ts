import type { Protection } from "@rialto/engine";
import {
  type AccountIndex,
  CommandKind,
  DEADLINE_MS_MAX,
  EventKind,
  RejectCode,
} from "@rialto/protocol";
import type { ApiKey } from "../keys/api-key.ts";
import type { MarketSpec } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import { type Operation, type Services, type SignedCall, signedOperation } from "./operation.ts";
import { readQuantity } from "./order-draft.ts";
import { decimalParam, integerParam, type ParamValues, required, symbolParam } from "./params.ts";
import { rejectError } from "./reject-errors.ts";

// What ends a client's orders without a word of its own: silence, and too many trades at once.

const COUNTDOWN_PARAMS = { countdownTime: required(integerParam(0, Number(DEADLINE_MS_MAX))) };

async function setCountdown({
  params,
  services,
  key,
  time,
}: SignedCall<ParamValues<typeof COUNTDOWN_PARAMS>>): Promise<object | ApiError> {
  const account =
    services.desk.findAccount(key.account) ?? (await services.desk.account(key.account));
  if (account instanceof ApiError) return account;
  const timeoutMs = BigInt(params.countdownTime);
  const command = { kind: CommandKind.SetDeadline, account, timeoutMs } as const;
  const set = await services.desk.outcome(command, EventKind.DeadlineSet);
  if (set instanceof ApiError) return set;
  return { countdownTime: String(timeoutMs), triggerTime: time(set.deadlineMs) };
}

function readCountdown({ services, key, time }: SignedCall<unknown>): object {
  const account = services.desk.findAccount(key.account);
  const deadlineMs = account === undefined ? 0 : services.exchange.engine.deadlineMs(account);
  return { triggerTime: time(deadlineMs) };
}

const MARKET_PARAMS = { symbol: required(symbolParam) };
type MarketCall = SignedCall<ParamValues<typeof MARKET_PARAMS>>;

const U32_MAX = 2 ** 32 - 1;

const PROTECTION_PARAMS = {
  ...MARKET_PARAMS,
  windowTimeInMilliseconds: required(integerParam(1, U32_MAX)),
  qtyLimit: decimalParam,
  fillLimit: integerParam(1, U32_MAX),
};

type Limits = Pick<Protection, "windowMs" | "lotsMax" | "fillsMax">;
const NO_LIMITS: Limits = { windowMs: 0, lotsMax: 0n, fillsMax: 0 };

async function setProtection({
  params,
  services,
  key,
}: SignedCall<ParamValues<typeof PROTECTION_PARAMS>>): Promise<object | ApiError> {
  const { symbol: market, windowTimeInMilliseconds: windowMs, qtyLimit, fillLimit } = params;
  if (qtyLimit === undefined && fillLimit === undefined) {
    return apiError("EITHER_PARAMETER", "qtyLimit", "fillLimit");
  }
  const lotsMax = qtyLimit === undefined ? 0n : readQuantity(market, qtyLimit, "qtyLimit");
  if (lotsMax instanceof ApiError) return lotsMax;
  const account =
    services.desk.findAccount(key.account) ?? (await services.desk.account(key.account));
  if (account instanceof ApiError) return account;
  const limits = { windowMs, lotsMax, fillsMax: fillLimit ?? 0 };
  return inTurn(services, key, market, () => sendProtection(services, market, account, limits));
}

/** What is done to a protection waits for what was asked for before: anew it begins at limits that may be on their way. */
function inTurn(
  { desk }: Services,
  key: ApiKey,
  market: MarketSpec,
  change: () => Promise<object | ApiError>,
): Promise<object | ApiError> {
  return desk.inTurn(`protection ${key.account} ${market.index}`, change);
}

async function sendProtection(
  { desk }: Services,
  market: MarketSpec,
  account: AccountIndex,
  limits: Limits,
): Promise<object | ApiError> {
  const kind = CommandKind.SetProtection;
  const command = { kind, account, market: market.index, ...limits } as const;
  const set = await desk.outcome(command, EventKind.ProtectionSet);
  return set instanceof ApiError ? set : protectionReply(market, { ...limits, isTripped: false });
}

function protectionReply(
  market: MarketSpec,
  { windowMs, lotsMax, fillsMax, isTripped }: Omit<Protection, "market">,
): object {
  return {
    symbol: market.symbol,
    windowTimeInMilliseconds: windowMs,
    qtyLimit: market.quantityText(lotsMax),
    fillLimit: fillsMax,
    triggered: isTripped,
  };
}

interface Found {
  readonly account: AccountIndex;
  readonly protection: Protection;
}

/** The protection that the key's account has in the market. */
function findProtection({ params, services, key }: MarketCall): Found | ApiError {
  const account = services.desk.findAccount(key.account);
  const protections = account === undefined ? [] : services.exchange.engine.protections(account);
  const protection = protections.find(({ market }) => market === params.symbol.index);
  if (account === undefined || protection === undefined)
    return rejectError(RejectCode.NotProtected);
  return { account, protection };
}

function readProtection(call: MarketCall): object | ApiError {
  const found = findProtection(call);
  return found instanceof ApiError ? found : protectionReply(call.params.symbol, found.protection);
}

/** Sets the limits that `change` makes of those there are. */
function changeProtection(
  call: MarketCall,
  change: (limits: Limits) => Limits,
): Promise<object | ApiError> {
  const { services, key, params } = call;
  return inTurn(services, key, params.symbol, async () => {
    const found = findProtection(call);
    if (found instanceof ApiError) return found;
    const { windowMs, lotsMax, fillsMax } = found.protection;
    const limits = change({ windowMs, lotsMax, fillsMax });
    return sendProtection(services, params.symbol, found.account, limits);
  });
}

export const SAFEGUARD_OPERATIONS: readonly Operation[] = [
  signedOperation("trade", {
    name: "countdownCancelAll.set",
    summary:
      "The dead-man switch: all open orders of the account, in all markets, are cancelled so many milliseconds from now, unless it is set again before; 0 ends it.",
    http: "POST /api/v3/countdownCancelAll",
    ws: "countdownCancelAll.set",
    params: COUNTDOWN_PARAMS,
    handle: setCountdown,
  }),
  signedOperation("read", {
    name: "countdownCancelAll.status",
    summary: "When all open orders of the account are cancelled; 0 for never.",
    http: "GET /api/v3/countdownCancelAll",
    ws: "countdownCancelAll.status",
    handle: readCountdown,
  }),
  signedOperation("trade", {
    name: "mmp.set",
    summary:
      "A market maker's protection: orders with `isMmp` in the market end, and no more are taken, once they have traded this much, or this often, within the window. It takes the place of the one there was.",
    http: "POST /api/v3/mmp",
    ws: "mmp.set",
    params: PROTECTION_PARAMS,
    handle: setProtection,
  }),
  signedOperation("read", {
    name: "mmp.status",
    summary:
      "The account's protection in a market, and whether it has been triggered. A limit of 0 is none.",
    http: "GET /api/v3/mmp",
    ws: "mmp.status",
    params: MARKET_PARAMS,
    handle: readProtection,
  }),
  signedOperation("trade", {
    name: "mmp.reset",
    summary: "Begin anew with a protection that was triggered, at the same limits.",
    http: "POST /api/v3/mmpReset",
    ws: "mmp.reset",
    params: MARKET_PARAMS,
    handle: (call) => changeProtection(call, (limits) => limits),
  }),
  signedOperation("trade", {
    name: "mmp.remove",
    summary: "End the account's protection in a market. Orders with `isMmp` that are open stay.",
    http: "DELETE /api/v3/mmp",
    ws: "mmp.remove",
    params: MARKET_PARAMS,
    handle: (call) => changeProtection(call, () => NO_LIMITS),
  }),
];
