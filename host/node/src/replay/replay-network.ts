import type { CapacityConfig, MarketConfig, NetworkConfig } from "@rialto/protocol";

// The networks of a replay's own node: one market each, shaped like the recorded venue's, without fees and
// bands, so that whatever the venue has accepted is accepted here.

const CAPACITIES: CapacityConfig = {
  ordersMax: 262_143,
  levelPagesMax: 131_071,
  accountsMax: 16,
  balancesMax: 64,
  assetsMax: 2,
  marketsMax: 1,
  ladderEntriesMax: 20_000_000,
  accountOrdersMax: 65_535,
  specialsMax: 1_000,
  volumesMax: 1_000,
};

/** Fees are zero; a band of zero parts is none. */
const FREE = { makerFeePpm: 0, takerFeePpm: 0, bandUpPpm: 0, bandDownPpm: 0 } as const;

function replayNetwork(quoteDecimals: number, market: MarketConfig): NetworkConfig {
  return {
    name: "replay",
    assets: [
      { symbol: market.base, decimals: 8 },
      { symbol: market.quote, decimals: quoteDecimals },
    ],
    markets: [market],
    capacities: CAPACITIES,
  };
}

/** BTCUSDT of the venue's spot market in 2024. Its lot is 0.00001; a few levels of its book are finer. */
export const CAPTURE_NETWORK: NetworkConfig = replayNetwork(8, {
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  tickSize: "0.01",
  lotSize: "0.000001",
  priceMin: "0.01",
  priceMax: "1000000",
  quantityMin: "0.000001",
  quantityMax: "100000",
  notionalMin: "0.00000001",
  notionalMax: "10000000000",
  referencePrice: "60000",
  ...FREE,
});

/** BTCUSD of 2015, to the satoshi: one tick of one lot is 10^-10 of a dollar. */
export const ORDERS_NETWORK: NetworkConfig = replayNetwork(10, {
  symbol: "BTCUSD",
  base: "BTC",
  quote: "USD",
  tickSize: "0.01",
  lotSize: "0.00000001",
  priceMin: "0.01",
  priceMax: "10000",
  quantityMin: "0.00000001",
  quantityMax: "10000",
  notionalMin: "0.00000001",
  notionalMax: "100000000",
  referencePrice: "236",
  ...FREE,
});

/** What each account of a replay is given of each asset, in whole units: enough for any recorded book. */
export const REPLAY_FUNDS = "200000000";
