import type { Duplex } from "node:stream";
import { ApiError, apiError } from "../api/api-error.ts";

// What is answered to requests that never become one: what the HTTP parser or the framework refuses.

interface CodedError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
}

/** The answer to an error of the framework; undefined where it is none of the client's doing. */
export function frameworkError(error: CodedError, bodyBytesMax: number): ApiError | undefined {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return apiError("BODY_TOO_LARGE", bodyBytesMax);
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return apiError("NOT_HTTP");
    case "FST_ERR_BAD_URL":
      return apiError("UNKNOWN_ROUTE");
    default:
      break;
  }
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500 ? apiError("UNKNOWN_ROUTE") : undefined;
}

/** The answer to what the HTTP parser could not read. */
function parserError(code: string | undefined): ApiError {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return apiError("REQUEST_TIMED_OUT");
    case "HPE_HEADER_OVERFLOW":
      return apiError("HEAD_TOO_LARGE");
    default:
      return apiError("NOT_HTTP");
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
};

/** How long a client that has been refused may take to close its half of the connection. */
const LINGER_MS = 1_000;

/** Writes an answer to a connection that has no response object, and closes it. */
export function refuseConnection(socket: Duplex, error: ApiError): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const cutOff = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  // What it still says is read and forgotten: to close on unread bytes would lose the answer.
  socket.on("close", () => clearTimeout(cutOff)).resume();
  const body = JSON.stringify(error.body());
  socket.end(
    `HTTP/1.1 ${error.status} ${REASONS[error.status] ?? "Refused"}\r\n` +
      "Content-Type: application/json;charset=UTF-8\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

/** Handles `clientError` of an HTTP server. */
export function onClientError(error: CodedError, socket: Duplex): void {
  // Nobody is left to be told.
  if (error.code === "ECONNRESET") socket.destroy();
  else refuseConnection(socket, parserError(error.code));
}
