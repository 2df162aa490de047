import { formatDecimal } from "@rialto/protocol";
import { assetText } from "../markets/market-catalog.ts";
import { balanceRows } from "./account.ts";
import { feeRatesOf, rateText } from "./commission.ts";
import {
  type Call,
  type Operation,
  publicOperation,
  type SignedCall,
  signedOperation,
} from "./operation.ts";
import { symbolParam } from "./params.ts";

// Routes that clients ask at their start although they trade spot only. They answer what is true here:
// there are no derivatives, no margin, and nothing is withdrawn through this interface.

function readCoins(call: SignedCall<unknown>): object[] {
  return balanceRows(call.services, call.key.account).map(({ asset, free, locked }) => ({
    coin: asset.symbol,
    name: asset.symbol,
    depositAllEnable: false,
    withdrawAllEnable: false,
    trading: true,
    isLegalMoney: false,
    free: assetText(asset, free),
    locked: assetText(asset, locked),
    freeze: "0",
    withdrawing: "0",
    ipoing: "0",
    ipoable: "0",
    storage: "0",
    networkList: [
      {
        network: "RIALTO",
        coin: asset.symbol,
        name: "Rialto",
        isDefault: true,
        depositEnable: false,
        withdrawEnable: false,
        withdrawFee: "0",
        withdrawMin: "0",
        withdrawMax: "0",
        withdrawIntegerMultiple: formatDecimal(1n, asset.decimals),
        depositDust: "0",
        minConfirm: 1,
        unLockConfirm: 1,
        busy: false,
      },
    ],
  }));
}

const noSymbols = ({ nowMs, time }: Pick<Call<unknown>, "nowMs" | "time">): object => ({
  timezone: "UTC",
  serverTime: time(nowMs),
  rateLimits: [],
  exchangeFilters: [],
  symbols: [],
});

export const STUB_OPERATIONS: readonly Operation[] = [
  publicOperation({
    name: "futures.exchangeInfo",
    summary: "No futures.",
    http: "GET /fapi/v1/exchangeInfo",
    handle: noSymbols,
  }),
  publicOperation({
    name: "delivery.exchangeInfo",
    summary: "No delivery contracts.",
    http: "GET /dapi/v1/exchangeInfo",
    handle: noSymbols,
  }),
  publicOperation({
    name: "margin.allPairs",
    summary: "No margin.",
    http: "GET /sapi/v1/margin/allPairs",
    handle: () => [],
  }),
  publicOperation({
    name: "margin.isolated.allPairs",
    summary: "No isolated margin.",
    http: "GET /sapi/v1/margin/isolated/allPairs",
    params: { symbol: symbolParam },
    handle: () => [],
  }),
  publicOperation({
    name: "system.status",
    summary: "Whether the exchange trades: status 1 while its operator has stopped all trading.",
    http: "GET /sapi/v1/system/status",
    handle: ({ services }) =>
      services.exchange.engine.isSuspended()
        ? { status: 1, msg: "system_maintenance" }
        : { status: 0, msg: "normal" },
  }),
  signedOperation("read", {
    name: "capital.config",
    summary: "The assets, and the account's balances of them.",
    http: "GET /sapi/v1/capital/config/getall",
    weight: 10,
    handle: readCoins,
  }),
  signedOperation("read", {
    name: "asset.tradeFee",
    summary: "What the account pays in one market or in all.",
    http: "GET /sapi/v1/asset/tradeFee",
    params: { symbol: symbolParam },
    handle: (call) => {
      const { symbol } = call.params;
      const { services } = call;
      const markets = symbol === undefined ? services.catalog.markets : [symbol];
      return markets.map((market) => {
        const { makerPpm, takerPpm } = feeRatesOf(call, market);
        return {
          symbol: market.symbol,
          makerCommission: rateText(makerPpm),
          takerCommission: rateText(takerPpm),
        };
      });
    },
  }),
  signedOperation("read", {
    name: "account.apiRestrictions",
    summary: "What the key may do.",
    http: "GET /sapi/v1/account/apiRestrictions",
    handle: ({ key, time }) => ({
      ipRestrict: key.addresses.length > 0,
      createTime: time(key.createdMs),
      enableReading: key.may("read"),
      enableSpotAndMarginTrading: key.may("trade"),
      enableWithdrawals: false,
      enableInternalTransfer: false,
      permitsUniversalTransfer: false,
      enableVanillaOptions: false,
      enableFutures: false,
      enableMargin: false,
      enablePortfolioMarginTrading: false,
    }),
  }),
];
