import type { MarketConfig, NetworkConfig } from "@rialto/protocol";

// A network for tests: few and different markets, with assets of fewer and of more than eight decimals.

function market(
  terms: Pick<
    MarketConfig,
    "symbol" | "base" | "quote" | "tickSize" | "lotSize" | "referencePrice"
  > &
    Partial<MarketConfig>,
): MarketConfig {
  return {
    priceMin: terms.tickSize,
    priceMax: "100000",
    quantityMin: terms.lotSize,
    quantityMax: "1000",
    notionalMin: "1",
    notionalMax: "1000000",
    makerFeePpm: 1_000,
    takerFeePpm: 2_000,
    bandUpPpm: 1_000_000,
    bandDownPpm: 500_000,
    ...terms,
  };
}

export const SMALL_NETWORK: NetworkConfig = {
  name: "small",
  assets: [
    { symbol: "USD", decimals: 6 },
    { symbol: "BTC", decimals: 8 },
    { symbol: "ETH", decimals: 10 },
  ],
  markets: [
    market({
      symbol: "BTCUSD",
      base: "BTC",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "0.0001",
      referencePrice: "100",
    }),
    market({
      symbol: "ETHUSD",
      base: "ETH",
      quote: "USD",
      tickSize: "0.1",
      lotSize: "0.001",
      referencePrice: "50",
      bandUpPpm: 0,
      bandDownPpm: 0,
    }),
    market({
      symbol: "ETHBTC",
      base: "ETH",
      quote: "BTC",
      tickSize: "0.0001",
      lotSize: "0.01",
      referencePrice: "0.5",
      priceMax: "10",
      notionalMin: "0.0001",
      notionalMax: "1000",
      makerFeePpm: 0,
      takerFeePpm: 0,
    }),
  ],
  capacities: {
    ordersMax: 50_000,
    levelPagesMax: 2_000,
    accountsMax: 200,
    balancesMax: 600,
    assetsMax: 8,
    marketsMax: 8,
    ladderEntriesMax: 2_000_000,
    accountOrdersMax: 200,
    specialsMax: 100,
    volumesMax: 100,
  },
};
