import { INTERVALS } from "../read-model/intervals.ts";
import type { TopicSpec } from "./topic-name.ts";

/** One kind of market stream, as the documentation tells it. */
export interface StreamForm {
  /** With words in angle brackets for what varies. */
  readonly name: string;
  readonly kind: TopicSpec["kind"];
  /** Names that there are. */
  readonly examples: readonly string[];
  readonly when: string;
  readonly what: string;
  readonly fields: string;
}

/** Every kind of market stream. A test reads each example, and compares fields with what is sent. */
export const STREAM_FORMS: readonly StreamForm[] = [
  {
    name: "<symbol>@trade",
    kind: "trade",
    examples: ["btcusd@trade"],
    when: "at every trade",
    what: "One execution.",
    fields: "e E s t p q T m M",
  },
  {
    name: "<symbol>@aggTrade",
    kind: "aggTrade",
    examples: ["btcusd@aggTrade"],
    when: "at every taker and price",
    what: "The trades of one taker at one price, as one.",
    fields: "e E s a p q f l T m M",
  },
  {
    name: "<symbol>@depth, <symbol>@depth@100ms",
    kind: "depth",
    examples: ["btcusd@depth", "btcusd@depth@100ms"],
    when: "every second, or 100 ms, where the book has changed",
    what: "What now waits at each price that has changed: `U` is the last message's `u` plus one.",
    fields: "e E s U u b a",
  },
  {
    name: "<symbol>@depth<5|10|20>, with @100ms",
    kind: "partialDepth",
    examples: ["btcusd@depth5", "btcusd@depth10", "btcusd@depth20@100ms"],
    when: "every second, or 100 ms, where the book has changed",
    what: "The best levels of both sides.",
    fields: "lastUpdateId bids asks",
  },
  {
    name: "<symbol>@bookTicker",
    kind: "bookTicker",
    examples: ["btcusd@bookTicker"],
    when: "where the best price or quantity changes, and at the start",
    what: "The best prices. It has no `e`.",
    fields: "u s b B a A",
  },
  {
    name: "<symbol>@auction",
    kind: "auction",
    examples: ["btcusd@auction"],
    when: "where the market's state has changed, or what its auction would trade, and at the start",
    what: "The market's state `X`, and in AUCTION the price `p` and quantity `q` at which it would trade if that ended now, and the side `S`, else NONE, that would have `Q` left.",
    fields: "e E s X p q S Q",
  },
  {
    name: "<symbol>@kline_<interval>",
    kind: "kline",
    examples: INTERVALS.map((interval) => `btcusd@kline_${interval}`),
    when: "every 200 ms where it has changed, and once more with `x` when it is closed; again where a trade in it came late",
    what: `The candle that grows. Intervals: ${INTERVALS.join(" ")}.`,
    fields: "e E s k",
  },
  {
    name: "<symbol>@ticker",
    kind: "ticker",
    examples: ["btcusd@ticker"],
    when: "every second where the book has changed, and every minute while the day has a trade",
    what: "The last 24 hours.",
    fields: "e E s p P w x Q b B a A o h l c v q O C F L n",
  },
  {
    name: "<symbol>@miniTicker",
    kind: "miniTicker",
    examples: ["btcusd@miniTicker"],
    when: "every second with a trade, and every minute while the day has one",
    what: "The last 24 hours in short.",
    fields: "e E s o h l c v q",
  },
  {
    name: "<symbol>@ticker_<1h|4h|1d>",
    kind: "rolling",
    examples: ["btcusd@ticker_1h", "btcusd@ticker_4h", "btcusd@ticker_1d"],
    when: "every second with a trade, and every minute while the day has one",
    what: "A window of that length.",
    fields: "e E s p P w o h l c v q O C F L n",
  },
  {
    name: "<symbol>@avgPrice",
    kind: "avgPrice",
    examples: ["btcusd@avgPrice"],
    when: "every second with a trade, and every minute while the day has one",
    what: "The average price of five minutes.",
    fields: "e E s i w T",
  },
  {
    name: "!miniTicker@arr",
    kind: "allMiniTickers",
    examples: ["!miniTicker@arr"],
    when: "every second with a trade on any market, and every minute while the day has one",
    what: "An array of the mini tickers of the markets that have traded, or every minute of those whose day has a trade; at the start, of all.",
    fields: "e E s o h l c v q",
  },
];

/** What is told of an account that is followed through the WebSocket API. */
export const ACCOUNT_EVENTS: readonly (readonly [event: string, when: string])[] = [
  [
    "executionReport",
    "Something has happened to an order: `x` is NEW, REPLACED, TRADE, CANCELED, EXPIRED or TRADE_PREVENTION, `X` how the order stands. NEW comes again when an order that was dormant begins to wait for its price, and when one that waited comes to the book; REPLACED says that it was amended.",
  ],
  [
    "listStatus",
    "After the reports of the command that has placed a list of orders, with `l` EXEC_STARTED; and of the one after which none of its orders is open, with ALL_DONE. `O` names its orders.",
  ],
  [
    "outboundAccountPosition",
    "After the reports of what was executed together: what the account has of the assets that were touched.",
  ],
  [
    "balanceUpdate",
    "A deposit or what came by a transfer; with a minus, a withdrawal or what went by one. The position follows.",
  ],
  [
    "eventStreamTerminated",
    "The subscription has ended: by request, by logging out, or because its key was revoked.",
  ],
  [
    "listenKeyExpired",
    "The listen key by which a stream connection followed the account has ended.",
  ],
  [
    "serverShutdown",
    "The node stops; the connection is closed after what is owed has been answered.",
  ],
];
