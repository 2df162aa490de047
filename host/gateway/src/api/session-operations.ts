import { ApiError, apiError } from "./api-error.ts";
import {
  type ApiSession,
  type Call,
  type Operation,
  type SignedCall,
  signedOperation,
} from "./operation.ts";
import { integerParam } from "./params.ts";
import { fail } from "@rialto/base";

// What belongs to one WebSocket connection: logging on, and following the account.

function sessionOf(call: Call<unknown>): ApiSession {
  return call.session ?? fail("an operation of a session is asked through a WebSocket");
}

function statusOf(call: Call<unknown>): object {
  const session = sessionOf(call);
  const { key } = session;
  return {
    apiKey: key?.id ?? null,
    authorizedSince: key === undefined ? null : call.time(session.authorizedMs),
    connectedSince: call.time(session.connectedMs),
    returnRateLimits: true,
    serverTime: call.time(call.nowMs),
    userDataStream: session.subscriptions().length > 0,
  };
}

async function subscribe(
  call: SignedCall<unknown>,
  isOfSession: boolean,
): Promise<object | ApiError> {
  const subscriptionId = await sessionOf(call).subscribe(call.key, isOfSession);
  return subscriptionId instanceof ApiError ? subscriptionId : { subscriptionId };
}

export const SESSION_OPERATIONS: readonly Operation[] = [
  signedOperation("read", {
    name: "session.logon",
    summary: "Log on with an Ed25519 key: later requests of the connection need no signature.",
    ws: "session.logon",
    weight: 2,
    handle: (call) => {
      if (call.key.type !== "ed25519") return apiError("HMAC_NOT_SUPPORTED");
      sessionOf(call).logOn(call.key, call.nowMs);
      return statusOf(call);
    },
  }),
  signedOperation("connection", {
    name: "session.status",
    summary: "Who is logged on.",
    ws: "session.status",
    weight: 2,
    handle: statusOf,
  }),
  signedOperation("connection", {
    name: "session.logout",
    summary: "Forget the key of the connection.",
    ws: "session.logout",
    weight: 2,
    handle: (call) => {
      sessionOf(call).logOff();
      return statusOf(call);
    },
  }),
  signedOperation("connection", {
    name: "session.subscriptions",
    summary: "The connection's subscriptions.",
    ws: "session.subscriptions",
    weight: 2,
    handle: (call) =>
      sessionOf(call)
        .subscriptions()
        .map((subscriptionId) => ({ subscriptionId })),
  }),
  signedOperation("session", {
    name: "userDataStream.subscribe",
    summary: "Follow the account of the key that is logged on.",
    ws: "userDataStream.subscribe",
    weight: 2,
    handle: (call) => subscribe(call, true),
  }),
  signedOperation("read", {
    name: "userDataStream.subscribe.signature",
    summary: "Follow the account of a key, by a signed request.",
    ws: "userDataStream.subscribe.signature",
    weight: 2,
    handle: (call) => subscribe(call, false),
  }),
  signedOperation("connection", {
    name: "userDataStream.unsubscribe",
    summary: "Stop following: one subscription, or all of the connection.",
    ws: "userDataStream.unsubscribe",
    weight: 2,
    params: { subscriptionId: integerParam(0, Number.MAX_SAFE_INTEGER) },
    handle: (call) => {
      const isDone = sessionOf(call).unsubscribe(call.params.subscriptionId);
      return isDone ? {} : apiError("INVALID_DATA", "subscriptionId");
    },
  }),
];
