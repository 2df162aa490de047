import type { MarketConfig, NetworkConfig } from "@rialto/protocol";

// The network of `npm start`: play money, and markets that the recorded order flow fits too.

type Shape = Pick<
  MarketConfig,
  | "symbol"
  | "base"
  | "quote"
  | "tickSize"
  | "lotSize"
  | "priceMax"
  | "quantityMax"
  | "referencePrice"
> & { readonly notionalMin?: string; readonly notionalMax?: string };

function market(shape: Shape): MarketConfig {
  return {
    priceMin: shape.tickSize,
    quantityMin: shape.lotSize,
    notionalMin: "5",
    notionalMax: "9000000",
    makerFeePpm: 1_000,
    takerFeePpm: 1_000,
    // A price may be up to five times, and down to a fifth of, the last trade's.
    bandUpPpm: 4_000_000,
    bandDownPpm: 800_000,
    ...shape,
  };
}

export const DEMO_NETWORK: NetworkConfig = {
  name: "demo",
  assets: [
    { symbol: "USD", decimals: 8 },
    { symbol: "USDT", decimals: 8 },
    { symbol: "BTC", decimals: 8 },
    { symbol: "ETH", decimals: 8 },
    { symbol: "SOL", decimals: 8 },
  ],
  markets: [
    market({
      symbol: "BTCUSD",
      base: "BTC",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "0.00001",
      priceMax: "1000000",
      quantityMax: "9000",
      referencePrice: "61800",
    }),
    market({
      symbol: "ETHUSD",
      base: "ETH",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "0.0001",
      priceMax: "100000",
      quantityMax: "9000",
      referencePrice: "2650",
    }),
    market({
      symbol: "SOLUSD",
      base: "SOL",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "0.001",
      priceMax: "10000",
      quantityMax: "90000",
      referencePrice: "155",
    }),
    market({
      symbol: "ETHBTC",
      base: "ETH",
      quote: "BTC",
      tickSize: "0.00001",
      lotSize: "0.001",
      priceMax: "1",
      quantityMax: "9000",
      referencePrice: "0.04288",
      notionalMin: "0.0001",
      notionalMax: "90000",
    }),
    market({
      symbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      tickSize: "0.01",
      lotSize: "0.00001",
      priceMax: "1000000",
      quantityMax: "9000",
      referencePrice: "61800",
    }),
  ],
  capacities: {
    ordersMax: 1_000_000,
    levelPagesMax: 262_143,
    accountsMax: 100_000,
    balancesMax: 400_000,
    assetsMax: 64,
    marketsMax: 64,
    ladderEntriesMax: 40_000_000,
    accountOrdersMax: 65_535,
    specialsMax: 65_535,
    volumesMax: 65_535,
  },
};
