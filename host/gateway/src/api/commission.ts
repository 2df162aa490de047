import { formatDecimal, type MarketTerms } from "@rialto/protocol";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { Services } from "./operation.ts";

type Fees = Pick<MarketTerms, "makerFeePpm" | "takerFeePpm">;

/** Parts in a million as a fraction of eight decimals. */
export function rateText(ppm: number): string {
  return formatDecimal(BigInt(ppm) * 100n, 8);
}

const NO_RATES = { maker: rateText(0), taker: rateText(0) };
const NO_SIDE_RATES = { buyer: rateText(0), seller: rateText(0) };
const NO_DISCOUNT = {
  enabledForAccount: false,
  enabledForSymbol: false,
  discountAsset: "",
  discount: rateText(0),
};

/** The fees of a market's trades as they are now: an operator may have changed what it was listed with. */
export function feesOf({ exchange }: Services, market: MarketSpec): Fees {
  return exchange.engine.market(market.index).terms;
}

function ratesOf(services: Services, market: MarketSpec): typeof NO_RATES {
  const { makerFeePpm, takerFeePpm } = feesOf(services, market);
  return { maker: rateText(makerFeePpm), taker: rateText(takerFeePpm) };
}

/** The fees of a market, as they are asked for. */
export function commissionReply(services: Services, market: MarketSpec): object {
  return {
    symbol: market.symbol,
    standardCommission: { ...ratesOf(services, market), ...NO_SIDE_RATES },
    specialCommission: { ...NO_RATES, ...NO_SIDE_RATES },
    taxCommission: { ...NO_RATES, ...NO_SIDE_RATES },
    discount: NO_DISCOUNT,
  };
}

/** The same as an order that is tried out would pay them. */
export function orderCommissionReply(services: Services, market: MarketSpec): object {
  return {
    standardCommissionForOrder: ratesOf(services, market),
    specialCommissionForOrder: NO_RATES,
    taxCommissionForOrder: NO_RATES,
    discount: NO_DISCOUNT,
  };
}
