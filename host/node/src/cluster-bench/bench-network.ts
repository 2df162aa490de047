import type { NetworkConfig } from "@rialto/protocol";

/** One market, in which all of the load meets. */
export const BENCH_NETWORK: NetworkConfig = {
  name: "bench-cluster",
  assets: [
    { symbol: "USD", decimals: 8 },
    { symbol: "BTC", decimals: 8 },
  ],
  markets: [
    {
      symbol: "BTCUSD",
      base: "BTC",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "0.0001",
      priceMin: "0.01",
      priceMax: "10000",
      quantityMin: "0.0001",
      quantityMax: "1000",
      notionalMin: "0.0001",
      notionalMax: "1000000",
      makerFeePpm: 0,
      takerFeePpm: 0,
      bandUpPpm: 0,
      bandDownPpm: 0,
      referencePrice: "100",
    },
  ],
  capacities: {
    ordersMax: 1_000_000,
    levelPagesMax: 10_000,
    accountsMax: 1_000,
    balancesMax: 2_000,
    assetsMax: 4,
    marketsMax: 4,
    ladderEntriesMax: 1_000_000,
    accountOrdersMax: 60_000,
    specialsMax: 1_000,
    volumesMax: 1_000,
  },
};
