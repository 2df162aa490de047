// Decimals worked out the plain way, for comparing: as a whole number and a power of ten.

interface Exact {
  readonly value: bigint;
  /** How many of its digits stand behind the point; negative for zeros before it. */
  readonly scale: number;
}

const FORM = /^([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]{1,3}))?$/;

function exactOf(text: string): Exact | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction, exponent = "0"] = match;
  if (`${whole}${fraction}` === "") return undefined;
  const value = BigInt(`${whole}${fraction}`);
  return { value: sign === "-" ? -value : value, scale: fraction!.length - Number(exponent) };
}

/** True where both texts are the same number, whatever way they are written. */
export function isSameNumber(left: string, right: string): boolean {
  const [a, b] = [exactOf(left), exactOf(right)];
  if (a === undefined || b === undefined) return false;
  const scale = Math.max(a.scale, b.scale);
  const of = ({ value, scale: own }: Exact): bigint => value * 10n ** BigInt(scale - own);
  return of(a) === of(b);
}
