import { expect, test } from "vitest";
import {
  brief,
  compact,
  cut,
  directionOf,
  glance,
  grouped,
  signed,
  trimmed,
} from "./amount-text.ts";

test("thousands are set apart in the whole part only", () => {
  expect(grouped("61800.12345678")).toBe("61,800.12345678");
  expect(grouped("-1234567")).toBe("-1,234,567");
  expect(grouped("999")).toBe("999");
});

test("amounts are cut off, never rounded up", () => {
  expect(cut("0.99999999", 2)).toBe("0.99");
  expect(cut("5", 2)).toBe("5.00");
  expect(cut("5.9", 0)).toBe("5");
});

test("large amounts are shown with fewer decimals, never with more than there is", () => {
  expect(brief("36505.00241349")).toBe("36,505.002");
  expect(brief("123456789.98765432")).toBe("123,456,789.98");
  expect(brief("5.109020099")).toBe("5.10902");
  expect(brief("0.00000000")).toBe("0.00");
  // The least that there can be is not nothing.
  expect(brief("0.00000001")).toBe("0.00000001");
});

test("what is too long for its column is shown in few digits", () => {
  expect(["0.01000", "999.99999", "1173419772"].map(glance)).toEqual([
    "0.01000",
    "999.99999",
    "1173419772",
  ]);
  expect(["11734197721", "12345.67800"].map(glance)).toEqual(["11.73B", "12.35K"]);
});

test("a large number is told in few digits, and a small one is not nothing", () => {
  expect(["148123.5", "2.4", "0.00", "0.0049", "0.00000001"].map(compact)).toEqual([
    "148.12K",
    "2.4",
    "0",
    "0.0049",
    "0.00000001",
  ]);
});

test("zeros at the end go, but for as many as are wanted", () => {
  expect(trimmed("0.50000000", 2)).toBe("0.50");
  expect(trimmed("61800.00000000")).toBe("61800");
  expect(trimmed("0.00012300", 2)).toBe("0.000123");
});

test("a change says without colour where it points", () => {
  expect([directionOf("0.00"), directionOf("-0.01"), directionOf("3")]).toEqual([
    "flat",
    "down",
    "up",
  ]);
  expect([signed("1.5"), signed("-1.5"), signed("0.00")]).toEqual(["+1.5", "\u22121.5", "0.00"]);
  // What is left of less than half of a hundredth.
  expect(signed("-0.00")).toBe("0.00");
});
