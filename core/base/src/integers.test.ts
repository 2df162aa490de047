import { expect, test } from "vitest";
import { divExact, mulDivCeil, mulDivFloor } from "./integers.ts";

test("mulDiv rounds as its name says and is exact beyond 64 bits", () => {
  expect(mulDivCeil(10n, 1n, 3n)).toBe(4n);
  expect(mulDivCeil(9n, 1n, 3n)).toBe(3n);
  expect(mulDivFloor(10n, 1n, 3n)).toBe(3n);
  const large = (1n << 62n) - 1n;
  expect(mulDivFloor(large, 1_000_000n, 1_000_000n)).toBe(large);
});

test("divExact refuses a remainder", () => {
  expect(divExact(12n, 4n)).toBe(3n);
  expect(() => divExact(13n, 4n)).toThrow("divExact leaves no remainder");
  expect(() => divExact(13n, 0n)).toThrow("divExact leaves no remainder");
});
