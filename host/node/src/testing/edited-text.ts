import { type Arbitrary, array, constantFrom, nat, oneof, string, tuple } from "fast-check";

/** What means something to a parser of lines, or is not expected by it. */
const PIECES: readonly string[] = [
  ['"', ",", ":", "[", "]", "{", "}", "null", "true", "[]", "{}", '""', " ", "\t", "\r\n", "\0"],
  ["0", "-1", "1e999", "1e-8", "0.00000001", "9007199254740993", "9".repeat(41), ".", "-0"],
  ["__proto__", "constructor", "btcusdt@trade", "lastUpdateId", "bid", "created", "\u0661"],
].flat();

/** One of `texts` with up to three places cut out, or written over with something else. */
export function editedText(texts: readonly string[]): Arbitrary<string> {
  const piece = oneof(constantFrom("", ...PIECES), string({ maxLength: 6 }));
  // Mostly short, so that what is left still gets some way into the parser.
  const cutLength = constantFrom(0, 0, 1, 1, 2, 3, 8, 20);
  const edits = array(tuple(nat(), cutLength, piece), { minLength: 1, maxLength: 3 });
  return tuple(constantFrom(...texts), edits).map(([text, list]) =>
    list.reduce((edited, [place, cut, put]) => {
      const at = place % (edited.length + 1);
      return edited.slice(0, at) + put + edited.slice(at + cut);
    }, text),
  );
}
