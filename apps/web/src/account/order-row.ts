// An account's orders and fills, from the two forms in which the API tells them: rows of an answer and events of the
// user data stream.

type Fields = Readonly<Record<string, unknown>>;

/** One of the account's orders. Amounts are texts as the exchange wrote them. */
export interface OrderRow {
  readonly orderId: number;
  /** The list that it is of, named by the id of its first order; -1 for none. */
  readonly listId: number;
  readonly symbol: string;
  readonly clientOrderId: string;
  readonly side: "BUY" | "SELL";
  readonly type: string;
  readonly timeInForce: string;
  readonly price: string;
  /** What it waits, or has waited, for; zero for nothing. */
  readonly stopPrice: string;
  /** How far it trails, in basis points; 0 if it does not. */
  readonly trailBasisPoints: number;
  readonly quantity: string;
  /** What an iceberg shows at a time; zero for an order that shows all of itself. */
  readonly shown: string;
  readonly executed: string;
  /** What was paid or received for it in all, in the quote. */
  readonly executedQuote: string;
  readonly status: string;
  /** False while it waits for a trigger, or for another order of its list: it is in no book then. */
  readonly isWorking: boolean;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** One of the account's trades. */
export interface FillRow {
  /** Unlike any other: an account may be on both sides of a trade. */
  readonly key: string;
  readonly symbol: string;
  readonly tradeId: number;
  readonly orderId: number;
  readonly side: "BUY" | "SELL";
  readonly price: string;
  readonly quantity: string;
  readonly quote: string;
  readonly fee: string;
  readonly feeAsset: string;
  readonly isMaker: boolean;
  readonly timeMs: number;
}

/** The last one waits for another order of its list. */
const OPEN_STATUSES: readonly string[] = ["NEW", "PARTIALLY_FILLED", "PENDING_NEW"];

export function isOpen(order: OrderRow): boolean {
  return OPEN_STATUSES.includes(order.status);
}

/** An order of openOrders or allOrders. */
export function orderOfReply(reply: unknown): OrderRow {
  const fields = reply as Fields;
  return {
    orderId: Number(fields["orderId"]),
    listId: Number(fields["orderListId"]),
    symbol: String(fields["symbol"]),
    clientOrderId: String(fields["clientOrderId"]),
    side: fields["side"] === "BUY" ? "BUY" : "SELL",
    type: String(fields["type"]),
    timeInForce: String(fields["timeInForce"]),
    price: String(fields["price"]),
    stopPrice: String(fields["stopPrice"]),
    trailBasisPoints: Number(fields["trailingDelta"] ?? 0),
    quantity: String(fields["origQty"]),
    shown: String(fields["icebergQty"]),
    executed: String(fields["executedQty"]),
    executedQuote: String(fields["cummulativeQuoteQty"]),
    status: String(fields["status"]),
    isWorking: fields["isWorking"] !== false,
    createdMs: Number(fields["time"]),
    updatedMs: Number(fields["updateTime"]),
  };
}

/** The order that an executionReport is about, as it stands after it. */
export function orderOfReport(report: Fields): OrderRow {
  const original = String(report["C"]);
  return {
    orderId: Number(report["i"]),
    listId: Number(report["g"]),
    symbol: String(report["s"]),
    // A cancel has an id of its own, and names the order's beside it.
    clientOrderId: original === "" ? String(report["c"]) : original,
    side: report["S"] === "BUY" ? "BUY" : "SELL",
    type: String(report["o"]),
    timeInForce: String(report["f"]),
    price: String(report["p"]),
    stopPrice: String(report["P"]),
    trailBasisPoints: Number(report["d"] ?? 0),
    quantity: String(report["q"]),
    shown: String(report["F"]),
    executed: String(report["z"]),
    executedQuote: String(report["Z"]),
    status: String(report["X"]),
    // Since when an order works is told of those that do.
    isWorking: report["W"] !== undefined,
    createdMs: Number(report["O"]),
    updatedMs: Number(report["T"]),
  };
}

function keyOf(symbol: string, tradeId: number, orderId: number): string {
  return `${symbol}/${tradeId}/${orderId}`;
}

/** A fill of myTrades. */
export function fillOfReply(reply: unknown): FillRow {
  const fields = reply as Fields;
  const [symbol, tradeId] = [String(fields["symbol"]), Number(fields["id"])];
  const orderId = Number(fields["orderId"]);
  return {
    key: keyOf(symbol, tradeId, orderId),
    symbol,
    tradeId,
    orderId,
    side: fields["isBuyer"] === true ? "BUY" : "SELL",
    price: String(fields["price"]),
    quantity: String(fields["qty"]),
    quote: String(fields["quoteQty"]),
    fee: String(fields["commission"]),
    feeAsset: String(fields["commissionAsset"]),
    isMaker: fields["isMaker"] === true,
    timeMs: Number(fields["time"]),
  };
}

/** The fill that an executionReport tells; undefined if it tells something else. */
export function fillOfReport(report: Fields): FillRow | undefined {
  if (report["x"] !== "TRADE") return undefined;
  const [symbol, tradeId] = [String(report["s"]), Number(report["t"])];
  const orderId = Number(report["i"]);
  return {
    key: keyOf(symbol, tradeId, orderId),
    symbol,
    tradeId,
    orderId,
    side: report["S"] === "BUY" ? "BUY" : "SELL",
    price: String(report["L"]),
    quantity: String(report["l"]),
    quote: String(report["Y"]),
    fee: String(report["n"]),
    feeAsset: String(report["N"]),
    isMaker: report["m"] === true,
    timeMs: Number(report["T"]),
  };
}
