import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDecimal, formatShort, parseDecimal, rescale } from "./decimal.ts";

test.each([
  ["0.29", 2, 29n],
  ["0.29", 8, 29_000_000n],
  ["1", 0, 1n],
  [".5", 1, 5n],
  ["5.", 1, 50n],
  ["+1.50", 1, 15n],
  ["000123", 0, 123n],
  ["1e-8", 8, 1n],
  ["1.5E3", 0, 1_500n],
  ["0.000", 1, 0n],
  ["-0", 1, 0n],
  ["0.291", 2, "TOO_PRECISE"],
  ["1e-9", 8, "TOO_PRECISE"],
  ["-1", 0, "NEGATIVE"],
  ["", 2, "NOT_A_NUMBER"],
  [".", 2, "NOT_A_NUMBER"],
  ["1,5", 2, "NOT_A_NUMBER"],
  ["0x10", 2, "NOT_A_NUMBER"],
  ["NaN", 2, "NOT_A_NUMBER"],
  ["Infinity", 2, "NOT_A_NUMBER"],
  ["1 ", 2, "NOT_A_NUMBER"],
  ["1e999", 2, "TOO_LONG"],
  ["1".repeat(41), 2, "TOO_LONG"],
])("%s with %i decimals is %s", (text, decimals, expected) => {
  expect(parseDecimal(text, decimals)).toBe(expected);
});

test("what is written is read back, long and short", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat(18), (value, decimals) => {
      expect(parseDecimal(formatDecimal(value, decimals), decimals)).toBe(value);
      expect(parseDecimal(formatShort(value, decimals), decimals)).toBe(value);
    }),
    { seed: 1, numRuns: 5_000 },
  );
  expect(formatDecimal(29n, 2)).toBe("0.29");
  expect(formatDecimal(-5n, 2)).toBe("-0.05");
  expect(formatShort(50n, 2)).toBe("0.5");
  expect(formatShort(10_000n, 2)).toBe("100");
  expect(formatShort(100n, 0)).toBe("100");
});

test("hostile text never throws", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.nat(18), (text, decimals) => {
      expect(["bigint", "string"]).toContain(typeof parseDecimal(text, decimals));
    }),
    { seed: 2, numRuns: 20_000 },
  );
});

test("rescaling keeps the value and refuses to lose a digit", () => {
  expect(rescale(29n, 2, 8)).toBe(29_000_000n);
  expect(rescale(29_000_000n, 8, 2)).toBe(29n);
  expect(() => rescale(1n, 8, 2)).toThrow("rescaling loses no digit");
});
