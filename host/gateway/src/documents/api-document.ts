import { ROWS_OF_WEIGHT, ROWS_PER_WEIGHT } from "../api/dispatcher.ts";
import type { Operation, Security } from "../api/operation.ts";
import { OPERATION_GROUPS } from "../api/operations.ts";
import { NODE_ROUTES } from "../http/node-routes.ts";
import { GATEWAY_LIMITS_DEFAULT } from "../options.ts";
import { code, count, page, table } from "./markdown.ts";

const SECURITY_WORDS: Readonly<Record<Security, string>> = {
  none: "open",
  own: "open, but for pages of other origins",
  read: "signed, read",
  trade: "signed, trade",
  operator: "signed, operator",
  session: "logged on",
  connection: "open",
  key: "key's id alone, read",
  demo: "signed, trade; on a demo node open",
};

function paramsText({ params }: Operation): string {
  return Object.entries(params)
    .map(([name, { isRequired, description }]) => {
      return `${isRequired ? `**${name}**` : name}: ${description}`;
    })
    .join("; ");
}

function operationTable(operations: readonly Operation[]): string {
  const isAnywhere = (has: (operation: Operation) => boolean): boolean => operations.some(has);
  const hasRoutes = isAnywhere(({ http }) => http !== undefined);
  const hasMethods = isAnywhere(({ ws }) => ws !== undefined);
  const heads = [
    ...(hasRoutes ? ["route"] : []),
    ...(hasMethods ? ["WebSocket method"] : []),
    "weight",
    "who may",
    "what",
    "parameters",
  ];
  const rows = operations.map((operation) => [
    ...(hasRoutes ? [code(routeText(operation))] : []),
    ...(hasMethods ? [code(operation.ws ?? "")] : []),
    operation.weightText,
    SECURITY_WORDS[operation.security],
    operation.summary,
    paramsText(operation),
  ]);
  return table(heads, rows);
}

function routeText({ http }: Operation): string {
  return http === undefined ? "" : `${http.method} ${http.path}`;
}

const SIGNING = `- The key's id goes into the header \`X-MBX-APIKEY\`, on the WebSocket API into \`apiKey\`.
- \`timestamp\` is the time in milliseconds or microseconds. A request is good while it is less than 1,000 ms ahead of
  the node's clock and no older than \`recvWindow\` (default 5,000, at most 60,000 ms, three decimals).
- \`signature\` is over the query and then the body exactly as they are sent, without the signature itself: HMAC-SHA256 in
  hexadecimal, or Ed25519 in base64 (encoded once in a form).
- On the WebSocket API it is over the parameters by name in alphabetical order, joined as \`name=value\` with \`&\`, numbers
  as they were written.
- \`POST /order\` signs its query and then its JSON as it is.`;

const ORDERS = `- \`STOP_LOSS\` and \`TAKE_PROFIT\` wait until a trade has \`stopPrice\` and are market orders then; with \`_LIMIT\`, limit
  orders. A stop to buy waits for the price to rise, one to sell for it to fall; a take profit the other way round.
- An order that waits is open and in no book, with \`isWorking\` false. It reserves nothing, so that it may expire when its
  price has come: the account cannot pay. Its type stays what it was.
- Its owner's stream tells that it waits by \`NEW\` with \`w\` false, and that its price has come by another \`NEW\`.
- \`icebergQty\` is for \`LIMIT_MAKER\` and for types with a limit that are good till cancelled: the book shows so much of the
  order at a time, and each part queues behind what is there. They are 100 at most.
- \`orderList/oco\` places two orders of which one ends when the other trades, comes to the market or is cancelled: who is to
  sell stops below and takes above, who is to buy the other way round. Where one cannot come to its book both have ended,
  \`EXPIRED\`, and the answer is the reason.
- \`orderList/oto\` places an order and another one that comes when it has traded in full; \`orderList/otoco\`, one and such a pair.
  What waits for another order is \`PENDING_NEW\`, pays only when it comes, and ends with that order.
- \`orderListId\` is the id of the list's first order; trades name it too, orders' reports in \`g\`. Each order of a list counts.
  \`listClientOrderId\` is refused while an open list of the account has it. Lists are answered in the form \`RESULT\` where no other is asked for.
- \`order/amend/keepPriority\` is for plain orders that rest: no stop that waits, no iceberg, none that is hidden, pegged or of a list.
- With \`trailingDelta\`, in basis points, such an order follows the last price: who is to sell waits for it to fall by so much from the highest since,
  who is to buy for it to rise from the lowest; at once, or from the trade on that has \`stopPrice\`. When that trade has come is not
  told: there is no \`trailingTime\`.
- With \`isMmp\`, a \`LIMIT\` good till cancelled or a \`LIMIT_MAKER\` counts for its account's protection in the market (\`/api/v3/mmp\`), and ends,
  \`EXPIRED\`, when that is triggered. It is refused where there is none, and from then on until it is reset.
- \`countdownCancelAll\` is of the whole account, and cancels before any order that comes at that time or later: nobody trades with what is over.
- \`goodTillDate\` ends what is left of an order at that time, \`EXPIRED\`, whether it rests or waits, before any order that comes then or later.
  It goes with \`timeInForce\` \`GTD\`, or alone with types that have no \`timeInForce\`; such orders are told as \`GTD\`.
- With \`isHidden\`, a \`LIMIT\` or \`LIMIT_MAKER\`, also one that waits for a price, rests in no level of the book, behind all that is shown at its price. It is no iceberg.
- With \`workingType\` \`BEST_QUOTE\`, \`stopPrice\` is a price of the best ask for who is to buy, of the best bid for who is to sell, whether
  anything trades or not; \`LAST_PRICE\`, which is the default, is that of the last trade. What has a \`trailingDelta\` follows the last trade.
- A pegged order is a \`LIMIT_MAKER\` of which \`price\` is the best it may have. It follows what others show, \`pegOffsetValue\` ticks behind, as long as it is open: with
  \`PRIMARY_PEG\` the best price of its own side; with \`MARKET_PEG\` that of the other side, but no further than the middle; with \`MIDPOINT_PEG\`
  the middle. Where there is nothing to follow it waits, \`isWorking\` false. \`peggedPrice\` is where it stands; that it moves is not told. It is no iceberg, not hidden,
  not protected and of no list.
- The dialect's own pegged orders, which get their price once, when they come, are not supported, and refused by name: \`pegOffsetType\` \`PRICE_TICK\` says that one is to follow.
- What an order was asked to be it says in every answer about it, by the names of the parameters, and where it is not, not; its reports have
  \`gtd\` for \`goodTillDate\`, \`wt\` for \`workingType\`, \`gP\`, \`gOT\` and \`gOV\` for those of a peg, and \`isHidden\` and \`isMmp\`.
- \`POST /order\` takes \`goodTillDate\` and \`hidden\`.`;

const CLIENTS = table(
  ["client", "what to set"],
  [
    [
      "ccxt",
      "`urls.api.public` and `private` to `…/api/v3`, `sapi` to `…/sapi/v1`, `ws.spot` to `ws://…/ws`, `ws['ws-api'].spot` to " +
        "`ws://…/ws-api/v3`; with plain `ws://` first `await exchange.loadHttpProxyAgent()`",
    ],
    ["binance (siebly)", "`baseUrl` to the origin, `wsUrl` to the bare `ws://` origin"],
    ["binance-api-node", "`httpBase` to the origin, `wsBase` to `…/ws`, `wsApi` to `…/ws-api/v3`"],
    ["@binance/connector", "`baseURL` to the origin, `wsURL` to the `ws://` origin"],
  ],
);

function limitsText(): string {
  const { weightPerMinute, ordersPer10Seconds, ordersPerDay } = GATEWAY_LIMITS_DEFAULT;
  return (
    "By default an address, with IPv6 a network of 64 bits, may use a weight of " +
    `${count(weightPerMinute)} in a minute, and an account send ${count(ordersPer10Seconds)} orders in ten seconds ` +
    `and ${count(ordersPerDay)} in a day. An answer of more than ${count(ROWS_OF_WEIGHT)} rows counts for one more for each ` +
    `${ROWS_PER_WEIGHT} beyond. Answers say what is used ` +
    "in `X-MBX-USED-WEIGHT-1M`, `X-MBX-ORDER-COUNT-10S` and `X-MBX-ORDER-COUNT-1D`. Beyond that is 429 with " +
    "`Retry-After`; who goes on all the same is banned with 418, at first for two minutes. What an operator has signed is heard all the same."
  );
}

/** The page of every route and method. */
export function apiDocument(): string {
  return page(
    "# The API",
    "Binance-compatible: clients of that API work with nothing but another origin. HTTP, the streams of " +
      "[streams.md](streams.md) and the WebSocket API at `/ws-api/v3` are on one port. Generated from the tables of the " +
      "code: `npm run docs` writes it, a test compares. Errors are in [codes.md](codes.md). Binance is a trademark of its " +
      "owner, with whom this project has nothing to do.",
    "## Clients",
    CLIENTS,
    "## Signed requests",
    SIGNING,
    "## Special orders",
    ORDERS,
    "## Limits",
    limitsText(),
    "Amounts are decimal text with eight decimals, or as many as the asset has. Times are in milliseconds, or in " +
      "microseconds with the header `X-MBX-TIME-UNIT: MICROSECOND` or `?timeUnit=MICROSECOND` at a socket. Parameters that " +
      "must be sent are **bold**; what a route does not have is refused with -1104.",
    ...OPERATION_GROUPS.flatMap(([title, operations]) => [
      `## ${title}`,
      operationTable(operations),
    ]),
    "## The node itself",
    table(
      ["route", "what"],
      NODE_ROUTES.map(([route, summary]) => [code(route), summary]),
    ),
  );
}
