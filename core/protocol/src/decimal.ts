import { fail } from "@rialto/base";

// Money and quantities as text. All arithmetic is in integers of a stated number of decimals; no float is
// ever between the text and the integer, so 0.29 is 29 of two decimals and nothing else.

export type DecimalFault =
  /** Not a plain decimal number: digits, at most one point, digits on at least one side of it. */
  | "NOT_A_NUMBER"
  | "NEGATIVE"
  /** Digits that are not zero beyond the decimals there are. */
  | "TOO_PRECISE"
  | "TOO_LONG";

/** Longest text that is read as a decimal: a bound for hostile input, far beyond any amount. */
const DECIMAL_TEXT_MAX = 40;

/**
 * Reads `text` as an integer of `decimals` decimals: "0.29" with 2 is 29n. Exponents ("1e-8", as some
 * clients send) are read exactly too.
 *
 * Returns  the integer, or what is wrong with the text.
 */
export function parseDecimal(text: string, decimals: number): bigint | DecimalFault {
  if (text.length > DECIMAL_TEXT_MAX) return "TOO_LONG";
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (match === null) return "NOT_A_NUMBER";
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return "NOT_A_NUMBER";
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return 0n;
  if (sign === "-") return "NEGATIVE";
  const shift = decimals - fraction.length + Number(exponent);
  if (shift >= 0) {
    return digits.length + shift > DECIMAL_TEXT_MAX
      ? "TOO_LONG"
      : BigInt(digits + "0".repeat(shift));
  }
  const kept = digits.slice(0, shift);
  if (/[1-9]/.test(digits.slice(shift))) return "TOO_PRECISE";
  return BigInt(kept === "" ? "0" : kept);
}

/** Writes an integer of `decimals` decimals with all of them: 29n with 2 is "0.29". */
export function formatDecimal(value: bigint, decimals: number): string {
  if (value < 0n) return `-${formatDecimal(-value, decimals)}`;
  if (decimals === 0) return value.toString();
  const digits = value.toString().padStart(decimals + 1, "0");
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** The same without zeros at the end: "0.5", "100". */
export function formatShort(value: bigint, decimals: number): string {
  const text = formatDecimal(value, decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Changes the number of decimals of an integer. A digit that would be lost is a bug of the caller. */
export function rescale(value: bigint, from: number, to: number): bigint {
  if (to >= from) return value * 10n ** BigInt(to - from);
  const divisor = 10n ** BigInt(from - to);
  if (value % divisor !== 0n) fail("rescaling loses no digit");
  return value / divisor;
}
