// Where the bytes of a module come from. Source: the source map format, version 3, whose columns are offsets in the module.

export interface SourcePlace {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Finds places by offset. */
export class SourcePlaces {
  readonly #offsets: number[] = [];
  readonly #places: SourcePlace[] = [];

  constructor(json: string) {
    const { sources, mappings } = JSON.parse(json) as SourceMap;
    let [offset, source, line, column] = [0, 0, 0, 0];
    for (const segment of mappings.split(",")) {
      const [offsetStep, sourceStep, lineStep, columnStep] = decodeVlq(segment);
      offset += offsetStep ?? 0;
      if (sourceStep === undefined) continue;
      source += sourceStep;
      line += lineStep ?? 0;
      column += columnStep ?? 0;
      this.#offsets.push(offset);
      this.#places.push({ path: sources[source]!, line: line + 1, column });
    }
  }

  /** The place of the last mapped byte up to `offset`; undefined before the first. */
  find(offset: number): SourcePlace | undefined {
    let [low, high] = [0, this.#offsets.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#places[low - 1];
  }
}

/** The signed numbers of a segment, in base 64 with six bits a digit, lowest first. */
function decodeVlq(segment: string): number[] {
  const values: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    values.push((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
    [value, shift] = [0, 0];
  }
  return values;
}
