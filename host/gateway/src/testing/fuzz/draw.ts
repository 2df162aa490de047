import type { Prng } from "@rialto/base";

// Inputs that are nearly right: built of the words that parsers know, then changed a little.

/** One of a list. */
export function pick<T>(prng: Prng, list: readonly T[]): T {
  return list[prng.below(list.length)]!;
}

/** Between none and `most` of them, each drawn by itself. */
export function some(prng: Prng, most: number, draw: () => string): string[] {
  const list: string[] = [];
  for (let left = prng.below(most + 1); left > 0; left--) list.push(draw());
  return list;
}

/** Letters that mean something somewhere, or that text is not expected to have. */
const ODD_LETTERS = [
  ..."\"'\\/%&=+-.,:;@?#!_ []{}()0129aZeE\t\n\r\u0000\u007f\u00e9\u0661\u2028".split(""),
  "\u{1f600}",
];

const CHANGES_MAX = 3;

/** The text with up to three changes, or none: something left out, put in, doubled, cut off, taken from elsewhere. */
export function change(prng: Prng, text: string, words: readonly string[]): string {
  let changed = text;
  for (let left = prng.below(CHANGES_MAX + 1); left > 0; left--) {
    const at = prng.below(changed.length + 1);
    const to = at + prng.below(8);
    switch (prng.below(6)) {
      case 0:
        changed = changed.slice(0, at) + changed.slice(to);
        break;
      case 1:
        changed = changed.slice(0, at) + pick(prng, ODD_LETTERS) + changed.slice(at);
        break;
      case 2:
        changed = changed.slice(0, at) + pick(prng, words) + changed.slice(at);
        break;
      case 3:
        changed = changed.slice(0, at) + pick(prng, ODD_LETTERS) + changed.slice(at + 1);
        break;
      case 4:
        changed = changed.slice(0, to) + changed.slice(at);
        break;
      default:
        changed = prng.chance(1, 4) ? changed.slice(0, at) : changed + pick(prng, words);
    }
  }
  // Half a letter never comes out of bytes.
  return changed.toWellFormed();
}

/** A number as clients write them, and as they should not. */
export function numberText(prng: Prng): string {
  switch (prng.below(8)) {
    case 0:
      return String(prng.below(1_000));
    case 1:
      return `${prng.below(100_000)}.${prng.below(100)}`;
    case 2:
      return `0.${"0".repeat(prng.below(10))}${prng.below(1_000)}`;
    case 3:
      return `${prng.below(100)}e${prng.below(40) - 20}`;
    case 4:
      return `${pick(prng, ["+", "-", ""])}${prng.below(50)}.${prng.below(50)}E+${prng.below(5)}`;
    case 5:
      return String(prng.nextU32()) + String(prng.nextU32()) + "0".repeat(prng.below(25));
    case 6:
      return pick(prng, ["NaN", "Infinity", "-0", "00.10", ".5", "5.", "0.29", "1e-9", "", "0x1"]);
    default:
      return String(1_700_000_000_000 + prng.nextU32());
  }
}
