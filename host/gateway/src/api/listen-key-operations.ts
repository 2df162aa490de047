import { LISTEN_KEY_MS } from "../auth/listen-keys.ts";
import { ApiError, apiError } from "./api-error.ts";
import { type Operation, type SignedCall, signedOperation } from "./operation.ts";
import { type ParamValues, required, textParam } from "./params.ts";

const PARAMS = { listenKey: required(textParam("the listen key", 60)) };
type ListenCall = SignedCall<ParamValues<typeof PARAMS>>;

async function issue({ services, key, nowMs }: SignedCall<unknown>): Promise<object> {
  const account = await services.desk.account(key.account);
  if (account instanceof ApiError) return account;
  return { listenKey: services.listenKeys.issue(key, account, nowMs) };
}

/** Sets until when the caller's own listen key holds. */
function setLife({ services, key, params, nowMs }: ListenCall, lifeMs: number): object {
  const listening = services.listenKeys.find(params.listenKey, nowMs);
  if (listening === undefined || listening.key.id !== key.id) return apiError("NO_LISTEN_KEY");
  listening.untilMs = nowMs + lifeMs;
  return {};
}

/** The older way to follow an account: by a name that is asked for with nothing but the key's id. */
export const LISTEN_KEY_OPERATIONS: readonly Operation[] = [
  signedOperation("key", {
    name: "userDataStream.start",
    summary: "A name to subscribe to at `/ws/<listenKey>`: it follows the account for an hour.",
    http: "POST /api/v3/userDataStream",
    weight: 2,
    handle: issue,
  }),
  signedOperation("key", {
    name: "userDataStream.ping",
    summary: "Let the name hold for another hour.",
    http: "PUT /api/v3/userDataStream",
    weight: 2,
    params: PARAMS,
    handle: (call) => setLife(call, LISTEN_KEY_MS),
  }),
  signedOperation("key", {
    name: "userDataStream.stop",
    summary: "End the name.",
    http: "DELETE /api/v3/userDataStream",
    weight: 2,
    params: PARAMS,
    handle: (call) => setLife(call, 0),
  }),
];
