import { credentialsOf, openWsApi, RestClient } from "@rialto/client";

/** The demo's account as the page has it, for what somebody does with it elsewhere. */
export interface Account extends Disposable {
  readonly signed: (
    method: string,
    parameters?: Readonly<Record<string, string>>,
  ) => Promise<unknown>;
  /** Places so many orders that rest, from a price on upwards, one dollar apart and one after the other. */
  readonly sellMany: (price: number, count: number) => Promise<void>;
  /** Cancels those that were placed at a price. */
  readonly cancelAt: (price: number) => Promise<void>;
  readonly cancelAll: () => Promise<void>;
}

const SYMBOL = "BTCUSD";
const ORDER = {
  symbol: SYMBOL,
  side: "SELL",
  type: "LIMIT",
  timeInForce: "GTC",
  quantity: "0.0002",
};
/** Orders that are under way at a time. */
const BATCH = 100;

interface OpenOrder {
  readonly orderId: number;
  readonly price: string;
}

export async function openDemoAccount(url: string): Promise<Account> {
  const demo = await new RestClient({ url }).request("GET", "/demo");
  const { apiKey, secret } = demo as { readonly apiKey: string; readonly secret: string };
  const api = await openWsApi({ url, credentials: credentialsOf(apiKey, secret) });
  const open = async (): Promise<readonly OpenOrder[]> =>
    (await api.signed("openOrders.status", { symbol: SYMBOL })) as readonly OpenOrder[];
  return {
    signed: (method, parameters) => api.signed(method, parameters),
    async sellMany(price, count) {
      for (let first = 0; first < count; first += BATCH) {
        const size = Math.min(BATCH, count - first);
        const prices = Array.from({ length: size }, (_, index) =>
          (price + first + index).toFixed(2),
        );
        await Promise.all(
          prices.map((each) => api.signed("order.place", { ...ORDER, price: each })),
        );
      }
    },
    async cancelAt(price) {
      for (const order of await open()) {
        if (Number(order.price) !== price) continue;
        await api.signed("order.cancel", { symbol: SYMBOL, orderId: order.orderId });
      }
    },
    async cancelAll() {
      if ((await open()).length > 0) await api.signed("openOrders.cancelAll", { symbol: SYMBOL });
    },
    [Symbol.dispose]: () => api.close(),
  };
}
