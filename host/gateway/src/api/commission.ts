import { formatDecimal } from "@rialto/protocol";
import type { MarketSpec } from "../markets/market-catalog.ts";

/** Parts in a million as a fraction of eight decimals. */
export function rateText(ppm: number): string {
  return formatDecimal(BigInt(ppm) * 100n, 8);
}

const NO_RATES = {
  maker: "0.00000000",
  taker: "0.00000000",
  buyer: "0.00000000",
  seller: "0.00000000",
} as const;

/** The fees of a market's trades. */
export function commissionReply(market: MarketSpec): object {
  const { makerFeePpm, takerFeePpm } = market.config;
  return {
    symbol: market.symbol,
    standardCommission: { ...NO_RATES, maker: rateText(makerFeePpm), taker: rateText(takerFeePpm) },
    specialCommission: NO_RATES,
    taxCommission: NO_RATES,
    discount: {
      enabledForAccount: false,
      enabledForSymbol: false,
      discountAsset: "",
      discount: "0.00000000",
    },
  };
}
