import type { FeeRates } from "@rialto/engine";
import { formatDecimal } from "@rialto/protocol";
import type { MarketSpec } from "../markets/market-catalog.ts";
import type { SignedCall } from "./operation.ts";

type Payer = Pick<SignedCall<unknown>, "services" | "key">;

/** Parts in a million as a fraction of eight decimals, below zero for a rebate. */
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

/** What the key's account pays in a market now: by its fee schedule, or by the market's terms. */
export function feeRatesOf({ services, key }: Payer, market: MarketSpec): FeeRates {
  const { engine } = services.exchange;
  const account = services.desk.findAccount(key.account);
  if (account !== undefined) return engine.feeRates(account, market.index);
  // It is opened with its first order, and follows no schedule then.
  const { makerFeePpm, takerFeePpm } = engine.market(market.index).terms;
  return { makerPpm: makerFeePpm, takerPpm: takerFeePpm };
}

function ratesOf(payer: Payer, market: MarketSpec): typeof NO_RATES {
  const { makerPpm, takerPpm } = feeRatesOf(payer, market);
  return { maker: rateText(makerPpm), taker: rateText(takerPpm) };
}

/** The fees of an account in a market, as they are asked for. */
export function commissionReply(payer: Payer, market: MarketSpec): object {
  return {
    symbol: market.symbol,
    standardCommission: { ...ratesOf(payer, market), ...NO_SIDE_RATES },
    specialCommission: { ...NO_RATES, ...NO_SIDE_RATES },
    taxCommission: { ...NO_RATES, ...NO_SIDE_RATES },
    discount: NO_DISCOUNT,
  };
}

/** The same as an order that is tried out would pay them. */
export function orderCommissionReply(payer: Payer, market: MarketSpec): object {
  return {
    standardCommissionForOrder: ratesOf(payer, market),
    specialCommissionForOrder: NO_RATES,
    taxCommissionForOrder: NO_RATES,
    discount: NO_DISCOUNT,
  };
}
