import { ApiError, apiError } from "./api-error.ts";
import {
  type Operation,
  publicOperation,
  type Services,
  type SignedCall,
  signedOperation,
} from "./operation.ts";
import { draftOrder, goodTillDateParam, hiddenParam, timeInForceParam } from "./order-draft.ts";
import {
  choiceParam,
  clientOrderIdParam,
  decimalParam,
  type Param,
  type ParamValues,
  required,
  symbolParam,
} from "./params.ts";
import { placeOrder } from "./trading.ts";

// The short routes: an order in one line of JSON, and what a visitor of a demo node needs.

/** "BTC-USD" is BTCUSD. */
const dashedSymbolParam: typeof symbolParam = {
  ...symbolParam,
  description: "BTC-USD or BTCUSD",
  parse: (text, name, catalog) => symbolParam.parse(text.replace("-", ""), name, catalog),
};

const sideParam: Param<"BUY" | "SELL"> = {
  isRequired: false,
  description: "0 or buy, 1 or sell",
  parse: (text) => {
    if (text === "0" || text.toLowerCase() === "buy") return "BUY";
    if (text === "1" || text.toLowerCase() === "sell") return "SELL";
    return apiError("INVALID_SIDE");
  },
};

const SHORT_ORDER_PARAMS = {
  symbol: required(dashedSymbolParam),
  side: required(sideParam),
  size: required(decimalParam),
  price: decimalParam,
  type: choiceParam(["limit", "market", "post_only"], "INVALID_ORDER_TYPE"),
  timeInForce: timeInForceParam,
  goodTillDate: goodTillDateParam,
  hidden: hiddenParam,
  clientOrderId: clientOrderIdParam,
};

const TYPES = { limit: "LIMIT", market: "MARKET", post_only: "LIMIT_MAKER" } as const;

/** What the short route calls otherwise. */
const SHORT_NAMES: Readonly<Record<string, string>> = { quantity: "size", isHidden: "hidden" };

/** Fields of the long answer that the short one has, under its own names. */
interface LongReply {
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly status: string;
  readonly executedQty: string;
  readonly cummulativeQuoteQty: string;
  readonly fills: readonly {
    readonly price: string;
    readonly qty: string;
    readonly commission: string;
    readonly commissionAsset: string;
    readonly tradeId: number;
  }[];
}

async function placeShort(
  call: SignedCall<ParamValues<typeof SHORT_ORDER_PARAMS>>,
): Promise<object> {
  const { symbol, side, size, price, clientOrderId, timeInForce, goodTillDate } = call.params;
  const type = TYPES[call.params.type ?? (price === undefined ? "market" : "limit")];
  const unsaid = goodTillDate === undefined ? "GTC" : "GTD";
  const terms = {
    symbol,
    side,
    type,
    quantity: size,
    price,
    timeInForce: type === "LIMIT" ? (timeInForce ?? unsaid) : timeInForce,
    goodTillDate,
    isHidden: call.params.hidden,
    newClientOrderId: clientOrderId,
    newOrderRespType: "FULL",
  } as Parameters<typeof draftOrder>[0];
  const draft = draftOrder(terms, (name) => SHORT_NAMES[name] ?? name);
  if (draft instanceof ApiError) return draft;
  const reply = await placeOrder(call.services, call.key.account, draft, call.time);
  if (reply instanceof ApiError) return reply;
  const placed = reply as LongReply;
  return {
    orderId: placed.orderId,
    clientOrderId: placed.clientOrderId,
    symbol: symbol.symbol,
    side: side.toLowerCase(),
    status: placed.status,
    executed: placed.executedQty,
    cost: placed.cummulativeQuoteQty,
    fills: placed.fills.map((fill) => ({
      tradeId: fill.tradeId,
      price: fill.price,
      size: fill.qty,
      fee: fill.commission,
      feeAsset: fill.commissionAsset,
    })),
  };
}

/** Commands to paste: an order that trades where anybody offers, and what it has changed. */
export function examplesOf(
  { catalog, exchange }: Pick<Services, "catalog" | "exchange">,
  origin: string,
): string[] {
  const [market] = catalog.markets;
  if (market === undefined) return [];
  const { terms, lastTradeTicks } = exchange.engine.market(market.index);
  const lotQuanta = BigInt(lastTradeTicks) * terms.tickLotQuanta;
  // Twice the least that may be traded, so that a falling price leaves it enough.
  const lots = terms.lotsMin + (2n * terms.notionalMinQuanta) / lotQuanta;
  const symbol = `${market.base.symbol}-${market.quote.symbol}`;
  const order = JSON.stringify({ symbol, side: "buy", size: market.quantityText(lots) });
  return [
    `curl -s ${origin}/order -H 'content-type: application/json' -d '${order}'`,
    `curl -s '${origin}/api/v3/depth?symbol=${market.symbol}&limit=5'`,
    `curl -s '${origin}/api/v3/ticker/24hr?symbol=${market.symbol}'`,
  ];
}

export const SEED_OPERATIONS: readonly Operation[] = [
  signedOperation("demo", {
    name: "order",
    summary:
      "Place an order by JSON. Answers {orderId, clientOrderId, symbol, side, status, executed, cost, fills}.",
    http: "POST /order",
    orderCount: 1,
    bodyKind: "json",
    params: SHORT_ORDER_PARAMS,
    handle: placeShort,
  }),
  publicOperation(
    {
      name: "demo",
      summary:
        "The demo account with its key, the markets, and commands to try. Only on a demo node.",
      http: "GET /demo",
      handle: ({ services }) => {
        const { demo, catalog } = services;
        if (demo === undefined) return apiError("UNKNOWN_ROUTE");
        const origin = demo.origin();
        return {
          account: String(demo.key.account),
          apiKey: demo.key.id,
          secret: demo.secret,
          markets: catalog.markets.map(({ symbol, base, quote }) => ({
            symbol,
            base: base.symbol,
            quote: quote.symbol,
          })),
          examples: examplesOf(services, origin),
        };
      },
    },
    "own",
  ),
];
