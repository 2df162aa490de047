import { expect, test } from "vitest";
import { BTCUSD } from "../testing/markets.ts";
import { draftOrder, isDraft, orderParameters, type TicketInputs } from "./order-draft.ts";

const INPUTS: TicketInputs = {
  side: "BUY",
  kind: "limit",
  price: "61800.29",
  quantity: "0.001",
  timeInForce: "GTC",
  isPostOnly: false,
};

function draft(inputs: Partial<TicketInputs>) {
  return draftOrder(BTCUSD, { ...INPUTS, ...inputs });
}

function comma(what: string): string {
  return `The ${what} has a comma that can be read in two ways: write a point before decimals, and no comma.`;
}

test.each([
  [{ price: "61,800.29" }, { priceTicks: 6_180_029, lots: 100n }],
  [{ price: " 61800.290 " }, { priceTicks: 6_180_029 }],
  [{ kind: "market", price: "nonsense" } as const, { priceTicks: 0, lots: 100n }],
  [{ price: "1,000,000" }, { priceTicks: 100_000_000 }],
  // What half of the world writes as one half, and the other as five.
  [{ quantity: "0,5" }, { field: "quantity", text: comma("amount") }],
  [{ quantity: "1,5" }, { field: "quantity", text: comma("amount") }],
  [{ quantity: "1,500" }, { field: "quantity", text: comma("amount") }],
  [{ price: "61.800,29" }, { field: "price", text: comma("price") }],
  [{ price: "61800,29" }, { field: "price", text: comma("price") }],
  [{ price: "61800.291" }, { field: "price", text: "The price must be a multiple of 0.01." }],
  [{ price: "61800.123456789" }, { field: "price", text: "The price must be a multiple of 0.01." }],
  [{ price: "abc" }, { field: "price", text: "The price is not a number." }],
  [{ price: "-1" }, { field: "price", text: "The price is not a number." }],
  [{ price: "0" }, { field: "price", text: "The price must be at least 0.01." }],
  [{ price: "1000000.01" }, { field: "price", text: "The price must be at most 1000000.00." }],
  [
    { quantity: "0.000001" },
    { field: "quantity", text: "The amount must be a multiple of 0.00001." },
  ],
  [{ quantity: "0" }, { field: "quantity", text: "The amount must be at least 0.00001." }],
  [
    { quantity: "9000.00001" },
    { field: "quantity", text: "The amount must be at most 9000.00000." },
  ],
  [{ quantity: "0.00001" }, { field: "quantity", text: "The order must be worth at least 5 USD." }],
  [
    { quantity: "9000" },
    { field: "quantity", text: "The order must be worth at most 9000000 USD." },
  ],
] satisfies [Partial<TicketInputs>, object][])("%o is read as %o", (inputs, expected) => {
  expect(draft(inputs)).toMatchObject(expected);
});

test("a field that is still empty is no problem yet", () => {
  expect(draft({ price: "" })).toBeUndefined();
  expect(draft({ quantity: " " })).toBeUndefined();
});

test("the parameters are those of the API, in decimals of the market", () => {
  const parametersOf = (inputs: Partial<TicketInputs>): object => {
    const order = draft(inputs);
    return isDraft(order) ? orderParameters(BTCUSD, order) : {};
  };
  expect(parametersOf({ timeInForce: "IOC" })).toEqual({
    symbol: "BTCUSD",
    side: "BUY",
    quantity: "0.00100",
    newOrderRespType: "FULL",
    type: "LIMIT",
    price: "61800.29",
    timeInForce: "IOC",
  });
  expect(parametersOf({ isPostOnly: true })).toMatchObject({ type: "LIMIT_MAKER" });
  expect(parametersOf({ isPostOnly: true })).not.toHaveProperty("timeInForce");
  expect(parametersOf({ kind: "market", side: "SELL" })).toEqual({
    symbol: "BTCUSD",
    side: "SELL",
    quantity: "0.00100",
    newOrderRespType: "FULL",
    type: "MARKET",
  });
});
