import type { Parameters } from "@rialto/client";
import type { SettingTable } from "../config/settings.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { refuseIdle } from "./conflicts.ts";
import { openSignedClient, SIGNED_OPTIONS } from "./connection.ts";
import { symbolOf } from "./symbol.ts";

const OPTIONS = {
  ...SIGNED_OPTIONS,
  price: {
    kind: "text",
    flag: "price",
    environment: false,
    default: "",
    placeholder: "PRICE",
    help: "limit price; a market order without it",
  },
  timeInForce: {
    kind: "choice",
    flag: "time-in-force",
    environment: false,
    default: "GTC",
    choices: ["GTC", "IOC", "FOK"],
    help: "of an order with a price: until cancelled, at once or not, all at once or not",
  },
  postOnly: {
    kind: "switch",
    flag: "post-only",
    environment: false,
    default: false,
    help: "refused where it would trade at once",
  },
  clientOrderId: {
    kind: "text",
    flag: "client-order-id",
    environment: false,
    default: "",
    placeholder: "ID",
    help: "your own id, by which the order can be asked for",
  },
  test: {
    kind: "switch",
    flag: "test",
    environment: false,
    default: false,
    help: "only check it",
  },
} as const satisfies SettingTable;

export const orderCommand = defineCommand({
  name: "order",
  summary: "place an order, signed; without a price at the market",
  positionals: "SIDE QUANTITY SYMBOL",
  options: OPTIONS,
  examples: [
    "rialto order buy 0.01 BTCUSD",
    "rialto order sell 0.01 BTC-USD --price 65000 --post-only",
    "RIALTO_API_KEY=... rialto order buy 1 ETHUSD --price 2600 --secret-file key.pem",
  ],
  async run({ values, sources, positionals, environment, print }) {
    const [side, quantity, symbol] = positionals as readonly [string, string, string];
    const parameters = orderParameters(side, quantity, symbol, values);
    if (values.price === "" || values.postOnly) {
      const beside = values.price === "" ? "a market order" : "--post-only";
      refuseIdle(beside, { options: OPTIONS, sources }, ["timeInForce"]);
    }
    const client = await openSignedClient(values, environment);
    const path = values.test ? "/api/v3/order/test" : "/api/v3/order";
    const answer = (await client.signed("POST", path, parameters)) as OrderAnswer;
    print(answer, values.test ? "the order would be accepted" : describe(answer));
    return ExitCode.Done;
  },
});

interface OrderValues {
  readonly price: string;
  readonly timeInForce: string;
  readonly postOnly: boolean;
  readonly clientOrderId: string;
}

function orderParameters(
  side: string,
  quantity: string,
  symbol: string,
  { price, timeInForce, postOnly, clientOrderId }: OrderValues,
): Parameters {
  if (!/^(buy|sell)$/i.test(side)) throw new UsageError(`SIDE is buy or sell, not "${side}"`);
  if (postOnly && price === "") throw new UsageError("--post-only needs a --price");
  const common = {
    symbol: symbolOf(symbol),
    side: side.toUpperCase(),
    quantity,
    newClientOrderId: clientOrderId === "" ? undefined : clientOrderId,
    newOrderRespType: "FULL",
  };
  if (price === "") return { ...common, type: "MARKET" };
  if (postOnly) return { ...common, type: "LIMIT_MAKER", price };
  return { ...common, type: "LIMIT", price, timeInForce };
}

interface OrderAnswer {
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: string;
  readonly status: string;
  readonly origQty: string;
  readonly executedQty: string;
  readonly fills: readonly { readonly price: string; readonly qty: string }[];
}

function describe(order: OrderAnswer): string {
  const { orderId, status, side, executedQty, origQty, symbol, fills } = order;
  const fillLines = fills.map(({ price, qty }) => `  ${qty} at ${price}`);
  return [
    `order ${orderId} ${status}: ${side.toLowerCase()} ${executedQty} of ${origQty} ${symbol}`,
    ...fillLines,
  ].join("\n");
}
