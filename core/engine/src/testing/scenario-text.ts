// The words of a scenario table. The language: scenario.ts.

export interface Row {
  /** Line of the table, from 0. */
  readonly lineIndex: number;
  readonly repeatCount: number;
  /** What stands before the bar. */
  readonly words: readonly string[];
  /** The phrases behind the bar, each in words; undefined if there is no bar. */
  readonly phrases: readonly (readonly string[])[] | undefined;
}

/** Reads a line, or finds that it has nothing to say. */
export function parseRow(line: string, lineIndex: number): Row | undefined {
  const [text = ""] = line.split("--");
  const bar = text.indexOf("|");
  const words = splitWords(bar < 0 ? text : text.slice(0, bar));
  if (words.length === 0) return undefined;
  const isRepeat = words[0] === "repeat";
  const phrases =
    bar < 0
      ? undefined
      : text
          .slice(bar + 1)
          .split(",")
          .map(splitWords);
  return {
    lineIndex,
    repeatCount: isRepeat ? Number(parseInteger(words[1])) : 1,
    words: isRepeat ? words.slice(2) : words,
    phrases,
  };
}

function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Reads 1600, 1_000_000, 2^62 or 2^62-1. */
export function parseInteger(text: string | undefined): bigint {
  const power = /^2\^(\d+)(?:([+-])(\d+))?$/.exec(text ?? "");
  if (power !== null) {
    const [, exponent = "0", sign = "+", rest = "0"] = power;
    return (1n << BigInt(exponent)) + BigInt(`${sign}${rest}`);
  }
  if (text === undefined || !/^\d[\d_]*$/.test(text)) throw new Error(`not a number: ${text}`);
  return BigInt(text.replaceAll("_", ""));
}

/** Reads a number that fits a field of 32 bits, or a safe integer. */
export function parseNumber(text: string | undefined): number {
  return Number(parseInteger(text));
}

/** Looks `word` up in `table`; a number stands for itself. */
export function parseWord(
  table: Readonly<Record<string, number>>,
  word: string | undefined,
): number {
  const known = word === undefined ? undefined : table[word];
  return known ?? parseNumber(word);
}

/**
 * Takes words one after the other.
 *
 * Errors   an `Error` that names what was expected: the row is then shown to its author.
 */
export interface WordReader {
  readonly isAtEnd: boolean;
  peek(): string | undefined;
  next(): string;
  /** Takes `word` if it is the next. */
  accept(word: string): boolean;
  expect(word: string): void;
  /** Checks that no word is left over. */
  end(): void;
}

export function createWordReader(words: readonly string[]): WordReader {
  let position = 0;
  const accept = (word: string): boolean => {
    if (words[position] !== word) return false;
    position += 1;
    return true;
  };
  return {
    get isAtEnd() {
      return position === words.length;
    },
    peek: () => words[position],
    next() {
      const word = words[position];
      if (word === undefined) throw new Error("the row ends too early");
      position += 1;
      return word;
    },
    accept,
    expect(word) {
      if (!accept(word)) throw new Error(`expected "${word}", not "${words[position]}"`);
    },
    end() {
      if (position < words.length) throw new Error(`not understood: "${words[position]}"`);
    },
  };
}
