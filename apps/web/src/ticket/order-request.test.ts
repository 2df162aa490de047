import { expect, test } from "vitest";
import { BTCUSD } from "../testing/markets.ts";
import type { PairDraft, PlainDraft, StopDraft } from "./order-draft.ts";
import { orderRequest } from "./order-request.ts";
import type { StopTerms } from "./stop-terms.ts";

const PLAIN: PlainDraft = {
  kind: "limit",
  side: "BUY",
  priceTicks: 6_180_029,
  lots: 100n,
  timeInForce: "GTC",
  isPostOnly: false,
  shownLots: 0n,
};

const STOP: StopTerms = {
  type: "STOP_LOSS",
  triggerTicks: 5_900_000,
  trailBasisPoints: 0,
  limitTicks: 0,
  timeInForce: "GTC",
};

function parametersOf(draft: PlainDraft | StopDraft | PairDraft) {
  return orderRequest(BTCUSD, draft, "EXPIRE_BOTH", "mine").parameters;
}

test("the parameters are those of the API, in decimals of the market", () => {
  expect(orderRequest(BTCUSD, { ...PLAIN, timeInForce: "IOC" }, "EXPIRE_BOTH", "mine")).toEqual({
    method: "order.place",
    parameters: {
      symbol: "BTCUSD",
      side: "BUY",
      quantity: "0.00100",
      newOrderRespType: "FULL",
      selfTradePreventionMode: "EXPIRE_BOTH",
      type: "LIMIT",
      price: "61800.29",
      timeInForce: "IOC",
      newClientOrderId: "mine",
    },
  });
  expect(parametersOf({ ...PLAIN, isPostOnly: true })).toMatchObject({ type: "LIMIT_MAKER" });
  expect(parametersOf({ ...PLAIN, isPostOnly: true })).not.toHaveProperty("timeInForce");
  expect(parametersOf(PLAIN)).not.toHaveProperty("icebergQty");
  expect(parametersOf({ ...PLAIN, shownLots: 10n })).toMatchObject({ icebergQty: "0.00010" });
  expect(parametersOf({ ...PLAIN, kind: "market", side: "SELL" })).toEqual({
    symbol: "BTCUSD",
    side: "SELL",
    quantity: "0.00100",
    newOrderRespType: "FULL",
    selfTradePreventionMode: "EXPIRE_BOTH",
    type: "MARKET",
    newClientOrderId: "mine",
  });
});

const COMMON = {
  symbol: "BTCUSD",
  side: "SELL",
  quantity: "0.00100",
  newOrderRespType: "FULL",
  selfTradePreventionMode: "EXPIRE_BOTH",
};

test.each([
  [{}, { type: "STOP_LOSS", stopPrice: "59000.00" }],
  [
    { type: "TAKE_PROFIT", limitTicks: 5_890_000, timeInForce: "IOC" },
    {
      type: "TAKE_PROFIT_LIMIT",
      stopPrice: "59000.00",
      price: "58900.00",
      timeInForce: "IOC",
    },
  ],
  [
    { triggerTicks: 0, trailBasisPoints: 125 },
    { type: "STOP_LOSS", trailingDelta: "125" },
  ],
  [{ trailBasisPoints: 125 }, { type: "STOP_LOSS", stopPrice: "59000.00", trailingDelta: "125" }],
] satisfies [Partial<StopTerms>, object][])("a stop of %o is sent as %o", (terms, fields) => {
  const draft: StopDraft = { kind: "stop", side: "SELL", lots: 100n, stop: { ...STOP, ...terms } };
  expect(orderRequest(BTCUSD, draft, "EXPIRE_BOTH", "mine")).toEqual({
    method: "order.place",
    parameters: { ...COMMON, ...fields, newClientOrderId: "mine" },
  });
});

test("a pair is named by where its orders stand: who sells stops below, who buys above", () => {
  const pair: PairDraft = {
    kind: "oco",
    side: "SELL",
    lots: 100n,
    priceTicks: 6_200_000,
    stop: STOP,
  };
  expect(orderRequest(BTCUSD, pair, "EXPIRE_BOTH", "mine")).toEqual({
    method: "orderList.place.oco",
    parameters: {
      ...COMMON,
      aboveClientOrderId: "mine",
      aboveType: "LIMIT_MAKER",
      abovePrice: "62000.00",
      belowType: "STOP_LOSS",
      belowStopPrice: "59000.00",
    },
  });
  const buy = { ...pair, side: "BUY", stop: { ...STOP, limitTicks: 5_910_000 } } as const;
  expect(parametersOf({ ...buy, priceTicks: 5_800_000 })).toEqual({
    ...COMMON,
    side: "BUY",
    belowType: "LIMIT_MAKER",
    belowPrice: "58000.00",
    aboveType: "STOP_LOSS_LIMIT",
    aboveStopPrice: "59000.00",
    abovePrice: "59100.00",
    aboveTimeInForce: "GTC",
    aboveClientOrderId: "mine",
  });
});
