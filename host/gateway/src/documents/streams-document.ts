import { GATEWAY_LIMITS_DEFAULT } from "../options.ts";
import { ACCOUNT_EVENTS, STREAM_FORMS } from "../streams/stream-catalog.ts";
import { STREAM_METHODS } from "../streams/stream-request.ts";
import { code, count, page, table } from "./markdown.ts";

const ADDRESSES = table(
  ["address", "what"],
  [
    ["`/ws`, `/ws/<anything>`", "bare messages; subscribe on it"],
    ["`/ws/<stream>/<stream>…`", "bare messages of these streams"],
    [
      "`/stream?streams=<stream>/<stream>…`",
      'each message wrapped: `{"stream": "…", "data": …}`; the list may be empty',
    ],
    ["`/ws-api/v3`", "the WebSocket API of [api.md](api.md), and the events of an account"],
  ],
);

const METHOD_WORDS: Readonly<Record<(typeof STREAM_METHODS)[number], string>> = {
  SUBSCRIBE: "`params`: names of streams. Again without effect.",
  UNSUBSCRIBE: "`params`: names of streams.",
  LIST_SUBSCRIPTIONS: "Answers the names.",
  SET_PROPERTY:
    '`params`: `["combined", true]` wraps messages from now on, `false` sends them bare.',
  GET_PROPERTY: '`params`: `["combined"]`.',
};

function limitsText(): string {
  const limits = GATEWAY_LIMITS_DEFAULT;
  const seconds = (ms: number): string => count(ms / 1_000);
  return (
    `By default a connection has at most ${count(limits.streamsPerConnectionMax)} streams; its client sends at most ` +
    `${limits.streamMessagesBurst} messages or pings at once and ${limits.streamMessagesPerSecond} a second after that, none ` +
    `longer than ${count(limits.socketMessageBytesMax)} bytes. The server sends a ping every ` +
    `${seconds(limits.pingIntervalMs)} s, and closes the connection after ${seconds(limits.pongTimeoutMs)} s without a pong, or ` +
    `after ${seconds(limits.connectionAgeMsMax)} s in any case. Beyond ${count(limits.congestedBytes)} bytes that wait for a ` +
    "client, depth, tickers and the candles that grow are joined into fewer messages, still without a gap; beyond " +
    `${count(limits.sendBufferBytes)} it is disconnected. Events of accounts do not wait there, however many come at once: a ` +
    "client is given more of them as its network takes those before. While more than " +
    `${count(limits.accountBacklogBytes)} bytes of them wait for all clients together, each event counted once, those are ` +
    "disconnected who have taken nothing for longest."
  );
}

/** The page of streams. */
export function streamsDocument(): string {
  return page(
    "# Streams",
    "Market data and the events of accounts, as they happen. Generated from the tables of the code: `npm run docs` writes " +
      "it, a test compares. Why a connection is closed: [codes.md](codes.md).",
    "## Addresses",
    ADDRESSES,
    "With `?timeUnit=MICROSECOND` times are in microseconds.",
    "## Requests on a stream connection",
    'Sent as `{"method": "SUBSCRIBE", "params": ["btcusd@trade"], "id": 1}`, answered as `{"result": null, "id": 1}` with the ' +
      "id as it was sent: an integer, a string or null.",
    table(
      ["method", "what"],
      STREAM_METHODS.map((method) => [code(method), METHOD_WORDS[method]]),
    ),
    "## Market streams",
    "The symbol is in lower case.",
    table(
      ["stream", "when", "what", "fields"],
      STREAM_FORMS.map(({ name, when, what, fields }) => [code(name), when, what, code(fields)]),
    ),
    "### Keeping a book",
    "Subscribe to `@depth@100ms`, and after the acknowledgement ask for `GET /api/v3/depth`. Leave out messages with " +
      "`u <= lastUpdateId`. The first that is applied has `U <= lastUpdateId + 1 <= u`; each that follows has `U` equal to the " +
      "last `u` plus one. A quantity is what is there now; zero removes the price.",
    "## Events of an account",
    "`userDataStream.subscribe.signature` on `/ws-api/v3`, or `userDataStream.subscribe` after `session.logon`. Each comes as " +
      '`{"subscriptionId": 0, "event": …}`, in the order in which it happened. Older clients ask for a listen key with ' +
      "`POST /api/v3/userDataStream` and subscribe to it like to a stream; its events come bare, or wrapped by its name.",
    table(
      ["event", "when"],
      ACCOUNT_EVENTS.map(([event, when]) => [code(event), when]),
    ),
    "## Limits",
    limitsText(),
  );
}
