// What the API answers when it does not do what was asked. Clients match code and text, so both are part
// of the interface and stand here and nowhere else; `%s` is filled in.

export interface ApiErrorForm {
  readonly status: number;
  readonly code: number;
  readonly text: string;
}

const form = (status: number, code: number, text: string): ApiErrorForm => ({ status, code, text });

export const API_ERRORS = {
  UNKNOWN: form(500, -1000, "An unknown error occurred while processing the request."),
  NOT_AUTHORIZED: form(400, -1002, "You are not authorized to execute this request."),
  TOO_MUCH_WEIGHT: form(
    429,
    -1003,
    "Too much request weight used; current limit is %s request weight per 1 MINUTE. " +
      "Please use WebSocket Streams for live updates to avoid polling the API.",
  ),
  IP_BANNED: form(
    418,
    -1003,
    "Way too much request weight used; IP banned until %s. " +
      "Please use WebSocket Streams for live updates to avoid bans.",
  ),
  TIMEOUT: form(
    504,
    -1007,
    "Timeout waiting for response from backend server. " +
      "Send status unknown; execution status unknown.",
  ),
  OVERLOADED: form(
    503,
    -1008,
    "Server is currently overloaded with other requests. Please try again in a few minutes.",
  ),
  FILTER_FAILURE: form(400, -1013, "Filter failure: %s"),
  MARKET_CLOSED: form(400, -1013, "Market is closed."),
  INVALID_QUANTITY: form(400, -1013, "Invalid quantity."),
  INVALID_PRICE: form(400, -1013, "Invalid price."),
  TOO_MANY_ORDERS: form(429, -1015, "Too many new orders; current limit is %s orders per %s."),
  UNAVAILABLE: form(503, -1016, "The exchange is not available: %s"),
  CANCEL_ONLY: form(503, -1016, "Only cancels are taken: %s"),
  UNKNOWN_ROUTE: form(404, -1020, "This operation is not supported."),
  WRONG_METHOD: form(405, -1020, "This operation is not supported."),
  REQUEST_TIMED_OUT: form(408, -1020, "The request did not arrive in time."),
  HEAD_TOO_LARGE: form(431, -1020, "The head of the request is too large."),
  NOT_HTTP: form(400, -1020, "The request is not HTTP."),
  NOT_WEBSOCKET: form(400, -1020, "The WebSocket handshake is not valid."),
  HOST_NOT_ALLOWED: form(403, -1020, "This host name is not allowed here."),
  ORIGIN_NOT_ALLOWED: form(403, -1020, "This origin is not allowed here."),
  OUTSIDE_RECV_WINDOW: form(400, -1021, "Timestamp for this request is outside of the recvWindow."),
  TIMESTAMP_AHEAD: form(
    400,
    -1021,
    "Timestamp for this request was 1000ms ahead of the server's time.",
  ),
  INVALID_SIGNATURE: form(400, -1022, "Signature for this request is not valid."),
  ILLEGAL_CHARACTERS: form(
    400,
    -1100,
    "Illegal characters found in parameter '%s'; legal range is '%s'.",
  ),
  ILLEGAL_REQUEST: form(400, -1100, "Illegal characters found in a parameter."),
  TOO_MANY_PARAMETERS: form(400, -1101, "Too many parameters; expected at most '%s'."),
  DUPLICATE_PARAMETER: form(400, -1101, "Duplicate values for a parameter detected."),
  BODY_TOO_LARGE: form(413, -1101, "The request is larger than %s bytes."),
  MANDATORY_PARAMETER: form(
    400,
    -1102,
    "Mandatory parameter '%s' was not sent, was empty/null, or malformed.",
  ),
  EITHER_PARAMETER: form(400, -1102, "Param '%s' or '%s' must be sent, but both were empty/null!"),
  UNREAD_PARAMETER: form(
    400,
    -1104,
    "Not all sent parameters were read; read '%s' parameter(s) but was sent '%s'.",
  ),
  EMPTY_PARAMETER: form(400, -1105, "Parameter '%s' was empty."),
  PARAMETER_NOT_REQUIRED: form(400, -1106, "Parameter '%s' sent when not required."),
  TOO_PRECISE: form(400, -1111, "Parameter '%s' has too much precision."),
  INVALID_TIME_IN_FORCE: form(400, -1115, "Invalid timeInForce."),
  INVALID_ORDER_TYPE: form(400, -1116, "Invalid orderType."),
  INVALID_SIDE: form(400, -1117, "Invalid side."),
  INVALID_INTERVAL: form(400, -1120, "Invalid interval."),
  INVALID_SYMBOL: form(400, -1121, "Invalid symbol."),
  NO_LISTEN_KEY: form(400, -1125, "This listenKey does not exist."),
  INVALID_COMBINATION: form(400, -1128, "Combination of optional parameters invalid."),
  INVALID_DATA: form(400, -1130, "Data sent for parameter '%s' is not valid."),
  INVALID_RECV_WINDOW: form(400, -1131, "recvWindow must be less than 60000."),
  INVALID_JSON: form(400, -1135, "Invalid JSON Request"),
  SBE_DISABLED: form(400, -1155, "SBE is not enabled."),
  ORDER_REJECTED: form(400, -2010, "%s"),
  INSUFFICIENT_BALANCE: form(400, -2010, "Account has insufficient balance for requested action."),
  WOULD_TAKE: form(400, -2010, "Order would immediately match and take."),
  DUPLICATE_ORDER: form(400, -2010, "Duplicate order sent."),
  ORDER_TYPE_NOT_SUPPORTED: form(400, -2010, "%s orders are not supported for this symbol."),
  CANCEL_REJECTED: form(400, -2011, "Unknown order sent."),
  NO_SUCH_ORDER: form(400, -2013, "Order does not exist."),
  BAD_KEY_FORMAT: form(401, -2014, "API-key format invalid."),
  REJECTED_KEY: form(401, -2015, "Invalid API-key, IP, or permissions for action."),
  CANCEL_REPLACE_PARTIAL: form(409, -2021, "Order cancel-replace partially failed."),
  CANCEL_REPLACE_FAILED: form(400, -2022, "Order cancel-replace failed."),
  SUBSCRIPTION_ACTIVE: form(400, -2035, "User Data Stream subscription already active."),
  AMEND_REJECTED: form(400, -2038, "%s"),
  HMAC_NOT_SUPPORTED: form(400, -4056, "HMAC_SHA256 API key is not supported."),
  OPERATION_REFUSED: form(400, -3000, "%s"),
  NO_PROOF: form(404, -3001, "There is no proof of this trade: %s."),
  NO_CERTIFICATES: form(404, -3002, "This node makes no certificates."),
  NO_EPOCHS: form(404, -3003, "This node is no member of a cluster."),
  EPOCH_CHANGE_REFUSED: form(400, -3004, "The epoch change is refused: %s."),
  ASSET_EXISTS: form(400, -3006, "The asset exists already."),
  MARKET_EXISTS: form(400, -3005, "There is a market %s already."),
} as const satisfies Readonly<Record<string, ApiErrorForm>>;
export type ApiErrorName = keyof typeof API_ERRORS;

/** An answer that says no. It is returned, never thrown: refusing is the gateway's daily work. */
export class ApiError {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  /** What a partly failed request did. */
  readonly data: unknown;
  /** After how many seconds to try again. */
  readonly retryAfterS: number | undefined;

  constructor(status: number, code: number, message: string, data?: unknown, retryAfterS?: number) {
    this.status = status;
    this.code = code;
    this.message = message;
    this.data = data;
    this.retryAfterS = retryAfterS;
  }

  /** The body of the answer. */
  body(): { readonly code: number; readonly msg: string; readonly data?: unknown } {
    const { code, message: msg, data } = this;
    return data === undefined ? { code, msg } : { code, msg, data };
  }

  with(data: unknown): ApiError {
    return new ApiError(this.status, this.code, this.message, data, this.retryAfterS);
  }

  after(seconds: number): ApiError {
    return new ApiError(this.status, this.code, this.message, this.data, seconds);
  }
}

/** The error of a name, its gaps filled with `values` in order. */
export function apiError(name: ApiErrorName, ...values: readonly (string | number)[]): ApiError {
  const { status, code, text } = API_ERRORS[name];
  let at = 0;
  const message = text.replaceAll("%s", () => String(values[at++] ?? ""));
  return new ApiError(status, code, message);
}

/** What to do about each error, for the page of codes. */
export const ERROR_ADVICE: Readonly<Record<ApiErrorName, string>> = {
  UNKNOWN:
    "A bug: the node ends. Ask for the order by its client order id before sending it again.",
  NOT_AUTHORIZED: "Use a key with the permission that the route needs, or log on first.",
  TOO_MUCH_WEIGHT: "Wait for `Retry-After` seconds; follow streams instead of asking.",
  IP_BANNED: "Wait for `Retry-After` seconds. Going on doubles the next ban.",
  TIMEOUT: "Do not send it again: ask for the order by its client order id.",
  OVERLOADED: "Nothing was done. Send it again, later and less often.",
  FILTER_FAILURE: "Read the market's filters in `exchangeInfo` and round to them.",
  MARKET_CLOSED:
    "Wait until `exchangeInfo` says TRADING, and has the order's type among `orderTypes`.",
  INVALID_QUANTITY: "Send a quantity above zero.",
  INVALID_PRICE: "Send a price above zero.",
  TOO_MANY_ORDERS: "Wait for `Retry-After` seconds.",
  UNAVAILABLE: "Nothing was done. `/ready` says when orders are taken again.",
  CANCEL_ONLY:
    "Nothing was done. Cancels are queued and executed when a quorum is back; orders are taken again by itself.",
  UNKNOWN_ROUTE: "Check path and method against api.md.",
  WRONG_METHOD: "Send one of the methods that `Allow` names.",
  REQUEST_TIMED_OUT: "Send head and body in time.",
  HEAD_TOO_LARGE: "Send long parameters in the body.",
  NOT_HTTP: "Send HTTP/1.1. Is it TLS to a port without, or the other way?",
  NOT_WEBSOCKET: "Send a handshake of RFC 6455, version 13.",
  HOST_NOT_ALLOWED: "Call the node by `localhost`, or allow the name in its configuration.",
  ORIGIN_NOT_ALLOWED: "Use a key, or a page that the node itself serves.",
  OUTSIDE_RECV_WINDOW: "Set the clock, or send a larger `recvWindow`.",
  TIMESTAMP_AHEAD: "Set the clock.",
  INVALID_SIGNATURE: "Sign the text exactly as it is sent, with the secret of this key.",
  ILLEGAL_CHARACTERS: "Send what the pattern in the message allows.",
  ILLEGAL_REQUEST: "Encode parameters once, as UTF-8.",
  TOO_MANY_PARAMETERS: "Send fewer; or end subscriptions first.",
  DUPLICATE_PARAMETER: "Send each parameter once.",
  BODY_TOO_LARGE: "Send less.",
  MANDATORY_PARAMETER: "Send the parameter.",
  EITHER_PARAMETER: "Send one of both.",
  UNREAD_PARAMETER: "Leave out what the route does not have: api.md.",
  EMPTY_PARAMETER: "Send a value, or leave the parameter out.",
  PARAMETER_NOT_REQUIRED: "Leave it out for this order type.",
  TOO_PRECISE: "Round to the decimals there are.",
  INVALID_TIME_IN_FORCE: "Send GTC, IOC, FOK or GTD.",
  INVALID_ORDER_TYPE: "Send one of the market's `orderTypes`.",
  INVALID_SIDE: "Send BUY or SELL.",
  INVALID_INTERVAL: "Send one of the intervals of api.md.",
  INVALID_SYMBOL: "Send a symbol of `exchangeInfo`.",
  NO_LISTEN_KEY: "Ask for a new one; or better, use the WebSocket API.",
  INVALID_COMBINATION: "Leave one of them out.",
  INVALID_DATA: "Send what api.md says of the parameter.",
  INVALID_RECV_WINDOW: "Send at most 60000.",
  INVALID_JSON: "Send one JSON object, each field once.",
  SBE_DISABLED: "Ask for JSON.",
  ORDER_REJECTED: "The message says why.",
  INSUFFICIENT_BALANCE: "Order less, or cancel what holds the balance.",
  WOULD_TAKE: "Price it further from the other side.",
  DUPLICATE_ORDER: "It is open already: ask for it by its client order id.",
  ORDER_TYPE_NOT_SUPPORTED: "Send one of the market's `orderTypes`.",
  CANCEL_REJECTED: "It is not open any more, or never was: ask for it.",
  NO_SUCH_ORDER: "Check market and id.",
  BAD_KEY_FORMAT: "Send the key's id in `X-MBX-APIKEY`.",
  REJECTED_KEY: "Make a key, or use it from an address that it allows.",
  CANCEL_REPLACE_PARTIAL: "`data` has the answer of each half.",
  CANCEL_REPLACE_FAILED: "`data` has the answer of each half.",
  SUBSCRIPTION_ACTIVE: "The connection follows the account already: each event comes once.",
  AMEND_REJECTED: "Send less than the order was for; to ask for more, replace it.",
  HMAC_NOT_SUPPORTED: "Log on with an Ed25519 key.",
  OPERATION_REFUSED: "The message says why.",
  NO_PROOF: "With `Retry-After` ask again then; else ask a node that keeps records for longer.",
  NO_EPOCHS: "Ask a member.",
  EPOCH_CHANGE_REFUSED: "The message says what the members must agree on.",
  ASSET_EXISTS: "Nothing was done: if it was asked for before, that has been done.",
  MARKET_EXISTS:
    "Nothing was done: a listing that was asked for before has been made. For another market of the two assets send its `symbol`: theirs and the next number.",
  NO_CERTIFICATES:
    "Ask a node whose journal is durable, and whose operator has not turned them off.",
};
