import type { MarketConfig, NetworkConfig } from "@rialto/protocol";

// A network without robots, so that every number can be asserted. Maker and taker fees differ, and neither is
// what clients take for granted, so that a client that shows one of them has been told it.

export const MAKER_FEE_PPM = 200;
export const TAKER_FEE_PPM = 750;

const TERMS = {
  makerFeePpm: MAKER_FEE_PPM,
  takerFeePpm: TAKER_FEE_PPM,
  // A price may be up to three times, and down to a tenth of, the last trade's.
  bandUpPpm: 2_000_000,
  bandDownPpm: 900_000,
  notionalMax: "9000000",
};

function market(config: Omit<MarketConfig, keyof typeof TERMS>): MarketConfig {
  return { ...config, ...TERMS };
}

export const TEST_NETWORK: NetworkConfig = {
  name: "conformance",
  assets: [
    { symbol: "USD", decimals: 8 },
    { symbol: "BTC", decimals: 8 },
    { symbol: "ETH", decimals: 8 },
    { symbol: "DOGE", decimals: 8 },
  ],
  markets: [
    market({
      symbol: "BTCUSD",
      base: "BTC",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "0.00001",
      priceMin: "0.01",
      priceMax: "1000000",
      quantityMin: "0.00001",
      quantityMax: "9000",
      notionalMin: "5",
      referencePrice: "60000",
    }),
    market({
      symbol: "ETHUSD",
      base: "ETH",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "0.0001",
      priceMin: "0.01",
      priceMax: "100000",
      quantityMin: "0.0001",
      quantityMax: "9000",
      notionalMin: "5",
      referencePrice: "2500",
    }),
    market({
      symbol: "DOGEUSD",
      base: "DOGE",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "1",
      priceMin: "0.01",
      priceMax: "1000",
      quantityMin: "1",
      quantityMax: "9000000",
      notionalMin: "0.01",
      referencePrice: "0.29",
    }),
  ],
  capacities: {
    ordersMax: 10_000,
    levelPagesMax: 4_096,
    accountsMax: 100,
    balancesMax: 400,
    assetsMax: 8,
    marketsMax: 8,
    ladderEntriesMax: 20_000_000,
    accountOrdersMax: 1_000,
    specialsMax: 1_000,
    volumesMax: 1_000,
  },
};
