import { type Market, marketsOf } from "../market/market.ts";

// Two markets as a node tells them: one of cents and satoshis, one whose quote is a coin.

const symbol = (
  name: string,
  [base, quote]: readonly [string, string],
  steps: { readonly tick: string; readonly lot: string; readonly notionalMin: string },
): object => ({
  symbol: name,
  baseAsset: base,
  quoteAsset: quote,
  baseAssetPrecision: 8,
  quoteAssetPrecision: 8,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: steps.tick, maxPrice: "1000000", tickSize: steps.tick },
    { filterType: "LOT_SIZE", minQty: steps.lot, maxQty: "9000", stepSize: steps.lot },
    { filterType: "NOTIONAL", minNotional: steps.notionalMin, maxNotional: "9000000" },
  ],
});

const [btcusd, ethbtc] = marketsOf({
  symbols: [
    symbol("BTCUSD", ["BTC", "USD"], { tick: "0.01", lot: "0.00001", notionalMin: "5" }),
    symbol("ETHBTC", ["ETH", "BTC"], { tick: "0.00001", lot: "0.001", notionalMin: "0.0001" }),
  ],
});

export const BTCUSD: Market = btcusd!;
export const ETHBTC: Market = ethbtc!;
