import { formatDecimal, type MarketTerms } from "@rialto/protocol";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { Services } from "./operation.ts";

type Fees = Pick<MarketTerms, "makerFeePpm" | "takerFeePpm">;

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

/** The fees of a market's trades as they are now: an operator may have changed what it was listed with. */
export function feesOf({ exchange }: Services, market: MarketSpec): Fees {
  return exchange.engine.market(market.index).terms;
}

export function commissionReply(services: Services, market: MarketSpec): object {
  const { makerFeePpm, takerFeePpm } = feesOf(services, market);
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
