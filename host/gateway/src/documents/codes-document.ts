import { RejectCode, rejectCodeName } from "@rialto/protocol";
import { API_ERRORS, type ApiErrorName, ERROR_ADVICE } from "../api/api-error.ts";
import { REJECT_ERRORS } from "../api/reject-errors.ts";
import { CLOSE_CODES, CLOSE_TEXTS, type DropReason } from "../streams/client-socket.ts";
import { STREAM_ERRORS } from "../streams/stream-request.ts";
import { code, page, table } from "./markdown.ts";

const ADVICE_AFTER_CLOSE: Readonly<Record<DropReason, string>> = {
  slow: "Read faster, or subscribe to less.",
  silent: "Answer pings.",
  expired: "Connect again.",
  flood: "Send less often.",
  shutdown: "Connect again, perhaps to another node.",
  binary: "Send text.",
  malformed:
    "Mend the client. Text that is not UTF-8 closes with 1007, a message too large with 1009.",
};

function errorRows(): string[][] {
  const names = Object.keys(API_ERRORS) as ApiErrorName[];
  return names.map((name) => {
    const { status, code: number, text } = API_ERRORS[name];
    return [String(number), String(status), text.replaceAll("%s", "…"), ERROR_ADVICE[name]];
  });
}

function rejectRows(): string[][] {
  return Object.values(RejectCode).map((reject) => {
    const { error, values, meaning } = REJECT_ERRORS[reject];
    let at = 0;
    const text = API_ERRORS[error].text.replaceAll("%s", () => values[at++] ?? "");
    const met = `${meaning[0]!.toUpperCase()}${meaning.slice(1)}.`;
    return [
      String(reject),
      code(rejectCodeName(reject)),
      met,
      String(API_ERRORS[error].code),
      text,
    ];
  });
}

/** The page of every code that a client can meet. */
export function codesDocument(): string {
  const reasons = Object.keys(CLOSE_CODES) as DropReason[];
  return page(
    "# Codes",
    "Every answer that says no, and what to do about it. Generated from the tables of the code: " +
      "`npm run docs` writes it, a test compares.",
    "## Errors of the API",
    'An error is answered as `{"code": -1121, "msg": "Invalid symbol."}` with the HTTP status of the table; on ' +
      "the WebSocket API as `error` beside `status`, where `data.retryAfter` is the time that `Retry-After` comes to. Clients match code and text, so neither changes. `…` is filled " +
      "in. A 5xx means that it is not known whether a command was executed, but for -1008 and -1016.",
    table(["code", "status", "message", "what to do"], errorRows()),
    "## Refusals of the engine",
    "The engine refuses a command with a code of its own, in bands: 1xxx malformed, 2xxx authority, 3xxx risk, " +
      "4xxx matching, 5xxx market state, 9xxx capacity. It is in the journal; a client sees the error beside it.",
    table(["engine", "name", "met when", "API", "message"], rejectRows()),
    "## Refusals on stream connections",
    'Answered as `{"error": {"code": 2, "msg": "…"}, "id": …}`. The connection stays.',
    table(
      ["code", "message"],
      Object.values(STREAM_ERRORS).map(({ code: number, text }) => [
        String(number),
        text.replaceAll("%s", "…"),
      ]),
    ),
    "## Why a WebSocket is closed",
    "By the server, with a code of RFC 6455. `rialto_ws_dropped_clients_total` counts them by reason.",
    table(
      ["reason", "code", "text", "what to do"],
      reasons.map((reason) => [
        reason,
        String(CLOSE_CODES[reason]),
        CLOSE_TEXTS[reason],
        ADVICE_AFTER_CLOSE[reason],
      ]),
    ),
  );
}
