import { expect, test } from "vitest";
import { BTCUSD, ETHBTC } from "../testing/markets.ts";
import {
  amountOf,
  baseAmountOf,
  lotsOf,
  notionalOf,
  priceText,
  quantityText,
  ticksOf,
} from "./market.ts";

test("a market needs as many decimals as its steps", () => {
  expect(BTCUSD).toMatchObject({ priceDecimals: 2, quantityDecimals: 5 });
  expect(ETHBTC).toMatchObject({ priceDecimals: 5, quantityDecimals: 3 });
  expect(BTCUSD.rules).toMatchObject({
    priceMinTicks: 1,
    priceMaxTicks: 100_000_000,
    lotsMin: 1n,
    lotsMax: 900_000_000n,
    notionalMinQuanta: 500_000_000n,
  });
});

test("texts of the exchange become ticks and lots and back", () => {
  expect(ticksOf(BTCUSD, "61800.29000000")).toBe(6_180_029);
  expect(priceText(BTCUSD, 6_180_029)).toBe("61800.29");
  expect(lotsOf(ETHBTC, "0.003")).toBe(3n);
  expect(quantityText(ETHBTC, 3n)).toBe("0.003");
  expect(() => amountOf("1,5", 8)).toThrow("plain decimals");
});

test("price times quantity is exact where a float is not", () => {
  // In floats 0.29 * 100 is 28.999999999999996.
  expect(notionalOf(BTCUSD, 29, 10_000_000n)).toBe(2_900_000_000n);
  expect(notionalOf(BTCUSD, 6_180_029, 899_999_999n)).toBe(55_620_260_938_199_710n);
  expect(notionalOf(ETHBTC, 1, 1n)).toBe(1n);
  expect(baseAmountOf(BTCUSD, 1n)).toBe(1_000n);
});
