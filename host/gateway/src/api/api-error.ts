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
  UNKNOWN_ROUTE: form(404, -1020, "This operation is not supported."),
  REQUEST_TIMED_OUT: form(408, -1020, "The request did not arrive in time."),
  HEAD_TOO_LARGE: form(431, -1020, "The head of the request is too large."),
  NOT_HTTP: form(400, -1020, "The request is not HTTP."),
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
  HMAC_NOT_SUPPORTED: form(400, -4056, "HMAC_SHA256 API key is not supported."),
  OPERATION_REFUSED: form(400, -3000, "%s"),
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
