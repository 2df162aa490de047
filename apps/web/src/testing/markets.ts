import { type Market, marketsOf } from "../market/market.ts";

// Markets as a node tells them: one of cents and satoshis, one whose quote is a coin, and one of assets with two decimals.

export const symbolInfo = (
  name: string,
  [base, quote]: readonly [string, string],
  steps: {
    readonly tick: string;
    readonly lot: string;
    readonly notionalMin: string;
    readonly decimals?: number;
  },
): object => ({
  symbol: name,
  baseAsset: base,
  quoteAsset: quote,
  baseAssetPrecision: steps.decimals ?? 8,
  quoteAssetPrecision: steps.decimals ?? 8,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: steps.tick, maxPrice: "1000000", tickSize: steps.tick },
    { filterType: "LOT_SIZE", minQty: steps.lot, maxQty: "9000", stepSize: steps.lot },
    { filterType: "NOTIONAL", minNotional: steps.notionalMin, maxNotional: "9000000" },
    { filterType: "ICEBERG_PARTS", limit: 100 },
  ],
});

const [btcusd, ethbtc, oilusd] = marketsOf({
  symbols: [
    symbolInfo("BTCUSD", ["BTC", "USD"], { tick: "0.01", lot: "0.00001", notionalMin: "5" }),
    symbolInfo("ETHBTC", ["ETH", "BTC"], { tick: "0.00001", lot: "0.001", notionalMin: "0.0001" }),
    symbolInfo("OILUSD", ["OIL", "USD"], {
      tick: "0.01",
      lot: "1",
      notionalMin: "0.01",
      decimals: 2,
    }),
  ],
});

export const BTCUSD: Market = btcusd!;
export const ETHBTC: Market = ethbtc!;
export const OILUSD: Market = oilusd!;
