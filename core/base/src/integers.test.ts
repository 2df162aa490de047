import { expect, test } from "vitest";
import { mulDivCeil } from "./integers.ts";

test("mulDivCeil rounds up and is exact beyond 64 bits", () => {
  expect(mulDivCeil(10n, 1n, 3n)).toBe(4n);
  expect(mulDivCeil(9n, 1n, 3n)).toBe(3n);
  const large = (1n << 62n) - 1n;
  expect(mulDivCeil(large, 1_000_000n, 1_000_000n)).toBe(large);
});
